"""A form that was posted to a page, read once and within limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from service.problems import FieldError, InvalidInput, WrongMediaType
from service.text import Text

_FORM = "application/x-www-form-urlencoded"
# Two hundred workers of a group with three fields each, and the rest of the form.
_MAX_FIELDS = 1500
_MOST_BESIDE_FILE = 6
_UNREADABLE = Text("Dit formulier is niet te lezen. Ververs de pagina.", "This form cannot be read. Refresh the page.")

Pairs = tuple[tuple[str, str], ...]
BAD_FORM = HTTPStatus.BAD_REQUEST


async def _read(request: Request) -> Pairs:
    """The fields in order. The app limits the size of a body (manners.Bounded)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise WrongMediaType(Text("Verstuur het formulier van de pagina zelf.", "Send the form of the page itself."))
    body = await request.body()
    try:
        return tuple(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict")
        )
    except ValueError:
        raise InvalidInput(errors=[FieldError("", "form", _UNREADABLE)]) from None


@dataclass(frozen=True, slots=True)
class SentFile:
    """A form with one file, as it was posted; without a file the content is empty."""

    values: Mapping[str, str]
    name: str
    content: bytes


async def _file(request: Request) -> SentFile:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise WrongMediaType
    async with request.form(max_files=1, max_fields=_MOST_BESIDE_FILE) as form:
        file = form.get("file")
        name, content = (file.filename or "", await file.read()) if isinstance(file, UploadFile) else ("", b"")
        return SentFile({key: found for key, found in form.items() if isinstance(found, str)}, name, content)


Upload = Annotated[SentFile, Depends(_file)]
Posted = Annotated[Pairs, Depends(_read)]


def value(pairs: Pairs, name: str) -> str:
    """The first value of a field, or nothing."""
    return next((found for known, found in pairs if known == name), "")
