"""The database: one engine, one owner per transaction, the same rules on SQLite and PostgreSQL."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic_core import to_json
from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Executable,
    Insert,
    Table,
    TypeDecorator,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, SQLModel

from service.clock import to_the_hour

_WAIT_SECONDS = 10
_TURN = "turn"
_KEPT = "kept for the end"
_Kept = dict[type[SQLModel], list[Mapping[str, Any]]]
_POSTGRES_OPTIONS = (
    "-c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s "
    "-c synchronous_commit=on"  # whatever the server is set to: acknowledged means committed
)


# Every constraint has a name, so that a later migration can speak of it.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets the zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone: it would mean something else on another machine."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its zone back."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class HourDateTime(UtcDateTime):
    """A moment kept to the hour; for everything on the notification side (see clock.to_the_hour)."""

    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Cut the moment down before it is stored or compared."""
        value = super().process_bind_param(value, dialect)
        return to_the_hour(value) if value else None


class Database:
    """The engine and the two ways to use it: reading, and a transaction that writes."""

    def __init__(self, url: str) -> None:
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgres(url)
        self._writing = self.engine.execution_options(writes=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that writes: committed at the end of the block, rolled back when it raises."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session
            append_kept(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads one consistent moment."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def append(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write whole rows that this transaction will not read again.

    Objects would do the same; the session then tracks each of them, which takes longer than the database does.
    """
    if rows:
        session.connection().execute(_insert(table), rows)


def insert(session: Session, *rows: SQLModel) -> None:
    """Write new rows, of one table after the other; the session then knows them as if it had loaded them.

    Adding objects would do the same, with a statement and much bookkeeping for each of them.
    """
    for table, alike in groupby(rows, type):
        same = list(alike)
        append(session, table, [{name: getattr(row, name) for name in _names(table)} for row in same])
        for row in same:
            make_transient_to_detached(row)
            session.add(row)


def append_last(session: Session, table: type[SQLModel], row: Mapping[str, Any]) -> None:
    """Write a row at the end of the transaction, together with the others of its table."""
    kept: _Kept = session.info.setdefault(_KEPT, {})
    kept.setdefault(table, []).append(row)


def append_kept(session: Session) -> None:
    """Write now what was kept for the end."""
    kept: _Kept = session.info.pop(_KEPT, {})
    for table, rows in kept.items():
        append(session, table, rows)


def append_new(session: Session, table: type[SQLModel], row: Mapping[str, Any]) -> bool:
    """Write a row unless one with its unique key is there; the database decides. Tells whether it was written."""
    insert = _insert_new(table, embedded=is_sqlite(session))
    return session.connection().execute(insert, row).first() is not None


# Written once: SQLAlchemy takes longer to write a statement than a database to carry it out.


@cache
def _insert(table: type[SQLModel]) -> Insert:
    return core_table(table).insert()


@cache
def _insert_new(table: type[SQLModel], *, embedded: bool) -> Executable:
    insert = sqlite.insert(core_table(table)) if embedded else postgresql.insert(core_table(table))
    return insert.on_conflict_do_nothing().returning(*core_table(table).primary_key)


@cache
def _names(table: type[SQLModel]) -> tuple[str, ...]:
    return tuple(core_table(table).columns.keys())


def core_table(table: type[SQLModel]) -> Table:
    """The table beneath a class, for statements that need no objects."""
    found = inspect(table).local_table
    assert isinstance(found, Table)
    return found


def is_sqlite(session: Session) -> bool:
    """Tell whether the session speaks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


# hide_parameters, below: what SQLAlchemy says of a failing statement ends in a traceback, and its values are a case.


def _written(value: Any) -> str:
    """A value for a JSON column; a model goes by the names of its fields."""
    return to_json(value, by_alias=False).decode()


def _postgres(url: str) -> Engine:
    return create_engine(
        url,
        pool_size=16,
        max_overflow=16,
        pool_timeout=5,
        pool_pre_ping=False,
        connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 5},
        hide_parameters=True,
        json_serializer=_written,
    )


def _sqlite(url: str) -> Engine:
    _keep_private(make_url(url).database)
    engine = create_engine(
        url,
        pool_size=40,
        max_overflow=0,
        pool_timeout=5,
        connect_args={"isolation_level": None, "timeout": _WAIT_SECONDS},
        hide_parameters=True,
        json_serializer=_written,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    _Turns().keep(engine)
    return engine


def _keep_private(file: str | None) -> None:
    """Make the file for our eyes only before SQLite does; its journal takes over who may read it."""
    if file and file != ":memory:" and Path(file).parent.is_dir():
        Path(file).touch(mode=0o600)


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # FULL: an acknowledged commit survives a power cut, also in WAL mode.
    for pragma in (f"busy_timeout={_WAIT_SECONDS * 1000}", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _use_wal(cursor)
    cursor.close()


def _use_wal(cursor: DBAPICursor) -> None:
    # Two that start on a new file both change it to WAL, and SQLite lets neither wait. Later it is only a look.
    for wait in (0.02, 0.1, 0.5, 2.0):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(wait)
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


class _Turns:
    """Lets the writers of this process wait for each other, so that the next goes on at once.

    SQLite has no queue: who finds the file locked sleeps a while, ever longer, and looks again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def keep(self, engine: Engine) -> None:
        """See to every transaction of an engine: from its begin until its connection is given back."""
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "checkin", self._end)

    def _begin(self, connection: Connection) -> None:
        # A writer takes the write lock at once: upgrading later can fail with "database is locked" half way.
        writes: Any = connection.get_execution_options().get("writes")
        if writes:  # who waited too long goes on and hears it from SQLite
            connection.info[_TURN] = self._lock.acquire(timeout=_WAIT_SECONDS)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    def _end(self, _: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        if entry.info.pop(_TURN, False):
            self._lock.release()


def _transaction(request: Request) -> Iterator[Session]:
    database: Database = request.app.state.database
    with database.transaction() as session:
        yield session


def _reading(request: Request) -> Iterator[Session]:
    database: Database = request.app.state.database
    with database.reading() as session:
        yield session


# scope="function": the commit comes before the answer; the default scope answers 201 for a row that was never stored.
Transaction = Annotated[Session, Depends(_transaction, scope="function")]
Reading = Annotated[Session, Depends(_reading, scope="function")]
