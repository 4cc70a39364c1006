"""The knowledge and registry pages in a real browser: no axe violation, nothing cut off, from 320 to 1280 pixels."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from urllib.parse import urlencode

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.identity import sessions
from service.identity.access import Role, Scope
from service.identity.actions import add_client
from service.identity.tables import Account
from tests.api.world import Visitor, World, good, opened, with_override
from tests.identity.world import authorization
from tests.servers import PATIENCE, needs_chromium

pytestmark = needs_chromium
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OPEN_PAGES = (
    "/",
    "/kennis",
    "/kennis/richtlijnen/D023",
    "/kennis/richtlijnen/EU-401",
    "/kennis/richtlijnen/TSB-SIL",
    "/kennis/zesstappenplan",
    "/kennis/codes",
    "/kennis/codes/diagnosis?q=rug",
    "/kennis/maatregelen?blootstelling=D-lifting&sector=F",
    "/kennis/uitleg",
    "/kennis/koppelen",
    "/kennis/koppelen/inhoud",
    "/kennis/koppelen/fouten",
    "/nergens",
    "/meldingen?lang=en",  # the page on which one signs in
    "/oauth/authorize",  # refused: it lacks everything
)


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    copyfile(sqlite_template, folder / "arbobrug.db")
    with opened(f"sqlite:///{folder / 'arbobrug.db'}", folder) as made:
        yield made


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """The program behind a real port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, lifespan="off", log_level="critical"))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    serving.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    serving.join(PATIENCE)


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def sign_in(world: World, window: BrowserContext, address: str, visitor: Visitor) -> Page:
    assert isinstance(visitor.row, Account)
    with world.database.transaction() as session:
        known = sessions.begin(session, visitor.row)
    name = sessions.cookie_name("arbobrug", world.settings)
    window.add_cookies([{"name": name, "value": known, "url": address}])
    return window.new_page()


def complaints(page: Page) -> list[str]:
    """Everything wrong with the page as it stands, at both ends of what we promise."""
    found = []
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{page.url} at {width}: wider than the window")
        for violation in Axe().run(page, options=_RULES).response["violations"]:
            places = [node["html"][:160] for node in violation["nodes"]]
            found.append(f"{page.url} at {width}: {violation['id']} {json.dumps(places)}")
    return found


def test_the_open_pages_are_accessible_and_fit(window: BrowserContext, address: str) -> None:
    page = window.new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Security Policy" in message.text else None)
    wrong = []
    for path in OPEN_PAGES:
        page.goto(address + path)
        wrong += complaints(page)
    assert wrong == []
    assert blocked == []


def test_the_desk_is_accessible_and_fits_from_queue_to_decision(
    world: World, window: BrowserContext, address: str
) -> None:
    world.person().file(with_override(remarks="Gezien bij Bouwbedrijf B.V. en <b>meer</b>."))
    page = sign_in(world, window, address, world.person(Role.REGISTRY))
    page.goto(f"{address}/beheer")
    wrong = complaints(page)
    page.click("main .item__title a")
    wrong += complaints(page)
    page.click("button[value=return]")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.id") == "fouten"
    wrong += complaints(page)
    page.fill("#question-1", "Hoe zwaar was de last?")
    page.click("button[value=add-question]")
    page.wait_for_selector("#question-2")
    assert page.evaluate("document.activeElement.id") == "question-2"
    wrong += complaints(page)
    page.click("button[value=return]")
    page.wait_for_url("**gedaan=return")
    wrong += complaints(page)
    assert wrong == []


def test_the_signal_desk_is_accessible_and_fits(world: World, window: BrowserContext, address: str) -> None:
    world.person().post("/signals", {"case": {"diagnosis": {"text": "Onbekende longziekte"}}, "why": "Drie gevallen."})
    page = sign_in(world, window, address, world.person(Role.REGISTRY))
    page.goto(f"{address}/beheer/signalen")
    wrong = complaints(page)
    page.click("main .item__title a")
    wrong += complaints(page)
    page.click("main form button")
    page.wait_for_selector("[role=alert]")
    wrong += complaints(page)
    page.check("#verdict-watch")
    page.fill("#reason", "Wachten op meer gevallen.")
    page.click("main form button")
    page.wait_for_url("**gedaan=true")
    wrong += complaints(page)
    assert wrong == []


def test_the_doctor_answers_the_questions_of_the_registry(world: World, window: BrowserContext, address: str) -> None:
    doctor, registry = world.person(), world.person(Role.REGISTRY)
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar was de last?", "Hoe vaak?"]), 201)
    page = sign_in(world, window, address, doctor)
    page.goto(f"{address}/meldingen/{mine}/bewerken")
    assert page.evaluate("document.activeElement.id") == "answer"
    assert "Hoe zwaar was de last?" in page.inner_text("section:has(#answer)")
    page.fill("#answer", "Vraag het aan 123456782")
    expect(page.locator("[id='answer.error']")).to_contain_text("BSN")
    wrong = complaints(page)
    page.fill("#answer", "Twintig kilo, de hele dag.")
    expect(page.locator("[id='answer.error']")).to_be_empty()
    page.reload()
    assert page.input_value("#answer") == "Twintig kilo, de hele dag."
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/ontvangst")
    page.goto(f"{address}/meldingen/{mine}")
    assert "Opnieuw ingediend" in page.inner_text("main")
    assert "Twintig kilo, de hele dag." in page.inner_text("main")
    wrong += complaints(page)
    page = sign_in(world, window, address, registry)
    page.goto(f"{address}/beheer/meldingen/{mine}")
    assert "Twintig kilo, de hele dag." in page.inner_text("section:has(#verloop)")
    wrong += complaints(page)
    assert wrong == []


def test_signing_in_and_giving_access_are_accessible_and_fit(
    world: World, window: BrowserContext, address: str
) -> None:
    with world.database.transaction() as session:
        add_client(
            session,
            client_id="vendor",
            name="Programma",
            grant_type="authorization_code",
            scopes=[Scope.FILE, Scope.CHECK],
            redirect_uris=["https://vendor.example/terug"],
            public=True,
        )
    page = window.new_page()
    page.goto(f"{address}/meldingen")
    page.fill("#login", "niemand")
    page.fill("#password", "verkeerd")
    page.click("main button")
    page.wait_for_selector("[role=alert]")
    wrong = complaints(page)
    page = sign_in(world, window, address, world.person())
    asked = authorization()
    del asked["verifier"]
    page.goto(f"{address}/oauth/authorize?{urlencode(asked)}")
    page.get_by_role("heading", name="Toegang geven").wait_for()
    wrong += complaints(page)
    assert wrong == []


@pytest.mark.parametrize("role", [Role.BEDRIJFSARTS, Role.REGISTRY])
def test_the_start_and_a_closed_door_are_accessible_and_fit(
    world: World, window: BrowserContext, address: str, role: Role
) -> None:
    page = sign_in(world, window, address, world.person(role))
    page.goto(address)
    wrong = complaints(page)
    page.goto(f"{address}/beheer")
    wrong += complaints(page)
    assert wrong == []
