"""Where a fault of ours is, for the log: enough to find it, and no value. A value may be somebody's case."""

import traceback
from collections.abc import Iterator

_OURS = frozenset({"fhir", "service", "workflows"})
_MOST_CAUSES = 4


def place_of(error: BaseException) -> str:
    """The way to the fault as module:line from the outside inwards, and the faults that it came from."""
    return ", after ".join(_told(error))


def _told(error: BaseException) -> Iterator[str]:
    yield _way(error)
    for _ in range(_MOST_CAUSES):
        before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if before is None:
            return
        error = before
        yield f"{type(error).__name__} at {_way(error)}"


def _way(error: BaseException) -> str:
    """Our own frames, and the last one whoever made it: what lies between is the framework's."""
    frames = [(frame.f_globals.get("__name__", "?"), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    shown = [one for one in frames[:-1] if one[0].partition(".")[0] in _OURS] + frames[-1:]
    return " > ".join(f"{module}:{line}" for module, line in shown) or "?"
