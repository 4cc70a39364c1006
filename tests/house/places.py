"""Where things are, for the tests that look at the project as a whole."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files_of_ours() -> list[Path]:
    """Every file that is in git or would be added to it, less what is not text."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [ROOT / name for name in names if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]
