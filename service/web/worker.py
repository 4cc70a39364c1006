"""A worker in a browser: known by a link and a check, without an account."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response

from service.clock import now
from service.consent import links
from service.consent.links import Opened
from service.database import Transaction
from service.identity import sessions
from service.identity.tokens import TokenVerifier
from service.identity.web_session import BadForm
from service.persons.vault import Vault
from service.problems import NotAuthenticated
from service.settings import Settings
from service.text import Text

_COOKIE = "arbobrug-werkende"


class LinkFirst(NotAuthenticated):
    """This device did not pass a check."""

    slug = "link-first"
    title = Text("Open eerst de link van uw dokter", "First open the link from your doctor")
    default = Text(
        "Op deze telefoon of computer kennen we u nog niet. Open de link van uw dokter. "
        "Hebt u geen link meer? Vraag uw dokter om een nieuwe.",
        "We do not know you on this phone or computer yet. Open the link from your doctor. "
        "Is your link gone? Ask your doctor for a new one.",
    )


def device_of(request: Request) -> str | None:
    """The secret of this device, if it ever passed a check."""
    settings: Settings = request.app.state.settings
    return request.cookies.get(sessions.cookie_name(_COOKIE, settings))


def keep_device(request: Request, response: Response, device: str, opened: Opened) -> None:
    """Let the browser be known for as long as there is something to see or to withdraw."""
    left = max(opened.until - now(), timedelta())
    sessions.set_cookie(response, _COOKIE, device, request.app.state.settings, int(left.total_seconds()))


def drop_device(request: Request, response: Response) -> None:
    """Let the browser be forgotten."""
    sessions.drop_cookie(response, _COOKIE, request.app.state.settings)


def csrf_of(request: Request) -> str:
    """What a form must carry to come from this device."""
    verifier: TokenVerifier = request.app.state.verifier
    return sessions.form_token(verifier.keys.secret, device_of(request) or "")


def check_device_form(request: Request, token: str) -> None:
    """Insist that the form comes from a page of this device. Raises BadForm."""
    if device_of(request) is None or not sessions.same(csrf_of(request), token):
        raise BadForm


def _worker(request: Request, session: Transaction) -> Opened:
    found = links.opened_by_device(session, device_of(request))
    if found is None:
        raise LinkFirst
    return found


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


WorkerVisitor = Annotated[Opened, Depends(_worker, scope="function")]
Keys = Annotated[Vault, Depends(_vault)]
