"""Answers as components of an Observation."""

from collections.abc import Iterator

from fhir.canonical import FINDING_SYSTEM, FINDING_VALUE_SYSTEM, GUIDELINE_SYSTEM, UCUM
from fhir.reading.answers import NONE_CHOSEN
from fhir.reading.content import PERSONAL
from fhir.report import Assessment, Finding, NotificationReport
from fhir.terminology import own_system, provinces
from fhir.writing.pieces import Json, coding, concept, observed, valued


def text_component(code: str, text: str) -> Json:
    """A text as an answer."""
    return {"code": observed(code), "valueString": text}


def _booleans(*answers: tuple[str, bool | None]) -> Iterator[Json]:
    for code, answer in answers:
        if answer is not None:
            yield {"code": observed(code), "valueBoolean": answer}


def assessment_components(assessment: Assessment) -> Iterator[Json]:
    """The way through the six steps."""
    questions = assessment.personal_questions
    yield from _booleans(*((code, getattr(questions, name)) for name, code in PERSONAL.items()))
    yield from _booleans(("gevoeligheid", assessment.susceptibility))
    if assessment.other_explanations:
        value = valued(own_system("andere-verklaringen"), assessment.other_explanations)
        yield {"code": observed("andere-verklaringen"), "valueCodeableConcept": value}
    if assessment.guideline:
        guideline = concept(coding(GUIDELINE_SYSTEM, assessment.guideline))
        yield {"code": observed("registratierichtlijn"), "valueCodeableConcept": guideline}
    if assessment.override_reason:
        yield text_component("reden-afwijking", assessment.override_reason)
    for finding in assessment.findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[Json]:
    code = concept(coding(FINDING_SYSTEM, finding.name))
    match finding.value:
        case bool() as answer:
            yield {"code": code, "valueBoolean": answer}
        case int() | float() as number:
            yield {"code": code, "valueQuantity": {"value": number}}
        case str() as chosen:
            yield {"code": code, "valueCodeableConcept": concept(coding(FINDING_VALUE_SYSTEM, chosen))}
        case chosen:
            for one in chosen or (NONE_CHOSEN,):
                yield {"code": code, "valueCodeableConcept": concept(coding(FINDING_VALUE_SYSTEM, one))}


def other_components(report: NotificationReport) -> Iterator[Json]:
    """What else the form asks."""
    accident = report.accident
    yield from _booleans(("ongeval", accident.is_accident), ("laat-gevolg", accident.late_effect))
    coded = [
        ("aanleiding", own_system("aanleiding"), report.detected_by),
        *(("advies", own_system("advies-soort"), one) for one in report.advice),
        ("arbeidsongeschiktheid", own_system("arbeidsongeschiktheid"), report.incapacity),
        ("verzuimduur", own_system("verzuimduur"), report.absence),
        ("provincie", provinces(), report.province),
    ]
    for code, system, value in coded:
        if value:
            yield {"code": observed(code), "valueCodeableConcept": valued(system, value)}
    if report.minutes_spent is not None:
        minutes = {"value": report.minutes_spent, "unit": "min", "system": UCUM, "code": "min"}
        yield {"code": observed("minuten"), "valueQuantity": minutes}
    if report.remarks:
        yield text_component("opmerkingen", report.remarks)
