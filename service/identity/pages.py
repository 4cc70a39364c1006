"""The pages on which people sign in and give programs access. They work without script."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.identity.access import Scope
from service.text import Language, Text

LANGUAGE_COOKIE = "arbobrug-taal"

# What a scope means to the person who is asked to grant it.
MEANING: dict[str, Text] = {
    Scope.FILE: Text("beroepsziekten melden namens u", "notify occupational diseases on your behalf"),
    Scope.PREPARE: Text("meldingen voor u klaarzetten", "prepare notifications for you"),
    Scope.READ_OWN: Text("uw eigen meldingen lezen", "read your own notifications"),
    Scope.CHECK: Text("registratierichtlijnen toetsen", "check registration guidelines"),
    Scope.ASSESS: Text("meldingen beoordelen", "assess notifications"),
    Scope.SIGNAL: Text("signalen indienen namens u", "submit signals on your behalf"),
    Scope.JUDGE_SIGNAL: Text("signalen beoordelen", "judge signals"),
    Scope.SEND_MESSAGE: Text("berichten verzenden namens u", "send messages on your behalf"),
    Scope.READ_STATISTICS: Text("cijfers lezen", "read statistics"),
    Scope.ADMINISTER: Text("deze dienst beheren", "administer this service"),
}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def language_for(request: Request, wish: str = "") -> Language:
    """Dutch, unless the person chose English; a browser's own setting is not a choice for this service."""
    chosen = wish or request.cookies.get(LANGUAGE_COOKIE, "")
    return Language.EN if chosen.lower().startswith("en") else Language.NL


def page(template: str, language: Language, status: int = 200, /, *, leads_to: str = "", **values: Any) -> Response:
    """One page. `leads_to` is the address of a client that its form may end at."""

    def t(nl: str, en: str) -> str:
        return en if language is Language.EN else nl

    text = _environment.get_template(template).render(t=t, language=language.value, **values)
    return HTMLResponse(text, status, _headers(leads_to))


def _headers(leads_to: str) -> dict[str, str]:
    # Browsers apply form-action to where a posted form is redirected to as well, so the client's origin belongs in it.
    form_action = f"'self' {_origin(leads_to)}".strip()
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {form_action}"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _origin(address: str) -> str:
    parts = urlsplit(address)
    if not parts.scheme:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"
