"""A submission as a document Bundle, in the shapes that `fhir.reading` reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir import canonical
from fhir.canonical import HL7, LOINC, NL_CORE, ODH, SNOMED, TERMINOLOGY, profile
from fhir.identifiers import (
    AGB_SYSTEM,
    BIG_SYSTEM,
    KVK_SYSTEM,
    ROLE_SYSTEM,
    URA_SYSTEM,
    UZI_SYSTEM,
)
from fhir.reading.content import CONFIRMED, INDUSTRY, JOB, OCCUPATIONAL, PROBLEM_TYPE
from fhir.reading.people import QUALIFIER
from fhir.reading.sender import CASE_REPORT
from fhir.reading.structure import REASON_EXTENSION
from fhir.report import Exposure, FollowUp, Kind, NotificationReport, Submission
from fhir.terminology import own_system
from fhir.writing.answers import assessment_components, other_components, text_component
from fhir.writing.pieces import (
    Json,
    coding,
    concept,
    filled,
    identified,
    observed,
    own,
    reference,
    url_for,
    valued,
)

_STATUS = {Kind.NEW: "final", Kind.REPLACES: "amended", Kind.APPENDS: "amended", Kind.WITHDRAWS: "entered-in-error"}
_RELATION = {Kind.REPLACES: "replaces", Kind.APPENDS: "appends", Kind.WITHDRAWS: "replaces"}


@dataclass(frozen=True, slots=True)
class _Names:
    """What the resources of one document call each other."""

    submission: Submission

    def of(self, part: str) -> str:
        return url_for(self.submission.identifier, part)

    def to(self, part: str, resource_type: str) -> Json:
        return reference(self.of(part), resource_type)


def write_bundle(submission: Submission) -> Json:
    """The document Bundle of a submission. Who is in the group does not fit in a Bundle; see write_submission."""
    names = _Names(submission)
    resources = dict(_resources(submission, names))
    entries = [
        {"fullUrl": names.of(part), "resource": {**resource, "id": names.of(part).removeprefix("urn:uuid:")}}
        for part, resource in resources.items()
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [profile("MeldingBundle")]},
        "identifier": identified(submission.identifier),
        "type": "document",
        "timestamp": submission.written_at,
        "entry": entries,
    }


def _resources(submission: Submission, names: _Names) -> Iterator[tuple[str, Json]]:
    yield "composition", _composition(submission, names)
    if submission.report is not None:
        yield "patient", _patient(submission.report)
    yield "role", _role(submission, names)
    if practitioner := _practitioner(submission):
        yield "practitioner", practitioner
    yield "organisation", _organisation(submission)
    if (report := submission.report) is not None:
        yield "condition", _condition(report, names)
        yield "job", _job(report, names)
        for position, exposure in enumerate(report.exposures):
            yield f"exposure-{position}", _exposure(exposure, names)
        yield "causality", _causality(report, names)
        if components := list(other_components(report)):
            yield "other", _observation(names, "Overig", observed("melding-overig"), component=components)


def _composition(submission: Submission, names: _Names) -> Json:
    report, follow_up = submission.report, submission.follow_up
    return filled(
        {
            "resourceType": "Composition",
            "meta": {"profile": [profile("Melding")]},
            "extension": _reason(follow_up),
            "identifier": identified(submission.client_identifier),
            "status": _STATUS[submission.kind],
            "type": concept(coding(LOINC, CASE_REPORT, "Public health Case report")),
            "category": [own("meldingsoort", "arbowet-9-3")],
            "subject": names.to("patient", "Patient") if report else None,
            "date": submission.written_at,
            "author": [names.to("role", "PractitionerRole")],
            "title": "Beroepsziektemelding",
            "confidentiality": "R",
            "custodian": names.to("organisation", "Organization"),
            "relatesTo": _relation(submission.kind, follow_up),
            "section": list(_sections(report, names)) if report else None,
        }
    )


def _reason(follow_up: FollowUp | None) -> list[Json] | None:
    if follow_up is None or follow_up.reason is None:
        return None
    return [{"url": REASON_EXTENSION, "valueString": follow_up.reason}]


def _relation(kind: Kind, follow_up: FollowUp | None) -> list[Json] | None:
    if follow_up is None:
        return None
    target = {"system": canonical.NUMBER_SYSTEM, "value": follow_up.number}
    return [{"code": _RELATION[kind], "targetIdentifier": target}]


def _sections(report: NotificationReport, names: _Names) -> Iterator[Json]:
    yield _section("diagnose", [names.to("condition", "Condition")])
    yield _section("werk", [names.to("job", "Observation")])
    exposures = [names.to(f"exposure-{position}", "Observation") for position in range(len(report.exposures))]
    yield _section("blootstelling", exposures)
    yield _section("causaliteit", [names.to("causality", "Observation")])
    if any(other_components(report)):
        yield _section("overig", [names.to("other", "Observation")])


def _section(code: str, entries: list[Json]) -> Json:
    title = own_system("melding-sectie").codes[code].text
    return {"title": title, "code": own("melding-sectie", code), "entry": entries}


def _patient(report: NotificationReport) -> Json:
    return {
        "resourceType": "Patient",
        "meta": {"profile": [profile("Werkende-Anoniem")]},
        "gender": report.worker.sex,
        "birthDate": f"{report.worker.birth_year:04}",
    }


def _role(submission: Submission, names: _Names) -> Json:
    specialty = submission.author.specialty
    return filled(
        {
            "resourceType": "PractitionerRole",
            "meta": {"profile": [f"{NL_CORE}/nl-core-HealthProfessional-PractitionerRole"]},
            "practitioner": names.to("practitioner", "Practitioner") if _practitioner(submission) else None,
            "organization": names.to("organisation", "Organization"),
            "specialty": [concept(coding(ROLE_SYSTEM, specialty))] if specialty else None,
        }
    )


def _practitioner(submission: Submission) -> Json | None:
    author = submission.author
    numbers = [
        {"system": system, "value": value}
        for system, value in ((BIG_SYSTEM, author.big), (UZI_SYSTEM, author.uzi), (AGB_SYSTEM, author.agb))
        if value
    ]
    name = _name(author.family, author.initials)
    if not numbers and name is None:
        return None
    return filled(
        {
            "resourceType": "Practitioner",
            "meta": {"profile": [f"{NL_CORE}/nl-core-HealthProfessional-Practitioner"]},
            "identifier": numbers,
            "name": [name] if name else None,
        }
    )


def _name(family: str | None, initials: str | None) -> Json | None:
    if family is None and initials is None:
        return None
    name: Json = filled({"use": "official", "text": " ".join(filter(None, (initials, family))), "family": family})
    if initials:
        # nl-core refuses a given that does not tell its kind; BR says that this is how the person is called.
        name["given"] = [initials]
        name["_given"] = [{"extension": [{"url": QUALIFIER, "valueCode": "IN"}]}]
    return name


def _organisation(submission: Submission) -> Json:
    custodian = submission.custodian
    systems = ((URA_SYSTEM, custodian.ura), (AGB_SYSTEM, custodian.agb), (KVK_SYSTEM, custodian.kvk))
    return filled(
        {
            "resourceType": "Organization",
            "meta": {"profile": [f"{NL_CORE}/nl-core-HealthcareProvider-Organization"]},
            "identifier": [{"system": system, "value": value} for system, value in systems if value],
            "type": [valued(own_system("organisatie-soort"), custodian.kind)] if custodian.kind else None,
            "name": custodian.name,
        }
    )


def _condition(report: NotificationReport, names: _Names) -> Json:
    diagnosis = report.diagnosis
    codings = [
        coding(system, code)
        for system, code in ((canonical.ICD10_SYSTEM, diagnosis.icd10), (canonical.CAS_SYSTEM, diagnosis.cas))
        if code
    ]
    return {
        "resourceType": "Condition",
        "meta": {"profile": [profile("Beroepsziekte"), f"{NL_CORE}/nl-core-Problem"]},
        "clinicalStatus": concept(coding(f"{TERMINOLOGY}/condition-clinical", "active")),
        "verificationStatus": concept(
            coding(f"{TERMINOLOGY}/condition-ver-status", "confirmed"), coding(SNOMED, CONFIRMED)
        ),
        "category": [concept(coding(SNOMED, PROBLEM_TYPE)), concept(coding(SNOMED, OCCUPATIONAL))],
        "code": concept(*codings, text=diagnosis.text),
        "subject": names.to("patient", "Patient"),
    }


def _job(report: NotificationReport, names: _Names) -> Json:
    sector, kind = report.sector, report.worker.employment_kind
    occupation = report.occupation
    codes = [coding(canonical.ISCO_SYSTEM, occupation.isco)] if occupation.isco else []
    industry = concept(coding(canonical.SBI_SYSTEM, sector.sbi, version=sector.edition))
    components = [
        {"code": concept(coding(*INDUSTRY, "History of Occupation industry")), "valueCodeableConcept": industry},
        text_component("aard-werk", report.work_nature),
    ]
    if kind:
        system = own_system("dienstverband")
        components.append({"code": observed("dienstverband"), "valueCodeableConcept": valued(system, kind)})
    return {
        "resourceType": "Observation",
        "meta": {"profile": [f"{ODH}/StructureDefinition/odh-PastOrPresentJob"]},
        "status": "final",
        "category": [concept(coding(f"{TERMINOLOGY}/observation-category", "social-history"))],
        "code": concept(coding(*JOB, "History of Occupation")),
        "subject": names.to("patient", "Patient"),
        "effectivePeriod": _job_period(report),
        "valueCodeableConcept": concept(*codes, text=occupation.text),
        "component": components,
    }


def _job_period(report: NotificationReport) -> Json:
    """IHE ODH asks for the period of the job; what we know is the period of the exposures in it."""
    starts = [one.since for one in report.exposures if one.since]
    if not starts:
        return {"extension": [{"url": f"{HL7}/data-absent-reason", "valueCode": "not-asked"}]}
    return {"start": min(starts)}


def _exposure(exposure: Exposure, names: _Names) -> Json:
    codes = [coding(canonical.EXPOSURE_SYSTEM, exposure.code)] if exposure.code else []
    components = [text_component("intensiteit", exposure.degree)] if exposure.degree else []
    if exposure.evidence:
        source = valued(own_system("bewijs"), exposure.evidence)
        components.append({"code": observed("bron"), "valueCodeableConcept": source})
    return _observation(
        names,
        "Blootstelling",
        observed("blootstelling"),
        category=[concept(coding(f"{TERMINOLOGY}/observation-category", "exam"))],
        effectivePeriod=filled({"start": exposure.since, "end": exposure.until}),
        valueCodeableConcept=concept(*codes, text=exposure.text),
        derivedFrom=[names.to("job", "Observation")],
        component=components,
    )


def _causality(report: NotificationReport, names: _Names) -> Json:
    relation = report.assessment.work_relation
    exposures = [names.to(f"exposure-{position}", "Observation") for position in range(len(report.exposures))]
    unknown = concept(coding(f"{TERMINOLOGY}/data-absent-reason", "not-asked"))
    return _observation(
        names,
        "Causaliteit",
        observed("causaliteit"),
        focus=[names.to("condition", "Condition")],
        performer=[names.to("role", "PractitionerRole")],
        valueCodeableConcept=valued(own_system("zekerheid"), relation) if relation else None,
        dataAbsentReason=None if relation else unknown,
        derivedFrom=[*exposures, names.to("job", "Observation")],
        component=list(assessment_components(report.assessment)),
    )


def _observation(names: _Names, name: str, code: Json, **fields: Any) -> Json:
    return {
        "resourceType": "Observation",
        "meta": {"profile": [profile(name)]},
        "status": "final",
        "code": code,
        "subject": names.to("patient", "Patient"),
        **filled(fields),
    }
