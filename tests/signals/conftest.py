"""One program per database for each module of tests: every test brings doctors and cases of its own."""

from collections.abc import Iterator

import pytest

from service.identity.access import Role
from tests.api.world import Visitor, World, on_the_asked_database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with on_the_asked_database(request, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def doctor(world: World) -> Visitor:
    return world.person()


@pytest.fixture(scope="module")
def registry(world: World) -> Visitor:
    return world.person(Role.REGISTRY)
