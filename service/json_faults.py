"""Where in a JSON text stands what we do not take. Only for a text that was refused: reading a good one goes faster."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isinf
from typing import Any

from service.problems import FieldError
from service.text import Text
from service.validation import Path, pointer

MAX_DEPTH = 32
MAX_DIGITS = 20
_WORDS: Mapping[str, Text] = {
    "encoding": Text("Stuur het bericht in UTF-8.", "Send the message in UTF-8."),
    "too-deep": Text("Het bericht is te diep genest.", "The message is nested too deeply."),
    "character": Text("Een teken in de tekst kan niet.", "A character in the text is not allowed."),
    "duplicate-key": Text("Een veld staat er twee keer in.", "A field is given twice."),
    "not-a-number": Text("NaN en Infinity zijn geen JSON.", "NaN and Infinity are not JSON."),
    "number-too-large": Text("Een getal is te groot.", "A number is too large."),
}
_CONSTANTS = frozenset({"NaN", "Infinity", "-Infinity"})
_TOKEN = re.compile(r'[ \t\n\r]*+("(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s"{}\[\],:]++)', re.DOTALL)
_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# Far more than any real message has: who sends more than this hears what is wrong, and not where.
_MOST_TOKENS = 20_000


class BadJson(ValueError):  # noqa: N818 - what the reader met, turned into an answer by `faults`
    """A text that is JSON, with something in it that we do not take."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fault(code: str, path: Path = ()) -> FieldError:
    """One thing that we do not take, at its place."""
    return FieldError(_told(path), code, _WORDS[code])


def faults(text: str, why: Exception) -> list[FieldError]:
    """Everything in a text that we do not take, up to where it stops being JSON. `why` is what the reader met first."""
    broken = why if isinstance(why, json.JSONDecodeError) else None
    place = _Place()
    found = list(_scanned(text, broken.pos if broken else len(text), place))
    if broken:
        words = Text(
            f"Dit is geen geldige JSON (regel {broken.lineno}, teken {broken.colno}).",
            f"This is not valid JSON (line {broken.lineno}, character {broken.colno}).",
        )
        found.append(FieldError(_told(place.path), "not-json", words))
    elif not found:
        found.append(fault(why.code if isinstance(why, BadJson) else "too-deep"))
    return list(dict.fromkeys(found))


@dataclass(slots=True)
class _Open:
    """An object or a list that is being read: the name or number of what comes now, and the names that there were."""

    at: str | int | None
    names: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Place:
    """Where in the document the reading is."""

    opened: list[_Open] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The place as a path."""
        return tuple(one.at for one in self.opened if one.at is not None)

    def move(self, token: str) -> str | None:
        """Go past one token. Gives what is wrong with it, if anything."""
        inner = self.opened[-1] if self.opened else None
        match token[0]:
            case "{" | "[" if len(self.opened) == MAX_DEPTH:
                return "too-deep"
            case "{":
                self.opened.append(_Open(None))
            case "[":
                self.opened.append(_Open(0))
            case "}" | "]" if inner:
                self.opened.pop()
            case "," if inner:
                inner.at = inner.at + 1 if isinstance(inner.at, int) else None
            case '"' if inner and inner.at is None:
                return _named(inner, json.loads(token, strict=False))
            case _:
                return _wrong_number(token)
        return None


def _named(inner: _Open, name: str) -> str | None:
    again = name in inner.names
    inner.at = name
    inner.names.add(name)
    return "duplicate-key" if again else None


def _wrong_number(token: str) -> str | None:
    if token in _CONSTANTS:
        return "not-a-number"
    if _WHOLE.fullmatch(token):
        return "number-too-large" if len(token) > MAX_DIGITS else None
    return "number-too-large" if _NUMBER.fullmatch(token) and isinf(float(token)) else None


def _scanned(text: str, end: int, place: _Place) -> Iterator[FieldError]:
    at = 0
    for _ in range(_MOST_TOKENS):
        token = _TOKEN.match(text, at)
        if token is None or token.end() > end:
            return
        try:
            code = place.move(token[1])
        except ValueError:  # a name that is no JSON, behind what the reader met first
            return
        if code:
            yield fault(code, place.path)
        if code == "too-deep":
            return
        at = token.end()
    place.opened.clear()  # too long to follow: its place is not known


def unstorable(value: Any, path: Path = ()) -> Iterator[Path]:
    """The places of NUL and lone surrogates: PostgreSQL refuses them, SQLite keeps half of the text."""
    if isinstance(value, str):
        if _is_unstorable(value):
            yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            if _is_unstorable(name):
                yield path
            yield from unstorable(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from unstorable(item, (*path, number))


def _is_unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _told(path: Path) -> str:
    """The pointer, as far as it can be sent."""
    bad = (number for number, part in enumerate(path) if isinstance(part, str) and _is_unstorable(part))
    return pointer(path[: next(bad, len(path))])
