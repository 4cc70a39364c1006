"""What is measured: the product and the naive version, each a program of its own, on PostgreSQL and on SQLite."""

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service import migrate
from service.client import Api
from service.database import Database
from service.identity import actions as identity
from service.identity.access import Role
from service.identity.tables import GrantType
from service.parties.actions import enter_party
from tests.benchmarks import bare
from tests.benchmarks.load import HOST
from tests.servers import free_port, postgres

ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0
_CLIENT = "benchmark"
# As `python -m service serve` has it; only the factory differs, for the sake of the empty route.
_UVICORN = ("-m", "uvicorn", "--factory", "--no-access-log", "--log-level", "warning", "--host", HOST)
_TOKEN_SECONDS = 120.0


@dataclass
class Form:
    """One form of the product on its own database, with the naive version beside it on a database of the same kind."""

    name: str
    url: str
    port: int
    naive_port: int
    api: Api
    _token: str = ""
    _since: float = 0.0

    def token(self) -> str:
        """An access token that lives long enough for the next measurement."""
        if time.monotonic() - self._since > _TOKEN_SECONDS:
            with Api(self.api.base_url, self.api.client) as fresh:
                self._token, self._since = fresh._access_token(), time.monotonic()
        return self._token


@contextlib.contextmanager
def forms() -> Iterator[list[Form]]:
    """Both forms, running: PostgreSQL with the settings that keep every commit, and SQLite in a file."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arbobrug-bench-")))
        server = stack.enter_context(postgres(durable=True))
        urls = {
            "PostgreSQL": (server.url(server.create()), server.url(server.create())),
            "SQLite": (f"sqlite:///{folder / 'arbobrug.db'}", f"sqlite:///{folder / 'naive.db'}"),
        }
        starting = [stack.enter_context(_form(name, *pair, folder / name)) for name, pair in urls.items()]
        for form, programs in starting:
            for program in programs:
                program.wait()
            stack.enter_context(form.api)
        yield [form for form, _ in starting]


@contextlib.contextmanager
def _form(name: str, url: str, naive_url: str, folder: Path) -> Iterator[tuple[Form, list["Program"]]]:
    """One form with its two programs, which are still starting."""
    folder.mkdir()
    client = _registered(url)
    bare.prepare(url)
    port, naive_port = free_port(), free_port()
    naive = ["--port", str(naive_port), "tests.benchmarks.naive:create_app"]
    with (
        running(
            Program([*_UVICORN, "--port", str(port), "tests.benchmarks.app:create_app"], port, folder / "log"),
            settings(url, folder, port),
        ) as product,
        running(
            Program([*_UVICORN, *naive], naive_port, folder / "naive-log", "/openapi.json"),
            {**os.environ, "NAIVE_DATABASE_URL": naive_url},
        ) as beside,
    ):
        yield Form(name, url, port, naive_port, Api(f"http://{HOST}:{port}", client)), [product, beside]


def settings(url: str, folder: Path, port: int) -> dict[str, str]:
    """The environment of the product on a database, with nothing of the caller's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARBOBRUG_", "REDIS_"))}
    return kept | {"DATABASE_URL": url, "ARBOBRUG_DATA": str(folder), "ARBOBRUG_BASE_URL": f"http://{HOST}:{port}"}


def _registered(url: str) -> dict[str, Any]:
    """Make the database and register a system of an arbodienst; no demo party, so that its filings are real ones."""
    database = Database(url)
    try:
        migrate.upgrade(database.engine)
        with database.transaction() as session:
            # The numbers of the document in the guide: a sender may only speak for its own organisation.
            organisation = identity.add_organisation(
                session, "Arbodienst Meting", "arbodienst", ura="90000001", agb="98000001"
            )
            # And those of who is written to.
            practice = identity.add_organisation(session, "Praktijk Meting", "gp-practice", ura="90000003")
            for each in (organisation, practice):
                enter_party(session, each)
            client, key = identity.add_client(
                session,
                client_id=_CLIENT,
                name="Meting",
                grant_type=GrantType.CLIENT,
                role=Role.ARBODIENST_SYSTEM,
                organisation=organisation,
            )
            assert key is not None
            return {
                "client_id": _CLIENT,
                "kid": key["kid"],
                "alg": "ES256",
                "private_jwk": key,
                "scopes": client.scopes,
            }
    finally:
        database.close()


@dataclass
class Program:
    """A Python program that serves a port. Its words go to a file, as they would in production."""

    words: list[str]
    port: int
    log: Path
    path: str = "/health/ready"
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, environment: Mapping[str, str]) -> None:
        """Start, without waiting until it is ready."""
        command = [sys.executable, *self.words]
        if setpriv := shutil.which("setpriv"):  # should we die in a way that no `finally` sees
            command = [setpriv, "--pdeathsig", "INT", *command]
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    def wait(self) -> None:
        """Wait until it answers. Raises RuntimeError, with its last words, when it stopped or takes too long."""
        assert self.process is not None
        deadline = time.monotonic() + _PATIENCE
        while not _answers(self.port, self.path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"not ready: {' '.join(self.words)}\n{self.log.read_text()[-2000:]}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop in order, or else at once."""
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


@contextlib.contextmanager
def running(program: Program, environment: Mapping[str, str]) -> Iterator[Program]:
    """A program that was started, and is stopped at the end of the block."""
    program.start(environment)
    try:
        yield program
    finally:
        program.stop()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
