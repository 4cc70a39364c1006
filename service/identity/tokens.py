"""Reading access tokens (RFC 9068): from a string of a stranger to a caller, or to nothing at all."""

import hashlib
import threading
import time
from typing import Annotated, Any, Literal
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.database import Database
from service.events import TOKEN_REFUSED
from service.identity.access import SCOPES_OF, Caller, Role
from service.identity.keys import ALGORITHM, KeyRing
from service.identity.revocations import Revocations
from service.problems import NotAuthenticated
from service.settings import Settings

# No leeway on exp: a token lives five minutes at most, and that must mean what it says. Five seconds on iat and nbf:
# no two machines agree to the millisecond, and a token just made by the one must open doors at the other.
CLOCK_SECONDS = 5
_MAX_TOKEN = 4096
_REMEMBERED = 4096
_HEADER_NAMES = {"alg", "typ", "kid"}
_REGISTRY = JWSRegistry(algorithms=[ALGORITHM])
_LAX = Field(strict=False)  # a UUID and an enum arrive as text


class Claims(BaseModel):
    """What is in a token of ours. Signed is not the same as well-formed, so it is read like any other message."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    iss: str
    aud: str | list[str]
    sub: Annotated[UUID, _LAX]
    client_id: str
    scope: str
    jti: str
    iat: int
    exp: int
    nbf: int = 0
    role: Annotated[Role, _LAX]
    org: Annotated[UUID | None, _LAX] = None
    acts_for: Annotated[UUID | None, _LAX] = None
    demo: bool = False

    def caller(self) -> Caller:
        """The caller, with what both the token and the role allow."""
        return Caller(
            subject=self.sub,
            role=self.role,
            organisation=self.org,
            client_id=self.client_id,
            scopes=frozenset(self.scope.split()) & SCOPES_OF[self.role],
            acts_for=self.acts_for,
            demo=self.demo,
        )


class Header(BaseModel):
    """The header of a token of ours; one that brings its own key (jwk, jku, x5u) is not ours."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    alg: Literal["ES256"]
    typ: Literal["at+jwt", "application/at+jwt"]
    kid: str


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class Refused(Exception):  # noqa: N818 - says why a token is no good; only the log hears it
    """The token is not good, and why."""


class TokenVerifier:
    """Turns access tokens into callers. Remembers those it has checked, and forgets them when they run out."""

    def __init__(self, settings: Settings, database: Database, keys: KeyRing) -> None:
        self.settings, self.database, self.keys = settings, database, keys
        self.revocations = Revocations(database)
        self._known: dict[bytes, tuple[Claims, Caller]] = {}
        self._lock = threading.Lock()

    def caller(self, token: str) -> Caller:
        """The caller that the token speaks for. Raises NotAuthenticated for any token that is not good."""
        try:
            return self._checked(token)[1]
        except Refused as refused:
            TOKEN_REFUSED.log(reason=str(refused))
            raise NotAuthenticated from None

    def remembered(self, token: str) -> Caller | None:
        """The caller of a token that was checked before, as long as nothing has to be asked of the database."""
        found = self._known.get(_digest(token))
        if found is None or not self.revocations.fresh:
            return None
        claims, caller = found
        stopped = self.revocations.holds(claims.jti, str(claims.sub), claims.iat)
        return None if stopped or claims.exp <= time.time() else caller

    def claims(self, token: str) -> Claims | None:
        """The claims of a good token, nothing for any other; for introspection and revocation."""
        try:
            return self._checked(token)[0]
        except Refused:
            return None

    def _checked(self, token: str) -> tuple[Claims, Caller]:
        if len(token) > _MAX_TOKEN or not token.isascii():
            raise Refused("form")
        digest = _digest(token)
        found = self._known.get(digest) or self._remember(digest, self._read(token))
        claims = found[0]
        if claims.exp <= time.time():
            self._known.pop(digest, None)
            raise Refused("expired")
        if self.revocations.covers(claims.jti, str(claims.sub), claims.iat):
            raise Refused("revoked")
        return found

    def _remember(self, digest: bytes, claims: Claims) -> tuple[Claims, Caller]:
        found = (claims, claims.caller())
        with self._lock:
            while len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[digest] = found
        return found

    def _read(self, token: str) -> Claims:
        # The last names are what deeply nested or misshapen JSON does to the parsers underneath.
        try:
            read = jwt.decode(token, self._key, registry=_REGISTRY)
            claims = Claims.model_validate(read.claims)
        except (JoseError, ValidationError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Refused("not ours") from error
        self._insist(claims)
        return claims

    def _key(self, token: GuestProtocol) -> ECKey:
        header: Any = token.headers()
        key = self.keys.public(Header.model_validate(header).kid)
        if key is None:
            raise Refused("unknown key")
        return key

    def _insist(self, claims: Claims) -> None:
        audience = claims.aud if isinstance(claims.aud, list) else [claims.aud]
        if claims.iss != self.settings.base_url or self.settings.base_url not in audience:
            raise Refused("not for us")
        if max(claims.iat, claims.nbf) > time.time() + CLOCK_SECONDS:
            raise Refused("not yet")
        if claims.demo and not self.settings.demo:
            raise Refused("demo")
