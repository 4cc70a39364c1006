"""What we keep of exchanges. Everything clinical is sealed with the worker's key; a notification is never named."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Index, LargeBinary, bindparam, delete, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, defer
from sqlmodel import Field, Session, SQLModel, col

from service.database import UtcDateTime
from service.ids import ordered_id
from service.referrals.rules import CLINICAL, MessageState


class Referral(SQLModel, table=True):
    """One exchange between two doctors about one worker, and where it stands. In FHIR: the Task."""

    __tablename__ = "referral"
    __table_args__ = (
        Index("ix_referral_asker", "from_organisation", "id"),
        Index("ix_referral_asked", "to_organisation", "id"),
        Index("ix_referral_due", "state", "due_at"),
        Index("ix_referral_client", "from_organisation", "client_identifier"),
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
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reject_reason: str | None = Field(default=None, max_length=32)
    requested_by_worker: bool = False
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
    closed_because: str | None = Field(default=None, max_length=24)
    failure: str | None = Field(default=None, max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Attachment(SQLModel, table=True):
    """A file, sealed. Until its organisation sends a message with it, it belongs to none."""

    __tablename__ = "referral_attachment"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id")
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


class Notice(SQLModel, table=True):
    """Word to one side that something happened; the mail of it says no more than that."""

    __tablename__ = "referral_notice"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    side: str = Field(max_length=8)
    about: str = Field(max_length=24)
    at: datetime = Field(sa_type=UtcDateTime)
    mailed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PracticeLink(SQLModel, table=True):
    """A link by which a practice without an account reads and answers one exchange."""

    __tablename__ = "referral_link"

    token_hash: str = Field(primary_key=True, max_length=64)
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id")
    code_hash: str | None = Field(default=None, max_length=64)
    code_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    device_hash: str | None = Field(default=None, max_length=64)
    device_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class CalendarAddress(SQLModel, table=True):
    """The address by which a calendar program of one doctor reads the days to answer by. One at a time."""

    __tablename__ = "referral_calendar_address"

    account_id: UUID = Field(primary_key=True, foreign_key="identity_account.id")
    token_hash: str = Field(max_length=64, unique=True)


class DoctorsLink(SQLModel, table=True):
    """What one doctor knows to belong together: a worker and a notification, readable by that doctor alone.

    Both ids are sealed with a key that only a request of that doctor opens, so no job, statistic or log can join them.
    """

    __tablename__ = "doctors_link"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    doctor: str = Field(max_length=64, index=True)
    sealed: bytes = Field(sa_type=LargeBinary)


# Bytes of files are opened one by one.
_WITHOUT_BYTES = defer(cast("InstrumentedAttribute[bytes]", Attachment.content))


def referral_of(session: Session, referral_id: UUID, *, lock: bool = False) -> Referral | None:
    """The exchange. Whoever changes one or its messages holds its lock first, and that of a consent after it."""
    question = select(Referral).where(col(Referral.id) == referral_id)
    if lock:
        question = question.with_for_update().execution_options(populate_existing=True)
    return session.scalar(question)


def referral_of_message(session: Session, message_id: UUID) -> UUID | None:
    """Which exchange a message belongs to."""
    return session.scalar(select(col(Message.referral_id)).where(col(Message.id) == message_id))


def referrals_called(session: Session, organisation_id: UUID, name: str) -> Sequence[Referral]:
    """The exchanges that this organisation asked under this name of its own."""
    question = select(Referral).where(
        col(Referral.from_organisation) == organisation_id, col(Referral.client_identifier) == name
    )
    return session.scalars(question.order_by(col(Referral.id)).limit(2)).all()


# A name or trajectory that was not given is null, and equals nothing.
_OWN, _OTHERS = aliased(Referral), aliased(Referral)
_TAKEN = select(
    exists().where(col(_OWN.from_organisation) == bindparam("whose"), col(_OWN.client_identifier) == bindparam("name")),
    exists().where(
        col(_OTHERS.trajectory) == bindparam("trajectory"), col(_OTHERS.from_organisation) != bindparam("whose")
    ),
)


def names_taken(
    session: Session, organisation_id: UUID, name: str | None, trajectory: UUID | None
) -> tuple[bool, bool]:
    """Tell whether this organisation has an exchange of that name, and another organisation one in that trajectory."""
    values = {"whose": organisation_id, "name": name, "trajectory": trajectory}
    named, elsewhere = session.connection().execute(_TAKEN, values).one()
    return bool(named), bool(elsewhere)


def message_of(session: Session, message_id: UUID) -> Message:
    """The message as it stands now; the exchange is locked already."""
    return session.get_one(Message, message_id, populate_existing=True)


def messages_of(session: Session, referral_id: UUID) -> Sequence[Message]:
    """Everything that crossed or is to cross, in order."""
    question = select(Message).where(col(Message.referral_id) == referral_id).order_by(col(Message.position))
    return session.scalars(question.execution_options(populate_existing=True)).all()


def next_position(session: Session, referral_id: UUID) -> int:
    """The place of the next message in an exchange that is locked."""
    last = select(func.max(col(Message.position))).where(col(Message.referral_id) == referral_id)
    return (session.scalar(last) or 0) + 1


def events_of(session: Session, referral_id: UUID) -> Sequence[ReferralEvent]:
    """Every step, in order."""
    question = select(ReferralEvent).where(col(ReferralEvent.referral_id) == referral_id)
    return session.scalars(question.order_by(col(ReferralEvent.position))).all()


def last_event(session: Session, referral_id: UUID, act: str) -> ReferralEvent | None:
    """The last time that this was done."""
    question = select(ReferralEvent).where(col(ReferralEvent.referral_id) == referral_id, col(ReferralEvent.act) == act)
    return session.scalar(question.order_by(col(ReferralEvent.position).desc()).limit(1))


def attachments_of(session: Session, referral_id: UUID) -> Sequence[Attachment]:
    """The files of an exchange, in the order in which they came."""
    question = select(Attachment).where(col(Attachment.referral_id) == referral_id)
    return session.scalars(question.options(_WITHOUT_BYTES).order_by(col(Attachment.id))).all()


def files_of(session: Session, referral_id: UUID, organisation_id: UUID) -> Sequence[Attachment]:
    """The files of this organisation that go with its next message."""
    question = select(Attachment).where(
        col(Attachment.referral_id) == referral_id,
        col(Attachment.organisation_id) == organisation_id,
        col(Attachment.message_id).is_(None),
    )
    return session.scalars(question.options(_WITHOUT_BYTES).order_by(col(Attachment.id))).all()


def live_between(session: Session, person_id: UUID, from_organisation: UUID, to_organisation: UUID) -> Sequence[UUID]:
    """The clinical messages about this worker from one to the other that wait, are ready, or went out."""
    question = (
        select(col(Message.id))
        .join(Referral, col(Referral.id) == col(Message.referral_id))
        .where(
            col(Referral.person_id) == person_id,
            col(Message.from_organisation) == from_organisation,
            col(Message.to_organisation) == to_organisation,
            col(Message.kind).in_([kind.value for kind in CLINICAL]),
            col(Message.state) != MessageState.STOPPED,
        )
    )
    return session.scalars(question.order_by(col(Message.referral_id), col(Message.position))).all()


def page(
    session: Session, ours: ColumnElement[bool], states: Sequence[str], before: UUID | None, limit: int
) -> Sequence[Referral]:
    """One page of exchanges, newest first."""
    question = select(Referral).where(ours)
    if states:
        question = question.where(col(Referral.state).in_(states))
    if before is not None:
        question = question.where(col(Referral.id) < before)
    return session.scalars(question.order_by(col(Referral.id).desc()).limit(limit)).all()


def due(session: Session, ours: ColumnElement[bool], states: Collection[str], limit: int) -> Sequence[Referral]:
    """The exchanges in these states with a day to answer by, first day first."""
    question = select(Referral).where(ours, col(Referral.state).in_(states), col(Referral.due_at).is_not(None))
    return session.scalars(question.order_by(col(Referral.due_at)).limit(limit)).all()


def count(session: Session, ours: ColumnElement[bool], states: Collection[str]) -> int:
    """How many exchanges stand in these states."""
    question = select(func.count()).select_from(Referral).where(ours, col(Referral.state).in_(states))
    return session.scalar(question) or 0


def practice_link(session: Session, token_hash: str) -> PracticeLink | None:
    """The link of a practice, locked: tries are counted one at a time."""
    return session.scalar(select(PracticeLink).where(col(PracticeLink.token_hash) == token_hash).with_for_update())


def calendar_of(session: Session, token_hash: str) -> UUID | None:
    """Whose calendar has this address."""
    question = select(col(CalendarAddress.account_id)).where(col(CalendarAddress.token_hash) == token_hash)
    return session.scalar(question)


def drop_calendar_address(session: Session, account_id: UUID) -> None:
    """Let the calendar of this doctor have no address any longer."""
    session.execute(delete(CalendarAddress).where(col(CalendarAddress.account_id) == account_id))


def forget_links(session: Session, at: datetime) -> None:
    """Drop the links of practices that have run out."""
    session.execute(delete(PracticeLink).where(col(PracticeLink.expires_at) < at))


def messages_about(session: Session, person_id: UUID) -> Sequence[tuple[Referral, Message]]:
    """Everything that crossed or was to cross about this worker, newest exchange first."""
    rows = session.execute(
        select(Referral, Message)
        .join(Message, col(Message.referral_id) == col(Referral.id))
        .where(col(Referral.person_id) == person_id)
        .order_by(col(Referral.id).desc(), col(Message.position))
    )
    return [(referral, message) for referral, message in rows]
