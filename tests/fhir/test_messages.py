"""Reading a message between doctors is total and keeps its secret; what we write we can read."""

import base64
import json
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir.issues import Severity, Unreadable, issue
from fhir.publication import examples
from fhir.reading.acknowledgement import read_acknowledgement
from fhir.reading.message import read_message, read_transaction
from fhir.reading.narrative import paragraphs
from fhir.referral import Acknowledgement, Answer, Event, File, ReferralMessage, Remark
from fhir.terminology import CodeList
from fhir.writing.message import write_acknowledgement, write_message, write_transaction
from tests.fhir.damage import BSN, places
from tests.fhir.examples import SHARED, copy_of
from tests.fhir.message_damage import message_mutants
from tests.fhir.messages import messages
from tests.fhir.test_damage import noticed

MESSAGES = {
    "bericht-verzoek": Event.REQUEST,
    "bericht-antwoord": Event.REPLY,
    "bericht-status": Event.STATUS,
    "bericht-intrekking": Event.WITHDRAWAL,
    "bericht-toestemming-ingetrokken": Event.CONSENT_WITHDRAWN,
}
STATUSES = frozenset({400, 403, 422})
some = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
URL = "urn:uuid:00000000-0000-4000-8000-000000000001"


def reasons(document: Any, read: Callable[[Any], object] = read_message) -> dict[str, str | None]:
    with pytest.raises(Unreadable) as caught:
        read(document)
    return {one.error: one.expression for one in caught.value.issues if one.severity is not Severity.WARNING}


def entry(document: dict[str, Any], kind: str, nth: int = 0) -> dict[str, Any]:
    found = [one["resource"] for one in document["entry"] if one["resource"]["resourceType"] == kind]
    resource: dict[str, Any] = found[nth]
    return resource


@given(messages())
@some
def test_what_we_write_we_can_read(message: ReferralMessage) -> None:
    written = write_message(message)
    assert read_message(json.loads(json.dumps(written))) == message
    assert write_message(message) == written


@given(messages())
@some
def test_a_transaction_says_the_same_without_a_header(message: ReferralMessage) -> None:
    headless = replace(
        message,
        message_id=message.bundle_identifier.value.removeprefix("urn:uuid:"),
        sender=replace(message.sender, endpoint=None),
        recipient=replace(message.recipient, endpoint=None),
    )
    assert read_transaction(json.loads(json.dumps(write_transaction(message)))) == headless


@given(messages(), st.booleans(), st.data())
@some
def test_a_message_damaged_anywhere_ends_in_a_message_or_in_reasons(
    message: ReferralMessage, as_transaction: bool, data: st.DataObject
) -> None:
    write, read = (write_transaction, read_transaction) if as_transaction else (write_message, read_message)
    document = json.loads(json.dumps(write(message)))
    for _ in range(data.draw(st.integers(1, 3))):
        path, _ = data.draw(st.sampled_from([one for one in places(document) if one[0]]))
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        anything = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.just(BSN) | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3),
            max_leaves=6,
        )
        parent[path[-1]] = data.draw(anything)
    status, said = ending(read, document)
    assert status in {200, *STATUSES}
    assert BSN not in said


def ending(read: Callable[[Any], object], document: Any) -> tuple[int, str]:
    """What may be seen of how reading ends: the value, or the traceback and the reasons."""
    try:
        return 200, repr(read(document))
    except Unreadable as unreadable:
        return unreadable.status, "".join(traceback.format_exception(unreadable)) + repr(unreadable.issues)


_KEYS = ["coding", "code", "system", "value", "reference", "resourceType", "extension", "url", "div", BSN, "use", "id"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_what_is_no_message_at_all_is_refused(anything: object) -> None:
    assert reasons(anything) == reasons(anything, read_transaction) == {"AB-V042": "Bundle"}
    assert reasons(anything, read_acknowledgement) == {"AB-V042": "Bundle"}


@pytest.mark.parametrize("name, event", MESSAGES.items())
def test_a_published_message_is_read_and_written_as_it_is(name: str, event: Event) -> None:
    message = read_message(copy_of(name))
    assert (message.event, message.warnings) == (event, ())
    assert write_message(message) == examples()[name]


def test_the_published_transaction_is_read_and_written_as_it_is() -> None:
    message = read_transaction(copy_of("transactie-verzoek"))
    assert message.warnings == ()
    assert write_transaction(message) == examples()["transactie-verzoek"]
    assert reasons(copy_of("transactie-verzoek"))["AB-V042"] == "Bundle.type"
    assert reasons(copy_of("bericht-verzoek"), read_transaction)["AB-V042"] == "Bundle.type"


@pytest.mark.skipif(not SHARED.is_dir(), reason="without ../shared")
def test_the_sketch_of_a_stranger_is_read() -> None:
    document = json.loads((SHARED / "examples/04-verwijzing-message-bundle.json").read_text("utf-8"))
    message = read_message(document)
    assert message.letter is not None
    assert message.letter.reason == "Gehoorklachten, 27 jaar lawaai"
    assert (message.kind, message.event, message.trajectory) == ("referral", Event.REQUEST, "TR-2026-12")
    assert [(one.error, one.expression) for one in message.warnings] == [("AB-V053", "Bundle.entry[4].resource.onset")]
    answer = json.loads((SHARED / "examples/05-ack-message-bundle.json").read_text("utf-8"))
    assert read_acknowledgement(answer) == Answer(
        Acknowledgement.OK, message.message_id, (Remark("information", "informational", "AB-OK"),)
    )


@pytest.mark.parametrize(
    "name, step, least", [("bericht-verzoek", 5, 900), ("bericht-antwoord", 7, 500), ("bericht-status", 3, 400)]
)
def test_every_damage_is_refused_where_it_is(name: str, step: int, least: int) -> None:
    damaged = list(message_mutants(examples()[name], step))
    assert len(damaged) > least
    judged = []
    for one in damaged:
        try:
            read_message(one.document)
            refusal = None
        except Unreadable as unreadable:
            refusal = unreadable
        judged.append((one.name, one.path, noticed(one, refusal, STATUSES)))
    assert [one for one in judged if one[2] is not None] == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "GET", "HEAD"])
def test_a_transaction_only_makes_something_new(method: str) -> None:
    document = copy_of("transactie-verzoek")
    document["entry"][4]["request"]["method"] = method
    assert reasons(document, read_transaction) == {"AB-V050": "Bundle.entry[4].request.method"}


@pytest.mark.parametrize(
    "condition, value",
    [
        ("ifNoneExist", "identifier=x"),
        ("ifMatch", 'W/"1"'),
        ("ifNoneMatch", "*"),
        ("ifModifiedSince", "2026-03-02T10:00:00Z"),
    ],
)
def test_a_transaction_depends_on_nothing_here(condition: str, value: str) -> None:
    document = copy_of("transactie-verzoek")
    document["entry"][0]["request"][condition] = value
    assert reasons(document, read_transaction) == {"AB-V051": f"Bundle.entry[0].request.{condition}"}


def test_a_transaction_has_no_header_and_no_address_elsewhere() -> None:
    document = copy_of("transactie-verzoek")
    document["entry"][0]["request"]["url"] = "Task/1"
    assert reasons(document, read_transaction) == {"AB-V050": "Bundle.entry[0].request.url"}
    document = copy_of("transactie-verzoek")
    del document["entry"][3]["request"]
    assert reasons(document, read_transaction) == {"AB-V050": "Bundle.entry[3].request"}
    document = copy_of("transactie-verzoek")
    header = copy_of("bericht-verzoek")["entry"][0]
    document["entry"].insert(0, {**header, "request": {"method": "POST", "url": "MessageHeader"}})
    assert reasons(document, read_transaction)["AB-V043"] == "Bundle.entry[0].resource"


@pytest.mark.parametrize("name", ["bericht-status", "bericht-intrekking", "bericht-toestemming-ingetrokken"])
def test_a_message_without_content_has_no_way_to_carry_any(name: str) -> None:
    document = copy_of(name)
    entry(document, "ServiceRequest")["reasonCode"] = [{"text": "Rugklachten"}]
    assert reasons(document) == {"AB-C002": "Bundle.entry[2].resource.reasonCode"}
    document, place = copy_of(name), len(copy_of(name)["entry"])
    document["entry"].append({"fullUrl": URL, "resource": {"resourceType": "Condition", "subject": {"display": "x"}}})
    entry(document, "Task")["reasonReference"] = {"reference": URL}
    assert reasons(document)["AB-V046"] == f"Bundle.entry[{place}].resource"


def test_the_status_goes_with_the_event() -> None:
    for name, status in [
        ("verzoek", "completed"),
        ("antwoord", "in-progress"),
        ("status", "cancelled"),
        ("intrekking", "failed"),
    ]:
        document = copy_of(f"bericht-{name}")
        entry(document, "Task")["status"] = status
        assert reasons(document) == {"AB-L009": "Bundle.entry[1].resource.status"}
    document = copy_of("bericht-status")
    del entry(document, "Task")["statusReason"]
    assert reasons(document) == {"AB-L009": "Bundle.entry[1].resource.statusReason"}


def test_a_consent_names_everything_and_its_receiver() -> None:
    document = copy_of("bericht-verzoek")
    document["entry"] = [one for one in document["entry"] if one["resource"]["resourceType"] != "Consent"]
    assert "AB-C003" in reasons(document)
    document = copy_of("bericht-verzoek")
    note = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": _text("extra")}]}
    document["entry"].append({"fullUrl": URL, "resource": note})
    entry(document, "ServiceRequest")["supportingInfo"].append({"reference": URL})
    assert reasons(document) == {"AB-C002": "Bundle.entry[16].resource"}
    entry(document, "Consent")["provision"]["data"].append({"meaning": "instance", "reference": {"reference": URL}})
    assert read_message(document).files == (File("Bijlage", "text/plain", b"extra"),)


def _text(text: str) -> dict[str, Any]:
    return {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}


def _with_file(attachment: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    document = copy_of("bericht-verzoek")
    note = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": attachment}]}
    named = [(URL, note), *((f"{URL[:-1]}{position + 2}", one) for position, one in enumerate(more))]
    for url, resource in named:
        document["entry"].append({"fullUrl": url, "resource": resource})
        entry(document, "Consent")["provision"]["data"].append({"meaning": "instance", "reference": {"reference": url}})
    entry(document, "ServiceRequest")["supportingInfo"].append({"reference": URL})
    return document


def test_an_attachment_is_what_it_says_and_not_too_large() -> None:
    pdf = {"contentType": "application/pdf; x=y", "title": "Verslag", "data": base64.b64encode(b"%PDF-1.7 x").decode()}
    assert read_message(_with_file(pdf)).files == (File("Verslag", "application/pdf", b"%PDF-1.7 x"),)
    place = "Bundle.entry[16].resource.content[0].attachment"
    assert reasons(_with_file({**pdf, "contentType": "image/png"})) == {"AB-V048": place}
    assert reasons(_with_file(_text("\x00"))) == {"AB-V048": place}
    for largest in (9, 3):
        with pytest.raises(Unreadable) as caught:
            read_message(_with_file(pdf), largest_file=largest)
        assert [(one.error, one.expression) for one in caught.value.issues] == [("AB-V049", f"{place}.data")]
    assert len(read_message(_with_file(pdf), largest_file=10).files) == 1


def test_an_attachment_may_stand_in_a_binary_of_the_bundle_and_nowhere_else() -> None:
    binary = {"resourceType": "Binary", **_text("hallo")}
    here = {"contentType": "text/plain", "url": f"{URL[:-1]}2", "title": "Notitie"}
    assert read_message(_with_file(here, binary)).files == (File("Notitie", "text/plain", b"hallo"),)
    place = "Bundle.entry[16].resource.content[0].attachment.url"
    for url in ("http://169.254.169.254/", URL, "file:///etc/passwd", "data:text/plain;base64,eA=="):
        assert reasons(_with_file({**here, "url": url}, binary)) == {"AB-V011": place}


def test_what_a_sender_sets_for_itself_is_ignored_and_what_we_do_not_read_is_told() -> None:
    document = copy_of("bericht-verzoek")
    for one in document["entry"]:
        one["resource"].setdefault("meta", {})["security"] = [{"system": "http://example.org", "code": "V"}]
        one["resource"]["meta"]["tag"] = [{"system": "http://example.org", "code": "x"}]
    assert read_message(document) == read_message(copy_of("bericht-verzoek"))
    assert read_message(document).warnings == ()
    entry(document, "Condition")["note"] = [{"text": "let op"}]
    entry(document, "Patient")["extension"] = [{"url": "http://example.org/x", "valueString": "x"}]
    assert {(one.error, one.expression) for one in read_message(document).warnings} == {
        ("AB-V053", "Bundle.entry[4].resource.note"),
        ("AB-V021", "Bundle.entry[9].resource.extension[0]"),
    }


def test_codes_are_asked_of_whoever_keeps_the_list() -> None:
    class Nothing:
        def knows(self, code_list: CodeList, code: str, edition: str | None = None) -> bool:
            return False

    with pytest.raises(Unreadable) as caught:
        read_message(copy_of("bericht-verzoek"), Nothing())
    assert {one.error for one in caught.value.issues} == {"AB-T003", "AB-T004", "AB-T005", "AB-T006"}


def test_everything_is_said_at_once_and_the_worst_decides() -> None:
    document = copy_of("bericht-verzoek")
    entry(document, "Patient")["birthDate"] = "1974"
    entry(document, "Consent")["provision"]["data"].pop()
    entry(document, "Consent")["provision"]["data"].pop()
    entry(document, "Task")["status"] = "completed"
    with pytest.raises(Unreadable) as caught:
        read_message(document)
    assert {one.error for one in caught.value.issues} == {"AB-V014", "AB-C002", "AB-L009"}
    assert caught.value.status == 403


def test_nothing_that_identifies_is_in_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        said = repr(read_message(copy_of("bericht-verzoek"))) + caplog.text
    for secret in ("1974", "999999990", "Proef", "de Test", "Gehoorklachten", "Audiogram", "99012345601"):
        assert secret not in said


@pytest.mark.parametrize(
    "div, words",
    [
        ("<div>Los</div>", ["Los"]),
        ("<div> <p>Een</p>\n<p>Twee<br/>regels</p> </div>", ["Een", "Twee\nregels"]),
        ("<div><p></p>na</div>", ["", "na"]),
        ("<div><p>1 &lt; 2 &amp; &#233;&#xE9;&nbsp;</p></div>", ["1 < 2 & éé\xa0"]),
        ("<div></div>", []),
        ("<div><p>a</div>", None),
        ("<div><p><p>a</p></p></div>", None),
        ("<div></p></div>", None),
        ("<div><b>a</b></div>", None),
        ("<div>a & b</div>", None),
        ("<div>&#0;&#7;</div>", None),
        ("<div onload='x'>a</div>", None),
        ("<DIV>a</DIV>", None),
        ("<div>a</div><div>b</div>", None),
        ("a", None),
        (f"<div>{'a&amp;' * 10_000}</div>", None),
    ],
)
def test_a_narrative_is_paragraphs_or_refused(div: str, words: list[str] | None) -> None:
    assert paragraphs(div) == words


def test_an_answer_is_read_whatever_else_is_in_it() -> None:
    issues = [issue("AB-C002", "Bundle.entry[3]"), issue("AB-V053", "Bundle.entry[4]")]
    written = write_acknowledgement(
        "a1", "b2", "verwijzing-verzoek", Acknowledgement.FATAL_ERROR, issues, "http://x", "x"
    )
    answer = read_acknowledgement(written)
    assert (answer.code, answer.answers) == (Acknowledgement.FATAL_ERROR, "b2")
    assert [(one.severity, one.type, one.code, one.expression) for one in answer.remarks] == [
        ("error", "forbidden", "AB-C002", "Bundle.entry[3]"),
        ("warning", "informational", "AB-V053", "Bundle.entry[4]"),
    ]
    outcome = written["entry"][1]["resource"]
    outcome["text"] = {"status": "generated", "div": "<div><table/></div>"}
    outcome["issue"] = [{"severity": 7, "diagnostics": "x" * 5000, "expression": [None]}, "onzin"]
    remarks = read_acknowledgement(written).remarks
    assert remarks == (Remark("", "", None, "x" * 1000), Remark("", ""))
    written["entry"][0]["resource"]["response"]["details"] = {"reference": 5}
    assert read_acknowledgement(written).remarks == ()


@pytest.mark.parametrize(
    "path, value, error",
    [
        (("type",), "document", "AB-V042"),
        (("entry",), [], "AB-V043"),
        (("entry", 0, "resource", "resourceType"), "Task", "AB-V043"),
        (("entry", 0, "resource", "response"), None, "AB-V005"),
        (("entry", 0, "resource", "response", "identifier"), 5, "AB-V005"),
        (("entry", 0, "resource", "response", "code"), "maybe", "AB-V007"),
        (("entry", 0, "resource", "response", "code"), {}, "AB-V007"),
    ],
)
def test_an_answer_that_does_not_answer_is_refused(path: tuple[Any, ...], value: Any, error: str) -> None:
    document = write_acknowledgement("a1", "b2", "verwijzing-verzoek", Acknowledgement.OK, [], "http://x", "x")
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    assert error in reasons(document, read_acknowledgement)
