"""What the documents tell people to type exists; test_filing and test_local run what they promise."""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app as service
from tests.house.places import ROOT
from workflows.cli import app as workflows

DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "deploy").rglob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
# A command in the middle of a sentence.
INLINE = re.compile(r"`((?:make|python3? -m|\.venv/bin/python -m) [^`]+)`")
PROGRAMS = {"service": service, "workflows": workflows}

# Programs that a reader of a line has, or is told to get; what is ours is tried below.
ELSEWHERE = {
    "apt-get", "bash", "cat", "cd", "cp", "curl", "docker", "export", "git", "jq", "kubectl", "ls", "mkdir", "openssl",
    "pg_dump", "pg_restore", "psql", "redis-cli", "sudo",
}  # fmt: skip


def lines() -> list[tuple[str, str]]:
    """Every command in a block or a sentence, once per document it stands in; a trailing backslash goes on."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text()
        blocks = [block.replace("\\\n", " ").splitlines() for kind, block in FENCE.findall(text) if kind == "sh"]
        commands = [*(line.strip() for block in blocks for line in block), *INLINE.findall(FENCE.sub("", text))]
        found += [(str(document.relative_to(ROOT)), line) for line in dict.fromkeys(commands) if is_command(line)]
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
    shown = {line for document, line in COMMANDS if document == "README.md"}
    assert {"make run", "make test", "make bench", "make run PORT=8001 DATA=/tmp/arbobrug"} <= shown
    assert {document for document, _ in COMMANDS} >= {"README.md", "CONTRIBUTING.md", "deploy/README.md"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_block_with_a_command_says_it_is_one(document: Path) -> None:
    """A block of another kind would not be looked at."""
    others = [block for kind, block in FENCE.findall(document.read_text()) if kind != "sh"]
    assert not [block for block in others if re.search(r"^\W*(make|python3?|curl|sudo) ", block, flags=re.MULTILINE)]


@pytest.mark.parametrize("document, line", COMMANDS)
def test_a_command_is_one_we_know(document: str, line: str) -> None:
    match words(line):
        case ["make", *targets]:
            known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
            assert {target for target in targets if "=" not in target} <= known, document
        case [python, "-m", ("service" | "workflows") as program, *rest] if is_python(python):
            shown = help_of(program, tuple(subcommands(rest)))
            assert [word for word in rest if word.startswith("--") and word.split("=")[0] not in shown] == []
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
def help_of(program: str, commands: tuple[str, ...]) -> set[str]:
    """The words of what the command says of itself."""
    asked = CliRunner().invoke(PROGRAMS[program], [*commands, "--help"], env={"COLUMNS": "200"})
    assert asked.exit_code == 0, asked.output
    return set(asked.stdout.split())
