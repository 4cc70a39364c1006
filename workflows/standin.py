"""The stand-in for the system of the demo practice, as a program of its own beside the embedded form."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from service.identity.demo import demo_file
from service.settings import Settings

_HOST = "127.0.0.1"
_ROOT = Path(__file__).parents[1]
_PATIENCE = 5.0


@dataclass
class StandIn:
    """A port that is held from the start, and the program that answers there once it is started.

    What is sent before that waits at the port, so nothing waits for the program.
    """

    listener: socket.socket
    credentials: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def base_url(self) -> str:
        """Where it is reached."""
        return f"http://{_HOST}:{self.listener.getsockname()[1]}"

    def start(self) -> None:
        """Start it. It ends by itself when we do, however that comes: its standard input closes then."""
        number = self.listener.fileno()
        words = ["-m", "deploy.standin_his", "--fd", str(number), "--base-url", self.base_url]
        command = [sys.executable, *words, "--credentials", str(self.credentials.resolve())]
        # In a group of its own: a Ctrl-C of the terminal is for us, and we end it.
        self.process = subprocess.Popen(  # noqa: S603
            command, cwd=_ROOT, stdin=subprocess.PIPE, pass_fds=[number], process_group=0
        )

    def stop(self) -> None:
        """End it, and wait for that."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def standing_in(settings: Settings) -> Iterator[StandIn]:
    """Hold a free port for the stand-in; whatever was started there ends with the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((_HOST, 0))
        listener.listen()
        practice = StandIn(listener, demo_file(settings))
        try:
            yield practice
        finally:
            practice.stop()
