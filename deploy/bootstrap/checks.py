"""What `make test` does: get the programs that tests drive, run every check, and say how each went."""

import os
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.bootstrap.environment import PYTHON, ROOT, VENV

REPORT = ROOT / "var" / "tests.xml"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that tests start, and the Debian package that has it."""

    name: str
    package: str
    places: str = ""


PROGRAMS = (
    Program("initdb", "postgresql", places="usr/lib/postgresql/*/bin/initdb"),
    Program("redis-server", "redis-server"),
    Program("chromium", "chromium"),
    Program("node", "nodejs"),
    Program("npm", "npm"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """A step of `make test`."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step went, and how long it took."""

    check: Check
    seconds: float
    passed: bool


def tool(name: str, *words: str) -> tuple[str, ...]:
    return (str(VENV / "bin" / name), *words)


CHECKS = (
    Check("format", tool("ruff", "format", "--check", "--diff", "--quiet")),
    Check("lint", tool("ruff", "check")),
    Check("types", tool("mypy")),
    Check("imports", tool("lint-imports", "--no-logo")),
    # Two workers, a whole file to each: a file's tests may share one server, and CI has two cores.
    Check("tests", (str(PYTHON), "-m", "pytest", "-n", "2", "--dist", "loadfile", f"--junitxml={REPORT}")),
)


def run_all() -> int:
    """Run every check, also after one has failed, and end with what a reader needs: how each went, and the counts."""
    install_programs()
    REPORT.unlink(missing_ok=True)
    outcomes = [run(check) for check in CHECKS]
    print_summary(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def run(check: Check) -> Outcome:
    print(f"\n== {check.name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(check.words, check=False).returncode
    return Outcome(check, time.monotonic() - began, code == 0)


def print_summary(outcomes: Sequence[Outcome]) -> None:
    print(f"\n{'step':<10}{'seconds':>9}")
    for outcome in outcomes:
        print(f"{outcome.check.name:<10}{outcome.seconds:>9.1f}  {'ok' if outcome.passed else 'FAILED'}")
    # CI reads this last line in any language; without a report pytest did not get as far as running a test.
    print(counts(REPORT) if REPORT.is_file() else "0 passed, 1 failed", flush=True)


def counts(report: Path) -> str:
    """Add up pytest's report: errors while preparing a test count as failures of it."""
    # The report is our own pytest's, written seconds ago.
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    total, skipped = number(suites, "tests"), number(suites, "skipped")
    failed = number(suites, "failures") + number(suites, "errors")
    return f"{total - skipped - failed} passed, {failed} failed, {skipped} skipped"


def number(suites: Sequence[ET.Element], name: str) -> int:
    return sum(int(suite.get(name, "0")) for suite in suites)


def is_there(program: Program) -> bool:
    return shutil.which(program.name) is not None or any(Path("/").glob(program.places or "nowhere"))


def install_programs() -> None:
    """Install what the tests drive if we may; what stays missing is named, and its tests are skipped."""
    missing = [program for program in PROGRAMS if not is_there(program)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install_packages([program.package for program in missing])
        missing = [program for program in missing if not is_there(program)]
    if missing:
        print_missing(missing)


def install_packages(packages: Sequence[str]) -> None:
    print(f"Installing {', '.join(packages)} with apt-get ...", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)


def print_missing(missing: Sequence[Program]) -> None:
    names = " ".join(program.package for program in missing)
    rule = "!" * 100
    print(rule, f"NOT TESTED: what needs {names}.", f"To test it too: sudo apt-get install {names}", rule, sep="\n")
