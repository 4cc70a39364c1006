"""The pages of a file in a real browser: no axe violation and nothing cut off, from 320 to 1280 pixels."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.batches.files import csv_of, row
from tests.servers import free_port, needs_chromium
from tests.web.site import Site, on_sqlite, serving

pytestmark = needs_chromium
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
HOME = "/meldingen/groep-bestand"


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    port = free_port()
    with on_sqlite(sqlite_template, tmp_path_factory.mktemp("site"), port=port) as made, serving(made.app, port):
        yield made


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    name, value = site.cookie(site.person())
    context = browser.new_context(base_url=site.settings.base_url)
    context.add_cookies([{"name": name, "value": value, "url": site.settings.base_url}])
    yield context.new_page()
    context.close()


def look(page: Page) -> None:
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = json.loads(json.dumps(Axe().run(page, options=_RULES).response["violations"]))
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_a_file_is_sent_seen_and_filed_in_three_clicks(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "groep.csv"
    file.write_bytes(csv_of([row(), row(geslacht=""), row(werk="Bij Bouwbedrijf Jansen B.V.")]))
    page.goto(HOME)
    page.get_by_text("Welke kolommen").click()
    look(page)
    page.get_by_label("Uw bestand").set_input_files(file)
    page.get_by_role("button", name="Bekijk de rijen").click()
    page.get_by_role("heading", name="Rijen nakijken").wait_for()
    look(page)
    page.screenshot(path=tmp_path / "preview.png", full_page=True)
    page.get_by_role("button", name="Dien 2 meldingen in").click()
    page.get_by_role("heading", name="Verslag per rij").wait_for()
    assert page.get_by_text("ingediend", exact=True).count() == 2
    look(page)
