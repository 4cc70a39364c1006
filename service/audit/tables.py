"""The audit trail: one row per act, written in the same transaction. No audit, no act."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, Session, SQLModel

from service.clock import now
from service.database import HourDateTime, append
from service.identity.access import Caller
from service.ids import random_id


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
