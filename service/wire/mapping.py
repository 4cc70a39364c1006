"""From a report on the wire to the content of a notification, and back from a place in it to an element."""

from typing import Any

from fhir.issues import Issue, Severity, issue
from fhir.report import Assessment, NotificationReport, Organisation, Submission
from service.notifications.schemas import NotificationContent
from service.problems import FieldError

# Which line of the error catalogue says a field error of ours; what is missing depends on where.
_CODES = {
    "code-complaint": "AB-R008",
    "bsn": "AB-P007",
    "full-date": "AB-P008",
    "e-mail": "AB-P009",
    "name-like": "AB-P013",
    "eight-digits": "AB-P014",
    "accident": "AB-R001",
    "too-uncertain": "AB-R002",
    "in-the-future": "AB-R003",
    "before-the-start": "AB-R004",
    "before-birth": "AB-R004",
    "unknown-guideline": "AB-T009",
    "not-in-force": "AB-T009",
    "string-too-long": "AB-V028",
}
_MISSING = {
    "/diagnosis": "AB-V013",
    "/worker": "AB-V014",
    "/exposures": "AB-V015",
    "/workNature": "AB-V016",
    "/occupation": "AB-V016",
    "/sector": "AB-V017",
    "/arbodienst": "AB-V018",
}
_CODE_AT = {
    "/diagnosis/cas": "AB-T003",
    "/diagnosis/icd10": "AB-T004",
    "/occupation/isco": "AB-T005",
    "/sector/sbi": "AB-T006",
    "/exposures": "AB-T007",
}


def content_of(report: NotificationReport, custodian: Organisation) -> NotificationContent:
    """The report as the content that every door judges. Raises pydantic's ValidationError for what does not fit."""
    return NotificationContent.model_validate(document_of(report, custodian))


def document_of(report: NotificationReport, custodian: Organisation) -> dict[str, Any]:
    """The report as the JSON of /v1; what was not said is left out."""
    diagnosis, worker, occupation, sector = report.diagnosis, report.worker, report.occupation, report.sector
    return _said(
        {
            "arbodienst": {"kind": custodian.kind or "arbodienst", "name": custodian.name},
            "diagnosis": {"cas": diagnosis.cas, "icd10": diagnosis.icd10, "text": diagnosis.text},
            "worker": {
                "sex": worker.sex,
                "birthYear": worker.birth_year,
                "employmentKind": worker.employment_kind,
            },
            "exposures": [
                {
                    "code": one.code,
                    "text": one.text,
                    "from": one.since,
                    "until": one.until,
                    "degree": one.degree,
                    "evidence": one.evidence,
                }
                for one in report.exposures
            ],
            "workNature": report.work_nature,
            "occupation": {"isco": occupation.isco, "text": occupation.text},
            "sector": {"sbi": sector.sbi, "edition": sector.edition},
            "assessment": _assessment(report.assessment),
            "accident": {
                "isAccident": report.accident.is_accident,
                "lateEffect": report.accident.late_effect,
            },
            "detectedBy": report.detected_by,
            "advice": list(report.advice),
            "incapacity": report.incapacity,
            "absence": report.absence,
            "province": report.province,
            "minutesSpent": report.minutes_spent,
            "remarks": report.remarks,
            "group": [
                {"birthYear": member.birth_year, "sex": member.sex, "onset": member.onset} for member in report.group
            ],
        }
    )


def _assessment(assessment: Assessment) -> dict[str, Any]:
    asked = assessment.personal_questions
    return {
        "personalQuestions": {
            "ownView": asked.own_view,
            "worseAtWork": asked.worse_at_work,
            "startedAfterExposure": asked.started_after_exposure,
            "afterChangeAtWork": asked.after_change_at_work,
            "betterWhenOff": asked.better_when_off,
            "worseInTasks": asked.worse_in_tasks,
            "colleaguesAffected": asked.colleagues_affected,
        },
        "susceptibility": assessment.susceptibility,
        "otherExplanations": assessment.other_explanations,
        "workRelation": assessment.work_relation,
        "guideline": assessment.guideline,
        "findings": {
            finding.name: list(finding.value) if isinstance(finding.value, tuple) else finding.value
            for finding in assessment.findings
        },
        "overrideReason": assessment.override_reason,
    }


def _said(value: dict[str, Any]) -> dict[str, Any]:
    """The document without what was not said: no nulls, and no objects of nulls."""
    kept: dict[str, Any] = {}
    for name, item in value.items():
        inner = _said(item) if isinstance(item, dict) else item
        if isinstance(inner, list):
            inner = [_said(one) if isinstance(one, dict) else one for one in inner]
        if inner is not None and inner not in ({}, []):
            kept[name] = inner
    return kept


def issue_of(error: FieldError, submission: Submission, *, warning: bool = False) -> Issue:
    """A field error as an issue that points at the element it came from."""
    return issue(
        _code_of(error),
        submission.expression_of(error.pointer),
        severity=_mildness(error) if warning else None,
        text=error.text.nl,
        text_en=error.text.en,
        source=error.source,
    )


def _mildness(error: FieldError) -> Severity:
    """A code that goes further than our list is good to know, and nothing to be done."""
    return Severity.INFORMATION if error.code == "code-by-form" else Severity.WARNING


def _code_of(error: FieldError) -> str:
    if error.code == "missing":
        return next((code for place, code in _MISSING.items() if error.pointer.startswith(place)), "AB-R005")
    if error.code in {"code-unlisted", "code-by-form"}:
        return "AB-T011"
    if error.code.startswith("code-") and error.code not in _CODES:
        return next((code for place, code in _CODE_AT.items() if error.pointer.startswith(place)), "AB-T001")
    if error.pointer.startswith("/assessment/findings"):
        return _CODES.get(error.code, "AB-R006")
    return _CODES.get(error.code, "AB-R007")
