"""The programs of the distributed form. Each may run any number of times, and may be killed at any moment."""

import signal
import threading

from rich.console import Console

from service import events
from service.database import Database
from service.obstacles import obstacles
from service.settings import Settings
from workflows.celery_app import configure
from workflows.publishing import PublishingRelay

CANNOT_START = 2
_console = Console(stderr=True, highlight=False, soft_wrap=True)


def run_worker(concurrency: int) -> int:
    """Attempt what relays hand out, until SIGTERM; then finish what is in hand."""
    if not _may_start():
        return CANNOT_START
    worker = configure(Settings()).Worker(
        concurrency=concurrency,
        quiet=True,
        # Workers need not know of each other: the database decides who begins what.
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def run_relay() -> int:
    """Hand out what is due, until SIGTERM."""
    if not _may_start():
        return CANNOT_START
    events.configure()
    settings, stopped = Settings(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    database = Database(settings.storage_url)
    relay = PublishingRelay(database, settings, configure(settings))
    relay.start()
    stopped.wait()
    relay.stop()
    database.close()
    return 0


def run_beat() -> int:
    """Ring for what is done all the time, until SIGTERM. The relay does it too, so nothing hangs on this program."""
    if not _may_start():
        return CANNOT_START
    # Its place in the day is kept nowhere: a ring too many does no harm.
    configure(Settings()).Beat(scheduler_cls="celery.beat:Scheduler", quiet=True).run()
    return 0


def _may_start() -> bool:
    found = obstacles(Settings(), may_wait=False)
    for sentence in found:
        _console.print(sentence, style="bold red", markup=False)
    return not found
