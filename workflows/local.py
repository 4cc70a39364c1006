"""The embedded form: web, API and relay in one process on SQLite, with demo parties and one example case."""

import asyncio
import contextlib
import fcntl
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.markup import escape

from service import migrate
from service.app import create_app
from service.database import Database
from service.demo.seeding import seed
from service.settings import Settings
from workflows.example import file_example
from workflows.relay import EmbeddedRelay

_HOST = "127.0.0.1"
_console = Console(highlight=False, soft_wrap=True)


class CannotStart(Exception):  # noqa: N818 - a sentence for a person, not a fault
    """Something stands in the way; the message says what to do."""


def run(port: int, data: Path, *, example: bool = True) -> int:
    """Run until Ctrl-C; gives the exit code."""
    try:
        _prepare_folder(data)
        with _alone_in(data), _listening(port) as listener:
            return _serve(port, data, listener, example=example)
    except CannotStart as reason:
        _console.print(f"[bold red]Arbobrug kan niet starten.[/] {escape(str(reason))}")
        return 2


def _serve(port: int, data: Path, listener: socket.socket, *, example: bool) -> int:
    settings = Settings(data=data, base_url=f"http://{_HOST}:{port}", demo=True)
    with _prepared_database(settings) as database:
        relay = EmbeddedRelay(database, settings)
        server = _Server(_uvicorn_config(settings, relay))
        greeter = threading.Thread(target=_greet, args=(server, settings, example), daemon=True)
        server.stop_on_signals()
        relay.start()
        greeter.start()
        try:
            asyncio.run(server.serve(sockets=[listener]))
        finally:
            relay.stop()
    greeter.join(timeout=5)
    _console.print("Arbobrug is gestopt. Uw gegevens staan in", escape(str(data)))
    return 1 if server.failed else 0


class _Server(uvicorn.Server):
    """Uvicorn, stopped by a flag: its own handlers raise the signal again, which ends in a traceback."""

    failed = False

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to us."""
        yield

    def stop_on_signals(self) -> None:
        """Finish the requests in hand and stop, on Ctrl-C and on SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, number: int, _: object) -> None:
        # A second Ctrl-C means now. A second SIGTERM means nothing: make sends one beside that of the process group.
        self.force_exit = self.should_exit and number == signal.SIGINT
        self.should_exit = True


def _uvicorn_config(settings: Settings, relay: EmbeddedRelay) -> uvicorn.Config:
    path = settings.data / "arbobrug.log"
    path.touch(mode=0o600)
    log = path.open("a", encoding="utf-8")
    app = create_app(settings, log, {"relay": relay.is_alive})
    return uvicorn.Config(app, access_log=False, log_level="warning", timeout_graceful_shutdown=5)


@contextlib.contextmanager
def _prepared_database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.storage_url)
    try:
        migrate.upgrade(database.engine)
        with database.transaction() as session:
            seed(session, settings)
        yield database
    finally:
        database.close()


def _prepare_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe = data / ".write-test"
        probe.write_text("x", encoding="utf-8")
        probe.unlink()
    except OSError:
        raise CannotStart(
            f"In de map '{data}' kan niet worden geschreven. Kies een andere: make run DATA=/een/andere/map"
        ) from None


@contextlib.contextmanager
def _alone_in(data: Path) -> Iterator[None]:
    """Hold the folder for ourselves: two programs would write each other's demo.json and share one database file."""
    with (data / "arbobrug.lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"In de map '{data}' draait al een Arbobrug. Stop die, of kies er een: make run DATA=/een/andere/map"
            ) from None
        yield


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
            listener.listen()  # at once: until somebody listens, a second start could take the same port
        except OSError:
            raise CannotStart(
                f"Poort {port} is al in gebruik of niet toegestaan. Kies een andere: make run PORT={_free_port()}"
            ) from None
        yield listener


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _greet(server: _Server, settings: Settings, example: bool) -> None:
    while not server.started:
        if server.should_exit:
            return
        threading.Event().wait(0.02)
    try:
        if example:
            file_example(settings, _console)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person must hear it and the program must stop
        if server.should_exit:
            return  # stopped meanwhile, on purpose: its key is kept, and the next start files the same example
        _console.print(f"[bold red]De voorbeeldzaak is mislukt:[/] {type(error).__name__}: {escape(str(error))}")
        server.failed = server.should_exit = True
        return
    _console.print(
        f"\nAanmelden: de gegevens staan in {escape(str(settings.data / 'demo.json'))} (alleen voor u leesbaar)\n"
        f"[bold green]ready[/] - Arbobrug draait op {settings.base_url}   (stoppen: Ctrl-C)"
    )
    sys.stdout.flush()
