"""One program per database for each module of tests, and two practices that write to each other about a worker."""

from collections.abc import Iterator

import pytest

from tests.api.world import World, on_the_asked_database
from tests.referrals.parties import Parties


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with on_the_asked_database(request, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def parties(world: World) -> Parties:
    return Parties(world)
