"""Promises: work that must happen later, written down in the same transaction as the fact it follows from.

The service promises by name and never imports a task; workflows keeps the promises. The database is the truth: a
promise that was handed out and not kept is handed out again after its lease.

Handing out counts nothing; beginning an attempt does. So the number of attempts that a promise had when it was handed
out is good for one beginning: of a message that is delivered twice, or long after another was, only the first begins.
"""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Mapped
from sqlmodel import Field, Session, SQLModel, col

from service.clock import now
from service.database import HourDateTime, UtcDateTime, append_new, is_sqlite
from service.events import JOB_PARKED, OUTBOX_MENDED
from service.ids import random_id

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
_MOST_WAITS = 24 * 7  # once an hour: a practice whose system is away for days still gets its message
_FIRST_DELAY = timedelta(seconds=5)
_LONGEST_DELAY = timedelta(hours=1)
REMEMBERED = timedelta(days=31)
DOORBELL = "outbox"  # the channel on which PostgreSQL tells a waiting relay that something was promised
_RING = text(f"NOTIFY {DOORBELL}")
_DIED = "WorkerLost"
# For what is only a lease: lost in a power cut, it is as if it had ended, and the promise is handed out again.
_NEED_NOT_LAST = text("SET LOCAL synchronous_commit = off")


class Job(StrEnum):
    """Every kind of work there is. Workflows implements these names; a test checks that it does."""

    MAIL_NOTICE = "notices.mail"
    DELIVER_MESSAGE = "referrals.deliver"
    MAIL_REFERRAL_NOTICE = "referrals.mail"
    REMIND_ASKED = "referrals.remind"
    ESCALATE = "referrals.escalate"
    OFFER_LETTER = "referrals.offer-letter"


_MOST_ATTEMPTS = {Job.DELIVER_MESSAGE: MAX_ATTEMPTS + _MOST_WAITS}


class State(StrEnum):
    """A promise is due until it is done, or parked for a person after the last attempt."""

    DUE = "due"
    DONE = "done"
    PARKED = "parked"


class Promise(SQLModel, table=True):
    """One promise. The random id and the hour say nothing that could be laid beside a person's case."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("job", "subject", name="uq_outbox_job_subject"),
        Index("ix_outbox_due", "state", "due_at"),
    )

    id: UUID = Field(default_factory=random_id, primary_key=True)
    job: str = Field(max_length=64)
    subject: UUID
    state: str = Field(default=State.DUE, max_length=16)
    due_at: datetime = Field(sa_type=UtcDateTime)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    last_failure: str | None = Field(default=None, max_length=200)
    made_at: datetime = Field(sa_type=HourDateTime)


class Owed(NamedTuple):
    """Work that a record asks for, whether it was promised or not."""

    job: Job
    subject: UUID
    not_before: datetime | None = None


LIVE = frozenset({State.DUE, State.PARKED})


def promise(session: Session, job: Job, subject: UUID, *, not_before: datetime | None = None) -> None:
    """Record that `job` must happen for `subject` once this transaction commits; a second time changes nothing."""
    moment = now()
    row = {
        "id": random_id(),
        "job": job.value,
        "subject": subject,
        "state": State.DUE.value,
        "due_at": not_before or moment,
        "attempts": 0,
        "made_at": moment,
    }
    if append_new(session, Promise, row) and not is_sqlite(session):
        session.execute(_RING)  # heard when this transaction commits, and once however often it rang


def claim_due(session: Session, at: datetime, limit: int = 20, lease: timedelta = LEASE) -> Sequence[Promise]:
    """Hand out the promises that are due, oldest first; two relays never take the same one.

    One whose attempts are spent without a word, because it takes its process down with it, waits for a person.
    """
    _no_need_to_last(session)
    free = or_(col(Promise.claimed_until).is_(None), col(Promise.claimed_until) < at)
    due = select(Promise).where(col(Promise.state) == State.DUE, col(Promise.due_at) <= at, free)
    rows = session.scalars(due.order_by(col(Promise.due_at)).limit(limit).with_for_update(skip_locked=True)).all()
    for row in rows:
        if row.attempts >= most_attempts(row.job):
            row.state, row.claimed_until, row.last_failure = State.PARKED, None, row.last_failure or _DIED
            JOB_PARKED.log(job=row.job, attempts=row.attempts, kind=row.last_failure)
        else:
            row.claimed_until = at + lease
    return [row for row in rows if row.state == State.DUE]


def _no_need_to_last(session: Session) -> None:
    if not is_sqlite(session):
        session.execute(_NEED_NOT_LAST)


def give_back(session: Session, promises: Sequence[Promise]) -> None:
    """Take back what was handed out and could not be passed on; what was begun meanwhile stays begun."""
    for promise in promises:
        mine = (col(Promise.id) == promise.id, col(Promise.claimed_until) == promise.claimed_until)
        session.execute(update(Promise).where(*mine).values(claimed_until=None))


def begin(session: Session, promise_id: UUID, attempts: int, at: datetime, lease: timedelta = LEASE) -> Promise | None:
    """Begin the attempt after this many; counted before anything is done. None when it was begun before, or is done."""
    _no_need_to_last(session)
    mine = (col(Promise.id) == promise_id, col(Promise.state) == State.DUE, col(Promise.attempts) == attempts)
    begun = update(Promise).where(*mine).values(attempts=attempts + 1, claimed_until=at + lease)
    return session.scalars(begun.returning(Promise)).one_or_none()


def most_attempts(job: str) -> int:
    """How often a promise of this kind is tried before it waits for a person."""
    return _MOST_ATTEMPTS.get(Job(job), MAX_ATTEMPTS) if job in list(Job) else MAX_ATTEMPTS


def keep(session: Session, promise_id: UUID) -> None:
    """Mark a promise as done."""
    session.execute(update(Promise).where(col(Promise.id) == promise_id).values(state=State.DONE, claimed_until=None))


def put_off(session: Session, promise_id: UUID, at: datetime, failure: str) -> Promise:
    """Plan the next attempt, ever later and with jitter; after the last one the promise waits for a person.

    What another relay has kept in the meantime stays kept.
    """
    row = session.get_one(Promise, promise_id, with_for_update=True)
    if row.state != State.DUE:
        return row
    row.claimed_until, row.last_failure = None, failure[:200]
    if row.attempts >= most_attempts(row.job):
        row.state = State.PARKED
    else:
        delay = min(_FIRST_DELAY * 2 ** min(row.attempts - 1, MAX_ATTEMPTS), _LONGEST_DELAY)
        row.due_at = at + delay * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
    return row


def lacks(
    job: Job, subject: Mapped[UUID] | ColumnElement[UUID], states: Collection[State] = frozenset(State)
) -> ColumnElement[bool]:
    """For a question: there is no promise of this job for this subject, or none in one of these states."""
    mine = (col(Promise.job) == job, col(Promise.subject) == subject, col(Promise.state).in_(states))
    return ~exists().where(*mine)


def mend(session: Session, owed: Sequence[Owed]) -> None:
    """Promise what is owed and is not promised any more. It ought never to be necessary, so the log says it."""
    for job, subject, not_before in owed:
        mine = (col(Promise.job) == job, col(Promise.subject) == subject, col(Promise.state) == State.DONE)
        again = {"state": State.DUE, "attempts": 0, "due_at": not_before or now(), "made_at": now()}
        session.execute(update(Promise).where(*mine).values(**again))
        promise(session, job, subject, not_before=not_before)
    for job, count in Counter(one.job for one in owed).items():
        OUTBOX_MENDED.log(job=job, count=count)


def parked(session: Session) -> Sequence[Promise]:
    """The promises that wait for a person, oldest first."""
    waiting = select(Promise).where(col(Promise.state) == State.PARKED)
    return session.scalars(waiting.order_by(col(Promise.due_at), col(Promise.id))).all()


def retry(session: Session, promises: Sequence[Promise], at: datetime) -> None:
    """Let what waits for a person be tried again, at once and as often as something new."""
    for row in promises:
        row.state, row.due_at, row.attempts, row.claimed_until = State.DUE, at, 0, None
        session.add(row)


def oldest_due(session: Session, at: datetime) -> timedelta:
    """For how long the oldest due promise has waited; nothing when nothing is due."""
    due = select(func.min(col(Promise.due_at))).where(col(Promise.state) == State.DUE, col(Promise.due_at) <= at)
    oldest = session.scalar(due)
    return at - oldest if oldest else timedelta()


def forget_kept(session: Session, at: datetime) -> None:
    """Drop the promises that were kept more than a month ago."""
    session.execute(delete(Promise).where(col(Promise.state) == State.DONE, col(Promise.made_at) < at - REMEMBERED))
