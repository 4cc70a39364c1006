"""What the documents tell people to type exists."""

import re
import shlex
import subprocess
import sys
from functools import cache

import pytest

from tests.house.places import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```sh\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)

# Programs that a reader of a line has, or is told to get; what is ours is tried below.
ELSEWHERE = {
    "apt-get", "bash", "cat", "cd", "cp", "curl", "docker", "export", "git", "jq", "kubectl", "ls", "mkdir", "openssl",
    "pg_dump", "pg_restore", "psql", "redis-cli", "sudo",
}  # fmt: skip


def lines() -> list[tuple[str, str]]:
    """Every command in a block marked `sh`, with the document it stands in; a trailing backslash goes on."""
    found = []
    for document in DOCUMENTS:
        for block in FENCE.findall(document.read_text()) if document.exists() else []:
            commands = block.replace("\\\n", " ").splitlines()
            found += [(str(document.relative_to(ROOT)), line.strip()) for line in commands if is_command(line)]
    return found


def is_command(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def words(line: str) -> list[str]:
    """The words of a command, without settings before it (PORT=80 make run) and what it is piped into."""
    every = shlex.split(line.split(" | ", maxsplit=1)[0].split(" && ", maxsplit=1)[0], comments=True)
    while every and re.match(r"[A-Z_]+=", every[0]):
        every = every[1:]
    return every


COMMANDS = lines()


def is_python(word: str) -> bool:
    return re.fullmatch(r"(\.venv/bin/)?python3?", word) is not None


def test_the_documents_show_commands() -> None:
    assert COMMANDS, "no command found: these tests would otherwise pass by looking at nothing"


@pytest.mark.parametrize("document, line", COMMANDS)
def test_a_command_is_one_we_know(document: str, line: str) -> None:
    match words(line):
        case ["make", *targets]:
            known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
            assert {target for target in targets if "=" not in target} <= known, document
        case [python, "-m", ("service" | "workflows") as program, *rest] if is_python(python):
            check_help(program, tuple(subcommands(rest)))
        case [python, "-m", "pytest", *_] if is_python(python):
            pass
        case [program, *_]:
            assert program in ELSEWHERE or (ROOT / program).is_file(), f"{document}: {line}"
        case _:
            pytest.fail(f"{document}: {line} says nothing")


def subcommands(rest: list[str]) -> list[str]:
    """The words up to the first option or value: what may be followed by --help."""
    found: list[str] = []
    for word in rest:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        found.append(word)
    return found


@cache
def check_help(program: str, commands: tuple[str, ...]) -> None:
    """Ask the command for help; every option shown in a document is not checked, every name is."""
    run = subprocess.run(
        [sys.executable, "-m", program, *commands, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
