"""One attempt at one promise: the same in every form, whoever handed it out."""

from typing import NamedTuple
from uuid import UUID

from service import outbox
from service.clock import now
from service.database import Database
from service.events import JOB_DONE, JOB_FAILED, JOB_PARKED
from service.outbox import Job, Promise, State
from service.settings import Settings
from workflows.tasks import TASKS


class Handed(NamedTuple):
    """What is handed out: a promise, and how many attempts it had by then."""

    promise: UUID
    attempts: int

    @classmethod
    def of(cls, promise: Promise) -> "Handed":
        """What a claimed promise is handed out as."""
        return cls(promise.id, promise.attempts)


def attempt(database: Database, settings: Settings, handed: Handed) -> None:
    """Keep the promise, or put it off. What was begun before or is done changes nothing. No lock is held meanwhile."""
    with database.transaction() as session:
        begun = outbox.begin(session, handed.promise, handed.attempts, now(), settings.lease)
    if begun is None:
        return
    try:
        TASKS[Job(begun.job)](database, settings, begun.subject)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, the promise stays and is tried again
        _put_off(database, begun, type(error).__name__)
        return
    with database.transaction() as session:
        outbox.keep(session, begun.id)
    JOB_DONE.log(job=begun.job, attempts=begun.attempts)


def _put_off(database: Database, begun: Promise, kind: str) -> None:
    with database.transaction() as session:
        row = outbox.put_off(session, begun.id, now(), kind)
    event = JOB_PARKED if row.state == State.PARKED else JOB_FAILED
    event.log(job=row.job, attempts=row.attempts, kind=kind)
