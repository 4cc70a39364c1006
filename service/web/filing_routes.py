"""The pages on which a notification is filled in: one form, one page, with and without script."""

import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlmodel import Session

from service.database import Reading, Transaction
from service.idempotency import once
from service.identity.access import Scope, insist
from service.identity.web_session import Page, PageCaller, check_csrf
from service.notifications import actions
from service.notifications.rules import Act, State
from service.notifications.tables import Notification, owned_page
from service.notifications.views import view, visible_states
from service.problems import Conflict, Stale
from service.signals import actions as signals
from service.signals.schemas import SignalContent
from service.text import Text
from service.web import forms
from service.web.filing import Form, everything_wrong, form_of, like, prefilled, six_steps, without_identity
from service.web.incoming import Pairs, Posted, value
from service.web.pages import language_of, render, see_other
from service.web.sheets import Sheet, live_answer, sheet_values

router = APIRouter(prefix="/meldingen", include_in_schema=False)
NotificationId = Annotated[UUID, Path(alias="id")]

_NEW = "/meldingen/nieuw"
_WHY = Text("Schrijf kort waarom u aan het werk denkt.", "Write briefly why you suspect the work.")
_NOTHING = Text("Er is nog niets om te bewaren. Begin hier.", "There is nothing to save yet. Begin here.")
_NOT_OF_THE_CASE = frozenset({"arbodienst", "province", "minutes_spent"})
_UNCERTAIN = "assessment.workRelation"  # what is wrong with it for a notification is right for a signal
_KEEPING = frozenset({"live", "save", "file", "signal"})


@router.get("/nieuw")
def new(
    request: Request,
    session: Reading,
    page: PageCaller,
    like_which: Annotated[str | None, Query(alias="als")] = None,
    copy: Annotated[UUID | None, Query(alias="kopie")] = None,
) -> Response:
    """An empty form, with what we know already; `als=laatste` and `kopie` start from an earlier notification."""
    insist(page.caller, [Scope.PREPARE])
    last = owned_page(session, page.caller.owner, visible_states(page.caller, None), None, 1)
    if copy:
        document = like(actions.mine(session, page.caller, copy).content)
    elif like_which == "laatste" and last:
        document = like(last[0].content)
    else:
        document = prefilled(page.defaults, last[0].content if last else None)
    language = language_of(request, page)
    form = form_of(forms.write(document, language), language)
    return _shown(request, page, Sheet(form, key=secrets.token_urlsafe(16)))


@router.post("/nieuw")
def file_new(request: Request, session: Transaction, page: PageCaller, posted: Posted) -> Response:
    """Whatever a button of a new form asks; the form's own key decides that one form makes one notification."""
    insist(page.caller, [Scope.PREPARE])
    check_csrf(page, value(posted, "csrf"))
    do, form = value(posted, "do"), _form(request, page, posted)
    sheet = Sheet(form, key=value(posted, "key")[:64])
    if do not in _KEEPING:
        return _shown(request, page, sheet)
    if do == "save" and (unkept := form.unkeepable):
        return _shown(request, page, sheet, 400, unkept)
    if not _worth_keeping(form):
        return _nothing_yet(request, page, sheet, do)
    row = _started(request, session, page, form, sheet.key)
    if row.state not in {State.DRAFT, State.RETURNED}:
        return see_other(f"/meldingen/{row.id}/ontvangst")
    return _done(request, session, page, posted, row, Sheet(form, row=row, key=sheet.key))


@router.get("/{id}/bewerken")
def edit(request: Request, session: Transaction, page: PageCaller, notification_id: NotificationId) -> Response:
    """The form of a draft, or of what came back, as it was kept."""
    insist(page.caller, [Scope.PREPARE])
    row = actions.open_own(session, page.caller, notification_id)
    if Act.SAVE.value not in view(row, page.caller).actions:
        return see_other(f"/meldingen/{row.id}")
    return _shown(request, page, Sheet(_kept(request, page, row), row=row))


@router.post("/{id}/bewerken")
def save(
    request: Request, session: Transaction, page: PageCaller, notification_id: NotificationId, posted: Posted
) -> Response:
    """Whatever a button of the form of a draft asks."""
    insist(page.caller, [Scope.PREPARE])
    check_csrf(page, value(posted, "csrf"))
    row = actions.mine(session, page.caller, notification_id)
    do, form = value(posted, "do"), _form(request, page, posted)
    if row.state not in {State.DRAFT, State.RETURNED}:
        # A second click, a second window or the back button: it was filed already, and once is enough.
        return see_other(f"/meldingen/{row.id}/ontvangst")
    sheet = Sheet(form, row=row, version=value(posted, "version"))
    if do not in _KEEPING:
        return _shown(request, page, sheet)
    if do == "save" and (unkept := form.unkeepable):
        return _shown(request, page, sheet, 400, unkept)
    try:
        filing = _filing(form)
        row = actions.save(session, page.caller, row.id, _version(posted), filing)
    except Stale:
        return live_answer(request, page, sheet, stale=True) if do == "live" else _stale(request, page, sheet)
    return _done(request, session, page, posted, row, Sheet(form, row=row))


@router.get("/{id}/wijzigen")
def change(request: Request, session: Transaction, page: PageCaller, notification_id: NotificationId) -> Response:
    """The form of a submitted notification, to replace it by a new version."""
    insist(page.caller, [Scope.FILE])
    row = actions.open_own(session, page.caller, notification_id)
    if Act.AMEND.value not in view(row, page.caller).actions:
        raise Conflict
    return _shown(request, page, Sheet(_kept(request, page, row), row=row, mode="amend"))


@router.post("/{id}/wijzigen")
def amend(
    request: Request, session: Transaction, page: PageCaller, notification_id: NotificationId, posted: Posted
) -> Response:
    """Replace a submitted notification; until it is sent, nothing is kept on the server."""
    insist(page.caller, [Scope.FILE])
    check_csrf(page, value(posted, "csrf"))
    row = actions.mine(session, page.caller, notification_id)
    form = _form(request, page, posted)
    sheet = Sheet(form, row=row, version=value(posted, "version"), mode="amend")
    match value(posted, "do"):
        case "live":
            return live_answer(request, page, sheet)
        case "file":
            return _amended(request, session, page, posted, sheet)
        case _:
            return _shown(request, page, sheet)


def _amended(request: Request, session: Session, page: Page, posted: Pairs, sheet: Sheet) -> Response:
    assert sheet.row is not None
    if wrong := _in_the_way(sheet.form):
        return _shown(request, page, sheet, 400, wrong)
    institution = request.app.state.settings.institution
    try:
        row, _ = actions.amend(session, page.caller, sheet.row.id, _version(posted), _filing(sheet.form), institution)
    except Stale:
        if sheet.row.version == _version(posted) + 1 and sheet.row.content == sheet.form.read.body:
            return see_other(f"/meldingen/{sheet.row.id}/ontvangst")
        return _stale(request, page, sheet)
    return see_other(f"/meldingen/{row.id}/ontvangst")


def _done(request: Request, session: Session, page: Page, posted: Pairs, row: Notification, sheet: Sheet) -> Response:
    """Go on with a form of which the draft is kept."""
    match value(posted, "do"):
        case "live":
            return live_answer(request, page, sheet)
        case "signal":
            return _signalled(request, session, page, row, sheet)
        case "file":
            return _filed(request, session, page, row, sheet)
        case _:
            return see_other(f"/meldingen/{row.id}/bewerken?bewaard=ja")


def _filed(request: Request, session: Session, page: Page, row: Notification, sheet: Sheet) -> Response:
    insist(page.caller, [Scope.FILE])
    if wrong := _in_the_way(sheet.form):
        return _shown(request, page, sheet, 400, wrong)
    institution = request.app.state.settings.institution
    actions.submit(session, page.caller, row.id, row.version, institution, sheet.form.language)
    return see_other(f"/meldingen/{row.id}/ontvangst")


def _signalled(request: Request, session: Session, page: Page, row: Notification, sheet: Sheet) -> Response:
    """Send what is in the form as a signal; the draft that it was goes."""
    insist(page.caller, [Scope.SIGNAL])
    form, why = sheet.form, sheet.form.read.beside.why
    wrong = {name: text for name, text in form.errors.items() if name != _UNCERTAIN}
    if why is None:
        wrong.setdefault("why", _WHY.in_(form.language))
    wrong = _with_doubts(form, wrong)
    if why is None or wrong:
        return _shown(request, page, sheet, 400, wrong)
    signal = SignalContent(case=form.read.content, why=why)
    body = signal.model_dump_json(by_alias=True, exclude_unset=True, exclude_none=True).encode()
    sent = signals.send(session, page.caller, signal, body)
    if row.state == State.DRAFT:
        actions.discard(session, page.caller, row.id, row.version)
    return see_other(f"/meldingen/signalen/{sent.id}")


def _in_the_way(form: Form) -> dict[str, str]:
    """Everything that stands in the way of submitting, by field; doubts that were not answered come last."""
    return _with_doubts(form, everything_wrong(form))


def _with_doubts(form: Form, wrong: dict[str, str]) -> dict[str, str]:
    return wrong | {name: text for name, text in form.unconfirmed.items() if name not in wrong}


def _form(request: Request, page: Page, posted: Pairs) -> Form:
    """The form as it was posted; its buttons may ask for one more row of a table, or take one away."""
    act, _, rows = value(posted, "do").partition(" ")
    kept = [pair for pair in posted if act != "remove" or not pair[0].startswith(f"{rows}.")]
    return form_of(forms.tidy(kept), language_of(request, page), extra_rows={rows: 1} if act == "add" else {})


def _kept(request: Request, page: Page, row: Notification) -> Form:
    language = language_of(request, page)
    fields = forms.write(view(row, page.caller).content, language)
    return form_of(fields | {"answer": [row.answer or ""]}, language)


def _filing(form: Form) -> actions.Filing:
    content, answer = without_identity(form.read.content), _answer(form)
    if content == form.read.content:
        return actions.Filing(content, form.read.body, form.language, answer)
    body = content.model_dump_json(by_alias=True, exclude_unset=True, exclude_none=True).encode()
    return actions.Filing(content, body, form.language, answer)


def _answer(form: Form) -> str | None:
    """The answer to the registry's questions, where they are asked; what cannot be kept leaves it as it was."""
    asked = "answer" in form.fields and "answer" not in form.unkeepable
    return form.read.beside.answer or "" if asked else None


def _worth_keeping(form: Form) -> bool:
    """No draft is made of nothing: something of the case itself must stand in it, and not what we filled in."""
    return bool(form.read.content.model_fields_set - _NOT_OF_THE_CASE)


def _nothing_yet(request: Request, page: Page, sheet: Sheet, do: str) -> Response:
    if do == "live":
        return live_answer(request, page, sheet)
    nothing = {"diagnosis.q": _NOTHING.in_(sheet.form.language)}
    return _shown(request, page, sheet, 400, _in_the_way(sheet.form) if do == "file" else nothing)


def _started(request: Request, session: Session, page: Page, form: Form, key: str) -> Notification:
    """The draft of this form: made the first time, found and saved every later time."""
    made: list[Notification] = []

    def act() -> Response:
        made.append(actions.start(session, page.caller, _filing(form)))
        return Response(status_code=201, headers={"Location": str(made[0].id)})

    answer = once(session, page.caller.subject, f"page-{key}" if key else None, request, b"", act)
    if made:
        return made[0]
    row = actions.mine(session, page.caller, UUID(answer.headers["Location"]))
    if row.state != State.DRAFT or row.content == _filing(form).body:
        return row
    return actions.save(session, page.caller, row.id, row.version, _filing(form))


def _version(posted: Pairs) -> int:
    digits = value(posted, "version")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Stale
    return int(digits)


def _stale(request: Request, page: Page, sheet: Sheet) -> Response:
    return _shown(request, page, sheet, 412, stale=True)


def _shown(
    request: Request,
    page: Page,
    sheet: Sheet,
    status: int = 200,
    wrong: dict[str, str] | None = None,
    *,
    stale: bool = False,
) -> Response:
    values: dict[str, Any] = sheet_values(request, page, sheet, wrong, stale=stale)
    return render(request, "meldingen/form.html", page, status, **values, steps=six_steps(sheet.form.language))
