"""Where things are, for the tests that look at the project as a whole."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_HERE = {".hypothesis", ".venv", "__pycache__", "var"}


def files_of_ours() -> list[Path]:
    """Every file that is in git or would be added to it, less what is not text."""
    return [path for path in listed() if path.is_file() and b"\0" not in path.read_bytes()[:4096]]


def listed() -> list[Path]:
    if not (ROOT / ".git").exists():  # an unpacked archive
        return [path for path in ROOT.rglob("*") if not MADE_HERE & set(path.parts) and "_cache" not in str(path)]
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name]
