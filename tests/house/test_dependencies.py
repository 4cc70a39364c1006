"""What we import we declare, what we declare is locked, and a lock is the same for everybody."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from tests.house.places import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock"]
OURS = {"deploy", "fhir", "service", "tests", "workflows"}

# Part of another library's own interface, and that library must choose their versions.
CHOSEN_BY = {"pydantic": "fastapi", "pydantic-core": "fastapi", "starlette": "fastapi", "kombu": "celery"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*groups: str) -> set[str]:
    """The names of what pyproject.toml asks for."""
    content = project()
    wanted = [*content["project"]["dependencies"]]
    for group in groups:
        wanted += content["dependency-groups"][group]
    return {normal(re.split(r"[\s\[<>=!~;]", line, maxsplit=1)[0]) for line in wanted}


def entries(lock: str) -> dict[str, str]:
    """What a lock names: each entry with everything that belongs to it."""
    text = (ROOT / lock).read_text()
    found = {}
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        name, _, rest = entry.partition("==")
        found[normal(name)] = rest
    return found


def version(entry: str) -> str:
    return entry.split(maxsplit=1)[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    assert len(entries(lock)) > 50
    assert [name for name, entry in entries(lock).items() if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert re.findall(r"https?://\S+|file:\S+|^-.*|.* @ .*", (ROOT / lock).read_text(), flags=re.MULTILINE) == []


def test_tests_run_on_what_people_run() -> None:
    run, development = entries("requirements.lock"), entries("requirements-dev.lock")
    assert {name: version(entry) for name, entry in run.items()}.items() <= {
        name: version(entry) for name, entry in development.items()
    }.items()


def test_everything_declared_is_locked() -> None:
    assert declared() <= set(entries("requirements.lock"))
    assert declared("dev") <= set(entries("requirements-dev.lock"))


def imported(folder: str) -> Iterator[tuple[str, Path]]:
    """Each foreign package that the folder's code imports, and where."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for name in names_in(node):
                top = name.partition(".")[0]
                if name.startswith("fhir.resources"):
                    yield "fhir.resources", path
                elif top not in sys.stdlib_module_names and top not in OURS:
                    yield top, path


def names_in(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case _:
            return []


def is_declared(name: str, wanted: set[str], distributions: dict[str, list[str]]) -> bool:
    """Whether what we import by this name comes from something we asked for."""
    homes = {normal(home) for home in distributions.get(name, [name])}
    return any(home in wanted or CHOSEN_BY.get(home) in wanted for home in homes)


@pytest.mark.parametrize(
    "folder, groups", [("fhir", ()), ("service", ()), ("workflows", ()), ("tests", ("dev",)), ("deploy", ())]
)
def test_everything_imported_is_declared(folder: str, groups: tuple[str, ...]) -> None:
    wanted, distributions = declared(*groups), dict(packages_distributions())
    missing = {
        f"{name} in {path.relative_to(ROOT)}"
        for name, path in imported(folder)
        # The programs of the guide stand beside each other in one folder, as a vendor keeps them.
        if not is_declared(name, wanted, distributions) and not path.with_name(f"{name}.py").exists()
    }
    assert missing == set()


def test_looking_for_imports_finds_some() -> None:
    assert {name for name, _ in imported("service")} >= {"fastapi", "sqlmodel"}
