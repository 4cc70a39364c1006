"""Messages between doctors by FHIR: taken in, sent on, fetched, answered and withdrawn, and what each leaves behind."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select, table

from fhir.canonical import extension
from fhir.issues import Unreadable
from fhir.reading.message import read_message
from fhir.referral import Event
from fhir.writing.message import write_message
from service.outbox import Job
from tests.api.world import World
from tests.fhir.message_damage import message_mutants
from tests.wire.correspondents import FACTS, FINDINGS, QUESTION, SHOWN, Pair, acknowledged, pdf, permission, resources
from tests.wire.documents import Json
from tests.wire.senders import issues


@pytest.fixture
def pair(world: World) -> Pair:
    return Pair(world)


def exchange_rows(world: World) -> dict[str, int]:
    names = ("person", "consent", "referral", "referral_message", "referral_attachment", "referral_taken", "outbox")
    with world.database.reading() as session:
        return {name: int(session.scalar(select(func.count()).select_from(table(name))) or 0) for name in names}


def actions_in(task: Json) -> set[str]:
    url = extension("beschikbare-actie")
    return {one["valueCode"] for one in task["extension"] if one["url"] == url}


def links(task: Json, name: str) -> list[str]:
    return [one["valueReference"]["reference"] for one in task.get(name, [])]


# The story, from system to system


def test_a_request_goes_to_the_practice_and_its_answer_comes_back(pair: Pair) -> None:
    with pair.standing_in() as his:
        request = pair.request(files=(pdf(),), urgent=True)
        answer = pair.arbodienst.send(request)
        assert acknowledged(answer) == ("ok", request.message_id, ["AB-OK"])
        task = answer.headers["Location"].rpartition("/")[2]
        assert pair.row(task).state == "awaiting-consent"  # released by the outbox, moments later
        pair.parties.keep_promises()
        (kept,) = his.inbox.values()
        assert kept.message.letter is not None
        assert (kept.message.letter.findings, kept.message.letter.question) == (FINDINGS, QUESTION)
        assert kept.message.permission is not None
        assert [one.content for one in kept.message.files] == [one.content for one in request.files]
        assert kept.message.urgent
        assert pair.row(task).state == "received"
        told = his.reply(kept.message.message_id, _said(FACTS))
        assert told["entry"][0]["resource"]["response"]["code"] == "ok"
        pair.parties.keep_promises()
    found = pair.arbodienst.task(task)
    assert (found["status"], found["businessStatus"]["coding"][0]["code"]) == ("completed", "beantwoord")
    reply = pair.arbodienst.sender.get(f"/{links(found, 'output')[-1]}").json()
    (composition,) = resources(reply, "Composition")
    assert composition["section"][0]["title"] == QUESTION
    assert FACTS in composition["section"][0]["text"]["div"]
    assert [one.state for one in pair.messages(task)] == ["delivered", "read"]
    assert pair.decisions(pair.messages(task)[0])[0] == ("release", True, "consent")


def _said(text: str) -> Any:
    from deploy.standin_his.app import Reply

    return Reply(answer=text)


def test_a_request_is_a_short_conversation_with_the_database(pair: Pair, world: World) -> None:
    request, asked = pair.request(files=(pdf(), pdf())), []

    def note(*told: Any) -> None:
        asked.append(told[2])

    pair.arbodienst.send(pair.request())  # what is looked up once, is by now
    event.listen(world.database.engine, "before_cursor_execute", note)
    answer = pair.arbodienst.send(request)
    event.remove(world.database.engine, "before_cursor_execute", note)
    assert acknowledged(answer)[0] == "ok"
    assert len(asked) <= 16, asked
    assert len([one for one in asked if "INTO person_event" in one]) == 1


def test_a_practice_without_an_endpoint_polls_and_fetches(pair: Pair) -> None:
    task = pair.delivered()
    (found,) = [one["resource"] for one in pair.practice.sender.get("/Task?status=requested,received").json()["entry"]]
    assert found["id"] == task
    assert actions_in(found) == {"accept", "ask-back", "reply", "reject"}
    (place,) = links(found, "input")
    first, again = (pair.practice.sender.get(f"/{place}") for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert resources(first.json(), "Patient")[0]["name"][0]["text"] == "Truus Geheimzinnig"
    assert pair.messages(task)[0].state == "read"
    assert pair.decisions(pair.messages(task)[0])[1:] == [("read", True, "consent")] * 2
    answer = pair.practice.send(pair.reply(task))
    assert acknowledged(answer)[0] == "ok"
    pair.parties.keep_promises()
    assert pair.row(task).state == "completed"


def test_a_transaction_holds_the_same(pair: Pair) -> None:
    answer = pair.arbodienst.transact(pair.request())
    assert answer.status_code == 200, answer.text
    lines = [one["response"] for one in answer.json()["entry"]]
    assert {one["status"] for one in lines} == {"201 Created"}
    task = answer.headers["Location"].rpartition("/")[2]
    assert [one["location"] for one in lines if "location" in one] == [f"Task/{task}/_history/{pair.row(task).version}"]
    pair.parties.keep_promises()
    assert pair.practice.transact(pair.reply(task)).status_code == 200
    pair.parties.keep_promises()
    assert pair.arbodienst.task(task)["status"] == "completed"


def test_a_question_comes_back_and_is_answered_with_a_supplement(pair: Pair) -> None:
    task = pair.delivered()
    status = pair.further(task, Event.STATUS, "on-hold", reason_text="Sinds wanneer?")
    assert acknowledged(pair.practice.send(status))[0] == "ok"
    pair.parties.keep_promises()
    found = pair.arbodienst.task(task)
    assert found["status"] == "on-hold"
    question = pair.arbodienst.sender.get(f"/{links(found, 'output')[0]}").json()
    assert resources(question, "Task")[0]["statusReason"]["text"] == "Sinds wanneer?"
    more = pair.by_asker(
        task,
        Event.REQUEST,
        "on-hold",
        supplement=True,
        letter=replace(pair.request().letter, question=None),  # type: ignore[type-var]
        patient=pair.request().patient,
        permission=permission("reason", "findings", "diagnosis", "work"),
        files=(pdf("beloop.pdf"),),
    )
    assert acknowledged(pair.arbodienst.send(more))[0] == "ok"
    pair.parties.keep_promises()
    assert pair.row(task).state == "received"
    assert [one.kind for one in pair.messages(task)] == ["request", "status", "supplement"]


# Consent


def test_what_a_system_says_of_consent_is_kept_as_just_that(pair: Pair) -> None:
    task = pair.asked()
    consent = pair.consent(task)
    assert (consent.basis, consent.state) == ("system", "given")
    assert consent.recorded_by == pair.arbodienst.sender.row.id
    with pair.world.database.reading() as session:
        from service.consent.sealed import words_of
        from service.persons.tables import Person

        person = session.get_one(Person, consent.person_id)
        assert words_of(pair.parties.vault, person, consent, "evidence") == SHOWN


def test_a_doctor_cannot_say_that_a_system_recorded_it(pair: Pair) -> None:
    asker = pair.parties.asker
    body = pair.parties.new(consent={"basis": "system", "evidence": "Echt waar"})
    answer = asker.visitor.post("/referrals", body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "broken, code, status",
    [
        ("missing", "AB-C003", 403),
        ("over", "AB-C001", 403),
        ("not yet", "AB-C001", 403),
        ("other receiver", "AB-C005", 403),
        ("not named", "AB-C002", 403),
        ("inactive", "AB-C004", 422),
    ],
)
def test_nothing_is_kept_without_a_consent_that_fits(pair: Pair, broken: str, code: str, status: int) -> None:
    periods = {
        "over": {"start": "2025-12-01", "end": "2026-01-01"},
        "not yet": {"start": "2099-01-01", "end": "2099-02-01"},
    }
    given = permission("reason", "findings", "diagnosis", "work", "question", **periods.get(broken, {}))
    message, before = pair.request(permission=given), exchange_rows(pair.world)
    bundle = write_message(message)
    consent = resources(bundle, "Consent")[0]
    if broken == "missing":
        bundle["entry"] = [one for one in bundle["entry"] if one["resource"]["resourceType"] != "Consent"]
    if broken == "other receiver":
        sender = resources(bundle, "MessageHeader")[0]["sender"]
        consent["provision"]["actor"][0]["reference"] = sender
    if broken == "not named":
        consent["provision"]["data"] = consent["provision"]["data"][:1]
    if broken == "inactive":
        consent["status"] = "draft"
    refused = pair.arbodienst.send(bundle)
    said, answers, codes = acknowledged(refused, status)
    assert (said, answers) == ("fatal-error", message.message_id)
    assert code in codes
    assert exchange_rows(pair.world) == before


def test_withdrawn_before_it_left_it_never_leaves(pair: Pair) -> None:
    task = pair.asked()
    pair.worker_withdraws(task)
    pair.parties.keep_promises()
    assert (pair.row(task).state, pair.messages(task)[0].state) == ("revoked", "stopped")
    assert pair.messages(task)[0].released_at is None
    assert pair.practice.sender.get(f"/Task/{task}").status_code == 404
    assert pair.practice.sender.get(f"/Bundle/{pair.messages(task)[0].id}").status_code == 404


def test_withdrawn_after_it_was_read_access_ends_and_the_other_side_is_told(pair: Pair) -> None:
    task = pair.delivered()
    place = links(pair.practice.task(task), "input")[0]
    assert pair.practice.sender.get(f"/{place}").status_code == 200
    pair.worker_withdraws(task)
    pair.parties.keep_promises()
    refused = pair.practice.sender.get(f"/{place}")
    assert issues(refused, 403) == [("AB-C001", None)]
    assert pair.decisions(pair.messages(task)[0])[-1] == ("read", False, "withdrawn")
    found = pair.practice.task(task)
    assert (found["status"], found["businessStatus"]["coding"][0]["code"]) == ("cancelled", "gestopt")
    notice = pair.practice.sender.get(f"/{links(found, 'input')[-1]}").json()
    assert notice["entry"][0]["resource"]["eventCoding"]["code"] == "toestemming-ingetrokken"
    assert not resources(notice, "Patient")


def test_a_system_that_tells_of_a_withdrawal_ends_access_too(pair: Pair) -> None:
    task = pair.delivered()
    told = pair.by_asker(task, Event.CONSENT_WITHDRAWN, "cancelled")
    assert acknowledged(pair.arbodienst.send(told))[0] == "ok"
    assert (pair.row(task).state, pair.consent(task).state) == ("revoked", "withdrawn")
    assert pair.practice.sender.get(f"/Bundle/{pair.messages(task)[0].id}").status_code == 403


def test_the_asking_system_takes_it_back(pair: Pair) -> None:
    task = pair.delivered()
    back = pair.by_asker(task, Event.WITHDRAWAL, "cancelled", reason_text="Niet meer nodig")
    assert acknowledged(pair.arbodienst.send(back))[0] == "ok"
    assert pair.practice.task(task)["status"] == "cancelled"
    late = pair.practice.send(pair.reply(task))
    assert acknowledged(late, 409)[0] == "fatal-error"


# Who may


def test_a_message_in_the_name_of_another_is_refused(pair: Pair) -> None:
    message, before = pair.request(), exchange_rows(pair.world)
    refused = pair.practice.send(message)
    assert acknowledged(refused, 403) == ("fatal-error", message.message_id, ["AB-A010"])
    assert exchange_rows(pair.world) == before


def test_outsiders_find_nothing(pair: Pair) -> None:
    task, outsider = pair.delivered(), Pair(pair.world)
    message = pair.messages(task)[0]
    for system in (outsider.arbodienst, outsider.practice):
        assert system.sender.get(f"/Task/{task}").status_code == 404
        assert system.sender.get(f"/Bundle/{message.id}").status_code == 404
        assert "entry" not in system.sender.get(f"/Task?_id={task}").json()
        assert system.put(pair.practice.task(task)).status_code == 404
    late = outsider.practice.send(outsider.reply(task))
    assert acknowledged(late, 422)[2] == ["AB-L010"]


def test_the_asked_cannot_ask_and_the_asker_cannot_answer(pair: Pair) -> None:
    task = pair.delivered()
    own_reply = pair.reply(task, sender=pair.arbodienst.party, recipient=pair.practice.party)
    assert acknowledged(pair.arbodienst.send(own_reply), 409)[0] == "fatal-error"
    assert pair.row(task).state == "received"


def test_an_answer_about_somebody_else_is_refused(pair: Pair) -> None:
    task, other = pair.delivered(), replace(pair.request().patient, birth_date="1980-01-01")  # type: ignore[type-var]
    assert acknowledged(pair.practice.send(pair.reply(task, patient=other)), 422)[2] == ["AB-R012"]
    assert len(pair.messages(task)) == 1


def test_a_receiver_that_takes_no_part_is_refused(pair: Pair) -> None:
    stranger = replace(pair.practice.party, organisation=replace(pair.practice.party.organisation, ura="11111111"))
    assert acknowledged(pair.arbodienst.send(pair.request(recipient=stranger)), 422)[2] == ["AB-R011"]


def test_what_breaks_the_agreement_is_refused_with_the_rule(pair: Pair) -> None:
    letter = replace(pair.request().letter, question=None)  # type: ignore[type-var]
    refused = pair.arbodienst.send(pair.request(letter=letter))
    assert acknowledged(refused, 403)[2] == ["AB-R010"]


def test_a_token_must_allow_each_entry(pair: Pair) -> None:
    scopes = [one for one in pair.arbodienst.sender.scopes if one != "system/Consent.c"]
    narrow = pair.arbodienst.sender.with_scopes(*scopes)
    refused = narrow.call("POST", "/$process-message", write_message(pair.request()))
    assert acknowledged(refused, 403)[2] == ["AB-A002"]


# Repeats


def test_the_same_bytes_get_the_same_answer_and_other_bytes_are_refused(pair: Pair) -> None:
    message = pair.request()
    body = json.dumps(write_message(message)).encode()
    first, again = (pair.arbodienst.send(body) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.headers["Location"] == again.headers["Location"]
    other = replace(message, urgent=True)
    assert acknowledged(pair.arbodienst.send(other), 409)[2] == ["AB-L004"]
    renamed = replace(message, message_id=str(uuid4()))
    assert acknowledged(pair.arbodienst.send(renamed), 409)[2] == ["AB-L004"]  # the Task has this name already


# Damage


def readable(document: Any) -> bool:
    """Whether the reader takes it all the same: an extension that nobody knows is only told not to arrive."""
    try:
        read_message(document)
    except Unreadable:
        return False
    return True


def test_no_damaged_message_gets_half_in(pair: Pair) -> None:
    kinds: dict[str, list[Any]] = {}
    for one in message_mutants(write_message(pair.request(files=(pdf(),))), 7):
        kinds.setdefault(one.name, []).append(one)
    kinds.pop("deep", None)  # json itself cannot write it
    some = [one for found in kinds.values() for one in found[:: max(1, len(found) // 2)][:2]]
    sample = [one for one in some if not readable(one.document)]
    assert len(sample) >= 40
    before = exchange_rows(pair.world)
    for one in sample:
        refused = pair.arbodienst.send(one.document)
        assert 400 <= refused.status_code < 500, (one.name, refused.text)
    assert exchange_rows(pair.world) == before


@pytest.mark.parametrize(
    "body, status",
    [(b"", 400), (b"{", 400), (b"[]", 400), (b'{"resourceType":"Bundle","entry":[7]}', 422), (b"[" * 100_000, 400)],
)
def test_what_is_no_message_is_refused_as_fhir(pair: Pair, body: bytes, status: int) -> None:
    assert issues(pair.arbodienst.send(body), status)
    assert issues(pair.arbodienst.sender.call("POST", "", body), status)


def test_a_message_may_be_larger_than_a_notification_but_not_by_much(pair: Pair) -> None:
    large = replace(pdf(), content=b"%PDF-1.7\n" + b"x" * (3 * 1024 * 1024))
    assert acknowledged(pair.arbodienst.send(pair.request(files=(large,))))[0] == "ok"
    assert issues(pair.arbodienst.send(b" " * (17 * 1024 * 1024)), 413) == [("AB-M001", None)]


# The Task


def test_the_owner_changes_the_status_when_it_may(pair: Pair) -> None:
    task = pair.delivered()
    read = pair.practice.task(task)
    assert issues(pair.practice.put(read | {"status": "accepted"}, If_Match='W/"1"'), 412) == [("AB-L005", None)]
    unsaid = pair.practice.sender.call("PUT", f"/Task/{task}", read | {"status": "accepted"})
    assert issues(unsaid, 428) == [("AB-L006", None)]
    assert issues(pair.practice.put(read | {"status": "completed"}), 409) == [("AB-L003", None)]
    assert issues(pair.arbodienst.put(pair.arbodienst.task(task) | {"status": "accepted"}), 409)
    taken = pair.practice.put(read | {"status": "accepted"})
    assert (taken.status_code, taken.json()["status"]) == (200, "accepted")
    assert taken.headers["ETag"] == f'W/"{taken.json()["meta"]["versionId"]}"'
    same = pair.practice.put(taken.json())
    assert same.json() == taken.json()
    began = pair.practice.put(taken.json() | {"status": "in-progress"})
    assert began.json()["status"] == "in-progress"


def test_a_put_changes_nothing_else(pair: Pair) -> None:
    task = pair.delivered()
    read = pair.practice.task(task)
    changed = read | {"status": "accepted", "priority": "stat", "owner": read["requester"]}
    assert issues(pair.practice.put(changed), 422) == [("AB-L011", "Task.owner"), ("AB-L011", "Task.priority")]
    assert pair.row(task).state == "received"


def test_sending_it_back_needs_a_reason_and_closes_it(pair: Pair) -> None:
    task = pair.delivered()
    read = pair.practice.task(task)
    assert issues(pair.practice.put(read | {"status": "rejected"}), 422) == [("AB-L009", "Task.statusReason")]
    system = "https://arbobrug.example/fhir/CodeSystem/afwijsreden"
    reason = {"coding": [{"system": system, "code": "niet-mijn-patient"}]}
    assert pair.practice.put(read | {"status": "rejected", "statusReason": reason}).json()["status"] == "rejected"
    pair.parties.keep_promises(Job.DELIVER_MESSAGE)
    assert pair.arbodienst.task(task)["statusReason"]["coding"][0]["code"] == "niet-mijn-patient"
    assert pair.practice.sender.get(f"/Bundle/{pair.messages(task)[0].id}").status_code == 403


def test_tasks_of_both_kinds_are_found_once_each(pair: Pair) -> None:
    sender, tasks = pair.arbodienst.sender, [pair.delivered() for _ in range(3)]
    notified = [sender.filed().id for _ in range(2)]
    for count in (1, 2, 3, 20):
        address, found = f"/Task?_count={count}&_total=accurate", []
        while address:
            page = sender.get(address).json()
            assert page["total"] == 5
            found += [one["resource"]["id"] for one in page.get("entry", [])]
            nexts = [one["url"] for one in page["link"] if one["relation"] == "next"]
            address = nexts[0].partition("/fhir/R4")[2] if nexts else ""
        assert found == [*reversed(tasks), *reversed(notified)]
    task = pair.arbodienst.task(tasks[0])
    group, own = task["groupIdentifier"], task["identifier"][1]
    for query in (
        f"_id={tasks[0]}",
        f"group-identifier={group['system']}|{group['value']}",
        f"group-identifier={group['value']}",
        f"identifier={own['system']}|{own['value']}",
        f"identifier={own['value']}",
        f"identifier={task['identifier'][0]['system']}|{tasks[0]}",
        f"_id={tasks[0]}&_lastUpdated=ge2026-01-01&status=received",
    ):
        assert [one["resource"]["id"] for one in sender.get(f"/Task?{query}").json()["entry"]] == [tasks[0]], query
    assert "entry" not in sender.get(f"/Task?_id={tasks[0]}&status=completed").json()
    assert "entry" not in sender.get(f"/Task?_id={tasks[0]}&_lastUpdated=lt2026-01-01").json()


def test_the_definition_of_a_message_is_found_by_its_event(pair: Pair) -> None:
    found = pair.world.http.get("/fhir/R4/MessageDefinition?event=verwijzing-antwoord").json()
    assert [one["resource"]["eventCoding"]["code"] for one in found["entry"]] == ["verwijzing-antwoord"]
    told = pair.world.http.get("/fhir/R4/metadata").json()["messaging"][0]["supportedMessage"]
    definitions = {one["definition"] for one in told}
    assert len(definitions) == 5
    assert {found["entry"][0]["resource"]["url"]} <= definitions
