"""Sealing what identifies: a data key for each worker, itself sealed by a key that is not in the database.

Dropping a worker's data key makes everything sealed with it unreadable, in backups too. AES-256-GCM throughout; the
place of a value (table, row, column) is sealed along, so that a value moved to another row no longer opens.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.identity.files import create_private

_NONCE = 12
_KEY = 32
_VERSION = b"\x01"


class CannotOpen(Exception):  # noqa: N818 - what it says: the key is gone, or the value was tampered with
    """A sealed value that does not open: another key, another place, or changed bytes."""


class Vault:
    """The key file. It seals and opens data keys, and gives pseudonyms; it never shows its content."""

    def __init__(self, path: Path) -> None:
        create_private(path, json.dumps({"current": "1", "keys": {"1": _new_key()}, "pseudonym": _new_key()}, indent=1))
        document = json.loads(path.read_text(encoding="utf-8"))
        self._current: str = document["current"]
        self._keys = {name: base64.b64decode(key) for name, key in document["keys"].items()}
        self._pseudonym = base64.b64decode(document["pseudonym"])

    def new_key(self, owner: UUID) -> bytes:
        """A fresh data key for this owner, sealed; keep it in the owner's row."""
        key = AESGCM.generate_key(bit_length=8 * _KEY)
        return self._current.encode() + b":" + _seal(self._keys[self._current], f"data-key/{owner}", key)

    def open_key(self, owner: UUID, sealed: bytes) -> "Seal":
        """The owner's data key, ready to seal and open with. Raises CannotOpen."""
        name, _, body = sealed.partition(b":")
        if (key := self._keys.get(name.decode("ascii", "replace"))) is None:
            raise CannotOpen
        return Seal(_open(key, f"data-key/{owner}", body))

    def pseudonym(self, purpose: str, subject: UUID) -> str:
        """Who a row is about, for whoever holds the key; nothing for who does not (HMAC-SHA-256)."""
        return hmac.digest(self._pseudonym, f"{purpose}/{subject}".encode(), hashlib.sha256).hex()

    def own_seal(self, purpose: str, owner: UUID) -> "Seal":
        """A key for one owner that is kept nowhere: derived each time, for a request of that owner (HKDF-SHA-256)."""
        kdf = HKDF(hashes.SHA256(), length=_KEY, salt=None, info=f"seal/{purpose}/{owner}".encode())
        return Seal(kdf.derive(self._pseudonym))

    def __repr__(self) -> str:
        """Name no key."""
        return "<Vault>"


class Seal:
    """One data key: seals and opens values, each in its own place."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, place: str, value: bytes) -> bytes:
        """The value, sealed for this place only (`table/row/column`)."""
        return _seal(self._key, place, value)

    def open(self, place: str, sealed: bytes) -> bytes:
        """The value that was sealed for this place. Raises CannotOpen."""
        return _open(self._key, place, sealed)

    def seal_text(self, place: str, text: str) -> bytes:
        """A text, sealed."""
        return self.seal(place, text.encode())

    def open_text(self, place: str, sealed: bytes) -> str:
        """A sealed text. Raises CannotOpen."""
        return self.open(place, sealed).decode()

    def __repr__(self) -> str:
        """Name no key."""
        return "<Seal>"


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY)).decode()


def _seal(key: bytes, place: str, value: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, value, place.encode())


def _open(key: bytes, place: str, sealed: bytes) -> bytes:
    if sealed[:1] != _VERSION:
        raise CannotOpen
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place.encode())
    except InvalidTag:
        raise CannotOpen from None
