"""Promises are kept: once when all goes well, again when it does not, and never by two at once."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from io import StringIO
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session, col

from service import outbox
from service.app import create_app
from service.clock import now, today
from service.database import Database
from service.idempotency import IdempotentRequest
from service.identity.access import Role
from service.identity.tables import UsedAssertion
from service.migrate import upgrade
from service.notifications.tables import Notice
from service.outbox import LEASE, MAX_ATTEMPTS, Job, Promise, State
from service.settings import Settings
from tests.api.world import World, good, on_postgres, on_sqlite, with_override
from workflows.relay import EmbeddedRelay
from workflows.tasks import TASKS, sweep


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        with on_sqlite(request.getfixturevalue("sqlite_template"), tmp_path) as made:
            yield made
    else:
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        with on_postgres(server, template, tmp_path) as made:
            yield made


def promised(world: World, count: int) -> set[UUID]:
    subjects = {uuid4() for _ in range(count)}
    with world.database.transaction() as session:
        for subject in subjects:
            outbox.promise(session, Job.MAIL_NOTICE, subject)
    return subjects


def claim(world: World, at: datetime | None = None, limit: int = 20) -> list[UUID]:
    with world.database.transaction() as session:
        return [row.subject for row in outbox.claim_due(session, at or now(), limit)]


def only(world: World) -> Promise:
    with world.database.reading() as session:
        return session.scalars(select(Promise)).one()


def returned(world: World, email: str | None = "arts@praktijk.example") -> UUID:
    """A notification that came back; gives the id of the notice about it."""
    doctor, registry = world.person(email=email), world.person(Role.REGISTRY)
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    with world.database.reading() as session:
        return session.scalars(select(Notice).where(col(Notice.owner) == doctor.id)).one().id


def test_every_job_has_a_task_and_every_task_a_job() -> None:
    assert list(Job), "no jobs found: this test would otherwise pass by looking at nothing"
    assert set(TASKS) == set(Job)


def test_a_promise_made_twice_is_one_promise(world: World) -> None:
    subject = uuid4()
    for _ in range(2):
        with world.database.transaction() as session:
            outbox.promise(session, Job.MAIL_NOTICE, subject)
            outbox.promise(session, Job.MAIL_NOTICE, subject)
    assert only(world).subject == subject


def test_a_promise_is_gone_when_its_transaction_fails(world: World) -> None:
    def fail_after_promising() -> None:
        with world.database.transaction() as session:
            outbox.promise(session, Job.MAIL_NOTICE, uuid4())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_promising()
    assert claim(world) == []


def test_what_is_claimed_is_nobody_elses_until_its_lease_ends(world: World) -> None:
    (subject,) = promised(world, 1)
    moment = now() + timedelta(seconds=1)
    assert claim(world, moment) == [subject]
    assert claim(world, moment + LEASE - timedelta(seconds=1)) == []
    assert claim(world, moment + LEASE + timedelta(seconds=1)) == [subject]
    assert only(world).attempts == 0, "to be handed out is no attempt"


def test_two_relays_never_take_the_same_promise(world: World) -> None:
    subjects, together = promised(world, 60), Barrier(6)

    def work(_: int) -> list[UUID]:
        together.wait()
        taken: list[UUID] = []
        for _ in range(40):
            taken += claim(world, limit=3)
        return taken

    with ThreadPoolExecutor(6) as threads:
        taken = [subject for part in threads.map(work, range(6)) for subject in part]
    assert len(taken) == 60
    assert set(taken) == subjects


def test_a_relay_does_not_wait_for_what_another_one_holds(world: World) -> None:
    if world.database.engine.dialect.name != "postgresql":
        assert world.database.engine.dialect.name == "sqlite"  # one writer at a time: there is nothing to skip
        return
    subjects = promised(world, 2)
    with Session(world.database.engine) as holder:
        held = [row.subject for row in outbox.claim_due(holder, now(), 1)]
        started = monotonic()
        assert set(claim(world)) == subjects - set(held)
        assert monotonic() - started < 2


def test_the_oldest_goes_first_and_nothing_before_its_time(world: World) -> None:
    later, sooner, not_yet = uuid4(), uuid4(), uuid4()
    moment = now()
    with world.database.transaction() as session:
        for subject, wait in ((later, -1), (sooner, -2), (not_yet, 60)):
            outbox.promise(session, Job.MAIL_NOTICE, subject, not_before=moment + timedelta(seconds=wait))
    assert claim(world, moment) == [sooner, later]


def test_what_fails_is_put_off_ever_longer_and_then_parked_for_a_person(world: World) -> None:
    returned(world)
    world.settings.smtp_url = "smtp://127.0.0.1:1"  # nobody listens there
    relay = EmbeddedRelay(world.database, world.settings)
    world.log.truncate(world.log.seek(0))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert relay.work_once() is True
        row = only(world)
        assert (row.attempts, row.claimed_until, row.last_failure) == (attempt, None, "ConnectionRefusedError")
        if attempt < MAX_ATTEMPTS:
            planned = min(5 * 2 ** (attempt - 1), 3600)
            wait = (row.due_at - now()).total_seconds()
            assert planned * 0.5 - 1 <= wait <= planned
            assert relay.work_once() is False, "it is not yet time"
            with world.database.transaction() as session:
                session.get_one(Promise, row.id).due_at = now()
    assert only(world).state == State.PARKED
    assert relay.work_once() is False
    said = [json.loads(line) for line in world.log.getvalue().splitlines()]
    assert [line["event"] for line in said] == ["outbox.failed"] * (MAX_ATTEMPTS - 1) + ["outbox.parked"]
    assert "praktijk" not in world.log.getvalue()


def test_a_job_that_nobody_knows_does_not_stop_the_others(world: World) -> None:
    with world.database.transaction() as session:
        session.add(Promise(job="letters.of.old", subject=uuid4(), due_at=now() - timedelta(hours=1), made_at=now()))
    notice = returned(world)
    EmbeddedRelay(world.database, world.settings).work_once()
    with world.database.reading() as session:
        states = {row.job: row.state for row in session.scalars(select(Promise))}
    assert states == {"letters.of.old": "due", Job.MAIL_NOTICE: "done"}
    assert (world.settings.data / "mail" / f"{notice}.eml").exists()


def test_a_relay_that_dies_between_sending_and_noting_it_sends_the_same_mail(world: World) -> None:
    notice = returned(world)
    with world.database.transaction() as session:
        (handed,) = outbox.claim_due(session, now())
        assert outbox.begin(session, handed.id, handed.attempts, now())
    TASKS[Job.MAIL_NOTICE](world.database, world.settings, notice)  # sent, and then the power is gone
    (file,) = (world.settings.data / "mail").glob("*.eml")
    first = message_from_bytes(file.read_bytes())
    with world.database.transaction() as session:
        session.get_one(Promise, only(world).id).claimed_until = now() - timedelta(seconds=1)
    assert EmbeddedRelay(world.database, world.settings).work_once() is True
    assert list((world.settings.data / "mail").glob("*.eml")) == [file]
    again = message_from_bytes(file.read_bytes())
    assert again["Message-ID"] == first["Message-ID"] == f"<{notice}@127.0.0.1>"
    assert again.get_payload() == first.get_payload()
    assert (only(world).state, only(world).attempts) == (State.DONE, 2)


@pytest.mark.parametrize("email", [None, "arts@praktijk.example"])
def test_who_has_no_address_or_is_gone_gets_no_mail_and_the_promise_is_kept(world: World, email: str | None) -> None:
    notice = returned(world, email)
    if email:
        with world.database.transaction() as session:
            session.delete(session.get_one(Notice, notice))
    EmbeddedRelay(world.database, world.settings).work_once()
    assert not (world.settings.data / "mail").exists()
    assert only(world).state == State.DONE


def test_the_relay_outlives_a_database_that_is_not_there_yet(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    database = Database(settings.storage_url)
    relay = EmbeddedRelay(database, settings)
    relay.start()
    sleep(0.2)
    upgrade(database.engine)
    with database.transaction() as session:
        outbox.promise(session, Job.MAIL_NOTICE, uuid4())
    until = monotonic() + 10
    state = ""
    while state != State.DONE and monotonic() < until:
        sleep(0.05)
        with database.reading() as session:
            state = session.scalars(select(Promise)).one().state
    relay.stop()
    assert not relay.is_alive()
    assert state == State.DONE
    database.close()


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit])
def test_the_relay_outlives_whatever_goes_wrong_and_tells_it_without_a_value(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    failures = [kind("geheim"), kind("geheim")]
    real = EmbeddedRelay.work_once

    def breaking(relay: EmbeddedRelay) -> bool:
        if failures:
            raise failures.pop()
        return real(relay)

    monkeypatch.setattr(EmbeddedRelay, "work_once", breaking)
    monkeypatch.setattr("workflows.relay._PAUSE_SECONDS", 0.01)
    promised(world, 1)
    world.log.truncate(world.log.seek(0))
    relay = EmbeddedRelay(world.database, world.settings)
    relay.start()
    until = monotonic() + 10
    while only(world).state != State.DONE and monotonic() < until:
        sleep(0.02)
    relay.stop()
    assert only(world).state == State.DONE
    said = [json.loads(line) for line in world.log.getvalue().splitlines()]
    failed = [line for line in said if line["event"] == "relay.failed"]
    assert [(line["kind"], line["seconds"]) for line in failed] == [(kind.__name__, 0.02), (kind.__name__, 0.04)]
    assert all("workflows.relay:" in line["place"] for line in failed)
    assert "geheim" not in world.log.getvalue()


def test_a_relay_that_is_not_alive_is_not_ready(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "arbobrug.db")
    settings = Settings(data=tmp_path)
    database = Database(settings.storage_url)
    relay = EmbeddedRelay(database, settings)
    with TestClient(create_app(settings, StringIO(), {"relay": relay.is_alive})) as http:
        relay.start()
        assert (http.get("/health/ready").status_code, http.get("/health/ready").json()["relay"]) == (200, "ready")
        relay.stop()
        assert (http.get("/health/ready").status_code, http.get("/health/ready").json()["relay"]) == (503, "not ready")
    database.close()


def test_the_sweep_clears_what_has_run_out_and_nothing_else(world: World) -> None:
    doctor = world.person()
    draft, filed = doctor.draft()["id"], doctor.file(Idempotency_Key="k")["notificationId"]
    kept, fresh = promised(world, 2)
    old = now() - timedelta(days=40)
    with world.database.transaction() as session:
        session.get_one(IdempotentRequest, (doctor.id, "k")).kept_since = today() - timedelta(days=9)
        session.add(UsedAssertion(jti_hash="old", expires_at=old))
        session.add(UsedAssertion(jti_hash="new", expires_at=now() + timedelta(days=1)))
        row = session.scalars(select(Promise).where(col(Promise.subject) == kept)).one()
        row.state, row.made_at = State.DONE, old
    sweep(world.database, now())
    sweep(world.database, now())
    with world.database.reading() as session:
        assert session.get(IdempotentRequest, (doctor.id, "k")) is None
        assert session.get(UsedAssertion, "old") is None
        assert session.get(UsedAssertion, "new") is not None
        assert [row.subject for row in session.scalars(select(Promise))] == [fresh]
    assert doctor.see(draft)["state"] == "draft"
    assert doctor.see(filed)["state"] == "registered"


def test_a_summer_time_night_neither_skips_nor_repeats_a_sweep(world: World) -> None:
    """29 March and 25 October 2026: the day in the Netherlands decides, not an hour that is there twice or never."""
    doctor = world.person()
    for night in (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)):
        draft = doctor.draft()["id"]
        from service.notifications.tables import Notification

        with world.database.transaction() as session:
            session.get_one(Notification, UUID(draft)).expires_on = night.date()
        sweep(world.database, night)
        assert doctor.see(draft)["state"] == "draft"
        sweep(world.database, night + timedelta(days=1))
        seen: Any = doctor.get(f"/notifications/{draft}")
        assert seen.status_code == 404
