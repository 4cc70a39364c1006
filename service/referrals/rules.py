"""The kinds of exchange, what crosses, and the states: who may take an exchange from where to where."""

from collections.abc import Mapping
from dataclasses import dataclass
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


WAITING = frozenset({MessageState.AWAITING_CONSENT, MessageState.READY})


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


class Act(StrEnum):
    """What can be done to an exchange."""

    START = "start"
    ASK_CONSENT = "ask-consent"
    REFUSE = "refuse"
    STOP = "stop"
    READDRESS = "readdress"
    RELEASE = "release"
    POST = "post"
    ARRIVE = "arrive"
    ACCEPT = "accept"
    BEGIN = "begin"
    ASK_BACK = "ask-back"
    SUPPLEMENT = "supplement"
    RESUME = "resume"
    REPLY = "reply"
    COMPLETE = "complete"
    REJECT = "reject"
    FAIL = "fail"
    CANCEL = "cancel"
    CONVERT = "convert"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Transition:
    """Whose act it is, from which states, and where it may lead; an act that leads nowhere leaves the state."""

    side: Side
    since: frozenset[State]
    to: frozenset[State]


_ARRIVED = frozenset({State.REQUESTED, State.RECEIVED})
_TAKEN = frozenset({State.ACCEPTED, State.IN_PROGRESS, State.ON_HOLD})
_HOLDABLE = _ARRIVED | {State.ACCEPTED, State.IN_PROGRESS}
_UNSENT = frozenset({State.DRAFT, State.AWAITING_CONSENT})

OPEN = _UNSENT | _ARRIVED | _TAKEN
SENT_AND_OPEN = _ARRIVED | _TAKEN
# Nothing more is said in it. An answered exchange has come to its end as well, and there nothing waits.
BROKEN_OFF = frozenset({State.REJECTED, State.CANCELLED, State.FAILED, State.REVOKED})
_STAY: frozenset[State] = frozenset()


def _to(state: State) -> frozenset[State]:
    return frozenset({state})


# FHIR Task: what is requested is received, accepted, in progress and completed; rejected before it is accepted; on hold
# while open; cancelled by who asked until it is completed; failed by who was asked; revoked when consent goes.
TRANSITIONS: Mapping[Act, Transition] = {
    Act.START: Transition(Side.ASKER, _STAY, _to(State.DRAFT)),
    Act.ASK_CONSENT: Transition(Side.ASKER, _UNSENT, _to(State.AWAITING_CONSENT)),
    Act.REFUSE: Transition(Side.WORKER, _to(State.AWAITING_CONSENT), _to(State.CANCELLED)),
    Act.STOP: Transition(Side.CLOCK, _to(State.AWAITING_CONSENT), _STAY),
    Act.READDRESS: Transition(Side.CLOCK, _to(State.AWAITING_CONSENT), _STAY),
    Act.RELEASE: Transition(Side.CLOCK, _to(State.AWAITING_CONSENT), _to(State.REQUESTED)),
    Act.POST: Transition(Side.ASKER, SENT_AND_OPEN, _to(State.RECEIVED)),
    Act.ARRIVE: Transition(Side.CLOCK, _to(State.REQUESTED), _to(State.RECEIVED)),
    Act.ACCEPT: Transition(Side.ASKED, _ARRIVED, _to(State.ACCEPTED)),
    Act.BEGIN: Transition(Side.ASKED, _to(State.ACCEPTED), _to(State.IN_PROGRESS)),
    Act.ASK_BACK: Transition(Side.ASKED, _HOLDABLE, _to(State.ON_HOLD)),
    Act.SUPPLEMENT: Transition(Side.ASKER, _to(State.ON_HOLD), _STAY),
    Act.RESUME: Transition(Side.CLOCK, _to(State.ON_HOLD), _HOLDABLE),
    Act.REPLY: Transition(Side.ASKED, SENT_AND_OPEN, _to(State.IN_PROGRESS)),
    Act.COMPLETE: Transition(Side.CLOCK, _ARRIVED | _TAKEN, _to(State.COMPLETED)),
    Act.REJECT: Transition(Side.ASKED, _ARRIVED, _to(State.REJECTED)),
    Act.FAIL: Transition(Side.ASKED, _TAKEN, _to(State.FAILED)),
    Act.CANCEL: Transition(Side.ASKER, OPEN, _to(State.CANCELLED)),
    Act.CONVERT: Transition(Side.ASKER, SENT_AND_OPEN | {State.COMPLETED}, _STAY),
    Act.REVOKE: Transition(Side.WORKER, (OPEN - {State.DRAFT}) | {State.COMPLETED}, _to(State.REVOKED)),
}


def allows(act: Act, state: State, side: Side) -> bool:
    """Tell whether this side can do this act in this state."""
    transition = TRANSITIONS[act]
    return side is transition.side and state in transition.since


def leads(act: Act, to: State) -> bool:
    """Tell whether the act may end in this state, which is another than where it began."""
    return to in TRANSITIONS[act].to


def possible(state: State, side: Side) -> list[Act]:
    """Everything this side can do now."""
    return [act for act in Act if allows(act, state, side)]


class About(StrEnum):
    """What a notice to one side is about; the mail of it never says."""

    MESSAGE = "message"
    REMINDER = "reminder"
    NOT_SENT = "not-sent"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    OVERDUE = "overdue"
    LETTER = "letter"
    BOUNCED = "bounced"
    MOVED = "moved"
    CODE = "code"


class Closed(StrEnum):
    """Why a message went no further, or is read no more."""

    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    NOT_ALLOWED = "not-allowed"
    MOVED = "moved"
    NOT_MY_PATIENT = "not-my-patient"
    ERASED = "erased"


CONVERTS_TO = frozenset({Kind.REFERRAL, Kind.WORK_REFERRAL})
