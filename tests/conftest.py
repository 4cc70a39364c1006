"""What every test may ask for: a database of its own, on SQLite and PostgreSQL, and a Redis."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from service.database import Database
from service.migrate import upgrade
from tests.servers import Postgres, Redis, chromium_program, postgres, redis_server

_CHROMIUM = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
    " --no-first-run"
).split()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for each worker of the test run; its databases come and go."""
    with postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis_instance() -> Iterator[Redis]:
    """One Redis for each worker of the test run."""
    with redis_server() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium for the browser tests of one file.

    Not for the whole session: Playwright keeps an event loop running in this thread, and a second one cannot start.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_program(), args=_CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """A database with every migration, to be copied: a copy takes a fraction of the time."""
    name = postgres_server.create()
    migrate(postgres_server.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, as a file."""
    path = tmp_path_factory.mktemp("template") / "arbobrug.db"
    migrate(f"sqlite:///{path}")
    return path


def migrate(url: str) -> None:
    database = Database(url)
    upgrade(database.engine)
    database.close()


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database, gone after the test."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def migrated_postgres_url(postgres_server: Postgres, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database with every table and no rows but those of the migrations, gone after the test."""
    name = postgres_server.create(postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def migrated_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The same on SQLite."""
    path = tmp_path / "arbobrug.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, once on SQLite and once on PostgreSQL: what holds on one need not hold on the other."""
    fixtures = {"sqlite": "migrated_sqlite_url", "postgresql": "migrated_postgres_url"}
    url: str = request.getfixturevalue(fixtures[request.param])
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once on SQLite and once on PostgreSQL: for migrations themselves."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'arbobrug.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def redis_url(redis_instance: Redis) -> str:
    """A Redis that holds nothing."""
    redis_instance.empty()
    return redis_instance.url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With ARBOBRUG_NO_SKIPS, fail a test that was skipped for want of a program: CI could have installed it."""
    report = yield
    if "ARBOBRUG_NO_SKIPS" in os.environ and report.skipped and (reason := reason_of(report)).startswith("needs "):
        report.outcome = "failed"
        report.longrepr = f"ARBOBRUG_NO_SKIPS is set, and this test {reason}"
    return report


def reason_of(report: pytest.TestReport) -> str:
    """Why a test was skipped; empty for an expected failure, which pytest counts as skipped too."""
    return report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
