"""One database for a module of tests, once on each; every test brings practices and a worker of its own."""

from collections.abc import Iterator
from shutil import copyfile

import pytest

from service.database import Database
from service.persons.vault import Vault
from tests.consent.care import Care, care_in, opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def storage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Vault]]:
    folder = tmp_path_factory.mktemp("consent")
    if request.param == "sqlite":
        copyfile(request.getfixturevalue("sqlite_template"), folder / "arbobrug.db")
        with opened(f"sqlite:///{folder / 'arbobrug.db'}", folder) as made:
            yield made
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    name = server.create(template)
    with opened(server.url(name), folder) as made:
        yield made
    server.drop(name)


@pytest.fixture
def care(storage: tuple[Database, Vault]) -> Care:
    return care_in(*storage)
