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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from service.client import Api
from service.ids import is_notification_number
from service.web.connecting import FOLDER
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

    @property
    def practice(self) -> str:
        """The address of the stand-in for the demo practice."""
        found = re.search(r"(http://127\.0\.0\.1:\d+)/messages", self.words)
        assert found
        return found[1]

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


@dataclass
class Life:
    """A first start, ended by Ctrl-C, and a second one in the same folder, ended by SIGTERM."""

    first: Running
    second: Running
    health: object
    credentials: bytes
    ends: tuple[int, int]
    answered: dict[str, Any]
    ports_after: tuple[bool, bool]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """One life for the tests that look back on it: each start takes seconds."""
    data, port = tmp_path_factory.mktemp("map met spaties") / "var", free_port()
    first = start(data, port)
    answered = ask_the_practice(first)
    health, credentials = httpx2.get(f"{first.base}/health/ready").json(), (data / "demo.json").read_bytes()
    end = first.stop()
    second = start(data, port)
    ends = (end, second.stop(signal.SIGTERM))
    silent = (is_silent(first.practice), is_silent(second.practice))
    return Life(first, second, health, credentials, ends, answered, silent)


def ask_the_practice(running: Running) -> dict[str, Any]:
    """Send the message of the guide, let the stand-in for the practice answer it, and give the Task after that."""
    words = [sys.executable, "bericht.py", str(running.data / "demo.json"), "bericht.json"]
    sent = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, check=True, timeout=PATIENCE)
    task = sent.stdout.splitlines()[1].split()[0]
    (came,) = until(lambda: httpx2.get(f"{running.practice}/messages").json())
    httpx2.post(f"{running.practice}/messages/{came['id']}/answer", json={"answer": "Fysiotherapie"}).raise_for_status()
    with Api.from_credentials(running.data / "demo.json", "arbodienst") as api:
        found: dict[str, Any] = until(lambda: _completed(api.call("GET", f"/fhir/R4/Task/{task}")[1]))
    return found


def _completed(task: dict[str, Any]) -> dict[str, Any] | None:
    return task if task["status"] == "completed" else None


def until(found: Callable[[], Any]) -> Any:
    """What it gives, once it gives something."""
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


def is_silent(address: str) -> bool:
    """Whether nobody listens there."""
    try:
        httpx2.get(address, timeout=2)
    except httpx2.ConnectError:
        return True
    return False


def test_it_files_the_example_and_shows_each_step(life: Life) -> None:
    words = life.first.words
    assert "private_key_jwt" in words
    assert "Getoetst aan D023 2014.1" in words
    assert "Uitkomst: Voldoet aan de openbare criteria" in words
    assert not {"official", "meets"} & set(words.split())
    (number,) = set(NUMBER.findall(words))
    assert is_notification_number(number)
    assert re.search(r"Geregistreerd \(\d+ ms\)", words)
    assert words.index(number) < words.index("ready")
    assert "Traceback" not in words
    assert life.health == {"database": "ready", "keys": "ready", "relay": "ready"}


def test_the_demo_practice_receives_and_answers_by_a_program_beside_it(life: Life) -> None:
    assert life.answered["businessStatus"]["coding"][0]["code"] == "beantwoord"
    assert life.ports_after == (True, True)


def test_the_credentials_are_there_before_ready_and_for_their_owner_only(life: Life) -> None:
    assert stat.S_IMODE((life.first.data / "demo.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((life.first.data / "signing-keys.json").stat().st_mode) == 0o600
    document = json.loads(life.credentials)
    assert document["base_url"] == life.first.base
    assert {client["role"] for client in document["clients"]} == {"arbodienst", "his", "inspectorate"}
    for client in document["clients"]:
        assert {"client_id", "scopes", "kid", "alg", "private_jwk"} <= client.keys()
    for user in document["users"]:
        assert {"role", "name", "login", "password"} <= user.keys()
        assert user["password"] not in life.first.words


def test_ending_and_starting_again_keeps_everything_and_files_nothing_twice(life: Life) -> None:
    assert life.ends == (0, 0)
    assert "Traceback" not in life.first.words
    assert "Arbobrug is gestopt" in life.first.words
    (number,) = set(NUMBER.findall(life.first.words))
    assert f"De voorbeeldzaak staat er al: {number}" in life.second.words
    assert set(NUMBER.findall(life.second.words)) == {number}
    assert (life.second.data / "demo.json").read_bytes() == life.credentials
    assert "Traceback" not in life.second.words


def local(port: object, data: Path) -> Result:
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


def test_a_folder_with_brackets_in_its_name_is_named_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x[").write_text("x")
    result = local(free_port(), tmp_path / "x[" / "]")
    assert result.exit_code == 2
    assert f"In de map '{tmp_path}/x[/]' kan niet worden geschreven" in result.stdout


@pytest.mark.parametrize(
    "port", ["abc", "0", "99999", "-1", "8000.0", "\N{ARABIC-INDIC DIGIT EIGHT}", "", "[/]", "9" * 5000]
)
def test_a_port_that_does_not_exist_is_one_sentence(tmp_path: Path, port: str) -> None:
    result = local(port, tmp_path / "var")
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 1
    assert f"Poort '{port}' bestaat niet" in result.stderr
    assert f"There is no port '{port}'" in result.stderr
    assert not (tmp_path / "var").exists()


def test_the_port_may_come_from_the_environment(tmp_path: Path) -> None:
    words = ["local", "--data", str(tmp_path / "var")]
    result = CliRunner().invoke(workflows, words, catch_exceptions=False, env={"PORT": "abc"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Poort 'abc' bestaat niet" in result.stderr
