"""An OperationOutcome from issues."""

from collections.abc import Iterator, Sequence

from fhir.canonical import ERROR_SYSTEM
from fhir.issues import Issue, issue
from fhir.writing.pieces import Json, coding, filled


def write_outcome(issues: Sequence[Issue], *, correlation: str | None = None, english: bool = False) -> Json:
    """An OperationOutcome with all issues at once; no issues is AB-OK."""
    told = issues or [issue("AB-OK")]
    return {"resourceType": "OperationOutcome", "issue": [_issue(one, correlation, english=english) for one in told]}


def _issue(one: Issue, correlation: str | None, *, english: bool) -> Json:
    text = one.text_en if english else one.text
    return filled(
        {
            "severity": one.severity.value,
            "code": one.type.value,
            "details": {"coding": [coding(ERROR_SYSTEM, one.error)], "text": text},
            "diagnostics": "; ".join(_diagnostics(one, correlation)) or None,
            "expression": [one.expression] if one.expression else None,
        }
    )


def _diagnostics(one: Issue, correlation: str | None) -> Iterator[str]:
    """By what number to ask about it, and where the rule comes from."""
    if correlation:
        yield f"correlation {correlation}"
    if one.source:
        yield f"source {one.source}"
