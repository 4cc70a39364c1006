"""The event catalogue: every sentence the log can say, with the only fields it may carry. A person is never one."""

import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TextIO

import structlog


@dataclass(frozen=True, slots=True)
class Event:
    """A sentence of the log and the names of its fields."""

    name: str
    level: int
    fields: AbstractSet[str] = frozenset()

    def log(self, **values: object) -> None:
        """Say it. Raises TypeError for a field that the catalogue does not name."""
        if unknown := values.keys() - self.fields:
            raise TypeError(f"{self.name} does not carry {', '.join(sorted(unknown))}")
        structlog.get_logger("arbobrug").log(self.level, self.name, **values)


REQUEST = Event("http.request", logging.INFO, {"method", "route", "status", "milliseconds", "request_id"})
INTERNAL_ERROR = Event("http.internal-error", logging.ERROR, {"kind", "place", "route", "request_id"})
STORAGE_UNAVAILABLE = Event("storage.unavailable", logging.ERROR, {"kind"})
STARTED = Event("service.started", logging.INFO, {"form", "version"})
NOTIFICATION_SUBMITTED = Event("notification.submitted", logging.INFO, {"state", "verdict", "flags"})
MESSAGE_RELEASED = Event("referral.released", logging.INFO, {"kind", "channel"})
MESSAGE_STOPPED = Event("referral.stopped", logging.INFO, {"kind", "reason"})
JOB_DONE = Event("outbox.done", logging.INFO, {"job", "attempts"})
JOB_FAILED = Event("outbox.failed", logging.WARNING, {"job", "attempts", "kind"})
JOB_PARKED = Event("outbox.parked", logging.ERROR, {"job", "attempts", "kind"})
BROKER_UNAVAILABLE = Event("broker.unavailable", logging.ERROR, {"kind"})
BROKER_BACK = Event("broker.back", logging.INFO)
MESSAGE_UNREADABLE = Event("broker.message-unreadable", logging.ERROR, {"kind"})
CELERY_SAID = Event("celery.said", logging.WARNING, {"source", "words", "kind"})
OUTBOX_MENDED = Event("outbox.mended", logging.ERROR, {"job", "count"})
RELAY_FAILED = Event("relay.failed", logging.ERROR, {"kind", "place", "seconds"})
AUDIT_HEAD_LOST = Event("audit.head-lost", logging.ERROR, {"position"})
SIGN_IN_FAILED = Event("identity.sign-in-failed", logging.WARNING, {"reason"})
TOKEN_REFUSED = Event("identity.token-refused", logging.WARNING, {"reason", "client_id"})
TOKEN_ISSUED = Event("identity.token-issued", logging.INFO, {"grant", "client_id"})


def configure(log: TextIO | None = None) -> None:
    """Write one JSON object a line to the log, or else to standard output. Values are encoded."""
    # FastAPI tells the operator to install a checker of e-mail addresses; the only address is our own, in OpenAPI.
    logging.getLogger("fastapi").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(log),
        cache_logger_on_first_use=True,
    )
