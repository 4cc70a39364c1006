"""The life of a notification through the API: drafts, groups, look-alikes, the registry, and who sees what."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from service.clock import now, today
from service.identity.access import Role
from service.identity.tables import Account
from service.ids import is_notification_number
from service.notifications import actions, routes
from service.notifications.tables import Notice, Notification, unseen_notices
from service.outbox import Job, Promise
from service.paging import write_cursor
from tests.api.world import Visitor, World, case, good, refused, with_override, without_verdict
from workflows.relay import EmbeddedRelay
from workflows.tasks import sweep

WORKERS = [{"birthYear": 1980, "sex": "male", "onset": "2025-11"}, {"birthYear": 1985, "sex": "female"}]


# A group has one receipt and a number for each worker


def test_a_group_gets_one_receipt_with_a_valid_number_each(doctor: Visitor) -> None:
    receipt = doctor.file(case(group=WORKERS, minutesSpent=9))
    numbers = [one["number"] for one in receipt["numbers"]]
    assert f"beroepsziekte {', '.join(numbers)}: 9 minuten" in receipt["billingLine"]
    assert f", nummers {', '.join(numbers)}. Diagnose" in receipt["fileText"]
    assert numbers[0] == receipt["number"]
    assert len(set(numbers)) == 3
    assert all(is_notification_number(number) for number in numbers)
    assert [(one["sex"], one["birthYear"]) for one in receipt["numbers"]] == [
        ("male", 1974),
        ("male", 1980),
        ("female", 1985),
    ]
    assert {"label": "Groep", "value": "3 werkenden met dezelfde ziekte en oorzaak"} in receipt["filed"]


def test_numbers_are_kept_when_the_notification_changes(doctor: Visitor) -> None:
    document = case(group=WORKERS)
    first = doctor.file(document)
    more = document | {"group": [*WORKERS, {"birthYear": 1990, "sex": "other"}]}
    second = good(doctor.change("POST", first["notificationId"], "/amendments", more), 201)
    assert second["revision"] == 2
    assert [one["number"] for one in second["numbers"]][:3] == [one["number"] for one in first["numbers"]]
    fewer = document | {"group": WORKERS[:1]}
    third = good(doctor.change("POST", first["notificationId"], "/amendments", fewer), 201)
    assert [one["number"] for one in third["numbers"]] == [one["number"] for one in first["numbers"]][:2]


def test_a_number_with_one_wrong_character_is_no_number(doctor: Visitor) -> None:
    number: str = doctor.file()["number"]
    for position in (8, 9, 10, 11, 13, 14, 15, 16):
        other = "7" if number[position] != "7" else "8"
        assert not is_notification_number(number[:position] + other + number[position + 1 :])


# Look-alikes are pointed out, never dropped


def test_a_possible_duplicate_is_kept_flagged_and_named_when_it_is_ones_own(doctor: Visitor) -> None:
    document = case()
    first, second = doctor.file(document), doctor.file(document)
    assert first["possibleDuplicates"] == []
    assert second["possibleDuplicates"] == [first["number"]]
    assert second["number"] != first["number"]
    assert doctor.see(second["notificationId"])["flags"] == ["possible-duplicate"]
    assert (first["state"], first["queueReasons"]) == ("registered", [])
    reason = {"code": "possible-duplicate", "text": "Lijkt op een eerdere melding"}
    assert (second["state"], second["queueReasons"]) == ("queued", [reason])


def test_a_receipt_says_why_the_registry_looks_first_until_it_has(world: World, doctor: Visitor) -> None:
    receipt = doctor.file(with_override(), Accept_Language="en")
    place = f"/notifications/{receipt['notificationId']}/receipt"
    assert [one["code"] for one in receipt["queueReasons"]] == ["insufficient-information", "override"]
    kept = good(doctor.get(place, Accept_Language="nl"), 200)["queueReasons"]
    assert kept[1] == {"code": "override", "text": "The physician overrides with a reason"}, "one receipt, one language"
    good(world.person(Role.REGISTRY).decide(receipt["notificationId"], "register"), 201)
    assert good(doctor.get(place), 200)["queueReasons"] == []


def test_a_possible_duplicate_of_another_notifier_is_flagged_and_not_named(world: World, doctor: Visitor) -> None:
    document = case()
    others = world.person().file(document)
    mine = doctor.file(document)
    assert (mine["state"], mine["possibleDuplicates"]) == ("queued", [])
    assert others["number"] not in json.dumps(mine)
    assert doctor.see(mine["notificationId"])["flags"] == ["possible-duplicate"]


def test_what_was_withdrawn_is_no_duplicate_and_neither_is_ones_own_earlier_version(doctor: Visitor) -> None:
    document = case()
    first = doctor.file(document)
    amended = good(doctor.change("POST", first["notificationId"], "/amendments", document), 201)
    assert (amended["state"], amended["possibleDuplicates"]) == ("registered", [])
    good(doctor.change("POST", first["notificationId"], "/withdrawal", {"reason": "Dubbel"}), 201)
    assert doctor.file(document)["state"] == "registered"


def test_a_demo_case_is_no_duplicate_of_a_real_one(world: World, doctor: Visitor) -> None:
    document = case()
    assert world.person(demo=True).file(document)["demo"] is True
    assert (doctor.file(document)["state"], doctor.file(document)["state"]) == ("registered", "queued")


# The receipt


def test_the_receipt_says_everything_a_physician_needs(world: World, doctor: Visitor) -> None:
    receipt = doctor.file(case(minutesSpent=7))
    number = receipt["number"]
    assert is_notification_number(number)
    assert receipt["receivedAt"].endswith(":00:00Z")
    assert receipt["check"]["guideline"]["version"] == "2014.1"
    assert receipt["check"]["verdict"] == "meets"
    assert receipt["institution"] == {
        "name": world.settings.institution.name,
        "contact": world.settings.institution.contact,
        "legalBasis": world.settings.institution.legal_basis,
        "receivesHere": False,
        "passedOnAt": None,
        "text": "De melding is hier ontvangen en is nog niet doorgegeven aan deze instelling.",
    }
    assert receipt["billingLine"] == f"Melding beroepsziekte {number}: 7 minuten (Arbowet art. 9 lid 3)."
    assert number in receipt["fileText"]
    assert "D023 2014.1" in receipt["fileText"]
    assert receipt["measures"]
    assert all(one["label"] and one["level"] for one in receipt["measures"])
    assert len(receipt["nextSteps"]) == 3
    filed = {line["label"]: line["value"] for line in receipt["filed"]}
    assert filed["Diagnose"] == "Lumbosacraal radiculair syndroom (L621, M51.1)"
    assert filed["Geboortejaar"] == "1974"
    assert filed["Belasting"] == "Tillen van bakstenen en cementzakken (12 kg, 3 uur per dag, 2004-2026)"
    assert filed["Sector"].endswith("(SBI 2008 41, opgegeven: 4120)")
    assert good(doctor.get(f"/notifications/{receipt['notificationId']}/receipt"), 200) == receipt


@pytest.mark.parametrize(
    "sector, ends",
    [
        ({"sbi": "41"}, "(SBI 2008 41)"),
        ({"sbi": "F"}, "(SBI 2008 F)"),
        ({"sbi": "4120", "edition": "2025"}, "SBI 2025 4120"),
    ],
)
def test_a_sector_is_named_by_the_code_of_its_name(doctor: Visitor, sector: dict[str, str], ends: str) -> None:
    filed = {line["label"]: line["value"] for line in doctor.file(case(sector=sector))["filed"]}
    assert filed["Sector"].endswith(ends)


def test_the_receipt_tells_when_diagnostics_would_help_and_when_the_tsb_scheme_applies(doctor: Visitor) -> None:
    certain, doubtful = doctor.file(), doctor.file(without_verdict() | {"assessment": {"workRelation": "suspected"}})
    assert (certain["diagnostics"], certain["tsb"]) == (None, None)
    assert "diagnostiek" in doubtful["diagnostics"]
    lung = doctor.file(without_verdict() | {"diagnosis": {"cas": "R672"}, "assessment": {"workRelation": "likely"}})
    hints = lung["check"]["schemeHints"]
    assert bool(lung["tsb"]) == bool(hints)


def test_the_receipt_is_in_the_language_asked_for(doctor: Visitor) -> None:
    receipt = doctor.file(Accept_Language="en")
    assert {"label": "Sex", "value": "male"} in receipt["filed"] or "Sex" in {one["label"] for one in receipt["filed"]}
    assert receipt["stateText"] == "Registered"


def test_the_receipt_follows_where_the_notification_stands(doctor: Visitor, registry: Visitor) -> None:
    receipt = doctor.file(with_override())
    good(registry.decide(receipt["notificationId"], "not-register", reason="Geen beroepsziekte"), 201)
    later = good(doctor.get(f"/notifications/{receipt['notificationId']}/receipt"), 200)
    assert (later["state"], later["stateText"]) == ("not-registered", "Niet geregistreerd")
    assert later["receivedAt"] == receipt["receivedAt"]


@pytest.mark.parametrize("query, accept", [("?format=pdf", "*/*"), ("", "application/pdf")])
def test_the_receipt_is_a_pdf_when_asked(doctor: Visitor, query: str, accept: str) -> None:
    receipt = doctor.file()
    answer = doctor.get(f"/notifications/{receipt['notificationId']}/receipt{query}", Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="ontvangstbewijs-{receipt["number"]}.pdf"'
    assert answer.content.startswith(b"%PDF-")


def test_format_json_wins_from_an_accept_header(doctor: Visitor) -> None:
    path = f"/notifications/{doctor.file()['notificationId']}/receipt?format=json"
    assert doctor.get(path, Accept="application/pdf").headers["Content-Type"] == "application/json"


def test_a_pdf_that_fails_leaves_the_filing_as_it_is(doctor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = doctor.file()

    def broken(*_: object) -> bytes:
        raise RuntimeError("no fonts")

    monkeypatch.setattr(routes, "render_pdf", broken)
    path = f"/notifications/{receipt['notificationId']}/receipt"
    refused(doctor.get(path + "?format=pdf"), 503, "unavailable")
    assert good(doctor.get(path), 200)["number"] == receipt["number"]


def test_a_draft_has_no_receipt(doctor: Visitor) -> None:
    refused(doctor.get(f"/notifications/{doctor.draft()['id']}/receipt"), 409, "state-conflict")


# The bytes as they were submitted


def test_the_bytes_come_back_exactly_as_they_were_sent(doctor: Visitor) -> None:
    body = ("  " + json.dumps(case(remarks="Zoë's rug — één keer"), indent=3, ensure_ascii=False) + "\n").encode()
    receipt = doctor.file(body)
    answer = doctor.get(f"/notifications/{receipt['notificationId']}/as-submitted")
    assert answer.content == body
    assert receipt["sha256"] == hashlib.sha256(body).hexdigest()
    assert answer.headers["ETag"] == f'"{receipt["sha256"]}"'


def test_every_version_that_was_submitted_is_kept(doctor: Visitor) -> None:
    first, second = json.dumps(case()).encode(), json.dumps(case()).encode() + b"\n"
    mine = doctor.file(first)["notificationId"]
    good(doctor.change("POST", mine, "/amendments", second), 201)
    path = f"/notifications/{mine}/as-submitted"
    assert doctor.get(path).content == doctor.get(f"{path}?revision=2").content == second
    assert doctor.get(f"{path}?revision=1").content == first
    refused(doctor.get(f"{path}?revision=3"), 404, "not-found")


def test_a_draft_saved_and_then_submitted_gives_the_bytes_of_the_last_save(doctor: Visitor) -> None:
    draft = doctor.draft({})["id"]
    body = b"\n" + json.dumps(case()).encode()
    good(doctor.change("PUT", draft, "", body), 200)
    good(doctor.change("POST", draft, "/submission"), 201)
    assert doctor.get(f"/notifications/{draft}/as-submitted").content == body


def test_only_the_submitter_gets_the_bytes(world: World, doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.file(with_override())["notificationId"]
    path = f"/notifications/{mine}/as-submitted"
    refused(world.person().get(path), 404, "not-found")
    refused(registry.get(path), 403, "forbidden")
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    assistant = world.person(Role.ASSISTANT, acts_for=doctor)
    assert good(assistant.get(f"/notifications/{mine}"), 200)["state"] == "returned"
    refused(assistant.get(path), 404, "not-found")
    assert doctor.get(path).status_code == 200


# The registry, what comes back, and the neutral mail


def test_the_queue_shows_what_waits_and_never_whose_it_is(world: World, registry: Visitor) -> None:
    doctor = world.person(email="arts@praktijk.example")
    mine = doctor.file(with_override())["notificationId"]
    doctor.draft()
    queue, cursor = [], ""
    while True:
        answer = registry.get(f"/assessments?limit=2{cursor}")
        queue += good(answer, 200)
        if "Link" not in answer.headers:
            break
        cursor = "&cursor=" + answer.headers["Link"].split("cursor=")[1].split(">")[0]
    assert mine in [one["id"] for one in queue]
    assert {one["state"] for one in queue} == {"queued"}
    assert len({one["id"] for one in queue}) == len(queue)
    seen = good(registry.get(f"/assessments/{mine}"), 200)
    steps = good(registry.get(f"/assessments/{mine}/history"), 200)
    assert [step["role"] for step in steps] == ["bedrijfsarts"]
    for who in (str(doctor.id), "Ietske", "arts@praktijk", str(world.organisation.id), world.organisation.name):
        assert who not in json.dumps([queue, seen, steps])


def test_the_registry_does_not_see_drafts_nor_what_is_being_rewritten(doctor: Visitor, registry: Visitor) -> None:
    refused(registry.get(f"/assessments/{doctor.draft()['id']}"), 404, "not-found")
    refused(registry.get("/assessments?state=draft"), 404, "not-found")
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    good(doctor.change("PUT", mine, "", with_override("Nog niet af")), 200)
    shown = good(registry.get(f"/assessments/{mine}"), 200)["content"]["assessment"]["overrideReason"]
    assert shown == "Klinisch beeld past, belasting net onder de grens"


def test_what_came_back_is_answered_and_submitted_again(doctor: Visitor, registry: Visitor) -> None:
    filed = doctor.file(with_override())
    mine = filed["notificationId"]
    back = good(registry.decide(mine, "return", questions=["Hoe zwaar?", "Hoe vaak?"]), 201)
    assert (back["state"], back["questions"], back["actions"]) == ("returned", ["Hoe zwaar?", "Hoe vaak?"], [])
    seen = doctor.see(mine)
    assert (seen["questions"], seen["actions"]) == (["Hoe zwaar?", "Hoe vaak?"], ["save", "submit", "withdraw"])
    good(doctor.change("PUT", mine, "", case()), 200)
    again = good(doctor.change("POST", mine, "/submission"), 201)
    assert (again["number"], again["revision"], again["state"]) == (filed["number"], 2, "queued")
    assert [one["code"] for one in again["queueReasons"]] == ["resubmitted"]
    assert doctor.see(mine)["questions"] == []


def test_what_came_back_never_registers_itself(doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    good(doctor.change("PUT", mine, "", case()), 200)
    for door, body in (("/submission", None), ("/amendments", case()), ("/amendments", case())):
        assert good(doctor.change("POST", mine, door, body), 201)["state"] == "queued"
    good(registry.decide(mine, "register"), 201)
    assert good(doctor.change("POST", mine, "/amendments", case()), 201)["state"] == "registered"


def test_an_answer_that_may_point_at_somebody_is_flagged_as_any_other_text(doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    good(doctor.change("PUT", mine, "", case()), 200)
    again = good(doctor.change("POST", mine, "/submission", {"answer": "Zie mevrouw Jansen"}), 201)
    assert ("/answer", "name-like") in [(one["pointer"], one["code"]) for one in again["warnings"]]
    assert doctor.see(mine)["flags"] == ["flagged-text", "resubmitted"]


def test_an_answer_goes_along_and_stays_in_the_history(doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.file(with_override())["notificationId"]
    for question, answer in (("Hoe zwaar?", "Twintig kilo."), ("Hoe vaak?", None)):
        good(registry.decide(mine, "return", questions=[question]), 201)
        good(doctor.change("POST", mine, "/submission", {"answer": answer} if answer else None), 201)
    for steps in (f"/notifications/{mine}/history", f"/assessments/{mine}/history"):
        reader = doctor if "notifications" in steps else registry
        said = [step["answer"] for step in good(reader.get(steps), 200)]
        assert said == [None, None, "Twintig kilo.", None, None]


@pytest.mark.parametrize(
    "answer, code", [("Vraag 123456782", "bsn"), ("", "string-too-short"), ("x" * 2001, "string-too-long")]
)
def test_an_answer_that_cannot_be_kept_is_refused(doctor: Visitor, registry: Visitor, answer: str, code: str) -> None:
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    (fault,) = refused(doctor.change("POST", mine, "/submission", {"answer": answer}), 400, "invalid-input")
    assert fault == ("/answer", code)
    assert doctor.see(mine)["state"] == "returned"


def test_without_questions_there_is_nothing_to_answer(doctor: Visitor) -> None:
    draft = doctor.draft()["id"]
    sent = doctor.change("POST", draft, "/submission", {"answer": "Twintig kilo."})
    assert refused(sent, 400, "invalid-input") == [("/answer", "no-questions")]


def test_a_receipt_keeps_the_language_in_which_was_filed(doctor: Visitor) -> None:
    body = json.dumps(with_override()).encode()
    sent = [
        doctor.post("/notifications?submit=true", body, Accept_Language="en", Idempotency_Key="eens") for _ in range(2)
    ]
    said = [(answer.headers["Content-Language"], good(answer, 201)["language"]) for answer in sent]
    assert said == [("en", "en")] * 2, "also when it is replayed"
    mine = sent[0].json()["notificationId"]
    good(doctor.change("POST", mine, "/withdrawal", {"reason": "Dubbel"}), 201)
    path = f"/notifications/{mine}/receipt"
    read = doctor.get(path, Accept_Language="nl")
    assert (read.headers["Content-Language"], read.json()["stateText"]) == ("en", "Withdrawn")
    assert read.json()["fileText"].endswith("This notification was later withdrawn.")
    assert doctor.get(f"{path}?format=pdf", Accept_Language="nl").headers["Content-Language"] == "en"


def test_the_history_tells_every_step_in_order(doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.draft(with_override())["id"]
    good(doctor.change("POST", mine, "/submission"), 201)
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    good(doctor.change("POST", mine, "/submission"), 201)
    good(registry.decide(mine, "register"), 201)
    good(doctor.change("POST", mine, "/amendments", with_override("Anders")), 201)
    good(doctor.change("POST", mine, "/withdrawal", {"reason": "Verkeerde diagnose"}), 201)
    steps = good(doctor.get(f"/notifications/{mine}/history"), 200)
    assert [(step["action"], step["fromState"], step["toState"], step["revision"]) for step in steps] == [
        ("submit", "draft", "queued", 1),
        ("return", "queued", "returned", 1),
        ("submit", "returned", "queued", 2),
        ("register", "queued", "registered", 2),
        ("amend", "registered", "queued", 3),
        ("withdraw", "queued", "withdrawn", 3),
    ]
    assert steps[1]["questions"] == ["Hoe zwaar?"]
    assert steps[-1]["reason"] == "Verkeerde diagnose"
    assert [step["position"] for step in steps] == list(range(6))
    assert {step["role"] for step in steps} == {"bedrijfsarts", "registry"}
    assert all(step["at"].endswith(":00:00Z") for step in steps)


def test_a_decision_without_its_words_is_refused(doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.file(with_override())["notificationId"]
    assert refused(registry.decide(mine, "return"), 400, "invalid-input") == [("/questions", "missing")]
    assert refused(registry.decide(mine, "not-register"), 400, "invalid-input") == [("/reason", "missing")]
    assert refused(registry.decide(mine, "delete"), 400, "invalid-input") == [("/decision", "enum")]


def mails(world: World) -> list[Message]:
    folder = world.settings.data / "mail"
    return [message_from_bytes(file.read_bytes()) for file in folder.glob("*.eml")] if folder.exists() else []


def work(world: World) -> None:
    relay = EmbeddedRelay(world.database, world.settings)
    while relay.work_once():
        pass


@pytest.mark.parametrize(
    "decision, words", [("return", {"questions": ["Hoe zwaar?"]}), ("not-register", {"reason": "Nee"})]
)
def test_word_of_what_came_back_reaches_the_doctor_by_neutral_mail(
    world: World, registry: Visitor, decision: str, words: dict[str, Any]
) -> None:
    address = f"a{uuid4().hex[:6]}@praktijk.example"
    doctor = world.person(email=address)
    mine = doctor.file(with_override())
    good(registry.decide(mine["notificationId"], decision, **words), 201)
    with world.database.reading() as session:
        assert len(unseen_notices(session, doctor.id)) == 1
    work(world)
    (mail,) = [mail for mail in mails(world) if mail["To"] == address]
    text = f"{mail['Subject']}\n{mail.get_payload()}"
    assert "Er staat een bericht voor u klaar" in text
    for secret in (mine["number"], mine["notificationId"], "L621", "Lumbosacraal", "Hoe zwaar", "Ietske", "1974"):
        assert secret not in text
    good(doctor.get(f"/notifications/{mine['notificationId']}"), 200)
    with world.database.reading() as session:
        assert unseen_notices(session, doctor.id) == []


def test_registering_tells_nobody_and_a_seen_notice_is_not_mailed(world: World, registry: Visitor) -> None:
    address = f"b{uuid4().hex[:6]}@praktijk.example"
    doctor = world.person(email=address)
    good(registry.decide(doctor.file(with_override())["notificationId"], "register"), 201)
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    doctor.see(mine)
    work(world)
    assert address not in [mail["To"] for mail in mails(world)]
    with world.database.reading() as session:
        notices = session.scalars(select(Notice).where(col(Notice.owner) == doctor.id)).all()
        assert [notice.state for notice in notices] == ["returned"]
        kept = select(Promise).where(col(Promise.subject) == notices[0].id, col(Promise.job) == Job.MAIL_NOTICE)
        assert [one.state for one in session.scalars(kept)] == ["done"]


# Drafts


def test_a_draft_is_kept_for_thirty_days_after_its_last_change_and_then_gone(world: World, doctor: Visitor) -> None:
    draft, filed = doctor.draft(), doctor.file()["notificationId"]
    assert draft["expiresOn"] == (today() + timedelta(days=actions.DRAFT_DAYS)).isoformat()
    sweep(world.database, now() + timedelta(days=30))
    assert doctor.see(draft["id"])["state"] == "draft"
    sweep(world.database, now() + timedelta(days=31))
    refused(doctor.get(f"/notifications/{draft['id']}"), 404, "not-found")
    assert doctor.see(filed)["expiresOn"] is None


def test_saving_a_draft_starts_its_thirty_days_again(world: World, doctor: Visitor) -> None:
    draft = doctor.draft()["id"]
    with world.database.transaction() as session:
        row = session.get_one(Notification, UUID(draft))
        row.expires_on = today() + timedelta(days=1)
    saved = good(doctor.change("PUT", draft, "", case()), 200)
    assert saved["expiresOn"] == (today() + timedelta(days=30)).isoformat()


def test_a_draft_thrown_away_is_gone(doctor: Visitor) -> None:
    draft = doctor.draft()["id"]
    answer = doctor.change("DELETE", draft)
    assert (answer.status_code, answer.content) == (204, b"")
    refused(doctor.get(f"/notifications/{draft}"), 404, "not-found")
    assert good(doctor.get("/notifications"), 200) == []


def test_what_was_submitted_cannot_be_thrown_away(doctor: Visitor) -> None:
    mine = doctor.file()["notificationId"]
    refused(doctor.change("DELETE", mine), 409, "state-conflict")
    refused(doctor.change("PUT", mine, "", case()), 409, "state-conflict")
    assert doctor.see(mine)["state"] == "registered"


# Lists


def test_the_overview_pages_through_everything_once_newest_first(doctor: Visitor) -> None:
    made = [doctor.draft({})["id"] for _ in range(7)]
    found: list[str] = []
    path = "/notifications?limit=3&state=draft"
    while path:
        answer = doctor.get(path)
        found += [one["id"] for one in good(answer, 200)]
        link = answer.headers.get("Link", "")
        path = link.removeprefix("<http://127.0.0.1:8000/v1").split(">")[0]
    assert found == made[::-1]


def test_the_next_page_asks_for_the_same_states(doctor: Visitor) -> None:
    for _ in range(2):
        doctor.draft({})
    answer = doctor.get("/notifications?state=draft&state=queued&limit=1")
    assert answer.links["next"]["url"].count("state=") == 2


def test_two_drafts_with_the_same_place_in_the_list_are_both_on_a_page(world: World, doctor: Visitor) -> None:
    """Two requests at the same moment can get the same ordinal; the id then decides."""
    made = {doctor.draft({})["id"] for _ in range(5)}
    with world.database.transaction() as session:
        for row in session.scalars(select(Notification).where(col(Notification.owner) == doctor.id)):
            row.ordinal = 1
    found: list[str] = []
    path = "/notifications?limit=2"
    while path:
        answer = doctor.get(path)
        found += [one["id"] for one in good(answer, 200)]
        path = answer.headers.get("Link", "").removeprefix("<http://127.0.0.1:8000/v1").split(">")[0]
    assert (len(found), set(found)) == (5, made)


SOMEBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "é", "W10", write_cursor(1), write_cursor(1, "x"), write_cursor(None), write_cursor(10**40, SOMEBODY)),
        *(write_cursor(moment, SOMEBODY) for moment in ("2026-01-01", "0001-01-01T00:00:00+23:00", "now", -1, True)),
    ],
)
def test_a_cursor_that_we_did_not_write_is_refused(doctor: Visitor, registry: Visitor, cursor: str) -> None:
    assert refused(doctor.get(f"/signals?cursor={cursor}"), 400, "invalid-input") == [("/cursor", "cursor")]
    for path in ("/notifications", "/notification-batches"):
        assert refused(doctor.get(f"{path}?cursor={cursor}"), 400, "invalid-input") == [("/cursor", "cursor")]
    assert refused(registry.get(f"/assessments?cursor={cursor}"), 400, "invalid-input") == [("/cursor", "cursor")]


def test_searching_the_overview_takes_text_as_text(doctor: Visitor) -> None:
    receipt = doctor.file()
    for words in (receipt["number"], "radiculair", "METSELAAR"):
        assert len(good(doctor.get(f"/notifications?q={words}"), 200)) == 1
    for words in ("%25", "_______", "' OR 1=1 --"):
        assert good(doctor.get(f"/notifications?q={words}"), 200) == []


# Who sees what


DOORS = (
    ("GET", ""),
    ("PUT", ""),
    ("DELETE", ""),
    ("POST", "/submission"),
    ("POST", "/amendments"),
    ("POST", "/withdrawal"),
    ("GET", "/receipt"),
    ("GET", "/receipt?format=pdf"),
    ("GET", "/history"),
    ("GET", "/as-submitted"),
)
BODIES = {"/withdrawal": {"reason": "Zomaar"}, "": case(), "/amendments": case()}


@pytest.mark.parametrize("method, door", DOORS)
def test_the_notification_of_another_doctor_is_not_there(world: World, doctor: Visitor, method: str, door: str) -> None:
    """404 and not 403, through every door and in every state, also for a colleague of the same practice."""
    colleague = world.person()
    for theirs in (doctor.draft()["id"], doctor.file()["notificationId"]):
        body = BODIES.get(door) if method in {"PUT", "POST"} else None
        answer = colleague.call(method, f"/notifications/{theirs}{door}", body, If_Match='W/"1"')
        refused(answer, 404, "not-found")
        unknown = colleague.call(method, f"/notifications/{uuid4()}{door}", body, If_Match='W/"1"')
        assert unknown.json() == answer.json()
    assert good(colleague.get("/notifications"), 200) == []


def test_an_assistant_prepares_and_does_not_submit(world: World, doctor: Visitor) -> None:
    assistant = world.person(Role.ASSISTANT, acts_for=doctor)
    draft = assistant.draft()
    assert draft["actions"] == ["save", "discard"]
    good(assistant.change("PUT", draft["id"], "", case()), 200)
    refused(assistant.change("POST", draft["id"], "/submission"), 403, "forbidden")
    refused(assistant.post("/notifications?submit=true", case()), 403, "forbidden")
    refused(assistant.change("POST", draft["id"], "/withdrawal", {"reason": "Nee"}), 403, "forbidden")
    assert doctor.see(draft["id"])["actions"] == ["submit", "discard"] or "submit" in doctor.see(draft["id"])["actions"]
    good(doctor.change("POST", draft["id"], "/submission"), 201)


def test_an_assistant_does_not_see_what_was_submitted(world: World, doctor: Visitor, registry: Visitor) -> None:
    assistant = world.person(Role.ASSISTANT, acts_for=doctor)
    mine = doctor.file(with_override())["notificationId"]
    for door in ("", "/receipt", "/history", "/as-submitted"):
        refused(assistant.get(f"/notifications/{mine}{door}"), 404, "not-found")
    refused(assistant.call("PUT", f"/notifications/{mine}", case(), If_Match='W/"2"'), 404, "not-found")
    refused(assistant.call("DELETE", f"/notifications/{mine}", If_Match='W/"2"'), 404, "not-found")
    assert good(assistant.get("/notifications"), 200) == []
    assert good(assistant.get("/notifications?state=queued"), 200) == []
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    assert [one["state"] for one in good(assistant.get("/notifications"), 200)] == ["returned"]


def test_an_assistant_whose_mandate_ended_works_for_nobody(world: World, doctor: Visitor) -> None:
    draft = doctor.draft()["id"]
    until = today() - timedelta(days=1)
    former = world.person(Role.ASSISTANT, acts_for=doctor, acts_until=until)
    refused(former.get(f"/notifications/{draft}"), 404, "not-found")
    assert good(former.get("/notifications"), 200) == []


def test_what_came_back_stays_unseen_for_the_doctor_when_an_assistant_opens_it(
    world: World, doctor: Visitor, registry: Visitor
) -> None:
    mine = doctor.file(with_override())["notificationId"]
    good(registry.decide(mine, "return", questions=["Hoe zwaar?"]), 201)
    good(world.person(Role.ASSISTANT, acts_for=doctor).get(f"/notifications/{mine}"), 200)
    with world.database.reading() as session:
        assert len(unseen_notices(session, doctor.id)) == 1


def test_demo_and_real_never_mix(world: World, doctor: Visitor, registry: Visitor) -> None:
    demo_doctor, demo_registry = world.person(demo=True), world.person(Role.REGISTRY, demo=True)
    real, demo = doctor.file(with_override()), demo_doctor.file(with_override())
    assert (real["demo"], demo["demo"]) == (False, True)
    for other, theirs in ((registry, demo), (demo_registry, real)):
        where = theirs["notificationId"]
        assert where not in [one["id"] for one in good(other.get("/assessments?limit=100"), 200)]
        refused(other.get(f"/assessments/{where}"), 404, "not-found")
        refused(other.get(f"/assessments/{where}/history"), 404, "not-found")
        decision = other.post(f"/notifications/{where}/assessment", {"decision": "register"}, If_Match='W/"2"')
        refused(decision, 404, "not-found")
    good(demo_registry.decide(demo["notificationId"], "register"), 201)


# What rows give away


def test_rows_on_this_side_have_random_ids_and_times_to_the_hour(world: World, doctor: Visitor) -> None:
    draft = doctor.draft()
    assert draft["changedAt"].endswith(":00:00Z")
    mine = doctor.file()["notificationId"]
    with world.database.reading() as session:
        row = session.get_one(Notification, UUID(mine))
        assert row.id.version == 4
        moments = [row.created_at, row.changed_at, row.submitted_at or datetime.now(UTC)]
        assert all((at.minute, at.second, at.microsecond) == (0, 0, 0) for at in moments)
        account = session.get_one(Account, doctor.id)
        assert account.id.version == 7


def test_what_cannot_be_done_now_says_where_the_notification_stands(doctor: Visitor) -> None:
    mine = doctor.file()["notificationId"]
    told = doctor.change("DELETE", mine).json()["detail"]
    assert told == "Dat kan niet bij een melding die staat op: Geregistreerd."
    good(doctor.change("POST", mine, "/withdrawal", {"reason": "Dubbel"}), 201)
    again = doctor.change("POST", mine, "/withdrawal", {"reason": "Dubbel"})
    refused(again, 409, "state-conflict")
    assert again.json()["detail"] == "Dat is al gebeurd. De melding staat op: Ingetrokken."


def test_who_has_this_version_already_is_not_sent_it_again(doctor: Visitor) -> None:
    mine = doctor.draft()["id"]
    tag = doctor.get(f"/notifications/{mine}").headers["ETag"]
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        answer = doctor.get(f"/notifications/{mine}", If_None_Match=known)
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    good(doctor.change("PUT", mine, "", case()), 200)
    assert doctor.get(f"/notifications/{mine}", If_None_Match=tag).status_code == 200
