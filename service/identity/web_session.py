"""Our own pages as a client of our own authorization server, and who is signed in on them."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from sqlmodel import Session

from service.clock import now
from service.database import Database
from service.identity import sessions
from service.identity.access import SCOPES_OF, Caller, Role, Scope
from service.identity.clients import WEB_CLIENT_ID, Person
from service.identity.incoming import Incoming, Read
from service.identity.pages import LANGUAGE_COOKIE, language_for, page
from service.identity.server import Issuer
from service.identity.sessions import SignedIn
from service.identity.tables import Account, GrantType, Organisation
from service.identity.tokens import TokenVerifier
from service.problems import Forbidden, NotAuthenticated
from service.settings import Settings
from service.text import Language, Text

_COOKIE = "arbobrug-aanmelden"
_MINUTES = 10
_NEXT_LENGTH = 1000

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Who looks at a page, with role and rights as they are at this request."""

    caller: Caller
    name: str
    login: str
    organisation: str
    csrf: str
    language: Language
    defaults: Mapping[str, Any]


class SignInFirst(Exception):  # noqa: N818 - the way to the sign-in page, not a fault
    """Nobody is signed in; sign in and come back."""

    def __init__(self, onward: str | None) -> None:
        super().__init__("sign in first")
        self.onward = onward


class BadForm(Forbidden):
    """The form does not come from a page of this session."""

    slug = "bad-form"
    title = Text("Dit formulier is verlopen", "This form has expired")
    default = Text(
        "Ga terug, ververs de pagina en verstuur het formulier opnieuw.",
        "Go back, refresh the page and send the form again.",
    )


def send_to_sign_in(app: FastAPI) -> None:
    """Let pages send people to the sign-in page."""

    def redirect(_: Request, error: Exception) -> Response:
        assert isinstance(error, SignInFirst)
        return _see_other(f"/aanmelden?{urlencode({'next': error.onward})}" if error.onward else "/aanmelden")

    app.add_exception_handler(SignInFirst, redirect)


def _page(request: Request) -> Page:
    found = _visitor(request)
    if found is None:
        onward = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise SignInFirst(onward if request.method == "GET" else None)
    return found


def _visitor(request: Request) -> Page | None:
    """Who is signed in, if anyone. Only the cookie counts here: an access token opens no page."""
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    known = sessions.session_id(request.cookies, settings)
    if not known:
        return None
    moment = now()
    with database.reading() as session:
        signed_in = sessions.find(session, settings, known, moment)
        found = _as_page(session, signed_in, request) if signed_in else None
    if signed_in and sessions.seen_long_ago(signed_in.session, moment):
        with database.transaction() as session:
            session.merge(signed_in.session).last_seen_at = moment
    return found


PageCaller = Annotated[Page, Depends(_page)]
PageVisitor = Annotated[Page | None, Depends(_visitor)]


def check_csrf(page: Page, form_token: str) -> None:
    """Insist that the form comes from a page of this session. Raises BadForm."""
    if not sessions.same(page.csrf, form_token):
        raise BadForm


def home_of(role: Role) -> str:
    """The page where the work of a role is; explanation is for all."""
    if Scope.ASSESS in SCOPES_OF[role]:
        return "/beheer"
    return "/meldingen" if Scope.READ_OWN in SCOPES_OF[role] else "/kennis"


def safe_next(onward: str | None) -> str | None:
    """An address within this service, if it is one; two slashes, or a backslash, would lead elsewhere."""
    if not onward or len(onward) > _NEXT_LENGTH or not onward.startswith("/") or onward.startswith("//"):
        return None
    parts = urlsplit(onward)
    strange = parts.scheme or parts.netloc or not onward.isascii() or not onward.isprintable()
    if strange or "\\" in onward or " " in onward or parts.path.startswith(("/aanmelden", "/afmelden", "/oauth")):
        return None
    return onward


@router.get("/aanmelden")
def start(request: Request, next: str | None = None) -> Response:  # noqa: A002 - the name in the address
    """Send the browser to the authorization server, as any client would (code and PKCE)."""
    verifier: TokenVerifier = request.app.state.verifier
    settings, secret = verifier.settings, verifier.keys.secret
    state = secrets.token_urlsafe(32)
    query = {
        "response_type": "code",
        "client_id": WEB_CLIENT_ID,
        "redirect_uri": _redirect_uri(settings),
        "state": state,
        "code_challenge": _challenge(_verifier_of(secret, state)),
        "code_challenge_method": "S256",
    }
    if language_for(request) is Language.EN:
        query["ui_locales"] = Language.EN.value
    response = _see_other(f"/oauth/authorize?{urlencode(query)}")
    kept = _sealed(secret, {"state": state, "next": safe_next(next), "until": int(time.time()) + _MINUTES * 60})
    sessions.set_cookie(response, _COOKIE, kept, settings, _MINUTES * 60)
    return response


@router.get("/aanmelden/terug")
def finish(request: Request, incoming: Read) -> Response:
    """Take the code, get the token in-process, and begin the session. The token is not kept: the session is fresher."""
    verifier: TokenVerifier = request.app.state.verifier
    database: Database = request.app.state.database
    kept = _opened(verifier.keys.secret, request.cookies.get(sessions.cookie_name(_COOKIE, verifier.settings), ""))
    answer = {} if incoming.fault else dict(incoming.query)
    if kept is None or not _is_ours(answer, kept, verifier.settings):
        return _not_signed_in(request)
    with database.transaction() as session:
        subject = _redeem(session, verifier, answer["code"], kept["state"])
        if subject is None:
            return _not_signed_in(request)
        sessions.end(session, sessions.session_id(request.cookies, verifier.settings))
        account = session.get_one(Account, subject)
        fresh = sessions.begin(session, account)
    response = _see_other(kept["next"] or home_of(Person(account).role))
    sessions.keep_in_browser(response, fresh, verifier.settings)
    sessions.drop_cookie(response, _COOKIE, verifier.settings)
    return response


@router.post("/afmelden")
def leave(request: Request, incoming: Read, page: PageCaller) -> Response:
    """End the session."""
    check_csrf(page, incoming.value("csrf"))
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    with database.transaction() as session:
        sessions.end(session, sessions.session_id(request.cookies, settings))
    response = _see_other("/")
    sessions.leave_browser(response, settings)
    return response


def _as_page(session: Session, signed_in: SignedIn, request: Request) -> Page:
    account = signed_in.account
    person = Person(account)
    caller = Caller(
        subject=account.id,
        role=person.role,
        organisation=account.organisation_id,
        client_id=WEB_CLIENT_ID,
        scopes=frozenset(SCOPES_OF[person.role]),
        acts_for=person.acts_for,
        demo=account.demo,
    )
    chosen = request.cookies.get(LANGUAGE_COOKIE) or account.language
    return Page(
        caller=caller,
        name=account.name,
        login=account.login,
        organisation=session.get_one(Organisation, account.organisation_id).name,
        csrf=signed_in.session.csrf_secret,
        language=language_for(request, chosen),
        defaults=account.defaults,
    )


def _redeem(session: Session, verifier: TokenVerifier, code: str, state: str) -> UUID | None:
    """Exchange the code at the token endpoint itself, without a call to ourselves. Gives whose it was."""
    form = (
        ("grant_type", GrantType.CODE.value),
        ("code", code),
        ("redirect_uri", _redirect_uri(verifier.settings)),
        ("client_id", WEB_CLIENT_ID),
        ("code_verifier", _verifier_of(verifier.keys.secret, state)),
    )
    answer = Issuer(session, verifier).token(Incoming("POST", "/oauth/token", (), form, {}))
    try:
        return verifier.caller(json.loads(bytes(answer.body))["access_token"]).subject
    except (KeyError, NotAuthenticated):
        return None


def _is_ours(answer: Mapping[str, str], kept: Mapping[str, Any], settings: Settings) -> bool:
    """Tell whether this answers our own question (state) and comes from our own server (iss)."""
    return (
        sessions.same(str(kept["state"]), answer.get("state", ""))
        and answer.get("iss") == settings.base_url
        and bool(answer.get("code"))
    )


def _not_signed_in(request: Request) -> Response:
    language = language_for(request)
    title = Text("Aanmelden is niet gelukt", "Signing in did not work")
    text = Text(
        "Misschien duurde het te lang, of was een tweede venster open. Begin opnieuw; er is niets verloren.",
        "Perhaps it took too long, or a second window was open. Start again; nothing was lost.",
    )
    values = {"title": title.in_(language), "text": text.in_(language), "code": "", "onward": "/aanmelden"}
    return page("refused.html", language, 400, **values)


def _redirect_uri(settings: Settings) -> str:
    return f"{settings.base_url}/aanmelden/terug"


def _see_other(location: str) -> Response:
    return Response(status_code=303, headers={"Location": location, "Cache-Control": "no-store"})


def _verifier_of(secret: bytes, state: str) -> str:
    # Derived, so that it is kept nowhere: neither in the browser nor in a table.
    return _text(hmac.digest(secret, f"pkce\n{state}".encode(), "sha256"))


def _challenge(code_verifier: str) -> str:
    return _text(hashlib.sha256(code_verifier.encode()).digest())


def _sealed(secret: bytes, content: Mapping[str, Any]) -> str:
    body = _text(json.dumps(content).encode())
    return f"{body}.{_text(hmac.digest(secret, body.encode(), 'sha256'))}"


def _opened(secret: bytes, cookie: str) -> dict[str, Any] | None:
    body, _, seal = cookie.partition(".")
    if not sessions.same(_text(hmac.digest(secret, body.encode(), "sha256")), seal):
        return None
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return content if content["until"] > time.time() else None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
