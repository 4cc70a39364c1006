"""Hands out what is due. In the embedded form it also does the work, in this process."""

import threading
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from service import outbox
from service.clock import now
from service.database import Database
from service.events import JOB_DONE, JOB_FAILED, JOB_PARKED, STORAGE_UNAVAILABLE
from service.outbox import Job, State
from service.settings import Settings
from workflows.tasks import TASKS, sweep

_PAUSE_SECONDS = 1.0
_SWEEP_EVERY = timedelta(minutes=10)


class EmbeddedRelay(threading.Thread):
    """The relay of the embedded form: claims due promises in a short commit and keeps them one by one."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(name="relay", daemon=True)
        self.database, self.settings = database, settings
        self._stopping = threading.Event()
        self._next_sweep = now()

    def run(self) -> None:
        """Work until told to stop; a database that is away for a while is tried again."""
        while not self._stopping.is_set():
            try:
                busy = self.work_once()
                self._sweep_when_due()
            except SQLAlchemyError as error:
                STORAGE_UNAVAILABLE.log(kind=type(error).__name__)
                busy = False
            if not busy:
                self._stopping.wait(_PAUSE_SECONDS)

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

    def _sweep_when_due(self) -> None:
        if now() >= self._next_sweep:
            sweep(self.database, now())
            self._next_sweep = now() + _SWEEP_EVERY
