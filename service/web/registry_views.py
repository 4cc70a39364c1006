"""What the registry sees: its queue, one notification as it was submitted, and the signals. Never who notified."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from service.clock import written
from service.identity.access import Role
from service.notifications import privacy, views
from service.notifications.judgement import diagnosis_in_words, occupation_in_words, sector_in_words
from service.notifications.rules import FLAG_TEXT, STATE_TEXT, Act, Flag, State, Who, possible
from service.notifications.schemas import NotificationContent
from service.notifications.tables import Event, Notification, Revision, history, look_alikes, queue_page
from service.paging import read_moment_and_id
from service.signals.rules import JUDGEABLE
from service.signals.rules import STATE_TEXT as SIGNAL_STATE_TEXT
from service.signals.rules import State as SignalState
from service.signals.schemas import SignalContent
from service.signals.tables import Signal
from service.text import Language, Text
from service.web.history import done
from service.web.registry_content import CheckPart, Part, check_of, parts_of

PAGE = 20
# What the registry can choose from; drafts are nobody's business but the notifier's.
SHOWN_STATES = (State.QUEUED, State.REGISTERED, State.RETURNED, State.NOT_REGISTERED)
_STATE_NAMES: Mapping[State, Text] = {
    **STATE_TEXT,
    State.QUEUED: Text("Te beoordelen", "To be assessed"),
    State.RETURNED: Text("Teruggestuurd", "Returned"),
}
_TONES: Mapping[str, str] = {
    State.QUEUED: "warn",
    State.REGISTERED: "good",
    State.RETURNED: "info",
    State.NOT_REGISTERED: "bad",
    SignalState.RECEIVED: "warn",
    SignalState.WATCH: "info",
    SignalState.ALERT: "bad",
}
_LOOK_ALIKE_PERIOD = timedelta(days=366)
_REGISTRY = Text("registratiebureau", "registry")
_NOTIFIER = Text("melder", "notifier")
_BY_ITSELF = Text("automatisch geregistreerd", "registered automatically")
_PLACES: Mapping[str, Text] = {
    "arbodienst": Text("arbodienst", "occupational health service"),
    "assessment": Text("weging door de arts", "the physician's assessment"),
    "diagnosis": Text("diagnose", "diagnosis"),
    "exposures": Text("belasting", "exposure"),
    "occupation": Text("beroep", "occupation"),
    "remarks": Text("opmerkingen", "remarks"),
    "workNature": Text("aard van het werk", "nature of the work"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A state to filter on."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One notification in the queue."""

    id: UUID
    number: str
    submitted_at: str
    diagnosis: str
    about: tuple[str, ...]
    flags: tuple[str, ...]
    group_size: int


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the queue."""

    state: str
    choices: tuple[Choice, ...]
    lines: tuple[QueueLine, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class LookAlike:
    """An earlier or later notification with the same content on the points that matter."""

    id: UUID
    number: str
    state_words: str
    submitted_at: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the history."""

    at: str
    words: str
    by: str
    reason: str | None
    questions: tuple[str, ...]
    answer: str | None


@dataclass(frozen=True, slots=True)
class Assessable:
    """One notification for the registry, as it was last submitted."""

    id: UUID
    number: str
    version: int
    revision: int
    state: str
    state_words: str
    tone: str
    submitted_at: str
    diagnosis: str
    flags: tuple[str, ...]
    pointing_at: tuple[str, ...]
    parts: tuple[Part, ...]
    check: CheckPart
    look_alikes: tuple[LookAlike, ...]
    steps: tuple[Step, ...]
    decidable: bool


@dataclass(frozen=True, slots=True)
class SignalLine:
    """One signal in the list."""

    id: UUID
    title: str
    why: str
    state_words: str
    tone: str
    received_at: str


@dataclass(frozen=True, slots=True)
class SignalPage:
    """One signal for the desk."""

    line: SignalLine
    version: int
    parts: tuple[Part, ...]
    reason: str | None
    judgeable: bool


def queue(session: Session, state: State, cursor: str | None, language: Language, *, demo: bool) -> Queue:
    """One page of the notifications in a state, oldest first."""
    after = read_moment_and_id(cursor) if cursor else None
    rows = queue_page(session, state, after, PAGE + 1, demo=demo)
    shown = rows[:PAGE]
    return Queue(
        state=state.value,
        choices=tuple(Choice(one.value, _STATE_NAMES[one].in_(language), one is state) for one in SHOWN_STATES),
        lines=tuple(_queue_line(session, row, language) for row in shown),
        following=views.queue_cursor(shown[-1]) if len(rows) > PAGE else None,
    )


def assessable(session: Session, row: Notification, kept: Revision, language: Language) -> Assessable:
    """One notification, as it was last submitted, with everything that an assessor weighs."""
    content = NotificationContent.model_validate_json(kept.body)
    assert row.number is not None
    assert row.submitted_at is not None
    return Assessable(
        id=row.id,
        number=row.number,
        version=row.version,
        revision=row.revision,
        state=row.state,
        state_words=_STATE_NAMES[State(row.state)].in_(language),
        tone=_TONES.get(row.state, ""),
        submitted_at=written(row.submitted_at),
        diagnosis=diagnosis_in_words(content, language) or "",
        flags=_flags(row, language),
        pointing_at=_pointing_at(kept, language),
        parts=parts_of(content, language),
        check=check_of(kept.receipt["check"], language),
        look_alikes=_look_alikes(session, row, language),
        steps=tuple(_step(event, language) for event in history(session, row.id)),
        decidable=Act.REGISTER in possible(State(row.state), Who.REGISTRY),
    )


def signal_lines(rows: Sequence[Signal], language: Language) -> tuple[SignalLine, ...]:
    """Signals for the list."""
    return tuple(_signal_line(row, SignalContent.model_validate_json(row.body), language) for row in rows)


def signal_page(row: Signal, language: Language) -> SignalPage:
    """One signal with its case in words."""
    content = SignalContent.model_validate_json(row.body)
    return SignalPage(
        line=_signal_line(row, content, language),
        version=row.version,
        parts=parts_of(content.case, language),
        reason=row.reason,
        judgeable=SignalState(row.state) in JUDGEABLE,
    )


def signal_choices(chosen: SignalState | None, language: Language) -> tuple[Choice, ...]:
    """The states of signals to filter on, with all of them first."""
    every = Choice("", Text("Alle", "All").in_(language), chosen is None)
    return (every, *(Choice(one.value, words.in_(language), one is chosen) for one, words in SIGNAL_STATE_TEXT.items()))


def _last(session: Session, row: Notification) -> Revision:
    """The version last submitted: what a notifier changes after a return is not ours to see until it comes back."""
    return session.get_one(Revision, (row.id, row.revision))


def _queue_line(session: Session, row: Notification, language: Language) -> QueueLine:
    content = NotificationContent.model_validate_json(_last(session, row).body)
    assert row.number is not None
    assert row.submitted_at is not None
    about = (occupation_in_words(content, language), sector_in_words(content, language))
    return QueueLine(
        id=row.id,
        number=row.number,
        submitted_at=written(row.submitted_at),
        diagnosis=diagnosis_in_words(content, language) or "",
        about=tuple(one for one in about if one),
        flags=_flags(row, language),
        group_size=len(content.group) + 1,
    )


def _flags(row: Notification, language: Language) -> tuple[str, ...]:
    return tuple(FLAG_TEXT[Flag(flag)].in_(language) for flag in row.flags)


def _pointing_at(kept: Revision, language: Language) -> tuple[str, ...]:
    document: Any = json.loads(kept.body)
    places = [error.pointer.strip("/").split("/")[0] for error in privacy.suspicious(document)]
    return tuple(_PLACES.get(place, Text(place, place)).in_(language) for place in dict.fromkeys(places))


def _look_alikes(session: Session, row: Notification, language: Language) -> tuple[LookAlike, ...]:
    assert row.fingerprint is not None
    assert row.submitted_at is not None
    found = look_alikes(session, row.fingerprint, row.id, row.submitted_at - _LOOK_ALIKE_PERIOD)
    return tuple(
        LookAlike(one.id, one.number, _STATE_NAMES[State(one.state)].in_(language), written(one.submitted_at))
        for one in found
        if one.number and one.submitted_at
    )


def _step(event: Event, language: Language) -> Step:
    words = done(event).in_(language)
    if event.act in {Act.SUBMIT, Act.AMEND} and event.to_state == State.REGISTERED:
        words = f"{words}, {_BY_ITSELF.in_(language)}"
    by = _REGISTRY if event.role == Role.REGISTRY else _NOTIFIER
    return Step(written(event.at), words, by.in_(language), event.reason, tuple(event.questions), event.answer)


def _signal_line(row: Signal, content: SignalContent, language: Language) -> SignalLine:
    unnamed = Text("Diagnose niet genoemd", "No diagnosis named").in_(language)
    return SignalLine(
        id=row.id,
        title=diagnosis_in_words(content.case, language) or unnamed,
        why=content.why,
        state_words=SIGNAL_STATE_TEXT[SignalState(row.state)].in_(language),
        tone=_TONES.get(row.state, ""),
        received_at=written(row.received_at),
    )
