"""The whole program as a browser meets it: people to sign in as, and a server on a port of its own."""

import contextlib
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from service.app import create_app
from service.clock import now
from service.database import Database
from service.identity import sessions
from service.identity.access import Role
from service.identity.tables import Account, Organisation
from service.settings import Settings
from tests.servers import free_port


@dataclass
class Site:
    """The program with its database."""

    app: FastAPI
    settings: Settings
    database: Database
    organisation: UUID

    def person(
        self,
        role: Role = Role.BEDRIJFSARTS,
        *,
        acts_for: UUID | None = None,
        defaults: Mapping[str, Any] | None = None,
        language: str = "nl",
    ) -> UUID:
        """A new person, with a role."""
        with self.database.transaction() as session:
            account = Account(
                login=secrets.token_hex(6),
                name="Arts van de test",
                role=role,
                organisation_id=self.organisation,
                password_hash="-",
                acts_for=acts_for,
                defaults=dict(defaults or {}),
                language=language,
                created_at=now(),
            )
            session.add(account)
        return account.id

    def cookie(self, person: UUID) -> tuple[str, str]:
        """The cookie of a fresh session: signing in itself is tested elsewhere."""
        with self.database.transaction() as session:
            fresh = sessions.begin(session, session.get_one(Account, person))
        return sessions.cookie_name("arbobrug", self.settings), fresh

    def visitor(self, person: UUID) -> "Visitor":
        """A browser without script in which somebody is signed in."""
        client = TestClient(self.app, base_url=self.settings.base_url, follow_redirects=False)
        client.cookies.set(*self.cookie(person))
        return Visitor(client)


@dataclass
class Visitor:
    """Somebody with a browser that has no script."""

    client: TestClient

    def get(self, address: str) -> Response:
        return self.client.get(address)

    def send(self, shown: Response, address: str, do: str = "", **filled: Any) -> Response:
        """Send the form on a page as a browser does: what it held, with what was filled in. Double __ is a point."""
        data: dict[str, Any] = fields_of(shown.text)
        for name, value in filled.items():
            data[name.replace("__", ".")] = value
        if do:
            data["do"] = do
        return self.client.post(address, data=data)


class _Reader(HTMLParser):
    """Keeps what a browser would send of the last form that it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        name, value = known.get("name") or "", known.get("value") or ""
        match tag:
            case "form":
                self.fields = {}
            case "select":
                self.select, self.fields[name] = name, ""
            case "option" if self.select and "selected" in known:
                self.fields[self.select] = value
            case "textarea":
                self.area, self.fields[name] = name, ""
            case "input" if name:
                self._input(name, value, known)

    def _input(self, name: str, value: str, known: Mapping[str, str | None]) -> None:
        kind = known.get("type")
        if kind in {"radio", "checkbox"} and "checked" not in known:
            return
        if kind == "checkbox":
            self.fields.setdefault(name, []).append(value)
        else:
            self.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag in {"select", "textarea"}:
            self.select = self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data


def fields_of(html: str) -> dict[str, Any]:
    """Everything a browser would send of the last form on the page, by reading the HTML as a browser does."""
    reader = _Reader()
    reader.feed(html[html.index("<main") : html.index("</main>")])
    return reader.fields


def words_of(html: str) -> str:
    """The text of a page as a person reads it."""
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


@contextlib.contextmanager
def on_sqlite(template: Path, folder: Path, *, port: int | None = None) -> Iterator[Site]:
    """The program on a fresh copy of a migrated database."""
    database = folder / "arbobrug.db"
    database.write_bytes(template.read_bytes())
    base_url = f"http://127.0.0.1:{port or 8000}"
    settings = Settings(data=folder, base_url=base_url, database_url=f"sqlite:///{database}")  # type: ignore[call-arg]
    app = create_app(settings)
    known: Database = app.state.database
    with known.transaction() as session:
        organisation = Organisation(name="Arbodienst van de test", kind="arbodienst")
        session.add(organisation)
    yield Site(app, settings, known, organisation.id)
    known.close()


@contextlib.contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """The program on a real port, in a thread, until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(10)


__all__ = ["Site", "Visitor", "fields_of", "free_port", "on_sqlite", "serving", "words_of"]
