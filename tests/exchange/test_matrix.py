"""Every door, for everybody, in every state of consent: who may read finds it, nobody else meets a word of it.

The doors are those that the program really has. One that is new is knocked on by itself, or fails a test here until it
is said what it opens and what it takes.
"""

import re
from collections.abc import Mapping
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from sqlmodel import col
from starlette.testclient import TestClient

from service.audit.tables import PersonEvent
from service.clock import today
from service.parties.rules import Channel
from service.referrals.rules import MessageState
from service.referrals.tables import Message
from tests.api.doors import Door, real
from tests.api.test_doors import KNOWLEDGE, PUBLIC
from tests.api.world import World, good
from tests.exchange.cases import STATES, Case, Viewer, may_read, must_read, new_case, viewers
from tests.referrals.parties import LETTER

EXCHANGE = (
    "/v1/referrals",
    "/v1/consents",
    "/v1/parties",
    "/v1/me",
    "/toestemming",
    "/dossier",
    "/verwijzingen",
    "/bericht",
)
BY_FHIR = ("/fhir/R4/Task", "/fhir/R4/Bundle", "/fhir/R4/$submission-history", "/fhir/R4/$process-message")
# What stands in the place of a name in an address, by the kinds of id that are tried there.
PLACES: Mapping[str, tuple[str, ...]] = {
    "id": ("referral", "message", "consent"),
    "attachmentId": ("attachment",),
    "file": ("attachment",),
    "token": ("token",),
    "form": ("form",),
}
ASKED_FOR = {
    "GET /v1/referrals": ("?box=sent", "?box=inbox"),
    "GET /v1/parties": ("?q=praktijk",),
    "GET /verwijzingen": ("?box=sent", "?box=inbox"),
}
# A row about these would itself tell what the doctor alone may know: that an exchange and a notification are linked.
UNWRITTEN = {"GET /v1/referrals/links"}
SHOWN_TO_WHO_HAS_THE_LINK = ("GET /toestemming/{token}", "GET /bericht/{token}")
# On PostgreSQL the states in which most is decided by a query; the other ones differ in nothing that a database does.
FEW = ("given", "withdrawn", "answered")

# These have no scope for any of it, whatever the state: a few states are enough to see that.
KEPT_OUT = {"registry", "inspectorate", "administrator", "clinical-team", "system of the inspectorate", "nobody"}


def within(door: Door) -> bool:
    return door.path.startswith(EXCHANGE + BY_FHIR)


def closed(world: World, method: str = "") -> list[Door]:
    """The doors behind which something of somebody may be."""
    found = [door for door in real(world.app) if door.name not in PUBLIC and not door.name.startswith(KNOWLEDGE)]
    return [door for door in found if (door.method == "GET") == (method == "GET")]


def addresses(case: Case, door: Door) -> list[str]:
    """The door with every id of the case that may stand in it."""
    ids = {**case.ids, "token": [case.path.rpartition("/")[2]], "form": ["csv"]}
    names = re.findall(r"\{([^}]*)\}", door.path)
    kinds = [PLACES[name] if within(door) else PLACES[name][:1] for name in names]
    if not door.path.startswith("/fhir/") and names[:1] == ["id"]:
        kinds[0] = ("consent",) if door.path.startswith("/dossier") else ("referral",)
    filled = [[one for kind in each for one in ids[kind]] for each in kinds]
    found = []
    for values in product(*filled):
        address = door.path
        for name, value in zip(names, values, strict=True):
            address = address.replace(f"{{{name}}}", value)
        found += [address + query for query in ASKED_FOR.get(door.name, ("",))]
    return found


@pytest.fixture(scope="module")
def other_worker(world: World) -> TestClient:
    return new_case(world).worker


def written(case: Case) -> int:
    with case.world.database.reading() as session:
        found = select(func.count()).select_from(PersonEvent).where(col(PersonEvent.subject) == case.subject)
        return session.scalar(found) or 0


@pytest.mark.parametrize("state", STATES)
def test_by_no_door_does_anybody_meet_a_word_without_consent(
    world: World, other_worker: TestClient, state: str
) -> None:
    if world.database.engine.dialect.name == "postgresql" and state not in FEW:
        return
    case = new_case(world)
    STATES[state](case)
    everywhere = state == "answered" and world.database.engine.dialect.name == "sqlite"
    doors = [door for door in closed(world, "GET") if within(door) or everywhere]
    assert len([door for door in doors if within(door)]) > 15, "hardly any door found: this would look at nothing"
    people = viewers(case, other_worker)
    assert len(people) > 15
    for viewer in people if state in FEW else [one for one in people if one.name not in KEPT_OUT]:
        met = _met(case, viewer, doors, may_read(viewer.name, state, case.poison))
        assert must_read(viewer.name, state, case.poison) <= met, f"{viewer.name}, {state}: cannot find what is allowed"


def _met(case: Case, viewer: Viewer, doors: list[Door], allowed: frozenset[str]) -> frozenset[str]:
    """Every word that a viewer meets by these doors, each look at the case written down."""
    met = frozenset[str]()
    before, marks = written(case), [case.id, case.parties.row(case.id).reference, *case.ids["message"]]
    for door in doors:
        for address in addresses(case, door):
            answer = viewer.knock("GET", address)
            words, after = case.poison.within(answer.text), written(case)
            where = f"{viewer.name} at {address}: {answer.status_code}"
            assert answer.status_code < 500, where
            assert words <= allowed, f"{where} shows {sorted(words - allowed)}"
            if answer.status_code == 200 and (words or any(mark in answer.text for mark in marks)):
                assert after > before or door.name in UNWRITTEN, (
                    f"{where} shows something, and nothing was written down"
                )
            if viewer.name not in PARTIES:
                _is_closed(door, answer, marks, where)
            met, before = met | words, after
    return met


# Consents are listed for every doctor of the organisation that asked: which parts, and never a word of them.
PARTIES = {
    "specialist at the practice",
    "asker", "asked", "asked's colleague", "asker's colleague", "worker", "system of the asked", "system of the asker",
}  # fmt: skip


def _is_closed(door: Door, answer: Response, marks: list[str], where: str) -> None:
    """A stranger is told that there is nothing, and meets no id either; what was asked is not said back."""
    if "{" in door.path and door.name not in SHOWN_TO_WHO_HAS_THE_LINK and "{form}" not in door.path:
        assert answer.status_code in {303, 401, 403, 404}, where
    if answer.status_code == 200 and "{" not in door.path:
        assert not [mark for mark in marks if mark in answer.text], where


# What a change takes, so that it is refused for who asks and not for what is sent.
BODIES: Mapping[str, Any] = {
    "POST /v1/referrals": lambda case: case.new(
        person=None, personId=case.ids["person"][0], consent={"basis": "oral", "evidence": "x"}
    ),
    "POST /v1/referrals/links": lambda case: {"notificationId": str(uuid4()), "referralId": case.id},
    "POST /v1/referrals/{id}/consent-request": lambda _: {},
    "POST /v1/referrals/{id}/acceptance": lambda _: None,
    "POST /v1/referrals/{id}/progress": lambda _: None,
    "POST /v1/referrals/{id}/question": lambda _: {"text": "Wat is er bekend?"},
    "POST /v1/referrals/{id}/rejection": lambda _: {"reason": "other", "text": "Niet hier"},
    "POST /v1/referrals/{id}/failure": lambda _: {"text": "Niet gelukt"},
    "POST /v1/referrals/{id}/cancellation": lambda _: {"text": "Niet meer nodig"},
    "POST /v1/referrals/{id}/supplement": lambda _: {"letter": {"findings": LETTER["findings"]}},
    "POST /v1/referrals/{id}/reply": lambda case: case.answer(),
    "POST /v1/referrals/{id}/conversion": lambda _: {},
    "POST /v1/referrals/{id}/attachments": lambda _: b"Platte tekst",
    "POST /toestemming/{token}/controle": lambda _: {"answer": "1900"},
    "POST /toestemming/{token}/antwoord": lambda _: {"answer": "yes", "sha256": "0", "csrf": "0"},
    "POST /toestemming/{token}/intrekken": lambda _: {"csrf": "0"},
    "POST /dossier/toestemming/{id}/intrekken": lambda _: {"csrf": "0"},
    "POST /dossier/bezwaar": lambda case: {
        "csrf": "0", "sender": str(case.parties.asker.organisation), "recipient": str(case.parties.asked.organisation),
    },
    "POST /dossier/bezwaar/{id}/stoppen": lambda _: {"csrf": "0"},
    "POST /v1/referrals/{id}/posting": lambda _: {"postedOn": "2026-01-05"},
    "POST /v1/referrals/calendar-address": lambda _: None,
    "DELETE /v1/referrals/calendar-address": lambda _: None,
    "POST /verwijzingen/nieuw": lambda _: {"csrf": "0", "act": "send"},
    "POST /verwijzingen/agenda": lambda _: {"csrf": "0", "act": "make"},
    "POST /verwijzingen/{id}": lambda _: {"csrf": "0", "act": "accept"},
    "POST /verwijzingen/{id}/aanvulling": lambda _: {"csrf": "0"},
    "POST /verwijzingen/{id}/bijlagen": lambda _: {"csrf": "0"},
    "POST /verwijzingen/{id}/omzetten": lambda _: {"csrf": "0"},
    "POST /bericht/{token}": lambda _: {"csrf": "0", "act": "accept"},
    "POST /bericht/{token}/bijlagen": lambda _: {"csrf": "0"},
    "POST /bericht/{token}/code": lambda _: {"csrf": "0"},
    "POST /bericht/{token}/controle": lambda _: {"code": "000000"},
    "POST /fhir/R4/Bundle/$validate": lambda _: b"{}",
    "POST /fhir/R4/$process-message": lambda _: b"{}",
    "PUT /fhir/R4/Task/{id}": lambda case: {
        "resourceType": "Task", "id": case.id, "status": "accepted", "intent": "order",
    },
}  # fmt: skip
# These change nothing of the case, whoever knocks.
HARMLESS = {
    "POST /fhir/R4/Bundle/$validate",
    "POST /fhir/R4/$process-message",
    "POST /toestemming/{token}/controle",
    "POST /v1/referrals/calendar-address",
    "DELETE /v1/referrals/calendar-address",
}


def changing(world: World) -> list[Door]:
    return [door for door in closed(world) if within(door)]


def test_it_is_said_of_every_door_that_changes_something_what_it_takes(world: World) -> None:
    assert {door.name for door in changing(world)} == set(BODIES)


def test_no_stranger_changes_anything(world: World, other_worker: TestClient) -> None:
    case = new_case(world)
    STATES["given"](case)
    before, consent = case.parties.row(case.id), case.ids["consent"]
    strangers = [one for one in viewers(case, other_worker) if one.name not in PARTIES]
    for viewer, door in product(strangers, changing(world)):
        for address in addresses(case, door):
            headers = {"If_Match": f'W/"{before.version}"', "Content_Type": "text/plain"}
            sent = headers if door.path.endswith("/attachments") else {"If_Match": headers["If_Match"]}
            answer = viewer.knock(door.method, address, BODIES[door.name](case), **sent)
            where = f"{viewer.name} at {door.method} {address}: {answer.status_code}"
            assert not case.poison.within(answer.text), where
            assert door.name in HARMLESS or _kept_out(answer), f"{where} {answer.text[:300]}"
    after = case.parties.row(case.id)
    assert (after.version, after.state, case.ids["consent"]) == (before.version, before.state, consent)


def _kept_out(answer: Response) -> bool:
    """Refused, or sent to sign in first."""
    to_sign_in = answer.status_code == 303 and answer.headers["Location"].startswith("/aanmelden")
    return to_sign_in or answer.status_code in {401, 403, 404}


# By whom each change is made for real, so that what is written down of it can be counted.


def _acted(case: Case, by: str, door: str, body: Any = None) -> Response:
    side = case.parties.asker if by == "asker" else case.parties.asked
    found = side.act(case.id, door, body)
    assert found.status_code == 201, found.text
    return found


def _on_phone(case: Case, address: str, **filled: str) -> Response:
    page = case.worker.get(address if address.endswith("/intrekken") else case.path)
    page = case.worker.get("/dossier") if address.startswith("/dossier/bezwaar") else page
    csrf = re.search(r'name="csrf" value="([^"]*)"', page.text)
    sha256 = re.search(r'name="sha256" value="([^"]*)"', page.text)
    form = {"csrf": csrf[1] if csrf else "", "sha256": sha256[1] if sha256 else ""} | filled
    found = case.worker.post(address, data=form)
    assert found.status_code == 303, found.text
    return found


def _objected(case: Case) -> Response:
    sides = {"sender": case.parties.asker.organisation, "recipient": case.parties.asked.organisation}
    return _on_phone(case, "/dossier/bezwaar", **{name: str(one) for name, one in sides.items()})


def _taken_back(case: Case) -> Response:
    _objected(case)
    known = re.search(r"/dossier/bezwaar/([^/]*)/stoppen", case.worker.get("/dossier").text)
    assert known
    return _on_phone(case, known[0])


def _held(case: Case) -> Response:
    _acted(case, "asked", "question", {"text": "Welke taken?"})
    return _acted(case, "asker", "supplement", {"letter": {"findings": case.poison("bevinding")}})


def _linked(case: Case) -> Response:
    filed = case.parties.asker.visitor.file()["notificationId"]
    body = {"notificationId": filed, "referralId": case.id}
    return good_answer(case.parties.asker.visitor.post("/referrals/links", body))


def good_answer(answer: Response) -> Response:
    good(answer, 201)
    return answer


def _posted(case: Case) -> Response:
    with case.world.database.transaction() as session:
        message = session.get_one(Message, UUID(case.ids["message"][0]))
        message.state, message.channel, message.delivered_at = MessageState.RELEASED, Channel.LETTER, None
    return _acted(case, "asker", "posting", {"postedOn": today().isoformat()})


DONE: Mapping[str, tuple[str, Any]] = {
    "POST /v1/referrals": ("given", lambda case: good_answer(case.parties.asker.visitor.post("/referrals", case.new(
        person=None, personId=case.ids["person"][0])))),
    "POST /v1/referrals/links": ("given", _linked),
    "POST /v1/referrals/{id}/consent-request": ("requested", lambda case: _acted(case, "asker", "consent-request", {})),
    "POST /v1/referrals/{id}/acceptance": ("given", lambda case: _acted(case, "asked", "acceptance")),
    "POST /v1/referrals/{id}/progress": (
        "given", lambda case: [_acted(case, "asked", "acceptance"), _acted(case, "asked", "progress")]),
    "POST /v1/referrals/{id}/question": ("given", lambda case: _acted(case, "asked", "question", {"text": "Wat?"})),
    "POST /v1/referrals/{id}/rejection": (
        "given", lambda case: _acted(case, "asked", "rejection", {"reason": "not-my-patient"})),
    "POST /v1/referrals/{id}/failure": (
        "given",
        lambda case: [_acted(case, "asked", "acceptance"), _acted(case, "asked", "failure", {"text": "Lukt niet"})]),
    "POST /v1/referrals/{id}/cancellation": (
        "given", lambda case: _acted(case, "asker", "cancellation", {"text": "Niet nodig"})),
    "POST /v1/referrals/{id}/posting": ("given", _posted),
    "POST /v1/referrals/{id}/supplement": ("given", _held),
    "POST /v1/referrals/{id}/reply": ("given", lambda case: _acted(case, "asked", "reply", case.answer())),
    "POST /v1/referrals/{id}/conversion": ("advice", lambda case: _acted(case, "asker", "conversion", {})),
    "POST /v1/referrals/{id}/attachments": (
        "given", lambda case: case.attach(case.parties.asked, "wederbijlage", "wederinhoud")),
    "POST /toestemming/{token}/controle": ("requested", lambda case: case.phone()),
    "POST /toestemming/{token}/antwoord": (
        "requested", lambda case: _on_phone(case, f"{case.path}/antwoord", answer="yes")),
    "POST /toestemming/{token}/intrekken": ("given", lambda case: _on_phone(case, f"{case.path}/intrekken")),
    "POST /dossier/toestemming/{id}/intrekken": (
        "given", lambda case: _on_phone(case, f"/dossier/toestemming/{case.ids['consent'][0]}/intrekken")),
    "POST /dossier/bezwaar": ("given", _objected),
    "POST /dossier/bezwaar/{id}/stoppen": ("given", _taken_back),
}  # fmt: skip
# Nothing of a worker is kept by these, or only what a row would give away.
UNCOUNTED = {
    "POST /fhir/R4/Bundle/$validate",
    "POST /v1/referrals/links",
    "POST /v1/referrals/calendar-address",
    "DELETE /v1/referrals/calendar-address",
    "POST /verwijzingen/agenda",
    "POST /bericht/{token}/code",
    "POST /bericht/{token}/controle",
}
# These do what a door of /v1 does, by the same action; that is where what is written down is counted.
SAME_ACTION: Mapping[str, tuple[str, ...]] = {
    "POST /verwijzingen/nieuw": ("POST /v1/referrals",),
    "POST /verwijzingen/{id}": ("POST /v1/referrals/{id}/acceptance", "POST /v1/referrals/{id}/reply"),
    "POST /verwijzingen/{id}/aanvulling": ("POST /v1/referrals/{id}/supplement",),
    "POST /verwijzingen/{id}/bijlagen": ("POST /v1/referrals/{id}/attachments",),
    "POST /verwijzingen/{id}/omzetten": ("POST /v1/referrals/{id}/conversion",),
    "POST /bericht/{token}": ("POST /v1/referrals/{id}/acceptance", "POST /v1/referrals/{id}/reply"),
    "POST /bericht/{token}/bijlagen": ("POST /v1/referrals/{id}/attachments",),
    "POST /fhir/R4/$process-message": ("POST /v1/referrals", "POST /v1/referrals/{id}/reply"),
    "PUT /fhir/R4/Task/{id}": ("POST /v1/referrals/{id}/acceptance", "POST /v1/referrals/{id}/cancellation"),
}


def test_every_change_is_written_down(world: World) -> None:
    doors = {door.name for door in changing(world)} - UNCOUNTED
    assert doors <= {*DONE, *SAME_ACTION}, "say who does this for real, or why nothing is written down"
    assert {one for same in SAME_ACTION.values() for one in same} <= set(DONE)
    for name in sorted(doors - set(SAME_ACTION)):
        state, act = DONE[name]
        case = new_case(world)
        STATES.get(state, STATES["given"])(case)
        if state == "advice":
            _become_advice(case)
        before = written(case)
        act(case)
        assert written(case) > before, name


def _become_advice(case: Case) -> None:
    with case.world.database.transaction() as session:
        row = session.merge(case.parties.row(case.id))
        row.kind = "advice-request"
