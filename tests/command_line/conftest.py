"""The commands, in this process, on a data folder and a database of the test's own; and a service to call."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.house.places import ROOT
from tests.servers import free_port

PATIENCE = 60.0


@dataclass
class Desk:
    """Where somebody types commands: a data folder, a database (or "" for none named), and the service's address."""

    data: Path
    url: str
    port: int = 8000

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ARBOBRUG_DATA": str(self.data),
            "ARBOBRUG_BASE_URL": f"http://127.0.0.1:{self.port}",
            "ARBOBRUG_DEMO": "true",
            "DATABASE_URL": self.url,
            "PORT": str(self.port),
            "COLUMNS": "200",
        }

    def type(self, *words: str, given: str | None = None) -> Result:
        """Type a command. Whatever happens, nobody gets to see a traceback."""
        result = CliRunner().invoke(app, list(words), input=given, env=self.environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    def done(self, *words: str, given: str | None = None) -> str:
        """Type a command that succeeds; gives what it printed."""
        result = self.type(*words, given=given)
        assert result.exit_code == 0, result.output
        return result.stdout

    def asked(self, *words: str, given: str | None = None) -> Any:
        """Type a command that answers in JSON."""
        return json.loads(self.done(*words, given=given))

    def refused(self, code: int, *words: str, given: str | None = None) -> str:
        """Type a command that ends with this code and prints nothing but why; gives why."""
        result = self.type(*words, given=given)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        return result.stderr

    def sentence(self, code: int, *words: str, given: str | None = None) -> str:
        """Type a command that ends with this code and one sentence; gives the sentence."""
        said = self.refused(code, *words, given=given)
        assert len(said.strip().splitlines()) == 1, said
        return said

    def demo(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.data / "demo.json").read_text())
        return document


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    """On a migrated database."""
    return Desk(tmp_path / "data", database_url)


@pytest.fixture
def new_desk(empty_database_url: str, tmp_path: Path) -> Desk:
    """On an empty database."""
    return Desk(tmp_path / "data", empty_database_url)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A service with demo parties, started by its own commands."""
    folder = tmp_path_factory.mktemp("serving")
    desk = Desk(folder, f"sqlite:///{folder / 'arbobrug.db'}", free_port())
    desk.done("seed")
    words = [sys.executable, "-m", "service", "serve"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(words, cwd=ROOT, env=os.environ | desk.environment, stdout=log, stderr=log)
    try:
        _wait_for(desk, server)
        yield desk
    finally:
        server.terminate()
        assert server.wait(PATIENCE) in {0, -15}
        assert "Traceback" not in (folder / "log").read_text()


def _wait_for(desk: Desk, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx2.get(f"http://127.0.0.1:{desk.port}/health/live").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise RuntimeError((desk.data / "log").read_text()[-2000:])
