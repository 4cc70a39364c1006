"""Every table there is, in one place: importing this fills SQLModel.metadata."""

import service.audit.tables
import service.batches.tables
import service.consent.tables
import service.idempotency
import service.identity.tables
import service.notifications.tables
import service.outbox
import service.parties.tables
import service.persons.tables
import service.referrals.tables
import service.signals.tables
import service.wire.messages.tables
import service.wire.tables

__all__ = ["service"]
