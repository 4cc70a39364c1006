"""`python -m workflows local`: from nothing to a filed case, again without filing twice, and a clean end."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner, Result

from service.cli import app as service
from service.ids import is_notification_number
from tests.api.world import case
from tests.servers import free_port
from workflows.cli import app as workflows

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
NUMBER = re.compile(r"AB-\d{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


@dataclass
class Running:
    """The program as a person started it."""

    process: subprocess.Popen[bytes]
    data: Path
    port: int
    said: Path

    @property
    def words(self) -> str:
        return self.said.read_text()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)


def start(data: Path, port: int) -> Running:
    said = data.parent / f"{data.name}-{time.monotonic_ns()}.log"
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    command = [sys.executable, "-m", "workflows", "local", "--port", str(port), "--data", str(data)]
    with said.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=environment)
    running = Running(process, data, port, said)
    until = time.monotonic() + PATIENCE
    while not re.search(r"^ready\b", running.words, re.MULTILINE):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise RuntimeError(running.words)
        time.sleep(0.05)
    return running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One run for the tests that only look."""
    made = start(tmp_path_factory.mktemp("local") / "var", free_port())
    yield made
    made.process.kill()
    made.process.wait(PATIENCE)


def test_it_files_the_example_and_shows_each_step(running: Running) -> None:
    words = running.words
    assert "private_key_jwt" in words
    assert "Getoetst aan D023 2014.1" in words
    assert "Uitkomst: meets" in words
    (number,) = set(NUMBER.findall(words))
    assert is_notification_number(number)
    assert re.search(r"Geregistreerd \(\d+ ms\)", words)
    assert words.index(number) < words.index("ready")
    assert "Traceback" not in words
    assert httpx2.get(f"{running.base}/health/ready").json() == {"database": "ready", "keys": "ready", "relay": "ready"}


def test_the_credentials_are_there_before_ready_and_for_their_owner_only(running: Running) -> None:
    file = running.data / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((running.data / "signing-keys.json").stat().st_mode) == 0o600
    document = json.loads(file.read_text())
    assert document["base_url"] == running.base
    assert {client["role"] for client in document["clients"]} == {"arbodienst", "his", "inspectorate"}
    for client in document["clients"]:
        assert {"client_id", "scopes", "kid", "alg", "private_jwk"} <= client.keys()
    for user in document["users"]:
        assert {"role", "name", "login", "password"} <= user.keys()
        assert user["password"] not in running.words


def file(running: Running, *words: str, sent: bytes | None = None) -> Result:
    credentials = ("--credentials", str(running.data / "demo.json"))
    return CliRunner().invoke(service, ["file", *words, *credentials], input=sent, catch_exceptions=False)


def test_a_case_is_filed_from_a_file_and_from_standard_input(running: Running, tmp_path: Path) -> None:
    target = tmp_path / "melding.json"
    target.write_text(json.dumps(case()))
    by_file, by_pipe = file(running, str(target)), file(running, "-", sent=json.dumps(case()).encode())
    for result in (by_file, by_pipe):
        assert result.exit_code == 0, result.output
        assert NUMBER.match(result.stdout)
        assert "Geregistreerd" in result.stdout
        assert result.stderr == ""


def test_as_json_it_is_the_receipt_and_the_same_key_gives_the_same_one(running: Running) -> None:
    body = json.dumps(case()).encode()
    first, again = (file(running, "-", "--json", "--key", "sleutel-1", sent=body) for _ in range(2))
    assert first.stdout == again.stdout
    receipt = json.loads(first.stdout)
    assert receipt["demo"] is True
    assert is_notification_number(receipt["number"])


def test_a_draft_is_kept_and_not_filed(running: Running) -> None:
    assert "Concept bewaard" in file(running, "-", "--draft", sent=b"{}").stdout


def test_what_is_refused_says_every_reason_and_ends_with_one(running: Running) -> None:
    body = json.dumps(case(workNature=None, remarks="Werknemer 111222333")).encode()
    result = file(running, "-", sent=body)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "/workNature:" in result.stderr
    assert "/remarks:" in result.stderr
    assert "111222333" not in result.output
    problem = file(running, "-", "--json", sent=body)
    assert problem.exit_code == 1
    assert {error["pointer"] for error in json.loads(problem.stdout)["errors"]} == {"/workNature", "/remarks"}
    no_right = file(running, "-", "--role", "inspectorate", sent=json.dumps(case()).encode())
    assert no_right.exit_code == 1
    assert "Traceback" not in no_right.output


def test_ending_and_starting_again_keeps_everything_and_files_nothing_twice(tmp_path: Path) -> None:
    data, port = tmp_path / "map met spaties" / "var", free_port()
    data.parent.mkdir()
    first = start(data, port)
    (number,) = set(NUMBER.findall(first.words))
    credentials = (data / "demo.json").read_bytes()
    assert first.stop() == 0
    assert "Traceback" not in first.words
    assert "Arbobrug is gestopt" in first.words
    unreachable = file(first, "-", sent=json.dumps(case()).encode())
    assert (unreachable.exit_code, unreachable.stdout) == (3, "")
    assert "niet bereikbaar" in unreachable.stderr
    second = start(data, port)
    assert f"De voorbeeldzaak staat er al: {number}" in second.words
    assert set(NUMBER.findall(second.words)) == {number}
    assert (data / "demo.json").read_bytes() == credentials
    assert second.stop(signal.SIGTERM) == 0
    assert "Traceback" not in second.words


def local(port: int, data: Path) -> Result:
    words = ["local", "--port", str(port), "--data", str(data)]
    return CliRunner().invoke(workflows, words, catch_exceptions=False)


@pytest.mark.parametrize("listening", [True, False])
def test_a_taken_port_is_one_sentence(tmp_path: Path, *, listening: bool) -> None:
    """Whether the other program listens already or only holds the port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        if listening:
            other.listen()
        port = other.getsockname()[1]
        result = local(port, tmp_path / "var")
    assert result.exit_code == 2
    assert len(result.stdout.strip().splitlines()) == 1
    assert f"Poort {port} is al in gebruik" in result.stdout
    assert "make run PORT=" in result.stdout
    assert not (tmp_path / "var" / "demo.json").exists()


def test_two_that_start_at_once_on_one_port_end_in_one_sentence() -> None:
    from workflows.local import CannotStart, _listening

    port = free_port()
    with _listening(port), pytest.raises(CannotStart, match="al in gebruik"), _listening(port):
        pass


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = local(free_port(), tmp_path / "file" / "var")
    assert result.exit_code == 2
    assert len(result.stdout.strip().splitlines()) == 1
    assert "kan niet worden geschreven" in result.stdout
    assert "make run DATA=" in result.stdout
