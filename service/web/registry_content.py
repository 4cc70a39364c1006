"""The content of a notification in words, for who assesses it: everything that was sent, and nobody's name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.clock import today
from service.codes.entries import ListId
from service.criteria.actions import guideline_for
from service.criteria.catalogue import catalogue
from service.criteria.documents import Question
from service.criteria.explanation import OUTCOME_WORDS, VERDICT_WORDS
from service.criteria.rules import Basis, Outcome, Verdict
from service.criteria.six_steps import plan
from service.notifications.judgement import diagnosis_in_words, label, occupation_in_words, sector_in_words
from service.notifications.schemas import Assessment, Exposure, NotificationContent
from service.text import Language, Text
from service.web.knowledge_guidelines import Source, source
from service.web.units import in_words

_YES_NO = {True: Text("ja", "yes"), False: Text("nee", "no")}
_DECIDING = {
    Basis.OFFICIAL: Text("officieel", "official"),
    Basis.SECONDARY: Text("uit tweede hand", "second-hand"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A name and what was filled in for it."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under one heading."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """One criterion, what was given for it, and how it came out."""

    text: str
    given: str
    outcome: str
    outcome_words: str
    basis_words: str
    source: Source


@dataclass(frozen=True, slots=True)
class CheckPart:
    """The check as it was judged at submission: by which version, and criterion by criterion."""

    verdict: str
    verdict_words: str
    guideline: str | None
    version: str | None
    title: str | None
    criteria: tuple[CriterionLine, ...]


def parts_of(content: NotificationContent, language: Language) -> tuple[Part, ...]:
    """The content under four headings; what was not filled in is left out."""
    titled = (
        (Text("Ziekte en persoon", "Disease and person"), _case(content, language)),
        (Text("Werk en belasting", "Work and exposure"), _work(content, language)),
        (Text("Weging door de arts", "The physician's assessment"), _weighing(content, language)),
        (Text("Overige gegevens", "Other information"), _rest(content, language)),
    )
    parts = (Part(title.in_(language), tuple(_lines(pairs, language))) for title, pairs in titled)
    return tuple(part for part in parts if part.lines)


def check_of(kept: dict[str, Any], language: Language) -> CheckPart:
    """The check that was kept with a submission, with the texts of the version it was judged by."""
    verdict, ref = Verdict(kept["verdict"]), kept["guideline"]
    entry = catalogue().version(ref["code"], ref["version"]) if ref else None
    texts = {one.id: one.text.in_(language) for one in entry.file.criteria} if entry else {}
    questions = entry.file.questions if entry else {}
    return CheckPart(
        verdict=verdict.value,
        verdict_words=VERDICT_WORDS[verdict].in_(language),
        guideline=ref["code"] if ref else None,
        version=ref["version"] if ref else None,
        title=entry.file.title.in_(language) if entry else None,
        criteria=tuple(
            CriterionLine(
                text=texts.get(one["id"], one["text"]),
                given=_given(one["given"], questions.get(one["parameter"]), language),
                outcome=one["outcome"],
                outcome_words=OUTCOME_WORDS[Outcome(one["outcome"])].in_(language),
                basis_words=_DECIDING[Basis(one["basis"])].in_(language),
                source=source(one["sourceUrl"]),
            )
            for one in kept["criteria"]
        ),
    )


_Pairs = Iterator[tuple[Text, str | None]]


def _lines(pairs: _Pairs, language: Language) -> Iterator[Line]:
    for name, value in pairs:
        if value:
            yield Line(name.in_(language), value)


def _case(content: NotificationContent, language: Language) -> _Pairs:
    worker = content.worker
    yield Text("Diagnose", "Diagnosis"), diagnosis_in_words(content, language)
    if worker:
        yield Text("Geslacht", "Sex"), label(ListId.SEX, worker.sex, language)
        yield Text("Geboortejaar", "Year of birth"), str(worker.birth_year or "")
        kind = label(ListId.EMPLOYMENT_KIND, worker.employment_kind, language)
        yield Text("Soort dienstverband", "Kind of employment"), kind
    for number, member in enumerate(content.group, 2):
        sex = label(ListId.SEX, member.sex, language)
        since = f", {member.onset}" if member.onset else ""
        yield Text(f"Werkende {number}", f"Worker {number}"), f"{sex}, {member.birth_year}{since}"
    if accident := content.accident:
        yield Text("Ongeval", "Accident"), _yes_no(accident.is_accident, language)
        yield Text("Laat gevolg van een ongeval", "Late effect of an accident"), _yes_no(accident.late_effect, language)


def _work(content: NotificationContent, language: Language) -> _Pairs:
    for exposure in content.exposures:
        yield Text("Belasting", "Exposure"), _exposure(exposure, language)
    yield Text("Aard van het werk", "Nature of the work"), content.work_nature
    yield Text("Beroep", "Occupation"), occupation_in_words(content, language)
    yield Text("Sector", "Sector"), sector_in_words(content, language)
    yield Text("Provincie", "Province"), label(ListId.PROVINCE, content.province, language)


def _weighing(content: NotificationContent, language: Language) -> _Pairs:
    assessment = content.assessment
    if assessment is None:
        return
    yield (
        Text("Hoe waarschijnlijk door het werk", "How likely caused by work"),
        label(ListId.CERTAINTY, assessment.work_relation, language),
    )
    yield (
        Text("Andere verklaringen", "Other explanations"),
        label(ListId.OTHER_EXPLANATIONS, assessment.other_explanations, language),
    )
    yield Text("Gevoeliger dan anderen", "More susceptible"), _yes_no(assessment.susceptibility, language)
    yield Text("Reden om af te wijken", "Reason to override"), assessment.override_reason
    yield from _personal(assessment, language)
    yield from _findings(content, assessment, language)


def _personal(assessment: Assessment, language: Language) -> _Pairs:
    if assessment.personal_questions is None:
        return
    answers = assessment.personal_questions.model_dump(by_alias=True)
    for question in plan().personal_questions:
        yield Text(question.text.nl, question.text.en), _yes_no(answers.get(question.key), language)


def _findings(content: NotificationContent, assessment: Assessment, language: Language) -> _Pairs:
    """Every finding by the words of its question; a name that no guideline asks for stays as it was sent."""
    entry = catalogue().latest(assessment.guideline or _guideline(content))
    questions = entry.file.questions if entry else {}
    for name, value in assessment.findings.items():
        question = questions.get(name)
        words = Text(question.label.nl.capitalize(), question.label.en.capitalize()) if question else Text(name, name)
        yield words, _given(value, question, language) if value is not None else None


def _guideline(content: NotificationContent) -> str:
    """The guideline of the diagnosis: the form asks its questions without naming it in the document."""
    diagnosis = content.diagnosis
    found = guideline_for(diagnosis.cas, diagnosis.icd10, today()) if diagnosis else None
    return found.code if found else ""


def _rest(content: NotificationContent, language: Language) -> _Pairs:
    yield Text("Arbodienst", "Occupational health service"), _arbodienst(content, language)
    yield Text("Hoe ontdekt", "How detected"), label(ListId.DETECTION, content.detected_by, language)
    yield Text("Advies", "Advice"), ", ".join(label(ListId.ADVICE, one, language) or "" for one in content.advice)
    yield Text("Arbeidsongeschiktheid", "Incapacity"), label(ListId.INCAPACITY, content.incapacity, language)
    yield Text("Verzuim", "Absence"), label(ListId.ABSENCE, content.absence, language)
    yield Text("Opmerkingen", "Remarks"), content.remarks


def _arbodienst(content: NotificationContent, language: Language) -> str | None:
    if content.arbodienst is None:
        return None
    # The name of a practice of one is the name of the notifier, and the registry does not see who notified.
    if content.arbodienst.kind == "independent":
        return Text("zelfstandig bedrijfsarts", "independent occupational physician").in_(language)
    return content.arbodienst.name


def _exposure(exposure: Exposure, language: Language) -> str:
    listed = label(ListId.EXPOSURE, exposure.code, language)
    name = f"{listed}: {exposure.text}" if listed and exposure.text else listed or exposure.text or ""
    period = "-".join(part for part in (exposure.since, exposure.until) if part)
    evidence = label(ListId.EVIDENCE, exposure.evidence, language)
    details = ", ".join(part for part in (exposure.degree, period, evidence) if part)
    return f"{name} ({details})" if details else name


def _yes_no(answer: bool | None, language: Language) -> str | None:
    return None if answer is None else _YES_NO[answer].in_(language)


def _given(value: Any, question: Question | None, language: Language) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES_NO[value].in_(language)
    if isinstance(value, list):
        return ", ".join(_given(one, question, language) for one in value)
    if isinstance(value, str):
        options = question.options if question else ()
        return next((option.label.in_(language) for option in options if option.value == value), value)
    written = f"{value:g}" if language is Language.EN else f"{value:g}".replace(".", ",")
    return f"{written} {in_words(question.unit if question else None, language)}".rstrip()
