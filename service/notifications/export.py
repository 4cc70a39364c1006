"""Submitted notifications as lines of JSON, for an institution elsewhere. The notifier stays out of it."""

import json
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlmodel import Session, col

from service.clock import written
from service.notifications.tables import Member, Notification, Revision

_BATCH = 500


def how_many(session: Session, *, demo: bool) -> int:
    """How many notifications there are to export."""
    question = select(func.count()).where(col(Notification.revision) > 0, col(Notification.demo) == demo)
    return session.scalar(question.select_from(Notification)) or 0


def export_lines(session: Session, *, demo: bool) -> Iterator[str]:
    """One line of JSON per submitted notification, in the order of their numbers."""
    question = select(Notification).where(col(Notification.revision) > 0, col(Notification.demo) == demo)
    for row in session.scalars(question.order_by(col(Notification.number)).execution_options(yield_per=_BATCH)):
        yield json.dumps(_exported(session, row), ensure_ascii=False) + "\n"


def _exported(session: Session, row: Notification) -> dict[str, object]:
    return {
        "number": row.number,
        "memberNumbers": _member_numbers(session, row) if row.group_size else [],
        "state": row.state,
        "revision": row.revision,
        "receivedAt": written(row.submitted_at) if row.submitted_at else None,
        "guideline": row.guideline,
        "verdict": row.verdict,
        "flags": row.flags,
        # What was submitted, and not what the notifier is working on since it came back.
        "content": json.loads(session.get_one(Revision, (row.id, row.revision)).body),
    }


def _member_numbers(session: Session, row: Notification) -> list[str]:
    question = select(Member.number).where(col(Member.notification_id) == row.id)  # type: ignore[call-overload]
    return list(session.scalars(question.order_by(col(Member.position))))
