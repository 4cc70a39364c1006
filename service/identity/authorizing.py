"""The authorization endpoint, for people: sign in, give a program access or not, and go back to it."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2 import OAuth2Error
from fastapi import Request, Response
from sqlmodel import Session

from service.clock import now
from service.database import Database
from service.identity import actions, sessions
from service.identity.clients import Client, find_person
from service.identity.incoming import Incoming, Pairs
from service.identity.pages import MEANING, language_for, page
from service.identity.server import Issuer
from service.identity.sessions import SignedIn
from service.identity.tables import Account
from service.identity.tokens import TokenVerifier
from service.problems import TooMany
from service.text import Language, Text

_ASKED = {
    "client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state",
    "ui_locales",
}  # fmt: skip
_WRONG = Text(
    "Inlognaam, wachtwoord of code klopt niet. Controleer ze en probeer het opnieuw.",
    "Login name, password or code is not right. Check them and try again.",
)
_STALE = Text("Dit formulier was verlopen. Vul het opnieuw in.", "This form had expired. Please fill it in again.")
_BUSY = Text("Er is te vaak geprobeerd. Wacht {n} seconden.", "Too many tries. Wait {n} seconds.")
_CANNOT = Text("Dit programma kan u niet aanmelden", "This program cannot sign you in")
_ASKED_WRONG = Text(
    "Het programma dat u hierheen stuurde vraagt iets dat niet kan. U hoeft niets te doen.",
    "The program that sent you here asks for something that is not possible. There is nothing you need to do.",
)


class Desk:
    """What one request to the authorization endpoint needs at hand."""

    def __init__(self, request: Request, incoming: Incoming) -> None:
        self.request, self.incoming = request, incoming
        self.database: Database = request.app.state.database
        self.verifier: TokenVerifier = request.app.state.verifier
        self.settings = self.verifier.settings
        self.session_id = sessions.session_id(request.cookies, self.settings)

    @property
    def asked(self) -> Pairs:
        """What the client asked, without what the person filled in."""
        return tuple(pair for pair in self.incoming.pairs if pair[0] in _ASKED)

    @property
    def language(self) -> Language:
        """The language of the page."""
        return language_for(self.request, dict(self.asked).get("ui_locales", ""))

    def signed_in(self, session: Session) -> SignedIn | None:
        """Who is signed in in this browser."""
        return sessions.find(session, self.settings, self.session_id, now())


def ask(desk: Desk) -> Response:
    """Go on with who is signed in, or ask who it is."""
    # Only who may have a session can be given a code, and only then is anything written.
    with desk.database.transaction() if desk.session_id else desk.database.reading() as session:
        issuer = Issuer(session, desk.verifier)
        try:
            grant = issuer.consent(desk.incoming)
        except OAuth2Error as error:
            return _refused(desk, issuer, error)
        signed_in = desk.signed_in(session)
        if signed_in is None:
            return sign_in_page(desk, grant.request.client)
        if grant.request.client.first_party:
            return issuer.authorize(grant, find_person(session, desk.settings, signed_in.account.id))
        return _consent_page(desk, grant, signed_in)


def sign_in(desk: Desk) -> Response:
    """Let the person in who filled in the form, and go on."""
    with desk.database.reading() as session:
        issuer = Issuer(session, desk.verifier)
        try:
            client = issuer.consent(desk.incoming).request.client
        except OAuth2Error as error:
            return _refused(desk, issuer, error)
    form = desk.incoming.value
    if not sessions.is_own_form(desk.request, desk.settings, desk.verifier.keys.secret, form("csrf")):
        return sign_in_page(desk, client, _STALE, 400)
    address = desk.request.client.host if desk.request.client else ""
    secret = desk.verifier.keys.secret
    try:
        account_id = actions.authenticate(
            desk.database, desk.settings, secret, form("login"), form("password"), form("totp"), address
        )
    except actions.WrongSignIn:
        return sign_in_page(desk, client, _WRONG, 400)
    except TooMany as too_many:
        return _too_many(desk, client, too_many)
    with desk.database.transaction() as session:
        return _let_in(desk, session, session.get_one(Account, account_id))


def decide(desk: Desk) -> Response:
    """Give the program access, or not, as the person decided."""
    with desk.database.transaction() as session:
        issuer = Issuer(session, desk.verifier)
        try:
            grant = issuer.consent(desk.incoming)
        except OAuth2Error as error:
            return _refused(desk, issuer, error)
        signed_in = desk.signed_in(session)
        if signed_in is None:
            return sign_in_page(desk, grant.request.client)
        if not sessions.same(signed_in.session.csrf_secret, desk.incoming.value("csrf")):
            return _consent_page(desk, grant, signed_in, 400)
        allowed = desk.incoming.value("decision") == "allow"
        person = find_person(session, desk.settings, signed_in.account.id) if allowed else None
        return issuer.authorize(grant, person)


def sign_in_page(desk: Desk, client: Client, error: Text | None = None, status: int = 200) -> Response:
    """The page on which a person signs in."""
    value = sessions.form_cookie(desk.request, desk.settings)
    response = page(
        "sign_in.html",
        desk.language,
        status,
        client="" if client.first_party else client.row.name,
        parameters=desk.asked,
        csrf=sessions.form_token(desk.verifier.keys.secret, value),
        login=desk.incoming.value("login"),
        error=error.in_(desk.language) if error else "",
        other_language=_other_language(desk),
    )
    sessions.keep_form_cookie(response, value, desk.settings)
    return response


def _other_language(desk: Desk) -> str:
    other = Language.NL if desk.language is Language.EN else Language.EN
    return "/oauth/authorize?" + urlencode({**dict(desk.asked), "ui_locales": other.value})


def _too_many(desk: Desk, client: Client, too_many: TooMany) -> Response:
    seconds = too_many.headers["Retry-After"]
    text = Text(_BUSY.nl.format(n=seconds), _BUSY.en.format(n=seconds))
    response = sign_in_page(desk, client, text, 429)
    response.headers["Retry-After"] = seconds
    return response


def _let_in(desk: Desk, session: Session, account: Account) -> Response:
    sessions.end(session, desk.session_id)
    issuer = Issuer(session, desk.verifier)
    grant = issuer.consent(desk.incoming)
    if grant.request.client.first_party:
        response = issuer.authorize(grant, find_person(session, desk.settings, account.id))
    else:
        location = f"/oauth/authorize?{urlencode(desk.asked)}"
        response = Response(status_code=303, headers={"Location": location, "Cache-Control": "no-store"})
    sessions.keep_in_browser(response, sessions.begin(session, account), desk.settings)
    return response


def _consent_page(desk: Desk, grant: Any, signed_in: SignedIn, status: int = 200) -> Response:
    names = str(grant.request.scope).split()
    return page(
        "consent.html",
        desk.language,
        status,
        leads_to=grant.redirect_uri,
        client=grant.request.client.row.name,
        name=signed_in.account.name,
        goes_to=urlsplit(grant.redirect_uri).netloc or grant.redirect_uri,
        meanings=[MEANING[name].in_(desk.language) for name in names],
        parameters=desk.asked,
        csrf=signed_in.session.csrf_secret,
    )


def _refused(desk: Desk, issuer: Issuer, error: Any) -> Response:
    """Tell the client, if we know that the address is its own; else tell the person, and go nowhere."""
    answer = issuer.handle_error_response(None, error)
    if error.redirect_uri:
        return answer
    return page(
        "refused.html",
        desk.language,
        400,
        title=_CANNOT.in_(desk.language),
        text=_ASKED_WRONG.in_(desk.language),
        code=f"{error.error}: {error.get_error_description()}",
        onward="/aanmelden",
    )
