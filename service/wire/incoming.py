"""Bytes from outside as a document that can be read: bounded, UTF-8, no duplicate keys."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

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


def receive(body: bytes) -> Received:
    """Read the bytes. Raises Unreadable when they are no JSON document that we take, TooLarge for too many."""
    if len(body) > MAX_BYTES:
        raise TooLarge
    try:
        document = read_json(body)
    except InvalidInput as refusal:
        issues = [
            issue(_ERRORS.get(error.code, "AB-V030"), text=error.text.nl, text_en=error.text.en)
            for error in refusal.errors
        ]
        raise Unreadable(issues) from None
    return Received(body, document, hashlib.sha256(body).hexdigest())
