"""Check findings against a guideline, and look guidelines up. Stores nothing."""

import difflib
from datetime import date

from service.criteria.catalogue import Catalogue, Entry, catalogue
from service.criteria.explanation import explain
from service.criteria.findings import Reading, read_findings
from service.criteria.notes import is_elsewhere, noise_years, notes
from service.criteria.rules import Evaluation, Guideline, Outcome, Verdict, evaluate
from service.criteria.schemas import (
    CriteriaCheckRequest,
    CriteriaCheckResult,
    CriterionResult,
    GuidelineList,
    GuidelineRef,
    GuidelineResult,
    QuestionResult,
    SchemeHint,
    StepResult,
)
from service.criteria.sheets import Sheet, questions_of, sheet, summary, whole
from service.criteria.six_steps import Answers, plan, walk
from service.problems import FieldError, InvalidInput, NotFound
from service.text import Language, Text

_UNDECIDED = Guideline("", "", None)


def check(
    request: CriteriaCheckRequest,
    on: date,
    language: Language | str = Language.NL,
    *,
    version: str | None = None,
    known: Catalogue | None = None,
) -> CriteriaCheckResult:
    """Hold findings against the guideline in force on a date, or against a named version of it.

    Raises InvalidInput with every finding that cannot be read, and for a guideline that is not known or not in force.
    """
    language, known = Language(language), known or catalogue()
    entry = _chosen(known, request, on, version)
    reading = read_findings(entry.file if entry else None, request.findings, known.finding_names)
    if reading.errors:
        raise InvalidInput(errors=reading.errors)
    rule = entry.rule if entry else _UNDECIDED
    evaluation = evaluate(rule, reading.values)
    page = sheet(entry, language) if entry else None
    no_public = evaluation.verdict is Verdict.NO_PUBLIC_CRITERIA
    return CriteriaCheckResult(
        guideline=page.ref if page else None,
        verdict=evaluation.verdict,
        criteria=_criteria(page, reading, evaluation),
        missing=evaluation.missing,
        steps=_steps(request, entry, rule, evaluation, language),
        explanation=_explanation(page, evaluation, language),
        inform=(page.inform if page else ()) + noise_years(reading, language),
        not_public=page.not_public if page else (),
        scheme_hints=_scheme_hints(known, request, on, language),
        conclusion_questions=_conclusion_questions(language) if no_public else (),
        notes=notes(known, request, entry, reading, on, language),
        link=page.ref.source_url if page else plan().guidelines_url,
    )


def guideline_for(
    cas: str | None, icd10: str | None, on: date, language: Language | str = Language.NL
) -> GuidelineRef | None:
    """The guideline in force for a diagnosis, if we know one."""
    entry = catalogue().for_diagnosis(cas, icd10, on)
    return sheet(entry, Language(language)).ref if entry else None


def questions_for(code: str, on: date, language: Language | str = Language.NL) -> tuple[QuestionResult, ...]:
    """The questions that a form asks for a guideline. Raises NotFound for a code that is not in force."""
    entry = catalogue().in_force(code, on)
    if entry is None:
        raise NotFound
    return questions_of(entry, Language(language))


def find_guidelines(query: str | None, diagnosis: str | None, on: date, language: Language) -> GuidelineList:
    """The guidelines in force that hold every word of the query, and that are about the diagnosis (CAS or ICD-10)."""
    words = (query or "").lower().split()
    found = [
        entry
        for entry in catalogue().entries
        if entry.in_force(on)
        and all(word in _searched(entry) for word in words)
        and (not diagnosis or entry.covers(diagnosis, diagnosis))
    ]
    return GuidelineList(items=tuple(summary(entry, language) for entry in found))


def guideline(code: str, version: str | None, on: date, language: Language) -> GuidelineResult:
    """One guideline: the version asked for, or the one in force, or else the newest. Raises NotFound."""
    known = catalogue()
    entry = known.version(code, version) if version else known.in_force(code, on) or known.latest(code)
    if entry is None:
        raise NotFound
    versions = tuple(other.file.version for other in known.entries if other.file.code == code)
    return whole(entry, versions, language)


def _chosen(known: Catalogue, request: CriteriaCheckRequest, on: date, version: str | None) -> Entry | None:
    code = request.guideline
    if code is None:
        return known.for_diagnosis(request.diagnosis.cas, request.diagnosis.icd10, on)
    entry = known.version(code, version) if version else known.in_force(code, on)
    if entry is None:
        unknown = read_findings(None, request.findings, known.finding_names).errors
        raise InvalidInput(errors=[_guideline_error(known, code), *unknown])
    return entry


def _guideline_error(known: Catalogue, code: str) -> FieldError:
    if code in known.codes:
        text = Text("Deze richtlijn of versie geldt niet op deze datum.", "Not in force, or not a known version.")
        return FieldError("/guideline", "not-in-force", text)
    near = difflib.get_close_matches(code, known.codes, n=1)
    nl, en = (f"Bedoelt u '{near[0]}'?", f"Do you mean '{near[0]}'?") if near else ("Laat haar weg.", "Leave it out.")
    text = Text(f"Deze richtlijn kennen we niet. {nl}", f"Unknown guideline. {en}")
    return FieldError("/guideline", "unknown-guideline", text)


def _criteria(page: Sheet | None, reading: Reading, evaluation: Evaluation) -> tuple[CriterionResult, ...]:
    return tuple(
        CriterionResult(
            id=line.criterion.id,
            kind=line.criterion.kind,
            parameter=line.criterion.parameter,
            operator=line.criterion.operator,
            value=line.criterion.value,
            unit=line.criterion.unit,
            given=reading.values.get(line.criterion.parameter),
            outcome=evaluation.outcomes[line.criterion.id],
            basis=line.criterion.basis,
            source_url=line.criterion.source_url,
            text=line.text,
        )
        for line in (page.lines if page else ())
    )


def _steps(
    request: CriteriaCheckRequest, entry: Entry | None, rule: Guideline, evaluation: Evaluation, language: Language
) -> tuple[StepResult, ...]:
    states = walk(_answers(request, entry), rule, evaluation)
    return tuple(
        StepResult(
            number=step.number,
            title=step.title.in_(language),
            outcome=state.outcome,
            text=state.text.in_(language),
            source_url=step.source_url,
        )
        for step, state in zip(plan().steps, states, strict=True)
    )


def _answers(request: CriteriaCheckRequest, entry: Entry | None) -> Answers:
    assessment = request.assessment
    return Answers(
        diagnosis_named=request.diagnosis.named,
        diagnosis_covered=entry is None or not is_elsewhere(request, entry),
        personal=dict(assessment.personal_questions),
        susceptibility=assessment.susceptibility,
        other_explanations=assessment.other_explanations,
        work_relation=assessment.work_relation,
        prevention=bool(request.advice),
    )


def _explanation(page: Sheet | None, evaluation: Evaluation, language: Language) -> str:
    if page is None:
        return explain(evaluation.verdict, None, (), (), language)
    if evaluation.verdict is Verdict.DOES_NOT_MEET:
        parts = [line.text for line in page.lines if evaluation.outcomes[line.criterion.id] is Outcome.NOT_MET]
    else:
        parts = [page.labels[name] for name in evaluation.missing]
    return explain(evaluation.verdict, page.name, parts, page.not_public, language)


def _conclusion_questions(language: Language) -> tuple[str, ...]:
    return tuple(words.in_(language) for words in plan().conclusion_questions)


def _scheme_hints(
    known: Catalogue, request: CriteriaCheckRequest, on: date, language: Language
) -> tuple[SchemeHint, ...]:
    entries = known.schemes_for(request.diagnosis.cas, request.diagnosis.icd10, on)
    return tuple(
        SchemeHint(
            code=entry.file.code,
            scheme=entry.file.scheme.name,
            title=entry.file.title.in_(language),
            text=entry.file.scheme.text.in_(language),
            source_url=entry.file.scheme.source_url,
        )
        for entry in entries
        if entry.file.scheme
    )


def _searched(entry: Entry) -> str:
    file = entry.file
    codes = " ".join([file.code, *file.cas, *(code.code for code in file.icd10)])
    return f"{codes} {file.title.nl} {file.title.en}".lower()
