"""GET /v1/consents: a doctor sees what the own organisation asked, a worker the own consents, and nobody more."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from service.consent.capacity import CannotDecide
from service.consent.tables import Consent
from service.identity.access import Caller, Role
from service.identity.tables import Account
from tests.api.world import BASE, Visitor, World, good, refused
from tests.consent.care import BIRTH_YEAR, Care


def as_visitor(world: World, caller: Caller) -> Visitor:
    with world.database.reading() as session:
        return Visitor(world, session.get_one(Account, caller.subject))


def seen(visitor: Visitor, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = good(visitor.get(f"/consents{query}"), 200)
    return found


def test_a_doctor_sees_what_the_own_organisation_asked(world: World, care: Care) -> None:
    there = care.ask().consent
    back = care.ask(care.crossing(back=True)).consent
    doctor, gp, stranger = as_visitor(world, care.doctor), as_visitor(world, care.gp), world.person()
    (shown,) = seen(doctor)
    assert shown["id"] == str(there.id)
    assert (shown["state"], shown["textSha256"]) == ("requested", there.text_sha256)
    assert "werkgever" not in str(shown)
    assert [one["id"] for one in seen(gp)] == [str(back.id)]
    assert seen(stranger) == []
    assert seen(stranger, f"?personId={care.person_id}") == []
    assert seen(doctor, f"?personId={uuid4()}") == []
    assert care.events()[-1].event == "consent.overview"


def test_the_list_comes_in_pages_newest_first(world: World, care: Care) -> None:
    asked = [str(care.ask().consent.id) for _ in range(3)]
    doctor = as_visitor(world, care.doctor)
    first = doctor.get(f"/consents?limit=2&personId={care.person_id}")
    assert [one["id"] for one in first.json()] == asked[:0:-1]
    rest = doctor.world.http.get(first.links["next"]["url"], headers={"Authorization": f"Bearer {doctor.token()}"})
    assert [one["id"] for one in rest.json()] == asked[:1]
    for wrong in ("x", "WzFd", "WyJ4Il0"):
        refused(doctor.get(f"/consents?cursor={wrong}"), 400, "invalid-input")


def test_a_worker_with_a_token_sees_only_the_own(world: World, care: Care) -> None:
    care.ask()
    assert seen(world.person(Role.WORKER), f"?personId={care.person_id}") == []


def test_a_demo_doctor_sees_no_real_consent(world: World, care: Care) -> None:
    row = care.ask().consent
    with world.database.transaction() as session:
        session.get_one(Consent, row.id).demo = True
    assert seen(as_visitor(world, care.doctor)) == []


def test_a_doctor_of_the_own_organisation_notes_a_death(world: World, care: Care) -> None:
    door = f"/persons/{care.person_id}/death"
    refused(as_visitor(world, care.gp).post(door), 404, "not-found")
    for _ in range(2):
        assert as_visitor(world, care.doctor).post(door).status_code == 204
    with pytest.raises(CannotDecide):
        care.ask()


def test_the_log_never_holds_the_secret_of_a_link(world: World, care: Care) -> None:
    asked = care.ask()
    assert asked.link
    with TestClient(world.app, base_url=BASE, follow_redirects=False, raise_server_exceptions=False) as browser:
        browser.get(asked.link.path)
        browser.post(f"{asked.link.path}/controle", data={"answer": str(BIRTH_YEAR)})
        care.change(asked.consent.id, text=b"spoiled")
        assert browser.get(asked.link.path).status_code == 500
        secrets = [asked.link.path.removeprefix("/toestemming/"), *(cookie.value for cookie in browser.cookies.jar)]
    logged = world.log.getvalue()
    assert "http.internal-error" in logged
    assert len(secrets) == 2
    assert not [secret for secret in secrets if secret and secret in logged]
