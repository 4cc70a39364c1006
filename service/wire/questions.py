"""The notification form and the questions of the guidelines, as plain values for a Questionnaire."""

from functools import cache

from fhir.publication.values import Option, Question, QuestionGroup
from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.criteria.catalogue import catalogue as guidelines
from service.criteria.sheets import questions_of
from service.criteria.six_steps import plan
from service.text import Language

_NL = Language.NL


@cache
def question_groups() -> tuple[QuestionGroup, ...]:
    """Every group of questions of the form, in the order of the page."""
    return (_core(), _exposure(), _personal(), _conclusion(), _further(), *_of_guidelines())


def _options(list_id: ListId) -> tuple[Option, ...]:
    return tuple(Option(one.code, one.label.in_(_NL)) for one in catalogue().lists[list_id].entries)


def _chosen(link_id: str, text: str, list_id: ListId, *, required: bool = False) -> Question:
    return Question(link_id, text, "choice", _options(list_id), required=required)


def _core() -> QuestionGroup:
    questions = (
        Question("diagnosis.cas", "Diagnose (CAS-code)", "text", max_length=64),
        Question("diagnosis.icd10", "Diagnose (ICD-10-code)", "text", max_length=64),
        Question("diagnosis.text", "Naam van de diagnose", "text", max_length=200),
        _chosen("arbodienst.kind", "Arbodienst of zelfstandig", ListId.ARBODIENST_KIND, required=True),
        Question("arbodienst.name", "Naam van de arbodienst", "text", max_length=200),
        _chosen("worker.sex", "Geslacht", ListId.SEX, required=True),
        Question("worker.birthYear", "Geboortejaar", "whole-number", minimum=1900, required=True),
        Question("workNature", "Aard van het werk bij het ontstaan", "text", required=True, max_length=200),
        Question("occupation.isco", "Beroep (ISCO-08)", "text", max_length=64),
        Question("occupation.text", "Beroep in woorden", "text", max_length=200),
        Question("sector.sbi", "Sector van de werkgever (SBI)", "text", required=True, max_length=64),
    )
    return QuestionGroup("core", "De melding", questions)


def _exposure() -> QuestionGroup:
    questions = (
        _chosen("exposures.code", "Belasting", ListId.EXPOSURE),
        Question("exposures.text", "Belasting in woorden", "text", max_length=200),
        Question("exposures.from", "Vanaf (jaar of maand)", "month"),
        Question("exposures.until", "Tot (jaar of maand)", "month"),
        Question("exposures.degree", "Mate van de belasting", "text", max_length=200),
        _chosen("exposures.evidence", "Waaruit blijkt dit", ListId.EVIDENCE),
    )
    return QuestionGroup("exposures", "Belasting in het werk", questions, repeats=True)


def _personal() -> QuestionGroup:
    questions = tuple(
        Question(f"assessment.personalQuestions.{one.key}", one.text.in_(_NL), "boolean")
        for one in plan().personal_questions
    )
    return QuestionGroup("assessment.personalQuestions", "Stap 2: vragen aan de werkende", questions)


def _conclusion() -> QuestionGroup:
    questions = (
        Question("assessment.susceptibility", plan().susceptibility.in_(_NL), "boolean"),
        _chosen("assessment.otherExplanations", plan().other_explanations.question.in_(_NL), ListId.OTHER_EXPLANATIONS),
        _chosen("assessment.workRelation", plan().work_relation.question.in_(_NL), ListId.CERTAINTY),
        Question("assessment.overrideReason", "Reden om af te wijken van de criteria", "text", max_length=1000),
        Question("accident.isAccident", "Was het een ongeval?", "boolean"),
        Question("accident.lateEffect", "Is het een laat gevolg van een ongeval?", "boolean"),
    )
    return QuestionGroup("assessment", "Stap 3 tot en met 5: oordeel", questions)


def _further() -> QuestionGroup:
    questions = (
        _chosen("detectedBy", "Waar vastgesteld", ListId.DETECTION),
        Question("advice", "Gegeven adviezen", "multi-choice", _options(ListId.ADVICE)),
        _chosen("incapacity", "Arbeidsongeschiktheid", ListId.INCAPACITY),
        _chosen("absence", "Verzuimduur", ListId.ABSENCE),
        _chosen("province", "Provincie", ListId.PROVINCE),
        _chosen("worker.employmentKind", "Soort dienstverband", ListId.EMPLOYMENT_KIND),
        Question("minutesSpent", "Bestede minuten", "whole-number", minimum=0, maximum=600),
        Question("remarks", "Opmerkingen", "text", max_length=1000),
    )
    return QuestionGroup("further", "Overige gegevens", questions)


def _of_guidelines() -> tuple[QuestionGroup, ...]:
    """One group for each guideline that asks something; shown when that guideline is chosen."""
    groups = []
    for entry in guidelines().entries:
        asked = tuple(
            Question(
                f"assessment.findings.{entry.file.code}.{one.parameter}",
                one.question,
                one.input,
                tuple(Option(option.value, option.label) for option in one.options),
                unit=one.unit,
                minimum=one.minimum,
                maximum=one.maximum,
            )
            for one in questions_of(entry, _NL)
        )
        if asked:
            title = f"{entry.file.code}: {entry.file.title.nl}"
            chosen = ("assessment.guideline", entry.file.code)
            groups.append(QuestionGroup(f"assessment.findings.{entry.file.code}", title, asked, only_for=chosen))
    return tuple(groups)
