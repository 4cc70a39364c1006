"""The audit trail: one row per act, written in the same transaction. No audit, no act."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, LargeBinary, select
from sqlmodel import Field, Session, SQLModel, col

from service.clock import now
from service.database import HourDateTime, UtcDateTime, append
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
    """Write one row about a worker in the caller's transaction; `subject` is Vault.pseudonym("audit", person id)."""
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
    append(session, PersonEvent, [row])


def events_about(session: Session, subject: str, since: datetime, until: datetime) -> Sequence[PersonEvent]:
    """Every act on data of this worker in a period, oldest first; `subject` as record_person was given it."""
    question = select(PersonEvent).where(
        col(PersonEvent.subject) == subject, col(PersonEvent.at) >= since, col(PersonEvent.at) < until
    )
    return session.scalars(question.order_by(col(PersonEvent.id))).all()
