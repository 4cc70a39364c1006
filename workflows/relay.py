"""Hands out what is due. In the embedded form it also does the work, in this process."""

import threading
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from service import outbox
from service.clock import now
from service.database import Database
from service.events import JOB_DONE, JOB_FAILED, JOB_PARKED, RELAY_FAILED, STORAGE_UNAVAILABLE
from service.faults import place_of
from service.outbox import Job, State
from service.settings import Settings
from workflows.tasks import PERIODIC, TASKS

_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0


class EmbeddedRelay(threading.Thread):
    """The relay of the embedded form: claims due promises in a short commit and keeps them one by one."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(name="relay", daemon=True)
        self.database, self.settings = database, settings
        self._stopping = threading.Event()
        self._next = [now() for _ in PERIODIC]

    def run(self) -> None:
        """Work until told to stop. Whatever goes wrong, it is tried again; what nobody foresaw ever later."""
        pause = _PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                busy = self.work_once()
                self._work_periodically()
                pause = _PAUSE_SECONDS
            except SQLAlchemyError as error:
                STORAGE_UNAVAILABLE.log(kind=type(error).__name__)
                busy = False
            except BaseException as error:  # noqa: BLE001 - an exit asked for in here would end this thread and no more
                pause, busy = min(2 * pause, _LONGEST_PAUSE_SECONDS), False
                RELAY_FAILED.log(kind=type(error).__name__, place=place_of(error), seconds=pause)
            if not busy:
                self._stopping.wait(pause)

    def stop(self) -> None:
        """Finish the promise in hand and stop."""
        self._stopping.set()
        self.join(timeout=10)

    def work_once(self) -> bool:
        """Keep what is due now; tells whether there was anything."""
        with self.database.transaction() as session:
            claimed = [(row.id, row.job, row.subject, row.attempts) for row in outbox.claim_due(session, now())]
        for promise_id, job, subject, attempts in claimed:
            self._keep(promise_id, job, subject, attempts)
        return bool(claimed)

    def _keep(self, promise_id: UUID, job: str, subject: UUID, attempts: int) -> None:
        try:
            TASKS[Job(job)](self.database, self.settings, subject)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the promise stays and is tried again
            self._put_off(promise_id, job, attempts, type(error).__name__)
            return
        with self.database.transaction() as session:
            outbox.keep(session, promise_id)
        JOB_DONE.log(job=job, attempts=attempts)

    def _put_off(self, promise_id: UUID, job: str, attempts: int, kind: str) -> None:
        with self.database.transaction() as session:
            row = outbox.put_off(session, promise_id, now(), kind)
        event = JOB_PARKED if row.state == State.PARKED else JOB_FAILED
        event.log(job=job, attempts=attempts, kind=kind)

    def _work_periodically(self) -> None:
        for place, (every, work) in enumerate(PERIODIC):
            if now() >= self._next[place]:
                self._next[place] = now() + every  # first: what fails must not hold up what is due
                work(self.database, self.settings)
