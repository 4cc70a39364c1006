"""What may be notified: what is refused, what is warned of, and what only asks for a look by the registry."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.clock import today
from service.codes.catalogue import catalogue
from service.criteria import catalogue as guidelines
from service.criteria.six_steps import plan
from service.demo import seeding
from service.identity.access import Role
from service.notifications import privacy
from service.text import Language
from service.validation import ANONYMITY_URL
from tests.api.world import (
    Visitor,
    World,
    case,
    good,
    in_letters,
    on_sqlite,
    refused,
    with_override,
    without_verdict,
)

BSN = "111222333"
NOT_A_BSN = "123456789"
THIS_YEAR = today().year
LIFTING_YEARS = "/assessment/findings/lifting_years"


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite only: what is refused is refused before a database has a say."""
    with on_sqlite(sqlite_template, tmp_path_factory.mktemp("world")) as made:
        yield made


def refusals(doctor: Visitor, document: Any) -> list[tuple[str, str]]:
    return refused(doctor.post("/notifications?submit=true", document), 400, "invalid-input")


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with another value at this place; the places before it are made when they are not there."""
    *way, last = path.strip("/").split("/")
    place: Any = document
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
    if isinstance(place, list):
        place[int(last)] = value
    elif value is None:
        place.pop(last, None)
    else:
        place[last] = value
    return document


MANDATORY = (
    ("/arbodienst", "/arbodienst/kind"),
    ("/diagnosis", "/diagnosis"),
    ("/worker/sex", "/worker/sex"),
    ("/worker/birthYear", "/worker/birthYear"),
    ("/exposures", "/exposures"),
    ("/workNature", "/workNature"),
    ("/occupation", "/occupation"),
    ("/sector", "/sector/sbi"),
)


@pytest.mark.parametrize("left_out, pointer", MANDATORY)
def test_a_mandatory_item_that_is_missing_is_named(doctor: Visitor, left_out: str, pointer: str) -> None:
    assert refusals(doctor, changed(case(), left_out, None)) == [(pointer, "missing")]


@pytest.mark.parametrize(
    "path, value",
    [
        ("/diagnosis", None),
        ("/workNature", None),
        ("/diagnosis/cas", "L111"),
        ("/accident", {"isAccident": True}),
        ("/assessment/workRelation", "too-uncertain"),
        ("/minutesSpent", -1),
    ],
)
def test_what_blocks_names_the_source_of_the_rule(doctor: Visitor, path: str, value: Any) -> None:
    criteria, step_5 = catalogue().cas.complaint_rule.source_url, plan().steps[4].source_url
    answer = doctor.post("/notifications?submit=true", changed(case(), path, value))
    assert answer.status_code == 400
    (source,) = {error.get("source") for error in answer.json()["errors"]}
    assert source == {"/assessment/workRelation": step_5, "/minutesSpent": None}.get(path, criteria)


@pytest.mark.parametrize(
    "path, value, code, source",
    [
        ("/remarks", BSN, "bsn", ANONYMITY_URL),
        ("/remarks", "geboren 1-3-1974", "full-date", ANONYMITY_URL),
        ("/remarks", "jan@bedrijf.nl", "e-mail", ANONYMITY_URL),
        ("/worker/naam", "x", "unknown-field", ANONYMITY_URL),
        ("/worker/sekse", "x", "unknown-field", None),
    ],
)
def test_what_identifies_names_the_law_that_forbids_it(
    doctor: Visitor, path: str, value: str, code: str, source: str | None
) -> None:
    (error,) = doctor.post("/notifications", changed(case(), path, value)).json()["errors"]
    assert (error["pointer"], error["code"], error.get("source")) == (path, code, source)


def test_a_draft_and_a_receipt_name_the_source_of_what_they_say(doctor: Visitor) -> None:
    criteria = catalogue().cas.complaint_rule.source_url
    document = case(
        workNature=None, diagnosis={"cas": "L999"}, remarks="Zie dhr. Jansen", exposures=[{"text": "x", "from": "2999"}]
    )
    draft = doctor.draft(document)
    said = {one["pointer"]: one["source"] for one in (*draft["missing"], *draft["warnings"])}
    assert said == {
        "/workNature": criteria,
        "/exposures/0/from": None,
        "/remarks": ANONYMITY_URL,
        "/diagnosis/cas": criteria,
        "/sector/sbi": None,
    }
    receipt = doctor.file(without_verdict(remarks="Zie dhr. Jansen"))
    assert {one["source"] for one in receipt["warnings"]} == {ANONYMITY_URL, criteria}


def test_everything_that_is_missing_is_named_at_once(doctor: Visitor) -> None:
    assert set(refusals(doctor, {})) == {(pointer, "missing") for _, pointer in MANDATORY} | {
        ("/worker/sex", "missing")
    }


UNKNOWN_CODES = {"occupation": {"isco": "9999"}, "sector": {"sbi": "0000"}, "diagnosis": {"cas": "L111"}}
REFUSED_CODES = {
    ("/occupation/isco", "code-unknown"),
    ("/sector/sbi", "code-unknown"),
    ("/diagnosis/cas", "code-complaint"),
}


def test_a_draft_that_cannot_be_read_hears_of_its_codes_at_once(doctor: Visitor) -> None:
    unreadable = case(province="XX", workNature=None, **UNKNOWN_CODES)
    expected = {("/province", "literal-error"), *REFUSED_CODES}
    started = refused(doctor.post("/notifications", unreadable), 400, "invalid-input")
    draft = doctor.draft(case(**UNKNOWN_CODES))
    saved = refused(doctor.change("PUT", draft["id"], "", unreadable), 400, "invalid-input")
    assert set(started) == set(saved) == expected
    assert {(one["pointer"], one["code"]) for one in draft["missing"]} == REFUSED_CODES


def test_an_arbodienst_has_a_name_and_an_independent_physician_needs_none(doctor: Visitor) -> None:
    assert refusals(doctor, case(arbodienst={"kind": "arbodienst"})) == [("/arbodienst/name", "missing")]
    lines = doctor.file(case(arbodienst={"kind": "independent"}))["filed"]
    assert {"label": "Arbodienst", "value": "zelfstandig bedrijfsarts"} in lines


def test_a_name_without_a_code_is_no_diagnosis(doctor: Visitor) -> None:
    assert ("/diagnosis", "missing") in refusals(doctor, case(diagnosis={"text": "Hernia"}))


EXCEPTIONS = ("H102", "L101", "L102", "L103", "L104", "L105", "L112", "L122", "R102")


@pytest.mark.parametrize(
    "code", ["L100", "L106", "L111", "L121", "H101", "H103", "R101", "R103", "P100", "D150", "l100"]
)
def test_a_complaint_is_no_diagnosis(doctor: Visitor, code: str) -> None:
    found = refusals(doctor, without_verdict() | {"diagnosis": {"cas": code}})
    assert [pointer for pointer, _ in found] == ["/diagnosis/cas"]


@pytest.mark.parametrize("code", EXCEPTIONS)
def test_the_exceptions_to_the_complaint_rule_are_notified(doctor: Visitor, code: str) -> None:
    document = without_verdict() | {"diagnosis": {"cas": code}}
    assert doctor.file(document)["number"]


def test_a_well_formed_code_outside_the_list_is_accepted_with_a_warning(doctor: Visitor) -> None:
    receipt = doctor.file(without_verdict())
    assert receipt["state"] == "registered"
    assert ("/diagnosis/cas", "code-unlisted") in [(one["pointer"], one["code"]) for one in receipt["warnings"]]


@pytest.mark.parametrize("sector", [{"sbi": "4120"}, {"sbi": "43999"}, {"sbi": "4120", "edition": "2025"}])
def test_a_sector_finer_than_our_list_is_told_while_it_is_written_and_no_warning_to_keep(
    doctor: Visitor, sector: dict[str, str]
) -> None:
    draft = doctor.draft(case(sector=sector))
    assert [(one["pointer"], one["code"]) for one in draft["warnings"]] == [("/sector/sbi", "code-by-form")]
    receipt = good(doctor.change("POST", draft["id"], "/submission"), 201)
    assert (receipt["state"], receipt["warnings"]) == ("registered", [])


@pytest.mark.parametrize("code", ["L6", "66L1", "L62199", "Ł621", "L 621", "X"])
def test_a_code_of_the_wrong_form_is_refused(doctor: Visitor, code: str) -> None:
    assert "/diagnosis/cas" in [pointer for pointer, _ in refusals(doctor, case(diagnosis={"cas": code}))]


def test_noise_induced_hearing_loss_is_notified_by_its_icd_10_code_alone(doctor: Visitor) -> None:
    document = case(
        diagnosis={"icd10": "H83.3", "text": "Lawaaislechthorendheid"}, assessment={"workRelation": "very-likely"}
    )
    receipt = doctor.file(document)
    assert {"label": "Diagnose", "value": "Lawaaislechthorendheid (H83.3)"} in receipt["filed"]


def test_an_accident_is_refused_and_its_late_effect_is_not(doctor: Visitor) -> None:
    accident = case(accident={"isAccident": True, "lateEffect": False})
    assert refusals(doctor, accident) == [("/accident/isAccident", "accident")]
    assert refusals(doctor, accident | {"accident": {"isAccident": True}}) == [("/accident/isAccident", "accident")]
    assert doctor.file(accident | {"accident": {"isAccident": True, "lateEffect": True}})["number"]


@pytest.mark.parametrize("certainty", ["very-likely", "likely", "suspected"])
def test_three_degrees_of_certainty_are_all_notified(doctor: Visitor, certainty: str) -> None:
    assert doctor.file(without_verdict() | {"assessment": {"workRelation": certainty}})["state"] == "registered"


def test_what_is_too_uncertain_is_sent_to_the_signal_desk(doctor: Visitor) -> None:
    answer = doctor.post("/notifications?submit=true", case(assessment={"workRelation": "too-uncertain"}))
    assert ("/assessment/workRelation", "too-uncertain") in refused(answer, 400, "invalid-input")
    assert "signaalloket" in answer.text


@pytest.mark.parametrize("year", [1800, 1899, 2101, THIS_YEAR + 1, 2100, 0, -1974, "1974", 1974.5, True])
def test_a_year_of_birth_that_cannot_be_is_refused(doctor: Visitor, year: object) -> None:
    assert [place for place, _ in refusals(doctor, changed(case(), "/worker/birthYear", year))] == ["/worker/birthYear"]


@pytest.mark.parametrize(
    "years, refused_at",
    [
        ({"from": "1973"}, ("/exposures/0/from", "before-birth")),
        ({"from": "2004", "until": str(THIS_YEAR + 14)}, ("/exposures/0/until", "in-the-future")),
        ({"from": "2004", "until": "2003"}, ("/exposures/0/until", "before-the-start")),
    ],
)
def test_a_load_that_cannot_have_been_is_refused(
    doctor: Visitor, years: dict[str, str], refused_at: tuple[str, str]
) -> None:
    exposure = {"code": "D-lifting", "text": "Tillen"} | years
    assert refusals(doctor, case(exposures=[exposure])) == [refused_at]


def lifting(years: float, born: int) -> dict[str, Any]:
    document = case(exposures=[{"text": "Tillen"}])
    return changed(changed(document, "/worker/birthYear", born), LIFTING_YEARS, years)


@pytest.mark.parametrize("years", [THIS_YEAR - 2000 + 0.5, 80])
def test_more_years_than_the_worker_has_lived_cannot_be(doctor: Visitor, years: float) -> None:
    document = lifting(years, 2000)
    assert [(one["pointer"], one["code"]) for one in doctor.draft(document)["missing"]] == [
        (LIFTING_YEARS, "before-birth")
    ]
    assert refusals(doctor, document) == [(LIFTING_YEARS, "before-birth")]
    assert doctor.file(changed(document, "/worker/birthYear", 1940))["number"]


def test_a_finding_in_years_may_be_a_life_long_and_others_are_not_held_against_it(doctor: Visitor) -> None:
    document = changed(lifting(THIS_YEAR - 2000, 2000), "/assessment/findings/load_kg", 40)
    assert doctor.file(document)["number"]


@pytest.mark.parametrize("born", ["1974-03-01", "01-03-1974", {"year": 1974}])
def test_a_date_of_birth_is_no_year_of_birth(doctor: Visitor, born: object) -> None:
    assert refusals(doctor, changed(case(), "/worker/birthYear", born)) == [("/worker/birthYear", "int-type")]
    assert ("/worker/birthDate", "unknown-field") in refusals(doctor, changed(case(), "/worker/birthDate", born))


@pytest.mark.parametrize(
    "text",
    ["Geboren 01-03-1974", "Geboren 1/3/1974", "1974-03-01 begonnen", "op 3 maart 1974", "3 mrt 1974", "1.3.1974 last"],
)
def test_a_full_date_in_a_text_is_refused(doctor: Visitor, text: str) -> None:
    assert refusals(doctor, case(remarks=text)) == [("/remarks", "full-date")]


FREE_TEXTS = (
    "/arbodienst/name",
    "/diagnosis/text",
    "/exposures/0/text",
    "/exposures/0/degree",
    "/workNature",
    "/occupation/text",
    "/assessment/overrideReason",
    "/remarks",
)


@pytest.mark.parametrize("place", FREE_TEXTS)
@pytest.mark.parametrize("written", [BSN, "111.222.333", "11 12 22 333", "111-222-333", "1112.22.333"])
def test_a_bsn_is_refused_wherever_text_goes_also_in_a_draft(doctor: Visitor, place: str, written: str) -> None:
    document = changed(case(), place, f"werknemer {written}, metselaar")
    assert refusals(doctor, document) == [(place, "bsn")]
    assert refused(doctor.post("/notifications", document), 400, "invalid-input") == [(place, "bsn")]


@pytest.mark.parametrize(
    "place, value, pointer",
    [
        ("/assessment/findings/load_kg", BSN, "/assessment/findings/load_kg"),
        ("/assessment/findings/load_kg", int(BSN), "/assessment/findings/load_kg"),
        ("/assessment/findings/load_kg", float(BSN), "/assessment/findings/load_kg"),
        ("/assessment/findings/sites", ["hand", BSN], "/assessment/findings/sites/1"),
        (f"/assessment/findings/bsn {BSN}", True, "/assessment/findings"),
        ("/diagnosis/cas", BSN, "/diagnosis/cas"),
        ("/occupation/isco", BSN, "/occupation/isco"),
        ("/sector/sbi", BSN, "/sector/sbi"),
    ],
)
def test_a_bsn_is_refused_where_codes_and_numbers_go(doctor: Visitor, place: str, value: object, pointer: str) -> None:
    answer = doctor.post("/notifications", changed(case(), place, value))
    assert (pointer, "bsn") in refused(answer, 400, "invalid-input")
    assert BSN not in answer.text


@pytest.mark.parametrize("before", ["1974 ", "nr 12 ", "kamer 4\xa0"])
@pytest.mark.parametrize("written", [BSN, "11122 2333", "111\xa0222\xa0333"])
def test_another_number_before_a_bsn_does_not_hide_it(doctor: Visitor, before: str, written: str) -> None:
    assert refusals(doctor, case(remarks=before + written)) == [("/remarks", "bsn")]


def test_a_reason_or_a_question_that_holds_a_bsn_is_refused(doctor: Visitor, registry: Visitor) -> None:
    mine = doctor.file(with_override())["notificationId"]
    bad = f"Is dit werknemer {BSN}?"
    withdrawn = doctor.change("POST", mine, "/withdrawal", {"reason": bad})
    assert refused(withdrawn, 400, "invalid-input") == [("/reason", "bsn")]
    assert refused(registry.decide(mine, "return", questions=["Hoe lang?", bad]), 400, "invalid-input") == [
        ("/questions/1", "bsn")
    ]
    assert refused(registry.decide(mine, "not-register", reason=bad), 400, "invalid-input") == [("/reason", "bsn")]


def test_nine_digits_that_fail_the_eleven_test_are_accepted(doctor: Visitor) -> None:
    receipt = doctor.file(case(remarks=f"Meetrapport {NOT_A_BSN}"))
    assert (receipt["state"], receipt["warnings"]) == ("registered", [])


def test_an_e_mail_address_is_refused(doctor: Visitor) -> None:
    assert refusals(doctor, case(remarks="mail jan@bedrijf.nl")) == [("/remarks", "e-mail")]


@pytest.mark.parametrize(
    "text, code",
    [
        ("Dossier 12345678", "eight-digits"),
        ("Gesproken met dhr. Jansen", "name-like"),
        ("Gesproken met mevrouw van der Berg", "name-like"),
        ("Werkt bij Bouwbedrijf B.V.", "name-like"),
    ],
)
def test_what_may_point_at_somebody_is_warned_of_and_looked_at(doctor: Visitor, text: str, code: str) -> None:
    receipt = doctor.file(case(remarks=text))
    assert ("/remarks", code) in [(one["pointer"], one["code"]) for one in receipt["warnings"]]
    assert receipt["state"] == "queued"
    assert doctor.see(receipt["notificationId"])["flags"] == ["flagged-text"]


def names_in(document: dict[str, Any]) -> list[str]:
    return [error.pointer for error in privacy.suspicious(document) if error.code == "name-like"]


@pytest.mark.parametrize(
    "text",
    [
        "Jan Jansen",
        "Piet de Vries spuit auto's",
        "Anne-Marie van der Berg tilt",
        "Tilt veel. Kees ten Hove ook",
        "Tilt veel\nZoë 't Hart ook",
        "Tilt veel met Piet de Vries",
    ],
)
def test_two_names_in_a_row_are_asked_about_wherever_they_stand(text: str) -> None:
    for document in ({"workNature": text}, {"remarks": text}, {"exposures": [{"degree": text}]}):
        assert len(names_in(document)) == 1


@pytest.mark.parametrize(
    "text",
    ["Metselen in de woningbouw", "In Nederland gewerkt", "Tilt veel. Bij Defensie ook", "Slijpen. Zagen", "Piet"],
)
def test_a_plain_sentence_names_nobody(text: str) -> None:
    assert names_in({"workNature": text, "remarks": text, "exposures": [{"degree": text}]}) == []


def test_our_own_words_name_nobody() -> None:
    labels = (entry.label for listed in catalogue().lists.values() for entry in listed.entries)
    titles = (entry.file.title for entry in guidelines.catalogue().entries)
    texts = {label.in_(language) for label in labels for language in Language}
    texts |= {title.in_(language) for title in titles for language in Language}
    assert len(texts) > 500
    assert [text for text in texts if names_in({"workNature": text, "occupation": {"text": text}})] == []
    demo = json.loads((Path(seeding.__file__).parent / "example.json").read_text())
    assert privacy.suspicious(demo) == []


def test_a_job_title_may_have_capitals() -> None:
    assert names_in({"occupation": {"text": "Project Manager"}}) == []
    assert names_in({"occupation": {"text": "Werkt voor Piet de Vries"}}) == ["/occupation/text"]


def test_the_name_of_the_arbodienst_is_asked_for_and_not_suspect(doctor: Visitor) -> None:
    receipt = doctor.file(case(arbodienst={"kind": "arbodienst", "name": "Arbo Gezond B.V."}))
    assert receipt["state"] == "registered"


@pytest.mark.parametrize(
    "field", ["name", "workerName", "bsn", "kvk", "address", "employer", "employerName", "birthDate", "email"]
)
def test_there_is_no_field_for_who_it_is(doctor: Visitor, field: str) -> None:
    for place in ("", "/worker"):
        assert (f"{place}/{field}", "unknown-field") in refusals(doctor, changed(case(), f"{place}/{field}", "x"))


def test_periods_run_forward_and_not_into_the_future(doctor: Visitor) -> None:
    document = case(group=[{"birthYear": THIS_YEAR + 1, "sex": "male", "onset": f"{THIS_YEAR + 1}-01"}])
    document["exposures"] = [
        {"code": "D-lifting", "from": f"{THIS_YEAR + 1}"},
        {"code": "D-lifting", "from": "2010-06", "until": "2009"},
    ]
    assert set(refusals(doctor, document)) == {
        ("/group/0/birthYear", "in-the-future"),
        ("/group/0/onset", "in-the-future"),
        ("/exposures/0/from", "in-the-future"),
        ("/exposures/1/until", "before-the-start"),
    }


@pytest.mark.parametrize("month", ["2010-13", "2010-00", "2010-02-30", "10-2010", "2010-2"])
def test_a_month_that_is_none_is_refused(doctor: Visitor, month: str) -> None:
    document = case()
    document["exposures"][0]["from"] = month
    assert refusals(doctor, document) == [("/exposures/0/from", "string-pattern-mismatch")]


def test_a_draft_may_be_incomplete_and_says_what_is_missing(doctor: Visitor) -> None:
    draft = doctor.draft({"diagnosis": {"cas": "L100"}, "accident": {"isAccident": True}})
    codes = {one["pointer"] for one in draft["missing"]}
    assert {pointer for _, pointer in MANDATORY} - {"/diagnosis"} | {"/diagnosis/cas", "/accident/isAccident"} == codes
    answer = doctor.change("POST", draft["id"], "/submission")
    assert {place for place, _ in refused(answer, 400, "invalid-input")} == codes
    assert doctor.see(draft["id"])["state"] == "draft"


def complete_and_not_met() -> dict[str, Any]:
    document = case()
    findings = {"load_kg": 1, "lifting_years": 1, "trunk_flexion_deg": 0, "trunk_flexion_hours_per_day": 0}
    document["assessment"]["findings"] |= findings
    return document


@pytest.mark.parametrize(
    "document, state, flags",
    [
        (case(), "registered", []),
        (without_verdict(), "registered", []),
        (complete_and_not_met(), "queued", ["criteria-not-met"]),
        (with_override(), "queued", ["insufficient-information", "override"]),
        (case(remarks="Zie mevrouw Jansen"), "queued", ["flagged-text"]),
    ],
    ids=["meets", "no-public-criteria", "does-not-meet", "override", "flagged-text"],
)
def test_what_stands_out_goes_to_the_registry_and_the_rest_is_registered(
    world: World, document: dict[str, Any], state: str, flags: list[str]
) -> None:
    doctor = world.person()
    fresh = document | {"occupation": {"text": f"Beroep {in_letters(doctor.id.int % 10**9)}"}}
    receipt = doctor.file(fresh)
    seen = doctor.see(receipt["notificationId"])
    assert (receipt["state"], seen["state"], seen["flags"]) == (state, state, flags)


def test_a_reason_to_override_is_kept_and_shown(doctor: Visitor, registry: Visitor) -> None:
    document = complete_and_not_met()
    document["assessment"]["overrideReason"] = "Gevoelig, dus lagere belasting volstaat"
    receipt = doctor.file(document)
    assert receipt["check"]["verdict"] == "does-not-meet"
    assert receipt["overrideReason"] == "Gevoelig, dus lagere belasting volstaat"
    seen = good(registry.get(f"/assessments/{receipt['notificationId']}"), 200)
    assert seen["flags"] == ["criteria-not-met", "override"]
    assert seen["content"]["assessment"]["overrideReason"] == "Gevoelig, dus lagere belasting volstaat"


def test_a_reason_where_nothing_is_overridden_raises_no_flag(doctor: Visitor) -> None:
    document = case()
    document["assessment"]["overrideReason"] = "Voor de zekerheid"
    assert doctor.file(document)["state"] == "registered"


def test_a_verzekeringsarts_and_a_system_file_like_a_bedrijfsarts(world: World) -> None:
    assert world.person(Role.VERZEKERINGSARTS).file()["state"] == "registered"
    assert world.system().file()["state"] == "registered"


def test_a_filing_that_identifies_somebody_hears_everything_else_too(doctor: Visitor) -> None:
    bad = case(workNature=None, remarks=f"werknemer {BSN}", accident={"isAccident": True})
    expected = {("/remarks", "bsn"), ("/workNature", "missing"), ("/accident/isAccident", "accident")}
    assert set(refusals(doctor, bad)) == expected
    mine = doctor.file()["notificationId"]
    assert set(refused(doctor.change("POST", mine, "/amendments", bad), 400, "invalid-input")) == expected
