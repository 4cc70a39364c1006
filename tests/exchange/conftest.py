"""One program per database for each module, and a poisoned case in every state that a consent can be in."""

from collections.abc import Iterator

import pytest

from tests.api.world import World, on_the_asked_database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with on_the_asked_database(request, tmp_path_factory.mktemp("world")) as made:
        yield made
