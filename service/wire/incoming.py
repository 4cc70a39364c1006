"""Bytes from outside as a document that can be read: bounded, UTF-8, no duplicate keys."""

import hashlib
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from fhir.issues import Unreadable, issue
from service.problems import InvalidInput, TooLarge
from service.strict_json import read_json

MAX_BYTES = 2 * 1024 * 1024
_ERRORS = {"too-deep": "AB-V024", "duplicate-key": "AB-V031", "encoding": "AB-V032", "character": "AB-V032"}


@dataclass(frozen=True, slots=True)
class Received:
    """A document as it came. Its content never shows itself."""

    body: bytes = field(repr=False)
    document: Any = field(repr=False)
    sha256: str


async def _body(request: Request) -> bytes | None:
    try:
        return await request.body()
    except HTTPException:  # more than this service reads at all; to the sender of a document that is a refusal too
        return None


Body = Annotated[bytes | None, Depends(_body)]


def digest(body: bytes | None) -> str:
    """The hash of the bytes; empty for what was too much to read."""
    return "" if body is None else hashlib.sha256(body).hexdigest()


def receive(body: bytes | None) -> Received:
    """Read the bytes. Raises Unreadable when they are no JSON document that we take, TooLarge for too many."""
    if body is None or len(body) > MAX_BYTES:
        raise TooLarge
    try:
        document = read_json(body)
    except InvalidInput as refusal:
        issues = [
            issue(_ERRORS.get(error.code, "AB-V030"), text=error.text.nl, text_en=error.text.en)
            for error in refusal.errors
        ]
        raise Unreadable(issues) from None
    return Received(body, document, digest(body))
