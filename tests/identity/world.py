"""An app with nothing but identity in it, people and systems to use it, and the moves of a real client."""

import base64
import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import FastAPI, Response
from joserfc import jwt
from joserfc.jwk import ECKey, Key
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from service import problems
from service.database import Database
from service.identity import actions, setup
from service.identity.access import MayFile, Role
from service.identity.assertions import ASSERTION_TYPE
from service.identity.routes import me_router
from service.identity.tables import Account, OAuthClient, Organisation
from service.identity.tokens import TokenVerifier
from service.identity.web_session import PageCaller
from service.settings import Settings

BASE = "http://127.0.0.1:8000"
PASSWORD = "een lang en goed wachtwoord"
BACK = "https://vendor.example/terug"
FILE = "arbobrug/melding.indienen"
CHECK = "arbobrug/melding.toetsen"
_ALGORITHMS = ("ES256", "RS256", "PS256", "HS256")


@dataclass
class World:
    app: FastAPI
    settings: Settings
    database: Database
    verifier: TokenVerifier
    organisation: Organisation
    doctor: Account
    system: OAuthClient
    system_key: dict[str, Any]
    vendor: OAuthClient

    def browser(self) -> TestClient:
        """A browser of its own; it does not follow redirects unless told to."""
        return TestClient(self.app, base_url=self.settings.base_url, follow_redirects=False)

    def assertion(self, *, header: dict[str, Any] | None = None, key: Key | None = None, **changes: Any) -> str:
        """The system's assertion, with whatever a test wants to be different; None leaves a claim out."""
        moment = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.system.client_id,
            "sub": self.system.client_id,
            "aud": self.settings.base_url,
            "jti": secrets.token_urlsafe(16),
            "iat": moment,
            "exp": moment + 60,
        } | changes
        signer = key or ECKey.import_key(self.system_key)
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(
            {"alg": "ES256", "kid": self.system_key["kid"]} | (header or {}), kept, signer, list(_ALGORITHMS)
        )

    def ask_token(self, browser: TestClient, assertion: str | None = None, **form: str) -> Any:
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
            "scope": " ".join(self.system.scopes),
        } | form
        return browser.post("/oauth/token", data=fields)

    def code_flow(self, browser: TestClient, **changes: str) -> dict[str, str]:
        """Sign the doctor in for the vendor's program, allow it, and give back code and verifier."""
        asked = authorization(**changes)
        verifier = asked.pop("verifier")
        page = browser.get("/oauth/authorize", params=asked)
        if "Toegang geven" not in page.text:
            page = browser.get(submit(browser, page, login="arts", password=PASSWORD).headers["location"])
        answer = submit(browser, page, decision="allow")
        assert answer.status_code == 303, answer.text
        return {"code": query_of(answer.headers["location"])["code"], "verifier": verifier}

    def redeem(self, browser: TestClient, got: dict[str, str], **changes: str) -> Any:
        fields = {
            "grant_type": "authorization_code",
            "code": got["code"],
            "code_verifier": got["verifier"],
            "client_id": "vendor",
            "redirect_uri": BACK,
        } | changes
        return browser.post("/oauth/token", data=fields)

    def sign_in(
        self, browser: TestClient, login: str = "arts", password: str = PASSWORD, onward: str = "/bladzijde"
    ) -> Any:
        """Sign in to our own pages as a person would."""
        start = browser.get("/aanmelden", params={"next": onward})
        page = browser.get(start.headers["location"])
        return submit(browser, page, login=login, password=password)

    def enter(self, browser: TestClient, login: str = "arts", onward: str = "/bladzijde") -> Any:
        """Sign in and follow the way back to the page."""
        answer = self.sign_in(browser, login, onward=onward)
        assert answer.status_code == 303, answer.text
        return browser.get(answer.headers["location"])


def build(settings: Settings, url: str) -> World:
    database = Database(url)
    SQLModel.metadata.create_all(database.engine)
    app = FastAPI()
    problems.install(app)
    verifier = setup.prepare(app, settings, database)
    setup.mount(app)
    app.include_router(me_router, prefix="/v1")
    app.add_api_route("/v1/filing", _filing, methods=["POST"])
    app.add_api_route("/bladzijde", _bladzijde)
    with database.transaction() as session:
        organisation = actions.add_organisation(session, "Arbodienst Voorbeeld", "arbodienst")
        doctor = actions.add_account(
            session,
            login="arts",
            name="Arts Voorbeeld",
            role=Role.BEDRIJFSARTS,
            organisation=organisation,
            password=PASSWORD,
        )
        system, key = actions.add_client(
            session,
            client_id="systeem",
            name="Systeem",
            grant_type="client_credentials",
            role=Role.ARBODIENST_SYSTEM,
            organisation=organisation,
        )
        vendor, _ = actions.add_client(
            session,
            client_id="vendor",
            name="Programma",
            grant_type="authorization_code",
            scopes=[FILE, CHECK],
            redirect_uris=[BACK],
            public=True,
        )
    assert key is not None
    return World(app, settings, database, verifier, organisation, doctor, system, key, vendor)


def _filing(caller: MayFile) -> str:
    return str(caller.subject)


def _bladzijde(page: PageCaller) -> Response:
    return Response(json.dumps({"name": page.name, "role": page.caller.role, "csrf": page.csrf}))


def authorization(**changes: str) -> dict[str, str]:
    """A good authorization request of the vendor, with its verifier."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return {
        "response_type": "code",
        "client_id": "vendor",
        "redirect_uri": BACK,
        "scope": FILE,
        "state": secrets.token_urlsafe(24),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "verifier": verifier,
    } | changes


def submit(browser: TestClient, page: Any, **filled: str) -> Any:
    """Send the form of a page, hidden fields and all, as a browser without script does."""
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    fields = {name: unescape(value) for name, value in hidden} | filled
    return browser.post("/oauth/authorize", data=fields)


def query_of(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def encoded(*pairs: tuple[str, str]) -> str:
    return urlencode(pairs)
