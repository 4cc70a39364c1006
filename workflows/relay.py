"""Hands out what is due. In the embedded form it also does the work, in this process."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError

from service import outbox
from service.clock import now
from service.database import Database
from service.events import RELAY_FAILED, STORAGE_UNAVAILABLE
from service.faults import place_of
from service.outbox import Promise
from service.settings import Settings
from workflows.attempts import Handed, attempt
from workflows.tasks import PERIODIC

_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_BATCH = 20


class Relay(threading.Thread, ABC):
    """Claims due promises in a short commit and hands them out; does what is done all the time. Any number may run."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(name="relay", daemon=True)
        self.database, self.settings = database, settings
        self._stopping = threading.Event()
        self._next = [now() for _ in PERIODIC]

    @abstractmethod
    def hand_out(self, claimed: Sequence[Promise]) -> None:
        """See to it that each is attempted."""

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
                self.wait(pause)

    def stop(self) -> None:
        """Finish the promise in hand and stop."""
        self._stopping.set()
        self.join(timeout=10)

    def wait(self, seconds: float) -> None:
        """Wait until there may be something to do."""
        self._stopping.wait(seconds)

    def work_once(self) -> bool:
        """Hand out what is due now; tells whether there was anything."""
        claimed = self.claim(_BATCH)
        self.hand_out(claimed)
        return bool(claimed)

    def claim(self, limit: int) -> Sequence[Promise]:
        """Take what is due, for the time of one lease."""
        with self.database.transaction() as session:
            return outbox.claim_due(session, now(), limit, self.settings.lease)

    def _work_periodically(self) -> None:
        for place, (every, work) in enumerate(PERIODIC):
            if now() >= self._next[place]:
                self._next[place] = now() + every  # first: what fails must not hold up what is due
                work(self.database, self.settings)


class EmbeddedRelay(Relay):
    """The relay of the embedded form: keeps what is due one by one."""

    def hand_out(self, claimed: Sequence[Promise]) -> None:
        """Attempt each, in this thread."""
        for promise in claimed:
            attempt(self.database, self.settings, Handed.of(promise))
