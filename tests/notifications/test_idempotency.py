"""Everything happens twice: the same key, the same moment, two editors, and a version that is no longer the last."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlmodel import Session, col

from service.clock import today
from service.idempotency import IdempotentRequest, forget_old_keys
from service.notifications.tables import Event, Notification, Revision
from service.outbox import Promise
from tests.api.world import Visitor, World, case, good, refused, with_override


def test_fifty_at_once_with_one_key_file_one_case(world: World, doctor: Visitor) -> None:
    document, key, token = case(), str(uuid4()), doctor.token()
    assert token
    together = Barrier(50)

    def file(_: int) -> Any:
        together.wait()
        return doctor.post("/notifications?submit=true", document, Idempotency_Key=key)

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(file, range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({(answer.headers["Location"], answer.headers["ETag"]) for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert len(good(doctor.get("/notifications"), 200)) == 1
    with world.database.reading() as session:
        mine = select(Notification.id).where(col(Notification.owner) == doctor.id)  # type: ignore[call-overload]
        for table in (Revision, Event):
            found = select(func.count()).select_from(table).where(col(table.notification_id).in_(mine))
            assert session.scalar(found) == 1


def test_twenty_at_once_without_a_key_are_twenty_cases_that_all_show(doctor: Visitor) -> None:
    doctor.token()
    with ThreadPoolExecutor(20) as threads:
        made = set(threads.map(lambda _: doctor.draft({})["id"], range(20)))
    listed: list[str] = []
    path = "/notifications?limit=3"
    while path:
        answer = doctor.get(path)
        listed += [one["id"] for one in good(answer, 200)]
        path = answer.headers.get("Link", "").removeprefix("<http://127.0.0.1:8000/v1").split(">")[0]
    assert (len(made), len(listed), set(listed)) == (20, 20, made)


def test_the_same_request_again_gives_the_same_answer_and_says_so(doctor: Visitor) -> None:
    document = case()
    first = doctor.post("/notifications?submit=true", document, Idempotency_Key="k-1")
    again = doctor.post("/notifications?submit=true", document, Idempotency_Key="k-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]


def test_a_key_used_for_something_else_is_refused(doctor: Visitor) -> None:
    document = case()
    good(doctor.post("/notifications", document, Idempotency_Key="k-2"), 201)
    other_body = doctor.post("/notifications", case(), Idempotency_Key="k-2")
    refused(other_body, 422, "idempotency-key-reused")
    other_door = doctor.post("/signals", {"case": document, "why": "Nieuw"}, Idempotency_Key="k-2")
    refused(other_door, 422, "idempotency-key-reused")
    assert len(good(doctor.get("/notifications"), 200)) == 1


def test_a_draft_and_a_filing_with_the_same_body_are_not_the_same_request(doctor: Visitor) -> None:
    """Answering the draft again would let the client believe that its case was filed."""
    document = case()
    good(doctor.post("/notifications", document, Idempotency_Key="k-3"), 201)
    refused(doctor.post("/notifications?submit=true", document, Idempotency_Key="k-3"), 422, "idempotency-key-reused")


def test_a_key_belongs_to_one_caller(world: World, doctor: Visitor) -> None:
    document = case()
    first = good(doctor.post("/notifications", document, Idempotency_Key="k-4"), 201)
    second = good(world.person().post("/notifications", document, Idempotency_Key="k-4"), 201)
    assert first["id"] != second["id"]


def test_a_request_that_was_refused_does_not_use_up_its_key(doctor: Visitor) -> None:
    bad = case(workNature=None)
    refused(doctor.post("/notifications?submit=true", bad, Idempotency_Key="k-5"), 400, "invalid-input")
    assert good(doctor.post("/notifications?submit=true", case(), Idempotency_Key="k-5"), 201)["number"]


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "k\x7f", "caf\xe9"])
def test_a_key_of_another_form_is_refused(doctor: Visitor, key: str) -> None:
    token = {"Authorization": f"Bearer {doctor.token()}", "Content-Type": "application/json"}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in (token | {"Idempotency-Key": key}).items()]
    answer = doctor.world.http.post("/v1/notifications", content=b"{}", headers=headers)
    assert refused(answer, 400, "invalid-input") == [("", "idempotency-key")]


def test_every_create_can_be_repeated(doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.draft(with_override())["id"]

    def twice(who: Visitor, door: str, version: int, body: Any = None) -> None:
        key, seen = str(uuid4()), f'W/"{version}"'
        first = who.post(f"/notifications/{mine}{door}", body, Idempotency_Key=key, If_Match=seen)
        again = who.post(f"/notifications/{mine}{door}", body, Idempotency_Key=key, If_Match=seen)
        assert first.status_code == again.status_code == 201, first.text
        assert first.content == again.content
        refused(
            who.post(f"/notifications/{mine}{door}", body, Idempotency_Key=str(uuid4()), If_Match=seen), 412, "stale"
        )

    twice(doctor, "/submission", 1)
    twice(registry, "/assessment", 2, {"decision": "return", "questions": ["Hoe zwaar?"]})
    twice(doctor, "/submission", 3)
    twice(doctor, "/amendments", 4, with_override("Anders"))
    twice(doctor, "/withdrawal", 5, {"reason": "Verkeerd"})
    steps = good(doctor.get(f"/notifications/{mine}/history"), 200)
    assert [step["action"] for step in steps] == ["submit", "return", "submit", "amend", "withdraw"]


def test_a_decision_taken_twice_at_once_is_taken_and_told_once(
    world: World, doctor: Visitor, registry: Visitor
) -> None:
    mine = doctor.file(with_override())["notificationId"]
    registry.token()
    together = Barrier(8)

    def decide(_: int) -> int:
        together.wait()
        body = {"decision": "return", "questions": ["Hoe zwaar?"]}
        return registry.post(f"/notifications/{mine}/assessment", body, If_Match='W/"2"').status_code

    with world.database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Promise)) or 0
    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(decide, range(8))) == [201] + [412] * 7
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Promise)) == before + 1


CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "", {}),
    ("DELETE", "", None),
    ("POST", "/submission", None),
    ("POST", "/amendments", {}),
    ("POST", "/withdrawal", {"reason": "Nee"}),
)


@pytest.mark.parametrize("method, door, body", CHANGES)
def test_every_change_names_the_version_that_was_read(doctor: Visitor, method: str, door: str, body: Any) -> None:
    path = f"/notifications/{doctor.draft()['id']}{door}"
    refused(doctor.call(method, path, body), 428, "precondition-required")
    for stale in (
        'W/"0"',
        'W/"2"',
        '"7"',
        "*",
        "onzin",
        'W/"99999999999999999999"',
        'W/"-1"',
        'W/"\u0661"'.encode().decode("latin-1"),
    ):
        headers = {"Authorization": f"Bearer {doctor.token()}", "Content-Type": "application/json"}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in (headers | {"If-Match": stale}).items()]
        content = None if body is None else b'{"reason": "Nee"}' if "withdrawal" in door else b"{}"
        answer = doctor.world.http.request(method, f"/v1{path}", content=content, headers=raw)
        refused(answer, 412, "stale")


def test_the_registry_names_the_version_that_was_read(doctor: Visitor, registry: Visitor) -> None:
    path = f"/notifications/{doctor.file(with_override())['notificationId']}/assessment"
    refused(registry.post(path, {"decision": "register"}), 428, "precondition-required")
    refused(registry.post(path, {"decision": "register"}, If_Match='W/"1"'), 412, "stale")


def test_of_two_editors_the_second_is_told(doctor: Visitor) -> None:
    draft = doctor.draft()["id"]
    seen = doctor.get(f"/notifications/{draft}").headers["ETag"]
    first, second = case(remarks="De eerste"), case(remarks="De tweede")
    answer = doctor.put(f"/notifications/{draft}", first, If_Match=seen)
    assert good(answer, 200)["version"] == 2
    assert answer.headers["ETag"] == 'W/"2"'
    refused(doctor.put(f"/notifications/{draft}", second, If_Match=seen), 412, "stale")
    assert doctor.see(draft)["content"] == first


def test_of_two_editors_at_the_same_moment_one_wins(doctor: Visitor) -> None:
    draft, together = doctor.draft()["id"], Barrier(8)
    doctor.token()

    def save(number: int) -> int:
        together.wait()
        body = case(minutesSpent=number)
        return doctor.put(f"/notifications/{draft}", body, If_Match='W/"1"').status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(save, range(8))) == [200] + [412] * 7
    assert doctor.see(draft)["version"] == 2


def test_a_request_that_still_runs_is_not_done_a_second_time(world: World, doctor: Visitor) -> None:
    """PostgreSQL lets the second wait for the first, and no longer than the lock time-out; SQLite has one writer."""
    document, key = case(), "k-9"
    if world.database.engine.dialect.name == "postgresql":
        with Session(world.database.engine) as session:
            session.add(IdempotentRequest(owner=doctor.id, key=key, fingerprint="", kept_since=today()))
            session.flush()
            answer = doctor.post("/notifications", document, Idempotency_Key=key)
            refused(answer, 409, "still-in-flight")
            assert int(answer.headers["Retry-After"]) > 0
    good(doctor.post("/notifications", document, Idempotency_Key=key), 201)


def test_keys_are_forgotten_after_two_days_and_not_before(world: World, doctor: Visitor) -> None:
    good(doctor.post("/notifications", {}, Idempotency_Key="k-6"), 201)
    good(doctor.post("/notifications", {}, Idempotency_Key="k-7"), 201)
    with world.database.transaction() as session:
        session.get_one(IdempotentRequest, (doctor.id, "k-6")).kept_since = today() - timedelta(days=3)
    with world.database.transaction() as session:
        forget_old_keys(session, today())
    with world.database.reading() as session:
        assert session.get(IdempotentRequest, (doctor.id, "k-6")) is None
        assert session.get(IdempotentRequest, (doctor.id, "k-7")) is not None
