"""Reading back what was sent: Tasks, documents, receipts and the history, each for its sender alone."""

import hashlib
from datetime import timedelta
from urllib.parse import quote

import pytest

from service.clock import now
from service.identity.access import Scope
from tests.wire.documents import Json, damaged, packed, part
from tests.wire.senders import DOOR, Filed, Sender, issues, new_sender


def found(bundle: Json) -> list[str]:
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    assert all(one["search"]["mode"] == "match" for one in bundle.get("entry", []))
    assert all(one["fullUrl"] == f"{DOOR}/Task/{one['resource']['id']}" for one in bundle.get("entry", []))
    return [one["resource"]["id"] for one in bundle.get("entry", [])]


def link(bundle: Json, relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def search(sender: Sender, query: str) -> list[str]:
    answer = sender.get(f"/Task{query}")
    assert answer.status_code == 200, answer.text
    return found(answer.json())


def test_a_task_is_read_with_its_tag(sender: Sender) -> None:
    filed = sender.filed()
    answer = sender.get(filed.task)
    assert answer.status_code == 200
    task, tag = answer.json(), answer.headers["ETag"]
    assert tag == f'W/"{task["meta"]["versionId"]}"' == filed.answer.headers["ETag"]
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert task["focus"]["reference"] == f"Bundle/{filed.id}"
    unchanged = sender.get(filed.task, If_None_Match=tag)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", tag)
    assert sender.get(filed.task, If_None_Match='W/"99"').status_code == 200


def test_what_was_sent_comes_back_byte_for_byte(sender: Sender) -> None:
    body = packed(sender.document()).replace(b'"resourceType": "Bundle"', b'"resourceType"  :\n"Bundle"', 1)
    answer = sender.send(body)
    assert answer.status_code == 201
    assert sender.get(f"/Bundle/{Filed(answer).id}").content == body


def test_the_receipt_can_be_read_again(sender: Sender) -> None:
    filed = sender.filed()
    address = sender.get(filed.task).json()["output"][0]["valueReference"]["reference"]
    assert sender.get(f"/{address}").json() == filed.parameters["receipt"]


def test_another_organisation_finds_nothing(sender: Sender) -> None:
    filed, other = sender.filed(), new_sender(sender.world)
    for address in (filed.task, f"/Bundle/{filed.id}", f"/Bundle/{filed.id}-receipt"):
        assert issues(other.get(address), 404) == [("AB-L001", None)]
    assert search(other, "") == []
    assert search(other, f"?_id={filed.id}") == []
    assert search(other, f"?identifier={filed.number}") == []
    assert other.get("/$submission-history").json() == {"resourceType": "Parameters"}


def test_tasks_are_found_by_every_name(sender: Sender) -> None:
    document = sender.document()
    filed = sender.filed(document)
    sender.filed()
    own, bundle = part(document, "Composition")["identifier"], document["identifier"]
    number_system = filed.receipt["identifier"]["system"]
    for name in (
        f"{own['system']}|{own['value']}",
        f"{bundle['system']}|{bundle['value']}",
        f"{number_system}|{filed.number}",
        filed.number,
        own["value"],
        bundle["value"],
    ):
        assert search(sender, f"?identifier={quote(name)}") == [filed.id], name
    assert search(sender, "?identifier=geen-nummer") == []
    assert search(sender, f"?_id={filed.id}") == [filed.id]
    assert search(sender, "?_id=geen-uuid") == []


def test_tasks_are_found_by_status_and_hour(sender: Sender) -> None:
    filed = sender.filed()
    status = sender.get(filed.task).json()["status"]
    assert search(sender, f"?status={status}") == [filed.id]
    assert search(sender, f"?status={status},rejected") == [filed.id]
    assert search(sender, "?status=rejected") == []
    before, after = now() - timedelta(hours=2), now() + timedelta(hours=2)
    for query, expected in (
        (f"?_lastUpdated=ge{quote(before.isoformat())}", [filed.id]),
        (f"?_lastUpdated=ge{quote(now().isoformat())}", [filed.id]),
        (f"?_lastUpdated=gt{quote(after.isoformat())}", []),
        (f"?_lastUpdated=lt{quote(before.isoformat())}", []),
        (f"?_lastUpdated=ge{before.date()}&_lastUpdated=le{quote(after.isoformat())}", [filed.id]),
    ):
        assert search(sender, query) == expected, query


def test_pages_hold_every_task_once(sender: Sender) -> None:
    filed = [sender.filed().id for _ in range(5)]
    address, seen = "/Task?_count=2&_total=accurate", []
    pages = 0
    while address:
        bundle = sender.get(address).json()
        assert bundle["total"] == 5
        assert link(bundle, "self") is not None
        seen += found(bundle)
        address = (link(bundle, "next") or "").removeprefix(DOOR)
        pages += 1
    assert (pages, sorted(seen)) == (3, sorted(filed))
    assert seen == filed[::-1]


def test_a_page_that_is_just_full_has_no_next(sender: Sender) -> None:
    for _ in range(2):
        sender.filed()
    assert link(sender.get("/Task?_count=2").json(), "next") is None


def test_the_total_alone_can_be_asked(sender: Sender) -> None:
    for _ in range(2):
        sender.filed()
    bundle = sender.get("/Task?_count=0&_total=accurate").json()
    assert (bundle["total"], bundle.get("entry")) == (2, None)
    assert link(bundle, "self") == f"{DOOR}/Task?_count=0&_total=accurate"


def test_the_history_tells_of_refusals_too_and_of_no_content(sender: Sender) -> None:
    document = sender.document()
    broken = damaged(document, lambda one: part(one, "Patient").update(birthDate="1974-03-02"))
    sender.send(broken)
    sender.filed(document)
    sender.send(damaged(document, lambda one: one.update(timestamp="2026-11-20T11:00:00+01:00")))
    answer = sender.get("/$submission-history")
    assert answer.status_code == 200
    attempts = [told(one) for one in answer.json()["parameter"]]
    assert sorted(one["status"] for one in attempts) == [201, 409, 422]
    refused = next(one for one in attempts if one["status"] == 422)
    assert "AB-P002" in refused["codes"]
    assert "1974" not in answer.text
    assert "Metselaar" not in answer.text
    name = f"{document['identifier']['system']}|{document['identifier']['value']}"
    mine = sender.get(f"/$submission-history?identifier={quote(name)}").json()["parameter"]
    assert sorted(told(one)["status"] for one in mine) == [201, 409]


@pytest.mark.parametrize(
    "content, query, headers, status, code",
    [
        (b"{", "", {}, 400, "AB-V030"),
        (b"\xff Metselaar", "", {}, 400, "AB-V032"),
        (b"[]", "", {}, 400, "AB-V001"),
        (b"{}", "", {"Content_Type": "text/plain"}, 415, "AB-M002"),
        (b"{}", "", {"Accept": "application/fhir+xml"}, 406, "AB-M004"),
        (b"{}", "?naam=x", {}, 400, "AB-M005"),
        (b"{}", "?mode=validat", {}, 400, "AB-M006"),
        (b'"' + b"a" * (2 * 1024 * 1024) + b'"', "", {}, 413, "AB-M001"),
    ],
)
def test_the_history_tells_of_every_offer(
    sender: Sender, content: bytes, query: str, headers: dict[str, str], status: int, code: str
) -> None:
    assert sender.send(content, query, **headers).status_code == status
    answer = sender.get("/$submission-history")
    (attempt,) = [told(one) for one in answer.json()["parameter"]]
    assert attempt == {"status": status, "codes": [code], "sha256": hashlib.sha256(content).hexdigest()}
    assert "Metselaar" not in answer.text


def test_the_history_tells_of_an_offer_that_was_too_much_to_read(sender: Sender) -> None:
    assert sender.send(b"a" * (3 * 1024 * 1024)).status_code == 413
    (attempt,) = sender.get("/$submission-history").json()["parameter"]
    assert told(attempt) == {"status": 413, "codes": ["AB-M001"], "sha256": None}


def test_the_history_tells_of_a_token_that_may_not_file(sender: Sender) -> None:
    lesser = sender.with_scopes(*(one for one in sender.scopes if one != Scope.FILE))
    assert lesser.send(sender.document()).status_code == 403
    (attempt,) = sender.get("/$submission-history").json()["parameter"]
    assert (told(attempt)["status"], told(attempt)["codes"]) == (403, ["AB-A002"])


def test_a_dry_run_is_no_offer(sender: Sender) -> None:
    for content in (b"{", packed(sender.document())):
        sender.send(content, "?mode=validate")
    assert sender.get("/$submission-history").json() == {"resourceType": "Parameters"}


def told(attempt: Json) -> Json:
    parts = {one["name"]: one for one in attempt["part"] if one["name"] != "step"}
    steps = [one["part"] for one in attempt["part"] if one["name"] == "step"]
    codes = [one["valueCode"] for step in steps for one in step if one["name"] == "error"]
    digest = parts.get("sha256", {}).get("valueString")
    return {"status": parts["status"]["valueInteger"], "codes": codes, "sha256": digest}
