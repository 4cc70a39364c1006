"""The whole program on a database of its own, and visitors who knock on its doors with real tokens."""

import io
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from shutil import copyfile
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from service import events
from service.app import create_app
from service.clock import now
from service.database import Database
from service.identity.access import SCOPES_OF, Role
from service.identity.clients import Client
from service.identity.server import mint, mint_for_client
from service.identity.tables import Account, GrantType, OAuthClient, Organisation
from service.identity.tokens import TokenVerifier
from service.settings import Settings
from tests.servers import Postgres

BASE = "http://127.0.0.1:8000"
SYSTEMS = (Role.ARBODIENST_SYSTEM, Role.HIS_SYSTEM, Role.INSPECTORATE_SYSTEM)
_TOKEN_SECONDS = 120
_EXAMPLE: dict[str, Any] = json.loads(resources.files("service.demo").joinpath("example.json").read_text("utf-8"))
_count = itertools.count(1)


def case(**changes: Any) -> dict[str, Any]:
    """A complete notification that meets its criteria and looks like no other; None leaves a field out."""
    document: dict[str, Any] = json.loads(json.dumps(_EXAMPLE))
    document["occupation"] = {"text": f"Metselaar {in_letters(next(_count))}"}
    document |= changes
    return {name: value for name, value in document.items() if value is not None}


def in_letters(number: int) -> str:
    """A number without digits: digits in free text have a meaning here."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def without_verdict(**changes: Any) -> dict[str, Any]:
    """A complete notification of a disease without public criteria that could decide."""
    return case(
        diagnosis={"cas": "L999", "text": "Zeldzame aandoening"}, assessment={"workRelation": "likely"}, **changes
    )


def with_override(reason: str = "Klinisch beeld past, belasting net onder de grens", **changes: Any) -> dict[str, Any]:
    """A notification that does not meet its criteria, with the physician's reason."""
    document = case(**changes)
    document["assessment"]["findings"]["load_kg"] = 1
    document["assessment"]["overrideReason"] = reason
    return document


@dataclass
class Visitor:
    """Somebody with a token, and the doors one can knock on."""

    world: "World"
    row: Account | OAuthClient
    _token: str = ""
    _since: float = field(default=-1e9)

    @property
    def id(self) -> UUID:
        return self.row.id

    def token(self) -> str:
        if time.monotonic() - self._since > _TOKEN_SECONDS:
            self._token, self._since = self.world.mint(self.row), time.monotonic()
        return self._token

    def call(self, method: str, path: str, body: Any = None, /, **headers: str) -> Response:
        """Knock. The body is bytes to send as they are, or anything else to send as JSON."""
        sent = {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if content is None:
            del sent["Content-Type"]
        return self.world.http.request(method, f"/v1{path}", content=content, headers=sent)

    def get(self, path: str, /, **headers: str) -> Response:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, /, **headers: str) -> Response:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, /, **headers: str) -> Response:
        return self.call("PUT", path, body, **headers)

    def draft(self, document: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = good(self.post("/notifications", case() if document is None else document), 201)
        return found

    def file(self, document: Any = None, **headers: str) -> dict[str, Any]:
        """File at once; gives the receipt."""
        found: dict[str, Any] = good(
            self.post("/notifications?submit=true", case() if document is None else document, **headers), 201
        )
        return found

    def change(self, method: str, notification: Any, door: str = "", body: Any = None, **headers: str) -> Response:
        """Change a notification as it is now: the version is read first."""
        path = f"/notifications/{notification}"
        seen = self.get(path if "assessment" not in door else f"/assessments/{notification}")
        return self.call(method, path + door, body, **{"If_Match": seen.headers.get("ETag", 'W/"1"')} | headers)

    def see(self, notification: Any) -> dict[str, Any]:
        found: dict[str, Any] = good(self.get(f"/notifications/{notification}"), 200)
        return found

    def decide(self, notification: Any, decision: str, **words: Any) -> Response:
        """Decide as the registry."""
        return self.change("POST", notification, "/assessment", {"decision": decision, **words})


def good(answer: Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: Response, status: int, slug: str) -> list[tuple[str, str]]:
    """Insist on this refusal as a problem document; gives the pointers and codes of its errors."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document = answer.json()
    assert document["type"] == f"{BASE}/v1/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    return [(error["pointer"], error["code"]) for error in document.get("errors", [])]


@dataclass
class World:
    """The program, its database and its log."""

    app: FastAPI
    settings: Settings
    database: Database
    http: TestClient
    log: io.StringIO
    organisation: Organisation

    @property
    def verifier(self) -> TokenVerifier:
        verifier: TokenVerifier = self.app.state.verifier
        return verifier

    def mint(self, row: Account | OAuthClient) -> str:
        with self.database.transaction() as session:
            if isinstance(row, Account):
                return mint(session, self.verifier, row)
            return mint_for_client(session, self.verifier, Client(row))

    def person(
        self, role: Role = Role.BEDRIJFSARTS, *, acts_for: Visitor | None = None, demo: bool = False, **more: Any
    ) -> Visitor:
        """Somebody new in this role. No password: the token comes without a sign-in."""
        row = Account(
            login=f"{role.value}.{uuid4()}",
            name="Ietske Onbekend",
            role=role.value,
            organisation_id=self.organisation.id,
            password_hash="none",
            acts_for=acts_for.id if acts_for else None,
            demo=demo,
            created_at=now(),
            **more,
        )
        return self._added(row)

    def system(self, role: Role = Role.ARBODIENST_SYSTEM, *, demo: bool = False) -> Visitor:
        """A new system in this role."""
        row = OAuthClient(
            client_id=f"{role.value}-{uuid4()}",
            name="Systeem",
            role=role.value,
            organisation_id=self.organisation.id,
            grant_type=GrantType.CLIENT.value,
            scopes=sorted(SCOPES_OF[role]),
            jwks={"keys": []},
            demo=demo,
            created_at=now(),
        )
        return self._added(row)

    def anyone(self, role: Role) -> Visitor:
        return self.system(role) if role in SYSTEMS else self.person(role)

    def _added(self, row: Account | OAuthClient) -> Visitor:
        with self.database.transaction() as session:
            session.add(row)
        return Visitor(self, row)


@contextmanager
def opened(url: str, folder: Path, *, demo: bool = True) -> Iterator[World]:
    """The program on this migrated database, running inside the block."""
    settings = Settings(data=folder, base_url=BASE, demo=demo, DATABASE_URL=url)
    log = io.StringIO()
    app = create_app(settings, log)
    database: Database = app.state.database
    organisation = Organisation(name=f"Arbodienst {uuid4()}", kind="arbodienst")
    with database.transaction() as session:
        session.add(organisation)
    with TestClient(app, base_url=BASE) as http:
        yield World(app, settings, database, http, log, organisation)
    events.configure()


@contextmanager
def on_sqlite(template: Path, folder: Path, *, demo: bool = True) -> Iterator[World]:
    """The program on a copy of the migrated file."""
    copyfile(template, folder / "arbobrug.db")
    with opened(f"sqlite:///{folder / 'arbobrug.db'}", folder, demo=demo) as made:
        yield made


@contextmanager
def on_postgres(server: Postgres, template: str, folder: Path) -> Iterator[World]:
    """The program on a copy of the migrated PostgreSQL database."""
    name = server.create(template)
    try:
        with opened(server.url(name), folder) as made:
            yield made
    finally:
        server.drop(name)


@contextmanager
def on_the_asked_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[World]:
    """The program on the database that the fixture's parameter names: sqlite or postgresql."""
    if request.param == "sqlite":
        with on_sqlite(request.getfixturevalue("sqlite_template"), folder) as made:
            yield made
    else:
        server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
        with on_postgres(server, template, folder) as made:
            yield made
