"""Everything that can be wrong, as data: our code, its FHIR issue type, its HTTP status, and words in two languages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


class Severity(StrEnum):
    """FHIR's issue-severity."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class IssueType(StrEnum):
    """FHIR's issue-type, as far as we use it."""

    INVALID = "invalid"
    STRUCTURE = "structure"
    REQUIRED = "required"
    VALUE = "value"
    INVARIANT = "invariant"
    SECURITY = "security"
    LOGIN = "login"
    EXPIRED = "expired"
    FORBIDDEN = "forbidden"
    PROCESSING = "processing"
    NOT_SUPPORTED = "not-supported"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not-found"
    DELETED = "deleted"
    TOO_LONG = "too-long"
    CODE_INVALID = "code-invalid"
    EXTENSION = "extension"
    BUSINESS_RULE = "business-rule"
    CONFLICT = "conflict"
    TRANSIENT = "transient"
    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    THROTTLED = "throttled"
    INFORMATIONAL = "informational"
    TOO_COSTLY = "too-costly"


class Family(StrEnum):
    """The letter of a code: which of our promises it is about."""

    STRUCTURE = "V"
    TERMINOLOGY = "T"
    PRIVACY = "P"
    RULE = "R"
    AUTHORISATION = "A"
    CONSENT = "C"
    MESSAGE = "M"
    LIFECYCLE = "L"
    NONE = "OK"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One line of the catalogue (`fhir/data/errors.json`)."""

    code: str
    family: Family
    type: IssueType
    status: int
    severity: Severity
    text: str
    text_en: str
    remedy: str
    remedy_en: str


@cache
def catalogue() -> Mapping[str, ErrorCode]:
    """Every code we can answer with, in the order of the file."""
    lines: list[dict[str, Any]] = json.loads(files("fhir").joinpath("data/errors.json").read_text("utf-8"))["errors"]
    return MappingProxyType({line["code"]: _code_of(line) for line in lines})


def _code_of(line: dict[str, Any]) -> ErrorCode:
    return ErrorCode(
        line["code"],
        Family(line["family"]),
        IssueType(line["type"]),
        line["status"],
        Severity(line.get("severity", "error")),
        line["nl"],
        line["en"],
        line["remedyNl"],
        line["remedyEn"],
    )


@dataclass(frozen=True, slots=True)
class Issue:
    """One complaint: our code, where, and words. Made with `issue`; holds nothing that came from a document.

    A rule that others made names its source, by its address.
    """

    error: str
    severity: Severity
    type: IssueType
    text: str
    text_en: str
    expression: str | None = None
    source: str | None = None

    @property
    def family(self) -> Family:
        """The family of the code."""
        return catalogue()[self.error].family


def issue(
    error: str,
    expression: str | None = None,
    *,
    severity: Severity | None = None,
    text: str | None = None,
    text_en: str | None = None,
    source: str | None = None,
) -> Issue:
    """A complaint with the words of the catalogue, or with more exact ones. Words never repeat the document.

    An unknown code is a KeyError: our mistake, met by the first test.
    """
    known = catalogue()[error]
    return Issue(
        error, severity or known.severity, known.type, text or known.text, text_en or known.text_en, expression, source
    )


class Unreadable(Exception):  # noqa: N818 - it says what the document is; an error would be ours
    """The document is no notification; `issues` says everything that is wrong with it, errors first."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(f"{len(issues)} issues")
        self.issues: tuple[Issue, ...] = tuple(sorted(issues, key=lambda one: one.severity is Severity.WARNING))

    @property
    def status(self) -> int:
        """The HTTP status that fits: 400 when it is not FHIR at all, else 422."""
        return min(catalogue()[one.error].status for one in self.issues if one.severity is not Severity.WARNING)
