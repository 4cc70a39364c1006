"""The life of an exchange of every kind: asked, allowed, sent, read and answered, or ended otherwise."""

from typing import Any

import pytest
from sqlmodel import select

from service.audit.tables import PersonEvent
from service.identity.access import Role
from service.identity.tables import Organisation
from tests.api.world import Visitor, good, refused
from tests.referrals.parties import ANSWER, FACTS, FINDINGS, NAME, ORAL, QUESTION, Parties, letter


def kinds(seen: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in seen["messages"]]


def codes(answer: Any) -> set[tuple[str, str]]:
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


def test_what_is_asked_waits_for_the_worker_and_comes_back_answered(parties: Parties) -> None:
    made = parties.started()
    assert made["state"] == "awaiting-consent"
    assert made["consentLink"].startswith("http://127.0.0.1:8000/toestemming/")
    parties.keep_promises()
    refused(parties.asked.visitor.get(f"/referrals/{made['id']}"), 404, "not-found")
    assert parties.asker.see(made["id"])["standing"] == "Wacht op toestemming van de werkende"
    parties.decide(made["id"], "give")
    parties.keep_promises()
    assert parties.asker.see(made["id"])["standing"] == "Huisarts heeft nog niet gekeken"
    seen = parties.asked.see(made["id"])
    assert seen["person"] == {"name": NAME, "birthDate": "1971-03-09", "sex": "female"}
    assert seen["messages"][0]["letter"]["findings"] == FINDINGS
    parties.asked.did(made["id"], "acceptance")
    waiting = parties.asked.did(made["id"], "reply", ANSWER)
    assert waiting["state"] == "in-progress"
    assert waiting["consentLink"]
    parties.keep_promises()
    assert kinds(parties.asker.see(made["id"])) == ["request", "status"]
    parties.decide(made["id"], "give", "reply")
    parties.keep_promises()
    done = parties.asker.see(made["id"])
    assert done["state"] == "completed"
    assert done["messages"][-1]["reply"]["answers"] == [{"question": QUESTION, "answer": FACTS}]
    history = good(parties.asker.visitor.get(f"/referrals/{made['id']}/history"), 200)
    acts = ["start", "ask-consent", "release", "arrive", "accept", "reply", "complete"]
    assert [one["action"] for one in history] == acts


def test_what_was_not_answered_is_told_apart_from_what_was_not_asked(parties: Parties) -> None:
    made = parties.sent()
    answers = [{"question": QUESTION, "answer": None}, {"question": "Kan zij werken?", "answer": "Nee"}]
    unasked = parties.asked.act(made, "reply", {"answers": answers, "consent": ORAL})
    refused(unasked, 403, "outside-agreement")
    assert codes(unasked) == {("/answers/1/question", "AO-04")}
    assert unasked.json()["errors"][0]["source"].startswith("https://www.lhv.nl/")
    parties.asked.did(made, "reply", {"answers": answers[:1], "consent": ORAL})
    parties.keep_promises()
    assert parties.asker.see(made)["messages"][-1]["reply"]["answers"] == [{"question": QUESTION, "answer": None}]


def test_a_question_back_waits_for_a_supplement_with_a_consent_of_its_own(parties: Parties) -> None:
    made = parties.sent()
    parties.asked.did(made, "acceptance")
    parties.asked.did(made, "question", {"text": "Wat is er al geprobeerd?"})
    parties.keep_promises()
    held = parties.asker.see(made)
    assert (held["state"], held["messages"][-1]["text"]) == ("on-hold", "Wat is er al geprobeerd?")
    more = {"letter": {"summary": "Oefeningen, zonder effect"}}
    assert parties.asker.did(made, "supplement", more)["consentLink"]
    refused(parties.asker.act(made, "supplement", more), 409, "state-conflict")
    assert "supplement" not in kinds(parties.asked.see(made))
    parties.decide(made, "give", "supplement")
    parties.keep_promises()
    seen = parties.asked.see(made)
    assert (seen["state"], seen["messages"][-1]["letter"]) == ("accepted", _full(more))


def _full(more: dict[str, Any]) -> dict[str, Any]:
    """A letter as it is given back: every section, those without anything empty."""
    empty = dict.fromkeys(("reason", "findings", "diagnosis", "work", "question", "agreed", "summary"))
    return {**empty, "exposures": [], **more["letter"]}


def test_advice_becomes_a_referral_with_a_consent_of_its_own(parties: Parties) -> None:
    made = parties.answered(kind="advice-request")
    new = parties.asker.did(made, "conversion", {})
    assert (new["kind"], new["state"], new["cameFrom"]) == ("referral", "awaiting-consent", made)
    assert new["trajectory"] == parties.asker.see(made)["trajectory"]
    assert new["messages"][0]["letter"]["findings"] == FINDINGS
    assert parties.asker.see(made)["state"] == "completed"
    refused(parties.asker.act(parties.sent(), "conversion", {}), 409, "state-conflict")


def test_a_huisarts_refers_because_of_the_work_also_for_who_has_no_employer(parties: Parties) -> None:
    made = parties.started(
        parties.asked,
        kind="work-referral",
        to=parties.asker.organisation,
        letter=letter("reason", "work", "question"),
        consent=ORAL,
    )
    parties.keep_promises()
    seen = parties.asker.see(made["id"])
    assert seen["messages"][0]["letter"]["work"]["occupation"] == "Zelfstandig stukadoor"
    parties.asker.did(made["id"], "acceptance")
    parties.asker.did(made["id"], "progress")
    assert parties.asker.did(made["id"], "failure", {"text": "Verhuisd"})["state"] == "failed"


def test_the_treating_doctor_is_informed_and_nothing_is_asked(parties: Parties) -> None:
    made = parties.sent(kind="treating-information", letter={"summary": "Een tenniselleboog door het werk"})
    assert parties.row(made).due_at is None
    assert "reply" not in parties.asked.see(made)["actions"]
    assert parties.asker.see(made)["state"] == "completed"


def test_only_the_worker_asks_for_a_second_opinion_and_elsewhere(parties: Parties) -> None:
    other = parties.side("arbodienst")
    asked = letter("findings", "work", "question")
    wrong = parties.asker.visitor.post(
        "/referrals", parties.new("second-opinion", parties.asker.organisation, letter=letter("question"))
    )
    refused(wrong, 403, "outside-agreement")
    assert codes(wrong) == {
        ("/kind", "AO-11"),
        ("/kind", "AO-13"),
        ("/letter/findings", "AO-02"),
        ("/letter/work", "AO-10"),
    }
    made = parties.sent(kind="second-opinion", to=other.organisation, letter=asked, requestedByWorker=True)
    assert parties.asker.see(made)["requestedByWorker"] is True
    silent = other.act(made, "rejection", {"reason": "other"})
    refused(silent, 403, "outside-agreement")
    assert codes(silent) == {("/text", "AO-12")}
    gone = other.did(made, "rejection", {"reason": "not-competent", "text": "Wij doen geen huidklachten"})
    assert gone["state"] == "rejected"


def test_what_falls_outside_the_agreement_says_every_rule_at_once(parties: Parties) -> None:
    new = parties.new(letter={"reason": "Graag informatie"})
    new["recipient"] = {"organisation": "00000000-0000-4000-8000-000000000000"}
    answer = parties.asker.visitor.post("/referrals", new)
    refused(answer, 403, "outside-agreement")
    assert codes(answer) == {
        ("/letter/findings", "AO-02"),
        ("/letter/question", "AO-03"),
        ("/recipient/organisation", "unknown-party"),
    }
    unknown = parties.asker.visitor.post("/referrals", parties.new() | {"recipient": new["recipient"]})
    assert refused(unknown, 400, "invalid-input") == [("/recipient/organisation", "unknown-party")]
    wrong_way = parties.asked.visitor.post("/referrals", parties.new("referral", parties.asker.organisation))
    assert codes(wrong_way) == {("/kind", "AO-08")}


def test_not_my_patient_goes_back_and_nothing_can_be_read_there_any_more(parties: Parties) -> None:
    made = parties.sent()
    assert NAME in parties.asked.visitor.get(f"/referrals/{made}").text
    back = parties.asked.act(made, "rejection", {"reason": "not-my-patient"})
    good(back, 201)
    for text in (back.text, parties.asked.visitor.get(f"/referrals/{made}").text):
        assert NAME not in text
        assert FINDINGS not in text
    parties.keep_promises()
    seen = parties.asker.see(made)
    assert (seen["state"], kinds(seen)) == ("rejected", ["request", "status"])


def test_what_is_taken_back_is_told_to_who_has_it(parties: Parties) -> None:
    unsent = parties.started()["id"]
    parties.asker.did(unsent, "cancellation", {"text": "Niet meer nodig"})
    assert parties.message(unsent).closed_because == "cancelled"
    with pytest.raises(Exception, match="state-conflict"):
        parties.decide(unsent, "give")
    made = parties.sent()
    parties.asker.did(made, "cancellation", {"text": "Niet meer nodig"})
    parties.keep_promises()
    seen = parties.asked.see(made)
    assert (seen["state"], kinds(seen), seen["messages"][-1]["text"]) == (
        "cancelled",
        ["request", "withdrawal"],
        "Niet meer nodig",
    )


def test_a_child_of_fifteen_does_not_decide_alone(parties: Parties) -> None:
    person = parties.new()["person"] | {"birthDate": "2015-01-01"}
    refused(parties.asker.visitor.post("/referrals", parties.new(person=person)), 409, "cannot-decide")
    consent = {"representative": "Moeder van Truus"}
    assert parties.started(person=person, consent=consent)["state"] == "awaiting-consent"


# Who may do what


def test_nobody_else_finds_it_by_any_door(parties: Parties) -> None:
    made = parties.sent()
    practice, service = parties.asked.organisation, parties.asker.organisation
    strangers = [
        parties.side("gp-practice"),
        parties.side("arbodienst"),
        parties.side("arbodienst", service),  # a colleague of who asked
        parties.side("gp-practice", practice, Role.SPECIALIST),  # in the practice, in another profession
        parties.side("gp-practice", practice, demo=True),
    ]
    doors = "acceptance progress question supplement reply rejection failure cancellation conversion consent-request"
    bodies = {"question": {"text": "?"}, "supplement": {"letter": {}}, "reply": ANSWER, "failure": {"text": "?"}}
    bodies |= {"cancellation": {"text": "?"}, "rejection": {"reason": "other"}}
    for stranger in strangers:
        visitor = stranger.visitor
        refused(visitor.get(f"/referrals/{made}"), 404, "not-found")
        refused(visitor.get(f"/referrals/{made}/history"), 404, "not-found")
        for box in ("sent", "inbox"):
            assert made not in visitor.get(f"/referrals?box={box}").text
        for door in doors.split():
            answer = visitor.post(f"/referrals/{made}/{door}", bodies.get(door, {}), If_Match='W/"3"')
            refused(answer, 404, "not-found")
    colleague = parties.side("gp-practice", practice)
    assert colleague.see(made)["person"]["name"] == NAME


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.REGISTRY, Role.INSPECTORATE, Role.WORKER, Role.ADMINISTRATOR])
def test_who_is_no_doctor_stays_out(parties: Parties, role: Role) -> None:
    visitor = parties.world.person(role)
    refused(visitor.get("/referrals"), 403, "forbidden")
    refused(visitor.post("/referrals", parties.new()), 403, "forbidden")


def test_lists_are_paged_and_name_no_worker(parties: Parties) -> None:
    made = [parties.sent() for _ in range(3)]
    for side, box in ((parties.asker, "sent"), (parties.asked, "inbox")):
        first = side.visitor.get(f"/referrals?box={box}&limit=2")
        assert NAME not in first.text
        after = first.headers["Link"].split(">")[0].removeprefix("<").partition("/v1")[2]
        listed = [one["id"] for one in first.json() + good(side.visitor.get(after), 200)]
        assert listed == list(reversed(made))
        assert side.visitor.get(f"/referrals?box={box}&state=completed").json() == []
    refused(parties.asker.visitor.get("/referrals?cursor=x"), 400, "invalid-input")


def test_a_repeat_is_answered_the_same_and_a_stale_version_is_refused(parties: Parties) -> None:
    new = parties.new()
    first, again = (parties.asker.visitor.post("/referrals", new, Idempotency_Key="eerste") for _ in range(2))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    made = parties.sent()
    refused(parties.asked.act(made, "acceptance", If_Match='W/"1"'), 412, "stale")
    visitor: Visitor = parties.asked.visitor
    refused(visitor.post(f"/referrals/{made}/acceptance"), 428, "precondition-required")


def test_nothing_happens_without_an_audit_row(parties: Parties) -> None:
    made = parties.answered()
    with parties.world.database.reading() as session:
        found = session.exec(select(PersonEvent)).all()
        organisations = {one.id for one in session.exec(select(Organisation))}
    mine = [one for one in found if str(one.object_id) == made]
    acts = "start ask-consent release release-request arrive accept reply complete release-reply read".split()
    assert {f"referral.{act}" for act in acts} <= {one.event for one in mine}
    assert {one.organisation for one in mine} == {parties.asker.organisation, parties.asked.organisation}
    assert {one.organisation for one in found if one.organisation} <= organisations
    assert all(NAME not in str(one) and FINDINGS not in str(one) for one in found)
