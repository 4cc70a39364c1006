"""What R4 says of every type that we read: fhir/data/r4.json, drawn from HL7's definitions, made ready once."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any, Final

from fhir.reading.node import Node

RESOURCE: Final = "Resource"
_ALWAYS_THERE = frozenset({"id", "meta", "language", "implicitRules", "contained", "extension", "modifierExtension"})
# HL7's own expression takes exponential time on hostile input, so this one is ours.
_BASE64 = re.compile(r"[0-9A-Za-z+/=\s]*")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type. `path` is its name in FHIRPath: `value` for valueQuantity."""

    path: str
    type: str
    many: bool
    codes: frozenset[str] | None
    check: Callable[[Any], bool] | None
    searched: bool


@dataclass(slots=True)
class Type:
    """One type: its elements by JSON name, those that must be there, and those of which only one may be."""

    name: str
    elements: dict[str, Element] = field(default_factory=dict)
    required: tuple[tuple[str, tuple[str, ...]], ...] = ()
    choices: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """All types, and which of them are resources."""

    types: Mapping[str, Type]
    resources: frozenset[str]


@cache
def table() -> Table:
    """The table, read and compiled on first use."""
    drawn = json.loads(files("fhir").joinpath("data/r4.json").read_text("utf-8"))
    checks = {name: _primitive(name, pattern) for name, pattern in drawn["primitives"].items()}
    codes = {name: frozenset(listed) for name, listed in drawn["codes"].items()}
    types = {name: _type(name, lines, checks, codes) for name, lines in drawn["types"].items()}
    resources = frozenset(name for name in types if "." not in name and "meta" in types[name].elements)
    return Table(types, resources)


def beyond(node: Node, kind: str, elements: AbstractSet[str]) -> Iterator[str]:
    """The elements of a type that stand somewhere beside those that may; a name that R4 does not know is left out."""
    known = table().types[kind].elements
    for key in node.value:
        if (element := known.get(key.removeprefix("_"))) is not None and element.path not in elements | _ALWAYS_THERE:
            yield element.path


def _type(
    name: str,
    lines: Mapping[str, Any],
    checks: Mapping[str, Callable[[Any], bool]],
    codes: Mapping[str, frozenset[str]],
) -> Type:
    made = Type(name)
    groups: dict[str, list[str]] = {}
    needed: dict[str, bool] = {}
    for key, (path, kind, low, high, binding) in lines.items():
        listed = codes[binding] if binding else None
        check = checks.get(kind) or _ALWAYS.get(kind)
        if listed is not None and check is not None:
            check = _one_of(frozenset(code.rpartition("|")[2] for code in listed))
        made.elements[key] = Element(path, kind, high != 1, listed, check, _is_searched(name, key, kind, listed))
        groups.setdefault(path, []).append(key)
        needed[path] = low > 0
    made.required = tuple((path, tuple(groups[path])) for path, must in needed.items() if must)
    made.choices = tuple((path, frozenset(keys)) for path, keys in groups.items() if len(keys) > 1)
    return made


def _is_searched(name: str, key: str, kind: str, listed: frozenset[str] | None) -> bool:
    """Tell whether a value may hold something of a person: not so what another layer holds against its form."""
    return kind in _SEARCHED and listed is None and (name, key) not in _HELD


def _one_of(codes: frozenset[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and value in codes


def _primitive(name: str, pattern: str | None) -> Callable[[Any], bool]:
    if name in _ALWAYS:
        return _ALWAYS[name]
    whole = (_BASE64 if name == "base64Binary" else re.compile(pattern or r"[\s\S]*", re.ASCII)).fullmatch
    if name in {"date", "dateTime", "instant"}:
        return lambda value: type(value) is str and whole(value) is not None and _on_the_calendar(value)
    return lambda value: type(value) is str and value != "" and whole(value) is not None


def _on_the_calendar(value: str) -> bool:
    """R4's own pattern lets the thirtieth of February through."""
    if len(value) < 10:
        return True
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def _text(value: Any) -> bool:
    return (type(value) is str and value != "" and value.isprintable() and not value.isspace()) or _lines(value)


def _lines(value: Any) -> bool:
    """Text with line ends, tabs or signs that Python does not print, but no other control characters."""
    return type(value) is str and not value.isspace() and value != "" and _CONTROL.search(value) is None


_SEARCHED = frozenset(
    "string markdown code uri url canonical id decimal integer unsignedInt positiveInt".split()
    + "date dateTime instant time".split()
)
_HELD = frozenset(
    {("Coding", "system"), ("Reference", "reference"), ("Reference", "type"), ("Bundle.entry", "fullUrl")}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _integer(low: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value < 2**31


def _decimal(value: Any) -> bool:
    return (type(value) is int and abs(value) < 10**18) or (type(value) in {float, Decimal} and isfinite(value))


_ALWAYS: Mapping[str, Callable[[Any], bool]] = {
    "boolean": lambda value: type(value) is bool,
    "integer": _integer(-(2**31)),
    "unsignedInt": _integer(0),
    "positiveInt": _integer(1),
    "decimal": _decimal,
    "string": _text,
    "markdown": _text,
    "xhtml": _lines,
}
