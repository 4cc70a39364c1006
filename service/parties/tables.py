"""What we keep of the parties that take part. An organisation itself, with its numbers, is kept by identity."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import false, or_, select
from sqlmodel import Field, Session, SQLModel, col

from service.database import UtcDateTime
from service.identity.access import Scope
from service.identity.tables import Account, OAuthClient, Organisation
from service.ids import ordered_id


class Address(SQLModel, table=True):
    """How a message reaches an organisation: its own FHIR endpoint, or else the inbox with a notice by mail.

    An organisation takes part in the agreement when it has an address. `words` is what a search looks through.
    """

    __tablename__ = "party_address"

    organisation_id: UUID = Field(foreign_key="identity_organisation.id", primary_key=True)
    words: str = Field(default="", max_length=4000)
    email: str | None = Field(default=None, max_length=254)
    street: str | None = Field(default=None, max_length=240)
    postcode: str | None = Field(default=None, max_length=10)
    fhir_endpoint: str | None = Field(default=None, max_length=500)
    token_endpoint: str | None = Field(default=None, max_length=500)
    fhir_client_id: str | None = Field(default=None, max_length=120)
    bounced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    moved_to: UUID | None = Field(default=None, foreign_key="identity_organisation.id")
    active: bool = True


class Practitioner(SQLModel, table=True):
    """A doctor at an organisation, with or without an account here."""

    __tablename__ = "party_practitioner"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id", index=True)
    account_id: UUID | None = Field(default=None, foreign_key="identity_account.id", unique=True)
    name: str = Field(max_length=240)
    role: str = Field(max_length=32)
    big: str | None = Field(default=None, max_length=11, unique=True)
    uzi: str | None = Field(default=None, max_length=9)
    agb: str | None = Field(default=None, max_length=8)
    moved_to: UUID | None = Field(default=None, foreign_key="identity_organisation.id")
    active: bool = True
    demo: bool = False


class ResponseTime(SQLModel, table=True):
    """Another response time than the agreement's default, settled between two organisations."""

    __tablename__ = "party_response_time"

    from_organisation: UUID = Field(foreign_key="identity_organisation.id", primary_key=True)
    to_organisation: UUID = Field(foreign_key="identity_organisation.id", primary_key=True)
    kind: str = Field(primary_key=True, max_length=32)
    working_days: int
    settled_by: str = Field(max_length=240)
    settled_at: datetime = Field(sa_type=UtcDateTime)


Party = tuple[Organisation, Address]
_PARTY = select(Organisation, Address).join(Address, col(Address.organisation_id) == col(Organisation.id))


def party(session: Session, organisation_id: UUID, *, demo: bool) -> Party | None:
    """An organisation that takes part, active or not."""
    question = _PARTY.where(col(Organisation.id) == organisation_id, col(Organisation.demo) == demo)
    found = session.execute(question).first()
    return (found[0], found[1]) if found else None


def parties_numbered(session: Session, ura: str | None, agb: str | None, *, demo: bool) -> Sequence[Party]:
    """The active parties with one of these numbers; two when the numbers are of different parties."""
    numbers = [col(Organisation.ura) == ura] * bool(ura) + [col(Organisation.agb) == agb] * bool(agb)
    question = _PARTY.where(or_(false(), *numbers), col(Organisation.demo) == demo, col(Address.active))
    return [(row[0], row[1]) for row in session.execute(question)]


def find_parties(session: Session, words: Sequence[str], limit: int, *, demo: bool) -> Sequence[Party]:
    """The active parties in whose name, place, numbers or doctors every word occurs, by name."""
    question = _PARTY.where(col(Address.active), col(Organisation.demo) == demo)
    for word in words:
        question = question.where(col(Address.words).contains(word, autoescape=True))
    return [(row[0], row[1]) for row in session.execute(question.order_by(col(Organisation.name)).limit(limit))]


def every_party(session: Session) -> Sequence[Party]:
    """Everyone who takes part, by name."""
    return [(row[0], row[1]) for row in session.execute(_PARTY.order_by(col(Organisation.name)))]


def doctors_at(session: Session, organisations: Sequence[UUID]) -> Sequence[Practitioner]:
    """The active doctors at these organisations, by name."""
    question = select(Practitioner).where(col(Practitioner.organisation_id).in_(organisations))
    return session.scalars(question.where(col(Practitioner.active)).order_by(col(Practitioner.name))).all()


def doctor_numbered(session: Session, organisation_id: UUID, big: str | None, agb: str | None) -> Practitioner | None:
    """The active doctor at this organisation with one of these numbers."""
    numbers = [col(Practitioner.big) == big] * bool(big) + [col(Practitioner.agb) == agb] * bool(agb)
    here = (col(Practitioner.organisation_id) == organisation_id, col(Practitioner.active))
    return session.scalar(select(Practitioner).where(or_(false(), *numbers), *here).limit(1))


def doctor_of_account(session: Session, account_id: UUID) -> Practitioner | None:
    """The doctor who signs in with this account."""
    return session.scalar(select(Practitioner).where(col(Practitioner.account_id) == account_id))


def accounts_at(session: Session, organisations: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the organisations where somebody can sign in, or whose system fetches what is there."""
    people = select(col(Account.organisation_id)).where(
        col(Account.organisation_id).in_(organisations), col(Account.active), col(Account.acts_for).is_(None)
    )
    systems = select(OAuthClient).where(col(OAuthClient.organisation_id).in_(organisations), col(OAuthClient.active))
    fetching = {one.organisation_id for one in session.scalars(systems) if Scope.SEND_MESSAGE in one.scopes}
    return frozenset([*session.scalars(people), *(one for one in fetching if one)])
