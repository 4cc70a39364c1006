"""The one reader of JSON from outside: UTF-8, bounded, no duplicate keys, nothing that a database would refuse."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from service.problems import FieldError, InvalidInput, WrongMediaType
from service.text import Text

MAX_DEPTH = 32
_MAX_DIGITS = 20
_BRACKET = re.compile(r"[\[\]{}]")


class _BadJsonError(ValueError):
    def __init__(self, code: str, text: Text) -> None:
        super().__init__(code)
        self.code, self.text = code, text


def read_json(body: bytes) -> Any:
    """Read a JSON document. Raises InvalidInput when it is not one, or holds what we could not keep as it is."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("encoding", Text("Stuur het bericht in UTF-8.", "Send the message in UTF-8."))
    if _too_deep(text):
        _refuse("too-deep", Text("Het bericht is te diep genest.", "The message is nested too deeply."))
    try:
        document = json.loads(
            text, object_pairs_hook=_without_duplicates, parse_constant=_constant, parse_int=_int, parse_float=_float
        )
    except _BadJsonError as bad:
        _refuse(bad.code, bad.text)
    except (ValueError, RecursionError):
        _refuse("not-json", Text("Dit is geen geldige JSON.", "This is not valid JSON."))
    if "\\" in text and _unstorable(document):
        _refuse("character", Text("Een teken in de tekst kan niet.", "A character in the text is not allowed."))
    return document


def _refuse(code: str, text: Text) -> NoReturn:
    raise InvalidInput(errors=[FieldError("", code, text)]) from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _BadJsonError("duplicate-key", Text("Een veld staat er twee keer in.", "A field is given twice."))
    return found


def _constant(_: str) -> NoReturn:
    raise _BadJsonError("not-a-number", Text("NaN en Infinity zijn geen JSON.", "NaN and Infinity are not JSON."))


def _int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise _BadJsonError("number-too-large", Text("Een getal is te groot.", "A number is too large."))
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _BadJsonError("number-too-large", Text("Een getal is te groot.", "A number is too large."))
    return value


def _too_deep(text: str) -> bool:
    # Counted before parsing: the parser itself would run out of stack. Brackets inside strings only count extra when
    # there are far more of them than any real message has, so a first look at the totals settles nearly every case.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    # Without escaped quotes, every second piece between quotes is outside strings. JSON that is none is refused later.
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    for bracket in _BRACKET.findall(outside):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _unstorable(value: Any) -> bool:
    """NUL and lone surrogates: PostgreSQL refuses them, SQLite keeps half of the text."""
    if isinstance(value, str):
        return "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(_unstorable(key) or _unstorable(item) for key, item in value.items())
    return isinstance(value, list) and any(_unstorable(item) for item in value)


class StrictRequest(Request):
    """A request whose JSON is read by read_json, once."""

    async def read(self) -> None:
        """Read the body, if there is one. Raises WrongMediaType or InvalidInput."""
        if body := await self.body():
            if self.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                raise WrongMediaType
            self._document = read_json(body)

    async def json(self) -> Any:
        """The body, as it was read."""
        return self._document


class StrictRoute(APIRoute):
    """A route whose JSON body is read by read_json; all routers under /v1 use it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler so that it sees a StrictRequest."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            # Read here and not inside FastAPI, which turns every error while reading into its own 400.
            strict_request = StrictRequest(request.scope, request.receive)
            await strict_request.read()
            return await handler(strict_request)

        return strict


async def _raw_body(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw_body)]
