"""Everything of the demo, in one go: who signs in, which systems connect, and who is in the address book."""

from sqlmodel import Session

from service.identity.demo import seed_demo
from service.parties.demo import seed_parties
from service.settings import Settings


def seed(session: Session, settings: Settings) -> None:
    """Add what the demo needs; a second time changes nothing."""
    seed_demo(session, settings)
    seed_parties(session)
