"""The two ways to a token, as stricter forms of what Authlib offers."""

import re
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc7636 import CodeChallenge

from service.clock import now
from service.events import TOKEN_REFUSED
from service.identity import tables
from service.identity.clients import Client, Person, find_person
from service.identity.revocations import revoke_token
from service.identity.tables import AuthorizationCode

CODE_LIFE = timedelta(seconds=60)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256
_STATE_LENGTH = 22  # 128 bits in base64url
_METHODS = ("private_key_jwt", "none")


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc] # Authlib has no types
    """Authorization codes: a minute, one use, one client, and PKCE."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: Any, client: Client) -> str:
        """The address to go back to, one of the client's own. Authlib would repeat a foreign one in its error."""
        redirect_uri = request.payload.redirect_uri
        if not redirect_uri or not client.check_redirect_uri(redirect_uri):
            raise InvalidRequestError("The redirect_uri is not one of this client.")
        return str(redirect_uri)

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Keep the hash of the code with everything it is bound to."""
        self.server.session.add(
            AuthorizationCode(
                code_hash=tables.hashed(code),
                client_id=request.client.client_id,
                account_id=request.user.account.id,
                redirect_uri=request.payload.redirect_uri,
                scope=request.scope,
                code_challenge=request.payload.data["code_challenge"],
                expires_at=now() + CODE_LIFE,
            )
        )

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        """Take the code: of any number of requests at once exactly one gets it, and whoever fails has used it up."""
        session, code_hash = self.server.session, tables.hashed(code)
        taken = tables.use_code(session, code_hash, client.client_id, self.server.jti, now())
        if taken is None:
            self._suspect(tables.code_by_hash(session, code_hash), client)
        return taken

    def _suspect(self, row: AuthorizationCode | None, client: Client) -> None:
        if row and row.client_id != client.client_id:
            TOKEN_REFUSED.log(reason="code of another client", client_id=client.client_id)
        elif row and row.used_at and row.token_jti:
            # Two hold this code, and we cannot tell which of them is the thief: the first token stops.
            TOKEN_REFUSED.log(reason="code used twice", client_id=client.client_id)
            revoke_token(self.server.session, row.token_jti)

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """Keep it: a second use must be recognised. It is swept when it has expired."""

    def authenticate_user(self, authorization_code: AuthorizationCode) -> Person | None:
        """The person who got the code, if still welcome."""
        server = self.server
        return find_person(server.session, server.settings, authorization_code.account_id)


class SystemGrant(ClientCredentialsGrant):  # type: ignore[misc] # Authlib has no types
    """Systems for themselves, by signature only, and never with a refresh token."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("private_key_jwt",)

    def validate_requested_scope(self) -> None:
        """A system names what it wants to do: to ask for nothing is not to ask for everything it may."""
        if not (self.request.payload.scope or "").split():
            raise InvalidScopeError("Give the scopes that you need in scope, with spaces between them.")
        super().validate_requested_scope()


class Challenge(CodeChallenge):  # type: ignore[misc] # Authlib has no types
    """PKCE with S256 for every client. Authlib also takes plain, and confidential clients without any."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """A challenge and its method are given."""
        data = grant.request.payload.data
        if not _CHALLENGE.fullmatch(data.get("code_challenge") or ""):
            raise InvalidRequestError("Give a code_challenge: PKCE with S256 is required.")
        if data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("The code_challenge_method must be S256.")
        if len(data.get("state") or "") < _STATE_LENGTH:
            raise InvalidRequestError("Give a state of 128 random bits, at least 22 characters.")

    def get_authorization_code_challenge_method(self, authorization_code: AuthorizationCode) -> str:
        """There is one method."""
        return "S256"
