"""The pages about one's own notifications: the overview, one notification, its receipt, and taking it back."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.criteria.explanation import VERDICT_WORDS
from service.criteria.rules import Verdict
from service.database import Reading, Transaction
from service.identity.access import Scope, insist
from service.identity.tables import Account
from service.identity.web_session import PageCaller, check_csrf
from service.notifications import actions
from service.notifications.routes import pdf_response
from service.notifications.rules import STATE_TEXT, Act, State
from service.notifications.schemas import Withdrawal
from service.notifications.tables import history
from service.notifications.views import view
from service.paging import Cursor
from service.problems import Conflict, InvalidInput, Stale
from service.referrals import linking
from service.signals import actions as signal_actions
from service.signals.routes import view as signal_view
from service.validation import field_errors
from service.web.incoming import Posted, value
from service.web.overview import buttons, flags_in_words, overview, steps
from service.web.pages import language_of, render, see_other
from service.web.worker import Keys

router = APIRouter(prefix="/meldingen", include_in_schema=False)
NotificationId = Annotated[UUID, Path(alias="id")]
_PDF = "pdf"


@router.get("")
def mine(
    request: Request,
    session: Reading,
    page: PageCaller,
    state: Annotated[str, Query(alias="stand", max_length=20)] = "",
    words: Annotated[str, Query(alias="zoek", max_length=100)] = "",
    cursor: Cursor = None,
) -> Response:
    """The caller's own notifications, newest first."""
    insist(page.caller, [Scope.READ_OWN])
    language = language_of(request, page)
    asked = State(state) if state in set(State) else None
    found = overview(session, page.caller, asked, words.strip() or None, cursor, language)
    kept = {name: text for name, text in (("stand", state), ("zoek", words)) if text}
    older = f"/meldingen?{urlencode({**kept, 'cursor': found.older})}" if found.older else ""
    return render(
        request,
        "meldingen/overview.html",
        page,
        found=found,
        older=older,
        state=state,
        words=words,
        paged=cursor is not None,
        states=[(one.value, text.in_(language)) for one, text in STATE_TEXT.items()],
        may_file=Scope.FILE in page.caller.scopes,
        whose=session.get_one(Account, page.caller.owner).name if page.caller.acts_for else "",
    )


@router.get("/signalen/{id}")
def signal(request: Request, session: Transaction, page: PageCaller, signal_id: NotificationId) -> Response:
    """A signal, and where it stands."""
    insist(page.caller, [Scope.SIGNAL])
    row = signal_actions.open_signal(session, page.caller, signal_id)
    return render(request, "meldingen/signal.html", page, signal=signal_view(row, language_of(request, page)))


@router.get("/{id}")
def one(
    request: Request, session: Transaction, page: PageCaller, keys: Keys, notification_id: NotificationId
) -> Response:
    """One notification: where it stands, what was filed, its history, and what can be done."""
    insist(page.caller, [Scope.READ_OWN])
    row = actions.open_own(session, page.caller, notification_id)
    if row.state == State.DRAFT:
        return see_other(f"/meldingen/{row.id}/bewerken")
    language, may_refer = language_of(request, page), Scope.EXCHANGE in page.caller.scopes
    linked = linking.links(session, keys, page.caller) if may_refer else ()
    return render(
        request,
        "meldingen/one.html",
        page,
        row=row,
        state=STATE_TEXT[State(row.state)].in_(language),
        verdict=VERDICT_WORDS[Verdict(row.verdict)].in_(language) if row.verdict else "",
        receipt=actions.read_receipt(session, page.caller, row.id),
        flags=flags_in_words(row, language),
        steps=steps(history(session, row.id), language),
        buttons=buttons(row, page.caller, language),
        may_refer=may_refer,
        referrals=[one.referral_id for one in linked if one.notification_id == row.id],
    )


@router.get("/{id}/ontvangst")
def receipt(
    request: Request,
    session: Transaction,
    page: PageCaller,
    notification_id: NotificationId,
    form: Annotated[str, Query(alias="vorm", max_length=10)] = "",
) -> Response:
    """The receipt, on the page or as a PDF."""
    insist(page.caller, [Scope.READ_OWN])
    language = language_of(request, page)
    found = actions.read_receipt(session, page.caller, notification_id)
    if form == _PDF:
        return pdf_response(found)
    verdict = VERDICT_WORDS[Verdict(found.check["verdict"])].in_(language)
    state = STATE_TEXT[State(found.state)].in_(language)
    sexes = {one.code: one.label.in_(language) for one in catalogue().lists[ListId.SEX].entries}
    return render(request, "meldingen/receipt.html", page, receipt=found, state=state, verdict=verdict, sexes=sexes)


@router.get("/{id}/zoals-ingediend")
def as_submitted(session: Transaction, page: PageCaller, notification_id: NotificationId) -> Response:
    """The bytes exactly as they were submitted."""
    insist(page.caller, [Scope.READ_OWN])
    kept = actions.as_submitted(session, page.caller, notification_id, None)
    name = f'attachment; filename="melding-{kept.notification_id}-{kept.revision}.json"'
    return Response(kept.body, media_type="application/json", headers={"Content-Disposition": name})


@router.get("/{id}/intrekken")
def ask_reason(request: Request, session: Reading, page: PageCaller, notification_id: NotificationId) -> Response:
    """Ask why, before taking a notification back."""
    insist(page.caller, [Scope.FILE])
    row = actions.mine(session, page.caller, notification_id)
    if Act.WITHDRAW.value not in view(row, page.caller).actions:
        raise Conflict
    return render(request, "meldingen/withdraw.html", page, row=row, reason="", error="")


@router.post("/{id}/intrekken")
def withdraw(
    request: Request, session: Transaction, page: PageCaller, notification_id: NotificationId, posted: Posted
) -> Response:
    """Take a notification back, with the reason; a second time changes nothing."""
    insist(page.caller, [Scope.FILE])
    check_csrf(page, value(posted, "csrf"))
    row = actions.mine(session, page.caller, notification_id)
    if row.state == State.WITHDRAWN:
        return see_other(f"/meldingen/{row.id}")
    reason, language = value(posted, "reason"), language_of(request, page)
    try:
        given = Withdrawal(reason=reason.replace("\x00", ""))
        actions.withdraw(session, page.caller, row.id, _version(value(posted, "version")), given.reason)
    except ValidationError as fault:
        error = field_errors(fault.errors())[0].text.in_(language)
    except InvalidInput as refusal:
        error = refusal.errors[0].text.in_(language)
    else:
        return see_other(f"/meldingen/{row.id}")
    return render(request, "meldingen/withdraw.html", page, 400, row=row, reason=reason, error=error)


@router.get("/{id}/weggooien")
def ask_discard(request: Request, session: Reading, page: PageCaller, notification_id: NotificationId) -> Response:
    """Ask once more, before a draft is thrown away."""
    insist(page.caller, [Scope.PREPARE])
    row = actions.mine(session, page.caller, notification_id)
    if row.state != State.DRAFT:
        raise Conflict
    return render(request, "meldingen/discard.html", page, row=row)


@router.post("/{id}/weggooien")
def discard(session: Transaction, page: PageCaller, notification_id: NotificationId, posted: Posted) -> Response:
    """Throw a draft away for good."""
    insist(page.caller, [Scope.PREPARE])
    check_csrf(page, value(posted, "csrf"))
    actions.discard(session, page.caller, notification_id, _version(value(posted, "version")))
    return see_other("/meldingen")


def _version(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Stale
    return int(digits)
