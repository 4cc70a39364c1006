"""The relay of the distributed form: publishes what is due, for workers to attempt."""

from collections.abc import Sequence

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError

from service import outbox
from service.database import Database
from service.doorbell import Doorbell
from service.events import BROKER_BACK, BROKER_UNAVAILABLE
from service.outbox import Promise
from service.settings import Settings
from workflows.attempts import Handed, attempt
from workflows.celery_app import QUEUE
from workflows.relay import Relay

_AWAY = (OperationalError, RedisError, OSError)
_LONGEST_PAUSE_SECONDS = 15.0
_MOST_WAITING = 1_000  # what waits longer than a lease is handed out twice; the rest waits as well in the database
_BATCH = 100


class PublishingRelay(Relay):
    """Hands out through the broker. While that is away every row stays where it is, and is tried ever less often."""

    def __init__(self, database: Database, settings: Settings, celery: Celery) -> None:
        super().__init__(database, settings)
        self._celery, self._bell, self._misses = celery, Doorbell(settings.storage_url), 0
        self._behind = False

    def work_once(self) -> bool:
        """Publish what is due as far as there is room; tells whether there was anything."""
        try:
            room = self._room()
            claimed = self.claim(room)
            self.hand_out(claimed)
        except _AWAY as error:
            if not self._misses:
                BROKER_UNAVAILABLE.log(kind=type(error).__name__)
            self._misses += 1
            return False
        if self._misses:
            BROKER_BACK.log()
        self._misses, self._behind = 0, len(claimed) == room
        return bool(claimed)

    def wait(self, seconds: float) -> None:
        """Wait until something was promised; while the broker is away ever longer, whatever is promised."""
        if self._misses:
            super().wait(min(seconds * 2**self._misses, _LONGEST_PAUSE_SECONDS))
        else:
            self._bell.wait(seconds)

    def hand_out(self, claimed: Sequence[Promise]) -> None:
        """Publish each. What the broker did not take is given back at once."""
        for place, promise in enumerate(claimed):
            try:
                self._publish(promise)
            except _AWAY:
                with self.database.transaction() as session:
                    outbox.give_back(session, claimed[place:])
                raise

    def _publish(self, promise: Promise) -> None:
        handed = Handed.of(promise)
        if promise.job in self._celery.tasks:
            self._celery.send_task(promise.job, args=(str(handed.promise), handed.attempts))
        else:
            attempt(
                self.database, self.settings, handed
            )  # nobody can do it: it fails here, in order, until it is parked

    def _room(self) -> int:
        """How many the queue may take now; looked at only when there is more to hand out than fits in one go."""
        if not self._behind:
            return _BATCH
        with self._celery.pool.acquire(block=True) as connection:
            waiting = int(connection.default_channel.queue_declare(QUEUE, durable=True).message_count)
        return max(0, min(_BATCH, _MOST_WAITING - waiting))
