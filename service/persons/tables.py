"""What we keep of workers who are known by name: only sealed values, each with the worker's own key."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, select
from sqlmodel import Field, Session, SQLModel, col

from service.database import UtcDateTime
from service.ids import ordered_id


class Person(SQLModel, table=True):
    """A worker as one organisation knows this person. Another organisation has a row of its own.

    Without its key, which erasing takes away, nothing in it or sealed elsewhere with it can be read again.
    """

    __tablename__ = "person"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id", index=True)
    entered_by: UUID
    sealed_key: bytes | None = Field(default=None, sa_type=LargeBinary)
    name: bytes | None = Field(default=None, sa_type=LargeBinary)
    birth_date: bytes | None = Field(default=None, sa_type=LargeBinary)
    sex: bytes | None = Field(default=None, sa_type=LargeBinary)
    email: bytes | None = Field(default=None, sa_type=LargeBinary)
    phone: bytes | None = Field(default=None, sa_type=LargeBinary)
    bsn: bytes | None = Field(default=None, sa_type=LargeBinary)
    bsn_basis: str | None = Field(default=None, max_length=240)
    demo: bool = False
    entered_at: datetime = Field(sa_type=UtcDateTime)
    deceased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def person_of(session: Session, person_id: UUID, organisation_id: UUID) -> Person | None:
    """The worker, if this organisation entered the row."""
    return session.scalar(
        select(Person).where(col(Person.id) == person_id, col(Person.organisation_id) == organisation_id)
    )


def entered_by(session: Session, account_id: UUID, organisation_id: UUID, limit: int) -> Sequence[Person]:
    """The workers whom this account entered for this organisation and who were not erased, newest first."""
    question = select(Person).where(
        col(Person.entered_by) == account_id,
        col(Person.organisation_id) == organisation_id,
        col(Person.sealed_key).is_not(None),
    )
    return session.scalars(question.order_by(col(Person.id).desc()).limit(limit)).all()


def locked_person(session: Session, person_id: UUID) -> Person | None:
    """The worker as this row stands now, held until the end of the transaction: who decides on consents takes turns."""
    question = select(Person).where(col(Person.id) == person_id).with_for_update(key_share=True)
    return session.scalar(question.execution_options(populate_existing=True))
