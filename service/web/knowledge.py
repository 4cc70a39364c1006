"""The knowledge pages: open to everyone, so that nobody needs an account to see what counts as occupational."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.clock import today
from service.criteria.six_steps import plan
from service.identity.web_session import Page, PageVisitor
from service.notifications.actions import DRAFT_DAYS
from service.web.knowledge_codes import (
    all_lists,
    codes_page,
    exposure_choice,
    measures_page,
    sector_choice,
)
from service.web.knowledge_guidelines import guideline_page, sections, source
from service.web.knowledge_six_steps import WHAT_TO_DO
from service.web.pages import language_of, render

_FIVE_MINUTES = "public, max-age=300"

router = APIRouter(prefix="/kennis", include_in_schema=False)
Typed = Annotated[str, Query(max_length=100)]


@router.get("")
def read_guidelines(request: Request, page: PageVisitor, q: Typed = "") -> Response:
    """Every guideline in force, or those that hold every word of the query."""
    found = sections(q, today(), language_of(request, page))
    return _open_page(request, "kennis/richtlijnen.html", page, sections=found, query=q)


@router.get("/richtlijnen/{code}")
def read_guideline(
    request: Request, page: PageVisitor, code: str, version: Annotated[str | None, Query(alias="versie")] = None
) -> Response:
    """One guideline as a tree of criteria in words."""
    found = guideline_page(code, version, today(), language_of(request, page))
    return _open_page(request, "kennis/richtlijn.html", page, guideline=found)


@router.get("/zesstappenplan")
def read_six_steps(request: Request, page: PageVisitor) -> Response:
    """The six steps, each with what to do and its source."""
    steps = plan()
    return _open_page(
        request,
        "kennis/zesstappenplan.html",
        page,
        plan=steps,
        chosen=language_of(request, page),
        what_to_do=WHAT_TO_DO,
        source=source(steps.source),
    )


@router.get("/codes")
def read_lists(request: Request, page: PageVisitor) -> Response:
    """Every code list, with where it comes from."""
    return _open_page(request, "kennis/codes.html", page, lists=all_lists(language_of(request, page)))


@router.get("/codes/{name}")
def read_codes(
    request: Request,
    page: PageVisitor,
    name: str,
    q: Typed = "",
    after: Annotated[str | None, Query(alias="na", max_length=60)] = None,
) -> Response:
    """Search one list, or read it in pages."""
    found = codes_page(name, q, after, language_of(request, page))
    return _open_page(request, "kennis/lijst.html", page, found=found, first_page=after is None)


@router.get("/maatregelen")
def read_measures(
    request: Request,
    page: PageVisitor,
    exposure: Annotated[str, Query(alias="blootstelling", max_length=60)] = "",
    sector: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Preventive measures for an exposure and a sector, best first."""
    language = language_of(request, page)
    return _open_page(
        request,
        "kennis/maatregelen.html",
        page,
        exposures=exposure_choice(exposure, language),
        sectors=sector_choice(sector, language),
        chosen=exposure,
        levels=measures_page(exposure, sector, language) if exposure else (),
    )


@router.get("/uitleg")
def read_explanation(request: Request, page: PageVisitor) -> Response:
    """How notifying works, and what this service does and does not do."""
    institution = request.app.state.settings.institution
    return _open_page(request, "kennis/uitleg.html", page, institution=institution, draft_days=DRAFT_DAYS)


def _open_page(request: Request, template: str, page: Page | None, **values: object) -> Response:
    response = render(request, template, page, **values)
    # The header of the page names who is signed in, and a cookie carries the language: neither is for a shared cache.
    if page is None and "set-cookie" not in response.headers:
        response.headers["Cache-Control"] = _FIVE_MINUTES
    response.headers["Vary"] = "Cookie"
    return response
