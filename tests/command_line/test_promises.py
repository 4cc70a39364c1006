"""The commands of who watches over what was promised, and what keeps the programs from starting."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from service.database import Database
from service.obstacles import obstacles
from service.outbox import Job, Promise, State
from service.settings import Settings
from tests.command_line.conftest import Desk
from tests.house.places import ROOT
from tests.servers import Postgres, Redis, Server, free_port, needs_postgres, needs_redis, postgres, redis_server
from workflows.cli import app

PROGRAMS = ("worker", "relay", "beat")


def typed(desk: Desk, *words: str) -> Result:
    return CliRunner().invoke(app, list(words), env=desk.environment | {"COLUMNS": "200"})


def parked(desk: Desk, count: int = 1) -> list[UUID]:
    database, ids = Database(desk.url), [uuid4() for _ in range(count)]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with database.transaction() as session:
        for one in ids:
            session.add(
                Promise(
                    id=one,
                    job=Job.MAIL_NOTICE,
                    subject=uuid4(),
                    state=State.PARKED,
                    due_at=moment,
                    made_at=moment,
                    attempts=12,
                    last_failure="ConnectionRefusedError",
                )
            )
    database.close()
    return ids


def states(desk: Desk) -> dict[UUID, tuple[str, int]]:
    database = Database(desk.url)
    with database.reading() as session:
        found = {row.id: (row.state, row.attempts) for row in session.exec(select(Promise))}
    database.close()
    return found


def test_what_is_parked_is_shown_and_tried_again_by_number_or_all_at_once(desk: Desk) -> None:
    first, *others = parked(desk, 3)
    shown = typed(desk, "promises", "list").stdout
    missing = [word for word in (str(first), "notices.mail", "ConnectionRefusedError", "12") if word not in shown]
    assert not missing, shown
    assert typed(desk, "promises", "retry", str(first)).exit_code == 0
    assert states(desk) == {first: (State.DUE, 0)} | dict.fromkeys(others, (State.PARKED, 12))
    assert str(first) not in typed(desk, "promises", "list", "--json").stdout
    again = typed(desk, "promises", "retry", str(first))
    assert (again.exit_code, again.stdout) == (1, "")
    assert str(first) in again.stderr
    assert typed(desk, "promises", "retry", "--all").exit_code == 0
    assert states(desk) == dict.fromkeys([first, *others], (State.DUE, 0))


def test_retrying_nothing_in_particular_tries_nothing(desk: Desk) -> None:
    (one,) = parked(desk)
    typed(desk, "promises", "retry")
    assert states(desk) == {one: (State.PARKED, 12)}


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_redis_and_postgresql_no_program_of_the_distributed_form_starts(tmp_path: Path, program: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    run = subprocess.run(
        [sys.executable, "-m", "workflows", program],
        cwd=ROOT,
        env=kept | {"ARBOBRUG_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert ["REDIS_URL" in run.stderr, "DATABASE_URL" in run.stderr, "Traceback" in run.stderr] == [True, True, False]


@pytest.fixture(scope="module")
def careful() -> Iterator[Postgres]:
    with postgres(durable=True) as server:
        yield server


@pytest.fixture(scope="module")
def keeping() -> Iterator[Redis]:
    with redis_server(durable=True) as server:
        yield server


def installed(folder: Path, url: str, redis_url: str, **more: bool) -> Settings:
    return Settings(data=folder, DATABASE_URL=url, REDIS_URL=redis_url, **more)  # type: ignore[arg-type]


@needs_postgres
@needs_redis
def test_each_obstacle_is_one_sentence_and_none_is_left_when_all_is_in_order(
    careful: Postgres, keeping: Redis, tmp_path: Path
) -> None:
    url = careful.url(careful.create())
    desk = Desk(tmp_path, url)
    settings = installed(tmp_path, url, keeping.url)
    behind, *keys = obstacles(settings, may_wait=False)
    assert "python -m service migrate" in behind
    assert [str(file) in said for file, said in zip((settings.key_file, settings.vault_file), keys, strict=True)]
    assert all("python -m service keys make" in said for said in keys)
    assert CliRunner().invoke(app, ["relay"], env=desk.environment | {"REDIS_URL": keeping.url}).exit_code == 2
    desk.done("migrate")
    desk.done("keys", "make")
    made = settings.vault_file.read_bytes()
    desk.done("keys", "make")
    assert settings.vault_file.read_bytes() == made, "nobody could open what was sealed before"
    assert obstacles(settings, may_wait=False) == []


@needs_postgres
@needs_redis
def test_a_redis_that_may_lose_what_waits_is_refused_unless_told(
    careful: Postgres, redis_instance: Redis, tmp_path: Path
) -> None:
    url = careful.url(careful.create())
    Desk(tmp_path, url).done("migrate")
    Desk(tmp_path, url).done("keys", "make")
    (forgets,) = obstacles(installed(tmp_path, url, redis_instance.url), may_wait=False)
    assert "appendonly" in forgets
    command = [*redis_instance.server.command, "--maxmemory-policy", "allkeys-lru"]
    port = free_port()
    command[command.index("--port") + 1] = str(port)
    evicting = Server(command, redis_instance.server.is_up, redis_instance.server.folder)
    with evicting.running():
        there = installed(tmp_path, url, f"redis://127.0.0.1:{port}/0")
        until_up(there)
        drops, _ = obstacles(there, may_wait=False)
        assert "maxmemory-policy is allkeys-lru" in drops
        allowed = installed(tmp_path, url, f"redis://127.0.0.1:{port}/0", redis_may_forget=True)
        assert obstacles(allowed, may_wait=False) == []


def until_up(settings: Settings) -> None:
    while any("antwoordt niet" in said for said in obstacles(settings, may_wait=False)):
        pass


@needs_postgres
@needs_redis
def test_a_postgresql_that_may_lose_what_it_acknowledged_is_refused(
    migrated_postgres_url: str, keeping: Redis, tmp_path: Path
) -> None:
    Desk(tmp_path, migrated_postgres_url).done("keys", "make")
    (said,) = obstacles(installed(tmp_path, migrated_postgres_url, keeping.url), may_wait=True)
    assert "fsync" in said


def test_what_does_not_answer_keeps_a_worker_from_starting_but_not_who_takes_filings(tmp_path: Path) -> None:
    Desk(tmp_path, "").done("keys", "make")
    nowhere = f"127.0.0.1:{free_port()}"
    settings = installed(tmp_path, f"postgresql+psycopg://arbobrug@{nowhere}/arbobrug", f"redis://{nowhere}/0")
    database, broker = obstacles(settings, may_wait=False)
    assert "PostgreSQL antwoordt niet" in database
    assert "Redis antwoordt niet" in broker
    assert obstacles(settings, may_wait=True) == []
