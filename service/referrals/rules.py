"""The kinds of exchange, what crosses, and the states: who may take an exchange from where to where."""

from collections.abc import Mapping
from enum import StrEnum

from service.text import Text


class Kind(StrEnum):
    """What one doctor asks of another."""

    INFORMATION_REQUEST = "information-request"
    REFERRAL = "referral"
    WORK_REFERRAL = "work-referral"
    ADVICE_REQUEST = "advice-request"
    SECOND_OPINION = "second-opinion"
    TREATING_INFORMATION = "treating-information"


class MessageKind(StrEnum):
    """What crosses. Only the first three hold clinical content, and so need consent."""

    REQUEST = "request"
    SUPPLEMENT = "supplement"
    REPLY = "reply"
    STATUS = "status"
    WITHDRAWAL = "withdrawal"
    CONSENT_WITHDRAWN = "consent-withdrawn"


CLINICAL = frozenset({MessageKind.REQUEST, MessageKind.SUPPLEMENT, MessageKind.REPLY})


class Item(StrEnum):
    """The parts of a letter or an answer, as a consent names them. An attachment is named `attachment:<id>`."""

    REASON = "reason"
    FINDINGS = "findings"
    DIAGNOSIS = "diagnosis"
    WORK = "work"
    EXPOSURES = "exposures"
    QUESTION = "question"
    AGREED = "agreed"
    SUMMARY = "summary"
    ANSWER = "answer"


class State(StrEnum):
    """Where an exchange stands (FHIR Task). `revoked` is what `cancelled` is called when consent was withdrawn."""

    DRAFT = "draft"
    AWAITING_CONSENT = "awaiting-consent"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REVOKED = "revoked"


class MessageState(StrEnum):
    """Where one message stands. `released` is the commit after which it counts as sent, each attempt decided anew."""

    AWAITING_CONSENT = "awaiting-consent"
    READY = "ready"
    RELEASED = "released"
    DELIVERED = "delivered"
    READ = "read"
    STOPPED = "stopped"


class Side(StrEnum):
    """Whose step it is: the doctor who asked, the doctor who was asked, the worker, or the clock."""

    ASKER = "asker"
    ASKED = "asked"
    WORKER = "worker"
    CLOCK = "clock"


class RejectReason(StrEnum):
    """Why the asked doctor sends it back."""

    NOT_MY_PATIENT = "not-my-patient"
    INSUFFICIENT_INFORMATION = "insufficient-information"
    NOT_COMPETENT = "not-competent"
    OTHER = "other"


STATE_TEXT: Mapping[State, Text] = {
    State.DRAFT: Text("In concept", "Draft"),
    State.AWAITING_CONSENT: Text("Wacht op toestemming van de werkende", "Waits for the worker's consent"),
    State.REQUESTED: Text("Verzonden", "Sent"),
    State.RECEIVED: Text("Aangekomen", "Arrived"),
    State.ACCEPTED: Text("Overgenomen", "Accepted"),
    State.IN_PROGRESS: Text("In behandeling", "In progress"),
    State.ON_HOLD: Text("Er is een vraag terug", "A question came back"),
    State.COMPLETED: Text("Beantwoord", "Answered"),
    State.REJECTED: Text("Teruggestuurd", "Sent back"),
    State.CANCELLED: Text("Ingetrokken", "Withdrawn"),
    State.FAILED: Text("Niet gelukt", "Failed"),
    State.REVOKED: Text("Gestopt: de toestemming is ingetrokken", "Stopped: consent was withdrawn"),
}
