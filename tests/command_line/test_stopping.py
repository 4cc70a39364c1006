"""Ctrl-C and SIGTERM at any moment of `python -m workflows local`: a clean end, nobody left behind, nothing spoiled."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.places import ROOT
from tests.servers import free_port

PATIENCE = 60.0
# A test run in the background has interrupts switched off, and what it starts inherits that.
INTERRUPTIBLE = (
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " runpy.run_module('workflows', run_name='__main__', alter_sys=True)"
)


@dataclass
class Run:
    """A start of the program, in a process group of its own."""

    process: "subprocess.Popen[bytes]"
    said: Path

    def words(self) -> str:
        return self.said.read_text()

    def reach(self, moment: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not moment():
            assert self.process.poll() is None, self.words()
            assert time.monotonic() < deadline, self.words()
            time.sleep(0.002)

    def ended_by(self, number: signal.Signals) -> int:
        """Send the signal to the program, or to its whole group as a terminal does; gives the exit code."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        assert "Traceback" not in self.words()
        assert "mislukt" not in self.words()
        with pytest.raises(ProcessLookupError):
            os.killpg(self.process.pid, 0)  # an empty group: no child is left
        return code


def start(data: Path) -> Run:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    said = data.with_name(f"{data.name}-{time.monotonic_ns()}.log")
    words = [sys.executable, "-c", INTERRUPTIBLE, "local", "--port", str(free_port()), "--data", str(data)]
    with said.open("wb") as output:
        process = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Run(process, said)


def test_interrupts_at_bad_moments_end_it_quietly_and_the_next_start_files_the_example_once(tmp_path: Path) -> None:
    data, marker = tmp_path / "var", tmp_path / "var" / "example.json"
    preparing = start(data)
    preparing.reach((data / "arbobrug.db").exists)
    assert preparing.ended_by(signal.SIGINT) == 130
    filing = start(data)
    filing.reach(lambda: "1. Toegangsbewijs" in filing.words())
    assert filing.ended_by(signal.SIGINT) == 0, "stopped on purpose is not failed"
    key = json.loads(marker.read_text())["key"]
    whole = start(data)
    whole.reach(lambda: "ready" in whole.words())
    assert whole.ended_by(signal.SIGTERM) == 0
    assert json.loads(marker.read_text())["key"] == key
    assert json.loads(marker.read_text())["number"] in whole.words()
    assert [word for word in ("True", "False", "None") if word in whole.words()] == [], "words for a person"
