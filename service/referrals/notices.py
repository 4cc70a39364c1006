"""The neutral word to one side that something waits, by mail; to a practice without an account with a link."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from service import mail
from service.clock import now
from service.database import Database
from service.identity.tables import Account, hashed
from service.parties.tables import Address, Practitioner
from service.persons.vault import Vault
from service.referrals import deadlines, practice
from service.referrals.rules import About, Side
from service.referrals.tables import Notice, PracticeLink, Referral, referral_of
from service.settings import Settings
from service.text import Language

LINK_LIVES = timedelta(days=21)
_KINDS = {About.REMINDER: mail.NoticeKind.MESSAGE_STILL_WAITS, About.CODE: mail.NoticeKind.CODE}


class _Reader(NamedTuple):
    to: str
    language: Language
    signs_in: bool


def mail_notice(database: Database, settings: Settings, vault: Vault, notice_id: UUID) -> None:
    """Mail one notice. A repeat carries the same Message-ID and the same link; an address that refuses is noted."""
    with database.transaction() as session:
        message = write_mail(session, vault, notice_id)
    if message is None:
        return
    taken = mail.send(settings, message)
    with database.transaction() as session:
        notice = session.get_one(Notice, notice_id)
        notice.mailed_at = now()
        session.add(notice)
        if not taken:
            row = referral_of(session, notice.referral_id, lock=True)
            assert row is not None
            deadlines.bounced(session, row, Side(notice.side))


def write_mail(session: Session, vault: Vault, notice_id: UUID) -> mail.Notice | None:
    """The mail for a notice; none when it was sent, or there is no address."""
    notice = session.get(Notice, notice_id)
    if notice is None or notice.mailed_at is not None:
        return None
    row, side = session.get_one(Referral, notice.referral_id), Side(notice.side)
    # A code goes to the practice itself, whoever works there: it proves who reads that mailbox.
    is_code = notice.about == About.CODE
    reader = _practice(session, row, side) if is_code else _reader(session, row, side)
    if reader is None:
        return None
    return mail.Notice(
        kind=_KINDS.get(About(notice.about), mail.NoticeKind.MESSAGE_WAITS),
        to=reader.to,
        reference=row.reference,
        message_id=str(notice.id),
        language=reader.language,
        token=None if reader.signs_in or is_code else _link(session, vault, row, side, notice.id),
        code=practice.code_of(vault, notice.id) if is_code else None,
    )


def _reader(session: Session, row: Referral, side: Side) -> _Reader | None:
    """Whoever signs in, at the own address; else the address of the organisation that the address book knows."""
    account = session.get(Account, account_id) if (account_id := _account(session, row, side)) else None
    if account is not None and account.active and account.email:
        return _Reader(account.email, Language(account.language), signs_in=True)
    return _practice(session, row, side)


def _practice(session: Session, row: Referral, side: Side) -> _Reader | None:
    address = session.get(Address, row.to_organisation if side is Side.ASKED else row.from_organisation)
    if address is None or not address.email or address.bounced_at is not None:
        return None
    return _Reader(address.email, Language.NL, signs_in=side is Side.ASKER)


def _account(session: Session, row: Referral, side: Side) -> UUID | None:
    if side is Side.ASKER:
        return row.from_account
    doctor = session.get(Practitioner, row.to_practitioner) if row.to_practitioner else None
    return doctor.account_id if doctor else None


def _link(session: Session, vault: Vault, row: Referral, side: Side, notice_id: UUID) -> str:
    """The token of this notice; we keep its hash. Derived, so that mailing again gives the same link."""
    token = vault.pseudonym("practice-link", notice_id)[:48]
    if session.get(PracticeLink, hashed(token)) is None:
        organisation = row.to_organisation if side is Side.ASKED else row.from_organisation
        session.add(
            PracticeLink(
                token_hash=hashed(token),
                referral_id=row.id,
                organisation_id=organisation,
                expires_at=now() + LINK_LIVES,
            )
        )
    return token
