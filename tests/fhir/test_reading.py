"""Reading is total and keeps its secret; what we write we can read."""

import json
import logging
import traceback
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir.identifiers import Bsn
from fhir.issues import Issue, Severity, Unreadable, issue
from fhir.publication import examples
from fhir.reading import read_submission
from fhir.reading.structure import is_snomed
from fhir.report import Kind, Submission
from fhir.terminology import CodeList
from fhir.writing import write_submission
from tests.fhir.damage import places
from tests.fhir.examples import SHARED, Lists, copy_of
from tests.fhir.values import submissions

POISON = "999990019"
some = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def reasons(document: Any, terminology: Lists | None = None) -> dict[str, str | None]:
    with pytest.raises(Unreadable) as caught:
        read_submission(document, terminology)
    return {one.error: one.expression for one in caught.value.issues}


def entry(document: dict[str, Any], kind: str, nth: int = 0) -> dict[str, Any]:
    found = [one["resource"] for one in document["entry"] if one["resource"]["resourceType"] == kind]
    resource: dict[str, Any] = found[nth]
    return resource


@given(submissions())
@settings(some, max_examples=100)
def test_what_we_write_we_can_read(submission: Submission) -> None:
    written = write_submission(submission)
    assert read_submission(json.loads(json.dumps(written))) == submission
    assert write_submission(submission) == written


@given(submissions(), st.data())
@settings(some, max_examples=100)
def test_a_document_damaged_anywhere_ends_in_a_submission_or_in_reasons(
    submission: Submission, data: st.DataObject
) -> None:
    document = json.loads(json.dumps(write_submission(submission)))
    for _ in range(data.draw(st.integers(1, 3))):
        path, _ = data.draw(st.sampled_from([one for one in places(document) if one[0]]))
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        anything = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.just(POISON) | st.text(max_size=9),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3),
            max_leaves=6,
        )
        parent[path[-1]] = data.draw(anything)
    assert POISON not in ending(document)


def ending(document: Any) -> str:
    """What may be seen of how reading ends: the value, or the traceback and the reasons."""
    try:
        return repr(read_submission(document))
    except Unreadable as unreadable:
        status = f"status {unreadable.status}"
        return "".join(traceback.format_exception(unreadable)) + repr(unreadable.issues) + status


_KEYS = ["coding", "code", "system", "value", "reference", "resourceType", "extension", "url", "x", POISON, "use", "id"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_what_is_no_document_at_all_is_refused(anything: object) -> None:
    assert "AB-V001" in reasons(anything)


NOTIFICATIONS = [name for name in examples() if name.startswith("melding")]


@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_a_published_example_is_read_and_written_as_it_is(name: str) -> None:
    submission = read_submission(copy_of(name), Lists())
    assert submission.warnings == ()
    assert write_submission(submission) == examples()[name]


@pytest.mark.skipif(not SHARED.is_dir(), reason="without ../shared")
def test_the_sketch_of_a_stranger_is_read() -> None:
    document = json.loads((SHARED / "examples/01-melding-document-bundle.json").read_text("utf-8"))
    submission = read_submission(document)
    assert [one.error for one in submission.warnings] == ["AB-R201"]
    assert submission.report is not None
    assert submission.report.work_nature == "constructiebankwerker"
    assert submission.report.exposures[0].degree == "88 dB(A)"
    assert set(reasons(document, Lists())) == {"AB-T007", "AB-R201"}


def test_the_kinds_of_follow_up() -> None:
    kinds = {name: read_submission(examples()[name]).kind for name in NOTIFICATIONS}
    assert kinds == {
        "melding": Kind.NEW,
        "melding-groep": Kind.NEW,
        "melding-intrekking": Kind.WITHDRAWS,
        "melding-wijziging": Kind.REPLACES,
    }
    document = copy_of("melding-wijziging")
    entry(document, "Composition")["relatesTo"][0]["code"] = "transforms"
    assert reasons(document) == {"AB-V039": "Bundle.entry[0].resource.relatesTo[0]"}
    document = copy_of("melding-intrekking")
    del entry(document, "Composition")["extension"]
    assert reasons(document) == {"AB-V039": "Bundle.entry[0].resource.extension"}


def test_everything_is_said_at_once() -> None:
    document = copy_of("melding")
    entry(document, "Patient").update({"birthDate": "1974-03-02", "name": [{"family": "Jansen"}]})
    entry(document, "Condition")["code"]["coding"] = [{"system": "http://snomed.info/sct", "code": "73211009"}]
    entry(document, "Observation", 1)["status"] = "preliminary"
    assert reasons(document) == {
        "AB-P002": "Bundle.entry[1].resource.birthDate",
        "AB-P001": "Bundle.entry[1].resource.name",
        "AB-V013": "Bundle.entry[5].resource.code",
        "AB-V026": "Bundle.entry[7].resource.status",
    }


@pytest.mark.parametrize(
    "kind, change, error",
    [
        (
            "Condition",
            {"verificationStatus": {"coding": [{"system": "http://snomed.info/sct", "code": "410605003"}]}},
            "AB-V007",
        ),
        ("Condition", {"code": {"coding": [{"system": "http://example.org", "code": "x"}]}}, "AB-T008"),
        ("Condition", {"code": {"text": "Hernia"}}, "AB-V013"),
        ("Condition", {"meta": {"tag": [{"system": f"http://terminology.hl7.org/{POISON}", "code": "x"}]}}, "AB-T008"),
        ("Composition", {"identifier": {"system": f"urn:oid:1.2.{POISON}", "value": "x"}}, "AB-P007"),
        ("Composition", {"identifier": {"system": "http://www.kvk.nl/", "value": "x"}}, "AB-P011"),
        ("Condition", {"onsetDateTime": "2024-03-02"}, "AB-P008"),
        ("Condition", {"note": [{"text": "Jansen"}]}, "AB-P012"),
        ("Patient", {"_birthDate": {"extension": [{"url": f"urn:{POISON}", "valueString": "x"}]}}, "AB-V021"),
        ("Patient", {"id": "Jan-Jansen"}, "AB-V025"),
        ("Patient", {"link": [{"other": {"reference": "urn:uuid:x"}, "type": "refer"}]}, "AB-P001"),
        ("Patient", {"text": {"status": "generated", "div": "<div>Jan</div>"}}, "AB-P005"),
        (
            "Practitioner",
            {"identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/big", "value": "123"}]},
            "AB-V037",
        ),
        (
            "Practitioner",
            {"identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": POISON}]},
            "AB-P011",
        ),
        ("Practitioner", {"name": [{"use": "official", "given": ["Jan"]}]}, "AB-V034"),
        ("Practitioner", {"photo": [{"url": "http://example.org"}]}, "AB-P006"),
        ("Organization", {"name": None}, "AB-V003"),
        ("Observation", {"effectivePeriod": {"start": "2020", "end": "2010"}}, "AB-R004"),
        ("Observation", {"valueString": "x"}, "AB-V006"),
        ("Composition", {"custodian": {"identifier": {"value": "x"}}}, "AB-V011"),
        ("Composition", {"confidentiality": "N"}, "AB-V026"),
        ("Composition", {"encounter": {"reference": "urn:uuid:x"}}, "AB-P012"),
    ],
)
def test_a_rule_that_is_broken_is_named(kind: str, change: dict[str, Any], error: str) -> None:
    document = copy_of("melding")
    entry(document, kind).update(change)
    assert error in reasons(document)


def test_a_second_organisation_would_be_the_employer() -> None:
    document = copy_of("melding")
    employer = {
        "resourceType": "Organization",
        "name": "Bouwbedrijf",
        "identifier": [{"system": "http://www.kvk.nl/", "value": "12345678"}],
    }
    url = "urn:uuid:00000000-0000-4000-8000-000000000001"
    document["entry"].append({"fullUrl": url, "resource": employer})
    entry(document, "Observation")["performer"] = [{"reference": url}]
    assert reasons(document) == {"AB-V027": f"Bundle.entry[{len(document['entry']) - 1}].resource"}


@pytest.mark.parametrize(
    "text", ["BSN 9999 90019", "999.990.019", "op 12-03-2020", "3 mei 2020", "a@b.nl", "06-12345678"]
)
def test_identity_is_found_in_every_free_text(text: str) -> None:
    document = copy_of("melding")
    free = [
        path
        for path, value in places(document)
        if path and path[-1] in {"valueString", "text"} and isinstance(value, str)
    ]
    free = [path for path in free if document["entry"][path[1]]["resource"]["resourceType"] != "Practitioner"]
    assert len(free) == 5
    for path in free:
        damaged = copy_of("melding")
        parent: Any = damaged
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = text
        assert set(reasons(damaged)) <= {"AB-P007", "AB-P008", "AB-P009"}


def test_a_number_may_be_a_person_too() -> None:
    document = copy_of("melding")
    causality = next(one["resource"] for one in document["entry"] if "focus" in one["resource"])
    quantity = next(one for one in causality["component"] if "valueQuantity" in one)["valueQuantity"]
    quantity["value"] = int(POISON)
    assert set(reasons(document)) == {"AB-P007"}


def test_a_code_is_asked_of_whoever_keeps_the_list() -> None:
    asked: list[tuple[CodeList, str, str | None]] = []

    class Nothing:
        def knows(self, code_list: CodeList, code: str, edition: str | None = None) -> bool:
            asked.append((code_list, code, edition))
            return False

    with pytest.raises(Unreadable) as caught:
        read_submission(copy_of("melding"), Nothing())
    said = {one.error for one in caught.value.issues}
    assert said == {"AB-T003", "AB-T004", "AB-T005", "AB-T006", "AB-T007", "AB-T009"}
    assert {one for one, _, _ in asked} == set(CodeList)
    assert (CodeList.SBI, "4120", "2008") in asked


def test_a_short_sector_is_a_warning() -> None:
    document = copy_of("melding")
    job = entry(document, "Observation")
    job["component"][0]["valueCodeableConcept"]["coding"][0]["code"] = "41"
    submission = read_submission(document)
    assert [(one.error, one.severity) for one in submission.warnings] == [("AB-T002", Severity.WARNING)]


def test_an_unknown_extension_of_the_notifier_is_a_warning() -> None:
    document = copy_of("melding")
    entry(document, "Organization")["extension"] = [{"url": "http://example.org/x", "valueString": "x"}]
    assert [one.error for one in read_submission(document).warnings] == ["AB-V021"]


def test_a_place_of_v1_leads_to_its_element() -> None:
    submission = read_submission(copy_of("melding"))
    assert submission.expression_of("/worker/birthYear") == "Bundle.entry[1].resource.birthDate"
    assert submission.expression_of("/exposures/0/from") == "Bundle.entry[7].resource.effective.start"
    assert submission.expression_of("/assessment/findings/load_kg") == "Bundle.entry[8].resource.component[11].value"
    assert submission.expression_of("/assessment/findings/unknown") == "Bundle.entry[8].resource"
    assert submission.expression_of("/sector/sbi").endswith("coding[0].code")
    assert submission.expression_of("/nowhere") == "Bundle"
    group = read_submission(copy_of("melding-groep"))
    assert group.expression_of("/group/1/birthYear") == "Parameters.parameter[2].part[0].value"


def test_nothing_that_identifies_is_in_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    submission = read_submission(copy_of("melding"))
    with caplog.at_level(logging.DEBUG):
        said = repr(submission) + str(submission) + caplog.text
    for secret in ("1974", "99012345601", "de Test", "Demo Arbodienst", "Metselen", "7f2e6397"):
        assert secret not in said
    assert "999990019" not in repr(Bsn(POISON))


def test_snomed_has_a_check_digit() -> None:
    assert all(is_snomed(code) for code in ("282291009", "115966001", "410605003", "73211009"))
    assert not any(is_snomed(code) for code in ("282291008", "999990019", "1", "x" * 9, "282291009x"))


def test_issues_order_and_status() -> None:
    warning: Issue = issue("AB-T002", "Bundle")
    error = issue("AB-V013", "Bundle", text="Zonder diagnose")
    unreadable = Unreadable([warning, error])
    assert [one.error for one in unreadable.issues] == ["AB-V013", "AB-T002"]
    assert (unreadable.status, error.text, error.family.value) == (422, "Zonder diagnose", "V")
    assert Unreadable([error, issue("AB-V001")]).status == 400
    with pytest.raises(KeyError):
        issue("AB-X000")


@pytest.mark.parametrize(
    "part, place, words",
    [
        ({"name": "start", "valueString": "2019-05"}, ".value", "Geef start als valueDate: een jaar of een maand"),
        ({"name": "begin", "valueDate": "2019-05"}, ".name", "wel geboortejaar, geslacht, start"),
        ({"name": "naam", "valueString": "Jansen"}, ".name", "wel geboortejaar, geslacht, start"),
        ({"name": "geslacht", "valueCode": "male"}, "", "geslacht staat er twee keer in"),
    ],
)
def test_a_wrong_part_of_a_group_is_named_with_what_is_expected(part: dict[str, Any], place: str, words: str) -> None:
    document = copy_of("melding-groep")
    right = [{"name": "geboortejaar", "valueInteger": 1980}, {"name": "geslacht", "valueCode": "female"}]
    document["parameter"][1]["part"] = [*right, part]
    (said,) = group_issues(document)
    assert said.expression == f"Parameters.parameter[1].part[2]{place}"
    assert words in said.text
    assert "Jansen" not in said.text


@pytest.mark.parametrize(
    "name, value, element",
    [("geboortejaar", {"valueString": "1980"}, "valueInteger"), ("geslacht", {"valueCode": "man"}, "valueCode")],
)
def test_what_every_member_has_is_asked_for_by_name(name: str, value: dict[str, Any], element: str) -> None:
    document = copy_of("melding-groep")
    parts = document["parameter"][1]["part"]
    position = next(place for place, one in enumerate(parts) if one["name"] == name)
    parts[position] = {"name": name, **value}
    (wrong,) = group_issues(document)
    del parts[position]
    (missing,) = group_issues(document)
    assert wrong.expression == f"Parameters.parameter[1].part[{position}].value"
    assert missing.expression == "Parameters.parameter[1]"
    for said in (wrong, missing):
        assert said.text.startswith(f"Geef {name} als {element}: ")
        assert said.text_en.startswith(f"Give {name} as {element}: ")


def group_issues(document: dict[str, Any]) -> list[Issue]:
    """What is said of the group."""
    with pytest.raises(Unreadable) as caught:
        read_submission(document)
    return [one for one in caught.value.issues if one.error == "AB-V040"]
