"""Exchanges in a real browser: the budget of the huisarts, the keyboard, and pages that everybody can use."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.servers import needs_chromium
from tests.web.clinics import FACTS, FINDINGS, NAME, QUESTIONS, Clinics, clinics_in
from tests.web.site import Site

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser")]

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
ONE = re.compile(r"/verwijzingen/[0-9a-f-]{36}$")
Open = Callable[..., Page]


@pytest.fixture
def opened(served: Site, browser: Browser) -> Iterator[Open]:
    """Opens a page, for somebody who is signed in or for nobody, in a window of their own."""
    contexts: list[BrowserContext] = []

    def open_page(address: str, person: UUID | None = None, size: dict[str, int] | None = None, **options: Any) -> Page:
        context = browser.new_context(viewport=size or DESKTOP, base_url=served.settings.base_url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        if person:
            name, value = served.cookie(person)
            context.add_cookies([{"name": name, "value": value, "url": served.settings.base_url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def clinics(served: Site) -> Clinics:
    return clinics_in(served)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_huisarts_answers_within_the_budget_and_without_an_account(
    clinics: Clinics, opened: Open, script: bool
) -> None:
    clinics.sent()
    page, clicks = opened(clinics.link(), java_script_enabled=script), 0
    for press in ("Mail de code", "Lees het bericht", "Ik neem dit over"):
        if press == "Lees het bericht":
            clinics.relay()
            page.get_by_label("Code").fill(clinics.code())
        if press == "Ik neem dit over":
            expect(page.locator("main")).to_contain_text(QUESTIONS[0])
            assert page.get_by_role("button", name=press).bounding_box()["y"] < 900, "without scrolling"  # type: ignore[index]
            page.get_by_label("Korte regel").fill("Volgende week hoort u meer")
        page.get_by_role("button", name=press).click()
        clicks += 1
    expect(page.locator("main")).to_contain_text("Overgenomen")
    assert clicks <= 3


def test_the_huisarts_answers_by_keyboard_alone(clinics: Clinics, opened: Open) -> None:
    clinics.sent()
    page = opened(clinics.link())
    page.get_by_role("button", name="Mail de code").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    clinics.relay()
    page.keyboard.type(clinics.code())
    page.keyboard.press("Enter")
    page.get_by_text("Geef antwoord op de vragen").focus()
    page.keyboard.press("Enter")
    for text in (FACTS, ""):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.tagName") != "TEXTAREA":
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_label("niet gevraagd of niet bekend").nth(1)).to_be_checked()
    page.get_by_label("Mondeling").check()
    page.get_by_role("textbox", name="Hoe de werkende ja zei").fill("Zei ja aan de telefoon")
    page.get_by_role("button", name="Verstuur met toestemming").press("Enter")
    clinics.relay()
    page.reload()
    expect(page.locator("main")).to_contain_text("Beantwoord")


def test_a_doctor_asks_by_keyboard_with_boxes_that_search(clinics: Clinics, opened: Open) -> None:
    page = opened("/verwijzingen/nieuw?soort=information-request", clinics.doctor)
    box = page.get_by_role("combobox", name="Praktijk of arts")
    box.press_sequentially(clinics.practice_name.split()[1])
    expect(page.locator(".combobox__option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value(re.compile("Huisarts"))
    page.get_by_label("Naam", exact=True).fill(NAME)
    page.get_by_label("Geboortedatum").fill("9-3-1971")
    page.get_by_label("Uw vraag").fill(QUESTIONS[0])
    page.get_by_label("Uw bevindingen").fill(FINDINGS)
    page.get_by_role("button", name="Vraag toestemming").press("Enter")
    expect(page.locator("svg.qr")).to_be_visible()
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        examined(page, "link")
    page.get_by_role("link", name="Klaar").press("Enter")
    page.wait_for_url(ONE)
    page.goto("/verwijzingen/nieuw?soort=referral")
    known = page.get_by_role("combobox", name="Eerder ingevuld")
    known.press_sequentially("truus")
    expect(page.locator(".combobox__option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(known).to_have_value(NAME)


def test_enter_in_a_field_sends_nothing(clinics: Clinics, opened: Open) -> None:
    page = opened("/verwijzingen/nieuw?soort=information-request", clinics.doctor)
    page.get_by_label("Naam", exact=True).fill(NAME)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Naam", exact=True)).to_have_value(NAME)
    expect(page.locator(".alert--error")).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_fits_and_is_accessible(clinics: Clinics, opened: Open, size: dict[str, int]) -> None:
    back = clinics.sent()
    advice = clinics.sent(kind="advice-request")
    gp = clinics.huisarts()
    page = opened("/verwijzingen", clinics.doctor, size)
    examined(page, "lijst")
    page.goto("/verwijzingen/nieuw")
    examined(page, "soort")
    page.goto("/verwijzingen/nieuw?soort=second-opinion")
    page.get_by_role("combobox", name="Praktijk of arts").fill(clinics.practice_name)
    page.wait_for_selector("[role=option]")
    unfold(page)
    examined(page, "nieuw")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Vraag toestemming").click()
    page.get_by_role("heading", name="Nog niet verstuurd").wait_for()
    examined(page, "fouten")
    for name, address in (("vrager", back), ("brief", f"{back}/brief"), ("omzetten", f"{advice}/omzetten")):
        page.goto(address)
        unfold(page)
        examined(page, name)
    asked = opened(back, gp, size)
    unfold(asked)
    examined(asked, "gevraagde")
    asked.get_by_role("button", name="Ik heb een vraag").click()
    asked.get_by_role("heading", name="Nog niet verstuurd").wait_for()
    examined(asked, "gevraagde-fout")
    path = clinics.link()
    there = opened(path, None, size)
    examined(there, "bericht")
    there.get_by_role("button", name="Mail de code").click()
    clinics.relay()
    there.get_by_label("Code").fill(clinics.code())
    examined(there, "code")
    there.get_by_role("button", name="Lees het bericht").click()
    unfold(there)
    examined(there, "scherm")


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")


def examined(page: Page, name: str) -> None:
    """Nothing sticks out at the side, and axe finds no fault."""
    wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{name} is {wide} px wide"
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    faults = [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found.response["violations"]]
    assert not faults, f"{name}: {faults}"
