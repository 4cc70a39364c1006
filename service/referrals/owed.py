"""What exchanges ask for by where they stand, so that it can be held against what was promised."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from service.outbox import LIVE, REMEMBERED, Job, Owed, lacks
from service.referrals.deadlines import UNANSWERED
from service.referrals.rules import MessageKind, MessageState
from service.referrals.tables import Message, Notice, Referral


def unpromised(session: Session, at: datetime) -> Sequence[Owed]:
    """Messages to deliver, notices to mail and late answers to watch for, of this month, that nobody promised."""
    since = at - REMEMBERED
    return [
        *(Owed(Job.DELIVER_MESSAGE, message) for message in _undelivered(session, since)),
        *(Owed(Job.MAIL_REFERRAL_NOTICE, notice) for notice in _unmailed(session, since)),
        *(Owed(Job.ESCALATE, message, due) for message, due in _unwatched(session, since)),
    ]


def _undelivered(session: Session, since: datetime) -> Sequence[UUID]:
    """What is ready needs a promise that is alive; what was released had one, which may be done (a letter is)."""
    ready, released = (col(Message.state) == state for state in (MessageState.READY, MessageState.RELEASED))
    forgotten = released & (col(Message.released_at) > since) & lacks(Job.DELIVER_MESSAGE, col(Message.id))
    idle = ready & lacks(Job.DELIVER_MESSAGE, col(Message.id), LIVE)
    return session.scalars(select(col(Message.id)).where(or_(idle, forgotten))).all()


def _unmailed(session: Session, since: datetime) -> Sequence[UUID]:
    recent = (col(Notice.mailed_at).is_(None), col(Notice.at) > since)
    return session.scalars(select(col(Notice.id)).where(*recent, lacks(Job.MAIL_REFERRAL_NOTICE, col(Notice.id)))).all()


def _unwatched(session: Session, since: datetime) -> Sequence[tuple[UUID, datetime]]:
    """Each request without an answer, and its day, of an exchange of which no message is watched."""
    any_of_it = aliased(Message)
    same_exchange = col(any_of_it.referral_id) == col(Referral.id)
    watched = select(any_of_it).where(same_exchange, ~lacks(Job.ESCALATE, col(any_of_it.id)))
    rows = session.execute(
        select(col(Message.id), col(Referral.due_at))
        .join(Referral, col(Referral.id) == col(Message.referral_id))
        .where(col(Message.kind) == MessageKind.REQUEST, col(Referral.state).in_(UNANSWERED))
        .where(col(Referral.due_at) > since, ~watched.exists())
    )
    return [(message, due) for message, due in rows]
