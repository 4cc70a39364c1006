"""The neutral word to a notifier that something came back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from service import mail
from service.identity.tables import Account
from service.notifications.tables import Notice
from service.outbox import REMEMBERED, Job, Owed, lacks
from service.text import Language


def write_mail(session: Session, notice_id: UUID) -> mail.Notice | None:
    """The mail for a notice; none when the notice is gone or seen, or the notifier has no address."""
    notice = session.get(Notice, notice_id)
    if notice is None or notice.seen:
        return None
    account = session.get(Account, notice.owner)
    if account is None or not account.email or not account.active:
        return None
    return mail.Notice(
        kind=mail.NoticeKind.SOMETHING_RETURNED,
        to=account.email,
        reference=str(notice.id)[9:18].upper(),
        message_id=str(notice.id),
        language=Language(account.language),
    )


def unpromised(session: Session, at: datetime) -> Sequence[Owed]:
    """The mails of this month that were neither promised nor made needless."""
    recent = (col(Notice.seen).is_(False), col(Notice.at) > at - REMEMBERED)
    question = select(col(Notice.id)).where(*recent, lacks(Job.MAIL_NOTICE, col(Notice.id)))
    return [Owed(Job.MAIL_NOTICE, notice) for notice in session.scalars(question)]
