"""The guidelines that come with the program: every limit, every verdict, and the published figures they rest on."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.criteria.actions import check
from service.criteria.catalogue import Entry, catalogue
from service.criteria.documents import CriterionFile, Input
from service.criteria.findings import slug_of
from service.criteria.rules import DECIDING, Basis, Operator, Outcome, Verdict, evaluate
from service.criteria.schemas import CriteriaCheckRequest, CriteriaCheckResult

ON = date(2026, 11, 22)
REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "guidelines.json"
DECIDES = {"B001", "D001", "D005", "D023", "D-SAPS", "D-LE", "E002", "E-DEP", "E-PTSS", "G001"}
ENTRIES = {entry.file.code: entry for entry in catalogue().entries}
CRITERIA = [(entry, criterion) for entry in ENTRIES.values() for criterion in entry.file.criteria]
IDS = [f"{entry.file.code}-{criterion.id}" for entry, criterion in CRITERIA]
ORDER = [Verdict.DOES_NOT_MEET, Verdict.INSUFFICIENT, Verdict.MEETS]

# One real-looking case per guideline that meets it; then what to change to fail it, and what to leave out.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "B001": ({"hearing_loss_at_1_2_or_4kHz": 45, "LEX_8h": 88}, {"LEX_8h": 78}, ("hearing_loss_at_1_2_or_4kHz",)),
    "D001": (
        {
            "median_area_paresthesia": True,
            "nocturnal_waking": True,
            "posture_dependent": True,
            "other_cause_sign": False,
            "work_factor": ["repetition", "force"],
        },
        {"nocturnal_waking": False},
        ("work_factor",),
    ),
    "D005": (
        {"symptoms": ["load-pain", "stiffness", "restricted-movement"], "work_factor": ["kneeling"]},
        {"work_factor": ["none"]},
        ("symptoms",),
    ),
    "D023": (
        {"radiates_below_knee_dermatomal": True, "load_kg": 12, "lifting_years": 22, "lifting_hours_per_day": 3},
        {"load_kg": 4, "trunk_flexion_deg": 15},
        ("lifting_years", "lifting_hours_per_day"),
    ),
    "D-SAPS": (
        {
            "case_definition": True,
            "positive_tests": 3,
            "traumatic_onset": False,
            "work_factor": ["arm-elevation", "hand-force"],
        },
        {"traumatic_onset": True},
        ("positive_tests",),
    ),
    "D-LE": (
        {"signs": ["local-pain", "resisted-wrist-extension-pain", "palpation-pain"], "strain_index": 9},
        {"strain_index": 3, "forearm_rotation_hours_per_day": 2},
        ("strain_index",),
    ),
    "E002": (
        {"psychosocial_work_score": 6, "private_stressor_level": "low"},
        {"private_stressor_level": "high"},
        ("psychosocial_work_score",),
    ),
    "E-DEP": (
        {"dsm5_symptoms": 6, "symptom_period": 5, "core_symptom": 1, "work_factor": ["bullying"]},
        {"dsm5_symptoms": 4},
        ("core_symptom",),
    ),
    "E-PTSS": (
        {"trauma_exposure_type": ["witness"]},
        {"trauma_exposure_type": ["none"]},
        ("trauma_exposure_type",),
    ),
    "G001": (
        {"subtype": "allergic", "serial_lung_function": True},
        {"serial_lung_function": False},
        ("subtype",),
    ),
}


def checked(code: str, findings: dict[str, Any]) -> CriteriaCheckResult:
    body = {"diagnosis": {"text": "diagnose"}, "guideline": code, "findings": findings}
    return check(CriteriaCheckRequest.model_validate(body), ON)


def test_all_thirty_guidelines_and_eight_notices_are_there_and_ten_decide() -> None:
    assert len(ENTRIES) == 38
    assert {code for code, entry in ENTRIES.items() if entry.file.require} == DECIDES == set(CASES)


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_case_that_meets(code: str) -> None:
    result = checked(code, CASES[code][0])
    assert (result.verdict, result.missing, result.conclusion_questions) == (Verdict.MEETS, (), ())


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_case_that_does_not_meet(code: str) -> None:
    good, change, _ = CASES[code]
    result = checked(code, {**good, **change})
    assert (result.verdict, result.missing) == (Verdict.DOES_NOT_MEET, ())
    assert any(criterion.outcome is Outcome.NOT_MET for criterion in result.criteria)


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_case_with_too_little_information(code: str) -> None:
    good, _, left_out = CASES[code]
    result = checked(code, {name: value for name, value in good.items() if name not in left_out})
    assert (result.verdict, result.missing) == (Verdict.INSUFFICIENT, left_out[:1])


@pytest.mark.parametrize("code", sorted(CASES))
def test_without_any_finding_information_is_insufficient(code: str) -> None:
    assert checked(code, {}).verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("code", sorted(set(ENTRIES) - DECIDES))
def test_every_other_entry_gives_no_verdict_but_the_four_questions_and_the_link(code: str) -> None:
    result = checked(code, {"load_kg": 50})
    assert result.verdict is Verdict.NO_PUBLIC_CRITERIA
    assert (result.criteria, result.missing, len(result.conclusion_questions)) == ((), (), 4)
    assert result.link == ENTRIES[code].file.source_url


def step(entry: Entry, criterion: CriterionFile) -> float:
    whole = entry.file.questions[criterion.parameter].input is Input.WHOLE_NUMBER
    return 1 if whole else 0.01


NUMERIC = [
    pytest.param(entry, criterion, id=name)
    for (entry, criterion), name in zip(CRITERIA, IDS, strict=True)
    if isinstance(criterion.value, int | float) and not isinstance(criterion.value, bool)
]
AT_LIMITS = {
    Operator.ABOVE: (False, False, True),
    Operator.AT_LEAST: (False, True, True),
    Operator.BELOW: (True, False, False),
    Operator.AT_MOST: (True, True, False),
}


@pytest.mark.parametrize("entry,criterion", NUMERIC)
def test_every_limit_just_below_at_and_just_above(entry: Entry, criterion: CriterionFile) -> None:
    assert isinstance(criterion.value, int | float)
    by = step(entry, criterion)
    found = [
        evaluate(entry.rule, {criterion.parameter: criterion.value + offset}).outcomes[criterion.id]
        for offset in (-by, 0, by)
    ]
    assert found == [Outcome.MET if met else Outcome.NOT_MET for met in AT_LIMITS[criterion.operator]]


NAMED = [
    pytest.param(entry, criterion, id=name)
    for (entry, criterion), name in zip(CRITERIA, IDS, strict=True)
    if isinstance(criterion.value, list)
]


@pytest.mark.parametrize("entry,criterion", NAMED)
def test_every_list_of_values_by_each_option(entry: Entry, criterion: CriterionFile) -> None:
    assert isinstance(criterion.value, list)
    for option in entry.file.questions[criterion.parameter].options:
        given_value: Any = option.value if criterion.operator is Operator.IN else (option.value,)
        met = option.value in criterion.value and criterion.operator is not Operator.ALL_OF
        outcome = evaluate(entry.rule, {criterion.parameter: given_value}).outcomes[criterion.id]
        assert outcome is (Outcome.MET if met else Outcome.NOT_MET), option.value
    if criterion.operator is Operator.ALL_OF:
        everything = {criterion.parameter: tuple(criterion.value)}
        assert evaluate(entry.rule, everything).outcomes[criterion.id] is Outcome.MET


TRUTHS = [
    pytest.param(entry, criterion, id=name)
    for (entry, criterion), name in zip(CRITERIA, IDS, strict=True)
    if isinstance(criterion.value, bool)
]


@pytest.mark.parametrize("entry,criterion", TRUTHS)
def test_every_yes_or_no(entry: Entry, criterion: CriterionFile) -> None:
    for answer in (True, False):
        outcome = evaluate(entry.rule, {criterion.parameter: answer}).outcomes[criterion.id]
        assert outcome is (Outcome.MET if answer is criterion.value else Outcome.NOT_MET)


def test_the_limits_are_these_and_no_others() -> None:
    """Written out once more, so that a slip in a file shows where the published figures are not at hand."""
    limits = {
        f"{entry.file.code} {criterion.parameter} {criterion.operator} {criterion.value} {criterion.unit}"
        for entry, criterion in CRITERIA
        if criterion.operator in AT_LIMITS
    }
    assert limits == {
        "B001 hearing_loss_at_1_2_or_4kHz > 30 dB",
        "B001 LEX_8h > 80 dB(A)",
        "D023 load_kg > 5 kg",
        "D023 lifting_years > 10 a",
        "D023 lifting_hours_per_day > 2 h/d",
        "D023 lifts_per_day > 25 /d",
        "D023 trunk_flexion_deg > 20 deg",
        "D023 trunk_flexion_hours_per_day > 1 h/d",
        "D-SAPS positive_tests >= 2 {tests}",
        "D-LE strain_index > 5 {score}",
        "D-LE forearm_rotation_hours_per_day > 4 h/d",
        "E002 psychosocial_work_score >= 4 {points}",
        "E-DEP dsm5_symptoms >= 5 {symptoms}",
        "E-DEP symptom_period >= 2 wk",
        "E-DEP core_symptom >= 1 {symptoms}",
    }


def test_every_criterion_is_tested_at_its_limit() -> None:
    assert len(NUMERIC) + len(NAMED) + len(TRUTHS) == len(CRITERIA)


def satisfying(entry: Entry, parameter: str) -> Any:
    """A value that meets the criteria on a parameter, or None."""
    criterion = next(criterion for criterion in entry.rule.criteria if criterion.parameter == parameter)
    match criterion.operator:
        case Operator.ABOVE:
            return criterion.value + 1
        case Operator.ANY_OF | Operator.ALL_OF:
            return tuple(criterion.value)
        case Operator.IN:
            return min(criterion.value)
        case _:
            return criterion.value


def failing(entry: Entry, parameter: str) -> Any:
    criterion = next(criterion for criterion in entry.rule.criteria if criterion.parameter == parameter)
    match criterion.operator:
        case Operator.ABOVE | Operator.AT_LEAST:
            return criterion.value - 1
        case Operator.IS:
            return not criterion.value
        case _:
            return ("none",) if criterion.operator is not Operator.IN else "no such value"


@st.composite
def partial_findings(draw: st.DrawFn) -> tuple[Entry, dict[str, Any]]:
    entry = ENTRIES[draw(st.sampled_from(sorted(DECIDES)))]
    findings = {}
    for criterion in entry.rule.criteria:
        kind = draw(st.sampled_from(["met", "not met", "unknown"]))
        if kind != "unknown":
            findings[criterion.parameter] = (satisfying if kind == "met" else failing)(entry, criterion.parameter)
    return entry, findings


@given(partial_findings())
def test_supplying_what_a_real_guideline_misses_meets_it(case: tuple[Entry, dict[str, Any]]) -> None:
    entry, findings = case
    evaluation = evaluate(entry.rule, findings)
    assert bool(evaluation.missing) == (evaluation.verdict is Verdict.INSUFFICIENT)
    if evaluation.missing:
        supplied = {**findings, **{name: satisfying(entry, name) for name in evaluation.missing}}
        assert evaluate(entry.rule, supplied).verdict is Verdict.MEETS


@given(partial_findings(), st.data())
def test_one_more_met_criterion_never_worsens_a_real_verdict(
    case: tuple[Entry, dict[str, Any]], data: st.DataObject
) -> None:
    entry, findings = case
    unknown = [criterion.parameter for criterion in entry.rule.criteria if criterion.parameter not in findings]
    if unknown:
        name = data.draw(st.sampled_from(unknown))
        before = evaluate(entry.rule, findings).verdict
        after = evaluate(entry.rule, {**findings, name: satisfying(entry, name)}).verdict
        assert ORDER.index(after) >= ORDER.index(before)


def test_only_official_and_secondary_criteria_decide() -> None:
    assert {criterion.basis for _, criterion in CRITERIA} <= DECIDING


def test_d023_bending_alone_is_a_way_to_meet() -> None:
    bent = {"radiates_below_knee_dermatomal": True, "trunk_flexion_deg": 40, "trunk_flexion_hours_per_day": 1.5}
    assert checked("D023", bent).verdict is Verdict.MEETS
    assert checked("D023", {**bent, "load_kg": 3}).verdict is Verdict.MEETS


def test_work_aggravated_asthma_meets_g001() -> None:
    assert checked("G001", {"subtype": "work-aggravated", "serial_lung_function": True}).verdict is Verdict.MEETS


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, Any]]:
    if not REFERENCE.exists():
        pytest.skip("the reference data is not beside this checkout")
    published = json.loads(REFERENCE.read_text(encoding="utf-8"))["guidelines"]
    return {guideline["code"].rstrip("?"): guideline for guideline in published}


BASIS_OF = {
    "ncvb_source_seen": Basis.OFFICIAL,
    "secondary_dutch_expert_page": Basis.SECONDARY,
    "secondary_report_of_ncvb_rule": Basis.SECONDARY,
    "dutch_guideline_page": Basis.SECONDARY,
    "dutch_specialist_guideline": Basis.SECONDARY,
    "journal_article_on_guideline": Basis.SECONDARY,
}


@pytest.mark.parametrize(
    "entry,criterion", [pytest.param(*pair, id=name) for pair, name in zip(CRITERIA, IDS, strict=True)]
)
def test_every_deciding_value_is_the_published_one(
    entry: Entry, criterion: CriterionFile, reference: dict[str, dict[str, Any]]
) -> None:
    published = [item for item in reference[entry.file.code]["criteria"] if item["parameter"] == criterion.parameter]
    if criterion.parameter == "subtype":  # published as one line per type, and the fourth only in its text
        return
    assert len(published) == 1
    value = published[0]["value"]
    expected = [slug_of(item) for item in value] if isinstance(value, list) else value
    assert criterion.value == expected
    assert criterion.basis is BASIS_OF[published[0]["basis"]]
    assert criterion.source_url == published[0]["source_url"]
    assert criterion.kind == published[0]["kind"]
    if criterion.operator in AT_LIMITS and criterion.parameter != "symptom_period":
        assert criterion.operator == published[0]["operator"]


def test_every_published_guideline_and_code_is_here(reference: dict[str, dict[str, Any]]) -> None:
    ours = {code for code in ENTRIES if not code.startswith("EU-")}
    assert ours == set(reference)
    for code, guideline in reference.items():
        file = ENTRIES[code].file
        assert file.cas == guideline["cas_codes"]
        assert file.sources == guideline["source_url"]
        assert len(file.not_found) == len(guideline["not_found"])
