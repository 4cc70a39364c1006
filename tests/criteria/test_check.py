"""A criteria check as a whole: findings read, guideline chosen, steps, notes, hints and words."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.criteria.actions import check, guideline_for, questions_for
from service.criteria.catalogue import Catalogue, catalogue
from service.criteria.noise import daily_level, reference_years
from service.criteria.rules import Verdict
from service.criteria.schemas import CriteriaCheckRequest, CriteriaCheckResult
from service.criteria.six_steps import OtherExplanations, StepOutcome, WorkRelation, plan
from service.problems import FieldError, InvalidInput, NotFound

ON = date(2026, 11, 22)
LRS = {"cas": "L621", "icd10": "M51.1"}
MEETS = {"radiates_below_knee_dermatomal": True, "load_kg": 12, "lifting_years": 22}
PERSONAL = {question.key: True for question in plan().personal_questions}


def checked(
    diagnosis: dict[str, str] | None = None, findings: dict[str, Any] | None = None, language: str = "nl", **more: Any
) -> CriteriaCheckResult:
    body = {"diagnosis": LRS if diagnosis is None else diagnosis, "findings": findings or {}, **more}
    return check(CriteriaCheckRequest.model_validate(body), ON, language)


def errors_of(findings: dict[str, Any], **more: Any) -> dict[str, tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        checked(findings=findings, **more)
    return {error.pointer: (error.code, error.text.nl) for error in refused.value.errors}


def test_the_answer_has_the_promised_shape() -> None:
    answer = checked(findings={"radiates_below_knee_dermatomal": True, "load_kg": 12}).model_dump(by_alias=True)
    promised = {"guideline", "verdict", "criteria", "missing", "steps", "explanation"}
    extra = {"inform", "notPublic", "schemeHints", "conclusionQuestions", "notes", "link"}
    assert answer.keys() == promised | extra
    assert answer["guideline"].keys() == {"code", "version", "title", "sourceUrl"}
    assert list(answer["criteria"][0]) == [
        *("id", "kind", "parameter", "operator", "value", "unit", "given", "outcome", "basis", "sourceUrl", "text")
    ]
    assert {"number", "title", "outcome"} <= answer["steps"][0].keys()
    assert (answer["verdict"], answer["missing"]) == ("insufficient-information", ("lifting_years",))


def test_what_was_given_is_shown_with_its_outcome() -> None:
    load = next(item for item in checked(findings={"load_kg": 12}).criteria if item.id == "load")
    assert (load.given, load.outcome, load.operator, load.value, load.unit) == (12, "met", ">", 5, "kg")


@pytest.mark.parametrize("value", ["12", True, [12], {"kg": 12}, float("nan"), float("inf"), -1, 10**400])
def test_a_number_must_be_a_possible_number(value: Any) -> None:
    assert errors_of({"load_kg": value}).keys() == {"/findings/load_kg"}


@pytest.mark.parametrize("value", ["ja", 1, 0, ["true"]])
def test_yes_or_no_must_be_true_or_false(value: Any) -> None:
    assert (
        errors_of({"radiates_below_knee_dermatomal": value})["/findings/radiates_below_knee_dermatomal"][0] == "boolean"
    )


@pytest.mark.parametrize("value", ["typing", 3, {"a": 1}, ["typing"], [3], ["force", "none"], [["force"]]])
def test_a_chosen_value_must_be_one_that_is_offered(value: Any) -> None:
    assert errors_of({"work_factor": value}, diagnosis={"cas": "N613"}).keys() == {"/findings/work_factor"}


def test_a_count_must_be_whole() -> None:
    found = errors_of({"positive_tests": 1.5}, diagnosis={"icd10": "M75"})
    assert found["/findings/positive_tests"][0] == "whole-number"


def test_every_wrong_finding_is_told_at_once_and_never_repeated() -> None:
    found = errors_of({"load_kg": "geheim", "lifting_jears": 3, "lifting_years": "geheim"})
    assert found.keys() == {"/findings/load_kg", "/findings/lifting_jears", "/findings/lifting_years"}
    assert "lifting_years" in found["/findings/lifting_jears"][1]
    assert "geheim" not in str(found)


def test_a_name_with_a_slash_gives_a_sound_pointer() -> None:
    assert "/findings/a~1b~0c" in errors_of({"a/b~c": 1})


def test_a_finding_of_another_guideline_is_left_aside_with_a_note() -> None:
    result = checked(findings={**MEETS, "strain_index": "not even a number", "excluded_factor": "driving"})
    assert result.verdict is Verdict.MEETS
    assert any("strain_index" in note for note in result.notes)


def test_null_is_unknown() -> None:
    assert checked(findings={**MEETS, "load_kg": None}).missing == ("load_kg",)


def test_values_may_be_written_as_the_source_does() -> None:
    result = checked({"cas": "N613"}, {"work_factor": ["Hand-arm vibration", "cold"]})
    assert result.criteria[-1].given == ("hand-arm-vibration", "cold")


def test_one_chosen_value_may_come_without_a_list() -> None:
    assert checked({"cas": "N613"}, {"work_factor": "force"}).criteria[-1].outcome == "met"


def test_without_a_guideline_the_physician_gets_the_four_questions() -> None:
    result = checked({"icd10": "Z99.9", "text": "iets anders"}, {"load_kg": 3})
    assert (result.guideline, result.verdict, len(result.conclusion_questions)) == (None, "no-public-criteria", 4)
    assert result.link == plan().guidelines_url
    assert errors_of({"no_such_thing": 3}, diagnosis={"icd10": "Z99.9"}).keys() == {"/findings/no_such_thing"}


def test_a_named_guideline_wins_and_says_when_it_is_about_something_else() -> None:
    result = checked({"cas": "N613"}, MEETS, guideline="D023")
    assert (result.guideline and result.guideline.code, result.verdict) == ("D023", Verdict.MEETS)
    assert any("niet over deze diagnose" in note for note in result.notes)
    assert result.steps[0].outcome is StepOutcome.ATTENTION
    assert checked(findings=MEETS, guideline="D023").notes == ()


def test_codes_that_point_to_two_guidelines_are_noted() -> None:
    result = checked({"cas": "L621", "icd10": "M75.4"}, MEETS)
    assert result.guideline
    assert result.guideline.code == "D023"
    assert any("D-SAPS" in note for note in result.notes)


def test_an_unknown_guideline_is_refused_with_the_nearest_one() -> None:
    code, text = errors_of({}, guideline="D-LEE")["/guideline"]
    assert code == "unknown-guideline"
    assert text == "Deze richtlijn kennen we niet. Bedoelt u 'D-LE'?"
    assert errors_of({}, guideline="QQQQ")["/guideline"][1] == "Deze richtlijn kennen we niet. Laat haar weg."


def test_a_guideline_that_is_not_in_force_is_refused() -> None:
    request = CriteriaCheckRequest.model_validate({"diagnosis": LRS, "guideline": "D023"})
    with pytest.raises(InvalidInput) as refused:
        check(request, date(2013, 1, 1))
    assert [error.code for error in refused.value.errors] == ["not-in-force"]


def test_a_notification_can_be_judged_by_the_version_it_was_judged_by() -> None:
    request = CriteriaCheckRequest.model_validate({"diagnosis": LRS, "guideline": "D023", "findings": MEETS})
    result = check(request, date(2013, 1, 1), version="2014.1")
    assert result.guideline
    assert result.guideline.version == "2014.1"


def test_another_catalogue_can_be_asked() -> None:
    request = CriteriaCheckRequest.model_validate({"diagnosis": LRS})
    assert check(request, ON, known=Catalogue([])).guideline is None


def test_asthma_is_pointed_to_the_scheme_without_a_verdict_of_it() -> None:
    result = checked({"cas": "R612"})
    assert [hint.code for hint in result.scheme_hints] == ["TSB-ASTMA"]
    assert result.guideline
    assert result.guideline.code == "G001"
    assert checked({"icd10": "J62"}).guideline is None
    assert checked({"icd10": "J62"}).scheme_hints


@pytest.mark.parametrize("level,years", [(80, 40), (83, 20), (86, 10), (89, 5), (77, 80)])
def test_three_decibels_more_halve_the_years(level: float, years: float) -> None:
    assert reference_years(level) == pytest.approx(years)


@pytest.mark.parametrize("level,hours,daily", [(85, 8, 85), (88, 4, 84.99), (80, 16, 83.01), (91, 2, 84.98)])
def test_the_daily_level_follows_from_level_and_hours(level: float, hours: float, daily: float) -> None:
    assert daily_level(level, hours) == pytest.approx(daily, abs=0.005)
    assert daily_level(level, 0) is None


def test_noise_may_be_given_as_level_and_hours() -> None:
    noise = {"hearing_loss_at_1_2_or_4kHz": 40, "noise_level_dba": 92, "noise_hours_per_day": 4}
    result = checked({"icd10": "H83.3"}, noise)
    assert result.verdict is Verdict.MEETS
    assert result.criteria[1].given == pytest.approx(88.99, abs=0.005)
    assert any("89,0" in note for note in result.notes)
    assert any("5,0 jaar" in item.text and item.basis == "secondary" for item in result.inform)


@pytest.mark.parametrize("hours", [0, 1e-300])
def test_hardly_any_noise_is_not_a_fault_of_ours(hours: float) -> None:
    noise = {"hearing_loss_at_1_2_or_4kHz": 40, "noise_level_dba": 92, "noise_hours_per_day": hours}
    assert checked({"icd10": "H83.3"}, noise).verdict is not Verdict.MEETS


def test_a_daily_level_that_was_given_is_not_worked_out_again() -> None:
    noise = {"LEX_8h": 79, "noise_level_dba": 92, "noise_hours_per_day": 8}
    assert checked({"icd10": "H83.3"}, noise).criteria[1].given == 79


@pytest.mark.parametrize(
    "assessment,expected",
    [
        ({}, "done open done open open open"),
        ({"personalQuestions": {"ownView": True}}, "done open done open open open"),
        ({"personalQuestions": PERSONAL}, "done done done open open open"),
        ({"otherExplanations": "large"}, "done open done done open open"),
        ({"workRelation": "suspected"}, "done open done open done open"),
        ({"workRelation": "too-uncertain"}, "done open done open attention open"),
    ],
)
def test_each_step_says_where_it_stands(assessment: dict[str, Any], expected: str) -> None:
    result = checked(findings=MEETS, assessment=assessment)
    assert " ".join(step.outcome for step in result.steps) == expected
    assert [step.number for step in result.steps] == [1, 2, 3, 4, 5, 6]


def test_no_number_of_yeses_decides_anything() -> None:
    """Seven times no is as complete an answer as seven times yes: the plan sets no limit."""
    answers = dict.fromkeys(PERSONAL, False)
    assert checked(assessment={"personalQuestions": answers}).steps[1].outcome is StepOutcome.DONE


@pytest.mark.parametrize("susceptible,word", [(True, "gevoelig"), (False, "gevoeliger"), (None, "gevoeliger")])
def test_a_missed_limit_asks_for_attention_and_never_refuses(*, susceptible: bool | None, word: str) -> None:
    low = {**MEETS, "load_kg": 3, "trunk_flexion_deg": 5}
    result = checked(findings=low, assessment={"susceptibility": susceptible, "workRelation": "likely"})
    assert result.verdict is Verdict.DOES_NOT_MEET
    assert result.steps[2].outcome is StepOutcome.ATTENTION
    assert word in result.steps[2].text
    assert "mag toch melden" in result.explanation


def test_a_missed_diagnosis_criterion_is_not_put_on_the_exposure() -> None:
    result = checked(findings={**MEETS, "radiates_below_knee_dermatomal": False})
    assert result.steps[2].outcome is StepOutcome.OPEN


def test_another_cause_shows_in_step_four() -> None:
    result = checked({"icd10": "M75"}, {"traumatic_onset": True}, assessment={"otherExplanations": "hardly"})
    assert result.steps[3].outcome is StepOutcome.ATTENTION


def test_no_diagnosis_leaves_step_one_open_and_advice_closes_step_six() -> None:
    result = checked({}, advice=["technical"])
    assert [result.steps[0].outcome, result.steps[5].outcome] == [StepOutcome.OPEN, StepOutcome.DONE]


@pytest.mark.parametrize("susceptible,outcome", [(None, StepOutcome.OPEN), (False, StepOutcome.DONE)])
def test_without_public_criteria_step_three_is_the_physicians(
    *, susceptible: bool | None, outcome: StepOutcome
) -> None:
    result = checked({"cas": "L112"}, assessment={"susceptibility": susceptible})
    assert result.steps[2].outcome is outcome


def test_the_plan_offers_exactly_the_answers_that_are_taken() -> None:
    assert [choice.value for choice in plan().other_explanations.scale] == list(OtherExplanations)
    assert [choice.value for choice in plan().work_relation.scale] == list(WorkRelation)
    assert len(plan().conclusion_questions) == 4
    assert list(checked(assessment={"personalQuestions": PERSONAL}).steps[1].text)[:1] == ["7"]


def test_english_by_choice() -> None:
    result = checked(findings=MEETS, language="en")
    assert result.guideline
    assert result.guideline.title == "Lumbosacral radicular syndrome"
    assert result.explanation.startswith("The findings meet")
    assert "yes" in result.steps[1].text


@pytest.mark.parametrize("entry", catalogue().entries, ids=lambda entry: entry.file.code)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_explanation_is_one_paragraph_without_loose_ends(entry: Any, language: str) -> None:
    result = checked({"text": "x"}, {}, language, guideline=entry.file.code)
    assert entry.file.code in result.explanation
    assert not set("{}\n") & set(result.explanation)
    assert "  " not in result.explanation


def test_a_page_can_ask_for_guideline_and_questions() -> None:
    ref = guideline_for("L621", None, ON)
    assert ref
    assert ref.code == "D023"
    assert guideline_for(None, "Z99", ON) is None
    assert [question.parameter for question in questions_for("D023", ON)][:2] == [
        *("radiates_below_knee_dermatomal", "load_kg")
    ]
    deciding = {question.parameter: question.decides for question in questions_for("B001", ON)}
    assert deciding["noise_level_dba"]
    assert not deciding["noise_years"]
    with pytest.raises(NotFound):
        questions_for("X", ON)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab none-/", max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from(sorted(catalogue().codes)), st.data())
def test_whatever_is_sent_is_answered_or_refused(code: str, data: st.DataObject) -> None:
    entry = catalogue().latest(code)
    assert entry
    names = st.sampled_from([*entry.file.questions, "strain_index", "nonsense", "/"])
    findings = data.draw(st.dictionaries(names, json_values, max_size=6))
    try:
        result = checked({"text": "x"}, findings, guideline=code)
    except InvalidInput as refusal:
        refused: tuple[FieldError, ...] = refusal.errors
        sound = all(error.pointer.startswith("/findings/") for error in refused)
    else:
        sound = bool(result.missing) == (result.verdict is Verdict.INSUFFICIENT)
    assert sound
