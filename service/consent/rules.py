"""How we decide whether data of a worker may be released or read. Pure; everything it needs is given.

Specific goes over general, and within the same level an objection wins (Generieke Functies, toestemming). What is no
clinical content (who writes to whom, and the status) goes along with any message that may go itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.identity.access import Role

RULES_VERSION = "2026.1"


class State(StrEnum):
    """Where a consent stands. Only `given` opens anything."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Basis(StrEnum):
    """How the worker gave it. Oral and paper are what a doctor says the worker said, and shown as such.

    System is what the system of the sending organisation says that the worker was shown and gave there.
    """

    LINK = "link"
    SCREEN = "screen"
    ORAL = "oral"
    PAPER = "paper"
    SYSTEM = "system"


class Provision(StrEnum):
    """A permission, or an objection that holds until it is taken back."""

    PERMIT = "permit"
    DENY = "deny"


class Purpose(StrEnum):
    """What the data may be used for (HL7 v3 ActReason). What was allowed for care is not allowed for research."""

    TREAT = "TREAT"
    RESEARCH = "HRESCH"


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


# Who may handle what crosses between doctors. Everyone else never does, whatever was consented.
CLINICAL = frozenset(
    {
        Role.BEDRIJFSARTS,
        Role.VERZEKERINGSARTS,
        Role.HUISARTS,
        Role.SPECIALIST,
        Role.ARBODIENST_SYSTEM,
        Role.HIS_SYSTEM,
    }
)
_CLOSED_BY: Mapping[State, Reason] = {
    State.REQUESTED: Reason.NOT_ANSWERED,
    State.REFUSED: Reason.REFUSED,
    State.WITHDRAWN: Reason.WITHDRAWN,
    State.EXPIRED: Reason.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Crossing:
    """One message about one worker, on its way from one organisation to another."""

    message_id: UUID
    person_id: UUID
    from_organisation: UUID
    to_organisation: UUID


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
    """Who wants to do what, with which parts of which message, for what, and when.

    `worker` is the worker who asks, if it is a worker who does.
    """

    act: Act
    role: Role
    organisation: UUID | None
    purpose: Purpose
    crossing: Crossing
    data: frozenset[str]
    at: datetime
    worker: UUID | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may, why, and by which consent."""

    allowed: bool
    reason: Reason
    consent_id: UUID | None = None


def decide(question: Question, terms: Sequence[Terms]) -> Decision:
    """Decide. Nothing is allowed that is not given here; of several consents that close, the last one says why."""
    if question.erased:
        return Decision(False, Reason.ERASED)
    if question.role is Role.WORKER:
        return _of_worker(question)
    if question.role not in CLINICAL:
        return Decision(False, Reason.ROLE)
    sends = question.organisation == question.crossing.from_organisation
    receives = question.organisation == question.crossing.to_organisation
    if question.act is Act.READ and sends:
        return Decision(True, Reason.OWN)
    if not (sends if question.act is Act.RELEASE else receives):
        return Decision(False, Reason.NOT_A_PARTY)
    return _by_consent(question, terms)


def _of_worker(question: Question) -> Decision:
    if question.worker != question.crossing.person_id:
        return Decision(False, Reason.NOT_A_PARTY)
    if question.act is not Act.READ:
        return Decision(False, Reason.ROLE)
    return Decision(True, Reason.OWN)


def _by_consent(question: Question, terms: Sequence[Terms]) -> Decision:
    """Decide on the specific level if anything was said there, and else on the general one."""
    spoken = [term for term in terms if _speaks(question, term)]
    specific = [term for term in spoken if term.message_id is not None]
    level = specific or spoken
    for term in level:
        if term.provision is Provision.DENY:
            return Decision(False, Reason.OBJECTION, term.id)
    for term in level:
        if _closed(question, term) is None:
            return Decision(True, Reason.CONSENT, term.id)
    if not level:
        return Decision(False, Reason.NO_CONSENT)
    return Decision(False, _closed(question, level[-1]) or Reason.NO_CONSENT, level[-1].id)


def _speaks(question: Question, term: Terms) -> bool:
    """Tell whether a term says anything of this message. An objection does only while it holds, of what it names."""
    crossing = question.crossing
    same_way = (term.from_organisation, term.to_organisation) == (crossing.from_organisation, crossing.to_organisation)
    if not same_way or term.message_id not in {None, crossing.message_id}:
        return False
    if term.provision is Provision.PERMIT:
        return True
    touches = not term.data or not question.data or bool(term.data & question.data)
    holds = term.state is State.GIVEN and term.valid_from <= question.at < term.valid_until
    return holds and touches and term.purpose is question.purpose


def _closed(question: Question, term: Terms) -> Reason | None:
    """Why a permission does not open this, or None when it does."""
    if term.state is not State.GIVEN:
        return _CLOSED_BY[term.state]
    if question.at < term.valid_from:
        return Reason.NOT_YET
    if question.at >= term.valid_until:
        return Reason.EXPIRED
    if term.purpose is not question.purpose:
        return Reason.OTHER_PURPOSE
    return Reason.NOT_IN_DATA if term.data and not question.data <= term.data else None
