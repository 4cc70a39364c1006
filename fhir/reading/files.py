"""Attachments: what they hold must be what they say they are. Only bytes in the message itself are looked at."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fhir.reading.answers import LINE, bounded
from fhir.reading.bundle import Document
from fhir.reading.node import Complaints, Node
from fhir.referral import File

LARGEST: Final = 5 * 1024 * 1024
_UNTITLED = "Bijlage"


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(sign >= " " or sign in "\t\r\n" for sign in text)


_HOLDS: Mapping[str, Callable[[bytes], bool]] = {
    "application/pdf": lambda content: content.startswith(b"%PDF-"),
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "text/plain": _is_text,
}


def read_files(document: Document, reference: Node, largest: int, complaints: Complaints) -> Iterator[File]:
    """Every attachment of a DocumentReference."""
    for content in reference.nodes("content"):
        attachment = content.node("attachment")
        media_type, data = _source(document, attachment, complaints)
        held = _decoded(data, largest, complaints)
        if held is None:
            continue
        if media_type not in _HOLDS or not held or not _HOLDS[media_type](held):
            complaints.add("AB-V048", attachment.path)
        title = bounded(attachment.text("title"), LINE, f"{attachment.path}.title", complaints)
        yield File(title or _UNTITLED, media_type, held)


def _source(document: Document, attachment: Node, complaints: Complaints) -> tuple[str, tuple[str | None, str]]:
    """The media type, and the data with its place: here, or in a Binary of the same Bundle."""
    media_type, data = attachment.text("contentType"), (attachment.text("data"), f"{attachment.path}.data")
    # Whether the url arrives at a Binary is said where references are followed.
    binary = document.by_url.get(attachment.text("url") or "")
    if ("url" in attachment.value) is (data[0] is not None):
        complaints.add("AB-V048", attachment.path)
    elif binary is not None:
        media_type, data = binary.text("contentType"), (binary.text("data"), f"{binary.path}.data")
    return (media_type or "").partition(";")[0].strip().lower(), data


def _decoded(data: tuple[str | None, str], largest: int, complaints: Complaints) -> bytes | None:
    text, path = data
    if text is None:
        return None
    if len(text) > largest * 3 // 2 + 4:  # base64 makes three bytes four signs, and lines may be broken
        complaints.add("AB-V049", path)
        return None
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        complaints.add("AB-V004", path)
        return None
    if len(content) > largest:
        complaints.add("AB-V049", path)
        return None
    return content
