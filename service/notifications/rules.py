"""The life of a notification as data: which act takes it from which state to which, and who may do it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.text import Text


class State(StrEnum):
    """Where a notification stands."""

    DRAFT = "draft"
    QUEUED = "queued"
    REGISTERED = "registered"
    RETURNED = "returned"
    NOT_REGISTERED = "not-registered"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What can be done to a notification."""

    SAVE = "save"
    SUBMIT = "submit"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    DISCARD = "discard"
    REGISTER = "register"
    RETURN = "return"
    NOT_REGISTER = "not-register"


class Who(StrEnum):
    """Whose act it is."""

    NOTIFIER = "notifier"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Transition:
    """Who may do the act, from which states, and where it may lead."""

    who: Who
    since: frozenset[State]
    to: frozenset[State]


# A submission is registered at once or goes to the registry's queue: see `judge`.
_JUDGED = frozenset({State.QUEUED, State.REGISTERED})

TRANSITIONS: Mapping[Act, Transition] = {
    Act.SAVE: Transition(Who.NOTIFIER, frozenset({State.DRAFT, State.RETURNED}), frozenset()),
    Act.SUBMIT: Transition(Who.NOTIFIER, frozenset({State.DRAFT, State.RETURNED}), _JUDGED),
    Act.AMEND: Transition(Who.NOTIFIER, frozenset({State.QUEUED, State.REGISTERED}), _JUDGED),
    Act.WITHDRAW: Transition(
        Who.NOTIFIER, frozenset({State.QUEUED, State.REGISTERED, State.RETURNED}), frozenset({State.WITHDRAWN})
    ),
    Act.DISCARD: Transition(Who.NOTIFIER, frozenset({State.DRAFT}), frozenset()),
    Act.REGISTER: Transition(Who.REGISTRY, frozenset({State.QUEUED}), frozenset({State.REGISTERED})),
    Act.RETURN: Transition(Who.REGISTRY, frozenset({State.QUEUED}), frozenset({State.RETURNED})),
    Act.NOT_REGISTER: Transition(Who.REGISTRY, frozenset({State.QUEUED}), frozenset({State.NOT_REGISTERED})),
}

STATE_TEXT: Mapping[State, Text] = {
    State.DRAFT: Text("Concept", "Draft"),
    State.QUEUED: Text("Bij het registratiebureau ter beoordeling", "With the registry for assessment"),
    State.REGISTERED: Text("Geregistreerd", "Registered"),
    State.RETURNED: Text("Teruggestuurd met vragen", "Returned with questions"),
    State.NOT_REGISTERED: Text("Niet geregistreerd", "Not registered"),
    State.WITHDRAWN: Text("Ingetrokken", "Withdrawn"),
}


class Flag(StrEnum):
    """Why a person of the registry looks at a notification before it is registered."""

    CRITERIA_NOT_MET = "criteria-not-met"
    INSUFFICIENT_INFORMATION = "insufficient-information"
    OVERRIDE = "override"
    POSSIBLE_DUPLICATE = "possible-duplicate"
    FLAGGED_TEXT = "flagged-text"
    RESUBMITTED = "resubmitted"


FLAG_TEXT: Mapping[Flag, Text] = {
    Flag.CRITERIA_NOT_MET: Text("Voldoet niet aan de openbare criteria", "Does not meet the public criteria"),
    Flag.INSUFFICIENT_INFORMATION: Text("Te weinig gegevens voor de criteria", "Too little to judge the criteria"),
    Flag.OVERRIDE: Text("De arts wijkt af met een reden", "The physician overrides with a reason"),
    Flag.POSSIBLE_DUPLICATE: Text("Lijkt op een eerdere melding", "Looks like an earlier notification"),
    Flag.FLAGGED_TEXT: Text("Tekst lijkt iemand aan te wijzen", "Text may point at somebody"),
    Flag.RESUBMITTED: Text(
        "Kwam terug na vragen van het registratiebureau", "Came back after questions of the registry"
    ),
}


def allows(act: Act, state: State, who: Who) -> bool:
    """Tell whether this act is possible in this state for this side."""
    transition = TRANSITIONS[act]
    return who is transition.who and state in transition.since


def possible(state: State, who: Who) -> list[Act]:
    """Everything this side can do now."""
    return [act for act in Act if allows(act, state, who)]


def judge(
    verdict: str, *, override: bool, duplicate: bool, flagged_text: bool, resubmitted: bool
) -> tuple[State, list[Flag]]:
    """Decide whether a submission is registered at once, or why a person of the registry looks first.

    Registered automatically when it meets its criteria or has no public criteria, and nothing else stands out.
    Who asked questions reads what came of them: what was returned never registers itself.
    A verdict never refuses: it only asks for a look.
    """
    flags: list[Flag] = []
    if verdict == "does-not-meet":
        flags.append(Flag.CRITERIA_NOT_MET)
    if verdict == "insufficient-information":
        flags.append(Flag.INSUFFICIENT_INFORMATION)
    if override:
        flags.append(Flag.OVERRIDE)
    if duplicate:
        flags.append(Flag.POSSIBLE_DUPLICATE)
    if flagged_text:
        flags.append(Flag.FLAGGED_TEXT)
    if resubmitted:
        flags.append(Flag.RESUBMITTED)
    return (State.QUEUED if flags else State.REGISTERED), flags
