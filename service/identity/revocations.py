"""Which tokens stop before their time: the database knows, and a copy in memory follows it within two seconds."""

import threading
import time
import weakref
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session

from service.clock import now
from service.database import Database
from service.identity import tables
from service.identity.tables import Revocation, RevocationKind

REFRESH_SECONDS = 2.0
# A row outlives every token it can concern: the longest life of a token and some room for clocks.
_KEPT = timedelta(seconds=300 + 60)


class Revocations:
    """The copy in memory. Asking it costs two look-ups; every two seconds one question goes to the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._refreshing = threading.Lock()
        self._due, self._heeded = 0.0, 0
        self._tokens: frozenset[str] = frozenset()
        self._subjects: dict[str, int] = {}
        _copies.add(self)

    def covers(self, jti: str, subject: str, issued_at: int) -> bool:
        """Tell whether this token was revoked, by itself or with everything its subject held."""
        if not self.fresh:
            self._refresh()
        return self.holds(jti, subject, issued_at)

    @property
    def fresh(self) -> bool:
        """Whether the copy is young enough to go by without asking the database."""
        return time.monotonic() < self._due

    def holds(self, jti: str, subject: str, issued_at: int) -> bool:
        """Tell the same by the copy as it is."""
        return jti in self._tokens or self._subjects.get(subject, 0) >= issued_at

    def heed(self) -> None:
        """Ask the database at the next question, not only when two seconds are over."""
        self._heeded += 1
        self._due = 0.0

    def _refresh(self) -> None:
        # When the copy is merely old, one asks and the others go on with it; when it is known to be wrong, all wait.
        if not self._refreshing.acquire(blocking=self._due == 0.0):
            return
        try:
            if time.monotonic() >= self._due:
                self._ask()
        finally:
            self._refreshing.release()

    def _ask(self) -> None:
        started, heeded = time.monotonic(), self._heeded
        with self._database.reading() as session:
            rows = tables.live_revocations(session, now())
        self._tokens = frozenset(row.value for row in rows if row.kind == RevocationKind.TOKEN)
        self._subjects = _latest(rows)
        if heeded == self._heeded:
            self._due = started + REFRESH_SECONDS


_copies: "weakref.WeakSet[Revocations]" = weakref.WeakSet()


def _latest(rows: Sequence[Revocation]) -> dict[str, int]:
    latest: dict[str, int] = {}
    for row in rows:
        if row.kind == RevocationKind.SUBJECT:
            latest[row.value] = max(latest.get(row.value, 0), int(row.since.timestamp()))
    return latest


def revoke_token(session: Session, jti: str) -> None:
    """Stop one token; a second time changes nothing that shows."""
    _add(session, RevocationKind.TOKEN, jti)


def revoke_subject(session: Session, subject: UUID) -> None:
    """Stop every token that this person or system holds now; one made within the same second stops too."""
    _add(session, RevocationKind.SUBJECT, str(subject))


def _add(session: Session, kind: RevocationKind, value: str) -> None:
    moment = now()
    session.add(Revocation(kind=kind, value=value, since=moment, expires_at=moment + _KEPT))
    # This process need not wait: its own copies look again as soon as the row can be seen.
    event.listen(session, "after_commit", _heed_all, once=True)


def _heed_all(_: object) -> None:
    for copy in list(_copies):
        copy.heed()
