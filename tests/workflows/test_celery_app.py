"""What Celery is told: a task for every job, and settings that lose nothing and redeliver nothing too soon."""

from uuid import uuid4

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from service import outbox
from service.clock import now
from service.database import Database
from service.outbox import Job, Promise
from service.settings import Settings
from tests.api.world import World
from workflows import attempts
from workflows.attempts import Handed, attempt
from workflows.celery_app import app, configure
from workflows.tasks import PERIODIC, TASKS


def test_every_job_has_a_task_under_its_name() -> None:
    assert set(TASKS) == set(Job)
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == {job.value for job in Job} | {f"periodic.{work.__name__}" for _, work in PERIODIC}


def test_beat_rings_for_everything_that_is_done_all_the_time_and_no_ring_outlives_the_next() -> None:
    schedule = configure(Settings(REDIS_URL="redis://127.0.0.1:1/0")).conf.beat_schedule
    assert {one["task"] for one in schedule.values()} == {f"periodic.{work.__name__}" for _, work in PERIODIC}
    assert all(one["options"]["expires"] <= one["schedule"].total_seconds() for one in schedule.values())


@pytest.mark.parametrize("lease", [2, 60, 600])
def test_a_task_ends_before_its_lease_and_is_redelivered_long_after(lease: int) -> None:
    conf = configure(Settings(REDIS_URL="redis://127.0.0.1:1/0", lease_seconds=lease)).conf
    assert conf.task_soft_time_limit < conf.task_time_limit < lease
    assert conf.broker_transport_options["visibility_timeout"] > 3 * conf.task_time_limit
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.accept_content == ["json"]


@pytest.mark.parametrize("url, encrypted", [("redis://127.0.0.1:1/0", False), ("rediss://127.0.0.1:1/0", True)])
def test_the_connection_is_encrypted_when_its_address_says_so(url: str, *, encrypted: bool) -> None:
    with configure(Settings(REDIS_URL=url)).connection_for_write() as connection:
        assert bool(connection.ssl) is encrypted
        assert connection.transport.__module__ == "workflows.broker"


def test_a_task_that_takes_too_long_is_put_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: Database, __: Settings, ___: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(attempts, "TASKS", {Job.MAIL_NOTICE: slow})
    with world.database.transaction() as session:
        outbox.promise(session, Job.MAIL_NOTICE, uuid4())
        (row,) = outbox.claim_due(session, now())
    attempt(world.database, world.settings, Handed.of(row))
    with world.database.reading() as session:
        assert session.get_one(Promise, row.id).last_failure == "SoftTimeLimitExceeded"
