"""Systems that send by FHIR, each of an organisation of its own."""

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from httpx2 import Response

from service.clock import now
from service.identity.access import SCOPES_OF, Role
from service.identity.clients import Client
from service.identity.server import mint_for_client
from service.identity.tables import GrantType, OAuthClient, Organisation
from tests.api.world import BASE, World
from tests.wire.documents import Json, notification, packed

DOOR = f"{BASE}/fhir/R4"
PROCESS = "/$process-notification"
FHIR = "application/fhir+json"
_count = itertools.count(1)


@dataclass
class Sender:
    """A system with a token, and the number of the organisation it works for."""

    world: World
    row: OAuthClient
    ura: str
    bearer: str

    def call(self, method: str, path: str, body: Json | bytes | None = None, /, **headers: str) -> Response:
        """Knock on the FHIR door."""
        return self.over(self.world.http, method, path, body, **headers)

    def over(
        self, http: TestClient, method: str, path: str, body: Json | bytes | None = None, /, **headers: str
    ) -> Response:
        """Knock with another client."""
        sent = {"Authorization": f"Bearer {self.bearer}"} | ({} if body is None else {"Content-Type": FHIR})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = packed(body) if isinstance(body, dict) else body
        return http.request(method, f"/fhir/R4{path}", content=content, headers=sent)

    def get(self, path: str, /, **headers: str) -> Response:
        return self.call("GET", path, **headers)

    def send(self, document: Json | bytes, query: str = "", /, **headers: str) -> Response:
        """Send a notification."""
        return self.call("POST", PROCESS + query, document, **headers)

    def document(self) -> Json:
        """A good document of this organisation."""
        return notification(self.ura)

    def filed(self, document: Json | None = None) -> "Filed":
        """Send it, and insist that it is filed."""
        answer = self.send(document or self.document())
        assert answer.status_code == 201, answer.text
        return Filed(answer)

    def with_scopes(self, *scopes: str) -> "Sender":
        """The same system with a token that says less."""
        return Sender(self.world, self.row, self.ura, _token(self.world, self.row, " ".join(scopes)))

    @property
    def scopes(self) -> list[str]:
        return list(self.row.scopes)


@dataclass
class Filed:
    """The answer to a notification that was filed."""

    answer: Response

    @property
    def parameters(self) -> dict[str, Json]:
        return {one["name"]: one["resource"] for one in self.answer.json()["parameter"]}

    @property
    def receipt(self) -> Json:
        """The Composition of the receipt."""
        composition: Json = self.parameters["receipt"]["entry"][0]["resource"]
        return composition

    @property
    def number(self) -> str:
        return str(self.receipt["identifier"]["value"])

    @property
    def task(self) -> str:
        """Where the Task is, from the door on."""
        return self.answer.headers["Location"].removeprefix(DOOR)

    @property
    def id(self) -> str:
        return self.task.removeprefix("/Task/")


def new_sender(world: World) -> Sender:
    """A system of a new organisation."""
    ura = f"{70000000 + next(_count):08}"
    with world.database.transaction() as session:
        organisation = Organisation(name=f"Arbodienst {uuid4()}", kind="arbodienst", ura=ura)
        session.add(organisation)
        session.flush()
        row = OAuthClient(
            client_id=f"systeem-{uuid4()}",
            name="Systeem",
            role=Role.ARBODIENST_SYSTEM.value,
            organisation_id=organisation.id,
            grant_type=GrantType.CLIENT.value,
            scopes=sorted(SCOPES_OF[Role.ARBODIENST_SYSTEM]),
            jwks={"keys": []},
            created_at=now(),
        )
        session.add(row)
    return Sender(world, row, ura, _token(world, row))


def _token(world: World, row: OAuthClient, scope: str | None = None) -> str:
    with world.database.transaction() as session:
        return mint_for_client(session, world.verifier, Client(row), scope)


def issues(answer: Response, status: int) -> list[tuple[str, str | None]]:
    """Insist on this status and on an OperationOutcome in FHIR; gives code and place of each issue."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith(FHIR)
    return said(answer.json())


def said(outcome: Json) -> list[tuple[str, str | None]]:
    """Code and place of every issue of an outcome."""
    assert outcome["resourceType"] == "OperationOutcome"
    return [(one["details"]["coding"][0]["code"], one.get("expression", [None])[0]) for one in outcome["issue"]]


def rows(world: World) -> dict[str, int]:
    """How many rows each table about notifications holds; those that tell of knocking itself do not count."""
    from sqlalchemy import func, select, table

    names = ("notification", "notification_revision", "notification_member", "wire_submission")
    with world.database.reading() as session:
        return {name: int(session.scalar(select(func.count()).select_from(table(name))) or 0) for name in names}


def extension(resource: Json, name: str) -> Any:
    """The value of an extension of ours."""
    for one in resource.get("extension", []):
        if one["url"].rpartition("/")[2] == name:
            return next((value for key, value in one.items() if key != "url"), None)
    return None
