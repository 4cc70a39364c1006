"""The pages of exchanges for doctors with an account: /verwijzingen, one exchange, and every step in it."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlmodel import Session

from service.agreement.rules import agreement
from service.consent.links import Link
from service.database import Database, Transaction
from service.identity.access import Role, Scope, insist
from service.identity.web_session import Page, PageCaller, check_csrf
from service.paging import Cursor, read_id, write_cursor
from service.persons.vault import Vault
from service.problems import NotFound
from service.referrals import actions, linking, subscribing, views
from service.referrals.actions import Box
from service.referrals.letters import file_text, letters_of, printable
from service.referrals.rules import CONVERTS_TO, Act, Kind, Side
from service.referrals.schemas import ReferralView
from service.referrals.tables import events_of
from service.text import Language
from service.web import forms
from service.web.consent_views import link_shown
from service.web.forms import Fields
from service.web.incoming import Pairs, Posted, Upload, value
from service.web.pages import language_of, render, see_other
from service.web.referral_forms import (
    LetterForm,
    Typed,
    from_letter,
    letter_form,
    read_conversion,
    read_supplement,
)
from service.web.referral_steps import REFUSED, attach, change_of, download, errors_of, paper, take
from service.web.referral_steps import insist as insist_read
from service.web.referral_views import exchange, filters, line, states_of, steps
from service.web.worker import Keys

HOME = "/verwijzingen"
_PAGE = 20
_ASKS_FIRST = frozenset({Role.BEDRIJFSARTS, Role.VERZEKERINGSARTS})

router = APIRouter(prefix=HOME, include_in_schema=False)
ReferralId = Annotated[UUID, Path(alias="id")]
FileId = Annotated[UUID, Path(alias="file")]


def _doctor(page: PageCaller) -> Page:
    insist(page.caller, [Scope.EXCHANGE])
    return page


Doctor = Annotated[Page, Depends(_doctor)]


@router.get("")
def mine(
    request: Request,
    session: Transaction,
    page: Doctor,
    keys: Keys,
    box: Annotated[str, Query(alias="bak", max_length=20)] = "",
    state: Annotated[str, Query(alias="stand", max_length=20)] = "",
    cursor: Cursor = None,
) -> Response:
    """What the doctor asked or was asked, newest first, without names of workers."""
    language, sent = language_of(request, page), _shows_sent(page, box)
    before = read_id(cursor) if cursor else None
    which: Box = "sent" if sent else "inbox"
    side = Side.ASKER if sent else Side.ASKED
    rows = actions.overview(session, keys, page.caller, which, states_of(state), before, _PAGE + 1)
    kept = {"bak": "verstuurd" if sent else "ontvangen", "stand": state}
    older = write_cursor(str(rows[_PAGE - 1].id)) if len(rows) > _PAGE else ""
    return render(
        request,
        "verwijzingen/lijst.html",
        page,
        lines=[line(views.summary(session, row, side, language), side, language) for row in rows[:_PAGE]],
        older=f"{HOME}?{urlencode(kept | {'cursor': older})}" if older else "",
        paged=cursor is not None,
        sent=sent,
        state=state,
        states=filters(language),
        to_do=actions.to_do(session, page.caller),
    )


@router.get("/agenda")
def calendar(request: Request, page: Doctor) -> Response:
    """What a calendar program can read, and the buttons for it."""
    return render(request, "verwijzingen/agenda.html", page, address="", ended=False)


@router.post("/agenda")
def subscribe(request: Request, session: Transaction, page: Doctor, posted: Posted) -> Response:
    """Make the address for a calendar program, shown once; or end it."""
    check_csrf(page, value(posted, "csrf"))
    if value(posted, "do") == "end":
        subscribing.unsubscribe(session, page.caller)
        return render(request, "verwijzingen/agenda.html", page, address="", ended=True)
    address = request.app.state.settings.base_url + subscribing.subscribe(session, page.caller)
    return render(request, "verwijzingen/agenda.html", page, address=address, ended=False)


@router.get("/{id}")
def one(request: Request, session: Transaction, page: Doctor, keys: Keys, referral_id: ReferralId) -> Response:
    """One exchange: where it stands, what was said, and what can be done now."""
    return _one(request, session, page, keys, referral_id)


@router.post("/{id}")
def step(request: Request, page: Doctor, keys: Keys, referral_id: ReferralId, posted: Posted) -> Response:
    """Whatever a button on the page of an exchange asks."""
    check_csrf(page, value(posted, "csrf"))
    fields, change = forms.tidy(posted), change_of(referral_id, value(posted, "version"))

    def act(session: Session) -> Link | None:
        return take(session, keys, page.caller, change, fields)

    return _acted(request, page, keys, referral_id, act, fields)


@router.post("/{id}/bijlagen")
def add_file(request: Request, page: Doctor, keys: Keys, referral_id: ReferralId, sent: Upload) -> Response:
    """Keep a file that goes along with the next message."""
    check_csrf(page, sent.values.get("csrf", ""))
    change = change_of(referral_id, sent.values.get("version", ""))

    def act(session: Session) -> None:
        attach(session, keys, page.caller, change, sent)

    return _acted(request, page, keys, referral_id, act, {})


@router.get("/{id}/bijlagen/{file}")
def file(session: Transaction, page: Doctor, keys: Keys, referral_id: ReferralId, file_id: FileId) -> Response:
    """One file, to save."""
    return download(session, keys, page.caller, referral_id, file_id)


@router.get("/{id}/brief")
def letter(
    request: Request,
    session: Transaction,
    page: Doctor,
    keys: Keys,
    referral_id: ReferralId,
    form: Annotated[str, Query(alias="vorm", max_length=8)] = "",
) -> Response:
    """What was written, to print or as a PDF."""
    language = language_of(request, page)
    view = actions.read(session, keys, page.caller, referral_id, language)
    if not printable(view):
        raise NotFound
    if form == "pdf":
        return paper(view, language)
    x = exchange(view, page.caller.organisation, language)
    return render(request, "verwijzingen/brief.html", page, x=x, base=f"{HOME}/{view.id}")


@router.get("/{id}/aanvulling")
def supplement_form(
    request: Request, session: Transaction, page: Doctor, keys: Keys, referral_id: ReferralId
) -> Response:
    """The form to send what was asked back."""
    view = actions.read(session, keys, page.caller, referral_id, language_of(request, page))
    return _further(request, page, view, Act.SUPPLEMENT)


@router.post("/{id}/aanvulling")
def supplement(request: Request, page: Doctor, keys: Keys, referral_id: ReferralId, posted: Posted) -> Response:
    """Send what was asked back, once the worker says yes to it."""
    return _sent_further(request, page, keys, referral_id, posted, Act.SUPPLEMENT)


@router.get("/{id}/omzetten")
def conversion_form(
    request: Request, session: Transaction, page: Doctor, keys: Keys, referral_id: ReferralId
) -> Response:
    """The form to make a referral of a request for advice, with the same letter in it."""
    view = actions.read(session, keys, page.caller, referral_id, language_of(request, page))
    return _further(request, page, view, Act.CONVERT)


@router.post("/{id}/omzetten")
def convert(request: Request, page: Doctor, keys: Keys, referral_id: ReferralId, posted: Posted) -> Response:
    """Make a referral of it: a new exchange, once the worker says yes."""
    return _sent_further(request, page, keys, referral_id, posted, Act.CONVERT)


def link_page(request: Request, page: Page | None, link: Link, back: str, *, screen: bool) -> Response:
    """The link for the worker, shown once; on this screen, a button to hand it over."""
    shown = link_shown(request.app.state.settings, link, language_of(request, page))
    return render(request, "verwijzingen/link.html", page, link=shown, back=back, screen=screen)


def _shows_sent(page: Page, box: str) -> bool:
    return box == "verstuurd" or (not box and page.caller.role in _ASKS_FIRST)


def _acted(
    request: Request,
    page: Page,
    keys: Vault,
    referral_id: UUID,
    act: Callable[[Session], Link | None],
    fields: Fields,
) -> Response:
    """Do it and go on; what is refused is said on the page, with what was typed still there."""
    database: Database = request.app.state.database
    try:
        with database.transaction() as session:
            link = act(session)
    except REFUSED as refusal:
        form = Typed(fields, language_of(request, page), errors_of(refusal))
        with database.transaction() as session:
            return _one(request, session, page, keys, referral_id, form)
    back = f"{HOME}/{referral_id}"
    screen = forms.first(fields, "consent.basis") == "screen"
    return link_page(request, page, link, back, screen=screen) if link else see_other(back)


def _one(
    request: Request, session: Session, page: Page, keys: Vault, referral_id: UUID, form: Typed | None = None
) -> Response:
    language = language_of(request, page)
    view = actions.read(session, keys, page.caller, referral_id, language)
    row = actions.history(session, keys, page.caller, referral_id)
    links = [one for one in linking.links(session, keys, page.caller) if one.referral_id == view.id]
    return render(
        request,
        "verwijzingen/een.html",
        page,
        400 if form else 200,
        x=exchange(view, page.caller.organisation, language),
        form=form or Typed({}, language),
        base=f"{HOME}/{view.id}",
        csrf=page.csrf,
        steps=steps([views.step(event) for event in events_of(session, row.id)], language),
        file_text=file_text(view, language) if letters_of(view) else "",
        notification=links[0].notification_id if links else None,
    )


def _further(
    request: Request, page: Page, view: ReferralView, act: Act, form: LetterForm | None = None, version: str = ""
) -> Response:
    """The form of what comes after a letter."""
    language = language_of(request, page)
    if act.value not in view.actions:
        return see_other(f"{HOME}/{view.id}")
    if form is None:
        before = letters_of(view) if act is Act.CONVERT else []
        form = _form(act, view, from_letter(before[0], language) if before else {}, language)
    return render(
        request,
        "verwijzingen/verder.html",
        page,
        400 if form.errors else 200,
        form=form,
        x=exchange(view, page.caller.organisation, language),
        version=version or view.version,
        action=f"{HOME}/{view.id}/{'omzetten' if act is Act.CONVERT else 'aanvulling'}",
        converts=act is Act.CONVERT,
    )


def _sent_further(request: Request, page: Page, keys: Vault, referral_id: UUID, posted: Pairs, act: Act) -> Response:
    check_csrf(page, value(posted, "csrf"))
    language, fields, version = language_of(request, page), forms.tidy(posted), value(posted, "version")
    change, database = change_of(referral_id, version), request.app.state.database
    with database.transaction() as session:
        view = actions.read(session, keys, page.caller, referral_id, language)
    form = _form(act, view, fields, language)
    if value(posted, "do") == "search":
        return _further(request, page, view, act, form, version)
    try:
        with database.transaction() as session:
            who = session, keys, page.caller
            if act is Act.CONVERT:
                started = actions.convert(*who, change, insist_read(*read_conversion(form)))
            else:
                started = actions.supplement(*who, change, insist_read(*read_supplement(form)))
    except REFUSED as refusal:
        told = _form(act, view, fields, language, wrong=errors_of(refusal))
        return _further(request, page, view, act, told, version)
    back = f"{HOME}/{started.referral.id}"
    screen = forms.first(fields, "consent.basis") == "screen"
    return link_page(request, page, started.link, back, screen=screen) if started.link else see_other(back)


def _form(act: Act, view: ReferralView, fields: Fields, language: Language, **shown: Any) -> LetterForm:
    """A supplement holds parts of the same letter; advice becomes the kind of referral that goes the same way."""
    kind = Kind(view.kind)
    if act is Act.CONVERT:
        way, known = (view.asker.role, view.asked.role), agreement().kinds
        kind = next((one for one in sorted(CONVERTS_TO) if way in known[one].directions), Kind.REFERRAL)
    return letter_form(kind, fields, language, whole=act is Act.CONVERT, **shown)
