"""The chain over the rows about workers: each link is a hash over one row and over all before it. Pure."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

BEFORE_THE_FIRST = bytes(hashlib.sha256().digest_size)
# What is sealed of a row, in this order. Another set of columns is another form, under another name.
FORM = "person-event/1"
COLUMNS = (
    "id", "at", "act", "event", "subject", "actor", "actor_role", "responsible", "organisation", "client_id",
    "object_kind", "object_id", "data", "basis", "consent_id", "emergency", "outcome",
)  # fmt: skip


def canonical(values: Sequence[Any]) -> bytes:
    """The values of COLUMNS as bytes: the same on every database, and in any program; an id is its 32 hex digits."""
    return _ENCODER.encode([FORM, *values]).encode("ascii")


def linked(before: bytes, row: bytes) -> bytes:
    """The hash over a canonical row and the link before it."""
    return hashlib.sha256(before + row).digest()


def _written(value: datetime | UUID) -> str:
    # A database gives a moment in the zone of its session.
    return value.hex if isinstance(value, UUID) else value.astimezone(UTC).isoformat(timespec="microseconds")


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_written)
