"""Real PostgreSQL and Redis of the tests' own, on free ports of this machine, gone when the tests are."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

import psycopg
import pytest
import redis
from psycopg import sql

PATIENCE = 30.0


def postgres_program(name: str) -> str | None:
    """A program of the newest PostgreSQL here; Debian keeps them off the path."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda place: int(place.parts[4]))
    return str(places[-1]) if places else shutil.which(name)


def chromium_program() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


# A reason that starts with "needs" names what a machine may lack; ARBOBRUG_NO_SKIPS turns it into a failure (conftest).
POSTGRES_LACKS = None if postgres_program("initdb") else "needs PostgreSQL (Debian package postgresql)"
REDIS_LACKS = None if shutil.which("redis-server") else "needs Redis (Debian package redis-server)"
CHROMIUM_LACKS = None if chromium_program() else "needs Chromium (Debian package chromium)"

needs_postgres = pytest.mark.skipif(POSTGRES_LACKS is not None, reason=POSTGRES_LACKS or "")
needs_redis = pytest.mark.skipif(REDIS_LACKS is not None, reason=REDIS_LACKS or "")
needs_chromium = pytest.mark.skipif(CHROMIUM_LACKS is not None, reason=CHROMIUM_LACKS or "")


def free_port() -> int:
    """A port that nothing listens on; another program may still take it first, so use it at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def account() -> str | None:
    """Whom to run servers as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@dataclass
class Server:
    """A server in a folder of its own: start, stop, kill and start again on the same port and data."""

    command: list[str]
    is_up: Callable[[], bool]
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> Self:
        """Start, and return once it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                dying_with_us(self.command),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop their servers in order
            )
        deadline = time.monotonic() + PATIENCE
        while not self.is_up():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.command[0]} did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)
        return self

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Up inside the block, stopped after it however the block ends."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop in order; a server that is already gone is fine."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" way, which does not wait for its clients
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Stop as a power cut would: no last words, nothing flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)


def dying_with_us(command: list[str]) -> list[str]:
    """Let the kernel stop the server when the tests die in a way that no `finally` sees."""
    setpriv = shutil.which("setpriv")
    user = account()
    if setpriv is None:
        return command
    become = ["--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--clear-groups"] if user else []
    return [setpriv, *become, "--pdeathsig", "INT", *command]


@contextlib.contextmanager
def own_folder(kind: str) -> Iterator[Path]:
    """A folder that belongs to the server's account; not pytest's own, which lets only its owner through."""
    folder = Path(tempfile.mkdtemp(prefix=f"arbobrug-{kind}-"))
    if user := account():
        os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Postgres:
    """A PostgreSQL cluster of our own, with as many databases as the tests like."""

    server: Server
    port: int
    _count: int = 0

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://arbobrug@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template0") -> str:
        """Make a database that holds what the template holds, and return its name."""
        self._count += 1
        name = f"test_{self._count}"
        self._say(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, also from under a connection that a failed test left open."""
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _say(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._plain("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _plain(self, database: str) -> str:
        return self.url(database).replace("+psycopg", "")


def postgres_answers(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://arbobrug@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


# What a machine that only runs tests need not wait for. A test about power cuts asks for durable=True instead.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A running PostgreSQL; durable=True keeps every promise that PostgreSQL makes by default."""
    initdb, program = postgres_program("initdb"), postgres_program("postgres")
    if initdb is None or program is None:
        pytest.skip(POSTGRES_LACKS or "needs PostgreSQL")
    with own_folder("postgres") as folder:
        data, port = folder / "data", free_port()
        words = [initdb, "--pgdata", str(data), "--username", "arbobrug", "--auth", "trust", "--no-sync"]
        words += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
        subprocess.run(dying_with_us(words), check=True, capture_output=True, cwd=folder)
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        settings += ["max_connections=200", *(() if durable else CARELESS)]
        command = [program, "-D", str(data)]
        for setting in settings:
            command += ["-c", setting]
        server = Server(command, partial(postgres_answers, port), folder)
        with server.running():
            yield Postgres(server, port)


@dataclass
class Redis:
    """A Redis of our own."""

    server: Server
    url: str

    def empty(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as connection:
            connection.flushall()


def redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as connection:
            return bool(connection.ping())
    except redis.ConnectionError:  # also while it is still loading its file
        return False


@contextlib.contextmanager
def redis_server(*, durable: bool = False) -> Iterator[Redis]:
    """A running Redis; durable=True writes every change to disk before it answers."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip(REDIS_LACKS or "needs Redis")
    with own_folder("redis") as folder:
        port = free_port()
        url = f"redis://127.0.0.1:{port}/0"
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
        command += ["--maxmemory-policy", "noeviction"]
        command += ["--appendonly", "yes", "--appendfsync", "always"] if durable else []
        server = Server(command, partial(redis_answers, url), folder)
        with server.running():
            yield Redis(server, url)
