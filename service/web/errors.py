"""Errors on pages: the same refusals and statuses as everywhere, said to a person who can do something about it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, get_args

from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ExceptionHandler

from service.identity.web_session import Page, PageVisitor
from service.problems import (
    PROBLEM_JSON,
    Conflict,
    Forbidden,
    InternalError,
    InvalidInput,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    Refusal,
    Stale,
    TooLarge,
    TooMany,
    Unavailable,
    WrongMediaType,
)
from service.text import Text
from service.web.pages import language_of, render

# Doors for programs: what they say is read by programs, whatever they say they accept.
_FOR_PROGRAMS = ("/v1", "/oauth", "/fhir", "/health", "/metrics", "/.well-known", "/static")
_KEPT_HEADERS = ("Retry-After", "Allow")


@dataclass(frozen=True, slots=True)
class Words:
    """What went wrong and what to do, in words for a person."""

    title: Text
    advice: Text


_CHECK_ADDRESS = Text(
    "Deze bladzijde is er niet, of zij is niet van u. Controleer het adres, of begin bij de startpagina.",
    "This page is not there, or it is not yours. Check the address, or begin at the start page.",
)
_WORDS: Mapping[str, Words] = {
    NotFound.slug: Words(Text("Deze bladzijde vinden we niet", "We cannot find this page"), _CHECK_ADDRESS),
    Forbidden.slug: Words(
        Text("Deze bladzijde is niet voor uw rol", "This page is not for your role"),
        Text(
            "Met uw rol kunt u hier niet bij. Hebt u deze bladzijde nodig voor uw werk? "
            "Vraag het de beheerder van uw organisatie.",
            "Your role does not open this page. Do you need it for your work? "
            "Ask the administrator of your organisation.",
        ),
    ),
    NotAuthenticated.slug: Words(
        NotAuthenticated.title, Text("Meld u aan en probeer het opnieuw.", "Sign in and try again.")
    ),
    MethodNotAllowed.slug: Words(
        Text("Dit kan hier niet", "Not possible here"),
        Text(
            "Dit adres neemt geen formulier aan, of juist alleen een formulier. Ga terug naar de vorige stap.",
            "This address takes no form, or only a form. Go back to the step before.",
        ),
    ),
    InvalidInput.slug: Words(
        InvalidInput.title,
        Text(
            "Het adres of het formulier klopt niet. Ga terug en probeer het opnieuw.",
            "The address or the form is not right. Go back and try again.",
        ),
    ),
    Conflict.slug: Words(
        Conflict.title,
        Text("Ververs de bladzijde en kijk wat nu kan.", "Refresh the page and see what is possible now."),
    ),
    Stale.slug: Words(
        Stale.title,
        Text(
            "Iemand heeft dit gewijzigd na u. Ga terug, ververs de bladzijde en doe uw wijziging opnieuw.",
            "Somebody changed this after you opened it. Go back, refresh the page and make your change again.",
        ),
    ),
    TooLarge.slug: Words(
        TooLarge.title, Text("Maak het kleiner dan 1 MB en probeer het opnieuw.", "Make it smaller than 1 MB.")
    ),
    WrongMediaType.slug: Words(
        WrongMediaType.title,
        Text("Gebruik het formulier op de bladzijde zelf.", "Use the form on the page itself."),
    ),
    TooMany.slug: Words(TooMany.title, TooMany.default),
    Unavailable.slug: Words(
        Unavailable.title,
        Text(
            "We kunnen nu niets opslaan. Wacht een minuut en probeer het opnieuw. Wat al was opgeslagen, is veilig.",
            "We cannot store anything now. Wait a minute and try again. What was stored before is safe.",
        ),
    ),
    InternalError.slug: Words(
        InternalError.title,
        Text(
            "Het ligt niet aan u. Probeer het opnieuw. Lukt het weer niet, laat het ons dan weten.",
            "It is not your fault. Try again. If it fails again, please tell us.",
        ),
    ),
}
# The one public name for "who is signed in, if anybody" is the dependency.
_visitor: Callable[[Request], Page | None] = get_args(PageVisitor)[1].dependency


def install(app: FastAPI) -> None:
    """Answer the errors of pages with a page. What programs get stays as it was."""
    for kind, answer in list(app.exception_handlers.items()):
        if not iscoroutinefunction(answer):
            app.add_exception_handler(kind, _for_people(answer))


def for_people(request: Request) -> bool:
    """Tell whether a person reads the answer: a page, not asked for as JSON."""
    path, accept = request.url.path, request.headers.get("accept", "")
    programs = any(path == door or path.startswith(f"{door}/") for door in _FOR_PROGRAMS)
    return not programs and ("json" not in accept or "html" in accept)


def _for_people(answer: ExceptionHandler) -> Callable[[Request, Exception], Response]:
    def say(request: Request, error: Exception) -> Response:
        response = answer(request, error)  # type: ignore[arg-type]
        assert isinstance(response, Response)
        is_problem = response.headers.get("content-type", "").startswith(PROBLEM_JSON)
        return _page(request, error, response) if is_problem and for_people(request) else response

    return say


def _page(request: Request, error: Exception, problem: Response) -> Response:
    """The problem as a page, under the same status."""
    document: dict[str, Any] = json.loads(bytes(problem.body))
    status, words = problem.status_code, _words(document, error)
    if _wrong_address(document):
        status, words = NotFound.status, _WORDS[NotFound.slug]
    page = _who(request)
    language = language_of(request, page)
    values = {"title": words.title.in_(language), "advice": words.advice.in_(language), "status": int(status)}
    response = render(request, "error.html", page, int(status), **values)
    kept = {name: problem.headers[name] for name in _KEPT_HEADERS if name in problem.headers}
    response.headers.update(kept)
    return response


def _words(document: Mapping[str, Any], error: Exception) -> Words:
    slug = str(document["type"]).rpartition("/")[2]
    if slug in _WORDS:
        return _WORDS[slug]
    if isinstance(error, Refusal):
        return Words(error.title, error.detail)
    return _WORDS[InternalError.slug]


def _wrong_address(document: Mapping[str, Any]) -> bool:
    """Tell whether the only thing wrong is a part of the address, such as an id that cannot be one."""
    pointers = [error["pointer"] for error in document.get("errors", ())]
    return bool(pointers) and all(pointer.startswith("/path/") for pointer in pointers)


def _who(request: Request) -> Page | None:
    """Who is signed in. When the database is what failed, the page still has to come."""
    try:
        return _visitor(request)
    except SQLAlchemyError:
        return None
