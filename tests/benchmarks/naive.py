"""The same create as a first version would have it: FastAPI and SQLModel as their tutorials show them.

No authentication, no criteria, no receipt, no privacy checks and no code lists: it stores a notification, one step of
its history, one audit line and the Idempotency-Key. A reference for speed, and nothing to copy.
"""

import json
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fhir.resources.R4B.bundle import Bundle
from pydantic import BaseModel
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel, create_engine, select


class NaiveNotification(SQLModel, table=True):
    """A notification with its content as text."""

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    diagnosis: str | None = None
    birth_year: int | None = None
    isco: str | None = None
    sbi: str | None = None
    state: str = "queued"
    content: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class NaiveEvent(SQLModel, table=True):
    """One step."""

    id: int | None = Field(default=None, primary_key=True)
    notification_id: uuid.UUID = Field(foreign_key="naivenotification.id", index=True)
    act: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class NaiveAudit(SQLModel, table=True):
    """One line of the log."""

    id: int | None = Field(default=None, primary_key=True)
    object_id: uuid.UUID = Field(index=True)
    act: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class NaiveKey(SQLModel, table=True):
    """A key that was seen."""

    key: str = Field(primary_key=True)
    notification_id: uuid.UUID


class Create(BaseModel):
    """The body, loosely."""

    arbodienst: dict[str, Any] = {}
    diagnosis: dict[str, Any]
    worker: dict[str, Any]
    exposures: list[dict[str, Any]] = []
    workNature: str | None = None  # noqa: N815 - the name on the wire
    occupation: dict[str, Any] = {}
    sector: dict[str, Any] = {}
    assessment: dict[str, Any] = {}
    advice: list[str] = []
    incapacity: str | None = None
    absence: str | None = None
    province: str | None = None


class Created(BaseModel):
    """The answer."""

    id: uuid.UUID
    diagnosis: str | None
    birth_year: int | None
    state: str
    content: Create
    created_at: datetime


def create_app() -> FastAPI:
    """The program; its database is the one in NAIVE_DATABASE_URL."""
    engine = create_engine(os.environ["NAIVE_DATABASE_URL"])
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    SQLModel.metadata.create_all(
        engine,
        tables=[SQLModel.metadata.tables[one.__tablename__] for one in _TABLES],  # type: ignore[index]
    )

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    app = FastAPI()

    @app.post("/notifications", status_code=201, response_model=Created)
    def create(
        body: Create, session: Annotated[Session, Depends(session)], idempotency_key: Annotated[str, Header()]
    ) -> Any:
        """Store the notification."""
        if session.exec(select(NaiveKey).where(NaiveKey.key == idempotency_key)).first():
            raise HTTPException(409)
        row = NaiveNotification(
            diagnosis=body.diagnosis.get("cas"),
            birth_year=body.worker.get("birthYear"),
            isco=body.occupation.get("isco"),
            sbi=body.sector.get("sbi"),
            content=body.model_dump_json(),
        )
        session.add(row)
        session.commit()
        session.refresh(row)
        session.add(NaiveEvent(notification_id=row.id, act="submit"))
        session.add(NaiveAudit(object_id=row.id, act="create"))
        session.add(NaiveKey(key=idempotency_key, notification_id=row.id))
        session.commit()
        session.refresh(row)
        return {**row.model_dump(), "content": json.loads(row.content)}

    @app.post("/fhir", status_code=201)
    async def create_by_fhir(request: Request, session: Annotated[Session, Depends(session)]) -> Any:
        """Store a document the way the tutorials of fhir.resources do: read it into the model and write it again."""
        bundle = Bundle.model_validate(await request.json())
        row = NaiveNotification(content=bundle.model_dump_json())
        session.add(row)
        session.commit()
        session.refresh(row)
        return json.loads(Bundle.model_validate_json(row.content).model_dump_json())

    return app


_TABLES = (NaiveNotification, NaiveEvent, NaiveAudit, NaiveKey)


def _durable(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")
