"""Both databases, with the whole program or without it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.database import Database
from tests.api.world import World, opened


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with opened(database_url, tmp_path) as made:
        yield made
