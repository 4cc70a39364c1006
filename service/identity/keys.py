"""The keys that sign our tokens: one that signs, and the one before it, which is still believed for a while."""

import base64
import json
import os
import secrets
import threading
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeyParameters, KeySet

from service.identity.files import create_private, write_private

ALGORITHM = "ES256"


class KeyRing:
    """The key file, parsed once and again when it changes. Never shows its content."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        create_private(path, _document(_new_key(), None, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()))
        self._read()

    @property
    def signing(self) -> KeySet:
        """The set to sign with. It holds one key: Authlib picks any of the keys it is given."""
        return self._signing

    @property
    def secret(self) -> bytes:
        """A secret for what only we read back: form tokens, the sign-in cookie, the keys of counts."""
        return self._secret

    def public(self, kid: object) -> ECKey | None:
        """The public key with this id. An unknown id costs one look at the file's time stamp, no more."""
        if kid not in self._public:
            self.reread()
        return self._public.get(kid) if isinstance(kid, str) else None

    def published(self) -> dict[str, Any]:
        """The public keys as a JWK set."""
        return {"keys": [key.as_dict(private=False) for key in self._public.values()]}

    def reread(self) -> None:
        """Take in a rotation by another process."""
        if _stamp(self._path) != self._read_stamp:
            with self._lock:
                self._read()

    def rotate(self) -> str:
        """Sign with a new key from now on; gives its id. The present one stays believed, the one before it does not."""
        with self._lock:
            document = json.loads(self._path.read_text())
            new = _new_key()
            write_private(self._path, _document(new, document["current"], document["secret"]))
            self._read()
        return str(new["kid"])

    def _read(self) -> None:
        self._read_stamp = _stamp(self._path)
        document = json.loads(self._path.read_text())
        current = ECKey.import_key(document["current"])
        keys = [current, *([ECKey.import_key(document["previous"])] if document["previous"] else [])]
        self._signing = KeySet([current])
        self._public = {str(key.kid): ECKey.import_key(key.as_dict(private=False)) for key in keys}
        self._secret = base64.urlsafe_b64decode(document["secret"])

    def __repr__(self) -> str:
        """Name no key."""
        return "<KeyRing>"


def _new_key() -> dict[str, Any]:
    parameters: KeyParameters = {"use": "sig", "alg": ALGORITHM}
    return dict(ECKey.generate_key("P-256", parameters, auto_kid=True).as_dict(private=True))


def _document(current: dict[str, Any], previous: dict[str, Any] | None, secret: str) -> str:
    return json.dumps({"current": current, "previous": previous, "secret": secret}, indent=1)


def _stamp(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - a microsecond less than Path.stat, on the path of every unknown key
    return found.st_mtime_ns, found.st_ino
