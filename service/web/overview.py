"""What the overview of one's own notifications shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from service.clock import written
from service.criteria.explanation import VERDICT_WORDS
from service.criteria.rules import Verdict
from service.identity.access import Caller
from service.notifications import actions, views
from service.notifications.rules import FLAG_TEXT, STATE_TEXT, Act, Flag, State
from service.notifications.tables import Event, Notification, owned_page, unseen_notices
from service.paging import read_count_and_id
from service.problems import NotFound
from service.signals.rules import STATE_TEXT as SIGNAL_TEXT
from service.signals.rules import State as SignalState
from service.signals.tables import signals
from service.text import Language, Text
from service.web.history import done

PAGE = 20
_SIGNALS = 5
_TONES: Mapping[str, str] = {
    State.DRAFT: "plain",
    State.QUEUED: "info",
    State.REGISTERED: "good",
    State.RETURNED: "warn",
    State.NOT_REGISTERED: "bad",
    State.WITHDRAWN: "plain",
}
_BY_REGISTRY = Text("door het registratiebureau", "by the registry")


class Button(NamedTuple):
    """One thing that can be done now, and where."""

    address: str
    words: str
    weight: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One notification in the overview."""

    id: UUID
    title: str
    details: tuple[str, ...]
    state: str
    tone: str
    verdict: str
    day: str
    expires: str
    buttons: tuple[Button, ...]
    demo: bool


class Step(NamedTuple):
    """One step in the history."""

    words: str
    at: str
    reason: str
    questions: Sequence[str]
    answer: str


class CameBack(NamedTuple):
    """Something the registry sent back that was not opened yet."""

    id: UUID
    name: str
    state: str
    questions: Sequence[str]
    reason: str


class SentSignal(NamedTuple):
    """A signal that was sent, and where it stands."""

    id: UUID
    at: str
    state: str


@dataclass(frozen=True, slots=True)
class Overview:
    """One page of the overview."""

    items: tuple[Item, ...]
    older: str | None
    came_back: tuple[CameBack, ...]
    signals: tuple[SentSignal, ...]


def overview(
    session: Session, caller: Caller, state: State | None, words: str | None, cursor: str | None, language: Language
) -> Overview:
    """One page of the caller's notifications, newest first, with what came back on top."""
    before = read_count_and_id(cursor) if cursor else None
    states = views.visible_states(caller, [state] if state else None)
    rows = owned_page(session, caller.owner, states, before, PAGE + 1, words)
    older = views.own_cursor(rows[PAGE - 1]) if len(rows) > PAGE else None
    sent = signals(session, owner=caller.subject, state=None, demo=caller.demo, limit=_SIGNALS)
    return Overview(
        items=tuple(item(row, caller, language) for row in rows[:PAGE]),
        older=older,
        came_back=_came_back(session, caller, language),
        signals=tuple(
            SentSignal(one.id, written(one.received_at), SIGNAL_TEXT[SignalState(one.state)].in_(language))
            for one in sent
        ),
    )


def item(row: Notification, caller: Caller, language: Language) -> Item:
    """One notification as a line of the overview."""
    worker = Text(f"geboren in {row.birth_year}", f"born in {row.birth_year}").in_(language) if row.birth_year else ""
    group = Text(f"{row.group_size + 1} werkenden", f"{row.group_size + 1} workers").in_(language)
    details = (row.number or "", row.occupation or "", worker, group if row.group_size else "")
    return Item(
        id=row.id,
        title=row.diagnosis or Text("Nog geen diagnose", "No diagnosis yet").in_(language),
        details=tuple(part for part in details if part),
        state=STATE_TEXT[State(row.state)].in_(language),
        tone=_TONES[row.state],
        verdict=VERDICT_WORDS[Verdict(row.verdict)].in_(language) if row.verdict else "",
        day=(row.submitted_at or row.changed_at).isoformat(),
        expires=row.expires_on.isoformat() if row.expires_on else "",
        buttons=tuple(buttons(row, caller, language)),
        demo=row.demo,
    )


def buttons(row: Notification, caller: Caller, language: Language) -> list[Button]:
    """What the caller can do with a notification now."""
    possible = views.view(row, caller).actions
    address = f"/meldingen/{row.id}"
    draft = row.state == State.DRAFT
    offered = (
        (Act.SAVE, "bewerken", Text("Ga verder", "Continue") if draft else Text("Vul aan", "Complete"), "primary"),
        (Act.AMEND, "wijzigen", Text("Wijzig", "Amend"), ""),
        (Act.WITHDRAW, "intrekken", Text("Trek in", "Withdraw"), ""),
        (Act.DISCARD, "weggooien", Text("Gooi weg", "Discard"), ""),
    )
    return [
        Button(f"{address}/{end}", words.in_(language), weight)
        for act, end, words, weight in offered
        if act in possible
    ]


def steps(events: Sequence[Event], language: Language) -> list[Step]:
    """Every step in words, newest first."""
    return [
        Step(
            words=done(event).in_(language) + (f" {_BY_REGISTRY.in_(language)}" if event.role == "registry" else ""),
            at=event.at.isoformat(),
            reason=event.reason or "",
            questions=event.questions,
            answer=event.answer or "",
        )
        for event in reversed(events)
    ]


def flags_in_words(row: Notification, language: Language) -> list[str]:
    """Why a person of the registry looks at it."""
    return [FLAG_TEXT[Flag(flag)].in_(language) for flag in row.flags]


def _came_back(session: Session, caller: Caller, language: Language) -> tuple[CameBack, ...]:
    found = []
    for notice in unseen_notices(session, caller.owner):
        try:
            row = actions.mine(session, caller, notice.notification_id)
        except NotFound:
            continue
        name = row.diagnosis or row.number or ""
        words = STATE_TEXT[State(row.state)].in_(language)
        found.append(CameBack(row.id, name, words, row.questions, row.reason or ""))
    return tuple(found)
