"""The program for the tests of pages, and a browser for those that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.servers import chromium_program, free_port
from tests.web.site import Site, on_sqlite, serving

_CHROMIUM = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
    " --no-first-run"
).split()


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests of a worker."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_program(), args=_CHROMIUM)
        yield chromium
        chromium.close()
