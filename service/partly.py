"""A body of which a part is not right: everything wrong with it at once, also what the rules say of the rest.

What cannot be read is left out, and the rules see what remains. They stay silent where they would speak of a part
that was left out, so that nobody hears that a field is missing because it was malformed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from service.problems import FieldError, InvalidInput
from service.validation import Path, Strict, field_errors, parameter_errors, place_of

Content = TypeVar("Content", bound=Strict)
# For a place that a rule speaks of, the other places that it looks at. A star is any name or number.
LooksAt = Mapping[str, Sequence[str]]
# A field, then its row, then the whole table: deeper than that nothing leads to leaving out more.
_PASSES = 4


@dataclass(frozen=True, slots=True)
class Partly(Generic[Content]):
    """What could be read of a document, if anything, and an error for every place that could not be."""

    content: Content | None
    errors: tuple[FieldError, ...] = ()
    rows: Mapping[Path, Sequence[int]] = field(default_factory=dict)

    def as_it_came(self, problem: FieldError) -> FieldError:
        """A problem of the content at its place in the document: rows that were left out count there."""
        place = _parts(problem.pointer)
        for table, numbers in self.rows.items():
            row = len(table)
            if len(place) > row and place[:row] == [str(part) for part in table]:
                place[row] = str(numbers[int(place[row])])
        return replace(problem, pointer="".join(f"/{part}" for part in place))


def read_partly(model: type[Content], document: Any, rest: type[Content] | None = None) -> Partly[Content]:
    """Read what can be read. What remains may be held against a model of its own, which asks for less."""
    left, rows = deepcopy(document), dict[Path, list[int]]()
    read: Partly[Content] = Partly(None, (), rows)
    for number in range(_PASSES):
        try:
            content = (rest if rest and number else model).model_validate(left)
            return replace(read, content=content)
        except ValidationError as refused:
            faults = refused.errors(include_url=False)
            # Later on a thing may be missing because it was left out; all else was hidden behind what went before.
            fresh = [fault for fault in faults if not number or fault["type"] != "missing"]
            found = map(read.as_it_came, field_errors(fresh, left, model))
            read = replace(read, errors=tuple(dict.fromkeys((*read.errors, *found))))
            leave_out(left, [_unreadable(fault, left) for fault in faults], rows)
    return read


def _unreadable(fault: Mapping[str, Any], document: Any) -> Path:
    place = place_of(fault, document)
    # What is not there cannot be left out; what lacks it can.
    return place[:-1] if fault["type"] == "missing" else place


def leave_out(document: Any, places: Iterable[Path], rows: dict[Path, list[int]] | None = None) -> None:
    """Take out what stands at these places. Keeps of every row that remains which number it had, when asked to."""
    gone = set(places) - {()}
    # The last row first, so that the others keep their number; what stands in something that goes, goes with it.
    for place in sorted((one for one in gone if not any(one[:end] in gone for end in range(len(one)))), reverse=True):
        container = document
        for part in place[:-1]:
            container = container[part]
        if rows is not None and isinstance(container, list):
            del rows.setdefault(place[:-1], list(range(len(container))))[int(place[-1])]
        del container[place[-1]]


@dataclass(frozen=True, slots=True)
class JudgedBy(Generic[Content]):
    """Beside the type of a body: the rules that its route holds it against, which raise InvalidInput."""

    judge: Callable[[Request, Content], object]
    looks_at: LooksAt = field(default_factory=dict)
    rest: type[Content] | None = None


def everything_wrong(request: Request, refused: RequestValidationError) -> tuple[FieldError, ...]:
    """Everything wrong with a request: its parameters, the form of its body, and what the rules say of the rest."""
    faults = refused.errors()
    errors = parameter_errors([fault for fault in faults if fault["loc"][0] != "body"])
    body: Any = getattr(request.scope.get("route"), "body_field", None)
    model = body.field_info.annotation if body else None
    if refused.body is None or not (isinstance(model, type) and issubclass(model, Strict)):
        in_body = [{**fault, "loc": fault["loc"][1:]} for fault in faults if fault["loc"][0] == "body"]
        return (*errors, *field_errors(in_body))
    judged = next((mark for mark in body.field_info.metadata if isinstance(mark, JudgedBy)), JudgedBy(_accept))
    read = read_partly(model, refused.body, judged.rest)
    return _said_once((*errors, *read.errors, *_judged(request, read, judged)))


def _said_once(errors: Sequence[FieldError]) -> tuple[FieldError, ...]:
    """Without what is missing only because its name was misspelled: that was said where it stands."""
    meant = {f"{one.pointer.rpartition('/')[0]}/{one.meant}" for one in errors if one.meant}
    return tuple(one for one in errors if not (one.code == "missing" and one.pointer in meant))


def _accept(request: Request, content: Strict) -> None:
    """No rules but those of the form."""


def _judged(request: Request, read: Partly[Any], judged: JudgedBy[Any]) -> Iterator[FieldError]:
    if read.content is None:
        return
    try:
        judged.judge(request, read.content)
    except InvalidInput as refusal:
        yield from judgeable(map(read.as_it_came, refusal.errors), read.errors, judged.looks_at)


def judgeable(problems: Iterable[FieldError], unread: Iterable[FieldError], looks_at: LooksAt) -> Iterator[FieldError]:
    """The problems that are there whatever may stand at the places that could not be read."""
    # A field that we do not know is left out without loss: no rule looks at it.
    places = [_parts(error.pointer) for error in unread if error.code != "unknown-field"]
    for problem in problems:
        place = _parts(problem.pointer)
        also = [_parts(one) for about, others in looks_at.items() if _is_at(place, _parts(about)) for one in others]
        if not any(_holds(one, seen) for one in places for seen in (place, *also)):
            yield problem


def _parts(pointer: str) -> list[str]:
    return pointer.split("/")[1:]


def _is_at(place: Sequence[str], pattern: Sequence[str]) -> bool:
    return len(place) == len(pattern) and _holds(place, pattern)


def _holds(place: Sequence[str], seen: Sequence[str]) -> bool:
    """Whether what a rule looks at is this place, or stands in it."""
    return len(place) <= len(seen) and all(one in {"*", part} for part, one in zip(place, seen, strict=False))
