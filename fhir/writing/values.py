"""What the answers are written from: plain values that say nothing about how they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fhir.issues import Issue
from fhir.report import Identifier


class Determination(StrEnum):
    """The outcome against the criteria, as eCR says it."""

    MEETS = "voldoet"
    DOES_NOT_MEET = "voldoet-niet"
    INSUFFICIENT = "onvoldoende-gegevens"
    NO_PUBLIC_CRITERIA = "geen-openbare-criteria"


class BusinessStatus(StrEnum):
    """Where a notification stands, for its sender."""

    RECEIVED = "ontvangen"
    ASSESSMENT = "beoordeling"
    QUESTION = "vraag-aan-melder"
    REGISTERED = "geregistreerd"
    NOT_REGISTERED = "niet-geregistreerd"
    WITHDRAWN = "ingetrokken"


class TaskStatus(StrEnum):
    """FHIR's task-status, as far as the processing of a notification uses it."""

    RECEIVED = "received"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Missing:
    """What the criteria lack: the finding's name, its label, and the element where it belongs."""

    name: str
    label: str
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class CriteriaResult:
    """How the content was held against its guideline."""

    determination: Determination
    reason: str
    rule: str | None = None
    rule_version: str | None = None
    authoring_body: str | None = None
    missing: tuple[Missing, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receiver:
    """One institution the notification was received for, and what happened to it there."""

    name: str
    status: str
    contact: str | None = None
    legal_basis: str | None = None
    passed_on_at: str | None = None


@dataclass(frozen=True, slots=True)
class MemberReceipt:
    """The number that one worker of a group got."""

    number: str
    sex: str
    birth_year: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceiptValue:
    """All that a receipt says. Times are RFC 3339; `base` is the address of this FHIR service."""

    base: str
    receipt_id: str
    task_id: str
    number: str
    received_at: str
    client_identifier: Identifier
    sha256: str
    software_version: str
    rule_set_version: str
    desk_name: str
    desk_contact: str
    desk_identifier: Identifier | None
    criteria: CriteriaResult
    receivers: tuple[Receiver, ...]
    status: BusinessStatus
    numbers: tuple[MemberReceipt, ...] = ()
    next_steps: tuple[str, ...] = ()
    replaces_number: bool = False


@dataclass(frozen=True, slots=True)
class TaskValue:
    """The status object of one notification, as its sender reads and searches it."""

    task_id: str
    version: int
    status: TaskStatus
    business_status: BusinessStatus
    number: str | None
    client_identifier: Identifier | None
    bundle_identifier: Identifier | None
    authored_on: str
    last_modified: str
    owner_name: str
    bundle_id: str | None = None
    receipt_id: str | None = None
    reason: str | None = None
    questions: tuple[str, ...] = ()
    requester: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One resource in a searchset, with its absolute address."""

    full_url: str
    resource: Mapping[str, Any]
    mode: str = "match"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search: absolute links; `total` only when it was asked for or is cheap."""

    self_url: str
    found: tuple[Found, ...]
    next_url: str | None = None
    total: int | None = None
    warnings: tuple[Issue, ...] = ()
