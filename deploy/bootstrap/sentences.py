"""What can go wrong before our own program runs, each as a sentence that says what to do."""

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass


class CannotGoOn(Exception):  # noqa: N818 - it is a sentence to a person and no error of ours
    """Something outside our code is in the way; the message is for the person at the keyboard."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """A pattern in pip's log, and the sentence it means."""

    pattern: str
    sentence: str


# In order: a refused hash also ends in "no matching distribution", and a lost network in nearly everything else.
SYMPTOMS: Sequence[Symptom] = (
    Symptom(
        r"DO NOT MATCH THE HASHES|Hashes are required|HashMismatch",
        "a downloaded package is not the one that {lock} names (its hash differs), so it was not installed. If your"
        " package index rebuilds packages, use the original ones; if not, treat this as an attack.",
    ),
    Symptom(r"No space left on device|Disk quota exceeded", "the disk is full; make room and try again."),
    Symptom(
        r"Permission denied|Read-only file system",
        "a file could not be written, see the log; are .venv and your pip cache yours?",
    ),
    Symptom(
        # No version at all of a package that exists: pip's only word for a silent index when retries are switched off.
        r"\(from versions: none\)"
        r"|WARNING: Retrying \(|ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|Connection refused"
        r"|Name or service not known|Temporary failure in name resolution|problem confirming the ssl certificate"
        r"|40[137] (Client )?Error|50\d Server Error",
        "could not reach the package index; check the network or your pip settings (pip config list). Nothing was half"
        " installed: try again.",
    ),
    Symptom(
        r"Failed building wheel|metadata-generation-failed|subprocess-exited-with-error",
        "a package has no ready-made build for this Python and machine; Python 3.11, 3.12 and 3.13 on 64-bit Linux have"
        " them all (make {command} PYTHON=python3.12).",
    ),
    Symptom(
        r"No matching distribution found",
        "the package index lacks a version that {lock} names; check your pip settings (pip config list).",
    ),
)


def of_pip_log(text: str, *, lock: str, command: str) -> str:
    """Say what a failed installation means."""
    for symptom in SYMPTOMS:
        if re.search(symptom.pattern, text):
            return symptom.sentence.format(lock=lock, command=command)
    return "pip could not install the packages, see the log."


def of_os_error(error: OSError) -> str:
    """Say what an operating system error means for someone who only wanted to start the program."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "The disk is full; make room and try again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{error.filename} cannot be written by this user; use a folder that is yours."
        case errno.ENOTDIR | errno.EEXIST:
            return f"A file stands where a folder is needed: {error.filename}. Move it away and try again."
        case _:
            return f"{error.strerror or error}: {error.filename}."
