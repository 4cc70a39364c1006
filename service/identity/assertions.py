"""How a client proves who it is: a JWT signed with its own key (RFC 7523), used once."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from service.database import Database
from service.identity import tables
from service.identity.alone import alone
from service.identity.clients import Client, find_client
from service.identity.tables import UsedAssertion
from service.settings import Settings

ALGORITHMS = ("ES256", "PS256", "RS256")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_SECONDS = 300
_LEEWAY_SECONDS = 30  # the clocks of vendors are not ours
_MAX_JTI = 256


class ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc] # Authlib has no types
    """Authlib's check, made total and strict.

    It finds the client and takes the jti in transactions of its own, so that no lock is held while signatures are made
    and checked; and a jti stays taken whatever becomes of the request.
    """

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(leeway=_LEEWAY_SECONDS)
        self._database, self._settings = database, settings

    def __call__(self, _: Any, request: Any) -> Client | None:
        """The client that signed the assertion, or none when there is no assertion."""
        try:
            client: Client | None = super().__call__(self._find, request)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            # Authlib builds its error from what was sent, and refuses to hold what it then may not say.
            raise InvalidClientError(description="The assertion cannot be read.") from None
        if client and request.payload.client_id not in {None, client.client_id}:
            raise InvalidClientError(description="The assertion is of another client.")
        return client

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> dict[str, Any]:
        """The claims, signed with one of the algorithms we take; Authlib would take whatever the library likes."""
        try:
            claims = jwt.decode(assertion, resolve_key, algorithms=ALGORITHMS).claims
        except JoseError:
            raise InvalidClientError(description="The signature of the assertion is not right.") from None
        self.verify_claims(claims)
        return claims

    def verify_claims(self, claims: dict[str, Any]) -> None:
        """The claims say: I am this client, I speak to you, now, for the first time."""
        # Written so that NaN is refused too. Checked first: what is refused here has not used up its jti.
        if not claims.get("exp", 0) - time.time() <= LONGEST_SECONDS:
            raise InvalidClientError(description="An assertion may live five minutes at most.")
        super().verify_claims(claims)

    def get_audiences(self) -> list[str]:
        """Us, or our token endpoint."""
        return [self._settings.base_url, f"{self._settings.base_url}/oauth/token"]

    def validate_jti(self, claims: dict[str, Any], jti: Any) -> bool:
        """Take the jti; false when it was taken before."""
        if not isinstance(jti, str) or not 1 <= len(jti) <= _MAX_JTI:
            return False
        # The row outlives the assertion by the leeway, or it could be used twice in that gap.
        expires = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=_LEEWAY_SECONDS + 1)
        row = {"jti_hash": tables.hashed(f"{claims['sub']}\n{jti}"), "expires_at": expires}
        with alone(self._database, writes=True) as session:
            return tables.insert_new(session, UsedAssertion, row)

    def _find(self, client_id: str) -> Client | None:
        with alone(self._database) as session:
            return find_client(session, self._settings, client_id)

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """The keys the client registered; a key in the assertion itself means nothing."""
        if not client.row.jwks:
            raise InvalidClientError(description="This client has no keys.")
        return _key_set(json.dumps(client.row.jwks))


@lru_cache(maxsize=1024)
def _key_set(jwks: str) -> KeySet:
    """The keys in this text, read once; a client that registers another key has another text."""
    return KeySet.import_key_set(json.loads(jwks))
