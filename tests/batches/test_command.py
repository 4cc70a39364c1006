"""`python -m service import` against a real server: files once, goes on after a power cut, and says what is wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from service.cli import app
from service.database import Database
from service.identity.demo import seed_demo
from service.notifications.tables import Notification
from service.settings import Settings
from tests.batches.files import csv_of, row, xlsx_of
from tests.conftest import migrate
from tests.house.places import ROOT
from tests.servers import Postgres, free_port, postgres

PATIENCE = 30.0


@dataclass
class Served:
    """A server of its own, which can be cut off and started again, and the command beside it."""

    url: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        base = f"http://127.0.0.1:{self.port}"
        ours = {"DATABASE_URL": self.url, "ARBOBRUG_DATA": str(self.folder), "ARBOBRUG_BASE_URL": base}
        return os.environ | ours | {"ARBOBRUG_DEMO": "true", "PORT": str(self.port), "COLUMNS": "200"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "service", *words]

    def seed(self) -> None:
        database = Database(self.url)
        with database.transaction() as session:
            settings = Settings(data=self.folder, base_url=f"http://127.0.0.1:{self.port}", demo=True)
            seed_demo(session, settings)
        database.close()

    def bring(self, file: Path, *words: str) -> Result:
        """The command, in this process: it speaks to the server over HTTP all the same."""
        said = ["import", str(file), "--credentials", str(self.folder / "demo.json"), *words]
        return CliRunner().invoke(app, said, env={"COLUMNS": "200"})

    def start(self) -> None:
        # As whoever runs the tests: the data folder is theirs.
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command("serve"), cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"http://127.0.0.1:{self.port}/health/live").status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def cut_off(self) -> None:
        """A power cut: no last words."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)

    def filed(self) -> int:
        database = Database(self.url)
        with database.reading() as session:
            found = session.scalar(select(func.count()).select_from(Notification)) or 0
        database.close()
        return found


@pytest.fixture(scope="module")
def careful_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that a power cut cannot make forget: `serve` takes no other."""
    with postgres(durable=True) as cluster:
        yield cluster


@pytest.fixture
def careful_url(careful_postgres: Postgres) -> str:
    url = careful_postgres.url(careful_postgres.create())
    migrate(url)
    return url


@pytest.fixture(params=["migrated_sqlite_url", "careful_url"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    made = Served(request.getfixturevalue(request.param), tmp_path, free_port())
    made.seed()
    try:
        made.start()
        yield made
    finally:
        made.cut_off()


def file_of(folder: Path, rows: list[dict[str, Any]]) -> Path:
    file = folder / "meldingen.csv"
    file.write_bytes(csv_of(rows))
    return file


def test_a_power_cut_half_way_leaves_every_row_filed_once(served: Served, tmp_path: Path) -> None:
    rows = 60
    file = file_of(tmp_path, [row(kenmerk=f"r-{number}") for number in range(rows)])
    words = served.command("import", str(file), "--credentials", str(served.folder / "demo.json"))
    with subprocess.Popen(words, cwd=ROOT, env=served.environment, stdout=-1, stderr=-1) as importing:
        deadline = time.monotonic() + PATIENCE
        while served.filed() < 7 and time.monotonic() < deadline:
            time.sleep(0.01)
        served.cut_off()
        assert importing.wait(PATIENCE) == 3
    half_way = served.filed()
    assert 7 <= half_way < rows
    served.start()
    again = served.bring(file, "--json")
    assert again.exit_code == 0, again.stderr
    assert {one["status"] for one in json.loads(again.stdout)["rows"]} == {"filed"}
    assert len({one["number"] for one in json.loads(again.stdout)["rows"]}) == rows
    assert served.filed() == rows
    assert served.bring(file).exit_code == 0
    assert served.filed() == rows


def test_the_command_checks_files_corrects_and_says_what_is_wrong(served: Served, tmp_path: Path) -> None:
    rows = [row(kenmerk="c-1"), row(kenmerk="c-2", geslacht="")]
    file = file_of(tmp_path, rows)
    checked = served.bring(file, "--check-only")
    assert checked.exit_code == 1
    assert "geslacht: Vul het geslacht in." in checked.stdout
    assert served.filed() == 0
    first = served.bring(file, "--json")
    assert first.exit_code == 1
    batch = json.loads(first.stdout)
    assert [one["status"] for one in batch["rows"]] == ["filed", "problem"]
    file.write_bytes(xlsx_of([rows[0], rows[1] | {"geslacht": "v"}]))
    better = served.bring(file, "--batch", batch["id"])
    assert better.exit_code == 0, better.stderr
    assert "2 rijen: 2 ingediend" in better.stdout
    filed = json.loads(served.bring(file, "--batch", batch["id"], "--json").stdout)["rows"]
    assert len({one["number"] for one in filed}) == 2
    shown = [line.split() for line in better.stdout.splitlines()]
    assert [[str(one["row"]), one["reference"], one["number"]] in shown for one in filed] == [True, True]
    assert served.filed() == 2
    anew = served.bring(file, "--json")
    assert [one["status"] for one in json.loads(anew.stdout)["rows"]] == ["pending", "pending"]
    assert served.filed() == 2
    file.write_bytes(b"naam;geslacht\nx;m\n")
    refused = served.bring(file)
    assert (refused.exit_code, served.filed()) == (1, 2)
    assert "'naam'" in refused.stderr
    assert served.bring(tmp_path / "er-is-niets.csv").exit_code == 2
    served.cut_off()
    assert served.bring(file_of(tmp_path, rows)).exit_code == 3
    served.start()
