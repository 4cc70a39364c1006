"""Once and only once: a create with an Idempotency-Key is done one time, and answered the same every time."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request, Response
from sqlalchemy import Date, LargeBinary, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel

from service.clock import today
from service.database import is_sqlite
from service.problems import FieldError, InvalidInput, KeyReused
from service.text import Text

KEPT_DAYS = 2
_MAX_KEY = 128


class IdempotentRequest(SQLModel, table=True):
    """One key of one caller, with the answer that was given. Kept to the day: it names a notification."""

    __tablename__ = "idempotent_request"

    owner: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=_MAX_KEY)
    fingerprint: str = Field(max_length=64)
    status: int = 0
    location: str | None = None
    etag: str | None = None
    body: bytes = Field(default=b"", sa_type=LargeBinary)
    kept_since: date = Field(sa_type=Date, index=True)


def _key(idempotency_key: str | None) -> str | None:
    if idempotency_key is None:
        return None
    key = idempotency_key.strip().strip('"')
    if not 1 <= len(key) <= _MAX_KEY or not key.isascii() or not key.isprintable():
        text = Text("Neem 1 tot 128 gewone tekens, bijvoorbeeld een UUID.", "Use 1 to 128 plain characters.")
        raise InvalidInput(errors=[FieldError("", "idempotency-key", text)])
    return key


IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", description="A UUID of your own, per create.")]


def once(
    session: Session, owner: UUID, key: str | None, request: Request, body: bytes, act: Callable[[], Response]
) -> Response:
    """Do it the first time; give the first answer again every later time.

    The key row is inserted first, in the same transaction as the act, so the unique key decides and not a look
    beforehand. Raises KeyReused when the key was used for another request.
    """
    if (key := _key(key)) is None:
        return act()
    fingerprint = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()
    if not _claim(session, owner, key, fingerprint):
        return _replay(session, owner, key, fingerprint)
    response = act()
    row = session.get_one(IdempotentRequest, (owner, key))
    row.status, row.body = response.status_code, bytes(response.body)
    row.location, row.etag = response.headers.get("location"), response.headers.get("etag")
    return response


def _claim(session: Session, owner: UUID, key: str, fingerprint: str) -> bool:
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    row = {"owner": owner, "key": key, "fingerprint": fingerprint, "status": 0, "body": b"", "kept_since": today()}
    claimed = session.execute(
        insert(IdempotentRequest).values(row).on_conflict_do_nothing().returning(IdempotentRequest.key)  # type: ignore[arg-type]
    )
    return claimed.first() is not None


def _replay(session: Session, owner: UUID, key: str, fingerprint: str) -> Response:
    row = session.get_one(IdempotentRequest, (owner, key))
    if row.fingerprint != fingerprint:
        raise KeyReused
    headers = {"Idempotent-Replayed": "true"}
    if row.location:
        headers["Location"] = row.location
    if row.etag:
        headers["ETag"] = row.etag
    return Response(row.body, row.status, headers, media_type="application/json")


def forget_old_keys(session: Session, on: date) -> int:
    """Drop the keys older than two days; the caller's retry is long over. Gives how many."""
    old = IdempotentRequest.kept_since < on - timedelta(days=KEPT_DAYS)
    keys = session.execute(select(IdempotentRequest.key).where(old)).all()  # type: ignore[call-overload]
    session.execute(delete(IdempotentRequest).where(old))  # type: ignore[arg-type]
    return len(keys)
