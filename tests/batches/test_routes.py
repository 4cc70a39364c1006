"""Batches over the API: seen first, filed once each, put right, and nobody else's."""

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from service.audit.tables import AuditEvent
from service.batches import actions
from service.batches.tables import Batch, BatchRow
from service.clock import now
from service.codes.catalogue import catalogue
from service.identity.access import SCOPES_OF, Role, Scope
from service.notifications import actions as notifications
from service.notifications.tables import Notification
from service.validation import ANONYMITY_URL
from tests.api.world import Visitor, World, good, refused
from tests.batches.files import XLSX, csv_of, row, xlsx_of

PATH = "/notification-batches"


def send(doctor: Visitor, rows: list[dict[str, Any]], **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = good(doctor.post(PATH, csv_of(rows), **({"Content_Type": "text/csv"} | headers)), 201)
    return found


def submit(doctor: Visitor, batch: dict[str, Any], duplicates: str = "skip", **headers: str) -> dict[str, Any]:
    known = {"If_Match": f'W/"{batch["version"]}"'} | headers
    found: dict[str, Any] = good(
        doctor.post(f"{PATH}/{batch['id']}/submission", {"duplicates": duplicates}, **known), 201
    )
    return found


def correct(doctor: Visitor, batch: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    known = {"Content_Type": "text/csv", "If_Match": f'W/"{batch["version"]}"'}
    found: dict[str, Any] = good(doctor.put(f"{PATH}/{batch['id']}", csv_of(rows), **known), 200)
    return found


def filed(doctor: Visitor) -> int:
    with doctor.world.database.reading() as session:
        question = select(func.count()).select_from(Notification).where(col(Notification.owner) == doctor.id)
        return session.scalar(question) or 0


def statuses(batch: dict[str, Any]) -> list[str]:
    return [one["status"] for one in batch["rows"]]


def test_a_preview_files_nothing(doctor: Visitor) -> None:
    batch = send(doctor, [row(), row(geslacht=""), row(werk="Bij Bouwbedrijf Jansen B.V.")])
    assert statuses(batch) == ["ready", "problem", "ready"]
    assert batch["counts"] == {"total": 3, "ready": 2, "pending": 0, "problem": 1, "filed": 0, "failed": 0}
    (problem,) = batch["rows"][1]["problems"]
    assert (problem["pointer"], problem["column"]) == ("/worker/sex", "geslacht")
    assert problem["source"] == catalogue().cas.complaint_rule.source_url
    assert ("name-like", ANONYMITY_URL) in {(one["code"], one["source"]) for one in batch["rows"][2]["warnings"]}
    assert batch["rows"][0]["verdict"] == "insufficient-information"
    assert filed(doctor) == 0


def test_a_sector_finer_than_our_list_warns_nobody_in_every_row(doctor: Visitor) -> None:
    assert [one["warnings"] for one in send(doctor, [row(sector_sbi="4120"), row(sector_sbi="43.39")])["rows"]] == [
        [],
        [],
    ]


def test_a_workbook_is_taken_too(doctor: Visitor) -> None:
    batch = good(doctor.post(PATH, xlsx_of([row(), row()]), Content_Type=XLSX), 201)
    assert statuses(batch) == ["ready", "ready"]


def test_a_submission_files_every_ready_row_once(doctor: Visitor) -> None:
    batch = send(doctor, [row(kenmerk="a-1"), row(geslacht=""), row(kenmerk="a-3")])
    done = submit(doctor, batch)
    assert statuses(done) == ["filed", "problem", "filed"]
    assert done["remaining"] == 0
    assert statuses(submit(doctor, batch)) == ["filed", "problem", "filed"]
    assert filed(doctor) == 2
    first = done["rows"][0]
    receipt = good(doctor.get(f"/notifications/{first['notificationId']}/receipt"), 200)
    assert receipt["number"] == first["number"]


def test_the_notification_is_the_one_a_body_of_its_own_would_have_given(doctor: Visitor) -> None:
    batch = submit(doctor, send(doctor, [row()]))
    body = doctor.get(f"/notifications/{batch['rows'][0]['notificationId']}/as-submitted").content
    verdict = good(doctor.post("/notifications?submit=true", body), 201)["check"]["verdict"]
    assert verdict == batch["rows"][0]["verdict"]
    assert json.loads(body)["worker"] == {"birthYear": 1974, "sex": "male"}


def test_a_filed_row_keeps_no_document_of_its_own(doctor: Visitor, world: World) -> None:
    batch = submit(doctor, send(doctor, [row(), row(toelichting="mail a.b@example.nl")]))
    with world.database.reading() as session:
        kept = session.scalars(select(BatchRow).where(col(BatchRow.batch_id) == UUID(batch["id"]))).all()
    assert [one.document for one in kept] == [b"", b""]
    assert "example.nl" not in str([(one.problems, one.what) for one in kept])


def test_the_same_upload_with_the_same_key_is_the_same_batch(doctor: Visitor) -> None:
    rows, key = [row()], str(uuid4())
    first = send(doctor, rows, Idempotency_Key=key)
    again = doctor.post(PATH, csv_of(rows), Content_Type="text/csv", Idempotency_Key=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["id"] == first["id"]
    other = doctor.post(PATH, csv_of([row()]), Content_Type="text/csv", Idempotency_Key=key)
    refused(other, 422, "idempotency-key-reused")


def test_a_submission_goes_on_under_the_same_key_until_nothing_remains(doctor: Visitor) -> None:
    batch, key = send(doctor, [row() for _ in range(5)]), str(uuid4())
    path, known = f"{PATH}/{batch['id']}/submission?limit=2", {"If_Match": 'W/"1"', "Idempotency_Key": key}
    left = [good(doctor.post(path, **known), 201)["remaining"] for _ in range(3)]
    assert left == [3, 1, 0]
    assert doctor.post(path, **known).headers["Idempotent-Replayed"] == "true"
    better = correct(doctor, batch, [row()])
    again = doctor.post(path, **(known | {"If_Match": f'W/"{better["version"]}"'}))
    refused(again, 422, "idempotency-key-reused")
    assert filed(doctor) == 5


def test_two_submissions_at_once_file_every_row_once(doctor: Visitor) -> None:
    batch = send(doctor, [row() for _ in range(12)])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: submit(doctor, batch), range(4)))
    assert filed(doctor) == 12
    numbers = {one["number"] for one in answers[0]["rows"]}
    assert len(numbers) == 12


def test_two_files_with_the_same_rows_at_once_file_every_row_once(doctor: Visitor) -> None:
    rows = [row() for _ in range(6)]
    batches = [send(doctor, rows) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda batch: submit(doctor, batch), batches))
    assert filed(doctor) == 6
    assert sorted(status for one in answers for status in statuses(one)) == ["filed"] * 6 + ["pending"] * 6


def test_a_row_that_says_the_same_waits_for_a_word(doctor: Visitor) -> None:
    same, other = row(), row()
    batch = send(doctor, [same, other, same])
    assert statuses(batch) == ["ready", "ready", "pending"]
    assert batch["rows"][2]["possibleDuplicate"] == "Rij 2 zegt precies hetzelfde."
    done = submit(doctor, batch)
    assert statuses(done) == ["filed", "filed", "pending"]
    once_more = send(doctor, [same, row()])
    assert statuses(once_more) == ["pending", "ready"]
    assert done["rows"][0]["number"] in once_more["rows"][0]["possibleDuplicate"]
    assert statuses(submit(doctor, once_more)) == ["pending", "filed"]
    assert statuses(submit(doctor, batch, "file")) == ["filed", "filed", "filed"]
    assert filed(doctor) == 4


def test_a_row_that_resembles_an_earlier_notification_says_so(doctor: Visitor) -> None:
    one = row()
    number = submit(doctor, send(doctor, [one]))["rows"][0]["number"]
    (alike,) = send(doctor, [one | {"werk": "Voegen in de woningbouw"}])["rows"]
    assert alike["status"] == "ready"
    assert number in alike["possibleDuplicate"]


def test_a_better_file_files_what_was_wrong_and_nothing_twice(doctor: Visitor) -> None:
    first, second, third = row(kenmerk="k-1"), row(kenmerk="k-2", geslacht=""), row()
    batch = submit(doctor, send(doctor, [first, second, third]))
    assert statuses(batch) == ["filed", "problem", "filed"]
    better = correct(doctor, batch, [row(kenmerk="k-9"), third, first | {"werk": "Anders"}, second | {"geslacht": "v"}])
    assert statuses(better) == ["ready", "filed", "filed", "ready"]
    assert "already-filed" in {one["code"] for one in better["rows"][2]["warnings"]}
    assert statuses(submit(doctor, better)) == ["filed"] * 4
    assert filed(doctor) == 4


def test_a_row_without_a_reference_that_changed_after_it_was_filed_waits_for_a_word(doctor: Visitor) -> None:
    one = row()
    batch = submit(doctor, send(doctor, [one]))
    better = correct(doctor, batch, [one | {"werk": "Stukadoren"}])
    assert statuses(better) == ["filed", "pending"]
    assert statuses(submit(doctor, better)) == ["filed", "pending"]


def test_a_version_that_is_not_the_last_is_refused(doctor: Visitor) -> None:
    batch = send(doctor, [row(geslacht="")])
    correct(doctor, batch, [row()])
    stale = {"If_Match": 'W/"1"'}
    refused(doctor.post(f"{PATH}/{batch['id']}/submission", **stale), 412, "stale")
    refused(doctor.put(f"{PATH}/{batch['id']}", csv_of([row()]), Content_Type="text/csv", **stale), 412, "stale")
    refused(doctor.call("DELETE", f"{PATH}/{batch['id']}", **stale), 412, "stale")
    refused(doctor.post(f"{PATH}/{batch['id']}/submission"), 428, "precondition-required")


def test_a_row_that_breaks_us_does_not_stop_the_others(doctor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, real, calls = send(doctor, [row() for _ in range(3)]), notifications.file, iter(range(9))

    def breaking(*words: Any) -> Any:
        if next(calls) == 1:
            real(*words)
            raise RuntimeError("a fault of ours, after the notification was added")
        return real(*words)

    monkeypatch.setattr(notifications, "file", breaking)
    done = submit(doctor, batch)
    assert statuses(done) == ["filed", "failed", "filed"]
    assert filed(doctor) == 2
    monkeypatch.undo()
    assert filed(doctor) == 2


DOORS = [
    ("GET", "/{id}"),
    ("GET", "/{id}/report"),
    ("PUT", "/{id}"),
    ("POST", "/{id}/submission"),
    ("DELETE", "/{id}"),
]


@pytest.mark.parametrize("method,door", DOORS)
def test_somebody_else_finds_nothing(world: World, doctor: Visitor, method: str, door: str) -> None:
    batch = send(doctor, [row()])
    body = csv_of([row()]) if method == "PUT" else None
    sent = {"If_Match": 'W/"1"', "Content_Type": "text/csv"} if body else {"If_Match": 'W/"1"'}
    for other in (world.person(), world.system()):
        refused(other.call(method, PATH + door.format(id=batch["id"]), body, **sent), 404, "not-found")
    assert good(world.person().get(PATH), 200) == []
    assert statuses(good(doctor.get(f"{PATH}/{batch['id']}"), 200)) == ["ready"]


@pytest.mark.parametrize("role", [role for role in Role if Scope.FILE not in SCOPES_OF[role] and SCOPES_OF[role]])
def test_who_may_not_file_gets_no_batch(world: World, role: Role) -> None:
    visitor = world.anyone(role)
    refused(visitor.post(PATH, csv_of([row()]), Content_Type="text/csv"), 403, "forbidden")
    refused(visitor.get(PATH), 403, "forbidden")
    refused(visitor.get(f"{PATH}/template"), 403, "forbidden")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/csv; charset=utf-16", XLSX])
def test_another_kind_of_body_is_refused(doctor: Visitor, kind: str) -> None:
    refused(doctor.post(PATH, csv_of([row()]), Content_Type=kind), 415, "unsupported-media-type")


def test_too_large_a_file_is_refused(doctor: Visitor) -> None:
    refused(doctor.post(PATH, b"x" * 950_000, Content_Type="text/csv"), 413, "too-large")
    assert doctor.post(PATH, b"x" * 1_100_000, Content_Type="text/csv").status_code == 413


def test_an_unknown_column_is_refused_and_nothing_is_kept(doctor: Visitor) -> None:
    answer = doctor.post(PATH, csv_of([row(naam="x")]), Content_Type="text/csv")
    assert refused(answer, 400, "invalid-input") == [("/columns/8", "unknown-column")]
    assert good(doctor.get(PATH), 200) == []


def test_the_report_is_also_a_csv_that_runs_nothing(doctor: Visitor) -> None:
    batch = submit(doctor, send(doctor, [row(diagnose='=HYPERLINK("http://x")'), row(geslacht="")]))
    answer = doctor.get(f"{PATH}/{batch['id']}/report", Accept="text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    header, first, second = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert len(header) == len(first) == len(second)
    assert first[3].startswith("'=HYPERLINK")
    assert second[2] == "te verbeteren"
    assert second[8].startswith("geslacht: ")
    same = good(doctor.get(f"{PATH}/{batch['id']}/report"), 200)
    assert same["rows"] == good(doctor.get(f"{PATH}/{batch['id']}"), 200)["rows"]


def test_the_template_comes_in_both_forms_and_is_accepted(doctor: Visitor) -> None:
    for form, kind in (("csv", "text/csv"), ("xlsx", XLSX)):
        template = doctor.get(f"{PATH}/template?format={form}")
        assert statuses(good(doctor.post(PATH, template.content, Content_Type=kind), 201)) == ["ready"]


def test_the_columns_are_published(doctor: Visitor) -> None:
    names = {one["name"] for one in good(doctor.get(f"{PATH}/columns"), 200)}
    assert {"diagnosis.cas", "worker.birthYear", "reference"} <= names


def test_a_batch_can_be_thrown_away_and_what_was_filed_stays(doctor: Visitor) -> None:
    same = row()
    batch = submit(doctor, send(doctor, [same]))
    assert doctor.call("DELETE", f"{PATH}/{batch['id']}", If_Match='W/"1"').status_code == 204
    refused(doctor.get(f"{PATH}/{batch['id']}"), 404, "not-found")
    assert filed(doctor) == 1
    assert statuses(send(doctor, [same])) == ["pending"]


def test_the_list_pages_through_every_batch_once_newest_first(world: World, doctor: Visitor) -> None:
    made = [send(doctor, [row()])["id"] for _ in range(5)]
    assert [one["id"] for one in pages(doctor, f"{PATH}?limit=2")] == made[::-1]
    assert "Link" not in doctor.get(f"{PATH}?limit=5").headers
    with world.database.transaction() as session:
        for batch in session.scalars(select(Batch).where(col(Batch.owner) == doctor.id)):
            batch.ordinal = 1  # as two that are sent at the same moment may have it
    again = [one["id"] for one in pages(doctor, f"{PATH}?limit=2")]
    assert (len(again), set(again)) == (5, set(made))


def pages(doctor: Visitor, path: str) -> Iterator[dict[str, Any]]:
    while path:
        answer = doctor.get(path)
        yield from good(answer, 200)
        path = answer.headers.get("Link", "").removeprefix("<http://127.0.0.1:8000/v1").split(">")[0]


def test_there_is_an_end_to_open_batches(doctor: Visitor) -> None:
    for _ in range(20):
        send(doctor, [row()])
    refused(doctor.post(PATH, csv_of([row()]), Content_Type="text/csv"), 409, "state-conflict")


def test_a_batch_goes_after_thirty_days(doctor: Visitor, world: World) -> None:
    batch = send(doctor, [row()])
    with world.database.transaction() as session:
        assert actions.expire_batches(session, now() + timedelta(days=29)) == 0
    with world.database.transaction() as session:
        assert actions.expire_batches(session, now() + timedelta(days=32)) > 0
    refused(doctor.get(f"{PATH}/{batch['id']}"), 404, "not-found")


def test_every_act_is_audited(doctor: Visitor, world: World) -> None:
    batch = send(doctor, [row()])
    submit(doctor, batch)
    with world.database.reading() as session:
        found = session.scalars(select(AuditEvent).where(col(AuditEvent.actor) == doctor.id)).all()
    assert {"batch.upload", "batch.read", "batch.submit", "notification.submit"} <= {one.event for one in found}
