"""Criteria over HTTP: check findings, and read the guidelines. Nothing is stored."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from service.clock import today
from service.criteria import actions
from service.criteria.schemas import (
    CriteriaCheckRequest,
    CriteriaCheckResult,
    Diagnosis,
    GuidelineList,
    GuidelineResult,
)
from service.identity.access import MayCheckCriteria
from service.partly import JudgedBy
from service.strict_json import StrictRoute
from service.text import Language, language_of

router = APIRouter(tags=["criteria"], route_class=StrictRoute)

AcceptLanguage = Annotated[str | None, Header(alias="Accept-Language", description="nl (default) or en.")]
Term = Annotated[str | None, Query(alias="q", max_length=100, description="Words in the code or the title.")]
DiagnosisCode = Annotated[str | None, Query(max_length=64, description="A CAS or ICD-10 code.")]
Version = Annotated[str | None, Query(max_length=64, description="A version; without it the one in force.")]


class _WithoutDiagnosis(CriteriaCheckRequest):
    """A request of which the diagnosis could not be read: its findings are still those of the guideline it names."""

    diagnosis: Diagnosis = Diagnosis()


def _judged(_: Request, body: CriteriaCheckRequest) -> None:
    actions.check(body, today())


_LOOKS_AT = {"/findings/*": ("/guideline",)}
Checked = Annotated[CriteriaCheckRequest, JudgedBy(_judged, _LOOKS_AT, _WithoutDiagnosis)]


@router.post("/criteria-checks")
def check_criteria(
    body: Checked, _: MayCheckCriteria, response: Response, accept_language: AcceptLanguage = None
) -> CriteriaCheckResult:
    """Hold findings against the guideline for a diagnosis. Stores nothing."""
    return actions.check(body, today(), _speak(response, accept_language))


@router.get("/guidelines")
def list_guidelines(
    response: Response, q: Term = None, diagnosis: DiagnosisCode = None, accept_language: AcceptLanguage = None
) -> GuidelineList:
    """The guidelines in force today."""
    return actions.find_guidelines(q, diagnosis, today(), _speak(response, accept_language))


@router.get("/guidelines/{code}")
def read_guideline(
    code: Annotated[str, Path(max_length=64)],
    response: Response,
    version: Version = None,
    accept_language: AcceptLanguage = None,
) -> GuidelineResult:
    """One guideline, with its sources, criteria and questions."""
    return actions.guideline(code, version, today(), _speak(response, accept_language))


def _speak(response: Response, accept_language: str | None) -> Language:
    """Choose the language and say which it is."""
    language = language_of(accept_language)
    response.headers["Content-Language"] = language.value
    response.headers["Vary"] = "Accept-Language"
    return language
