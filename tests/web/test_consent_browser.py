"""The worker on a phone, in a real browser without script: how many taps it takes, and whether everybody can use it."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from service.consent.rules import Basis, State
from tests.consent.care import BIRTH_YEAR, Care, care_in
from tests.servers import needs_chromium
from tests.web.site import Site

pytestmark = needs_chromium
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
MOST_TAPS, MOST_TAPS_TO_STOP = 5, 2


class Phone:
    """A page that counts what a thumb does."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.pages = page, 0, 0
        page.on("domcontentloaded", self._loaded)

    def _loaded(self, _: Page) -> None:
        self.pages += 1

    def tap(self, selector: str) -> None:
        self.taps += 1
        self.page.tap(selector)

    def fill(self, selector: str, text: str) -> None:
        """Tap a field and type."""
        self.tap(selector)
        self.page.keyboard.type(text)

    def complaints(self) -> list[str]:
        """Everything wrong with the page as it stands, at both ends of what we promise. Axe itself is a script."""
        found = []
        for width in (320, 1280):
            self.page.set_viewport_size({"width": width, "height": 640})
            if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{self.page.url} at {width}: wider than the window")
            for violation in Axe().run(self.page, options=_RULES).response["violations"]:
                places = [node["html"][:160] for node in violation["nodes"]]
                found.append(f"{self.page.url} at {width}: {violation['id']} {json.dumps(places)}")
        self.page.set_viewport_size({"width": 320, "height": 640})
        return found


@pytest.fixture
def phone(browser: Browser) -> Iterator[Phone]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    yield Phone(context.new_page())
    context.close()


@pytest.fixture
def care(served: Site) -> Care:
    return care_in(served.database, served.app.state.vault)


def test_a_worker_consents_within_five_taps_on_one_screen_and_stops_in_two(
    served: Site, care: Care, phone: Phone
) -> None:
    asked = care.ask()
    assert asked.link
    address = f"{served.settings.base_url}{asked.link.path}"
    phone.page.goto(address)
    phone.fill("#answer", str(BIRTH_YEAR))
    phone.tap("main button[type=submit]")
    phone.page.wait_for_selector("text=Uw werkgever krijgt dit niet te zien.")
    assert phone.page.url == address
    phone.tap("button[value=yes]")
    phone.page.wait_for_selector("h1:has-text('U zei ja')")
    assert phone.taps <= MOST_TAPS
    assert phone.pages == 3, "the check, one screen, and the result"
    assert care.consent(asked.consent.id).state == State.GIVEN

    phone.page.goto(address)
    phone.taps = 0
    phone.tap("a[href$=intrekken]")
    phone.page.wait_for_selector("h1:has-text('Wilt u stoppen?')")
    phone.tap("main button[type=submit]")
    phone.page.wait_for_selector("h1:has-text('U bent gestopt')")
    assert phone.taps <= MOST_TAPS_TO_STOP
    assert care.consent(asked.consent.id).state == State.WITHDRAWN


def test_yes_and_no_are_the_same_size_beside_or_below_each_other(served: Site, care: Care, phone: Phone) -> None:
    enter(served, care, phone)
    yes, no = (phone.page.locator(f"button[value={value}]").bounding_box() for value in ("yes", "no"))
    assert yes
    assert no
    assert (yes["width"], yes["height"]) == (no["width"], no["height"])
    assert min(yes["height"], yes["width"]) >= 44
    looks = [
        phone.page.locator(f"button[value={value}]").evaluate(
            "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.borderColor, s.fontWeight] }"
        )
        for value in ("yes", "no")
    ]
    assert looks[0] == looks[1]


def test_every_page_of_the_worker_is_accessible_and_fits_on_a_phone(served: Site, care: Care, phone: Phone) -> None:
    care.ask(basis=Basis.ORAL, evidence="Zei aan de telefoon dat het mag.")
    asked = care.ask()
    assert asked.link
    page, address = phone.page, f"{served.settings.base_url}{asked.link.path}"
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Security Policy" in message.text else None)
    page.goto(address)
    wrong = phone.complaints()
    phone.fill("#answer", "1900")
    phone.tap("main button[type=submit]")
    page.wait_for_selector("[role=alert]")
    wrong += phone.complaints()
    phone.fill("#answer", str(BIRTH_YEAR))
    phone.tap("main button[type=submit]")
    page.wait_for_selector("button[value=later]")
    wrong += phone.complaints()
    phone.tap("button[value=later]")
    page.wait_for_selector("[role=status]")
    wrong += phone.complaints()
    phone.tap("button[value=yes]")
    page.wait_for_selector("h1:has-text('U zei ja')")
    wrong += phone.complaints()
    phone.tap("a[href$=intrekken]")
    page.wait_for_selector("h1:has-text('Wilt u stoppen?')")
    wrong += phone.complaints()
    page.goto(f"{served.settings.base_url}/dossier")
    for summary in page.locator("summary").all():
        summary.tap()
    wrong += phone.complaints()
    page.goto(f"{served.settings.base_url}/toestemming/nergens")
    wrong += phone.complaints()
    assert wrong == []
    assert blocked == []


def test_everything_works_by_keyboard_and_without_script(served: Site, care: Care, browser: Browser) -> None:
    asked = care.ask()
    assert asked.link
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.settings.base_url}{asked.link.path}")
    page.focus("#answer")
    page.keyboard.type(str(BIRTH_YEAR))
    page.keyboard.press("Enter")
    page.wait_for_selector("button[value=no]")
    page.focus("button[value=yes]")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('U zei nee')")
    assert care.consent(asked.consent.id).state == State.REFUSED
    context.close()


def enter(served: Site, care: Care, phone: Phone) -> None:
    asked = care.ask()
    assert asked.link
    phone.page.goto(f"{served.settings.base_url}{asked.link.path}")
    phone.fill("#answer", str(BIRTH_YEAR))
    phone.tap("main button[type=submit]")
    phone.page.wait_for_selector("button[value=yes]")
