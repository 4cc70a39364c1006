"""Rows as the world sees them."""

import json
from typing import Any

from service.clock import to_the_hour, today, written
from service.identity.access import Caller, Role
from service.notifications import judgement
from service.notifications.rules import Act, State, Who, possible
from service.notifications.schemas import (
    HistoryLine,
    NotificationContent,
    NotificationSummary,
    NotificationView,
    Problem,
)
from service.notifications.tables import Event, Notification
from service.paging import write_cursor
from service.problems import FieldError, NotFound
from service.text import Language


def summary(row: Notification) -> NotificationSummary:
    """One line of the overview."""
    return NotificationSummary(**_summary(row))


def _summary(row: Notification) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "state": row.state,
        "version": row.version,
        "diagnosis": row.diagnosis,
        "occupation": row.occupation,
        "sector": row.sector,
        "birth_year": row.birth_year,
        "guideline": row.guideline,
        "verdict": row.verdict,
        "group_size": row.group_size,
        "flags": row.flags,
        # Cut down here too: a row that was just changed still has its minutes, until it is read back.
        "changed_at": written(to_the_hour(row.changed_at)),
        "submitted_at": written(to_the_hour(row.submitted_at)) if row.submitted_at else None,
        "expires_on": row.expires_on.isoformat() if row.expires_on else None,
        "demo": row.demo,
    }


def view(
    row: Notification, caller: Caller, language: Language = Language.NL, *, submitted: bytes | None = None
) -> NotificationView:
    """One notification, with what is missing while it is being prepared and what this caller can do now.

    The content is what is being worked on, or, when given, what was submitted.
    """
    document: dict[str, Any] = json.loads(submitted or row.content)
    missing: list[FieldError] = []
    warnings: list[FieldError] = []
    if row.state in {State.DRAFT, State.RETURNED}:
        content = NotificationContent.model_validate(document)
        missing, warnings = judgement.open_points(content, today())
    return NotificationView(
        **_summary(row),
        content=document,
        actions=[act.value for act in _acts(row, caller)],
        missing=[said(error, language) for error in missing],
        warnings=[said(error, language) for error in warnings],
        questions=row.questions,
        reason=row.reason,
    )


def said(error: FieldError, language: Language) -> Problem:
    """A field error as a line of an answer."""
    return Problem(pointer=error.pointer, code=error.code, detail=error.text.in_(language), source=error.source)


def _acts(row: Notification, caller: Caller) -> list[Act]:
    if caller.role is Role.REGISTRY:
        return possible(State(row.state), Who.REGISTRY)
    acts = possible(State(row.state), Who.NOTIFIER)
    prepares_only = caller.role is Role.ASSISTANT
    return [act for act in acts if not prepares_only or act in {Act.SAVE, Act.DISCARD}]


def visible_states(caller: Caller, asked: list[State] | None) -> list[str]:
    """The states to list: those asked for or all of them, and for an assistant only what is being prepared."""
    seen = [State.DRAFT, State.RETURNED] if caller.role is Role.ASSISTANT else list(State)
    return [state.value for state in seen if not asked or state in asked]


def assessable_state(state: State) -> State:
    """The state, unless it is one that the registry does not see."""
    if state is State.DRAFT:
        raise NotFound
    return state


def history_line(event: Event) -> HistoryLine:
    """One step, without who it was: the role says enough."""
    return HistoryLine(
        position=event.position,
        at=written(event.at),
        action=event.act,
        from_state=event.from_state,
        to_state=event.to_state,
        role=event.role,
        revision=event.revision,
        reason=event.reason,
        questions=event.questions,
        answer=event.answer,
    )


def own_cursor(row: Notification) -> str:
    """The place in the notifier's own list after this row."""
    return write_cursor(row.ordinal, str(row.id))


def queue_cursor(row: Notification) -> str:
    """The place in the registry's queue after this row."""
    assert row.submitted_at is not None
    return write_cursor(written(row.submitted_at), str(row.id))
