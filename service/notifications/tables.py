"""What we keep of notifications, and the questions asked of it.

Ids are random and times go no finer than the hour, so that no row can be laid beside a person's case.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    Index,
    LargeBinary,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlmodel import Field, Session, SQLModel, col

from service.database import HourDateTime, core_table
from service.ids import random_id
from service.notifications.rules import State


class Standing(SQLModel):
    """Where one notification stands, whose it is, and the content being worked on.

    By itself it has nothing to do with a session: for a notification that is filed at once, which nobody loads.
    """

    id: UUID = Field(default_factory=random_id, primary_key=True)
    number: str | None = Field(default=None, unique=True, max_length=20)
    state: str = Field(max_length=16)
    version: int = 1
    revision: int = 0
    steps: int = 0
    owner: UUID
    ordinal: int = 0
    organisation: UUID | None = None
    content: bytes = Field(sa_type=LargeBinary)
    diagnosis: str | None = Field(default=None, max_length=240)
    occupation: str | None = Field(default=None, max_length=240)
    sector: str | None = Field(default=None, max_length=16)
    birth_year: int | None = None
    guideline: str | None = Field(default=None, max_length=32)
    verdict: str | None = Field(default=None, max_length=32)
    group_size: int = 0
    flags: list[str] = Field(default_factory=list, sa_type=JSON)
    fingerprint: str | None = Field(default=None, max_length=64, index=True)
    minutes_spent: int | None = None
    questions: list[str] = Field(default_factory=list, sa_type=JSON)
    reason: str | None = Field(default=None, max_length=1000)
    answer: str | None = Field(default=None, max_length=2000)
    demo: bool = False
    created_at: datetime = Field(sa_type=HourDateTime)
    changed_at: datetime = Field(sa_type=HourDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=HourDateTime)
    expires_on: date | None = Field(default=None, sa_type=Date, index=True)


class Notification(Standing, table=True):
    """One notification, as a session loads and follows it."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_owner", "owner", "ordinal"),
        Index("ix_notification_queue", "state", "submitted_at", "id"),
    )


class Revision(SQLModel, table=True):
    """One submitted version, for good: the bytes as they came, how they were judged, and the receipt."""

    __tablename__ = "notification_revision"

    notification_id: UUID = Field(foreign_key="notification.id", primary_key=True)
    revision: int = Field(primary_key=True)
    body: bytes = Field(sa_type=LargeBinary)
    sha256: str = Field(max_length=64)
    guideline: str | None = Field(default=None, max_length=32)
    guideline_version: str | None = Field(default=None, max_length=32)
    receipt: dict[str, Any] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=HourDateTime)


class Member(SQLModel, table=True):
    """The number of one further worker of a group."""

    __tablename__ = "notification_member"

    number: str = Field(primary_key=True, max_length=20)
    notification_id: UUID = Field(foreign_key="notification.id", index=True)
    position: int
    sex: str = Field(max_length=8)
    birth_year: int
    onset: str | None = Field(default=None, max_length=7)


class Event(SQLModel, table=True):
    """One step in the life of a notification."""

    __tablename__ = "notification_event"

    notification_id: UUID = Field(foreign_key="notification.id", primary_key=True)
    position: int = Field(primary_key=True)
    act: str = Field(max_length=16)
    from_state: str | None = Field(default=None, max_length=16)
    to_state: str = Field(max_length=16)
    revision: int
    actor: UUID
    role: str = Field(max_length=32)
    reason: str | None = Field(default=None, max_length=1000)
    questions: list[str] = Field(default_factory=list, sa_type=JSON)
    answer: str | None = Field(default=None, max_length=2000)
    at: datetime = Field(sa_type=HourDateTime)


class Notice(SQLModel, table=True):
    """Word to the notifier that something came back; seen once it has been opened."""

    __tablename__ = "notification_notice"

    id: UUID = Field(default_factory=random_id, primary_key=True)
    owner: UUID = Field(index=True)
    notification_id: UUID = Field(foreign_key="notification.id")
    state: str = Field(max_length=16)
    seen: bool = False
    at: datetime = Field(sa_type=HourDateTime)


# What every filing asks is written once: SQLAlchemy takes longer to write a statement than a database to carry it out.
_NEXT_ORDINAL = select(func.coalesce(func.max(col(Notification.ordinal)), 0) + 1).where(
    col(Notification.owner) == bindparam("whose")
)
_NEW = insert(core_table(Notification)).values(ordinal=_NEXT_ORDINAL.scalar_subquery())
_COLUMNS = [column.name for column in core_table(Notification).columns if column.name != "ordinal"]
# Each a value of its own: a list as one value is written out anew at every question.
_LIVE = tuple(literal(state.value) for state in (State.QUEUED, State.REGISTERED, State.RETURNED))
_ALIKE_SHOWN = 10


def next_ordinal(session: Session, owner: UUID) -> int:
    """The place of the next notification in the owner's own list."""
    return session.connection().execute(_NEXT_ORDINAL, {"whose": owner}).scalar_one()


def write(session: Session, row: Standing) -> None:
    """Write what changed of a notification that was loaded, or the whole of a new one."""
    if isinstance(row, Notification):
        session.add(row)
        session.flush()
        return
    values = {name: getattr(row, name) for name in _COLUMNS}
    session.connection().execute(_NEW, values | {"whose": row.owner})


def owned(session: Session, notification_id: UUID, owner: UUID, *, lock: bool = False) -> Notification | None:
    """The notification, if it is the owner's."""
    question = select(Notification).where(col(Notification.id) == notification_id, col(Notification.owner) == owner)
    return session.scalar(question.with_for_update() if lock else question)


def owned_by_number(session: Session, number: str, owner: UUID) -> Notification | None:
    """The notification with this number, if it is the owner's."""
    return session.scalar(
        select(Notification).where(col(Notification.number) == number, col(Notification.owner) == owner)
    )


def assessable(session: Session, notification_id: UUID, *, lock: bool = False) -> Notification | None:
    """The notification, if it was ever submitted; drafts are nobody's business but the notifier's."""
    question = select(Notification).where(col(Notification.id) == notification_id, col(Notification.revision) > 0)
    return session.scalar(question.with_for_update() if lock else question)


def owned_page(
    session: Session,
    owner: UUID,
    states: Sequence[str],
    before: tuple[int, UUID] | None,
    limit: int,
    words: str | None = None,
) -> Sequence[Notification]:
    """One page of the owner's notifications, newest first. Two that were started at once share an ordinal."""
    question = select(Notification).where(col(Notification.owner) == owner, col(Notification.state).in_(states))
    if before is not None:
        ordinal, last = before
        question = question.where(
            or_(
                col(Notification.ordinal) < ordinal,
                and_(col(Notification.ordinal) == ordinal, col(Notification.id) < last),
            )
        )
    if words:
        wanted = words.replace("\x00", "")  # PostgreSQL cannot compare with it, and no text of ours holds one
        found = [col(field).icontains(wanted, autoescape=True) for field in _SEARCHED]
        question = question.where(or_(*found))
    ordered = question.order_by(col(Notification.ordinal).desc(), col(Notification.id).desc())
    return session.scalars(ordered.limit(limit)).all()


_SEARCHED = (Notification.number, Notification.diagnosis, Notification.occupation)


def queue_page(
    session: Session, state: str, after: tuple[datetime, UUID] | None, limit: int, *, demo: bool
) -> Sequence[Notification]:
    """One page of what waits for the registry, oldest first; demo cases only for a demo registry."""
    question = select(Notification).where(col(Notification.state) == state, col(Notification.demo) == demo)
    if after is not None:
        at, last = after
        question = question.where(
            or_(
                col(Notification.submitted_at) > at,
                and_(col(Notification.submitted_at) == at, col(Notification.id) > last),
            )
        )
    ordered = question.order_by(col(Notification.submitted_at), col(Notification.id))
    return session.scalars(ordered.limit(limit)).all()


def _alike(fingerprint: Any, but: Any, since: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Notification.fingerprint) == fingerprint,
        col(Notification.id) != but,
        col(Notification.state).in_(_LIVE),
        col(Notification.submitted_at) >= since,
    )


_ALIKE_FILED = (
    select(col(Notification.number), col(Notification.owner))
    .where(
        *_alike(bindparam("fingerprint"), bindparam("but"), bindparam("since")),
        col(Notification.demo) == bindparam("demo"),
    )
    .order_by(case((col(Notification.owner) == bindparam("whose"), 0), else_=1))
    .limit(_ALIKE_SHOWN)
)


def alike_filed(
    session: Session, row: Standing, fingerprint: str, since: datetime
) -> Sequence[tuple[str | None, UUID]]:
    """The number and the owner of other live notifications on the same side that are like this one, own ones first."""
    asked = {"fingerprint": fingerprint, "but": row.id, "since": since, "demo": row.demo, "whose": row.owner}
    return [(number, owner) for number, owner in session.connection().execute(_ALIKE_FILED, asked)]


def look_alikes(session: Session, fingerprint: str, but: UUID, since: datetime) -> Sequence[Notification]:
    """Other live notifications with the same content on the points that matter; demo and real never meet."""
    same_side = select(col(Notification.demo)).where(col(Notification.id) == but).scalar_subquery()
    return session.scalars(
        select(Notification).where(*_alike(fingerprint, but, since), col(Notification.demo) == same_side)
    ).all()


def history(session: Session, notification_id: UUID) -> Sequence[Event]:
    """Every step, in order."""
    question = select(Event).where(col(Event.notification_id) == notification_id)
    return session.scalars(question.order_by(col(Event.position))).all()


def members(session: Session, notification_id: UUID) -> Sequence[Member]:
    """The further workers of a group, in order."""
    question = select(Member).where(col(Member.notification_id) == notification_id)
    return session.scalars(question.order_by(col(Member.position))).all()


def unseen_notices(session: Session, owner: UUID) -> Sequence[Notice]:
    """What came back and was not opened yet."""
    return session.scalars(select(Notice).where(col(Notice.owner) == owner, col(Notice.seen).is_(False))).all()


def mark_seen(session: Session, notification_id: UUID) -> None:
    """Note that what came back was opened."""
    unseen = update(Notice).where(col(Notice.notification_id) == notification_id, col(Notice.seen).is_(False))
    session.execute(unseen.values(seen=True))


def expired_drafts(session: Session, on: date, limit: int = 500) -> Sequence[Notification]:
    """Drafts past their last day, locked; one that is being saved at this moment is left alone."""
    question = select(Notification).where(col(Notification.state) == State.DRAFT, col(Notification.expires_on) < on)
    return session.scalars(question.limit(limit).with_for_update(skip_locked=True)).all()
