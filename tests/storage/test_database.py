"""What the database keeps: durable, to the hour, under ids that say nothing, and only what was answered."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import DateTime, create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import Session, SQLModel, col
from typer.testing import CliRunner

import service.all_tables  # noqa: F401 - importing the tables is what fills the metadata
from service.cli import app
from service.clock import now
from service.database import Database, HourDateTime, UtcDateTime
from service.durability import careless_settings
from service.identity.tables import Account
from service.ids import ordered_id, random_id
from service.notifications.tables import Notification
from service.outbox import Job, Promise, promise
from service.problems import Conflict
from tests.api.world import Visitor, World, case, good, on_postgres, on_sqlite, opened, refused
from tests.conftest import migrate
from tests.servers import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A program for each test: these tests break it."""
    if request.param == "sqlite":
        with on_sqlite(request.getfixturevalue("sqlite_template"), tmp_path) as made:
            yield made
    else:
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        with on_postgres(server, template, tmp_path) as made:
            yield made


def rows(world: World, doctor: Visitor) -> int:
    with world.database.reading() as session:
        mine = select(func.count()).select_from(Notification).where(col(Notification.owner) == doctor.id)
        return session.scalar(mine) or 0


# Durable


def test_every_connection_to_sqlite_survives_a_power_cut(migrated_sqlite_url: str) -> None:
    database = Database(migrated_sqlite_url)
    with ExitStack() as open_at_once:
        connections = [open_at_once.enter_context(database.engine.connect()) for _ in range(8)]
        for connection in connections:
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert found == ["wal", 2, 1, 10_000]
    database.close()


def test_writers_to_sqlite_wait_for_each_other_and_not_for_sqlite(migrated_sqlite_url: str) -> None:
    database = Database(migrated_sqlite_url)
    with ExitStack() as open_at_once:  # every connection that the writers will get
        for connection in [open_at_once.enter_context(database.engine.connect()) for _ in range(8)]:
            connection.exec_driver_sql("PRAGMA busy_timeout=0")  # SQLite itself lets nobody wait
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda number: _write(database, fails=number % 4 == 0), range(80)))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Promise)) == 60
    database.close()


def _write(database: Database, *, fails: bool) -> None:
    """Make a promise; one that fails gives its turn back just the same."""
    with suppress(Conflict), database.transaction() as session:
        promise(session, Job.MAIL_NOTICE, random_id())
        if fails:
            raise Conflict


def test_postgresql_waits_for_nothing_without_end(migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    with database.reading() as session:
        for name, value in (
            ("lock_timeout", "5s"),
            ("statement_timeout", "15s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ):
            assert session.scalar(text(f"SHOW {name}")) == value
    database.close()


def test_a_commit_to_postgresql_waits_for_the_disk_whatever_the_server_is_set_to(migrated_postgres_url: str) -> None:
    careless = create_engine(migrated_postgres_url)
    with careless.connect() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "off"  # as the tests start it
    careless.dispose()
    database = Database(migrated_postgres_url)
    with database.transaction() as session:
        assert session.scalar(text("SHOW synchronous_commit")) == "on"
    database.close()


def test_a_postgresql_that_may_lose_what_it_acknowledged_is_not_served(
    migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", migrated_postgres_url)
    refused = CliRunner().invoke(app, ["serve"])
    assert refused.exit_code == 2
    assert "fsync en full_page_writes staat uit" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_that_keeps_its_promises_is_not_called_careless(migrated_sqlite_url: str) -> None:
    with postgres(durable=True) as cluster:
        for url in (cluster.url(cluster.create()), migrated_sqlite_url):
            database = Database(url)
            assert careless_settings(database.engine) == ()
            database.close()


# Answered means stored


@contextmanager
def spoiled_commit(spoil: Callable[[Session], None]) -> Iterator[None]:
    """Inside the block, every commit meets this first."""
    event.listen(Session, "before_commit", spoil)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", spoil)


def fail_at_commit(session: Session) -> None:
    """Make the database itself refuse the commit: a broken promise to it, or a connection that is cut."""
    if session.get_bind().dialect.name == "sqlite":
        session.flush()
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        session.execute(
            text("INSERT INTO notification_notice VALUES (:id, :id, :id, 'returned', 0, '2026-01-01')"),
            {"id": uuid4().hex},
        )
    else:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with session.get_bind().engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@pytest.mark.parametrize("door", ["/notifications", "/notifications?submit=true"])
def test_a_commit_that_fails_is_never_answered_as_stored(world: World, door: str) -> None:
    doctor = world.person()
    token = {"Authorization": f"Bearer {doctor.token()}", "Idempotency-Key": "k"}
    with TestClient(world.app, base_url=world.settings.base_url, raise_server_exceptions=False) as http:
        with spoiled_commit(fail_at_commit):
            answer = http.post(f"/v1{door}", json=case(), headers=token)
        assert answer.status_code in {500, 503}
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert rows(world, doctor) == 0
        statuses = [http.post(f"/v1{door}", json=case(), headers=token).status_code for _ in range(2)]
    assert 201 in statuses, "the key must still be free after a commit that failed"
    assert rows(world, doctor) == 1


def test_a_failing_statement_says_nothing_of_its_values(world: World) -> None:
    with pytest.raises(DBAPIError) as caught, world.database.transaction() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "Truus Geheimzinnig"})
    assert "Geheimzinnig" not in str(caught.value)


def test_a_full_disk_refuses_and_recovers(sqlite_template: Path, tmp_path: Path) -> None:
    full = True

    def limit(connection: Any, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if full else 1_000_000}")

    with on_sqlite(sqlite_template, tmp_path) as world:
        doctor = world.person()
        token, count = doctor.token(), rows(world, doctor)
        assert token
        event.listen(world.database.engine, "checkout", limit)
        body = b'{"remarks": "vol"}' + b" " * 500_000
        answer = doctor.post("/notifications", body)
        refused(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert rows(world, doctor) == count
        full = False
        good(doctor.post("/notifications", body), 201)
        assert rows(world, doctor) == count + 1


def test_a_database_that_is_away_is_said_and_comes_back(tmp_path: Path) -> None:
    with postgres(durable=True) as cluster:
        url = cluster.url(cluster.create())
        migrate(url)
        with opened(url, tmp_path) as world:
            doctor = world.person()
            document = case()
            first = good(doctor.post("/notifications", document, Idempotency_Key="k-0"), 201)
            cluster.server.kill()
            for _ in range(2):
                answer = doctor.post("/notifications?submit=true", document, Idempotency_Key="k-1")
                refused(answer, 503, "unavailable")
                assert int(answer.headers["Retry-After"]) > 0
            refused(doctor.get(f"/notifications/{first['id']}"), 503, "unavailable")
            assert world.http.get("/health/ready").status_code == 503
            assert world.http.get("/health/ready").json() == {"database": "not ready", "keys": "ready"}
            assert world.http.get("/health/live").status_code == 200
            cluster.server.start()
            statuses = [
                doctor.post("/notifications?submit=true", document, Idempotency_Key="k-1").status_code for _ in range(3)
            ]
            assert statuses[-1] == 201
            assert {one["id"] for one in good(doctor.get("/notifications"), 200)} >= {first["id"]}
            assert rows(world, doctor) == 2


def test_a_database_that_is_not_yet_migrated_is_not_ready(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'arbobrug.db'}")
    database.close()
    from service.app import create_app
    from service.settings import Settings

    with TestClient(create_app(Settings(data=tmp_path))) as http:
        assert http.get("/health/ready").status_code == 503


# What a row gives away


def table_classes() -> list[Any]:
    found = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    assert len(found) == len(SQLModel.metadata.tables)
    return found


# The side of people, and of workers by name: ids in order and exact times. All the rest is the notification side.
PEOPLE = ("identity_", "party_", "person", "consent", "referral", "doctors_link")


def test_ids_are_random_on_the_notification_side_and_ordered_in_identity() -> None:
    assert random_id().version == 4
    assert ordered_id().version == 7
    checked = 0
    for kind in table_classes():
        if (field := kind.model_fields.get("id")) is not None:
            maker = ordered_id if str(kind.__tablename__).startswith(PEOPLE) else random_id
            assert field.default_factory is maker, kind.__name__
            checked += 1
    assert checked > 8


def test_times_on_the_notification_side_go_no_finer_than_the_hour() -> None:
    # When to try again must be finer; it is the time of the mail, and not of the notification.
    finer = {("outbox", "due_at"), ("outbox", "claimed_until")}
    checked = 0
    for table in SQLModel.metadata.tables.values():
        if table.name.startswith(PEOPLE):
            continue
        for column in table.columns:
            assert not isinstance(column.type, DateTime), f"{table.name}.{column.name} is not a moment of ours"
            if isinstance(column.type, UtcDateTime) and (table.name, column.name) not in finer:
                assert isinstance(column.type, HourDateTime), f"{table.name}.{column.name}"
                checked += 1
    assert checked > 6


def test_a_moment_comes_back_in_utc_cut_down_to_its_hour(world: World) -> None:
    moment = datetime(2026, 3, 29, 3, 59, 59, 999_999, UTC)
    with world.database.transaction() as session:
        row = Notification(state="draft", owner=uuid4(), ordinal=1, content=b"{}", created_at=moment, changed_at=moment)
        session.add(row)
    with world.database.reading() as session:
        found = session.get_one(Notification, row.id)
        assert found.created_at == datetime(2026, 3, 29, 3, tzinfo=UTC)
        assert session.scalars(select(Notification).where(col(Notification.created_at) == moment)).all()


def test_a_moment_without_a_zone_is_not_stored(world: World) -> None:
    naive = datetime(2026, 3, 29, 3)  # noqa: DTZ001 - the very thing that must be refused

    def store() -> None:
        with world.database.transaction() as session:
            session.add(Promise(job="x", subject=uuid4(), due_at=naive, made_at=now()))

    with pytest.raises(StatementError, match="time zone"):
        store()


def test_the_same_bytes_words_and_numbers_come_back(world: World) -> None:
    """SQLite and PostgreSQL keep the same, also what is at the edges."""
    words = "Zoë — ünïcode 😀 \u202eRTL\u202c e\u0301 '; DROP TABLE notification; --"
    with world.database.transaction() as session:
        session.add(world.organisation)
        account = Account(
            login=words,
            name=words,
            role="bedrijfsarts",
            organisation_id=world.organisation.id,
            password_hash="x",
            acts_until=date(2026, 2, 28),
            defaults={"a": [1, 2.5, None, words]},
            created_at=now(),
        )
        session.add(account)
    with world.database.reading() as session:
        found = session.get_one(Account, account.id)
        assert isinstance(found.id, UUID)
        assert (found.login, found.defaults, found.acts_until) == (
            words,
            {"a": [1, 2.5, None, words]},
            date(2026, 2, 28),
        )
    doctor = world.person()
    seen = good(doctor.post("/notifications", case(remarks=words)), 201)
    assert doctor.see(seen["id"])["content"]["remarks"] == words
