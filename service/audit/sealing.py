"""Sealing: what was written down about workers is put in a chain, a few seconds later and never in a request.

A row is sealed because it is not sealed yet, and its place is the order in which that happened: a row that was
committed late, under an earlier id, is not lost.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from service.audit import tables
from service.audit.heads import Head, HeadKey, Heads
from service.audit.rules import BEFORE_THE_FIRST, canonical, linked
from service.clock import now
from service.database import Database, append, is_sqlite
from service.events import AUDIT_HEAD_LOST
from service.ids import first_id_at

# Longer than a transaction takes and than clocks differ; what is later still is found by a look at everything.
LATEST = timedelta(hours=1)
_AT_ONCE = 1000
_LOCK = 0x5345414C  # "SEAL"


def seal(database: Database, key: HeadKey, *, everything: bool = False) -> int:
    """Seal what is not sealed yet, in turns with whoever else does. Gives how many rows.

    It looks at what is newer than the end of the chain, give or take an hour, or at every row there is.
    """
    total, done, since = 0, _AT_ONCE, None
    while done == _AT_ONCE:
        with database.transaction() as session:
            _take_turn(session)
            rows = tables.unsealed(session, since if total or everything else _a_little_back(session), _AT_ONCE)
            if rows:
                _seal(session, key, rows)
                since = rows[-1][0]
        done = len(rows)
        total += done
    return total


def publish_head(database: Database, heads: Heads) -> None:
    """Note the head outside the database, if it moved. One that was noted and is gone is told to the operator."""
    noted = heads.last()
    with database.reading() as session:
        head = head_of(tables.last_seal(session))
        if noted is not None and noted.sha256 != tables.hash_at(session, noted.position):
            AUDIT_HEAD_LOST.log(position=noted.position)
    if head is not None and (noted is None or noted.sha256 != head.sha256):
        heads.append(head)


def head_of(seal: tables.Seal | None) -> Head | None:
    """A link as a head, if it was the last of those sealed together: only those are signed."""
    if seal is None or seal.signature is None:
        return None
    return Head(seal.position, seal.sha256, seal.sealed_at, seal.signature)


def _take_turn(session: Session) -> None:
    # On SQLite a transaction that writes has its turn already.
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _a_little_back(session: Session) -> UUID | None:
    """Where to look from: somewhat before the end of the chain."""
    last = tables.last_seal(session)
    ended = tables.moment_of(session, last.event_id) if last else None
    return first_id_at(ended - LATEST) if ended else None


def _seal(session: Session, key: HeadKey, rows: Sequence[Sequence[Any]]) -> None:
    last, sealed_at = tables.last_seal(session), now().replace(microsecond=0)
    position, before = (last.position, last.sha256) if last else (0, BEFORE_THE_FIRST)
    links: list[dict[str, Any]] = []
    for place, row in enumerate(rows, position + 1):
        before = linked(before, canonical(row))
        links.append({"position": place, "event_id": row[0], "sha256": before, "sealed_at": sealed_at})
    head = Head(position + len(rows), before, sealed_at)
    append(session, tables.Seal, [link | {"signature": None} for link in links[:-1]])
    append(session, tables.Seal, [links[-1] | {"signature": key.sign(head)}])
