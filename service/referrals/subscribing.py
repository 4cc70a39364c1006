"""The address by which a doctor's calendar program reads the days to answer by, without a sign-in.

Who holds the address reads a reference and a day, and can do nothing. We keep only its hash.
"""

import secrets
from collections.abc import Sequence

from sqlmodel import Session

from service.identity.access import Caller, Role
from service.identity.tables import Account, hashed
from service.persons.vault import Vault
from service.problems import Forbidden, NotFound
from service.referrals import actions
from service.referrals.steps import PROFESSION, SYSTEMS
from service.referrals.tables import CalendarAddress, Referral, calendar_of, drop_calendar_address

PATH = "/verwijzingen/agenda"


def subscribe(session: Session, caller: Caller) -> str:
    """Make an address within this service, given once; an older one stops working. Raises Forbidden for a system."""
    if caller.role in SYSTEMS:
        raise Forbidden
    # Two that ask at once take turns.
    session.get_one(Account, caller.subject, with_for_update={"key_share": True})
    drop_calendar_address(session, caller.subject)
    token = secrets.token_urlsafe(24)
    session.add(CalendarAddress(account_id=caller.subject, token_hash=hashed(token)))
    session.flush()
    return f"{PATH}/{token}.ics"


def unsubscribe(session: Session, caller: Caller) -> None:
    """Let the address work no longer; without one, nothing changes."""
    drop_calendar_address(session, caller.subject)


def subscribed(session: Session, vault: Vault, token: str) -> Sequence[Referral]:
    """What stands in the calendar of whose address this is. Raises NotFound for an address that does not work."""
    account_id = calendar_of(session, hashed(token))
    account = session.get(Account, account_id) if account_id else None
    if account is None or not account.active or Role(account.role) not in PROFESSION:
        raise NotFound
    return actions.expected(session, vault, _reader(account))


def _reader(account: Account) -> Caller:
    return Caller(
        subject=account.id,
        role=Role(account.role),
        organisation=account.organisation_id,
        client_id="calendar",
        scopes=frozenset(),
        demo=account.demo,
    )
