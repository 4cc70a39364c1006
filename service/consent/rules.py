"""How we decide whether data of a worker may be released or read. Pure; everything it needs is given.

Specific goes over general, and within the same level an objection wins (Generieke Functies, toestemming). What is no
clinical content (who writes to whom, and the status) goes along with any message that may go itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

RULES_VERSION = "2026.1"


class State(StrEnum):
    """Where a consent stands. Only `given` opens anything."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Basis(StrEnum):
    """How the worker gave it. Oral and paper are what a doctor says the worker said, and shown as such."""

    LINK = "link"
    SCREEN = "screen"
    ORAL = "oral"
    PAPER = "paper"


class Provision(StrEnum):
    """A permission, or an objection that holds until it is taken back."""

    PERMIT = "permit"
    DENY = "deny"


class Purpose(StrEnum):
    """What the data may be used for (HL7 v3 ActReason)."""

    TREAT = "TREAT"


class Act(StrEnum):
    """What somebody wants to do with the data."""

    RELEASE = "release"
    READ = "read"


class Reason(StrEnum):
    """Why it is allowed, or why not."""

    CONSENT = "consent"
    OWN = "own"
    NOT_A_PARTY = "not-a-party"
    ROLE = "role"
    NO_CONSENT = "no-consent"
    NOT_ANSWERED = "not-answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    OTHER_PURPOSE = "other-purpose"
    NOT_IN_DATA = "not-in-data"
    OBJECTION = "objection"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Terms:
    """One consent or objection of the worker, as far as the decision looks at it.

    `message_id` None speaks of every message between the two organisations; `data` empty means everything.
    """

    id: UUID
    message_id: UUID | None
    provision: Provision
    state: State
    purpose: Purpose
    data: frozenset[str]
    from_organisation: UUID
    to_organisation: UUID
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to do what, with which parts of which message, for what, and when."""

    act: Act
    role: str
    organisation: UUID | None
    purpose: Purpose
    message_id: UUID
    data: frozenset[str]
    from_organisation: UUID
    to_organisation: UUID
    at: datetime
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may, why, and by which consent."""

    allowed: bool
    reason: Reason
    consent_id: UUID | None = None


def decide(question: Question, terms: Sequence[Terms]) -> Decision:
    """Decide. Nothing is allowed that is not given here."""
    raise NotImplementedError
