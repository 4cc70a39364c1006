"""One task per job: running it twice changes nothing the second time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from service import idempotency, mail, outbox
from service.audit import sealing
from service.audit.heads import HeadKey, Heads
from service.batches import actions as batches
from service.clock import now
from service.database import Database
from service.identity import tables as identity
from service.notifications import actions as notifications
from service.notifications import notices
from service.outbox import Job
from service.parties.rules import Channel
from service.persons.vault import Vault
from service.referrals import deadlines, deciding, releasing
from service.referrals import notices as exchange_notices
from service.referrals import owed as exchange_owed
from service.referrals import tables as referrals
from service.referrals.channels import BY_ITSELF
from service.settings import Settings
from service.wire.messages import sending

Task = Callable[[Database, Settings, UUID], None]


def mail_notice(database: Database, settings: Settings, notice_id: UUID) -> None:
    """Mail a notifier that something came back. A repeat carries the same Message-ID."""
    with database.reading() as session:
        message = notices.write_mail(session, notice_id)
    if message is not None:
        mail.send(settings, message)


def deliver_message(database: Database, settings: Settings, message_id: UUID) -> None:
    """Release a message if the worker allows it now, and send it. One that has arrived is not sent again."""
    vault = Vault(settings.vault_file)
    by_fhir = sending.transport(database, settings, vault)
    releasing.release(database, vault, message_id, {**BY_ITSELF, Channel.FHIR: by_fhir})


def mail_referral_notice(database: Database, settings: Settings, notice_id: UUID) -> None:
    """Mail one side that something waits. A repeat carries the same Message-ID and link."""
    exchange_notices.mail_notice(database, settings, Vault(settings.vault_file), notice_id)


def _look(at: Callable[[Session, UUID], None]) -> Task:
    """Look at a message when its day has come."""

    def task(database: Database, _: Settings, message_id: UUID) -> None:
        with database.transaction() as session:
            at(session, message_id)

    return task


TASKS: Mapping[Job, Task] = {
    Job.MAIL_NOTICE: mail_notice,
    Job.DELIVER_MESSAGE: deliver_message,
    Job.MAIL_REFERRAL_NOTICE: mail_referral_notice,
    Job.REMIND_ASKED: _look(deadlines.remind),
    Job.ESCALATE: _look(deadlines.escalate),
    Job.OFFER_LETTER: _look(deadlines.offer_letter),
}


def sweep(database: Database, at: datetime) -> None:
    """Clear away what has run out: drafts, idempotency keys, links, consents, and what the sign-in left behind."""
    with database.transaction() as session:
        notifications.expire_drafts(session, at)
        batches.expire_batches(session, at)
        idempotency.forget_old_keys(session, at.date())
        identity.forget_expired(session, at)
        referrals.forget_links(session, at)
        outbox.forget_kept(session, at)
    # Apart: it locks workers and exchanges, and the rest need not wait for those.
    with database.transaction() as session:
        deciding.expire(session, at)


def seal_audit(database: Database, settings: Settings, *, everything: bool = False) -> None:
    """Seal what was written down about workers since the last time."""
    sealing.seal(database, HeadKey(settings.audit_key_file), everything=everything)


def clear_away(database: Database, settings: Settings) -> None:
    """Sweep, and look at every row about a worker for one that was left unsealed."""
    sweep(database, now())
    seal_audit(database, settings, everything=True)


def publish_head(database: Database, settings: Settings) -> None:
    """Note the head of the audit trail outside the database."""
    sealing.publish_head(database, Heads(settings.audit_heads_file))


def reconcile(database: Database, _: Settings) -> None:
    """Look for work that is owed and that nobody promised; promise it, and say so."""
    with database.transaction() as session:
        outbox.mend(session, [*notices.unpromised(session, now()), *exchange_owed.unpromised(session, now())])


# What nobody promised and is done all the time. What clears away comes first: after a pause it seals in order. Twice at
# once, or by two, does no harm.
PERIODIC: Sequence[tuple[timedelta, Callable[[Database, Settings], None]]] = (
    (timedelta(minutes=10), clear_away),
    (timedelta(seconds=5), seal_audit),
    (timedelta(minutes=1), publish_head),
    (timedelta(days=1), reconcile),
)
