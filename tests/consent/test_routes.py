"""GET /v1/consents: a doctor sees what the own organisation asked, a worker the own consents, and nobody more."""

from typing import Any
from uuid import uuid4

from service.consent.tables import Consent
from service.identity.access import Caller, Role
from service.identity.tables import Account
from tests.api.world import Visitor, World, good, refused
from tests.consent.care import Care


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
