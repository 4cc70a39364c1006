"""The physical limit: the same bytes inserted in the same database, durably and with nothing else done."""

import contextlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable

import psycopg

_TABLE = "CREATE TABLE IF NOT EXISTS bare_insert (id {id} PRIMARY KEY, body {body} NOT NULL)"
_POSTGRES = "postgresql+psycopg://"
Insert = Callable[[], None]


def insert(url: str, connections: int, seconds: float, size: int) -> tuple[list[float], float]:
    """Insert rows of so many bytes, one a transaction; gives the time of each and of the whole, in seconds."""
    body = b"x" * size
    if url.startswith(_POSTGRES):
        return _all(lambda until: _postgres(url, body, until), connections, seconds)
    return _all(lambda until: _sqlite(url.removeprefix("sqlite:///"), body, until), 1, seconds)


def prepare(url: str) -> None:
    """Make the table that the rows go to."""
    if url.startswith(_POSTGRES):
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(_TABLE.format(id="uuid", body="bytea").encode())
        return
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute(_TABLE.format(id="text", body="blob"))


def _all(work: Callable[[float], list[float]], connections: int, seconds: float) -> tuple[list[float], float]:
    times: list[list[float]] = []
    started = time.perf_counter()
    until = started + seconds
    threads = [threading.Thread(target=lambda: times.append(work(until))) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one for each in times for one in each], time.perf_counter() - started


def _timed(act: Insert, until: float) -> list[float]:
    times, began = [], time.perf_counter()
    while began < until:
        act()
        ended = time.perf_counter()
        times.append(ended - began)
        began = ended
    return times


def _postgres(url: str, body: bytes, until: float) -> list[float]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, prepare_threshold=0) as connection:
        cursor = connection.cursor(binary=True)

        def act() -> None:
            cursor.execute("INSERT INTO bare_insert (id, body) VALUES (%b, %b)", (uuid.uuid4(), body))

        return _timed(act, until)


def _sqlite(path: str, body: bytes, until: float) -> list[float]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

        def act() -> None:
            connection.execute("INSERT INTO bare_insert (id, body) VALUES (?, ?)", (str(uuid.uuid4()), body))

        return _timed(act, until)
