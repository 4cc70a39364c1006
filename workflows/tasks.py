"""One task per job: running it twice changes nothing the second time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from service import idempotency, mail, outbox
from service.batches import actions as batches
from service.database import Database
from service.identity import tables as identity
from service.notifications import actions as notifications
from service.notifications import notices
from service.outbox import Job
from service.settings import Settings

Task = Callable[[Database, Settings, UUID], None]


def mail_notice(database: Database, settings: Settings, notice_id: UUID) -> None:
    """Mail a notifier that something came back. A repeat carries the same Message-ID."""
    with database.reading() as session:
        message = notices.write_mail(session, notice_id)
    if message is not None:
        mail.send(settings, message)


TASKS: Mapping[Job, Task] = {Job.MAIL_NOTICE: mail_notice}


def sweep(database: Database, at: datetime) -> None:
    """Clear away what has run out: drafts, idempotency keys, and what the sign-in left behind."""
    with database.transaction() as session:
        notifications.expire_drafts(session, at)
        batches.expire_batches(session, at)
        idempotency.forget_old_keys(session, at.date())
        identity.forget_expired(session, at)
        outbox.forget_kept(session, at)
