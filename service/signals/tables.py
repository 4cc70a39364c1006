"""What we keep of signals. As with notifications: random ids, times to the hour, no person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, and_, or_, select
from sqlmodel import Field, Session, SQLModel, col

from service.database import HourDateTime
from service.ids import random_id


class Signal(SQLModel, table=True):
    """One suspicion and what the desk made of it."""

    __tablename__ = "signal"
    __table_args__ = (Index("ix_signal_state", "state", "received_at", "id"),)

    id: UUID = Field(default_factory=random_id, primary_key=True)
    state: str = Field(max_length=16)
    version: int = 1
    owner: UUID = Field(index=True)
    body: bytes = Field(sa_type=LargeBinary)
    reason: str | None = Field(default=None, max_length=1000)
    demo: bool = False
    received_at: datetime = Field(sa_type=HourDateTime)


def signals(
    session: Session,
    *,
    owner: UUID | None,
    state: str | None,
    demo: bool,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> Sequence[Signal]:
    """Signals, newest first: those of one owner, or all of them for the desk."""
    question = select(Signal).where(col(Signal.demo) == demo)
    if owner is not None:
        question = question.where(col(Signal.owner) == owner)
    if state is not None:
        question = question.where(col(Signal.state) == state)
    if after is not None:
        at, last = after
        same_hour = and_(col(Signal.received_at) == at, col(Signal.id) > last)
        question = question.where(or_(col(Signal.received_at) < at, same_hour))
    return session.scalars(question.order_by(col(Signal.received_at).desc(), col(Signal.id)).limit(limit)).all()
