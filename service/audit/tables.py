"""The audit trail: one row per act, written in the same transaction. No audit, no act."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, LargeBinary, String, Uuid, func, select, type_coerce
from sqlmodel import Field, Session, SQLModel, col

from service.audit.rules import COLUMNS
from service.clock import now
from service.database import HourDateTime, UtcDateTime, append, append_kept, append_last
from service.identity.access import Caller
from service.ids import ordered_id, random_id


class Act(StrEnum):
    """The kinds of act of NEN 7513."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    EXECUTE = "execute"


class AuditEvent(SQLModel, table=True):
    """One act on one record of the notification side: random id and time to the hour, as everything there."""

    __tablename__ = "audit_event"

    id: UUID = Field(default_factory=random_id, primary_key=True)
    at: datetime = Field(sa_type=HourDateTime)
    act: str = Field(max_length=16)
    event: str = Field(max_length=64)
    actor: UUID = Field(index=True)
    actor_role: str = Field(max_length=32)
    acts_for: UUID | None = None
    organisation: UUID | None = None
    client_id: str = Field(max_length=128)
    object_kind: str = Field(max_length=32)
    object_id: UUID | None = Field(default=None, index=True)
    basis: str = Field(max_length=64)
    outcome: str = Field(default="success", max_length=16)


def record(session: Session, caller: Caller, act: Act, event: str, kind: str, object_id: UUID | None) -> None:
    """Write one audit row in the caller's transaction."""
    row = {
        "id": random_id(),
        "at": now(),
        "act": act.value,
        "event": event,
        "actor": caller.subject,
        "actor_role": caller.role.value,
        "acts_for": caller.acts_for,
        "organisation": caller.organisation,
        "client_id": caller.client_id,
        "object_kind": kind,
        "object_id": object_id,
        "basis": "Arbowet art. 9 lid 3",
        "outcome": "success",
    }
    append(session, AuditEvent, [row])


class PersonEvent(SQLModel, table=True):
    """One act on data of a worker, in the columns of NEN 7513. No medical content; the worker is a pseudonym."""

    __tablename__ = "person_event"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    act: str = Field(max_length=16)
    event: str = Field(max_length=64)
    subject: str = Field(max_length=64, index=True)
    actor: UUID = Field(index=True)
    actor_role: str = Field(max_length=32)
    responsible: UUID | None = None
    organisation: UUID | None = None
    client_id: str = Field(max_length=128)
    object_kind: str = Field(max_length=32)
    object_id: UUID | None = None
    data: list[str] = Field(default_factory=list, sa_type=JSON)
    basis: str = Field(max_length=64)
    consent_id: UUID | None = None
    emergency: bool = False
    outcome: str = Field(default="success", max_length=16)


class Seal(SQLModel, table=True):
    """One link of the chain over the person events: its place in the order, and the hash over it and all before it."""

    __tablename__ = "person_event_seal"

    position: int = Field(primary_key=True)
    event_id: UUID = Field(unique=True)
    sha256: bytes = Field(sa_type=LargeBinary)
    signature: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_at: datetime = Field(sa_type=UtcDateTime)


def record_person(
    session: Session,
    caller: Caller,
    act: Act,
    event: str,
    subject: str,
    kind: str,
    object_id: UUID | None,
    *,
    data: frozenset[str] = frozenset(),
    basis: str = "consent",
    consent_id: UUID | None = None,
    outcome: str = "success",
) -> None:
    """Write one row about a worker in the caller's transaction; `subject` is Vault.pseudonym("audit", person id).

    The rows of one transaction go together at its end: it commits with all of them or not at all.
    """
    row = {
        "id": ordered_id(),
        "at": now(),
        "act": act.value,
        "event": event,
        "subject": subject,
        "actor": caller.subject,
        "actor_role": caller.role.value,
        "responsible": caller.acts_for,
        "organisation": caller.organisation,
        "client_id": caller.client_id,
        "object_kind": kind,
        "object_id": object_id,
        "data": sorted(data),
        "basis": basis,
        "consent_id": consent_id,
        "emergency": False,
        "outcome": outcome,
    }
    append_last(session, PersonEvent, row)


def events_about(session: Session, subject: str, since: datetime, until: datetime) -> Sequence[PersonEvent]:
    """Every act on data of this worker in a period, oldest first; `subject` as record_person was given it."""
    append_kept(session)
    question = select(PersonEvent).where(
        col(PersonEvent.subject) == subject, col(PersonEvent.at) >= since, col(PersonEvent.at) < until
    )
    return session.scalars(question.order_by(col(PersonEvent.id))).all()


def _as_sealed(name: str) -> ColumnElement[Any]:
    # Making a UUID of every id would be most of the work of verifying; digits do as well.
    column: ColumnElement[Any] = getattr(PersonEvent, name)
    return type_coerce(column, String) if isinstance(column.type, Uuid) and name != "id" else column


_EVENT_COLUMNS = tuple(map(_as_sealed, COLUMNS))


def unsealed(session: Session, since: UUID | None, limit: int) -> Sequence[Sequence[Any]]:
    """The rows that have no seal yet, in the order of their ids, as what is sealed of them."""
    question = select(*_EVENT_COLUMNS).outerjoin(Seal, col(Seal.event_id) == col(PersonEvent.id))
    question = question.where(col(Seal.position).is_(None))
    if since is not None:
        question = question.where(col(PersonEvent.id) >= since)
    return session.execute(question.order_by(col(PersonEvent.id)).limit(limit)).all()


def sealed(session: Session, after: int, limit: int) -> Sequence[Sequence[Any]]:
    """The links after a position, in order, each with what is sealed of its row; nulls where the row is gone."""
    question = (
        select(col(Seal.position), col(Seal.event_id), col(Seal.sha256), *_EVENT_COLUMNS)
        .outerjoin(PersonEvent, col(PersonEvent.id) == col(Seal.event_id))
        .where(col(Seal.position) > after)
    )
    return session.execute(question.order_by(col(Seal.position)).limit(limit)).all()


def last_seal(session: Session) -> Seal | None:
    """The end of the chain."""
    return session.scalars(select(Seal).order_by(col(Seal.position).desc()).limit(1)).first()


def seals_after(session: Session, position: int) -> int:
    """How many links there are after this position."""
    return session.scalar(select(func.count()).select_from(Seal).where(col(Seal.position) > position)) or 0


def hash_at(session: Session, position: int) -> bytes | None:
    """The hash of the link at this position, if there is one."""
    return session.scalar(select(col(Seal.sha256)).where(col(Seal.position) == position))


def heads_in(session: Session) -> dict[int, bytes]:
    """The hashes of the links that are signed, by position."""
    found = session.execute(select(col(Seal.position), col(Seal.sha256)).where(col(Seal.signature).is_not(None)))
    return {row.position: row.sha256 for row in found}


def moment_of(session: Session, event_id: UUID) -> datetime | None:
    """When a row was written, if it is there."""
    return session.scalar(select(col(PersonEvent.at)).where(col(PersonEvent.id) == event_id))
