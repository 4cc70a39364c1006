"""Notifications in and receipts out, on both databases: what is sent, what is kept, and what is given back."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from fhir.canonical import CAS_SYSTEM, NUMBER_SYSTEM
from fhir.issues import catalogue as errors
from service.codes.catalogue import catalogue
from service.identity.access import Role
from tests.api.world import World
from tests.wire.documents import Json, damaged, follow_up, group, observation, packed, part, withdrawal
from tests.wire.senders import DOOR, Sender, extension, issues, new_sender, rows, said


def test_a_new_notification_is_filed_and_answered_with_a_receipt(sender: Sender) -> None:
    document = sender.document()
    filed = sender.filed(document)
    assert filed.answer.headers["Location"].startswith(f"{DOOR}/Task/")
    assert list(filed.parameters) == ["receipt", "outcome"]
    assert filed.parameters["receipt"]["resourceType"] == "Bundle"
    assert filed.receipt["identifier"]["system"] == NUMBER_SYSTEM
    assert filed.number.startswith("AB-20")
    assert extension(filed.receipt, "sha-256") == hashlib.sha256(packed(document)).hexdigest()
    appended = {"code": "appends", "targetIdentifier": part(document, "Composition")["identifier"]}
    assert appended in filed.receipt["relatesTo"]
    # Our list of sectors goes down to the division; that a finer code was checked by form only is said, and no fault.
    assert said(filed.parameters["outcome"]) == [("AB-T011", sector_of(document))]
    assert severities(filed.parameters["outcome"]) == {"information"}


def test_the_example_of_the_guide_is_taken_without_a_warning(visitor: Sender) -> None:
    checked = visitor.call("POST", "/Bundle/$validate", visitor.document()).json()
    assert severities(checked) == {"information"}
    unlisted = visitor.filed(with_cas(visitor.document(), "X999")).parameters["outcome"]
    assert "warning" in severities(unlisted)  # what can be wrong is still a warning


def severities(outcome: Json) -> set[str]:
    """How grave the issues are."""
    return {one["severity"] for one in outcome["issue"]}


def sector_of(document: Json) -> str:
    """Where the document says the sector."""
    resources = [one["resource"] for one in document["entry"]]
    job = resources.index(observation(document, "11341-5"))
    return f"Bundle.entry[{job}].resource.component[0].value.coding[0].code"


def test_the_same_bytes_get_the_same_receipt(sender: Sender) -> None:
    document = sender.document()
    first = sender.filed(document)
    before = rows(sender.world)
    again = sender.send(document)
    assert again.status_code == 200
    assert again.content == first.answer.content
    assert again.headers["Location"] == first.answer.headers["Location"]
    assert rows(sender.world) == before


def test_the_same_identifier_with_other_bytes_is_refused(sender: Sender) -> None:
    document = sender.document()
    sender.filed(document)
    before = rows(sender.world)
    observation(document, "11341-5")["valueCodeableConcept"]["text"] = "Timmerman"
    assert issues(sender.send(document), 409) == [("AB-L004", "Bundle.identifier")]
    assert rows(sender.world) == before


def test_identifiers_of_one_sender_do_not_hinder_another(sender: Sender) -> None:
    document = sender.document()
    first = sender.filed(document)
    other = new_sender(sender.world)
    part(document, "Organization")["identifier"][0]["value"] = other.ura
    assert other.filed(document).number != first.number


def test_a_dry_run_says_all_and_keeps_nothing(sender: Sender) -> None:
    before = rows(sender.world)
    good = sender.send(sender.document(), "?mode=validate")
    assert good.status_code == 200
    assert [one["name"] for one in good.json()["parameter"]] == ["outcome"]
    codes = [code for code, _ in said(good.json()["parameter"][0]["resource"])]
    assert codes == ["AB-T011", "AB-OK"]
    broken = damaged(sender.document(), lambda one: part(one, "Patient").update(birthDate="1974-03-02"))
    told = sender.send(broken, "?mode=validate")
    assert told.status_code == 200
    assert "AB-P002" in [code for code, _ in said(told.json()["parameter"][0]["resource"])]
    assert rows(sender.world) == before


def test_the_validate_operation_does_the_same(sender: Sender) -> None:
    before = rows(sender.world)
    good = sender.call("POST", "/Bundle/$validate", sender.document())
    assert [code for code, _ in said(good.json())] == ["AB-T011", "AB-OK"]
    broken = damaged(sender.document(), lambda one: one.pop("identifier"))
    assert ("AB-V038", "Bundle.identifier") in said(sender.call("POST", "/Bundle/$validate", broken).json())
    assert rows(sender.world) == before


def test_a_rule_of_the_register_is_told_at_its_place(sender: Sender) -> None:
    document = sender.document()
    answer = sender.send(damaged(document, lambda one: part(one, "Patient").update(birthDate="2099")))
    assert {code for code, _ in issues(answer, 422)} == {"AB-R003"}
    assert issues(answer, 422)[0][1] == "Bundle.entry[1].resource.birthDate"


@pytest.mark.parametrize("code", ["L110", "H110", "N119"])
def test_a_complaint_is_refused_as_one_with_the_source_of_the_rule(visitor: Sender, code: str) -> None:
    rule = catalogue().cas.complaint_rule
    document = with_cas(visitor.document(), code)
    before = rows(visitor.world)
    refused = visitor.send(document)
    dry = visitor.send(document, "?mode=validate").json()["parameter"][0]["resource"]
    wrong = next(one for one in dry["issue"] if one["severity"] == "error")
    correlation = f"correlation {refused.headers['X-Request-Id']}"
    assert [one for one, _ in issues(refused, 422)] == ["AB-R008"]
    assert wrong["details"]["text"].startswith("Dit is een klacht, geen ziekte")
    assert wrong["diagnostics"] == f"source {rule.source_url}"
    assert refused.json()["issue"] == [{**wrong, "diagnostics": f"{correlation}; {wrong['diagnostics']}"}]
    assert rows(visitor.world) == before


def test_what_is_said_of_a_cas_code_is_so(visitor: Sender) -> None:
    source = catalogue().cas.complaint_rule.source_url
    assert issues(visitor.send(with_cas(visitor.document(), "L6211")), 422)[0][0] == "AB-T003"
    taken = visitor.filed(with_cas(visitor.document(), "X999")).parameters["outcome"]["issue"]
    assert [one["diagnostics"] for one in taken if "publi" in one["details"]["text"]] == [f"source {source}"]


def test_the_remedy_names_every_complaint_that_can_be_notified() -> None:
    remedy = errors()["AB-R008"].remedy.replace("L101-L105", "L101, L102, L103, L104, L105")
    assert set(re.findall(r"[A-Z][0-9]{3}", remedy)) == set(catalogue().cas.complaint_rule.exceptions)


def with_cas(document: Json, code: str) -> Json:
    """The document with another diagnosis."""
    coding = part(document, "Condition")["code"]["coding"]
    next(one for one in coding if one["system"] == CAS_SYSTEM)["code"] = code
    return document


def test_a_group_gets_a_number_for_each_worker(sender: Sender) -> None:
    filed = sender.filed(group(sender.document(), (1980, "female", "2019"), (1991, "male", "2020-05")))
    section = next(one for one in filed.receipt["section"] if one["code"]["coding"][0]["code"] == "nummers")
    numbers = [part["valueIdentifier"]["value"] for line in section["extension"] for part in line["extension"][:1]]
    assert len(set(numbers)) == len(numbers) >= 2
    assert all(number.startswith("AB-") for number in numbers)


def test_a_wrong_member_of_a_group_is_pointed_at(sender: Sender) -> None:
    sent = group(sender.document(), (1980, "female", "2019"), (2099, "male", "2020"))
    assert [place for _, place in issues(sender.send(sent), 422)] == ["Parameters.parameter[2].part[0].value"]


def test_a_follow_up_replaces_by_number(sender: Sender) -> None:
    document = sender.document()
    first = sender.filed(document)
    changed = follow_up(document, first.number)
    observation(changed, "11341-5")["valueCodeableConcept"]["text"] = "Voeger"
    second = sender.filed(changed)
    assert second.number == first.number
    assert second.task != first.task
    assert {one["code"] for one in second.receipt["relatesTo"]} == {"appends", "replaces"}
    for filed in (first, second):
        assert sender.get(filed.task).json()["identifier"][0]["value"] == first.number


def test_a_follow_up_withdraws(sender: Sender) -> None:
    document = sender.document()
    first = sender.filed(document)
    second = sender.filed(withdrawal(document, first.number))
    task = sender.get(second.task).json()
    assert (task["status"], task["businessStatus"]["coding"][0]["code"]) == ("completed", "ingetrokken")
    assert sender.get(first.task).json()["businessStatus"]["coding"][0]["code"] == "ingetrokken"
    assert issues(sender.send(follow_up(document, first.number)), 409)[0][0] == "AB-L003"


def test_an_unknown_number_is_refused(sender: Sender) -> None:
    told = issues(sender.send(follow_up(sender.document(), "AB-2026-AAAAAAA")), 422)
    assert told == [("AB-L007", "Bundle.entry[0].resource.relatesTo")]


def test_a_number_of_another_organisation_is_unknown(sender: Sender) -> None:
    number = new_sender(sender.world).filed().number
    assert issues(sender.send(follow_up(sender.document(), number)), 422)[0][0] == "AB-L007"
    assert issues(sender.send(withdrawal(sender.document(), number)), 422)[0][0] == "AB-L007"


def _not_enough(document: Json) -> None:
    causality = observation(document, "causaliteit")
    for component in causality["component"]:
        if component["code"]["coding"][0]["code"] == "load_kg":
            component["valueQuantity"]["value"] = 1


def test_what_the_registry_returned_can_be_sent_again(world: World, sender: Sender) -> None:
    document = damaged(sender.document(), _not_enough)
    first = sender.filed(document)
    assert ("AB-R203", None) in said(first.parameters["outcome"])
    assert sender.get(first.task).json()["status"] == "in-progress"
    registry = world.person(Role.REGISTRY)
    waiting = registry.get("/assessments?limit=100").json()
    item = next(one for one in waiting if one["number"] == first.number)
    decided = registry.decide(item["id"], "return", questions=["Hoe zwaar was de last?"])
    assert decided.is_success, decided.text
    task = sender.get(first.task).json()
    assert task["businessStatus"]["coding"][0]["code"] == "vraag-aan-melder"
    assert task["note"][0]["text"] == "Hoe zwaar was de last?"
    again = follow_up(sender.document(), first.number)
    assert sender.filed(again).number == first.number
    assert sender.get(first.task).json()["businessStatus"]["coding"][0]["code"] == "beoordeling"


def test_a_notification_by_fhir_is_one_of_v1(world: World, sender: Sender) -> None:
    filed = sender.filed()
    listed = world.http.get("/v1/notifications", headers={"Authorization": f"Bearer {sender.bearer}"}).json()
    assert [one["number"] for one in listed] == [filed.number]


def test_the_same_bytes_at_the_same_moment_are_filed_once(sender: Sender) -> None:
    body, before = packed(sender.document()), rows(sender.world)["wire_submission"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: sender.send(body), range(6)))
    assert sorted(one.status_code for one in answers) == [200] * 5 + [201]
    assert len({one.content for one in answers}) == 1
    assert rows(sender.world)["wire_submission"] == before + 1
