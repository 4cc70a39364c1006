"""The way in for a practice without an account: a link from a mail, and a code that goes to the known address.

The link itself is no proof, for mail is forwarded. Who opens it asks for a code, which is mailed to the address that
the address book knows; then that one device is known for a day of work, and sees that one exchange.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from sqlmodel import Session

from service import outbox
from service.audit.tables import Act as AuditAct
from service.clock import now
from service.identity.access import SCOPES_OF, Caller, Role
from service.identity.sessions import same
from service.identity.tables import hashed
from service.identity.throttle import count_attempt
from service.outbox import Job
from service.persons.vault import Vault
from service.problems import Refusal
from service.referrals import steps
from service.referrals.rules import About, Side
from service.referrals.tables import Notice, PracticeLink, Referral, practice_link
from service.text import Text

PATH = "/bericht"
CODE_LIVES = timedelta(minutes=15)
DEVICE_LIVES = timedelta(hours=9)
TRIES = 5
_CLIENT = "link"


class LinkOver(Refusal):
    """A link that is not known, or no longer good: we do not say which."""

    status, slug = HTTPStatus.NOT_FOUND, "practice-link-over"
    title = Text("Deze link werkt niet meer", "This link no longer works")
    default = Text(
        "Vraag de arts die u schreef om het bericht opnieuw te sturen.",
        "Ask the doctor who wrote to you to send the message again.",
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A device that passed: the one exchange that it may see, and the practice that it speaks for."""

    referral_id: UUID
    practice: Caller = field(repr=False)


def insist_good(session: Session, token: str) -> None:
    """Raises LinkOver for a link that is not good."""
    _good(session, token)


def send_code(session: Session, vault: Vault, token: str) -> None:
    """Mail a fresh code to the address that the address book knows. Raises LinkOver, or TooMany."""
    link, moment = _good(session, token), now()
    # Per link: whoever asks, it is one mailbox that would fill.
    count_attempt(session, hashed(f"practice-code/{link.token_hash}"), moment)
    notice = Notice(referral_id=link.referral_id, side=Side.ASKED, about=About.CODE, at=moment)
    session.add(notice)
    link.code_hash, link.code_until, link.failures = code_hash(token, code_of(vault, notice.id)), moment + CODE_LIVES, 0
    session.add(link)
    session.flush()
    outbox.promise(session, Job.MAIL_REFERRAL_NOTICE, notice.id)


def check(session: Session, vault: Vault, token: str, code: str) -> str | None:
    """The secret of the device that gave the right code; none for a wrong one, which counts. A code works once."""
    link, moment = _good(session, token), now()
    live = link.code_hash is not None and link.code_until is not None and link.code_until > moment
    passed = live and link.failures < TRIES and same(link.code_hash or "", code_hash(token, code.strip()))
    row = session.get_one(Referral, link.referral_id)
    outcome = "success" if passed else "refused"
    steps.audit(session, vault, _practice(row), row, AuditAct.EXECUTE, "referral.link-check", outcome=outcome)
    if not passed:
        link.failures += 1
        session.add(link)
        return None
    device = secrets.token_urlsafe(32)
    link.device_hash, link.device_until = hashed(device), moment + DEVICE_LIVES
    link.code_hash = link.code_until = None
    session.add(link)
    return device


def opened(session: Session, token: str, device: str | None) -> Opened | None:
    """What this device may see by this link, if it gave the code. Raises LinkOver for a link that is not good."""
    link = _good(session, token)
    known = link.device_hash is not None and link.device_until is not None and link.device_until > now()
    if not device or not known or not same(link.device_hash or "", hashed(device)):
        return None
    return Opened(link.referral_id, _practice(session.get_one(Referral, link.referral_id)))


def code_of(vault: Vault, notice_id: UUID) -> str:
    """The six digits of one notice. Derived, so that mailing again gives the same code, and kept nowhere."""
    return f"{int(vault.pseudonym('practice-code', notice_id), 16) % 10**6:06}"


def code_hash(token: str, code: str) -> str:
    """What is kept of a code: with the token, so that the few codes there are cannot be tried on the table alone."""
    return hashed(f"{token}/{code}")


def _good(session: Session, token: str) -> PracticeLink:
    link = practice_link(session, hashed(token))
    row = session.get(Referral, link.referral_id) if link and link.expires_at > now() else None
    # An exchange that went after its doctor to another practice is not for this one any more.
    if link is None or row is None or row.to_organisation != link.organisation_id:
        raise LinkOver
    return link


def _practice(row: Referral) -> Caller:
    role = Role(row.to_role)
    return Caller(
        subject=row.to_organisation,
        role=role,
        organisation=row.to_organisation,
        client_id=_CLIENT,
        scopes=frozenset(SCOPES_OF[role]),
        demo=row.demo,
    )
