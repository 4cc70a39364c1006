"""An audit trail of its own for each test, and somebody with every right on the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.database import Database
from tests.audit.trail import Trail


@pytest.fixture
def trail(database_url: str, tmp_path: Path) -> Iterator[Trail]:
    database = Database(database_url)
    yield Trail(database, tmp_path / "data")
    database.close()
