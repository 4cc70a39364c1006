"""What a caller may ask in an address: known parameters only, unless it says that it does not mind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import Request

from fhir.issues import Unreadable, issue
from service.clock import AMSTERDAM
from service.paging import read_cursor
from service.problems import InvalidInput
from service.wire.answers import insist_on_json

# fhirpy sends _totalMethod with every count: it tells Aidbox how to count, and changes nothing of the answer.
_ALWAYS: Final = frozenset({"_format", "_pretty", "_totalMethod"})
SEARCH: Final = frozenset(
    {"_id", "_count", "_total", "_lastUpdated", "_cursor", "identifier", "group-identifier", "status"}
)
_DRY_RUN: Final = "validate"
_STATUSES: Final = frozenset(
    "draft requested received accepted in-progress on-hold completed rejected cancelled failed".split()
)
MOST: Final = 100
AMONG_EXCHANGES: Final = 0  # where a cursor has the ordinal of a notification, which begins at one
_USUAL: Final = 20


@dataclass(frozen=True, slots=True)
class TaskSearch:
    """A search for Tasks as it was asked. `count` 0 asks for the total alone.

    A list has the exchanges first and the notifications after them, each newest first: laid in one order, the times of
    the one would tell those of the other. `after` is the last exchange that was listed, `before` the last notification.
    """

    count: int
    with_total: bool
    ids: tuple[str, ...]
    identifier: str | None
    group: str | None
    statuses: frozenset[str]
    since: datetime | None
    until: datetime | None
    after: UUID | None = None
    before: tuple[int, UUID] | None = None


def prefers(request: Request) -> Mapping[str, str]:
    """The preferences of the caller (RFC 7240): return and handling."""
    found: dict[str, str] = {}
    for part in request.headers.get("prefer", "").replace(";", ",").split(","):
        name, _, value = part.partition("=")
        found[name.strip().lower()] = value.strip().strip('"')
    return found


def insist_on_known(request: Request, *allowed: str) -> None:
    """Refuse a format that we do not speak, and parameters that we do not know (`handling=strict`, our default).

    In the route and not before it: who is calling comes first. Raises NotAcceptable or Unreadable.
    """
    insist_on_json(request)
    unknown = request.query_params.keys() - _ALWAYS - set(allowed)
    if unknown and prefers(request).get("handling") != "lenient":
        raise Unreadable([issue("AB-M005", f"http.{name}") for name in sorted(unknown) if name.isprintable()])


def applied(request: Request, names: Iterable[str]) -> list[tuple[str, str]]:
    """What was asked of these parameters and is applied, for the self link: what is passed over is not in it."""
    asked = request.query_params
    known = {"_format", *names}
    return [(name, value) for name in asked if name in known for value in _applied(name, asked.getlist(name))]


def _applied(name: str, values: list[str]) -> list[str]:
    match name:
        case "_lastUpdated":
            return values
        case "_count":
            return [str(_count(values[-1]))]
        case _:
            return values[-1:]


def is_dry_run(request: Request) -> bool:
    """Whether a document is only to be judged."""
    return request.query_params.get("mode") == _DRY_RUN


def insist_on_known_mode(request: Request) -> None:
    """Refuse another mode than that of a dry run. Raises Unreadable."""
    if request.query_params.get("mode") not in {None, _DRY_RUN}:
        raise _bad("mode")


def read_search(request: Request) -> TaskSearch:
    """Read a search for Tasks. Raises Unreadable for a parameter or a value that we do not know."""
    insist_on_known(request, *SEARCH)
    asked = request.query_params
    since, until = _period(asked.getlist("_lastUpdated"))
    count = _count(asked.get("_count"))
    return TaskSearch(
        count=count,
        with_total=count == 0 or asked.get("_total") in {"accurate", "estimate"},
        ids=tuple(asked["_id"].split(",")) if "_id" in asked else (),
        identifier=asked.get("identifier"),
        group=asked.get("group-identifier"),
        statuses=_statuses(asked.get("status")),
        since=since,
        until=until,
        **_place(asked.get("_cursor")),
    )


def _count(text: str | None) -> int:
    if text is None:
        return _USUAL
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _bad("_count")
    return min(int(text), MOST)


def _statuses(text: str | None) -> frozenset[str]:
    statuses = frozenset(part.strip() for part in text.split(",")) if text else frozenset()
    if statuses - _STATUSES:
        raise _bad("status")
    return statuses


def _period(asked: list[str]) -> tuple[datetime | None, datetime | None]:
    """The period of `_lastUpdated`. Our times go to the hour, so both ends count as in it."""
    since = until = None
    for text in asked:
        prefix, moment = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
        at = _moment(moment)
        if prefix in {"ge", "gt", "eq", "sa"}:
            since = at
        if prefix in {"le", "lt", "eq", "eb"}:
            until = at
        if prefix not in {"ge", "gt", "le", "lt", "eq", "sa", "eb"}:
            raise _bad("_lastUpdated")
    return since, until


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise _bad("_lastUpdated") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)


def _place(cursor: str | None) -> dict[str, Any]:
    if not cursor:
        return {}
    try:
        ordinal, last = read_cursor(cursor, (int, str))
        return {"after": UUID(last)} if ordinal == AMONG_EXCHANGES else {"before": (int(ordinal), UUID(last))}
    except (InvalidInput, ValueError):
        raise _bad("_cursor") from None


def _bad(name: str) -> Unreadable:
    return Unreadable([issue("AB-M006", f"http.{name}")])
