"""Everything that leaves the door, before the eyes of an independent validator."""

from typing import Any

import pytest

from fhir.referral import Event
from service.identity.access import Role
from service.wire.published import shelf
from tests.api.world import World
from tests.fhir.validator import LACKS, Validator, install
from tests.wire.correspondents import Pair, pdf
from tests.wire.documents import damaged, follow_up, group, observation, part, withdrawal
from tests.wire.senders import PROCESS, Sender


@pytest.fixture(scope="session")
def validator() -> Validator:
    """The validator of the fhir floor; installed on first use."""
    if LACKS:
        pytest.skip(LACKS)
    return install()


def filings(sender: Sender) -> dict[str, Any]:
    """Every kind of receipt, and where the notification stood after it."""
    found: dict[str, Any] = {}
    document = sender.document()
    first = sender.filed(document)
    grouped = sender.filed(group(sender.document(), (1980, "female", "2019"), (1991, "male", "2020-05")))
    found |= {"receipt": first.answer.json(), "receipt of a group": grouped.answer.json()}
    found["task"] = sender.get(first.task).json()
    found["replaced"] = sender.filed(follow_up(document, first.number)).answer.json()
    found["withdrawn"] = sender.filed(withdrawal(document, first.number)).answer.json()
    found["task withdrawn"] = sender.get(first.task).json()
    found["receipt alone"] = sender.get(f"/Bundle/{first.id}-receipt").json()
    return found


def judged(sender: Sender) -> dict[str, Any]:
    """Tasks of notifications that the registry sent back, and that it did not register."""
    registry, found = sender.world.person(Role.REGISTRY), {}
    for decision, words in (("return", {"questions": ["Hoe zwaar?"]}), ("not-register", {"reason": "Geen ziekte"})):
        document = sender.document()
        for one in observation(document, "causaliteit")["component"]:
            if one["code"]["coding"][0]["code"] == "load_kg":
                one["valueQuantity"]["value"] = 1
        filed = sender.filed(document)
        waiting = registry.get("/assessments?limit=100").json()
        item = next(one for one in waiting if one["number"] == filed.number)
        assert registry.decide(item["id"], decision, **words).is_success
        found[f"receipt before {decision}"] = filed.answer.json()
        found[f"task after {decision}"] = sender.get(filed.task).json()
    return found


def other_answers(sender: Sender) -> dict[str, Any]:
    """Searches, histories and refusals."""
    broken = damaged(sender.document(), lambda one: part(one, "Patient").pop("gender"))
    return {
        "search": sender.get("/Task?_count=2&_total=accurate").json(),
        "search for nothing": sender.get("/Task?identifier=niets").json(),
        "total alone": sender.get("/Task?_count=0").json(),
        "refusal": sender.send(broken).json(),
        "dry run": sender.send(broken, "?mode=validate").json(),
        "validate": sender.call("POST", "/Bundle/$validate", sender.document()).json(),
        "not found": sender.get("/Task/niets").json(),
        "no token": sender.world.http.post(
            f"/fhir/R4{PROCESS}", headers={"Content-Type": "application/fhir+json"}
        ).json(),
        "history": sender.get("/$submission-history").json(),
        "metadata": sender.get("/metadata").json(),
        "definitions": sender.get("/StructureDefinition").json(),
    }


def exchanged(pair: Pair) -> dict[str, Any]:
    """Every kind of message, of answer to one, and of Task, as both sides get them."""
    found: dict[str, Any] = {}
    taken = pair.arbodienst.send(pair.request(files=(pdf(),), urgent=True))
    task = taken.headers["Location"].rpartition("/")[2]
    found |= {"taken": taken.json(), "task waiting": pair.arbodienst.task(task)}
    found["not taken"] = pair.practice.send(pair.request()).json()
    found["transaction"] = pair.arbodienst.transact(pair.request()).json()
    pair.parties.keep_promises()
    pair.practice.send(pair.further(task, Event.STATUS, "on-hold", reason_text="Sinds wanneer?"))
    found["task on hold"] = pair.arbodienst.task(task)
    more = {"letter": pair.request().letter, "patient": pair.request().patient, "permission": pair.request().permission}
    pair.arbodienst.send(pair.by_asker(task, Event.REQUEST, "on-hold", supplement=True, **more))
    pair.parties.keep_promises()
    pair.practice.send(pair.reply(task, files=(pdf(),)))
    pair.parties.keep_promises()
    cancelled, revoked, rejected = pair.delivered(), pair.delivered(), pair.delivered()
    pair.arbodienst.send(pair.by_asker(cancelled, Event.WITHDRAWAL, "cancelled"))
    pair.worker_withdraws(revoked)
    pair.practice.send(pair.further(rejected, Event.STATUS, "rejected", status_reason="not-competent"))
    pair.parties.keep_promises()
    for each in (task, cancelled, revoked, rejected):
        found[f"task {pair.row(each).state}"] = pair.practice.task(each)
        for message in pair.messages(each):
            for system in (pair.arbodienst, pair.practice):
                place = f"{message.kind} {pair.row(each).state} {system.party.organisation.kind}"
                found[place] = system.sender.get(f"/Bundle/{message.id}").json()
    found["tasks"] = pair.practice.sender.get("/Task?_count=3&_total=accurate").json()
    return found


def test_every_message_that_crosses_is_r4(one_world: World, validator: Validator) -> None:
    said = exchanged(Pair(one_world))
    kinds = {name.partition(" ")[0] for name in said}
    assert {"request", "supplement", "reply", "status", "withdrawal", "consent-withdrawn"} <= kinds
    assert {said[f"{kind} completed gp-practice"]["type"] for kind in ("request", "supplement", "reply")} == {"message"}
    complaints = validator.complaints(said)
    assert complaints.keys() == said.keys()
    assert {name: found for name, found in complaints.items() if found} == {}


def test_everything_the_door_says_is_r4(visitor: Sender, validator: Validator) -> None:
    said = filings(visitor) | judged(visitor) | other_answers(visitor)
    said |= {f"{kind}/{name}": dict(one.resource) for (kind, name), one in shelf().items()}
    complaints = validator.complaints(said)
    assert complaints.keys() == said.keys()
    assert {name: found for name, found in complaints.items() if found} == {}
