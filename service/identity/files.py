"""Files that only we may read: written whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write the file for our eyes only. A reader sees the old text or the new, never half."""
    made = _beside(path, text)
    made.replace(path)


def create_private(path: Path, text: str) -> None:
    """Write the file for our eyes only, unless it is there. Of two programs that start at once, one writes."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    made = _beside(path, text)
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _beside(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
