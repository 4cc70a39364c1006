"""How a row stands, and what a better file changes. Pure, no I/O."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

KEPT_DAYS = 30
MOST_OPEN = 20


class Status(StrEnum):
    """Where a row stands: pending waits for the notifier's word, because it may have been filed before."""

    PENDING = "pending"
    READY = "ready"
    PROBLEM = "problem"
    FILED = "filed"
    FAILED = "failed"


class Duplicates(StrEnum):
    """What to do with the rows that may have been filed before: leave them, or file them all the same."""

    SKIP = "skip"
    FILE = "file"


class Alike(StrEnum):
    """Why a row may be a duplicate."""

    EARLIER_ROW = "earlier-row"
    FILED_BEFORE = "filed-before"
    FILED_HERE = "filed-here"
    RESEMBLES = "resembles"


def to_file(duplicates: Duplicates) -> tuple[Status, ...]:
    """The states of the rows that a submission files."""
    return (Status.READY, Status.PENDING) if duplicates is Duplicates.FILE else (Status.READY,)


def status_of(*, problems: bool, alike: Alike | None) -> Status:
    """How a row stands after it was read. One that only resembles another is filed; the registry looks at it."""
    if problems:
        return Status.PROBLEM
    return Status.READY if alike in {None, Alike.RESEMBLES} else Status.PENDING


def earlier_rows(digests: Iterable[tuple[int, str | None]]) -> Mapping[int, int]:
    """The rows that say the same as an earlier row, with the number of that row."""
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for number, digest in digests:
        if digest is None:
            continue
        if digest in first:
            found[number] = first[digest]
        first.setdefault(digest, number)
    return found
