"""The authorization server: Authlib's, inside FastAPI and on our database. One per request."""

import secrets
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from fastapi import Response
from fastapi.responses import JSONResponse
from joserfc.jwk import KeySet
from sqlmodel import Session

from service.events import TOKEN_ISSUED, TOKEN_REFUSED
from service.identity.access import SCOPES_OF, Scope
from service.identity.assertions import ClientAssertion
from service.identity.clients import WEB_CLIENT_ID, Client, Person, find_client
from service.identity.grants import Challenge, CodeGrant, SystemGrant
from service.identity.incoming import Incoming
from service.identity.keys import ALGORITHM
from service.identity.revocations import revoke_token
from service.identity.tables import Account, GrantType
from service.identity.tokens import Claims, TokenVerifier

_METHODS = ("private_key_jwt", "none")
_SCOPES = [scope.value for scope in Scope]


class Asked(OAuth2Request):  # type: ignore[misc] # Authlib has no types
    """A request as Authlib reads it."""

    def __init__(self, incoming: Incoming, base_url: str) -> None:
        # The address is the one we are known by, not the one the socket saw: behind a proxy that speaks TLS the socket
        # sees http, and Authlib refuses that.
        super().__init__(incoming.method, base_url + incoming.path, headers=incoming.headers)
        self._fields = dict(incoming.pairs)
        self.payload = BasicOAuth2Payload(self._fields)

    @property
    def args(self) -> dict[str, str]:
        """The parameters; that none is given twice or in the wrong place was checked before."""
        return self._fields

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        return self._fields


class AccessTokens(JWTBearerTokenGenerator):  # type: ignore[misc] # Authlib has no types
    """Access tokens (RFC 9068) for us, short, and never with a refresh token."""

    def __init__(self, verifier: TokenVerifier, jti: str) -> None:
        settings = verifier.settings
        super().__init__(settings.base_url, alg=ALGORITHM, expires_generator=settings.access_token_seconds)
        self._keys, self._jti = verifier.keys, jti

    def get_jwks(self) -> KeySet:
        """The key that signs now."""
        return self._keys.signing

    def get_audiences(self, *_: Any) -> str:
        """Us: the issuer is also the only resource server."""
        return str(self.issuer)

    def get_jti(self, *_: Any) -> str:
        """The id that was noted with the code before the token was made."""
        return self._jti

    def get_extra_claims(self, client: Client, _: str, user: Person | None, __: str) -> dict[str, Any]:
        """Who it is about: a role and an organisation, no name."""
        return (user or client).claims()

    def generate(
        self, grant_type: str, client: Client, user: Person | None = None, scope: str | None = None, *rest: Any
    ) -> dict[str, Any]:
        """A token with what was asked, as far as the role has it."""
        allowed = self.get_allowed_scope(client, scope)
        held = " ".join(name for name in allowed.split() if name in SCOPES_OF[(user or client).role])
        token: dict[str, Any] = super().generate(grant_type, client, user, held, *rest)
        return token


class KnownToken:
    """A good token as Authlib asks about it."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims

    def check_client(self, client: Client) -> bool:
        """Tell whether the token was given to this client."""
        return self.claims.client_id == client.client_id

    def is_expired(self) -> bool:
        """No: an expired token is not known."""
        return False

    def is_revoked(self) -> bool:
        """No: a revoked token is not known."""
        return False


class _KnowsTokens:
    """The two endpoints that take a token find it in the same way."""

    server: "Issuer"

    def query_token(self, token: str, _: str | None) -> KnownToken | None:
        """The token, when it is good."""
        claims = self.server.verifier.claims(token)
        return KnownToken(claims) if claims else None


class Revoking(_KnowsTokens, RevocationEndpoint):  # type: ignore[misc] # Authlib has no types
    """RFC 7009: a client gives its token back."""

    CLIENT_AUTH_METHODS = _METHODS

    def revoke_token(self, token: KnownToken, _: Any) -> None:
        """Stop the token."""
        revoke_token(self.server.session, token.claims.jti)


class Introspecting(_KnowsTokens, IntrospectionEndpoint):  # type: ignore[misc] # Authlib has no types
    """RFC 7662, for systems that administer and for the token's own client."""

    CLIENT_AUTH_METHODS = ("private_key_jwt",)

    def check_permission(self, token: KnownToken, client: Client, _: Any) -> bool:
        """Tell whether this client may know."""
        return token.check_client(client) or Scope.ADMINISTER in client.row.scopes

    def introspect_token(self, token: KnownToken) -> dict[str, Any]:
        """What the token says."""
        return {"active": True, "token_type": "Bearer", **token.claims.model_dump(mode="json", exclude_defaults=True)}


class Issuer(AuthorizationServer):  # type: ignore[misc] # Authlib has no types
    """Our authorization server. One per request, because Authlib hands no session to those who need one."""

    def __init__(self, session: Session, verifier: TokenVerifier) -> None:
        super().__init__(_SCOPES)
        self.session, self.verifier, self.settings = session, verifier, verifier.settings
        self.jti = secrets.token_urlsafe(16)
        self.register_client_auth_method("private_key_jwt", ClientAssertion(verifier.database, self.settings))
        self.register_token_generator("default", AccessTokens(verifier, self.jti))
        self.register_grant(CodeGrant, [Challenge(required=True)])
        self.register_grant(SystemGrant)
        self.register_endpoint(Revoking)
        self.register_endpoint(Introspecting)

    def token(self, incoming: Incoming) -> Response:
        """Answer at the token endpoint."""
        return self._answer(self.create_token_response, incoming)

    def revocation(self, incoming: Incoming) -> Response:
        """Answer at the revocation endpoint."""
        return self._answer(lambda asked: self.create_endpoint_response("revocation", asked), incoming)

    def introspection(self, incoming: Incoming) -> Response:
        """Answer at the introspection endpoint."""
        return self._answer(lambda asked: self.create_endpoint_response("introspection", asked), incoming)

    def _answer(self, act: Any, incoming: Incoming) -> Response:
        try:
            asked = self.create_oauth2_request(incoming)
        except OAuth2Error as error:
            return self.handle_error_response(None, error)
        response: Response = act(asked)
        return response

    def consent(self, incoming: Incoming) -> Any:
        """The authorization request, checked. Raises OAuth2Error."""
        return self.get_consent_grant(incoming)

    def authorize(self, grant: Any, person: Person | None) -> Response:
        """Send the person back to the client with a code, or with the news that they said no."""
        response: Response = self.create_authorization_response(grant.request, person, grant)
        return response

    def query_client(self, client_id: str) -> Client | None:
        """The client of this name."""
        return find_client(self.session, self.settings, client_id)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Keep nothing: a token carries what it means, and its id is with the code it came from."""
        TOKEN_ISSUED.log(grant=request.payload.grant_type, client_id=request.client.client_id)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Incoming | Asked) -> Asked:
        """The request as Authlib reads it. Raises OAuth2Error when it cannot be used."""
        if isinstance(request, Asked):
            return request
        if request.fault:
            raise InvalidRequestError(request.fault)
        return Asked(request, self.settings.base_url)

    def handle_error_response(self, request: Asked | None, error: OAuth2Error) -> Response:
        """Say no, and note it."""
        client: Client | None = request.client if request else None
        TOKEN_REFUSED.log(reason=error.error, client_id=client.client_id if client else None)
        return self.handle_response(*error(None))

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        """The answer. A redirect is a 303, so that no form is posted on, and names us (RFC 9207)."""
        found = dict(headers)
        if location := found.get("Location"):
            return go_back(location, self.settings.base_url)
        found["Cache-Control"] = "no-store"
        return JSONResponse(body, status, found)


def go_back(location: str, issuer: str) -> Response:
    """A 303 to the client, with our name in it: a client that talks to two servers must know who answered."""
    joint = "&" if "?" in location else "?"
    headers = {"Location": f"{location}{joint}{urlencode({'iss': issuer})}", "Cache-Control": "no-store"}
    return Response(status_code=303, headers=headers)


def mint(session: Session, verifier: TokenVerifier, account: Account, scope: str | None = None) -> str:
    """A token for this person as our own pages would get it, without the round through a browser."""
    issuer = Issuer(session, verifier)
    client = find_client(session, verifier.settings, WEB_CLIENT_ID)
    token = issuer.generate_token(GrantType.CODE, client, user=Person(account), scope=scope)
    return str(token["access_token"])


def mint_for_client(session: Session, verifier: TokenVerifier, client: Client, scope: str | None = None) -> str:
    """A token for this system, without its signature."""
    token = Issuer(session, verifier).generate_token(GrantType.CLIENT, client, scope=scope)
    return str(token["access_token"])
