"""What we keep of consents: what was asked, the text as shown, how it was answered, and every decision made by it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, and_, delete, or_, select
from sqlmodel import Field, Session, SQLModel, col

from service.consent.rules import Provision, State
from service.database import UtcDateTime
from service.ids import ordered_id


class Consent(SQLModel, table=True):
    """One consent of one worker: asked for one message, or general between two organisations."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_person", "person_id", "from_organisation", "to_organisation"),
        Index("ix_consent_asker", "from_organisation", "id"),
        Index("ix_consent_answer_by", "state", "answer_by"),
        Index("ix_consent_valid_until", "state", "valid_until"),
    )

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
    representative: bytes | None = Field(default=None, sa_type=LargeBinary)
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
    device_hash: str | None = Field(default=None, max_length=64, index=True)
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
    """Every consent and objection of this worker from one organisation to another, oldest first; locked if asked.

    A lock on these rows does not hold off a new one: who decides has locked the worker before.
    """
    question = (
        select(Consent)
        .where(
            col(Consent.person_id) == person_id,
            col(Consent.from_organisation) == from_organisation,
            col(Consent.to_organisation) == to_organisation,
        )
        .order_by(col(Consent.id))
    )
    question = question.with_for_update().execution_options(populate_existing=True) if lock else question
    return session.scalars(question).all()


def consent_locked(session: Session, consent_id: UUID) -> Consent | None:
    """The consent as it stands now, locked."""
    return session.get(Consent, consent_id, with_for_update=True, populate_existing=True)


def consents_of(session: Session, person_id: UUID) -> Sequence[Consent]:
    """Every consent and objection of this worker, newest first."""
    return session.scalars(
        select(Consent).where(col(Consent.person_id) == person_id).order_by(col(Consent.id).desc())
    ).all()


def given_for(session: Session, messages: Sequence[UUID]) -> Sequence[Consent]:
    """What was given for these messages and still stands, oldest first."""
    question = select(Consent).where(col(Consent.message_id).in_(messages), col(Consent.state) == State.GIVEN)
    return session.scalars(question.order_by(col(Consent.id))).all()


def consents_page(
    session: Session, organisation: UUID | None, person_id: UUID | None, after: UUID | None, limit: int, *, demo: bool
) -> Sequence[Consent]:
    """Consents, newest first: what this organisation asked, what one worker was asked and objected to, or both."""
    question = select(Consent).where(col(Consent.demo) == demo)
    if organisation is not None:
        asked = col(Consent.provision) == Provision.PERMIT
        question = question.where(col(Consent.from_organisation) == organisation, asked)
    if person_id is not None:
        question = question.where(col(Consent.person_id) == person_id)
    if after is not None:
        question = question.where(col(Consent.id) < after)
    return session.scalars(question.order_by(col(Consent.id).desc()).limit(limit)).all()


class RunOut(NamedTuple):
    """A consent that is past its time, with its worker and what it was asked for."""

    person_id: UUID
    consent_id: UUID
    message_id: UUID | None


def run_out(session: Session, at: datetime, limit: int) -> Sequence[RunOut]:
    """Which consents are past their time: not answered by the day, or given until the day."""
    unanswered = and_(col(Consent.state) == State.REQUESTED, col(Consent.answer_by) <= at)
    over = and_(col(Consent.state) == State.GIVEN, col(Consent.valid_until) <= at)
    rows = session.execute(
        select(col(Consent.person_id), col(Consent.id), col(Consent.message_id))
        .where(or_(unanswered, over))
        .order_by(col(Consent.person_id), col(Consent.id))
        .limit(limit)
    )
    return [RunOut(*row) for row in rows]


def link_locked(session: Session, token_hash: str) -> ConsentLink | None:
    """The link with this token, locked: attempts at it take turns."""
    return session.get(ConsentLink, token_hash, with_for_update=True)


def links_of_device(session: Session, device_hash: str) -> Sequence[ConsentLink]:
    """The links that this device was checked for, newest first."""
    question = select(ConsentLink).where(col(ConsentLink.device_hash) == device_hash)
    return session.scalars(question.order_by(col(ConsentLink.expires_at).desc())).all()


def drop_links(session: Session, consent_id: UUID) -> None:
    """Let no link to this consent work any longer."""
    session.execute(delete(ConsentLink).where(col(ConsentLink.consent_id) == consent_id))
