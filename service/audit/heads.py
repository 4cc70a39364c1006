"""The head of the chain, signed and kept outside the database: who can rewrite the one cannot rewrite the other."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from service.clock import written
from service.identity.files import create_private

_LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True)
class Head:
    """The last link at some moment: its place, the hash over everything up to it, and our signature."""

    position: int
    sha256: bytes
    sealed_at: datetime
    signature: bytes = b""

    @property
    def words(self) -> bytes:
        """What is signed."""
        return f"arbobrug person-event head {self.position} {self.sha256.hex()} {written(self.sealed_at)}".encode()


class HeadKey:
    """The key that signs heads and nothing else (Ed25519), in a file for our eyes only."""

    def __init__(self, path: Path) -> None:
        create_private(path, _new_key())
        key = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("the key that signs heads is no Ed25519 key")
        self._key = key

    def sign(self, head: Head) -> bytes:
        """The signature of a head."""
        return self._key.sign(head.words)

    def signed(self, head: Head) -> bool:
        """Tell whether we signed this head."""
        try:
            self._key.public_key().verify(head.signature, head.words)
        except InvalidSignature:
            return False
        return True

    def __repr__(self) -> str:
        """Show no key."""
        return "<HeadKey>"


class Heads:
    """The file: a signed head on each line. It only grows; best kept where who keeps the database cannot write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, head: Head) -> None:
        """Add a head; it is on the disk when this returns."""
        document = {
            "position": head.position,
            "sha256": head.sha256.hex(),
            "sealed_at": head.sealed_at.isoformat(),
            "signature": b64encode(head.signature).decode(),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _drop_half_a_line(file)
            os.write(file, json.dumps(document).encode() + b"\n")
            os.fsync(file)
        finally:
            os.close(file)

    def last(self) -> Head | None:
        """The head that was added last, if it can be read."""
        if not self._path.exists():
            return None
        with self._path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * _LONGEST_LINE))
            lines = [line for line in file if line.endswith(b"\n")]
        return _read(lines[-1]) if lines else None

    def read(self) -> Iterator[tuple[int, Head | None]]:
        """Every line with its number; nothing for a line that is not what we write."""
        if self._path.exists():
            with self._path.open("rb") as file:
                yield from ((number, _read(line)) for number, line in enumerate(file, 1) if line.endswith(b"\n"))


def _new_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _drop_half_a_line(file: int) -> None:
    """Cut off what was being written when the power went; it stood for nothing yet, and is written again."""
    size = os.fstat(file).st_size
    end = os.pread(file, _LONGEST_LINE, max(0, size - _LONGEST_LINE))
    if not end.endswith(b"\n"):
        os.ftruncate(file, size - len(end) + end.rfind(b"\n") + 1)


def _read(line: bytes) -> Head | None:
    try:
        document = json.loads(line)
        return Head(
            position=int(document["position"]),
            sha256=bytes.fromhex(document["sha256"]),
            sealed_at=datetime.fromisoformat(document["sealed_at"]),
            signature=b64decode(document["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
