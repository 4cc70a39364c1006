"""What we keep of consents: what was asked, the text as shown, how it was answered, and every decision made by it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, select
from sqlmodel import Field, Session, SQLModel, col

from service.database import UtcDateTime
from service.ids import ordered_id


class Consent(SQLModel, table=True):
    """One consent of one worker: asked for one message, or general between two organisations."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_person", "person_id", "from_organisation", "to_organisation"),)

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    message_id: UUID | None = Field(default=None, foreign_key="referral_message.id", index=True)
    provision: str = Field(max_length=8)
    state: str = Field(max_length=16)
    version: int = 1
    purpose: str = Field(max_length=16)
    data: list[str] = Field(default_factory=list, sa_type=JSON)
    from_organisation: UUID = Field(foreign_key="identity_organisation.id")
    to_organisation: UUID = Field(foreign_key="identity_organisation.id")
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime = Field(sa_type=UtcDateTime)
    text_version: str = Field(max_length=16)
    text_sha256: str = Field(max_length=64)
    text: bytes = Field(sa_type=LargeBinary)
    language: str = Field(default="nl", max_length=2)
    basis: str | None = Field(default=None, max_length=8)
    evidence: bytes | None = Field(default=None, sa_type=LargeBinary)
    recorded_by: UUID | None = None
    asked_by: UUID
    asked_at: datetime = Field(sa_type=UtcDateTime)
    answer_by: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    demo: bool = False


class ConsentLink(SQLModel, table=True):
    """A link by which the worker answers: the token is kept as a hash, and a second factor goes with it."""

    __tablename__ = "consent_link"

    token_hash: str = Field(primary_key=True, max_length=64)
    consent_id: UUID = Field(foreign_key="consent.id", index=True)
    factor: str = Field(max_length=16)
    code_hash: str | None = Field(default=None, max_length=64)
    device_hash: str | None = Field(default=None, max_length=64)
    failures: int = 0
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ConsentDecision(SQLModel, table=True):
    """One decision that was made, with what it was made by."""

    __tablename__ = "consent_decision"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    message_id: UUID = Field(foreign_key="referral_message.id", index=True)
    consent_id: UUID | None = None
    act: str = Field(max_length=8)
    role: str = Field(max_length=32)
    organisation: UUID | None = None
    purpose: str = Field(max_length=16)
    data: list[str] = Field(default_factory=list, sa_type=JSON)
    allowed: bool
    reason: str = Field(max_length=16)
    rules_version: str = Field(max_length=16)
    at: datetime = Field(sa_type=UtcDateTime)


def consents_between(
    session: Session, person_id: UUID, from_organisation: UUID, to_organisation: UUID, *, lock: bool
) -> Sequence[Consent]:
    """Every consent and objection of this worker from one organisation to another, locked if asked."""
    question = (
        select(Consent)
        .where(
            col(Consent.person_id) == person_id,
            col(Consent.from_organisation) == from_organisation,
            col(Consent.to_organisation) == to_organisation,
        )
        .order_by(col(Consent.id))
    )
    return session.scalars(question.with_for_update() if lock else question).all()
