"""How every page is made: one environment of templates, one set of words around them, one answer."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.clock import AMSTERDAM, written_date
from service.identity.access import Scope
from service.identity.pages import LANGUAGE_COOKIE, language_for
from service.identity.web_session import Page
from service.text import Language, Text

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_YEAR = 365 * 24 * 60 * 60

environment = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class _Door(NamedTuple):
    """One entry of the menu, and the right that opens it; without one it is open to all."""

    path: str
    words: Text
    scope: Scope | None


_MENU = (
    _Door("/meldingen", Text("Meldingen", "Notifications"), Scope.READ_OWN),
    _Door("/meldingen/nieuw", Text("Nieuwe melding", "New notification"), Scope.PREPARE),
    _Door("/verwijzingen", Text("Verwijzingen", "Referrals"), Scope.EXCHANGE),
    _Door("/beheer", Text("Beoordelen", "Assess"), Scope.ASSESS),
    _Door("/kennis", Text("Kennis", "Knowledge"), None),
)


def language_of(request: Request, page: Page | None) -> Language:
    """The language asked for in the address, or else the one the person chose before."""
    wish = request.query_params.get("lang", "")
    if wish in set(Language):
        return Language(wish)
    return page.language if page else language_for(request)


def render(request: Request, template: str, page: Page | None, status: int = 200, /, **values: Any) -> HTMLResponse:
    """One page. In it stand `page` (who looks, or None), `language`, `t(nl, en)`, `static(file)` and the menu."""
    text = environment.get_template(template).render(**_around(request, page), **values)
    response = HTMLResponse(text, status)
    if (wish := request.query_params.get("lang", "")) in set(Language):
        secure = request.url.scheme == "https"
        response.set_cookie(LANGUAGE_COOKIE, wish, max_age=_YEAR, samesite="lax", secure=secure, httponly=True)
    return response


def fragment(request: Request, template: str, page: Page | None, /, **values: Any) -> str:
    """A part of a page, to put in a page that is already there."""
    return environment.get_template(template).render(**_around(request, page), **values).strip()


def see_other(location: str) -> RedirectResponse:
    """Go on to another page with GET, so that a reload does not send the form again."""
    return RedirectResponse(location, status_code=303)


def _around(request: Request, page: Page | None) -> dict[str, Any]:
    language = language_of(request, page)
    return {
        "page": page,
        "language": language.value,
        "t": translator(language),
        "static": static,
        "menu": [(door.path, door.words.in_(language)) for door in _MENU if _opens(door, page)],
        "path": request.url.path,
        "other_language": _other_language(request, language),
        "day": lambda value: in_words(value, language),
    }


def translator(language: Language) -> Callable[[str, str], str]:
    """A function that picks the Dutch or the English words."""
    return lambda nl, en: en if language is Language.EN else nl


def in_words(moment: str | date, language: Language) -> str:
    """A moment (RFC 3339) or a day as people write it: 22 november 2026."""
    if isinstance(moment, str):
        known = datetime.fromisoformat(moment)
        moment = known.astimezone(AMSTERDAM).date() if known.tzinfo else known.date()
    return written_date(moment, english=language is Language.EN)


@cache
def static(name: str) -> str:
    """The address of a file of ours; it changes when the file does, so browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def _opens(door: _Door, page: Page | None) -> bool:
    return door.scope is None or (page is not None and door.scope in page.caller.scopes)


def _other_language(request: Request, language: Language) -> str:
    # After a form was posted there is no page to come back to under the same address but the form itself.
    other = Language.NL if language is Language.EN else Language.EN
    return str(request.url.include_query_params(lang=other.value).replace(scheme="", netloc=""))
