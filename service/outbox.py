"""Promises: work that must happen later, written down in the same transaction as the fact it follows from.

The service promises by name and never imports a task; workflows keeps the promises. The database is the truth: a
promise that was handed out and not kept is handed out again after its lease.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, delete, or_, select, update
from sqlmodel import Field, Session, SQLModel, col

from service.clock import now
from service.database import HourDateTime, UtcDateTime, append_new
from service.ids import random_id

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
_MOST_WAITS = 24 * 7  # once an hour: a practice whose system is away for days still gets its message
_FIRST_DELAY = timedelta(seconds=5)
_LONGEST_DELAY = timedelta(hours=1)
_REMEMBERED = timedelta(days=31)


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
    append_new(session, Promise, row)


def claim_due(session: Session, at: datetime, limit: int = 20) -> Sequence[Promise]:
    """Take the promises that are due, oldest first; two relays never take the same one.

    One whose attempts are spent without a word, because it takes its process down with it, waits for a person.
    """
    free = or_(col(Promise.claimed_until).is_(None), col(Promise.claimed_until) < at)
    due = select(Promise).where(col(Promise.state) == State.DUE, col(Promise.due_at) <= at, free)
    rows = session.scalars(due.order_by(col(Promise.due_at)).limit(limit).with_for_update(skip_locked=True)).all()
    for row in rows:
        if row.attempts >= most_attempts(row.job):
            row.state, row.claimed_until = State.PARKED, None
        else:
            row.claimed_until, row.attempts = at + LEASE, row.attempts + 1
    return [row for row in rows if row.state == State.DUE]


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


def forget_kept(session: Session, at: datetime) -> None:
    """Drop the promises that were kept more than a month ago."""
    session.execute(delete(Promise).where(col(Promise.state) == State.DONE, col(Promise.made_at) < at - _REMEMBERED))
