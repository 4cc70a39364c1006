"""The program for the tests of pages, and a browser for those that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.web.site import Site, on_sqlite, serving


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The program without a server: for pages without script."""
    with on_sqlite(sqlite_template, tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The program on a port of this machine, for a real browser."""
    port = free_port()
    with on_sqlite(sqlite_template, tmp_path_factory.mktemp("served"), port=port) as made, serving(made.app, port):
        yield made
