"""Attacks on the input: each ends in a problem that names every fault and repeats no value, and never in a 500."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.identity.access import Role
from tests.api.world import Visitor, World, case, good, refused, with_override

BSN = "111222333"
POISON = ("Truus Geheimzinnig", BSN, "geheim@example.org")
JSON_DOORS = ("/notifications", "/notifications?submit=true", "/criteria-checks", "/signals")


def invalid(answer: Any) -> list[tuple[str, str]]:
    return refused(answer, 400, "invalid-input")


# What is not the JSON that we take


BAD_JSON: tuple[tuple[bytes, list[tuple[str, str]]], ...] = (
    (b"{", [("", "not-json")]),
    (b"", [("", "missing")]),
    (b" ", [("", "not-json")]),
    (b"{} {}", [("", "not-json")]),
    (b"{'a': 1}", [("", "not-json")]),
    (b'{"a": {"b": [1, 2 3]}}', [("/a/b/1", "not-json")]),
    (b'{"a": nul}', [("/a", "not-json")]),
    (b"\xef\xbb\xbf{}", [("", "not-json")]),
    (b'{"remarks": "\x00"}', [("/remarks", "not-json")]),
    (b'{"remarks": "a\nb"}', [("/remarks", "not-json")]),
    (b'{"a\nb": 1}', [("", "not-json")]),
    (b'{"remarks": "\\x"}', [("/remarks", "not-json")]),
    (b"\xff\xfe{\x00}\x00", [("", "encoding")]),
    ("{}".encode("utf-16-le"), [("", "not-json")]),
    ("{}".encode("utf-32-be"), [("", "not-json")]),
    (b'{"remarks": "caf\xe9"}', [("", "encoding")]),
    (b'{"remarks": "\xed\xa0\x80"}', [("", "encoding")]),
    (b'{"remarks": "\\ud800"}', [("/remarks", "character")]),
    (b'{"remarks": "\\udc00\\ud800"}', [("/remarks", "character")]),
    (b'{"advice": ["a", "\\u0000"], "x": "\\ud800"}', [("/advice/1", "character"), ("/x", "character")]),
    (b'{"\\u0000": 1}', [("", "character")]),
    (b'{"a": {"\\ud800": "\\ud800"}}', [("/a", "character")]),
    (b'{"minutesSpent": NaN}', [("/minutesSpent", "not-a-number")]),
    (b'{"minutesSpent": Infinity}', [("/minutesSpent", "not-a-number")]),
    (b'{"group": [{}, {"birthYear": -Infinity}]}', [("/group/1/birthYear", "not-a-number")]),
    (b'{"minutesSpent": 1e999}', [("/minutesSpent", "number-too-large")]),
    (b'{"minutesSpent": -1e999}', [("/minutesSpent", "number-too-large")]),
    (b'{"minutesSpent": ' + b"9" * 5000 + b"}", [("/minutesSpent", "number-too-large")]),
    (b'{"remarks": "a", "remarks": "b"}', [("/remarks", "duplicate-key")]),
    (b'{"a/b~": 1, "a\\/b~": 2}', [("/a~1b~0", "duplicate-key")]),
    (b'{"worker": {"sex": "male", "sex": "female"}}', [("/worker/sex", "duplicate-key")]),
    (b'{"\\ud800": 1, "\\ud800": 2}', [("", "duplicate-key")]),
    (
        b'{"a": 1, "a": NaN, "b": [{"c": 1e999}, {"c": 1}], "b": 0}',
        [("/a", "duplicate-key"), ("/a", "not-a-number"), ("/b/0/c", "number-too-large"), ("/b", "duplicate-key")],
    ),
    (b'{"a": NaN, "\\x": 1, "b": NaN}', [("/a", "not-a-number")]),
    (b"[" * 100_000, [("/0" * 32, "too-deep")]),
    (b"[" * 100_000 + b"]" * 100_000, [("/0" * 32, "too-deep")]),
    (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, [("/a" * 32, "too-deep")]),
    (b'["' + b'","' * 50_000 + b'", NaN]', [("", "not-a-number")]),
    (b'["' + b'","' * 50_000 + b'", nul]', [("", "not-json")]),
)


@pytest.mark.parametrize("door", JSON_DOORS)
@pytest.mark.parametrize("body, expected", BAD_JSON)
def test_a_body_that_is_no_good_json_is_refused_with_the_place(
    doctor: Visitor, door: str, body: bytes, expected: list[tuple[str, str]]
) -> None:
    assert invalid(doctor.post(door, body, Content_Type="application/json")) == expected


def test_what_is_no_json_is_told_by_line_and_character(doctor: Visitor) -> None:
    answer = doctor.post("/notifications", b'{\n  "remarks": "a"\n  "absence": null\n}')
    assert answer.json()["errors"][0]["detail"] == "Dit is geen geldige JSON (regel 3, teken 3)."


def test_many_brackets_in_a_text_are_not_deep(doctor: Visitor) -> None:
    assert good(doctor.post("/notifications", {"remarks": '[{"' * 50 + "\\"}), 201)["state"] == "draft"


@pytest.mark.parametrize("door", JSON_DOORS)
@pytest.mark.parametrize("document", [None, [], "x", 1, 1.5, True, [{}]])
def test_a_document_that_is_no_object_is_refused(doctor: Visitor, door: str, document: object) -> None:
    errors = invalid(doctor.post(door, json.dumps(document).encode()))
    assert [pointer for pointer, _ in errors] == [""]


@pytest.mark.parametrize("door", JSON_DOORS)
@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/jsonp",
    ],
)
def test_another_kind_of_content_is_refused(doctor: Visitor, door: str, kind: str) -> None:
    refused(doctor.post(door, b"{}", Content_Type=kind), 415, "unsupported-media-type")


def test_json_may_say_that_it_is_utf_8(doctor: Visitor) -> None:
    answer = doctor.post("/notifications", b"{}", Content_Type="Application/JSON; charset=utf-8")
    assert answer.status_code == 201


@pytest.mark.parametrize("door", JSON_DOORS)
def test_more_than_a_megabyte_is_refused_also_when_it_comes_in_chunks(doctor: Visitor, door: str) -> None:
    refused(doctor.post(door, b" " * 1_000_001), 413, "too-large")

    def chunks() -> Iterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    headers = {"Authorization": f"Bearer {doctor.token()}", "Content-Type": "application/json"}
    answer = doctor.world.http.post(f"/v1{door}", content=chunks(), headers=headers)
    refused(answer, 413, "too-large")
    assert answer.headers["API-Version"]


def test_a_megabyte_is_still_read(doctor: Visitor) -> None:
    body = json.dumps(case()).encode()
    answer = doctor.post("/notifications", body + b" " * (1_000_000 - len(body)))
    assert answer.status_code == 201


# Fields that are not ours to take


MASS = {
    "id": "00000000-0000-4000-8000-000000000000",
    "status": "registered",
    "state": "registered",
    "owner": "00000000-0000-4000-8000-000000000000",
    "createdAt": "2020-01-01T00:00:00Z",
    "created_at": "2020-01-01T00:00:00Z",
    "number": "AB-2026-0000-0000",
    "version": 9,
    "revision": 9,
    "demo": True,
    "flags": [],
    "verdict": "meets",
    "practiceId": 1,
    "practice_id": 1,
    "organisation": "x",
    "consent": {"given": True},
    "given": True,
    "audit": False,
    "__proto__": {},
    "birth_year": 1974,
    "work_nature": "Metselen",
}


@pytest.mark.parametrize("door", ["/notifications", "/notifications?submit=true"])
def test_what_is_ours_to_decide_cannot_be_sent_along(doctor: Visitor, door: str) -> None:
    errors = invalid(doctor.post(door, case(**MASS)))
    assert {(f"/{name}", "unknown-field") for name in MASS} == set(errors)


def test_every_change_refuses_it_too(world: World, doctor: Visitor) -> None:
    registry = world.person(Role.REGISTRY)
    mine, draft = doctor.file(with_override())["notificationId"], doctor.draft()["id"]
    for answer in (
        doctor.change("PUT", draft, "", case(state="registered")),
        doctor.change("POST", mine, "/amendments", case(state="registered")),
        doctor.change("POST", mine, "/withdrawal", {"reason": "x", "state": "registered"}),
        registry.change("POST", mine, "/assessment", {"decision": "register", "state": "registered"}),
        doctor.post("/signals", {"case": {}, "why": "x", "state": "alert"}),
    ):
        assert invalid(answer) == [("/state", "unknown-field")]
    assert doctor.see(mine)["state"] == "queued"


@pytest.mark.parametrize(
    "path, nearest",
    [
        ("/diagnose", "diagnosis"),
        ("/worknature", "workNature"),
        ("/absense", "absence"),
        ("/worker/birthyear", "birthYear"),
        ("/arbodienst/naam", "name"),
        ("/exposures/0/form", "from"),
        ("/assessment/personalQuestions/ownview", "ownView"),
        ("/birthyear", None),
        ("/worker/absense", None),
        ("/worker/a/b", None),
        ("/overrideReasons", None),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest_one_that_is_valid_there(
    doctor: Visitor, path: str, nearest: str | None
) -> None:
    for door, start in (("/notifications", ""), ("/signals", "/case")):
        document: Any = "x"
        for part in reversed(path[1:].split("/")):
            document = [document] if part.isdigit() else {part: document}
        answer = doctor.post(door, {"case": document, "why": "x"} if start else document)
        ((pointer, code),) = invalid(answer)
        assert (start + path).startswith(pointer)
        assert code == "unknown-field"
        said = answer.json()["errors"][0]["detail"]
        assert said.endswith(f"Bedoelt u '{nearest}'?" if nearest else "Haal het weg."), said


@pytest.mark.parametrize(
    "field", ["name", "naam", "bsn", "BSN", "birthDate", "birth_date", "geboortedatum", "address", "kvk", "kvkNumber"]
)
def test_a_field_for_a_person_or_an_employer_cannot_be(doctor: Visitor, field: str) -> None:
    for document in ({"worker": {field: "x"}}, {"sector": {field: "x"}}, {field: "x"}):
        answer = doctor.post("/notifications", document)
        assert [code for _, code in invalid(answer)] == ["unknown-field"]
        said = answer.json()["errors"][0]["detail"]
        assert said == "Een melding is anoniem: dit veld kan niet. Haal het weg."
    answer = doctor.post("/notifications", {"employer": "x"}, Accept_Language="en")
    assert "anonymous" in answer.json()["errors"][0]["detail"]


def test_choices_are_named_in_the_language_of_the_reader(doctor: Visitor) -> None:
    document = {"worker": {"sex": "m"}, "assessment": {"workRelation": "zeker"}}
    dutch = doctor.post("/notifications", document).json()["errors"]
    assert {error["detail"] for error in dutch} == {
        "Kies uit: 'male', 'female', 'other' of 'unknown'.",
        "Kies uit: 'very-likely', 'likely', 'suspected' of 'too-uncertain'.",
    }
    english = doctor.post("/notifications", document, Accept_Language="en").json()["errors"]
    assert english[0]["detail"] == "Choose from: 'male', 'female', 'other' or 'unknown'."


# Values of the wrong kind, all named at once


@pytest.mark.parametrize(
    "field, value, code",
    [
        ("workNature", "", "string-too-short"),
        ("workNature", " \t\n ", "string-too-short"),
        ("workNature", "\u00a0\u2003", "string-too-short"),
        ("workNature", "x" * 201, "string-too-long"),
        ("remarks", "x" * 100_000, "string-too-long"),
        ("workNature", 7, "string-type"),
        ("workNature", ["Metselen"], "string-type"),
        ("minutesSpent", "7", "int-type"),
        ("minutesSpent", 7.5, "int-type"),
        ("minutesSpent", True, "int-type"),
        ("minutesSpent", -1, "greater-than-equal"),
        ("minutesSpent", 601, "less-than-equal"),
        ("minutesSpent", 10**19, "less-than-equal"),
        ("absence", "lang", "literal-error"),
        ("province", "NL-XX", "literal-error"),
        ("group", [{"birthYear": 1980, "sex": "male"}] * 201, "too-long"),
        ("exposures", [{}] * 11, "too-long"),
        ("exposures", {}, "tuple-type"),
        ("worker", [], "model-type"),
        ("worker", "man", "model-type"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(doctor: Visitor, field: str, value: object, code: str) -> None:
    (found,) = invalid(doctor.post("/notifications", {field: value}))
    assert found[0] == f"/{field}"
    assert found[1] in {code, "model-attributes-type"}


def test_everything_that_is_wrong_is_named_at_once_with_its_place(doctor: Visitor) -> None:
    document = {
        "worker": {"sex": "m", "birthYear": "1974", "naam": POISON[0]},
        "exposures": [{"code": "D-lifting"}, {"from": "vroeger", "evidence": "gevoel"}],
        "assessment": {"personalQuestions": {"ownView": "ja"}, "findings": {"a": {}}},
        "minutesSpent": -5,
        "a/b~c": 1,
    }
    found = invalid(doctor.post("/notifications", document))
    assert {pointer for pointer, _ in found} >= {
        "/worker/sex",
        "/worker/birthYear",
        "/worker/naam",
        "/exposures/1/from",
        "/exposures/1/evidence",
        "/assessment/personalQuestions/ownView",
        "/minutesSpent",
        "/a~1b~0c",
    }
    assert any(pointer.startswith("/assessment/findings/a") for pointer, _ in found)


TWO_KINDS_OF_WRONG: tuple[tuple[dict[str, Any], set[tuple[str, str]]], ...] = (
    (
        {"minutesSpent": "7", "workNature": None, "remarks": BSN, "accident": {"isAccident": True}},
        {
            ("/minutesSpent", "int-type"),
            ("/workNature", "missing"),
            ("/remarks", "bsn"),
            ("/accident/isAccident", "accident"),
        },
    ),
    ({"workNature": 7}, {("/workNature", "string-type")}),
    ({"worker": "man", "sector": None}, {("/worker", "model-type"), ("/sector/sbi", "missing")}),
    ({"worker": {"sex": "m"}}, {("/worker/sex", "literal-error"), ("/worker/birthYear", "missing")}),
    ({"diagnosis": {"cas": 621}}, {("/diagnosis/cas", "string-type")}),
    ({"diagnosis": {"text": 7}}, {("/diagnosis/text", "string-type"), ("/diagnosis", "missing")}),
    ({"diagnosis": {"cass": "L621"}}, {("/diagnosis/cass", "unknown-field"), ("/diagnosis", "missing")}),
    (
        {"diagnosis": {"cas": "L111", "text": 7}, "assessment": {"workRelation": "too-uncertain", "susceptibility": 1}},
        {
            ("/diagnosis/text", "string-type"),
            ("/diagnosis/cas", "code-complaint"),
            ("/assessment/susceptibility", "bool-type"),
            ("/assessment/workRelation", "too-uncertain"),
        },
    ),
    ({"exposures": [{"text": 7}]}, {("/exposures/0/text", "string-type")}),
    ({"exposures": ["tillen"]}, {("/exposures/0", "model-type")}),
    ({"exposures": [{"from": 2004}]}, {("/exposures/0/from", "string-type"), ("/exposures", "missing")}),
    (
        {"exposures": ["tillen", {"code": "onzin"}]},
        {("/exposures/0", "model-type"), ("/exposures/1/code", "code-unknown")},
    ),
    (
        {"exposures": [{"text": 7}] * 11},
        {("/exposures", "too-long"), *((f"/exposures/{n}/text", "string-type") for n in range(11))},
    ),
    ({"sector": {"sbi": "99", "edition": 2025}}, {("/sector/edition", "literal-error")}),
    ({"accident": {"isAccident": True, "lateEffect": "ja"}}, {("/accident/lateEffect", "bool-type")}),
    (
        {
            "group": [
                {"birthYear": "1980", "sex": "male"},
                {"sex": "male"},
                {"birthYear": 2099, "sex": "male"},
                {"birthYear": 1980, "sex": "m"},
                {"birthYear": 2098, "sex": "male", "onset": "2099"},
            ]
        },
        {
            ("/group/0/birthYear", "int-type"),
            ("/group/1/birthYear", "missing"),
            ("/group/2/birthYear", "in-the-future"),
            ("/group/3/sex", "literal-error"),
            ("/group/4/birthYear", "in-the-future"),
            ("/group/4/onset", "in-the-future"),
        },
    ),
    (
        {"assessment": {"guideline": "D023", "findings": {"load_kg": {}, "lifting_years": "x", "zwaar": 1}}},
        {
            ("/assessment/findings/load_kg", "kind"),
            ("/assessment/findings/lifting_years", "number"),
            ("/assessment/findings/zwaar", "unknown-field"),
        },
    ),
    ({"assessment": {"guideline": 23, "findings": {"load_kg": "x"}}}, {("/assessment/guideline", "string-type")}),
    (
        {"assessment": {"guideline": "D0023", "findings": {"zwaar": 1}}, "minutesSpent": -1},
        {
            ("/assessment/guideline", "unknown-guideline"),
            ("/assessment/findings/zwaar", "unknown-field"),
            ("/minutesSpent", "greater-than-equal"),
        },
    ),
    (
        {"9" * 5000: 1, "assessment": {"findings": {"007": 1, "~1/٣": 1}}},
        {
            ("/" + "9" * 5000, "unknown-field"),
            ("/assessment/findings/007", "unknown-field"),
            ("/assessment/findings/~01~1٣", "unknown-field"),
        },
    ),
    ({"assessment": {"findings": {"k" * 65: {}}}}, {("/assessment/findings/" + "k" * 65, "kind")}),
)


@pytest.mark.parametrize("changes, expected", TWO_KINDS_OF_WRONG)
def test_what_is_malformed_and_what_breaks_a_rule_come_together_and_once_per_place(
    doctor: Visitor, changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    found = invalid(doctor.post("/notifications?submit=true", case(**changes)))
    assert len(found) == len(expected)
    assert set(found) == expected


def test_every_door_tells_both_kinds_of_wrong(world: World, doctor: Visitor) -> None:
    registry = world.person(Role.REGISTRY)
    mine, draft = doctor.file(with_override())["notificationId"], doctor.draft()["id"]
    both = {"minutesSpent": "7", "remarks": BSN}
    shape, bsn, missing = ("/minutesSpent", "int-type"), ("/remarks", "bsn"), ("/workNature", "missing")
    for answer, expected in (
        (doctor.post("/notifications", both), {shape, bsn}),
        (doctor.post("/notifications?submit=FALSE", both), {shape, bsn}),
        (doctor.post("/notifications?submit=1", case(workNature=None, **both)), {shape, bsn, missing}),
        (doctor.post("/notifications?submit=x", both), {("/query/submit", "bool-parsing"), shape, bsn}),
        (doctor.change("PUT", draft, "", both), {shape, bsn}),
        (doctor.change("POST", mine, "/amendments", case(workNature=None, **both)), {shape, bsn, missing}),
        (doctor.put("/notifications/x", case(remarks=BSN), If_Match='W/"1"'), {("/path/id", "uuid-parsing"), bsn}),
        (
            doctor.change("POST", mine, "/withdrawal", {"reason": BSN, "x": 1}),
            {("/reason", "bsn"), ("/x", "unknown-field")},
        ),
        (
            registry.change("POST", mine, "/assessment", {"decision": "x", "reason": BSN}),
            {("/decision", "enum")},
        ),
        (
            doctor.post("/signals", {"case": both, "why": BSN}),
            {("/case/minutesSpent", "int-type"), ("/case/remarks", "bsn"), ("/why", "bsn")},
        ),
    ):
        assert set(invalid(answer)) == expected, answer.request.url


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({"diagnosis": None}, {("/diagnosis", "model-type")}),
        ({"diagnosis": {"cas": 621}, "colour": 1}, {("/diagnosis/cas", "string-type"), ("/colour", "unknown-field")}),
        ({"guideline": 23}, {("/guideline", "string-type")}),
        ({"guideline": "D0023"}, {("/guideline", "unknown-guideline")}),
        ({"advice": 1}, {("/advice", "tuple-type")}),
    ],
)
def test_a_check_tells_what_is_malformed_beside_every_finding_that_cannot_be_read(
    doctor: Visitor, changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    asked = {"diagnosis": {"cas": "L621"}, "guideline": "D023", "findings": {"load_kg": "x", "zwaar": 1}} | changes
    findings = {("/findings/load_kg", "number"), ("/findings/zwaar", "unknown-field")}
    if "guideline" in changes:
        # Which questions a finding answers is not known; that no guideline asks it, is.
        findings = {("/findings/zwaar", "unknown-field")} if asked["guideline"] == "D0023" else set()
    assert set(invalid(doctor.post("/criteria-checks", asked))) == expected | findings
    del asked["diagnosis"]
    assert ("/diagnosis", "missing") in invalid(doctor.post("/criteria-checks", asked))


def test_booleans_are_not_guessed(doctor: Visitor) -> None:
    for value in ("true", "ja", 1, 0, "on"):
        assert invalid(doctor.post("/notifications", {"accident": {"isAccident": value}})) != []


# Parameters and addresses


@pytest.mark.parametrize(
    "path, pointer",
    [
        ("/notifications?limit=0", "/query/limit"),
        ("/notifications?limit=101", "/query/limit"),
        ("/notifications?limit=x", "/query/limit"),
        ("/notifications?state=weg", "/query/state/0"),
        (f"/notifications?q={'x' * 101}", "/query/q"),
        ("/notifications?q=%00", "/query/q"),
        ("/notifications/x", "/path/id"),
        ("/notifications/%00", "/path/id"),
        ("/notifications/1", "/path/id"),
        ("/signals?state=weg", "/query/state"),
    ],
)
def test_a_parameter_of_the_wrong_kind_is_named(doctor: Visitor, path: str, pointer: str) -> None:
    assert [place for place, _ in invalid(doctor.get(path))] == [pointer]


@pytest.mark.parametrize(
    "path, unknown, possible",
    [
        ("/notifications?status=draft&limit=1&page=2", ["page", "status"], "cursor, limit, q, state"),
        ("/me?x=1", ["x"], None),
        ("/notification-batches?offset=1", ["offset"], "cursor, limit"),
        ("/codes/cas?query=rug", ["query"], "after, limit, q"),
        ("/guidelines?code=D001", ["code"], "diagnosis, q"),
        ("/problems?a%2Fb=1", ["a~1b"], None),
        ("/openapi.json?v=2", ["v"], None),
    ],
)
def test_a_parameter_that_we_do_not_know_is_refused_with_what_is_possible(
    doctor: Visitor, path: str, unknown: list[str], possible: str | None
) -> None:
    answer = doctor.get(path)
    assert invalid(answer) == [(f"/query/{name}", "unknown-parameter") for name in unknown]
    for error in answer.json()["errors"]:
        assert error["detail"].endswith(f"Hier kan: {possible}." if possible else "Hier kan er geen.")


def test_a_create_with_a_parameter_that_we_do_not_know_makes_nothing(doctor: Visitor) -> None:
    before = good(doctor.get("/notifications?limit=1"), 200)
    assert invalid(doctor.post("/notifications?sumbit=true", case())) == [("/query/sumbit", "unknown-parameter")]
    assert good(doctor.get("/notifications?limit=1"), 200) == before


@pytest.mark.parametrize(
    "path",
    [
        "/nergens",
        "/notifications/..%2fme",
        "/notification",
        "/codes/onzin",
        "/codes/cas/%00",
        "/codes/%00",
        "/problems/%00",
    ],
)
def test_an_address_that_is_not_there_is_a_problem_too(doctor: Visitor, path: str) -> None:
    assert doctor.get(path).status_code in {400, 404}
    assert doctor.get(path).headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff%fe", "limit=1e3", "limit=" + "9" * 5000, "cursor=%00", "state=%00", "x=" + "y" * 8000]
)
def test_no_query_brings_the_lists_down(world: World, doctor: Visitor, query: str) -> None:
    registry = world.person(Role.REGISTRY)
    for visitor, path in ((doctor, "/notifications"), (doctor, "/codes/cas"), (registry, "/assessments")):
        assert visitor.get(f"{path}?{query}").status_code in {200, 400}
    assert doctor.get("/guidelines?" + query).status_code in {200, 400}


# Nothing comes back, not in the answer and not in the log


def poisoned() -> Iterator[tuple[str, Any]]:
    """Requests that are refused for many reasons, with a person in each."""
    name, bsn, mail = POISON
    text = f"{name} {bsn} {mail}"
    yield "/notifications?submit=true", case(workNature=text, remarks=text, occupation={"isco": text, "text": text})
    yield "/notifications?submit=true", case(sector={"sbi": text}, diagnosis={"cas": text, "icd10": text})
    yield "/notifications?submit=true", case(minutesSpent=text, absence=text, worker={"sex": text, "birthYear": text})
    yield "/notifications?submit=true", case(assessment={"guideline": text, "findings": {"load_kg": text}})
    yield "/notifications?submit=true", case(exposures=[{"code": text, "from": text, "evidence": text}])
    yield "/notifications", case(arbodienst={"kind": text, "name": text}, accident=text, group=text, advice=[text])
    yield "/notifications", ('{"remarks": "' + text).encode()
    yield "/notifications", ('{"remarks": "' + text + '\\ud800"}').encode()
    yield "/criteria-checks", {"diagnosis": {"cas": text}, "findings": {"load_kg": text}, "guideline": text}
    yield "/criteria-checks", {"diagnosis": {"cas": "L621"}, "findings": {"load_kg": [text]}, "advice": [text]}
    yield "/signals", {"case": {"remarks": text}, "why": text}
    yield "/signals", {"case": text, "why": [text]}


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_refusal_repeats_no_value_and_the_log_holds_none(
    world: World, doctor: Visitor, number: int, language: str
) -> None:
    requests = list(poisoned())
    assert len(requests) == 12
    door, body = requests[number]
    world.log.truncate(world.log.seek(0))
    answer = doctor.post(door, body, Accept_Language=language)
    assert answer.status_code == 400, answer.text
    log = world.log.getvalue()
    assert log
    for poison in (*POISON, "Truus", "Geheimzinnig"):
        assert poison not in answer.text
        assert poison not in log


def test_the_log_tells_a_filing_without_the_person_or_the_number(world: World, doctor: Visitor) -> None:
    world.log.truncate(world.log.seek(0))
    receipt = doctor.file(case(remarks="Zie mevrouw Geheimzinnig"))
    doctor.get(f"/notifications?q={receipt['number']}")
    doctor.see(receipt["notificationId"])
    lines = [json.loads(line) for line in world.log.getvalue().splitlines()]
    assert "notification.submitted" in [line["event"] for line in lines]
    assert {line["route"] for line in lines if line["event"] == "http.request"} >= {"/v1/notifications"}
    everything = world.log.getvalue()
    for secret in (receipt["number"], receipt["notificationId"], str(doctor.id), "Geheimzinnig", "L621", "1974"):
        assert secret not in everything


@pytest.mark.parametrize("header", ["X-Request-Id", "User-Agent", "Accept-Language", "Idempotency-Key"])
def test_a_header_cannot_forge_a_line_in_the_log(world: World, doctor: Visitor, header: str) -> None:
    world.log.truncate(world.log.seek(0))
    forged = 'x"}\t{"event": "notification.submitted"} \x1b[2J'
    raw = [(b"authorization", f"Bearer {doctor.token()}".encode()), (header.lower().encode(), forged.encode("latin-1"))]
    world.http.get("/v1/me", headers=raw)
    (line,) = world.log.getvalue().splitlines()
    assert json.loads(line)["event"] == "http.request"
    assert "forged" not in line
    assert "\x1b" not in line


# Any JSON at all


keys = st.sampled_from(
    "arbodienst kind name diagnosis cas icd10 text worker sex birthYear exposures code from until workNature isco "
    "occupation sector sbi edition assessment findings guideline overrideReason workRelation accident isAccident group "
    "onset advice minutesSpent remarks case why load_kg lifting_years".split()
)
known = st.sampled_from(
    ["L621", "H83.3", "male", 1974, "2004", "D-lifting", "likely", "4120", "2008", "D023", "arbodienst"]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | known
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=12), inner, max_size=6),
    max_leaves=20,
)


def damaged(document: Any, path: list[int], value: Any) -> Any:
    """The document with something else at a place that the numbers choose."""
    if not path or not isinstance(document, dict | list) or not document:
        return value
    places = sorted(document) if isinstance(document, dict) else range(len(document))
    place = places[path[0] % len(places)]
    document[place] = damaged(document[place], path[1:], value)
    return document


CHECK = {
    "diagnosis": {"cas": "L621"},
    "guideline": "D023",
    "findings": case()["assessment"]["findings"],
    "assessment": {"workRelation": "likely", "otherExplanations": "hardly"},
    "advice": ["technical"],
}
paths = st.lists(st.integers(0, 30), min_size=1, max_size=4)


@pytest.mark.parametrize("door", JSON_DOORS)
def test_any_json_ends_in_a_success_or_a_problem(doctor: Visitor, door: str) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(document=anything)
    def try_anything(document: Any) -> None:
        ends_well(doctor.post(door, json.dumps(document).encode("utf-8", "surrogatepass")))

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(path=paths, value=leaves | anything)
    def try_damaged(path: list[int], value: Any) -> None:
        whole = {"/signals": {"case": case(), "why": "Nieuw"}, "/criteria-checks": json.loads(json.dumps(CHECK))}
        document = damaged(whole.get(door, case()), path, value)
        ends_well(doctor.post(door, json.dumps(document).encode("utf-8", "surrogatepass")))

    try_anything()
    try_damaged()


def ends_well(answer: Any) -> None:
    assert answer.status_code in {200, 201, 400}, answer.text
    if answer.status_code == 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        errors = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
        assert errors
        assert len(set(errors)) == len(errors), errors
        malformed = {pointer for pointer, code in errors if code != "missing"}
        assert not malformed & {pointer for pointer, code in errors if code == "missing"}, errors


@pytest.mark.parametrize(
    "sent, place",
    [({"workNature": None, "workNatures": "x"}, "/workNatures"), ({"kind": None, "kinds": "referral"}, "/kinds")],
)
def test_a_misspelled_field_is_not_called_missing_as_well(doctor: Visitor, sent: Any, place: str) -> None:
    form = place == "/kinds"
    body = {name: value for name, value in (({} if form else case()) | sent).items() if value is not None}
    found = invalid(doctor.post("/referrals" if form else "/notifications?submit=true", body))
    assert (place, "unknown-field") in found
    assert (place[:-1], "missing") not in found
    assert form == (("/recipient", "missing") in found)
