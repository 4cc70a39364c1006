"""Verifying: walk the chain over the rows about workers, and name every row that is not what was sealed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session

from service.audit import tables
from service.audit.heads import Head, HeadKey, Heads
from service.audit.rules import BEFORE_THE_FIRST, COLUMNS, canonical, linked
from service.audit.sealing import LATEST, head_of
from service.database import Database

_AT_ONCE = 20_000
_MOST_COMPARED = 300
_ID, _AT = 0, COLUMNS.index("at")
Progress = Callable[[int, int], None]


class Fault(StrEnum):
    """What can be wrong with a row or a link."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CUT = "cut"
    REWRITTEN = "rewritten"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: at which position, and which row if it is known. A row that has no seal has position 0."""

    position: int
    fault: Fault
    row: UUID | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How many links were looked at, how many rows still wait for their seal, and everything that is wrong."""

    links: int
    waiting: int
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A link that does not follow from the one before it."""

    position: int
    row: UUID
    body: bytes
    sha256: bytes
    before: bytes
    two_before: bytes
    previous: UUID | None


@dataclass(slots=True)
class _Walk:
    """Where the walk is: the last link as it stands and as it should be, and what was found on the way."""

    position: int
    stored: bytes
    computed: bytes
    two_before: bytes = b""
    row: UUID | None = None
    latest: datetime | None = None
    links: int = 0
    broken: bool = False  # what came before is gone, so the next link cannot be held against it
    findings: list[Finding] = field(default_factory=list)
    suspects: list[_Suspect] = field(default_factory=list)

    def step(self, position: int, event_id: UUID, sha256: bytes, values: Sequence[Any]) -> None:
        """Hold one link against its row and against the link before it."""
        self._insist_on_next(position)
        body = None if values[_ID] is None else canonical(values)
        if body is None:
            self.findings.append(Finding(position, Fault.MISSING, event_id))
        else:
            self._hold(position, event_id, sha256, body)
            self._insist_on_time(position, event_id, values[_AT])
        self.two_before, self.stored = self.stored, sha256
        self.computed = sha256 if body is None else linked(self.two_before, body)
        self.position, self.row, self.broken, self.links = position, event_id, False, self.links + 1

    def _insist_on_next(self, position: int) -> None:
        gap = range(self.position + 1, position)
        self.findings += [Finding(one, Fault.MISSING) for one in gap[:_MOST_COMPARED]]
        self.broken = bool(gap)

    def _hold(self, position: int, event_id: UUID, sha256: bytes, body: bytes) -> None:
        # A link that was changed itself takes its row along, and not the next one.
        if self.broken or sha256 == linked(self.stored, body) or sha256 == linked(self.computed, body):
            return
        self.suspects.append(_Suspect(position, event_id, body, sha256, self.stored, self.two_before, self.row))

    def _insist_on_time(self, position: int, event_id: UUID, at: datetime) -> None:
        """A row that says it is older than what was sealed long before it was put there later."""
        if self.latest is not None and at < self.latest - LATEST:
            self.findings.append(Finding(position, Fault.INSERTED, event_id))
        self.latest = at if self.latest is None else max(self.latest, at)


def verify(database: Database, key: HeadKey, heads: Heads, start: Head | None, progress: Progress) -> Report:
    """Verify the whole trail, or what came after a head that was noted outside the database."""
    walk = _Walk(start.position, start.sha256, start.sha256) if start else _Walk(0, BEFORE_THE_FIRST, BEFORE_THE_FIRST)
    with database.reading() as session:
        _walk(session, walk, progress)
        found = [*walk.findings, *_judged(walk.suspects), *_against(session, heads, key, start)]
        end = head_of(tables.last_seal(session))
        if walk.links and (end is None or not key.signed(end)):
            found.append(Finding(walk.position, Fault.UNSIGNED, walk.row))
        unsealed = tables.unsealed(session, None, _AT_ONCE)
    old = [row for row in unsealed if walk.latest and row[_AT] < walk.latest - LATEST]
    found += [Finding(0, Fault.INSERTED, row[_ID]) for row in old]
    return Report(walk.links, len(unsealed), sorted(set(found), key=lambda one: (one.position, one.fault)))


def anchor(heads: Heads, key: HeadKey, position: int) -> Head | None:
    """The last head that was noted outside the database at this position or before it, if we signed it."""
    noted = [head for _, head in heads.read() if head and head.position <= position]
    found = max(noted, key=lambda head: head.position, default=None)
    return found if found and key.signed(found) else None


def _walk(session: Session, walk: _Walk, progress: Progress) -> None:
    total = tables.seals_after(session, walk.position)
    while rows := tables.sealed(session, walk.position, _AT_ONCE):
        for row in rows:
            walk.step(row[0], row[1], row[2], row[3:])
        progress(walk.links, total)


def _against(session: Session, heads: Heads, key: HeadKey, start: Head | None) -> Iterator[Finding]:
    """Hold the chain against what was noted outside the database: the first head that differs, and the end."""
    end, since = tables.last_seal(session), start.position if start else 0
    last, known = end.position if end else 0, tables.heads_in(session)
    noted = [head for _, head in heads.read()]
    differing = [head for head in noted if head and since <= head.position and known.get(head.position) != head.sha256]
    ours = [head.position for head in differing if key.signed(head)]
    yield from (Finding(0, Fault.UNSIGNED) for head in noted if head is None)
    yield from (Finding(head.position, Fault.UNSIGNED) for head in differing if head.position not in ours)
    if rewritten := [position for position in ours if position <= last]:
        yield Finding(min(rewritten), Fault.REWRITTEN)
    if cut := [position for position in ours if position > last]:
        yield Finding(max(cut), Fault.CUT)


def _judged(suspects: Sequence[_Suspect]) -> Iterator[Finding]:
    """What became of the links that do not follow: which rows changed places, which was put between, which changed."""
    if len(suspects) > _MOST_COMPARED:
        yield from (Finding(one.position, Fault.CHANGED, one.row) for one in suspects)
        return
    places, rows = _places(suspects), {one.position: one.row for one in suspects}
    filled = {position for position, _ in places.values()}
    for one in suspects:
        position, sha256 = places.get(one.row, (0, b""))
        if position == one.position:
            if sha256 != one.sha256:
                yield Finding(one.position, Fault.CHANGED, one.row)
        elif position:
            # Where it belongs stands a row that belongs nowhere, or one that belongs elsewhere.
            if rows[position] in places:
                yield Finding(one.position, Fault.REORDERED, one.row)
        elif one.position in filled:
            yield Finding(one.position, Fault.INSERTED, one.row)
        elif one.position - 1 not in rows and linked(one.two_before, one.body) == one.sha256:
            yield Finding(one.position - 1, Fault.INSERTED, one.previous)
        else:
            yield Finding(one.position, Fault.CHANGED, one.row)


def _places(suspects: Sequence[_Suspect]) -> dict[UUID, tuple[int, bytes]]:
    """Where among these each row belongs by the hashes that there are, and the hash that it has there."""
    hashes = {one.sha256 for one in suspects}
    right: dict[int, bytes] = {}
    places: dict[UUID, tuple[int, bytes]] = {}
    for one in suspects:
        before = right.get(one.position - 1, one.before)
        for other in suspects:
            sha256 = linked(before, other.body)
            if other.row not in places and sha256 in hashes:
                right[one.position], places[other.row] = sha256, (one.position, sha256)
                break
    return places
