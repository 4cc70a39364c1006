"""The way in for a worker without an account: a link that names one consent, and a second factor for each device.

The link itself is no proof, for it may be forwarded. Who opens it says a year of birth, or the code that the doctor
gave; then that one device is known by a cookie, and any other is asked anew.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from service.audit.tables import Act, record_person
from service.clock import now
from service.consent import tables
from service.consent.rules import State
from service.consent.tables import Consent, ConsentLink
from service.identity.access import SCOPES_OF, Caller, Role
from service.identity.sessions import same
from service.identity.tables import hashed
from service.persons.actions import birth_year_of, subject_of
from service.persons.tables import Person
from service.persons.vault import Vault
from service.problems import NotFound
from service.text import Language, Text

PATH = "/toestemming"
LIVES = timedelta(days=14)
FREE_FAILURES = 5
MOST_FAILURES = 10
_FIRST_BLOCK = timedelta(minutes=15)
_CLIENT = "link"


class LinkOver(NotFound):
    """The link is not one of ours, or not any more: we do not say which."""

    slug = "link-over"
    title = Text("Deze link werkt niet meer", "This link no longer works")
    default = Text(
        "Er is niets verstuurd en niets veranderd. Vraag uw dokter om een nieuwe link.",
        "Nothing was sent and nothing changed. Ask your doctor for a new link.",
    )


class Factor(StrEnum):
    """What a worker is asked besides the link."""

    BIRTH_YEAR = "birth-year"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is handed over, once: we keep only hashes of it. The address is one within this service."""

    path: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """How a check went: the secret of a device that passed, or how long one that failed too often has to wait."""

    device: str | None = field(default=None, repr=False)
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A device that passed the check: the consent it came for, and the worker it speaks for."""

    consent: Consent
    person: Person
    worker: Caller
    until: datetime


def make(session: Session, consent: Consent, factor: Factor) -> Link:
    """A fresh link to this consent; an older one no longer works."""
    tables.drop_links(session, consent.id)
    token = secrets.token_urlsafe(24)
    code = f"{secrets.randbelow(10**6):06}" if factor is Factor.CODE else None
    session.add(
        ConsentLink(
            token_hash=hashed(token),
            consent_id=consent.id,
            factor=factor,
            code_hash=_code_hash(token, code) if code else None,
            expires_at=now() + LIVES,
        )
    )
    session.flush()
    language = "" if consent.language == Language.NL else f"?lang={consent.language}"
    return Link(f"{PATH}/{token}{language}", code)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of who opens a link, and whether that is somebody who decides for the worker."""

    factor: Factor
    represented: bool


def wanted(session: Session, token: str) -> Wanted:
    """What is asked of who opens this link. Raises LinkOver for a link that is not good any more."""
    link = _good(session, token)
    consent, _ = _about(session, link)
    return Wanted(Factor(link.factor), consent.representative is not None)


def check(session: Session, vault: Vault, token: str, answer: str, device: str | None) -> Checked:
    """Check who opened the link. A failure is counted, so it must be committed: it is an answer and no refusal.

    Five failures block the link for a while, each next one for longer, and the tenth for good. A device on which this
    worker passed a check before stays the same device.
    """
    link, moment = _good(session, token), now()
    if link.blocked_until and link.blocked_until > moment:
        return Checked(retry_after=_seconds(link.blocked_until - moment))
    consent, person = _about(session, link)
    passed = _passes(vault, link, person, token, answer.strip())
    worker, outcome = worker_of(person), "success" if passed else "refused"
    record_person(
        session, worker, Act.EXECUTE, "consent.check", subject_of(vault, person.id), "consent", consent.id,
        outcome=outcome,
    )  # fmt: skip
    if not passed:
        return _failed(link, moment)
    known = opened_by_device(session, device)
    if device is None or known is None or known.person.id != person.id:
        device = secrets.token_urlsafe(32)
    link.device_hash, link.failures, link.blocked_until, link.code_hash = hashed(device), 0, None, None
    return Checked(device=device)


def opened(session: Session, token: str, device: str | None) -> Opened | None:
    """What this device may see by this link, if it passed the check. Raises LinkOver for a link that is not good."""
    link = session.get(ConsentLink, hashed(token))
    if device and link and link.device_hash == hashed(device) and (found := _opened(session, link)):
        return found
    _good(session, token)
    return None


def opened_by_device(session: Session, device: str | None) -> Opened | None:
    """What a device may see without its link, for the worker's own file."""
    found = tables.links_of_device(session, hashed(device)) if device else ()
    return next((seen for link in found if (seen := _opened(session, link))), None)


def forget_device(session: Session, token: str) -> None:
    """Let the device that answered see nothing any more: the screen was the doctor's."""
    link = session.get_one(ConsentLink, hashed(token), with_for_update=True)
    link.device_hash = None


def worker_of(person: Person) -> Caller:
    """The worker as a caller: known by a link, with the right to the own file."""
    return Caller(
        subject=person.id,
        role=Role.WORKER,
        organisation=None,
        client_id=_CLIENT,
        scopes=frozenset(SCOPES_OF[Role.WORKER]),
        demo=person.demo,
    )


def _good(session: Session, token: str) -> ConsentLink:
    """The link, locked, if a new device may still come in by it."""
    link = tables.link_locked(session, hashed(token))
    if link is None or link.expires_at <= now() or link.failures >= MOST_FAILURES:
        raise LinkOver
    _about(session, link)
    return link


def _about(session: Session, link: ConsentLink) -> tuple[Consent, Person]:
    consent = session.get_one(Consent, link.consent_id)
    person = session.get_one(Person, consent.person_id)
    if person.erased_at is not None or person.deceased_at is not None:
        raise LinkOver
    return consent, person


def _opened(session: Session, link: ConsentLink) -> Opened | None:
    consent, person = _about(session, link)
    # As long as a consent holds, the worker can withdraw it, also after the days in which it could be answered.
    until = max(link.expires_at, consent.valid_until) if consent.state == State.GIVEN else link.expires_at
    return Opened(consent, person, worker_of(person), until) if until > now() else None


def _passes(vault: Vault, link: ConsentLink, person: Person, token: str, answer: str) -> bool:
    if link.factor == Factor.CODE:
        return link.code_hash is not None and same(link.code_hash, _code_hash(token, answer))
    return same(str(birth_year_of(vault, person)), answer)


def _failed(link: ConsentLink, moment: datetime) -> Checked:
    link.failures += 1
    if link.failures < FREE_FAILURES:
        return Checked()
    wait = _FIRST_BLOCK * (1 << (link.failures - FREE_FAILURES))
    link.blocked_until = moment + wait
    return Checked(retry_after=_seconds(wait))


def _code_hash(token: str, code: str) -> str:
    # With the token, so that the few codes there are cannot be tried against the database alone.
    return hashed(f"{token}/{code}")


def _seconds(wait: timedelta) -> int:
    return int(wait.total_seconds()) + 1
