"""The signal desk: what is too uncertain for a notification is sent, seen by few, and judged."""

from typing import Any

import pytest

from service.identity.access import Role
from tests.api.world import Visitor, World, case, good, refused

WHY = "Drie collega's met dezelfde klachten na een nieuw oplosmiddel"


def signal(**changes: Any) -> dict[str, Any]:
    return {"case": case(assessment={"workRelation": "too-uncertain"}), "why": WHY} | changes


def sent(doctor: Visitor) -> dict[str, Any]:
    received: dict[str, Any] = good(doctor.post("/signals", signal()), 201)
    return received


def judge(desk: Visitor, which: str, verdict: str, version: int = 1, reason: str = "Bekeken") -> Any:
    body = {"verdict": verdict, "reason": reason}
    return desk.post(f"/signals/{which}/judgement", body, If_Match=f'W/"{version}"')


def test_a_signal_is_received_and_is_no_notification(doctor: Visitor) -> None:
    answer = doctor.post("/signals", signal())
    received = good(answer, 201)
    assert (received["state"], received["why"], received["reason"]) == ("received", WHY, None)
    assert received["receivedAt"].endswith(":00:00Z")
    assert answer.headers["Location"] == f"/v1/signals/{received['id']}"
    assert good(doctor.get(f"/signals/{received['id']}"), 200) == received
    assert good(doctor.get("/notifications"), 200) == []


def test_a_signal_may_be_incomplete_and_has_a_reason(doctor: Visitor) -> None:
    good(doctor.post("/signals", signal(case={})), 201)
    assert refused(doctor.post("/signals", {"case": {}}), 400, "invalid-input") == [("/why", "missing")]
    assert refused(doctor.post("/signals", signal(why="   ")), 400, "invalid-input") == [("/why", "string-too-short")]


def test_a_signal_identifies_nobody(doctor: Visitor) -> None:
    bad = signal(why="Zie 111.222.333", case=case(remarks="geboren 01-02-1980"))
    assert set(refused(doctor.post("/signals", bad), 400, "invalid-input")) == {
        ("/why", "bsn"),
        ("/case/remarks", "full-date"),
    }


def test_a_doctor_sees_own_signals_and_the_desk_sees_all(world: World, doctor: Visitor, registry: Visitor) -> None:
    mine, theirs = sent(doctor)["id"], sent(world.person())["id"]
    assert [one["id"] for one in good(doctor.get("/signals"), 200)] == [mine]
    assert {mine, theirs} <= {one["id"] for one in good(registry.get("/signals?limit=100"), 200)}
    refused(doctor.get(f"/signals/{theirs}"), 404, "not-found")
    seen = good(registry.get(f"/signals/{theirs}"), 200)
    assert "owner" not in seen


def test_the_desk_judges_and_may_judge_again_what_it_watches(doctor: Visitor, registry: Visitor) -> None:
    mine = sent(doctor)["id"]
    assert good(judge(registry, mine, "watch"), 201)["version"] == 2
    refused(judge(registry, mine, "alert"), 412, "stale")
    assert good(judge(registry, mine, "alert", version=2), 201)["state"] == "alert"
    refused(judge(registry, mine, "no-signal", version=3), 409, "state-conflict")
    seen = good(doctor.get(f"/signals/{mine}"), 200)
    assert (seen["state"], seen["stateText"], seen["reason"]) == ("alert", "Waarschuwing uitgegeven", "Bekeken")
    assert mine in [one["id"] for one in good(registry.get("/signals?state=alert&limit=100"), 200)]


def test_judging_takes_the_right_and_a_version_and_identifies_nobody(doctor: Visitor, registry: Visitor) -> None:
    mine = sent(doctor)["id"]
    refused(judge(doctor, mine, "watch"), 403, "forbidden")
    body = {"verdict": "watch", "reason": "x"}
    refused(registry.post(f"/signals/{mine}/judgement", body), 428, "precondition-required")
    named = judge(registry, mine, "watch", reason="Werknemer 111222333")
    assert refused(named, 400, "invalid-input") == [("/reason", "bsn")]


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.HUISARTS, Role.INSPECTORATE, Role.ADMINISTRATOR, Role.WORKER])
def test_who_neither_sends_nor_judges_sees_no_signal(world: World, doctor: Visitor, role: Role) -> None:
    mine = sent(doctor)["id"]
    other = world.person(role)
    for path in ("/signals", f"/signals/{mine}"):
        refused(other.get(path), 403, "forbidden")


def test_demo_signals_stay_among_themselves(world: World, registry: Visitor) -> None:
    demo = sent(world.person(demo=True))["id"]
    refused(registry.get(f"/signals/{demo}"), 404, "not-found")
    refused(judge(registry, demo, "watch"), 404, "not-found")
    assert demo not in [one["id"] for one in good(registry.get("/signals?limit=100"), 200)]
    assert good(judge(world.person(Role.REGISTRY, demo=True), demo, "watch"), 201)["demo"] is True


def test_the_same_key_sends_one_signal(doctor: Visitor) -> None:
    body = signal()
    first = doctor.post("/signals", body, Idempotency_Key="een")
    second = doctor.post("/signals", body, Idempotency_Key="een")
    assert first.content == second.content
    assert len(good(doctor.get("/signals"), 200)) == 1


def test_the_list_pages_through_every_signal_once(doctor: Visitor) -> None:
    made, found = {sent(doctor)["id"] for _ in range(5)}, []
    path = "/signals?limit=2"
    while path:
        answer = doctor.get(path)
        found += [one["id"] for one in good(answer, 200)]
        path = answer.headers.get("Link", "").removeprefix("<http://127.0.0.1:8000/v1").split(">")[0]
    assert (len(found), set(found)) == (5, made)
