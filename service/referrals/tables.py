"""What we keep of exchanges. Everything clinical is sealed with the worker's key; a notification is never named."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, select
from sqlmodel import Field, Session, SQLModel, col

from service.database import UtcDateTime
from service.ids import ordered_id


class Referral(SQLModel, table=True):
    """One exchange between two doctors about one worker, and where it stands. In FHIR: the Task."""

    __tablename__ = "referral"
    __table_args__ = (
        Index("ix_referral_asker", "from_organisation", "id"),
        Index("ix_referral_asked", "to_organisation", "id"),
        Index("ix_referral_due", "state", "due_at"),
    )

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    trajectory: UUID = Field(index=True)
    reference: str = Field(max_length=12, unique=True)
    kind: str = Field(max_length=32)
    state: str = Field(max_length=20)
    version: int = 1
    steps: int = 0
    person_id: UUID = Field(foreign_key="person.id", index=True)
    from_organisation: UUID = Field(foreign_key="identity_organisation.id")
    from_account: UUID | None = Field(default=None, index=True)
    from_practitioner: UUID | None = Field(default=None, foreign_key="party_practitioner.id")
    from_role: str = Field(max_length=32)
    to_organisation: UUID = Field(foreign_key="identity_organisation.id")
    to_practitioner: UUID | None = Field(default=None, foreign_key="party_practitioner.id")
    to_role: str = Field(max_length=32)
    came_from: UUID | None = Field(default=None, foreign_key="referral.id")
    agreement_version: str = Field(max_length=16)
    urgent: bool = False
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reject_reason: str | None = Field(default=None, max_length=32)
    client_identifier: str | None = Field(default=None, max_length=600)
    demo: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class Message(SQLModel, table=True):
    """One thing that crosses. Its id is the id of the MessageHeader and the key by which a receiver tells a repeat."""

    __tablename__ = "referral_message"
    __table_args__ = (Index("ix_referral_message_referral", "referral_id", "position", unique=True),)

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    referral_id: UUID = Field(foreign_key="referral.id")
    position: int
    kind: str = Field(max_length=20)
    state: str = Field(max_length=20)
    from_organisation: UUID = Field(foreign_key="identity_organisation.id")
    to_organisation: UUID = Field(foreign_key="identity_organisation.id")
    content: bytes = Field(sa_type=LargeBinary)
    channel: str | None = Field(default=None, max_length=8)
    failure: str | None = Field(default=None, max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Attachment(SQLModel, table=True):
    """A file with a message, sealed."""

    __tablename__ = "referral_attachment"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    message_id: UUID | None = Field(default=None, foreign_key="referral_message.id", index=True)
    title: bytes = Field(sa_type=LargeBinary)
    media_type: str = Field(max_length=64)
    size: int
    sha256: str = Field(max_length=64)
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)


class ReferralEvent(SQLModel, table=True):
    """One step in the life of an exchange, with no clinical word in it."""

    __tablename__ = "referral_event"

    referral_id: UUID = Field(foreign_key="referral.id", primary_key=True)
    position: int = Field(primary_key=True)
    act: str = Field(max_length=24)
    from_state: str | None = Field(default=None, max_length=20)
    to_state: str = Field(max_length=20)
    side: str = Field(max_length=8)
    actor: UUID | None = None
    role: str = Field(max_length=32)
    reason: str | None = Field(default=None, max_length=32)
    at: datetime = Field(sa_type=UtcDateTime)


class PracticeLink(SQLModel, table=True):
    """A link by which a practice without an account reads and answers one exchange."""

    __tablename__ = "referral_link"

    token_hash: str = Field(primary_key=True, max_length=64)
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id")
    code_hash: str | None = Field(default=None, max_length=64)
    code_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    device_hash: str | None = Field(default=None, max_length=64)
    failures: int = 0
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class DoctorsLink(SQLModel, table=True):
    """What one doctor knows to belong together: a worker and a notification, readable by that doctor alone.

    Both ids are sealed with a key that only a request of that doctor opens, so no job, statistic or log can join them.
    """

    __tablename__ = "doctors_link"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    doctor: str = Field(max_length=64, index=True)
    sealed: bytes = Field(sa_type=LargeBinary)


def messages_about(session: Session, person_id: UUID) -> Sequence[tuple[Referral, Message]]:
    """Everything that crossed or was to cross about this worker, newest exchange first."""
    rows = session.execute(
        select(Referral, Message)
        .join(Message, col(Message.referral_id) == col(Referral.id))
        .where(col(Referral.person_id) == person_id)
        .order_by(col(Referral.id).desc(), col(Message.position))
    )
    return [(referral, message) for referral, message in rows]
