"""What can be done with a batch: one function per sentence of the product. None of them commits."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from service.audit.tables import Act as AuditAct
from service.audit.tables import record
from service.batches.reading import ReadFile, ReadRow, column_of
from service.batches.rules import (
    KEPT_DAYS,
    MOST_OPEN,
    Alike,
    Duplicates,
    Status,
    earlier_rows,
    status_of,
    to_file,
)
from service.batches.tables import (
    Batch,
    BatchRow,
    drop,
    drop_unfiled,
    expired,
    filed_before,
    how_many_open,
    lock_owner,
    next_ordinal,
    next_to_file,
    owned,
    resembling,
    rows,
)
from service.clock import AMSTERDAM, now
from service.events import INTERNAL_ERROR
from service.faults import place_of
from service.identity.access import Caller
from service.notifications import actions as notifications
from service.notifications.schemas import NotificationContent
from service.problems import Conflict, FieldError, InternalError, NotFound, Refusal, Stale
from service.settings import Institution
from service.text import Language, Text

_LOOK_ALIKE_PERIOD = timedelta(days=366)
_KIND = "notification-batch"
_TOO_MANY_OPEN = Text(
    "U hebt al veel bestanden openstaan. Dien ze in of gooi ze weg, en probeer het dan opnieuw.",
    "You have many files open. Submit them or throw them away, then try again.",
)
_FILED_AS_IT_WAS = Text(
    "Deze rij is al ingediend. Wat u in het bestand wijzigde, telt niet. Verbeter de melding zelf.",
    "This row was filed already. What you changed in the file does not count. Amend the notification itself.",
)


def upload(session: Session, caller: Caller, file: ReadFile) -> Batch:
    """Keep a file that was read as a new batch; nothing is filed yet."""
    lock_owner(session, caller.owner)
    if how_many_open(session, caller.owner) >= MOST_OPEN:
        raise Conflict(_TOO_MANY_OPEN)
    moment = now()
    batch = Batch(
        owner=caller.owner,
        ordinal=next_ordinal(session, caller.owner),
        organisation=caller.organisation,
        form=file.form,
        sha256=file.sha256,
        guessed_encoding=file.guessed_encoding,
        demo=caller.demo,
        created_at=moment,
        changed_at=moment,
        expires_on=_last_day(moment),
    )
    session.add(batch)
    session.flush()
    session.add_all(_as_rows(session, batch, file, file.rows))
    record(session, caller, AuditAct.CREATE, "batch.upload", _KIND, batch.id)
    return batch


def correct(session: Session, caller: Caller, batch_id: UUID, version: int, file: ReadFile) -> Batch:
    """Put a better file in the place of the rows that were not filed; what was filed stays as it was filed."""
    batch = _to_change(session, caller, batch_id, version)
    drop_unfiled(session, batch.id)
    filed = _Filed(rows(session, batch.id))
    fresh = [row for row in file.rows if not filed.has(row)]
    session.add_all(_as_rows(session, batch, file, fresh, filed))
    moment = now()
    batch.form, batch.sha256, batch.guessed_encoding = file.form, file.sha256, file.guessed_encoding
    batch.changed_at, batch.expires_on = moment, _last_day(moment)
    batch.version += 1
    record(session, caller, AuditAct.UPDATE, "batch.correct", _KIND, batch.id)
    return batch


def open_own(session: Session, caller: Caller, batch_id: UUID) -> tuple[Batch, Sequence[BatchRow]]:
    """Open the caller's batch. Raises NotFound when it is not there or not the caller's."""
    batch = _own(session, caller, batch_id)
    record(session, caller, AuditAct.READ, "batch.read", _KIND, batch.id)
    return batch, rows(session, batch.id)


def begin_submission(session: Session, caller: Caller, batch_id: UUID, version: int) -> None:
    """Note that the caller submits this version of the batch. Raises NotFound or Stale."""
    batch = _to_change(session, caller, batch_id, version)
    record(session, caller, AuditAct.EXECUTE, "batch.submit", _KIND, batch.id)


def file_next(
    session: Session,
    caller: Caller,
    batch_id: UUID,
    version: int,
    duplicates: Duplicates,
    institution: Institution,
    language: Language = Language.NL,
) -> bool:
    """File the next row that waits, under lock. Gives whether there was one; a row that was filed waits no more.

    A row that is refused now is marked as failed, so that it does not stand in the way of the others.
    """
    batch = _to_change(session, caller, batch_id, version)
    row = next_to_file(session, batch.id, to_file(duplicates))
    if row is None:
        return False
    if duplicates is Duplicates.SKIP and (known := filed_before(session, caller.owner, [row.digest or ""])):
        row.status, row.alike = Status.PENDING, Alike.FILED_BEFORE
        row.alike_to = next(iter(known.values()))
        return True
    try:
        with session.begin_nested():
            _file(session, caller, row, institution, language)
    except Refusal as refusal:
        _mark_failed(row, refusal)
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - our own fault in one row must not keep the other rows from being filed
        INTERNAL_ERROR.log(kind=type(error).__name__, place=place_of(error), route="notification-batches")
        _mark_failed(row, InternalError())
    return True


def discard(session: Session, caller: Caller, batch_id: UUID, version: int) -> None:
    """Throw a batch away; what was filed from it stays filed."""
    batch = _to_change(session, caller, batch_id, version)
    record(session, caller, AuditAct.DELETE, "batch.discard", _KIND, batch.id)
    drop(session, batch)


def expire_batches(session: Session, at: datetime) -> int:
    """Throw away the batches that nobody touched for thirty days. Gives how many."""
    found = expired(session, at.astimezone(AMSTERDAM).date())
    for batch in found:
        drop(session, batch)
    return len(found)


class _Filed:
    """The rows of a batch that were filed, to recognise them in a better file: by reference, or by what they say."""

    def __init__(self, filed: Sequence[BatchRow]) -> None:
        self._by_reference = {row.reference: row for row in filed if row.reference}
        self._nameless: dict[str | None, list[BatchRow]] = {}
        self._numbers = {row.number: row for row in filed if not row.reference}
        for row in filed:
            if not row.reference:
                self._nameless.setdefault(row.digest, []).append(row)

    def has(self, row: ReadRow) -> bool:
        """Whether this row was filed before. A row without a reference counts once for every row that was filed."""
        if row.reference:
            return self._known(row, self._by_reference.get(row.reference))
        waiting = self._nameless.get(row.digest if row.body else None)
        return bool(waiting) and self._known(row, waiting.pop()) if waiting else False

    def at_its_place(self, row: ReadRow) -> BatchRow | None:
        """The row with the same number that was filed with other content: changed since, or another case."""
        return None if row.reference else self._numbers.get(row.number)

    def _known(self, row: ReadRow, filed: BatchRow | None) -> bool:
        if filed is None:
            return False
        filed.number = row.number
        changed = not row.body or row.digest != filed.digest
        filed.warnings = [_kept(FieldError("", "already-filed", _FILED_AS_IT_WAS), {})] if changed else []
        return True


def _own(session: Session, caller: Caller, batch_id: UUID) -> Batch:
    batch = owned(session, batch_id, caller.owner)
    if batch is None or batch.demo != caller.demo:
        raise NotFound
    return batch


def _to_change(session: Session, caller: Caller, batch_id: UUID, version: int) -> Batch:
    lock_owner(session, caller.owner)
    batch = _own(session, caller, batch_id)
    if batch.version != version:
        raise Stale
    return batch


def _last_day(moment: datetime) -> date:
    return (moment.astimezone(AMSTERDAM) + timedelta(days=KEPT_DAYS)).date()


def _file(session: Session, caller: Caller, row: BatchRow, institution: Institution, language: Language) -> None:
    filing = notifications.Filing(NotificationContent.model_validate_json(row.document), row.document, language)
    filed, receipt = notifications.file(session, caller, filing, institution)
    row.status, row.document = Status.FILED, b""
    row.notification_id, row.notification_number, row.state = filed.id, receipt.number, receipt.state
    row.problems = []


def _mark_failed(row: BatchRow, refusal: Refusal) -> None:
    errors = refusal.errors or (FieldError("", refusal.slug, refusal.detail),)
    row.status, row.problems = Status.FAILED, [_kept(error, {}) for error in errors]


def _as_rows(
    session: Session, batch: Batch, file: ReadFile, read: Sequence[ReadRow], filed: _Filed | None = None
) -> list[BatchRow]:
    """The rows to keep, each with why it may be a duplicate."""
    good = [row for row in read if not row.problems]
    before = filed_before(session, batch.owner, (row.digest for row in good))
    since = now() - _LOOK_ALIKE_PERIOD
    alike = resembling(session, batch.owner, (row.fingerprint for row in good if row.fingerprint), since)
    again = earlier_rows((row.number, row.digest) for row in good)
    found = []
    for row in read:
        why, to = _likeness(row, before, alike, again, filed)
        found.append(_as_row(batch, file, row, why, to))
    return found


def _likeness(
    row: ReadRow,
    before: Mapping[str, str],
    alike: Mapping[str, str],
    again: Mapping[int, int],
    filed: _Filed | None,
) -> tuple[Alike | None, str | None]:
    if row.problems:
        return None, None
    if row.digest in before:
        return Alike.FILED_BEFORE, before[row.digest]
    if row.number in again:
        return Alike.EARLIER_ROW, str(again[row.number])
    if filed and (other := filed.at_its_place(row)):
        return Alike.FILED_HERE, other.notification_number
    if row.fingerprint and row.fingerprint in alike:
        return Alike.RESEMBLES, alike[row.fingerprint]
    return None, None


def _as_row(batch: Batch, file: ReadFile, row: ReadRow, alike: Alike | None, alike_to: str | None) -> BatchRow:
    return BatchRow(
        batch_id=batch.id,
        number=row.number,
        reference=row.reference,
        status=status_of(problems=bool(row.problems), alike=alike),
        document=row.body,
        digest=row.digest if row.body else None,
        what=row.what,
        verdict=row.verdict,
        guideline=row.guideline,
        problems=[_kept(problem, file.names) for problem in row.problems],
        warnings=[_kept(warning, file.names) for warning in row.warnings],
        alike=alike,
        alike_to=alike_to,
    )


def _kept(problem: FieldError, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "pointer": problem.pointer,
        "code": problem.code,
        "nl": problem.text.nl,
        "en": problem.text.en,
        "source": problem.source,
        "column": column_of(problem.pointer, names),
    }
