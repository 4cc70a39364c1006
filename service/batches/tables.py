"""What we keep of batches: random ids and times to the hour, as everywhere on the notification side."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Date, Index, LargeBinary, Uuid, and_, delete, func, or_, select
from sqlmodel import Field, Session, SQLModel, col

from service.batches.rules import Status
from service.database import HourDateTime
from service.ids import random_id
from service.notifications.rules import State
from service.notifications.tables import Notification, Revision

_AT_ONCE = 500


class Batch(SQLModel, table=True):
    """One file of notifications. The version counts the files that were sent for it, not the rows that were filed."""

    __tablename__ = "notification_batch"
    __table_args__ = (Index("ix_notification_batch_owner", "owner", "ordinal"),)

    id: UUID = Field(default_factory=random_id, primary_key=True)
    owner: UUID
    ordinal: int
    organisation: UUID | None = None
    version: int = 1
    form: str = Field(max_length=8)
    sha256: str = Field(max_length=64)
    guessed_encoding: bool = False
    demo: bool = False
    created_at: datetime = Field(sa_type=HourDateTime)
    changed_at: datetime = Field(sa_type=HourDateTime)
    expires_on: date = Field(sa_type=Date, index=True)


class BatchRow(SQLModel, table=True):
    """One row of a file. Its document goes when it is filed: from then on the notification holds it."""

    __tablename__ = "notification_batch_row"
    __table_args__ = (Index("ix_notification_batch_row_batch", "batch_id", "status", "number"),)

    id: UUID = Field(default_factory=random_id, primary_key=True)
    batch_id: UUID = Field(foreign_key="notification_batch.id", ondelete="CASCADE")
    number: int
    reference: str | None = Field(default=None, max_length=40)
    status: str = Field(max_length=16)
    document: bytes = Field(default=b"", sa_type=LargeBinary)
    digest: str | None = Field(default=None, max_length=64)
    what: str | None = Field(default=None, max_length=240)
    verdict: str | None = Field(default=None, max_length=32)
    guideline: str | None = Field(default=None, max_length=32)
    problems: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    warnings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    alike: str | None = Field(default=None, max_length=16)
    alike_to: str | None = Field(default=None, max_length=20)
    # A plain column: the notification may be gone before the batch is, and the report must still say its number.
    notification_id: UUID | None = Field(default=None, sa_type=Uuid)
    notification_number: str | None = Field(default=None, max_length=20)
    state: str | None = Field(default=None, max_length=16)


def next_ordinal(session: Session, owner: UUID) -> int:
    """The place of the next batch in the owner's own list."""
    last = session.scalar(select(func.max(Batch.ordinal)).where(col(Batch.owner) == owner))
    return (last or 0) + 1


def owned(session: Session, batch_id: UUID, owner: UUID) -> Batch | None:
    """The batch, if it is the owner's."""
    return session.scalar(select(Batch).where(col(Batch.id) == batch_id, col(Batch.owner) == owner))


def lock_owner(session: Session, owner: UUID) -> None:
    """Wait until nobody else changes or files a batch of this owner, and keep it so until the transaction ends.

    All of the owner's batches, and in one order: two files with the same rows may be filed at the same moment.
    """
    session.execute(
        select(Batch.id).where(col(Batch.owner) == owner).order_by(col(Batch.id)).with_for_update()  # type: ignore[call-overload]
    )


def owned_page(session: Session, owner: UUID, before: tuple[int, UUID] | None, limit: int) -> Sequence[Batch]:
    """One page of the owner's batches, newest first. Two that were sent at once may share an ordinal."""
    question = select(Batch).where(col(Batch.owner) == owner)
    if before is not None:
        ordinal, last = before
        same = and_(col(Batch.ordinal) == ordinal, col(Batch.id) < last)
        question = question.where(or_(col(Batch.ordinal) < ordinal, same))
    ordered = question.order_by(col(Batch.ordinal).desc(), col(Batch.id).desc())
    return session.scalars(ordered.limit(limit)).all()


def how_many_open(session: Session, owner: UUID) -> int:
    """How many batches of the owner hold rows that are not filed."""
    unfinished = select(BatchRow.batch_id).where(  # type: ignore[call-overload]
        col(BatchRow.batch_id) == col(Batch.id), col(BatchRow.status) != Status.FILED
    )
    question = select(func.count()).select_from(Batch).where(col(Batch.owner) == owner, unfinished.exists())
    return session.scalar(question) or 0


def rows(session: Session, batch_id: UUID) -> Sequence[BatchRow]:
    """Every row, in the order of the file; what was filed from an earlier file comes first."""
    question = select(BatchRow).where(col(BatchRow.batch_id) == batch_id)
    return session.scalars(question.order_by(col(BatchRow.number), col(BatchRow.status), col(BatchRow.id))).all()


def counts(session: Session, batch_ids: Sequence[UUID]) -> Mapping[UUID, dict[str, int]]:
    """How many rows of each batch stand where."""
    question = select(col(BatchRow.batch_id), col(BatchRow.status), func.count()).where(
        col(BatchRow.batch_id).in_(batch_ids)
    )
    found: dict[UUID, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for batch_id, status, count in session.execute(question.group_by(col(BatchRow.batch_id), col(BatchRow.status))):
        found[batch_id][status] = count
    return found


def next_to_file(session: Session, batch_id: UUID, statuses: Sequence[Status]) -> BatchRow | None:
    """The first row that waits to be filed, locked."""
    question = select(BatchRow).where(
        col(BatchRow.batch_id) == batch_id,
        col(BatchRow.status).in_([status.value for status in statuses]),
        col(BatchRow.notification_id).is_(None),
    )
    return session.scalar(question.order_by(col(BatchRow.number), col(BatchRow.id)).limit(1).with_for_update())


def drop_unfiled(session: Session, batch_id: UUID) -> None:
    """Drop the rows that were not filed; a better file takes their place."""
    session.execute(delete(BatchRow).where(col(BatchRow.batch_id) == batch_id, col(BatchRow.notification_id).is_(None)))


def drop(session: Session, batch: Batch) -> None:
    """Drop a batch with its rows; the notifications that came of it stay."""
    session.execute(delete(BatchRow).where(col(BatchRow.batch_id) == batch.id))
    session.delete(batch)


def filed_before(session: Session, owner: UUID, digests: Iterable[str]) -> dict[str, str]:
    """The digests of what the owner submitted before and did not take back, with the number of the notification."""
    found: dict[str, str] = {}
    for some in _portions(digests):
        question = select(col(Revision.sha256), col(Notification.number)).join(
            Notification, col(Notification.id) == col(Revision.notification_id)
        )
        question = question.where(
            col(Notification.owner) == owner,
            col(Notification.state) != State.WITHDRAWN,
            col(Revision.sha256).in_(some),
        )
        found.update((sha256, number) for sha256, number in session.execute(question))
    return found


def resembling(session: Session, owner: UUID, fingerprints: Iterable[str], since: datetime) -> dict[str, str]:
    """The fingerprints that the owner's own notifications have too, with the number of one of them."""
    found: dict[str, str] = {}
    live = (State.QUEUED, State.REGISTERED, State.RETURNED)
    for some in _portions(fingerprints):
        question = select(col(Notification.fingerprint), col(Notification.number)).where(
            col(Notification.owner) == owner,
            col(Notification.fingerprint).in_(some),
            col(Notification.state).in_(live),
            col(Notification.submitted_at) >= since,
        )
        found.update((fingerprint, number) for fingerprint, number in session.execute(question))
    return found


def expired(session: Session, on: date, limit: int = 100) -> Sequence[Batch]:
    """Batches past their last day."""
    return session.scalars(select(Batch).where(col(Batch.expires_on) < on).limit(limit)).all()


def _portions(values: Iterable[str]) -> Iterable[list[str]]:
    unique = sorted(set(values))
    return (unique[start : start + _AT_ONCE] for start in range(0, len(unique), _AT_ONCE))
