"""The distributed form with real processes: whatever dies or is lost, what was acknowledged happens."""

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from service.clock import now
from service.outbox import Promise, State
from tests.servers import needs_postgres, needs_redis
from tests.workflows.cluster import Cluster, cluster
from tests.workflows.dying import CHILD, MOMENTS
from workflows.celery_app import QUEUE

pytestmark = [needs_postgres, needs_redis]

WORKERS = [moment for moment in MOMENTS if moment.startswith("worker")]
RELAYS = [moment for moment in MOMENTS if moment.startswith("relay")]
REPEATS = 3  # deaths after the sending and before the commit that says so: two of workers and one of a child
MOST_CASES = 100


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def running(installation: Cluster) -> Cluster:
    """With a worker, a relay and two beats, which stay."""
    for words in (["worker"], ["relay"], ["beat"], ["beat"]):
        installation.start(*words)
    return installation


@pytest.fixture
def broker(running: Cluster) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(running.redis.url) as connection:
        yield connection


def test_each_is_done_once_beside_two_beats(running: Cluster) -> None:
    cases = running.acknowledge(30)
    running.settle(cases)
    assert {running.mailbox.taken[case] for case in cases} == {1}
    assert {row.attempts for row in running.rows()} == {1}
    assert all(program.alive() for program in running.programs)


POISON = {
    "no JSON": b"{not json",
    "another JSON": b"[]",
    "half a message": b'{"body": "e30="}',
    "an unknown task": b'{"body": "W1tdLCB7fSwge31d", "content-encoding": "utf-8", "content-type": "application/json",'
    b' "headers": {"task": "nobody.knows", "id": "1"}, "properties": {"delivery_tag": "1", "body_encoding": "base64",'
    b' "delivery_info": {"exchange": "", "routing_key": "promises"}}}',
    "a body that is no JSON": b'{"body": "bm9wZQ==", "content-encoding": "utf-8", "content-type": "application/json",'
    b' "headers": {"task": "notices.mail", "id": "2"}, "properties": {"delivery_tag": "2", "body_encoding": "base64",'
    b' "delivery_info": {"exchange": "", "routing_key": "promises"}}}',
    "what would be run as code": b'{"body": "gASVCg==", "content-encoding": "binary",'
    b' "content-type": "application/x-python-serialize", "headers": {"task": "notices.mail", "id": "3"},'
    b' "properties": {"delivery_tag": "3", "body_encoding": "base64",'
    b' "delivery_info": {"exchange": "", "routing_key": "promises"}}}',
}


def test_what_cannot_be_understood_does_not_hold_up_the_queue(running: Cluster, broker: "redis.Redis") -> None:
    for message in POISON.values():
        broker.lpush(QUEUE, message)
    running.settle(running.acknowledge(3))
    running.until(lambda: broker.llen(QUEUE) == 0, "poison stays in the queue")
    assert all(program.alive() for program in running.programs)


def test_a_job_that_nobody_knows_fails_in_order_and_holds_up_nobody(running: Cluster) -> None:
    strange = uuid4()
    with running.database.transaction() as session:
        session.add(Promise(job="letters.of.old", subject=strange, due_at=now(), made_at=now()))
    running.settle(running.acknowledge(2))
    running.until(lambda: any(row.subject == strange and row.attempts for row in running.rows()))
    (row,) = (row for row in running.rows() if row.subject == strange)
    assert (row.state, row.last_failure) == (State.DUE, "ValueError")


def test_a_promise_survives_whatever_befalls_redis(running: Cluster) -> None:
    running.redis.server.kill()
    cases = running.acknowledge(5)
    time.sleep(0.5)
    running.redis.server.start()
    running.settle(cases)
    before = running.acknowledge(20)
    running.redis.empty()
    running.settle(before)
    said = [json.loads(line)["event"] for line in running.programs[1].log.read_text().splitlines()]
    assert Counter(said)["broker.unavailable"] == Counter(said)["broker.back"] == 1, "one line for an outage"


def test_sigterm_finishes_what_is_in_hand(running: Cluster) -> None:
    cases = running.acknowledge(40)
    worker, *others = running.programs
    running.until(lambda: bool(cases & running.mailbox.taken.keys()))
    assert worker.stop() == 0
    begun = [row for row in running.rows() if str(row.subject) in cases and row.attempts]
    assert {row.state for row in begun} == {State.DONE}
    assert {running.mailbox.taken[str(row.subject)] for row in begun} == {1}
    assert [program.stop() for program in others] == [0, 0, 0]
    running.start("worker")
    running.start("relay")
    running.settle(cases)


@pytest.fixture
def quiet(installation: Cluster) -> Cluster:
    """Nothing runs and nothing waits."""
    for program in installation.programs:
        program.kill()
    installation.redis.empty()
    installation.programs.clear()
    return installation


def fuses(folder: Path, count: int) -> list[str]:
    files = [folder / f"fuse-{number}" for number in range(count)]
    for file in files:
        file.touch()
    return [str(file) for file in files]


def test_killed_at_every_moment_nothing_is_lost(quiet: Cluster, tmp_path: Path) -> None:
    """A process dies at each marked moment while cases come in, with Redis emptied in between."""
    moments = [*RELAYS, *WORKERS, *(CHILD + moment for moment in WORKERS[1:3])]
    doomed = [
        quiet.start(*(["relay"] if moment in RELAYS else ["worker", "--concurrency", "1"]), dies=(moment, fuse))
        for moment, fuse in zip(moments, fuses(tmp_path, len(moments)), strict=True)
    ]
    healthy = quiet.start("relay")
    cases: set[str] = set()
    while any(tmp_path.iterdir()):
        cases |= quiet.acknowledge(2)
        time.sleep(0.1)
        assert len(cases) < 2 * MOST_CASES, f"some moment never came\n{quiet.words()}"
    quiet.redis.empty()
    cases |= quiet.acknowledge(max(20, MOST_CASES - len(cases)))
    quiet.settle(cases)
    killed = [program for program in doomed if program.process.poll() == -signal.SIGKILL]
    assert len(killed) == len(RELAYS) + len(WORKERS)
    assert healthy.alive()
    repeats = sum(quiet.mailbox.taken[case] - 1 for case in cases)
    assert repeats <= REPEATS, "a mail repeats only when its sender died between sending and noting it"
