"""`python -m tests.workflows.dying MOMENT FUSE ... worker`: our programs, which kill themselves at a marked moment.

Each moment is before or after one call. There is one death for each fuse: a file that goes with it.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from service import mail, outbox
from workflows import celery_app
from workflows.cli import app
from workflows.publishing import PublishingRelay

BEFORE, AFTER = True, False
MOMENTS: Mapping[str, tuple[Any, str, bool]] = {
    "relay: claimed, nothing published": (PublishingRelay, "_publish", BEFORE),
    "relay: one published": (PublishingRelay, "_publish", AFTER),
    "worker: taken from the queue": (celery_app, "attempt", BEFORE),
    "worker: begun": (mail, "send", BEFORE),
    "worker: sent": (mail, "send", AFTER),
    "worker: kept": (outbox, "keep", AFTER),
    "worker: committed": (celery_app, "attempt", AFTER),
}
CHILD = "child: "  # before a moment of a worker: only the child dies, as the kernel does when memory runs out


def die(fuse: Path, *, alone: bool) -> None:
    """Kill -9, once for each fuse."""
    try:
        fuse.unlink()
    except FileNotFoundError:
        return
    if not alone:
        os.killpg(os.getpgid(0), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def dying(real: Callable[..., Any], end: Callable[[], None], when: bool, *given: Any, **named: Any) -> Any:
    if when is BEFORE:
        end()
    result = real(*given, **named)
    if when is AFTER:
        end()
    return result


def main(moment: str, fuse: str, words: list[str]) -> None:
    place, name, when = MOMENTS[moment.removeprefix(CHILD)]
    end = partial(die, Path(fuse), alone=moment.startswith(CHILD))
    real = getattr(place, name)

    def replaced(*given: Any, **named: Any) -> Any:
        return dying(real, end, when, *given, **named)

    setattr(place, name, replaced)
    app(words, prog_name="python -m workflows")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
