"""Our rows as the plain values that answers in FHIR are written from."""

from collections.abc import Mapping
from typing import Any

from fhir.canonical import NUMBER_SYSTEM
from fhir.issues import Issue, Severity, issue
from fhir.report import Identifier
from fhir.report import Submission as Read
from fhir.writing.values import (
    BusinessStatus,
    CriteriaResult,
    Determination,
    MemberReceipt,
    Missing,
    ReceiptValue,
    Receiver,
    TaskStatus,
    TaskValue,
)
from service import __version__
from service.clock import written
from service.codes.catalogue import catalogue
from service.notifications.rules import State
from service.notifications.schemas import Receipt
from service.notifications.tables import Notification, Standing
from service.problems import FieldError
from service.settings import Settings
from service.text import Text
from service.wire.mapping import issue_of
from service.wire.tables import Accepted, Submission

_SEPARATOR = "|"
_DETERMINATIONS: Mapping[str, Determination] = {
    "meets": Determination.MEETS,
    "does-not-meet": Determination.DOES_NOT_MEET,
    "insufficient-information": Determination.INSUFFICIENT,
    "no-public-criteria": Determination.NO_PUBLIC_CRITERIA,
}
_STANDING: Mapping[str, tuple[TaskStatus, BusinessStatus]] = {
    State.QUEUED: (TaskStatus.IN_PROGRESS, BusinessStatus.ASSESSMENT),
    State.RETURNED: (TaskStatus.IN_PROGRESS, BusinessStatus.QUESTION),
    State.REGISTERED: (TaskStatus.COMPLETED, BusinessStatus.REGISTERED),
    State.NOT_REGISTERED: (TaskStatus.REJECTED, BusinessStatus.NOT_REGISTERED),
    State.WITHDRAWN: (TaskStatus.COMPLETED, BusinessStatus.WITHDRAWN),
}


def written_identifier(identifier: Identifier) -> str:
    """An identifier as one string, as it stands in a search: system|value."""
    return f"{identifier.system or ''}{_SEPARATOR}{identifier.value}"


def read_identifier(text: str) -> Identifier:
    """The same string as an identifier again."""
    system, _, value = text.partition(_SEPARATOR)
    return Identifier(system or None, value)


def states_of(statuses: set[str]) -> list[str]:
    """The states of a notification whose Task has one of these statuses."""
    return [state for state, (status, _) in _STANDING.items() if status in statuses]


def receipt_id(submission: Accepted) -> str:
    """The id of the Bundle with the receipt, beside the Bundle with the document."""
    return f"{submission.id}-receipt"


def task_value(submission: Submission, notification: Notification) -> TaskValue:
    """A submission and its notification as a Task."""
    status, business = _STANDING[notification.state]
    return TaskValue(
        task_id=str(submission.id),
        version=notification.version,
        status=status,
        business_status=business,
        number=notification.number,
        client_identifier=read_identifier(submission.client_identifier),
        bundle_identifier=read_identifier(submission.identifier),
        authored_on=written(submission.at),
        last_modified=written(notification.changed_at),
        owner_name="Arbobrug",
        bundle_id=str(submission.id),
        receipt_id=receipt_id(submission),
        reason=notification.reason,
        questions=tuple(notification.questions),
    )


def receipt_value(
    settings: Settings, submission: Accepted, notification: Standing, receipt: Receipt | None, read: Read
) -> ReceiptValue:
    """All that a receipt in FHIR says."""
    institution = settings.institution
    passed_on = "hier geregistreerd" if institution.receives_here else "nog niet doorgegeven"
    receiver = Receiver(institution.name, passed_on, institution.contact, institution.legal_basis)
    return ReceiptValue(
        base=f"{settings.base_url}/fhir/R4",
        receipt_id=receipt_id(submission),
        task_id=str(submission.id),
        number=notification.number or "",
        received_at=written(submission.at),
        client_identifier=read.client_identifier,
        sha256=submission.sha256,
        software_version=__version__,
        rule_set_version=catalogue().fingerprint,
        desk_name=institution.name,
        desk_contact=institution.contact,
        desk_identifier=None,
        criteria=_criteria(receipt.check, read) if receipt else _NO_CRITERIA,
        receivers=(receiver,),
        status=_STANDING[notification.state][1],
        numbers=_numbers(receipt),
        next_steps=tuple(receipt.next_steps) if receipt else (),
        replaces_number=read.follow_up is not None,
    )


_NO_CRITERIA = CriteriaResult(Determination.NO_PUBLIC_CRITERIA, "De melding is ingetrokken en niet getoetst.")


def _criteria(check: Mapping[str, Any], read: Read) -> CriteriaResult:
    guideline = check["guideline"] or {}
    texts = {line["parameter"]: line["text"] for line in check["criteria"]}
    missing = tuple(
        Missing(name, texts.get(name, name), read.expression_of("/assessment/findings")) for name in check["missing"]
    )
    return CriteriaResult(
        determination=_DETERMINATIONS[check["verdict"]],
        reason=check["explanation"],
        rule=guideline.get("code"),
        rule_version=guideline.get("version"),
        authoring_body="Nederlands Centrum voor Beroepsziekten" if guideline else None,
        missing=missing,
        links=(check["link"],),
    )


def _numbers(receipt: Receipt | None) -> tuple[MemberReceipt, ...]:
    if receipt is None:
        return ()
    return tuple(MemberReceipt(one.number, one.sex, one.birth_year) for one in receipt.numbers)


def warnings_of(receipt: Receipt | None, read: Read) -> list[Issue]:
    """What to tell the sender beside the receipt."""
    issues = list(read.warnings)
    if receipt is None:
        return issues
    for one in receipt.warnings:
        error = FieldError(one.pointer, one.code, Text(one.detail, one.detail), one.source)
        issues.append(issue_of(error, read, warning=True))
    if receipt.check["verdict"] in {"does-not-meet", "insufficient-information"}:
        issues.append(issue("AB-R203", severity=Severity.WARNING, text=receipt.check["explanation"]))
    if receipt.possible_duplicates:
        issues.append(issue("AB-R205", severity=Severity.WARNING))
    return issues


def number_of(identifier: str) -> str:
    """What a search for an identifier looks for: our number loses its system, others keep theirs."""
    system, separator, value = identifier.partition(_SEPARATOR)
    return value if separator and system == NUMBER_SYSTEM else identifier
