"""The virtual environment in .venv, holding exactly what a lock file names."""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from deploy.bootstrap.sentences import CannotGoOn, of_pip_log

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MINOR = "{}.{}".format(*sys.version_info)
# There while pip writes packages: an interrupt then leaves half a package, which pip would take for a whole one.
UNFINISHED = VENV / "unfinished"
LOG = ROOT / "var" / "install.log"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file, and the smaller ones that installing it satisfies as well."""

    name: str
    includes: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return ROOT / self.name


RUN = Lock("requirements.lock")
# The development lock is resolved within the other one (`make lock`), so whoever has it needs no second installation.
DEVELOPMENT = Lock("requirements-dev.lock", includes=("requirements.lock",))


def prepare(lock: Lock, *, command: str) -> None:
    """Leave .venv with what the lock names; when it already has that, this costs two small reads."""
    if is_installed(lock.name):
        return
    with one_at_a_time():
        if is_installed(lock.name):
            return
        if not fits():
            create(command)
        for name in (lock.name, *lock.includes):
            stamp_of(name).unlink(missing_ok=True)
        install(lock, command=command)
        for name in (lock.name, *lock.includes):
            stamp_of(name).write_text(stamp_now(name))


def stamp_of(name: str) -> Path:
    return VENV / f"installed-{name}.json"


def stamp_now(name: str) -> str:
    """What the stamp says when this lock is installed for this Python; its third digit is .venv's own affair."""
    digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    return json.dumps({"lock": digest, "python": MINOR})


def is_installed(name: str) -> bool:
    stamp = stamp_of(name)
    return os.access(PYTHON, os.X_OK) and stamp.is_file() and stamp.read_text() == stamp_now(name)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let a second `make` wait for the first: two installations in one environment spoil each other."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.with_suffix(".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is installing; waiting for it ...", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fits() -> bool:
    """Whether .venv holds a working Python of the version asked for, with its pip, and no half installation."""
    if UNFINISHED.exists() or not os.access(PYTHON, os.X_OK):
        return False
    question = "import sys, pip; print('{}.{}'.format(*sys.version_info))"
    answer = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == MINOR


def create(command: str) -> None:
    """Make .venv anew with this Python."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotGoOn(
            f"Python {platform.python_version()} at {sys.executable} cannot make a virtual environment; install the"
            f" Debian package python3-venv (apt-get install python3-venv), or name another Python:"
            f" make {command} PYTHON=python3.12"
        )
    print(f"Making .venv with Python {platform.python_version()} ...", flush=True)
    remove(VENV)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if made.returncode != 0:
        LOG.write_text(made.stdout)
        remove(VENV)
        raise CannotGoOn(f"Making .venv failed: {last_line(made.stdout)} The whole output is in {shown(LOG)}.")


def remove(folder: Path) -> None:
    """Take away a folder or what stands in its place; a link is taken away itself, not what it points to."""
    if folder.is_symlink() or folder.is_file():
        raise CannotGoOn(f"A file stands where a folder is needed: {shown(folder)}. Move it away and try again.")
    if folder.exists():
        shutil.rmtree(folder)


def install(lock: Lock, *, command: str) -> None:
    """Install the lock with pip as this user has set it up, keeping its words in var/install.log."""
    total = count_packages(lock)
    print(f"Installing {total} packages (first time: about a minute) ...", flush=True)
    # fmt: off
    words = [
        str(PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check",
        "--progress-bar", "off", "--requirement", str(lock.path),
    ]
    # fmt: on
    environment = os.environ | {"PIP_USER": "0", "PYTHONUNBUFFERED": "1"}  # a user's `user = true` forbids every .venv
    with (
        LOG.open("w") as log,
        subprocess.Popen(
            words, env=environment, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as pip,
    ):
        assert pip.stdout is not None
        show_progress(pip.stdout, log, total)
    if pip.returncode != 0:
        sentence = of_pip_log(LOG.read_text(), lock=lock.name, command=command)
        raise CannotGoOn(f"Installing failed: {sentence} The log is in {shown(LOG)}.")
    UNFINISHED.unlink(missing_ok=True)
    print("Installed.", flush=True)


def count_packages(lock: Lock) -> int:
    """How many packages the lock names for any machine; pip says which of them this machine leaves out."""
    return len(re.findall(r"^[a-z0-9][^\s=]*==", lock.path.read_text(), flags=re.MULTILINE))


def show_progress(lines: Iterable[str], log: TextIO, total: int) -> None:
    """Copy pip's words to the log and show only how far it is: one line on a terminal, one in ten elsewhere."""
    terminal = sys.stdout.isatty()
    found = 0
    for line in lines:
        log.write(line)
        if line.startswith("Ignoring "):
            total -= 1
        elif line.startswith(("Collecting ", "Requirement already satisfied")):
            found += 1
            if terminal:
                print(f"\r  {found} of {total} found ", end="", flush=True)
            elif found % 20 == 0:
                print(f"  {found} of {total} found", flush=True)
        elif line.startswith("Installing collected packages"):
            UNFINISHED.touch()
            print(("\r" if terminal else "") + f"  {total} of {total} found, unpacking ...", flush=True)
        elif "Retrying (" in line:
            print(("\r" if terminal else "") + "  the package index does not answer, trying again ...", flush=True)


def last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no output.")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
