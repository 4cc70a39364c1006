"""Start one of the make commands, or say in one sentence why that cannot be.

This file reads on Python 2.7 and 3.6 too, so that an old Python gives that sentence and not a SyntaxError; whatever
needs a newer Python is imported only after the version is known.
"""

from __future__ import print_function

import os
import subprocess
import sys

NEEDED = (3, 11)

# The versions the lock files were tried with come first, the newest last.
NAMES = ("python3.12", "python3.13", "python3.11", "python3.14", "python3.15")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def is_new_enough(name):
    """Whether this command starts a Python that is new enough; a name on the path is no proof (pyenv leaves stubs)."""
    question = "import sys; sys.exit(sys.version_info[:2] < {0!r})".format(NEEDED)
    try:
        process = subprocess.Popen([name, "-c", question], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError:
        return False
    process.communicate()
    return process.returncode == 0


def too_old(words):
    """Say what is needed, what was found, and what to do."""
    command = words[0] if words else "run"
    print(
        "Arbobrug needs Python 3.11 or newer; found {0} at {1}. Install a newer one (Debian 12: apt-get install python3"
        " python3-venv) or name it: make {2} PYTHON=python3.12".format(
            ".".join(str(part) for part in sys.version_info[:3]), sys.executable, command
        ),
        file=sys.stderr,
    )
    return 1


def start(words):
    """Go on with this Python, or with a newer one that is on the path."""
    if tuple(sys.version_info[:2]) >= NEEDED:
        sys.path[0] = ROOT
        from deploy.bootstrap.commands import main

        return main(words)
    for name in NAMES:
        if is_new_enough(name):
            os.execvp(name, [name, os.path.dirname(os.path.abspath(__file__))] + words)
    return too_old(words)


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
