"""Everything of the demo, in one go: who signs in, which systems connect, and who is in the address book."""

from sqlmodel import Session

from service.identity.demo import seed_demo
from service.parties.demo import connect_demo_practice, seed_parties
from service.settings import Settings


def seed(session: Session, settings: Settings, standin_url: str | None = None) -> None:
    """Add what the demo needs; a second time changes nothing but the address of the stand-in for a practice."""
    seed_demo(session, settings)
    seed_parties(session)
    if standin_url:
        connect_demo_practice(session, standin_url)
