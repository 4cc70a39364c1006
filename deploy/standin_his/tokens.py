"""Tokens of the stand-in: given for an assertion that Arbobrug signed with the key that it publishes."""

import secrets
import time
from dataclasses import dataclass, field

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

CLIENT_ID = "arbobrug"
SECONDS = 300


@dataclass
class Tokens:
    """What was given, and the assertions that were used; all in memory."""

    arbobrug: str
    token_url: str
    _good_until: dict[str, float] = field(default_factory=dict, repr=False)
    _used: set[str] = field(default_factory=set, repr=False)

    def give(self, assertion: str) -> str | None:
        """A token for this assertion, or none when it is not Arbobrug's, not for us, over, or used before."""
        keys = KeySet.import_key_set(httpx2.get(f"{self.arbobrug}/oauth/jwks", timeout=10).json())
        try:
            claims = jwt.decode(assertion, keys, algorithms=["ES256"]).claims
        except (JoseError, ValueError):
            return None
        names = (claims.get("iss"), claims.get("sub"), claims.get("aud"))
        fresh = isinstance(claims.get("exp"), int) and time.time() < claims["exp"] <= time.time() + SECONDS
        if names != (CLIENT_ID, CLIENT_ID, self.token_url) or not fresh or claims.get("jti") in {None, *self._used}:
            return None
        self._used.add(claims["jti"])
        token = secrets.token_urlsafe(32)
        self._good_until[token] = time.monotonic() + SECONDS
        return token

    def knows(self, authorization: str | None) -> bool:
        """Tell whether the header holds a token of ours that is still good."""
        kind, _, token = (authorization or "").partition(" ")
        return kind.lower() == "bearer" and self._good_until.get(token, 0) > time.monotonic()
