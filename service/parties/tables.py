"""What we keep of the parties that take part. An organisation itself, with its numbers, is kept by identity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select
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
Numbers = tuple[str | None, str | None]
_PARTY = select(Organisation, Address).join(Address, col(Address.organisation_id) == col(Organisation.id))


def party(session: Session, organisation_id: UUID, *, demo: bool) -> Party | None:
    """An organisation that takes part, active or not."""
    organisation, address = session.get(Organisation, organisation_id), session.get(Address, organisation_id)
    return (organisation, address) if organisation and address and organisation.demo == demo else None


@dataclass(frozen=True, slots=True)
class Correspondents:
    """Who writes and who is written to, as far as the address book knows the numbers that were given."""

    own: Organisation | None
    numbered: Sequence[Party]
    doctors: Sequence[Practitioner]

    def doctor_at(self, organisation_id: UUID, big: str | None, agb: str | None) -> Practitioner | None:
        """The active doctor at this organisation with one of these numbers."""
        here = (one for one in self.doctors if one.organisation_id == organisation_id)
        return next((one for one in here if (big and one.big == big) or (agb and one.agb == agb)), None)


# A number that was not given is null, and equals nothing.
_CORRESPONDENTS = (
    select(Organisation, Address, Practitioner)
    .outerjoin(Address, col(Address.organisation_id) == col(Organisation.id))
    .outerjoin(
        Practitioner,
        and_(
            col(Practitioner.organisation_id) == col(Organisation.id),
            col(Practitioner.active),
            or_(
                col(Practitioner.big).in_([bindparam("sender_big"), bindparam("recipient_big")]),
                col(Practitioner.agb).in_([bindparam("sender_agb"), bindparam("recipient_agb")]),
            ),
        ),
    )
    .where(
        or_(
            col(Organisation.id) == bindparam("own"),
            col(Organisation.ura) == bindparam("ura"),
            col(Organisation.agb) == bindparam("agb"),
        )
    )
)


def correspondents(
    session: Session, own: UUID, numbers: Numbers, sender_doctor: Numbers, recipient_doctor: Numbers, *, demo: bool
) -> Correspondents:
    """The own organisation, the active parties with one of these numbers, and the doctors: all in one statement.

    Numbers of two different parties give both. The numbers of an organisation are URA and AGB, of a doctor BIG and AGB.
    """
    values = {
        "own": own,
        "ura": numbers[0] or None,
        "agb": numbers[1] or None,
        "sender_big": sender_doctor[0] or None,
        "sender_agb": sender_doctor[1] or None,
        "recipient_big": recipient_doctor[0] or None,
        "recipient_agb": recipient_doctor[1] or None,
    }
    rows = session.execute(_CORRESPONDENTS, values).all()
    found = {organisation.id: (organisation, address) for organisation, address, _ in rows}
    called = [
        (organisation, address)
        for organisation, address in found.values()
        if address is not None
        and address.active
        and organisation.demo == demo
        and (organisation.ura == values["ura"] is not None or organisation.agb == values["agb"] is not None)
    ]
    doctors = [doctor for _, _, doctor in rows if doctor is not None]
    return Correspondents(found[own][0] if own in found else None, called, doctors)


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
