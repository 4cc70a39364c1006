"""What can be done through the FHIR door with a notification."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session

from fhir.issues import Issue, Severity, Unreadable, issue
from fhir.reading import read_submission
from fhir.report import Kind
from fhir.report import Submission as Read
from fhir.writing import write_outcome, write_parameters_answer, write_receipt, write_task
from service.audit.tables import Act, record
from service.clock import now, to_the_hour, today
from service.database import Database, append
from service.identity.access import Caller
from service.ids import random_id
from service.notifications import actions as notifications
from service.notifications import judgement
from service.notifications.actions import Filing
from service.notifications.schemas import NotificationContent, Receipt
from service.notifications.tables import Notification, Standing, owned_by_number
from service.problems import InvalidInput, NotFound, Refusal
from service.settings import Settings
from service.text import Language
from service.validation import field_errors
from service.wire import tables, values
from service.wire.answers import encoded, issues_of
from service.wire.asking import TaskSearch
from service.wire.incoming import Received, digest
from service.wire.lists import LISTS
from service.wire.mapping import content_of, issue_of
from service.wire.sender import insist_on_organisation, insist_on_scopes
from service.wire.tables import Accepted, Attempt

_NO_REASON = "Ingetrokken door de melder, zonder reden in het document."


@dataclass(slots=True)
class Walk:
    """The steps a document goes through, and how each came out; kept for its sender."""

    identifier: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)

    def passed(self, step: str) -> None:
        """Note that a step went well."""
        self.steps.append({"step": step, "outcome": "ok"})

    def stopped(self, step: str, issues: list[Issue]) -> None:
        """Note where it stopped and with which codes."""
        codes = sorted({one.error for one in issues if one.severity is not Severity.WARNING})
        self.steps.append({"step": step, "outcome": "refused", "codes": codes})


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a submission: the bytes, the id of its Task, and whether it was given before."""

    body: bytes = field(repr=False)
    task_id: UUID
    version: int
    replayed: bool


@contextmanager
def attempt(database: Database, caller: Caller, body: bytes | None) -> Iterator[Walk]:
    """An offer of a document. When it is refused, nothing of the document is kept, only how far it came."""
    walk = Walk()
    try:
        yield walk
    except (Unreadable, Refusal) as refused:
        issues = list(refused.issues) if isinstance(refused, Unreadable) else issues_of(refused)
        walk.stopped("processing", issues)
        with database.transaction() as session:
            append(session, Attempt, [_attempt(caller, digest(body), walk, int(refused.status))])
        raise


def process(database: Database, settings: Settings, caller: Caller, received: Received, walk: Walk) -> Answered:
    """File, amend or withdraw what the document says. The same bytes again get the same answer.

    Raises Unreadable or a Refusal.
    """
    with database.transaction() as session:
        answered = _process(session, settings, caller, received, walk)
        if not answered.replayed:
            append(session, Attempt, [_attempt(caller, received.sha256, walk, 201)])
        return answered


def check(session: Session, caller: Caller, received: Received) -> dict[str, Any]:
    """Say everything about a document that is not filed: a dry run. Raises nothing for what is wrong with it."""
    try:
        insist_on_scopes(caller, received.document)
        read = read_submission(received.document, LISTS)
        insist_on_organisation(session, caller, read)
        issues = [*read.warnings, *_said_of(read)]
    except Unreadable as unreadable:
        issues = list(unreadable.issues)
    return write_outcome(issues)


def _said_of(read: Read) -> list[Issue]:
    """What the rules of the register would say: what blocks, what warns, and the verdict."""
    if read.report is None:
        return []
    content = _content(read)
    blocking, warnings = judgement.open_points(content, today())
    said = [issue_of(error, read) for error in blocking]
    said += [issue_of(error, read, warning=True) for error in warnings]
    with suppress(InvalidInput):
        verdict = judgement.check_criteria(content, today(), Language.NL)
        said.append(issue("AB-OK", severity=Severity.INFORMATION, text=verdict.explanation))
    return said


def _process(session: Session, settings: Settings, caller: Caller, received: Received, walk: Walk) -> Answered:
    insist_on_scopes(caller, received.document)
    walk.passed("scopes")
    read = read_submission(received.document, LISTS)
    walk.identifier = values.written_identifier(read.identifier)
    walk.passed("structure, profile, terminology, references, privacy")
    insist_on_organisation(session, caller, read)
    walk.passed("organisation")
    kept = _accepted(caller, received, read)
    if not tables.claim(session, kept):
        return _again(session, caller, kept)
    notification, receipt = _act(session, settings, caller, read)
    walk.passed("rules")
    answer = _answer(session, settings, kept, notification, receipt, read)
    walk.steps.append({"step": "criteria", "outcome": notification.verdict})
    walk.steps.append({"step": "registration", "outcome": notification.state})
    record(session, caller, Act.CREATE, "wire.submit", "submission", kept.id)
    return Answered(answer, kept.id, notification.version, replayed=False)


def _accepted(caller: Caller, received: Received, read: Read) -> Accepted:
    return Accepted(
        owner=caller.owner,
        identifier=values.written_identifier(read.identifier),
        client_identifier=values.written_identifier(read.client_identifier),
        sha256=received.sha256,
        body=received.body,
        at=to_the_hour(now()),  # it is told to the sender as it is kept
    )


def _again(session: Session, caller: Caller, row: Accepted) -> Answered:
    """The same identifier came before: the same answer for the same bytes, a refusal for others."""
    before = tables.by_identifier(session, caller.owner, row.identifier)
    if before is None or before.sha256 != row.sha256:
        raise Unreadable([issue("AB-L004", "Bundle.identifier")])
    return Answered(before.answer, before.id, 0, replayed=True)


def _act(session: Session, settings: Settings, caller: Caller, read: Read) -> tuple[Standing, Receipt | None]:
    with _issues_at_their_place(read):
        if read.kind is Kind.NEW:
            return notifications.file(session, caller, _filing(read), settings.institution)
        row = _followed(session, caller, read)
        if read.kind is Kind.WITHDRAWS:
            reason = (read.follow_up.reason if read.follow_up else None) or _NO_REASON
            return notifications.withdraw(session, caller, row.id, row.version, reason), None
        return notifications.replace(session, caller, row.id, row.version, _filing(read), settings.institution)


def _filing(read: Read) -> Filing:
    content = _content(read)
    return Filing(content, content.model_dump_json(by_alias=True, exclude_none=True).encode(), Language.NL)


def _content(read: Read) -> NotificationContent:
    assert read.report is not None
    try:
        return content_of(read.report, read.custodian)
    except ValidationError as error:
        raise InvalidInput(errors=field_errors(error.errors(), NotificationContent)) from None


def _followed(session: Session, caller: Caller, read: Read) -> Notification:
    number = read.follow_up.number if read.follow_up else ""
    row = owned_by_number(session, number, caller.owner)
    if row is None:
        raise Unreadable([issue("AB-L007", "Bundle.entry[0].resource.relatesTo")])
    return row


@contextmanager
def _issues_at_their_place(read: Read) -> Iterator[None]:
    """Turn field errors into issues that point at the element they came from."""
    try:
        yield
    except InvalidInput as refusal:
        raise Unreadable([issue_of(error, read) for error in refusal.errors]) from None


def _answer(
    session: Session,
    settings: Settings,
    kept: Accepted,
    notification: Standing,
    receipt: Receipt | None,
    read: Read,
) -> bytes:
    """Write the answer once; every repeat of the same document gets these bytes."""
    kept.notification_id, kept.revision = notification.id, notification.revision
    value = values.receipt_value(settings, kept, notification, receipt, read)
    resource = write_receipt(value)
    notes = judgement.notes(_content(read)) if read.report else ()
    warnings = [*values.warnings_of(receipt, read), *(issue_of(one, read, warning=True) for one in notes)]
    kept.receipt = encoded(resource)
    kept.answer = encoded(write_parameters_answer(resource, write_outcome(warnings)))
    tables.keep_answer(session, kept)
    return kept.answer


def _attempt(caller: Caller, sha256: str, walk: Walk, status: int) -> dict[str, Any]:
    return {
        "id": random_id(),
        "owner": caller.owner,
        "identifier": walk.identifier,
        "sha256": sha256,
        "status": status,
        "steps": walk.steps,
        "at": now(),
    }


@dataclass(frozen=True, slots=True)
class TasksFound:
    """One page of Tasks; `last` is where the next page starts, if there is one."""

    tasks: list[dict[str, Any]]
    last: tuple[int, UUID] | None
    total: int | None


def search(session: Session, caller: Caller, asked: TaskSearch) -> TasksFound:
    """Find the caller's own Tasks."""
    filters = tables.Filters(
        owner=caller.owner,
        ids=tuple(UUID(one) for one in asked.ids if _is_uuid(one)) if asked.ids else None,
        identifier=values.number_of(asked.identifier) if asked.identifier else None,
        states=tuple(values.states_of(set(asked.statuses))) if asked.statuses else None,
        since=asked.since,
        until=asked.until,
    )
    total = tables.how_many(session, filters) if asked.with_total else None
    rows = tables.page(session, filters, asked.before, asked.count + 1) if asked.count else []
    tasks = [write_task(values.task_value(*row)) for row in rows[: asked.count]]
    more = len(rows) > asked.count > 0
    last = rows[asked.count - 1][0] if more else None
    record(session, caller, Act.READ, "wire.search", "submission", None)
    return TasksFound(tasks, (last.ordinal, last.id) if last else None, total)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def task(session: Session, caller: Caller, submission_id: UUID) -> tuple[dict[str, Any], int]:
    """The Task of a submission as it stands now, and its version. Raises NotFound for anybody else's."""
    found = tables.owned(session, submission_id, caller.owner)
    if found is None:
        raise NotFound
    record(session, caller, Act.READ, "wire.task", "submission", submission_id)
    return write_task(values.task_value(*found)), found[1].version


def bundle(session: Session, caller: Caller, submission_id: UUID) -> bytes:
    """The bytes of a document as its sender sent them."""
    found = tables.owned(session, submission_id, caller.owner)
    if found is None:
        raise NotFound
    record(session, caller, Act.READ, "wire.as-submitted", "submission", submission_id)
    return found[0].body


def receipt_bundle(session: Session, caller: Caller, submission_id: UUID) -> bytes:
    """The receipt of a submission, as it was given."""
    found = tables.owned(session, submission_id, caller.owner)
    if found is None:
        raise NotFound
    record(session, caller, Act.READ, "wire.receipt", "submission", submission_id)
    return found[0].receipt
