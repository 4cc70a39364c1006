"""One program per database for a module of tests: every test brings practices and a worker of its own."""

from collections.abc import Iterator

import pytest

from service.database import Database
from service.persons.vault import Vault
from tests.api.world import World, on_the_asked_database
from tests.consent.care import Care, care_in


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with on_the_asked_database(request, tmp_path_factory.mktemp("consent")) as made:
        yield made


@pytest.fixture
def storage(world: World) -> tuple[Database, Vault]:
    return world.database, world.app.state.vault


@pytest.fixture
def care(storage: tuple[Database, Vault]) -> Care:
    return care_in(*storage)
