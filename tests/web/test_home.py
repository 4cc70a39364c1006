"""The first page, and the page that says what went wrong."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from service.identity.access import Role
from service.identity.web_session import home_of
from service.problems import Unavailable
from service.web import knowledge
from tests.api.world import BASE, SYSTEMS, World, opened, with_override
from tests.web.visits import HTML, Browser, text_of


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    copyfile(sqlite_template, folder / "arbobrug.db")
    with opened(f"sqlite:///{folder / 'arbobrug.db'}", folder) as made:
        yield made


def test_a_visitor_sees_what_it_is_and_one_door_for_each(world: World) -> None:
    page = Browser(world).get("/")
    for door in ("/meldingen/nieuw", "/beheer", "/kennis", "/aanmelden?next=/"):
        assert f'href="{door}"' in page.text
    assert "geen naam van de werkende" in text_of(page)
    assert page.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize(
    "role, door",
    [
        (Role.BEDRIJFSARTS, "/meldingen/nieuw"),
        (Role.VERZEKERINGSARTS, "/meldingen/nieuw"),
        (Role.REGISTRY, "/beheer"),
        (Role.HUISARTS, "/verwijzingen"),
        (Role.INSPECTORATE, "/kennis"),
        (Role.ADMINISTRATOR, "/kennis"),
        (Role.WORKER, "/kennis"),
    ],
)
def test_every_role_has_one_next_thing(world: World, role: Role, door: str) -> None:
    page = Browser(world, world.person(role)).get("/")
    assert page.text.count("button--primary") == 1
    assert f'<a class="button button--primary" href="{door}">' in page.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", [role for role in Role if role not in SYSTEMS])
def test_the_page_that_one_begins_at_opens_for_the_role(world: World, role: Role) -> None:
    acts_for = world.person() if role is Role.ASSISTANT else None
    Browser(world, world.person(role, acts_for=acts_for)).get(home_of(role))


def test_an_assistant_prepares_and_sees_the_doctors_drafts(world: World) -> None:
    doctor = world.person()
    doctor.draft()
    text = Browser(world, world.person(Role.ASSISTANT, acts_for=doctor)).see("/")
    assert "1 in concept" in text
    assert "Melding klaarzetten" in text
    assert "kwamen terug" not in text


def test_the_registry_sees_how_much_waits(world: World) -> None:
    world.person(demo=True).file(with_override())
    assert "1 te beoordelen" in Browser(world, world.person(Role.REGISTRY, demo=True)).see("/")


def test_an_unknown_page_says_what_to_do_and_keeps_its_status(world: World) -> None:
    page = Browser(world).get("/nergens", 404)
    assert "begin bij de startpagina" in text_of(page)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "We cannot find this page" in Browser(world).see("/nergens?lang=en", 404)


def test_who_is_signed_in_stays_so_on_an_error_page(world: World) -> None:
    assert "Ietske" in Browser(world, world.person()).see("/nergens", 404)


def test_a_wrong_method_gets_a_page_too(world: World) -> None:
    answer = Browser(world).http.post("/kennis")
    assert answer.status_code == 405
    assert "Dit kan hier niet" in text_of(answer)
    assert "openapi" not in answer.text


@pytest.mark.parametrize("path", ["/v1/nergens", "/v1/notifications", "/oauth/nergens", "/health/nergens"])
def test_programs_get_a_problem_document_whatever_they_accept(world: World, path: str) -> None:
    answer = Browser(world).http.get(path)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_asked_for_as_json_answers_in_json(world: World) -> None:
    answer = Browser(world).http.get("/nergens", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"


def test_our_own_fault_is_a_page_with_every_protection(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("geheim")

    monkeypatch.setattr(knowledge, "all_lists", broken)
    with TestClient(world.app, base_url=BASE, raise_server_exceptions=False, headers=HTML) as http:
        page = http.get("/kennis/codes")
    assert page.status_code == 500
    assert "Het ligt niet aan u." in text_of(page)
    assert "geheim" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_database_that_is_away_still_gives_a_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception("weg"))

    monkeypatch.setattr("service.web.home._tasks", away)
    page = Browser(world, world.person()).get("/", 503)
    assert "We kunnen nu niets opslaan." in text_of(page)
    assert page.headers["retry-after"] == Unavailable().headers["Retry-After"]
