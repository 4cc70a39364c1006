"""A request to the authorization server, read once and strictly, before Authlib sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

_MAX_BODY = 64 * 1024
_MAX_FIELDS = 40
_FORM = "application/x-www-form-urlencoded"
# Secrets in an address end up in logs, histories and Referer headers.
_NEVER_IN_QUERY = {
    "access_token", "client_assertion", "client_secret", "code_verifier", "password", "refresh_token", "token",
}  # fmt: skip
# These come back in error descriptions, which may hold plain ASCII only (RFC 6749 section 5.2).
_PLAIN = {"client_id", "code", "grant_type", "redirect_uri", "response_type", "scope", "token_type_hint"}

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """The parameters of one request and, when they cannot be used, the one sentence that says why."""

    method: str
    path: str
    query: Pairs
    form: Pairs
    headers: Mapping[str, str]
    fault: str | None = None

    @property
    def pairs(self) -> Pairs:
        """The parameters, wherever they stood."""
        return self.query + self.form

    def value(self, name: str) -> str:
        """The value of a form field, or nothing."""
        return dict(self.form).get(name, "")


async def _read(request: Request) -> Incoming:
    query, fault = _parsed(request.scope.get("query_string", b""))
    form: Pairs = ()
    if request.method == "POST" and not fault:
        form, fault = await _form(request)
    found = Incoming(request.method, request.url.path, query, form, request.headers)
    return Incoming(found.method, found.path, query, form, found.headers, fault or fault_of(found))


Read = Annotated[Incoming, Depends(_read)]


async def _form(request: Request) -> tuple[Pairs, str | None]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return (), f"Send {_FORM}."
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY:
            return (), "The request is too large."
    return _parsed(body)


def _parsed(raw: bytes) -> tuple[Pairs, str | None]:
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:
        return (), "The parameters cannot be read."
    return tuple(pairs), None


def fault_of(found: Incoming) -> str | None:
    """What is wrong with the parameters before anything is asked of them."""
    names = [name for name, _ in found.pairs]
    if len(set(names)) != len(names):
        return "A parameter is given more than once."
    if _NEVER_IN_QUERY & {name for name, _ in found.query}:
        return "A secret does not belong in the address. Send it in the body."
    if found.method == "POST" and found.query:
        return "Send all parameters in the body."
    if any(not _plain(value) for name, value in found.pairs if name in _PLAIN):
        return "A parameter holds characters that it may not hold."
    if any("\x00" in value for _, value in found.pairs):
        return "A parameter holds a character that it may not hold."
    return None


def _plain(value: str) -> bool:
    return all(" " <= character <= "~" and character not in '"\\' for character in value)
