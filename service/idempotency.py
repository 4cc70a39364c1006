"""Once and only once: a create with an Idempotency-Key is done one time, and answered the same every time."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Header, Request, Response
from sqlalchemy import Date, LargeBinary, bindparam, delete, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Field, Session, SQLModel, col

from service.clock import today
from service.database import append_new, core_table
from service.problems import FieldError, InvalidInput, KeyReused, StillInFlight
from service.text import Text

KEPT_DAYS = 2
_MAX_KEY = 128
_LOCK_TIMEOUT = "55P03"


class IdempotentRequest(SQLModel, table=True):
    """One key of one caller, with the answer that was given. Kept to the day: it names a notification."""

    __tablename__ = "idempotent_request"

    owner: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=_MAX_KEY)
    fingerprint: str = Field(max_length=64)
    status: int = 0
    location: str | None = Field(default=None, max_length=200, index=True)
    etag: str | None = None
    language: str | None = Field(default=None, max_length=8)
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


class Seal(Protocol):
    """Seals and opens what is kept of an answer."""

    def seal(self, place: str, value: bytes) -> bytes:
        """The value, sealed for this place only."""
        ...

    def open(self, place: str, sealed: bytes) -> bytes:
        """The value that was sealed for this place."""
        ...


def once(
    session: Session,
    owner: UUID,
    key: str | None,
    request: Request,
    body: bytes,
    act: Callable[[], Response],
    *,
    seal: Seal | None = None,
) -> Response:
    """Do it the first time; give the first answer again every later time. An answer about a worker is kept sealed.

    The key row is inserted first, in the same transaction as the act, so the unique key decides and not a look
    beforehand. Raises KeyReused when the key was used for another request, StillInFlight while the first is not done.
    """
    if (key := _key(key)) is None:
        return act()
    fingerprint = _fingerprint(request, body)
    if not _claim(session, owner, key, fingerprint):
        return _replay(session, owner, key, fingerprint, seal)
    response = act()
    kept = bytes(response.body)
    _keep_answer(session, owner, key, response, seal.seal(_place(owner, key), kept) if seal else kept)
    return response


def _fingerprint(request: Request, body: bytes) -> str:
    # With the query: `?submit=true` asks for something else than the same body without it.
    asked = f"{request.method} {request.scope['path']}?{request.scope['query_string'].decode('latin-1')}\n"
    return hashlib.sha256(asked.encode() + body).hexdigest()


def _claim(session: Session, owner: UUID, key: str, fingerprint: str) -> bool:
    row = {"owner": owner, "key": key, "fingerprint": fingerprint, "status": 0, "body": b"", "kept_since": today()}
    try:
        return append_new(session, IdempotentRequest, row)
    except OperationalError as error:
        # PostgreSQL waits for the first request to end, and no longer than the lock time-out.
        if getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT:
            raise StillInFlight from None
        raise


_ANSWERED = update(core_table(IdempotentRequest)).where(
    col(IdempotentRequest.owner) == bindparam("whose"), col(IdempotentRequest.key) == bindparam("named")
)


def _keep_answer(session: Session, owner: UUID, key: str, response: Response, body: bytes) -> None:
    answer = {
        "whose": owner,
        "named": key,
        "status": response.status_code,
        "body": body,
        "location": response.headers.get("location"),
        "etag": response.headers.get("etag"),
        "language": response.headers.get("content-language"),
    }
    session.connection().execute(_ANSWERED, answer)


def _place(owner: UUID, key: str) -> str:
    return f"idempotent_request/{owner}/{key}"


def _replay(session: Session, owner: UUID, key: str, fingerprint: str, seal: Seal | None) -> Response:
    row = session.get_one(IdempotentRequest, (owner, key))
    if row.fingerprint != fingerprint:
        raise KeyReused
    headers = {"Idempotent-Replayed": "true"}
    if row.location:
        headers["Location"] = row.location
    if row.etag:
        headers["ETag"] = row.etag
    if row.language:
        headers["Content-Language"] = row.language
    body = seal.open(_place(owner, key), row.body) if seal and row.body else row.body
    return Response(body, row.status, headers, media_type="application/json")


def forget_answers(session: Session, location: str) -> None:
    """Empty the answers that speak of something that was thrown away; the key stays used."""
    told = update(IdempotentRequest).where(col(IdempotentRequest.location) == location)
    session.execute(told.values(body=b"{}"), execution_options={"synchronize_session": False})


def forget_old_keys(session: Session, on: date) -> None:
    """Drop the keys older than two days; the caller's retry is long over."""
    session.execute(delete(IdempotentRequest).where(col(IdempotentRequest.kept_since) < on - timedelta(days=KEPT_DAYS)))
