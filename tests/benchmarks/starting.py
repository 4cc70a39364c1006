"""How long the product takes to be ready, beside how long Python takes to import what it stands on."""

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from service import migrate
from service.database import Database
from tests.benchmarks.programs import Program, running, settings
from tests.servers import free_port

_IMPORTS = "import fastapi, sqlmodel, celery"


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the program until it answers that it is ready, and seconds for the imports alone."""

    ready: float
    imports: float


def measure_start(times: int) -> Start:
    """Start the product on SQLite so many times, in turn with the imports; the median of each."""
    with tempfile.TemporaryDirectory(prefix="arbobrug-start-") as name:
        folder, port = Path(name), free_port()
        environment = settings(f"sqlite:///{folder / 'arbobrug.db'}", folder, port)
        database = Database(environment["DATABASE_URL"])
        migrate.upgrade(database.engine)
        database.close()
        pairs = [(_ready(environment, folder, port), _imports()) for _ in range(times)]
    return Start(*(round(statistics.median(column), 3) for column in zip(*pairs, strict=True)))


def _ready(environment: dict[str, str], folder: Path, port: int) -> float:
    began = time.perf_counter()
    with running(
        Program(["-m", "service", "serve", "--port", str(port)], port, folder / "log"), environment
    ) as program:
        program.wait()
        return time.perf_counter() - began


def _imports() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _IMPORTS], check=True)
    return time.perf_counter() - began
