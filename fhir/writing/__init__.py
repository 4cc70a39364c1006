"""From values to FHIR: documents, receipts, outcomes, tasks and lists. Pure functions, plain dictionaries."""

from typing import Any

from fhir.report import Member, Submission
from fhir.writing.document import write_bundle
from fhir.writing.lists import write_parameters_answer, write_searchset
from fhir.writing.outcome import write_outcome
from fhir.writing.receipt import write_receipt
from fhir.writing.task import write_task

__all__ = [
    "write_outcome",
    "write_parameters_answer",
    "write_receipt",
    "write_searchset",
    "write_submission",
    "write_task",
]


def write_submission(submission: Submission) -> dict[str, Any]:
    """A document Bundle, or Parameters{melding, groep} when there is a group. What we write we can read."""
    bundle = write_bundle(submission)
    group = submission.report.group if submission.report else ()
    if not group:
        return bundle
    members = [{"name": "groep", "part": _parts(member)} for member in group]
    return {"resourceType": "Parameters", "parameter": [{"name": "melding", "resource": bundle}, *members]}


def _parts(member: Member) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [
        {"name": "geboortejaar", "valueInteger": member.birth_year},
        {"name": "geslacht", "valueCode": member.sex},
    ]
    if member.onset:
        parts.append({"name": "start", "valueDate": member.onset})
    return parts
