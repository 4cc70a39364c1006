"""The FHIR door on each database, and the systems that knock on it."""

from collections.abc import Iterator

import pytest

from tests.api.world import World, on_postgres, on_sqlite
from tests.wire.senders import Sender, new_sender


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The program, once on SQLite and once on PostgreSQL: for what is kept."""
    folder = tmp_path_factory.mktemp("wire")
    if request.param == "sqlite":
        with on_sqlite(request.getfixturevalue("sqlite_template"), folder) as made:
            yield made
    else:
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        with on_postgres(server, template, folder) as made:
            yield made


@pytest.fixture(scope="module")
def one_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The program on SQLite alone: for manners, which know no storage."""
    with on_sqlite(request.getfixturevalue("sqlite_template"), tmp_path_factory.mktemp("manners")) as made:
        yield made


@pytest.fixture
def sender(world: World) -> Sender:
    """A system of an organisation of its own."""
    return new_sender(world)


@pytest.fixture
def visitor(one_world: World) -> Sender:
    """The same, for manners."""
    return new_sender(one_world)
