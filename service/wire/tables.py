"""What we keep of submissions by FHIR, and the questions asked of it. Random ids, times to the hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Index,
    LargeBinary,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlmodel import Field, Session, SQLModel, col

from service.database import HourDateTime, append_new, core_table
from service.ids import random_id
from service.notifications.tables import Notification


class Accepted(SQLModel):
    """One document that was accepted: the bytes as they came, what became of it, and the answer it got.

    Its id is also the id of the Task and of the Bundle. By itself it has nothing to do with a session.
    """

    id: UUID = Field(default_factory=random_id, primary_key=True)
    owner: UUID
    ordinal: int = 0
    identifier: str = Field(max_length=300)
    client_identifier: str = Field(default="", max_length=600, index=True)
    sha256: str = Field(max_length=64)
    body: bytes = Field(sa_type=LargeBinary)
    notification_id: UUID | None = Field(default=None, foreign_key="notification.id", index=True)
    revision: int = 0
    receipt: bytes = Field(default=b"", sa_type=LargeBinary)
    answer: bytes = Field(default=b"", sa_type=LargeBinary)
    at: datetime = Field(sa_type=HourDateTime)


class Submission(Accepted, table=True):
    """The same, as a session loads and follows it."""

    __tablename__ = "wire_submission"
    __table_args__ = (
        UniqueConstraint("owner", "identifier", name="uq_wire_submission_identifier"),
        Index("ix_wire_submission_owner", "owner", "ordinal"),
    )


class Attempt(SQLModel, table=True):
    """One document that was offered, accepted or not: how each step came out, and nothing of its content."""

    __tablename__ = "wire_attempt"
    __table_args__ = (Index("ix_wire_attempt_owner", "owner", "identifier"),)

    id: UUID = Field(default_factory=random_id, primary_key=True)
    owner: UUID
    identifier: str | None = Field(default=None, max_length=300)
    sha256: str = Field(max_length=64)
    status: int
    steps: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    at: datetime = Field(sa_type=HourDateTime)


_NEXT_ORDINAL = select(func.coalesce(func.max(col(Submission.ordinal)), 0) + 1).where(
    col(Submission.owner) == bindparam("whose")
)
_ANSWERED = update(core_table(Submission)).where(col(Submission.id) == bindparam("which"))


def claim(session: Session, new: Accepted) -> bool:
    """Keep the submission unless the owner sent one with this identifier before; the unique key decides."""
    new.ordinal = session.connection().execute(_NEXT_ORDINAL, {"whose": new.owner}).scalar_one()
    return append_new(session, Submission, dict(new))


def keep_answer(session: Session, kept: Accepted) -> None:
    """Keep what became of a submission, and the answer it got."""
    answer = {name: getattr(kept, name) for name in ("notification_id", "revision", "receipt", "answer")}
    session.connection().execute(_ANSWERED, {**answer, "which": kept.id})


def by_identifier(session: Session, owner: UUID, identifier: str) -> Submission | None:
    """The owner's submission with this Bundle.identifier."""
    question = select(Submission).where(col(Submission.owner) == owner, col(Submission.identifier) == identifier)
    return session.scalar(question)


def owned(session: Session, submission_id: UUID, owner: UUID) -> tuple[Submission, Notification] | None:
    """The owner's submission with its notification."""
    question = (
        select(Submission, Notification)
        .join(Notification, col(Notification.id) == col(Submission.notification_id))
        .where(col(Submission.id) == submission_id, col(Submission.owner) == owner)
    )
    found = session.execute(question).first()
    return (found[0], found[1]) if found else None


def attempts(session: Session, owner: UUID, identifier: str | None, limit: int) -> Sequence[Attempt]:
    """What the owner offered, the newest hour first."""
    question = select(Attempt).where(col(Attempt.owner) == owner)
    if identifier is not None:
        question = question.where(col(Attempt.identifier) == identifier)
    return session.scalars(question.order_by(col(Attempt.at).desc(), col(Attempt.id)).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search asks of submissions; None asks nothing."""

    owner: UUID
    ids: tuple[UUID, ...] | None = None
    identifier: str | None = None
    states: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions for the database."""
        asked = [col(Submission.owner) == self.owner]
        if self.ids is not None:
            asked.append(col(Submission.id).in_(self.ids))
        if self.identifier is not None:
            asked.append(_named(self.identifier))
        if self.states is not None:
            asked.append(col(Notification.state).in_(self.states))
        if self.since is not None:
            asked.append(col(Notification.changed_at) >= self.since)
        if self.until is not None:
            asked.append(col(Notification.changed_at) <= self.until)
        return asked


def _named(name: str) -> ColumnElement[bool]:
    """An identifier as asked: system|value exactly, or a value alone in any system."""
    kept = (col(Submission.identifier), col(Submission.client_identifier))
    if "|" in name:
        return or_(*(column == name for column in kept))
    anywhere = (column.endswith(f"|{name}", autoescape=True) for column in kept)
    return or_(col(Notification.number) == name, *anywhere)


_NOTIFICATION = col(Notification.id) == col(Submission.notification_id)


def page(
    session: Session, filters: Filters, before: tuple[int, UUID] | None, limit: int
) -> Sequence[tuple[Submission, Notification]]:
    """One page of the owner's submissions with their notifications, newest first.

    Two that came at the same moment may have the same ordinal; the id then says which is first.
    """
    question = select(Submission, Notification).join(Notification, _NOTIFICATION).where(*filters.conditions())
    if before is not None:
        ordinal, last = before
        same = and_(col(Submission.ordinal) == ordinal, col(Submission.id) < last)
        question = question.where(or_(col(Submission.ordinal) < ordinal, same))
    order = (col(Submission.ordinal).desc(), col(Submission.id).desc())
    rows = session.execute(question.order_by(*order).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def how_many(session: Session, filters: Filters) -> int:
    """How many submissions fit."""
    question = select(func.count()).select_from(Submission).join(Notification, _NOTIFICATION)
    return session.scalar(question.where(*filters.conditions())) or 0
