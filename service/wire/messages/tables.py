"""What we keep of the messages that other systems sent: the hash and the answer, so that a repeat hears the same."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, UniqueConstraint, bindparam, func, select, update
from sqlmodel import Field, Session, SQLModel, col

from service.database import UtcDateTime, append_new, core_table
from service.ids import ordered_id
from service.referrals.tables import Referral


class Taken(SQLModel, table=True):
    """One message that was taken, under the id that its sender gave it. Its content is kept with the exchange."""

    __tablename__ = "referral_taken"
    __table_args__ = (UniqueConstraint("organisation_id", "identifier", name="uq_referral_taken_identifier"),)

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id")
    identifier: str = Field(max_length=300)
    sha256: str = Field(max_length=64)
    referral_id: UUID | None = Field(default=None, foreign_key="referral.id", index=True)
    answer: bytes = Field(default=b"", sa_type=LargeBinary)
    at: datetime = Field(sa_type=UtcDateTime)


_ANSWERED = update(core_table(Taken)).where(col(Taken.id) == bindparam("which"))


def claim(session: Session, new: Taken) -> bool:
    """Keep the message unless this organisation sent one with this id before; the unique key decides."""
    return append_new(session, Taken, new.model_dump())


def keep_answer(session: Session, taken: Taken) -> None:
    """Keep the answer to a message, and which exchange it is about."""
    values = {"referral_id": taken.referral_id, "answer": taken.answer, "which": taken.id}
    session.connection().execute(_ANSWERED, values)


def taken_before(session: Session, organisation_id: UUID, identifier: str) -> Taken | None:
    """The message that this organisation sent with this id."""
    question = select(Taken).where(col(Taken.organisation_id) == organisation_id, col(Taken.identifier) == identifier)
    return session.scalar(question)


def page(session: Session, asked: list[ColumnElement[bool]], before: UUID | None, limit: int) -> list[Referral]:
    """One page of exchanges, newest first."""
    question = select(Referral).where(*asked)
    if before is not None:
        question = question.where(col(Referral.id) < before)
    return list(session.scalars(question.order_by(col(Referral.id).desc()).limit(limit)))


def how_many(session: Session, asked: list[ColumnElement[bool]]) -> int:
    """How many exchanges fit."""
    return session.scalar(select(func.count()).select_from(Referral).where(*asked)) or 0
