"""The distributed form beside bare Celery on the same Redis and PostgreSQL, and what is left after many crashes."""

import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import redis

from service import outbox
from service.outbox import Job, State
from tests.benchmarks import bare_celery
from tests.benchmarks.goals import Goal
from tests.house.places import ROOT
from tests.workflows.cluster import Cluster, Program, cluster

_WARM_UP = 5
_WARM_UP_MANY = 200  # enough for the second worker to have started
_IDLE = 40
_BETWEEN_CRASHES = (0.5, 2.5)
_PATIENCE = 120.0


@dataclass(frozen=True)
class Distributed:
    """Milliseconds from promise to done and of a bare task, and how many of each are done a second by two workers."""

    idle: float
    bare_idle: float
    rate: float
    bare_rate: float


@dataclass(frozen=True)
class Chaos:
    """How many were acknowledged, how often something crashed, and what came of it."""

    cases: int
    crashes: int
    lost: int
    repeats: int
    settled: float


def goals(measured: Distributed, chaos: Chaos) -> list[Goal]:
    """What we promised of the distributed form."""
    return [
        Goal("promise to done, idle, 1 worker", "bare Celery", round(measured.idle / measured.bare_idle, 2), most=3),
        Goal(
            "promises kept, 2 workers",
            "bare Celery, a durable row each",
            round(measured.rate / measured.bare_rate, 2),
            0.5,
        ),
        Goal(f"lost of {chaos.cases} cases in {chaos.crashes} crashes", "-", chaos.lost, most=0, unit="cases"),
        Goal("mails that came twice, same Message-ID", "-", chaos.repeats, unit="mails"),
        Goal("from the last case to the last mail", "-", round(chaos.settled, 1), unit="s"),
    ]


def measure(promises: int) -> Distributed:
    """Measure both in turn, on servers of their own."""
    with tempfile.TemporaryDirectory(prefix="arbobrug-bench-") as name, cluster(Path(name), lease=60) as made:
        app = bare_celery.app
        app.conf.broker_url = made.redis.url
        with psycopg.connect(_plain(made), autocommit=True) as watching, redis.Redis.from_url(made.redis.url) as broker:
            watching.execute(bare_celery.TABLE.encode())
            made.start("relay")
            made.start("worker", "--concurrency", "1")
            _bare_worker(made)
            idle = _median(lambda: _promised(made, watching, 1), min(_IDLE, promises))
            bare_idle = _median(lambda: _answered(broker), min(_IDLE, promises))
            made.start("worker", "--concurrency", "1")
            _bare_worker(made)
            many = min(_WARM_UP_MANY, promises)
            _promised(made, watching, many)
            _written(watching, many)
            rate = promises / _promised(made, watching, promises)
            bare_rate = promises / _written(watching, promises)
    return Distributed(round(idle * 1000, 2), round(bare_idle * 1000, 2), round(rate, 1), round(bare_rate, 1))


def _plain(made: Cluster) -> str:
    return made.url.replace("+psycopg", "")


def _bare_worker(made: Cluster) -> None:
    words = [sys.executable, "-m", "celery", "-A", "tests.benchmarks.bare_celery", "worker", "-c", "1", "-l", "ERROR"]
    log = made.folder / f"bare-{len(made.programs)}.log"
    words += ["-n", f"bare{len(made.programs)}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            words, cwd=ROOT, env=made.environment, stdout=output, stderr=output, start_new_session=True
        )
    made.programs.append(Program(process, log))


def _median(once: Callable[[], float], times: int) -> float:
    for _ in range(_WARM_UP):
        once()
    return statistics.median(once() for _ in range(times))


def _promised(made: Cluster, watching: "psycopg.Connection", count: int) -> float:
    """Seconds until so many promises, made in one commit, are kept. Nobody waits for their mails."""
    subjects = [uuid4() for _ in range(count)]
    with made.database.transaction() as session:
        for subject in subjects:
            outbox.promise(session, Job.MAIL_NOTICE, subject)
    began = time.perf_counter()
    kept = "SELECT count(*) = %s FROM outbox WHERE subject = ANY(%s) AND state = %s"
    _wait(watching, kept, (count, subjects, State.DONE.value), count)
    return time.perf_counter() - began


def _answered(broker: "redis.Redis") -> float:
    """Seconds until one bare task has said so."""
    began = time.perf_counter()
    bare_celery.app.send_task("answer", args=["x"])
    assert broker.blpop([bare_celery.ANSWERS], timeout=30) is not None
    return time.perf_counter() - began


def _written(watching: "psycopg.Connection", count: int) -> float:
    """Seconds until so many bare tasks have written a row each, from the first that was sent."""
    rows = [uuid4() for _ in range(count)]
    began = time.perf_counter()
    for row in rows:
        bare_celery.app.send_task("write", args=[str(row)])
    _wait(watching, "SELECT count(*) = %s FROM bare_task WHERE id = ANY(%s)", (count, rows), count)
    return time.perf_counter() - began


def _wait(watching: "psycopg.Connection", question: str, given: tuple[object, ...], count: int) -> None:
    deadline, pause = time.monotonic() + _PATIENCE, 0.001 if count == 1 else 0.02
    while True:
        row = watching.execute(question.encode(), given).fetchone()
        if row and row[0]:
            return
        assert time.monotonic() < deadline, question
        time.sleep(pause)


def crash(cases: int) -> Chaos:
    """Acknowledge so many cases while workers, relays and Redis crash at random; then wait for every mail."""
    chance = random.Random(len("nothing gets lost"))
    with tempfile.TemporaryDirectory(prefix="arbobrug-bench-") as name, cluster(Path(name)) as made:
        running = [made.start(*words) for words in (["worker"], ["worker"], ["relay"], ["relay"])]
        acknowledged: set[str] = set()
        filing = threading.Thread(target=lambda: _file(made, cases, acknowledged))
        filing.start()
        crashes = 0
        while filing.is_alive():
            time.sleep(chance.uniform(*_BETWEEN_CRASHES))
            _crash(made, running, chance)
            crashes += 1
        ended = time.monotonic()
        while not made.done(acknowledged) and time.monotonic() - ended < _PATIENCE:
            time.sleep(0.1)
        settled = time.monotonic() - ended
        taken = made.mailbox.taken
        lost = sum(case not in taken for case in acknowledged)
        return Chaos(
            len(acknowledged), crashes, lost, sum(taken[case] - 1 for case in acknowledged & taken.keys()), settled
        )


def _file(made: Cluster, cases: int, acknowledged: set[str]) -> None:
    for _ in range(cases):
        acknowledged |= made.acknowledge()
        time.sleep(0.02)


def _crash(made: Cluster, running: list[Program], chance: random.Random) -> None:
    """Kill -9 one program and start it again, or Redis, or empty that."""
    place = chance.randrange(len(running) + 2)
    if place < len(running):
        running[place].kill()
        running[place] = made.start("worker" if place < 2 else "relay")
    elif place == len(running):
        made.redis.server.kill()
        time.sleep(chance.uniform(0, 1))
        made.redis.server.start()
    else:
        made.redis.empty()
