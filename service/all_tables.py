"""Every table there is, in one place: importing this fills SQLModel.metadata."""

import service.audit.tables
import service.idempotency
import service.identity.tables
import service.notifications.tables
import service.outbox
import service.signals.tables

__all__ = ["service"]
