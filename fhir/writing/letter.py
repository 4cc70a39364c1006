"""A letter or a reply as a Composition, with the resources its sections refer to."""

from collections.abc import Callable, Iterator

from fhir import canonical
from fhir.canonical import LOINC, NL_CORE, ODH, SNOMED, TERMINOLOGY, profile
from fhir.reading.content import CONFIRMED, INDUSTRY, JOB, PROBLEM_TYPE
from fhir.referral import Answered, Letter, ReferralMessage
from fhir.report import Diagnosis
from fhir.terminology import own_system
from fhir.writing.pieces import Json, coding, concept, filled, narrative, observed, own

REFERRAL_NOTE = ("57133-1", "Referral note")
CONSULT_NOTE = ("11488-4", "Consult note")
_HOURS = "werktijd"
_UNANSWERED = "Niet beantwoord."
_UNKNOWN = concept(coding(f"{TERMINOLOGY}/list-empty-reason", "unavailable", "Unavailable"))

# Gives the reference to another resource of the same message, by the name of the part.
To = Callable[[str], Json]


def write_letter(message: ReferralMessage, to: To) -> Json:
    """The Composition of a request (57133-1) or of a reply (11488-4), with its fixed sections."""
    code = REFERRAL_NOTE if message.letter else CONSULT_NOTE
    return {
        "resourceType": "Composition",
        "meta": {"profile": [profile("Verwijsbrief" if message.letter else "Antwoordbrief")]},
        "status": "final",
        "type": concept(coding(LOINC, *code)),
        "subject": to("patient"),
        "date": message.sent_at,
        "author": [to("sender-role")],
        "title": "Brief" if message.letter else "Antwoord",
        "section": list(_sections(message.letter, to) if message.letter else _answers(message, to)),
    }


def parts_of(message: ReferralMessage, to: To) -> Iterator[tuple[str, Json]]:
    """The clinical resources that the sections refer to, by part."""
    letter = message.letter
    diagnosis = letter.diagnosis if letter else message.reply_diagnosis
    if diagnosis:
        yield "condition", _condition(diagnosis, to)
    if letter and (letter.occupation or letter.sector or letter.hours):
        yield "job", _job(letter, to)
    for position, exposure in enumerate(letter.exposures if letter else ()):
        yield f"exposure-{position}", _exposure(exposure, to)


def _sections(letter: Letter, to: To) -> Iterator[Json]:
    job = [to("job")] if letter.occupation or letter.sector or letter.hours else []
    exposures = [to(f"exposure-{position}") for position in range(len(letter.exposures))]
    condition = [to("condition")] if letter.diagnosis else []
    parts: list[tuple[str, str | None, list[Json]]] = [
        ("reason", letter.reason, []),
        ("findings", letter.findings, []),
        ("diagnosis", None, condition),
        ("work", letter.demands, job),
        ("exposures", None, exposures),
        ("question", letter.question, []),
        ("agreed", letter.agreed, []),
        ("summary", letter.summary, []),
    ]
    for part, text, entries in parts:
        if text or entries:
            yield _section(part, text, entries)


def _answers(message: ReferralMessage, to: To) -> Iterator[Json]:
    for one in message.answers:
        yield _answer(one)
    if message.reply_diagnosis:
        yield _section("diagnosis", None, [to("condition")])


def _answer(one: Answered) -> Json:
    code = own("brief-sectie", own_system("brief-sectie").values["answer"].code)
    # R4 wants words in every section, also in one that says it is empty.
    told = narrative(*(one.answer or _UNANSWERED).split("\n"))
    section = {"title": one.question, "code": code, "text": told}
    return section if one.answer else {**section, "emptyReason": _UNKNOWN}


def _section(part: str, text: str | None, entries: list[Json]) -> Json:
    code = own_system("brief-sectie").values[part]
    return filled(
        {
            "title": code.text,
            "code": concept(coding(own_system("brief-sectie").url, code.code)),
            "text": narrative(*text.split("\n")) if text else None,
            "entry": entries,
        }
    )


def _condition(diagnosis: Diagnosis, to: To) -> Json:
    systems = ((canonical.ICD10_SYSTEM, diagnosis.icd10), (canonical.CAS_SYSTEM, diagnosis.cas))
    return {
        "resourceType": "Condition",
        "meta": {"profile": [f"{NL_CORE}/nl-core-Problem"]},
        "clinicalStatus": concept(coding(f"{TERMINOLOGY}/condition-clinical", "active")),
        "verificationStatus": concept(
            coding(f"{TERMINOLOGY}/condition-ver-status", "confirmed"), coding(SNOMED, CONFIRMED)
        ),
        "category": [concept(coding(SNOMED, PROBLEM_TYPE))],
        "code": concept(*(coding(system, code) for system, code in systems if code), text=diagnosis.text),
        "subject": to("patient"),
    }


def _job(letter: Letter, to: To) -> Json:
    occupation = letter.occupation
    codes = [coding(canonical.ISCO_SYSTEM, occupation.isco)] if occupation and occupation.isco else []
    components: list[Json] = []
    if letter.sector:
        industry = concept(coding(canonical.SBI_SYSTEM, letter.sector))
        components.append({"code": concept(coding(*INDUSTRY)), "valueCodeableConcept": industry})
    if letter.hours:
        components.append({"code": observed(_HOURS), "valueString": letter.hours})
    return filled(
        {
            "resourceType": "Observation",
            "meta": {"profile": [f"{ODH}/StructureDefinition/odh-PastOrPresentJob"]},
            "status": "final",
            "category": [concept(coding(f"{TERMINOLOGY}/observation-category", "social-history"))],
            "code": concept(coding(*JOB, "History of Occupation")),
            "subject": to("patient"),
            "effectivePeriod": {
                "extension": [{"url": f"{canonical.HL7}/data-absent-reason", "valueCode": "not-asked"}]
            },
            "valueCodeableConcept": concept(*codes, text=occupation.text) if occupation else None,
            "component": components,
        }
    )


def _exposure(text: str, to: To) -> Json:
    return {
        "resourceType": "Observation",
        "meta": {"profile": [profile("Blootstelling")]},
        "status": "final",
        "category": [concept(coding(f"{TERMINOLOGY}/observation-category", "exam"))],
        "code": observed("blootstelling"),
        "subject": to("patient"),
        "valueCodeableConcept": {"text": text},
    }
