"""A small client of our own API, as a vendor would write one: private_key_jwt, then JSON over HTTP."""

import json
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 60


class ApiProblem(Exception):  # noqa: N818 - the API's own word for an answer that refuses
    """The API answered with a problem document."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(f"{status} {document.get('title') or document.get('error') or ''}")
        self.status, self.document = status, document


class Api:
    """The API as one client sees it. Gets a token when it needs one."""

    def __init__(self, base_url: str, client: dict[str, Any], timeout: float = 30) -> None:
        self.base_url, self.client = base_url.rstrip("/"), client
        self._key = import_key(client["private_jwk"])
        self._http = httpx2.Client(base_url=self.base_url, timeout=timeout)
        self._token, self._good_until = "", 0.0

    @classmethod
    def from_credentials(cls, file: Path, role: str) -> Self:
        """The client with this role in a credentials file such as demo.json.

        Raises LookupError when no client has the role, and ValueError for a file of another kind.
        """
        document = json.loads(file.read_text(encoding="utf-8"))
        try:
            found = [client for client in document["clients"] if client["role"] == role]
            made = [cls(document["base_url"], client) for client in found[:1]]
        except (JoseError, AttributeError, KeyError, TypeError):
            raise ValueError("no credentials") from None  # the cause may quote a key
        if not made:
            raise LookupError(role)
        return made[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[dict[str, str], Any]:
        """Call the API; gives the headers and the JSON of the answer. Raises ApiProblem for any refusal."""
        sent = {"Authorization": f"Bearer {self._access_token()}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        answer = self._http.request(method, path, content=content, headers=sent)
        return dict(answer.headers), _read(answer)

    def _access_token(self) -> str:
        if time.monotonic() > self._good_until:
            issuer = self.base_url
            claims = {
                "iss": self.client["client_id"],
                "sub": self.client["client_id"],
                "aud": issuer,
                "jti": str(uuid.uuid4()),
                "iat": int(time.time()),
                "exp": int(time.time()) + _ASSERTION_SECONDS,
            }
            header = {"alg": self.client["alg"], "kid": self.client["kid"]}
            form = {
                "grant_type": "client_credentials",
                "scope": " ".join(self.client["scopes"]),
                "client_assertion_type": _ASSERTION_TYPE,
                "client_assertion": jwt.encode(header, claims, self._key),
            }
            token = _read(self._http.post("/oauth/token", data=form))
            self._token = token["access_token"]
            self._good_until = time.monotonic() + token["expires_in"] - 10
        return self._token


def _read(answer: httpx2.Response) -> Any:
    try:
        document = answer.json() if answer.content else None
    except ValueError:
        document = {"title": answer.text[:200]}
    if answer.is_error:
        raise ApiProblem(answer.status_code, document or {})
    return document
