"""Passwords, kept with Argon2id at the library's defaults (64 MiB a hash)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from service.problems import TooMany

MAX_PASSWORD = 256
_hasher = PasswordHasher()
# Two at once: a hash takes 64 MiB and every lane of the processor, so a hundred would take 6.4 GB.
_hashing = threading.BoundedSemaphore(2)
# And a short line before it: those who wait hold a thread that the rest of the service needs.
_line = threading.BoundedSemaphore(12)


@contextmanager
def _turn() -> Iterator[None]:
    if not _line.acquire(blocking=False):
        raise TooMany(retry_after=3)
    try:
        with _hashing:
            yield
    finally:
        _line.release()


def hash_password(password: str) -> str:
    """The hash to keep."""
    with _turn():
        return _hasher.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Tell whether this is the password; as slow for nobody as for somebody. Raises TooMany when the line is full."""
    if len(password) > MAX_PASSWORD:
        return False
    with _turn():
        nobody = _nobody()
        try:
            _hasher.verify(kept or nobody, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
    return kept is not None


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
