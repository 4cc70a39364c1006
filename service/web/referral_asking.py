"""The pages on which a doctor asks or refers: /verwijzingen/nieuw, and the boxes that search in it."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from service.agreement.rules import agreement
from service.clock import written_date
from service.database import Database, Reading, Transaction
from service.idempotency import once
from service.identity.access import Caller
from service.identity.web_session import Page, check_csrf
from service.notifications import actions as notifications
from service.parties import actions as parties
from service.parties.schemas import PartyShown
from service.persons import actions as persons
from service.persons.schemas import PersonView
from service.persons.vault import Vault
from service.problems import NotFound
from service.referrals import actions
from service.referrals.actions import Started
from service.referrals.agreeing import profession_of
from service.referrals.rules import Kind
from service.text import Language
from service.web import forms
from service.web.forms import Fields, first
from service.web.incoming import Posted, value
from service.web.pages import language_of, render, see_other
from service.web.referral_forms import (
    Choice,
    LetterForm,
    choose,
    from_notification,
    letter_form,
    read_new,
)
from service.web.referral_steps import REFUSED, errors_of, insist
from service.web.referrals import HOME, Doctor, link_page
from service.web.worker import Keys

_NEW = f"{HOME}/nieuw"

router = APIRouter(prefix=HOME, include_in_schema=False)
Typed = Annotated[str, Query(alias="q", max_length=100)]
Notification = Annotated[UUID | None, Query(alias="melding")]


@router.get("/adresboek")
def find_party(session: Reading, page: Doctor, typed: Typed = "") -> Response:
    """Practices and doctors, for the box that searches while one types."""
    return _found(_parties(session, page.caller, typed))


@router.get("/werkenden")
def find_person(session: Transaction, page: Doctor, keys: Keys, typed: Typed = "") -> Response:
    """Workers whom this doctor entered before, for the box that searches while one types."""
    return _found(_people(session, keys, page, typed))


@router.get("/nieuw")
def new(
    request: Request,
    session: Transaction,
    page: Doctor,
    kind: Annotated[Kind | None, Query(alias="soort")] = None,
    notification: Notification = None,
) -> Response:
    """First what kind of message it is, then its form; from a notification what that tells already stands in it."""
    language = language_of(request, page)
    kinds = _kinds(page.caller, language)
    if kind is None or kind not in dict(kinds):
        told = {one: agreement().kinds[one] for one, _ in kinds}
        return render(request, "verwijzingen/soort.html", page, kinds=kinds, terms=told, notification=notification)
    fields: Fields = {}
    if notification:
        fields = from_notification(notifications.mine(session, page.caller, notification).content, language)
    form = letter_form(kind, fields, language)
    return _shown(request, page, form, secrets.token_urlsafe(16), notification)


@router.post("/nieuw")
def send(request: Request, page: Doctor, keys: Keys, posted: Posted) -> Response:
    """Save it and ask the worker; or search in a box; or keep it first, to add files to."""
    check_csrf(page, value(posted, "csrf"))
    fields, language, key = forms.tidy(posted), language_of(request, page), value(posted, "key")[:64]
    kind, notification = _posted_kind(page.caller, fields), _posted_id(value(posted, "notification"))
    database: Database = request.app.state.database
    with database.transaction() as session:
        found = _settled(session, keys, page, fields)
    do = value(posted, "do")
    form = letter_form(kind, fields, language, choices=found)
    if do not in {"ask", "draft"}:
        return _shown(request, page, form, key, notification)
    try:
        with database.transaction() as session:
            answer, started = _start(session, request, page, keys, form, key, notification, draft=do == "draft")
    except REFUSED as refusal:
        told = letter_form(kind, fields, language, choices=found, wrong=errors_of(refusal))
        return _shown(request, page, told, key, notification)
    if started is None or started.link is None:
        return see_other(answer.headers["Location"] + ("#bijlagen" if do == "draft" else ""))
    screen = form.has("consent.basis", "screen")
    return link_page(request, page, started.link, answer.headers["Location"], screen=screen)


def _start(
    session: Session,
    request: Request,
    page: Page,
    keys: Vault,
    form: LetterForm,
    key: str,
    notification: UUID | None,
    *,
    draft: bool,
) -> tuple[Response, Started | None]:
    """Start it once: a second click on the same form finds the first."""
    wanted = insist(*read_new(form, notification, draft=draft))
    made: list[Started] = []

    def act() -> Response:
        made.append(actions.start(session, keys, page.caller, wanted))
        return Response(status_code=201, headers={"Location": f"{HOME}/{made[0].referral.id}"})

    answer = once(session, page.caller.subject, f"page-{key}" if key else None, request, b"", act)
    return answer, made[0] if made else None


def _shown(request: Request, page: Page, form: LetterForm, key: str, notification: UUID | None) -> Response:
    return render(
        request,
        "verwijzingen/nieuw.html",
        page,
        400 if form.errors else 200,
        form=form,
        action=_NEW,
        key=key,
        kinds=_kinds(page.caller, form.language),
        notification=notification,
    )


def _kinds(caller: Caller, language: Language) -> list[tuple[Kind, str]]:
    """What this profession may send, by the agreement."""
    profession = profession_of(caller)
    known = agreement().kinds
    return [
        (kind, known[kind].title.in_(language))
        for kind in Kind
        if any(sender == profession for sender, _ in known[kind].directions)
    ]


def _posted_kind(caller: Caller, fields: Fields) -> Kind:
    asked = first(fields, "kind")
    if asked not in dict(_kinds(caller, Language.NL)):
        raise NotFound
    return Kind(asked)


def _posted_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound from None


def _settled(session: Session, keys: Vault, page: Page, fields: Fields) -> Mapping[str, Sequence[Choice]]:
    """Settle the boxes; of each in which nothing was chosen, what there is to choose from."""
    found = {
        "recipient": _parties(session, page.caller, first(fields, "recipient.q")),
        "known": _people(session, keys, page, first(fields, "known.q")),
    }
    return {name: choose(fields, name, choices) for name, choices in found.items()}


def _parties(session: Session, caller: Caller, typed: str) -> list[Choice]:
    return [
        choice for one in parties.find(session, caller, typed) for choice in _at(one) if one.id != caller.organisation
    ]


def _at(party: PartyShown) -> list[Choice]:
    """The organisation, and each of its doctors."""
    place = ", ".join(part for part in (party.name, party.city) if part)
    doctors = [Choice(f"{party.id}/{one.id}", f"{one.name} ({place})", one.agb or "") for one in party.doctors]
    return [Choice(str(party.id), place, party.agb or ""), *doctors]


def _people(session: Session, keys: Vault, page: Page, typed: str) -> list[Choice]:
    english = page.language is Language.EN
    return [_person(one, english=english) for one in persons.find(session, keys, page.caller, typed)]


def _person(found: PersonView, *, english: bool) -> Choice:
    born = written_date(date.fromisoformat(found.birth_date), english=english)
    return Choice(str(found.id), found.name, born)


def _found(choices: Sequence[Choice]) -> Response:
    """As the codes are found: what to send, what to show, and what more to say of it."""
    items = [{"code": one.value, "label": one.label, "shown": one.shown} for one in choices[:8]]
    return JSONResponse({"items": items})
