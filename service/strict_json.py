"""The one reader of JSON from outside: UTF-8, bounded, no duplicate keys, nothing that a database would refuse."""

import json
import re
from collections.abc import Callable, Coroutine
from math import isinf
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request, Response

from service.json_faults import MAX_DEPTH, MAX_DIGITS, BadJson, fault, faults, unstorable
from service.problems import InvalidInput, WrongMediaType
from service.strict_query import KnownQueryRoute

_BRACKET = re.compile(r"[\[\]{}]")


def read_json(body: bytes) -> Any:
    """Read a JSON document. Raises InvalidInput when it is not one, or holds what we could not keep as it is."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(errors=[fault("encoding")]) from None
    try:
        if _too_deep(text):
            raise BadJson("too-deep")
        document = json.loads(
            text, object_pairs_hook=_without_duplicates, parse_constant=_constant, parse_int=_int, parse_float=_float
        )
    except (ValueError, RecursionError) as why:
        raise InvalidInput(errors=faults(text, why)) from None
    if "\\u" in text and (places := list(unstorable(document))):
        raise InvalidInput(errors=list(dict.fromkeys(fault("character", place) for place in places)))
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("duplicate-key")
    return found


def _constant(_: str) -> NoReturn:
    raise BadJson("not-a-number")


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadJson("number-too-large")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise BadJson("number-too-large")
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


class StrictRoute(KnownQueryRoute):
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
