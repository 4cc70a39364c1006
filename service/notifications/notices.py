"""The neutral word to a notifier that something came back."""

from uuid import UUID

from sqlmodel import Session

from service import mail
from service.identity.tables import Account
from service.notifications.tables import Notice
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
