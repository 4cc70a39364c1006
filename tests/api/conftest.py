"""One program for each module of tests: every test brings visitors and cases of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.identity.access import Role
from tests.api.world import Visitor, World, on_sqlite


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite: what is tested here happens before any database has a say."""
    with on_sqlite(sqlite_template, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def doctor(world: World) -> Visitor:
    return world.person()


@pytest.fixture(scope="module")
def registry(world: World) -> Visitor:
    return world.person(Role.REGISTRY)
