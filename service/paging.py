"""Lists in pages, with an opaque cursor in a Link header (RFC 8288)."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response

from service.problems import FieldError, InvalidInput
from service.text import Text

_MOST = 2**31 - 1  # what the column of an ordinal can hold

PageSize = Annotated[int, Query(alias="limit", ge=1, le=100, description="How many at most on one page.")]
Cursor = Annotated[str | None, Query(max_length=200, description="From the Link header of the page before.")]
# No NUL: PostgreSQL cannot compare with it.
Words = Annotated[
    str | None,
    Query(max_length=100, pattern=r"^[^\x00]*$", description="Words to find in number, diagnosis or occupation."),
]


def write_cursor(*place: Any) -> str:
    """The place where the next page starts."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """The place again. Raises InvalidInput for a cursor that we did not write."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):
        place = None
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
        raise _unknown_cursor()
    return tuple(place)


def read_count_and_id(cursor: str) -> tuple[int, UUID]:
    """A place in a list by ordinal. Raises InvalidInput for a cursor that we did not write."""
    count, last = read_cursor(cursor, (int, str))
    try:
        found = UUID(last)
    except ValueError:
        raise _unknown_cursor() from None
    if not 0 <= count <= _MOST:
        raise _unknown_cursor()
    return count, found


def read_moment_and_id(cursor: str) -> tuple[datetime, UUID]:
    """A place in a list by time. Raises InvalidInput for a cursor that we did not write."""
    moment, last = read_cursor(cursor, (str, str))
    try:
        at = datetime.fromisoformat(moment)
        found = at.astimezone(UTC), UUID(last)
    except (ValueError, OverflowError):
        raise _unknown_cursor() from None
    if at.tzinfo is None:
        raise _unknown_cursor()
    return found


def read_id(cursor: str) -> UUID:
    """A place in a list by id. Raises InvalidInput for a cursor that we did not write."""
    (last,) = read_cursor(cursor, (str,))
    try:
        return UUID(last)
    except ValueError:
        raise _unknown_cursor() from None


def _unknown_cursor() -> InvalidInput:
    text = Text("Neem de cursor uit de Link-header, of laat hem weg.", "Take it from the Link header, or omit it.")
    return InvalidInput(errors=[FieldError("/cursor", "cursor", text)])


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Say where the next page is, if there is one."""
    if cursor:
        base_url: str = request.app.state.settings.base_url
        asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        query = urlencode([*asked, ("cursor", cursor)])
        response.headers["Link"] = f'<{base_url}{request.url.path}?{query}>; rel="next"'
