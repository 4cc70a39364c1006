"""The address book: who takes part, how to find them, and how a message reaches them."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from service.identity.access import Role
from service.identity.actions import add_organisation
from service.identity.tables import Account, Organisation
from service.parties import actions
from service.parties.rules import Channel, channel_of, is_endpoint, number_errors
from service.parties.tables import Address, Practitioner
from service.problems import InvalidInput
from tests.api.world import Visitor, World, good, refused


def practice(world: World, name: str, *, agb: str | None = None, **more: Any) -> UUID:
    with world.database.transaction() as session:
        row = add_organisation(session, f"{name} {uuid4().hex[:6]}", "gp-practice", city="Zuidlaren", agb=agb)
        actions.enter_party(session, row, email="praktijk@zuidlaren.example", **more)
        actions.enter_doctor(session, row, "Dokter Brêgeman", Role.HUISARTS.value)
        return row.id


def names(visitor: Visitor, typed: str) -> list[str]:
    return [one["name"] for one in good(visitor.get(f"/parties?q={typed}"), 200)]


def test_a_practice_is_found_by_name_place_number_and_doctor(world: World) -> None:
    doctor, here = world.person(), practice(world, "Praktijk De Brug", agb="01234567")
    found: list[dict[str, Any]] = []
    for typed in ("praktijk brug", "ZUIDLAREN brug", "01234567", "bregeman brug"):
        found = good(doctor.get(f"/parties?q={typed}"), 200)
        assert [one["id"] for one in found] == [str(here)], typed
    assert found[0]["doctors"][0]["role"] == "huisarts"
    assert found[0]["channel"] == "inbox"
    assert names(doctor, "brug zwolle") == []
    assert good(doctor.get(f"/parties/{here}"), 200) == found[0]


def test_a_search_takes_its_marks_as_text(world: World) -> None:
    practice(world, "Praktijk Procent")
    for typed in ("%25", "_", "%27--", "%27%20OR%20x=x"):
        assert names(world.person(), typed) == [], typed


def test_an_organisation_without_an_address_does_not_take_part(world: World) -> None:
    doctor = world.person()
    assert names(doctor, "arbodienst") == []
    refused(doctor.get(f"/parties/{world.organisation.id}"), 404, "not-found")


def test_demo_parties_and_real_ones_do_not_see_each_other(world: World) -> None:
    here = practice(world, "Praktijk Echt")
    visitor = world.person(demo=True)
    assert names(visitor, "echt") == []
    refused(visitor.get(f"/parties/{here}"), 404, "not-found")


def test_a_doctor_who_moved_is_no_longer_there(world: World) -> None:
    here, there = practice(world, "Praktijk Oud"), practice(world, "Praktijk Nieuw")
    with world.database.transaction() as session:
        row = session.exec(select(Practitioner).where(Practitioner.organisation_id == here)).one()
        actions.move_doctor(session, row, there)
    shown = good(world.person().get(f"/parties/{here}"), 200)
    assert shown["doctors"] == []
    assert names(world.person(), "bregeman oud") == []


def test_numbers_of_the_wrong_form_are_refused_together() -> None:
    wrong = number_errors({"big": "123", "uzi": "12345678x", "ura": "1234567", "agb": "123456789"})
    assert [one.pointer for one in wrong] == ["/big", "/uzi", "/ura", "/agb"]
    assert not number_errors({"big": "99000000101", "uzi": "900000009", "ura": "90000001", "agb": None})


def test_a_doctor_with_a_wrong_number_is_not_entered(world: World) -> None:
    here = practice(world, "Praktijk Nummer")
    with pytest.raises(InvalidInput), world.database.transaction() as session:
        actions.enter_doctor(session, session.get_one(Organisation, here), "Dokter", "huisarts", big="1")
    assert len(good(world.person().get(f"/parties/{here}"), 200)["doctors"]) == 1


@pytest.mark.parametrize(
    "endpoint, email, bounced, accounts, channel",
    [
        ("https://his.example/fhir", "a@b.example", False, True, Channel.FHIR),
        (None, "a@b.example", False, False, Channel.INBOX),
        (None, "a@b.example", True, False, Channel.LETTER),
        (None, "a@b.example", True, True, Channel.INBOX),
        (None, None, False, True, Channel.INBOX),
        (None, None, False, False, Channel.LETTER),
    ],
)
def test_a_message_goes_by_the_surest_way(
    endpoint: str | None, email: str | None, bounced: bool, accounts: bool, channel: Channel
) -> None:
    assert channel_of(endpoint, email, bounced=bounced, has_accounts=accounts) is channel


@pytest.mark.parametrize(
    "url, good_one",
    [
        ("https://his.example/fhir/R4", True),
        ("https://his.example:8443/fhir", True),
        ("http://127.0.0.1:9000/fhir", True),
        ("http://his.example/fhir", False),
        ("https://user@his.example/fhir", False),
        ("https://his.example/fhir?to=elsewhere", False),
        ("https://his.example/fhir#x", False),
        ("https://his.example:port/fhir", False),
        ("https:///fhir", False),
        ("file:///etc/passwd", False),
        ("ldap://his.example", False),
        ("//his.example/fhir", False),
        ("", False),
    ],
)
def test_only_a_plain_https_address_is_pinned(world: World, url: str, good_one: bool) -> None:
    assert is_endpoint(url) is good_one
    here = practice(world, "Praktijk Pin")
    with world.database.transaction() as session:
        address = session.get_one(Address, here)
        if good_one:
            actions.connect_party(session, address, url, url, "arbobrug")
        else:
            with pytest.raises(InvalidInput) as refusal:
                actions.connect_party(session, address, url, url, "arbobrug")
            assert [one.pointer for one in refusal.value.errors] == ["/fhirEndpoint", "/tokenEndpoint"]


def test_two_parties_settle_another_response_time(world: World) -> None:
    asker, asked = practice(world, "Praktijk Vraagt"), practice(world, "Praktijk Antwoordt")
    for days in (7, 3):
        settle(world, asker, asked, "referral", days)
        with world.database.reading() as session:
            assert actions.response_days(session, asker, asked, "referral") == days
            assert actions.response_days(session, asked, asker, "referral") == 10
    with pytest.raises(InvalidInput) as refusal:
        settle(world, asker, asked, "gossip", 0)
    assert [one.pointer for one in refusal.value.errors] == ["/kind", "/workingDays"]


def settle(world: World, asker: UUID, asked: UUID, kind: str, days: int) -> None:
    with world.database.transaction() as session:
        sides = session.get_one(Organisation, asker), session.get_one(Organisation, asked)
        actions.settle_response_time(session, "beheer", *sides, kind, days)


def test_the_agreement_is_open_to_all_in_two_languages(world: World) -> None:
    dutch = world.http.get("/v1/agreement")
    english = world.http.get("/v1/agreement", headers={"Accept-Language": "en"})
    assert dutch.json()["version"] == english.json()["version"]
    assert dutch.json()["kinds"][0]["title"] != english.json()["kinds"][0]["title"]
    assert dutch.headers["ETag"] != english.headers["ETag"]


def test_only_who_exchanges_sees_the_address_book(world: World) -> None:
    for role in (Role.REGISTRY, Role.INSPECTORATE, Role.WORKER, Role.ASSISTANT, Role.ADMINISTRATOR):
        refused(world.person(role).get("/parties?q=a"), 403, "forbidden")


def test_a_practice_with_people_has_an_inbox_even_without_mail(world: World) -> None:
    with world.database.transaction() as session:
        row = add_organisation(session, f"Praktijk Zonder {uuid4().hex[:6]}", "gp-practice")
        actions.enter_party(session, row)
        organisation = row.id
    assert good(world.person().get(f"/parties/{organisation}"), 200)["channel"] == "letter"
    huisarts = world.person(Role.HUISARTS)
    with world.database.transaction() as session:
        session.get_one(Account, huisarts.id).organisation_id = organisation
    assert good(world.person().get(f"/parties/{organisation}"), 200)["channel"] == "inbox"
