"""The columns that a file may have: paths in the body of a notification, with Dutch names beside them. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from service.criteria.catalogue import catalogue
from service.notifications import privacy
from service.problems import FieldError, InvalidInput
from service.text import Text
from service.validation import unknown_name

MAX_COLUMNS = 200
REFERENCE = "reference"
_FILE = Path(__file__).parent / "columns.json"
_SHOWN_NAME = 40
_LARGEST_PLACE = 200


class Kind(StrEnum):
    """How the cells of a column are read."""

    TEXT = "text"
    WHOLE = "whole"
    MONTH = "month"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    LIST = "list"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Column:
    """One documented column."""

    name: str
    kind: Kind
    aliases: tuple[str, ...]
    about: Text
    example: str
    words: Mapping[str, str] = field(default_factory=dict)
    required: bool = False

    @property
    def first_name(self) -> str:
        """The name under which a template shows it."""
        return self.name.replace(".*", ".0") if self.kind is not Kind.FINDING else "assessment.findings.load_kg"

    @property
    def dutch_name(self) -> str:
        """The name for a person: Dutch, where there is one."""
        return self.aliases[0] if self.aliases and "*" not in self.aliases[0] else self.first_name


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a file: the name as it stands there, what it is, and the path of its cells."""

    name: str
    column: Column
    path: tuple[str, ...]

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer."""
        return "/" + "/".join(self.path)


@cache
def columns() -> tuple[Column, ...]:
    """Every documented column, in the order of the template."""
    return tuple(
        Column(
            name=one["name"],
            kind=Kind(one["kind"]),
            aliases=tuple(one["aliases"]),
            about=Text(one["nl"], one["en"]),
            example=one["example"],
            words=one.get("words", {}),
            required=one.get("required", False),
        )
        for one in json.loads(_FILE.read_text(encoding="utf-8"))["columns"]
    )


def heading(name: str) -> Heading | None:
    """The heading with this name, or nothing when no column is called so."""
    plain = folded(name)
    return _fixed(name, plain) or _finding(name) or _numbered(name, plain)


def headings(names: Sequence[str]) -> tuple[Heading, ...]:
    """The headings of a file. Raises InvalidInput for every column that we do not know or that is there twice."""
    found = [heading(name) for name in names]
    known = [one for one in found if one]
    if not known:
        text = Text(
            "De eerste rij hoort de namen van de kolommen te bevatten. Neem het sjabloon als voorbeeld.",
            "The first row must hold the names of the columns. Use the template as an example.",
        )
        raise InvalidInput(errors=[FieldError("", "no-header", text)])
    errors = [_unknown(place, name) for place, (name, one) in enumerate(zip(names, found, strict=True)) if one is None]
    errors += _twice(known)
    if errors:
        raise InvalidInput(errors=errors)
    return tuple(known)


def recognised(names: Sequence[str]) -> int:
    """How many of these names are columns of ours."""
    return sum(heading(name) is not None for name in names)


def folded(name: str) -> str:
    """A name without the differences that people do not see: capitals, spaces, dashes."""
    return re.sub(r"[\s_\-]+", "_", name.strip().casefold())


@cache
def _by_name() -> Mapping[str, tuple[Column, str]]:
    """Every name without a number in it, with its column and its path."""
    found: dict[str, tuple[Column, str]] = {}
    for column in columns():
        if column.kind is Kind.FINDING:
            continue
        first = column.name.replace("*", "0")
        for name in (column.name, first, *column.aliases):
            found[folded(name)] = (column, first)
    return found


@cache
def _findings() -> tuple[Column, Mapping[str, str]]:
    column = next(one for one in columns() if one.kind is Kind.FINDING)
    return column, {folded(name): name for name in catalogue().finding_names}


def _fixed(name: str, plain: str) -> Heading | None:
    found = _by_name().get(plain)
    return Heading(name, found[0], tuple(found[1].split("."))) if found else None


def _finding(name: str) -> Heading | None:
    column, known = _findings()
    for start in (column.name, *column.aliases):
        beginning = start.removesuffix("*")
        if name.strip().casefold().startswith(beginning.casefold()):
            finding = known.get(folded(name.strip()[len(beginning) :]))
            return Heading(name, column, ("assessment", "findings", finding)) if finding else None
    return None


def _numbered(name: str, plain: str) -> Heading | None:
    """A column of a list with its place: exposures.1.code, or counted from one: belasting_code_2."""
    if match := re.fullmatch(r"(exposures|group)\.(\d{1,3})\.(\w+)", plain):
        return _at(name, folded(f"{match[1]}.*.{match[3]}"), int(match[2]))
    if match := re.fullmatch(r"(\w+?)_(\d{1,3})", plain):
        return _at(name, match[1], int(match[2]) - 1)
    return None


def _at(name: str, plain: str, place: int) -> Heading | None:
    found = _by_name().get(plain)
    if found is None or "*" not in found[0].name or not 0 <= place < _LARGEST_PLACE:
        return None
    return Heading(name, found[0], tuple(found[0].name.replace("*", str(place)).split(".")))


def _unknown(place: int, name: str) -> FieldError:
    # A file without a header has a case where the names should be: a name that may identify is not repeated.
    shown = name.strip()[:_SHOWN_NAME]
    if not shown:
        text = Text("Deze kolom heeft geen naam. Geef haar een naam of haal haar weg.", "This column has no name.")
    elif privacy.identifying(shown) or privacy.suspicious(shown):
        text = Text("Deze kolom kennen we niet. Haal haar weg.", "This column is not known. Remove it.")
    else:
        near = unknown_name(folded(shown), sorted([*_by_name(), *_finding_columns()]))
        text = Text(
            f"Kolom '{shown}': {near.nl.replace('Dit veld', 'Deze kolom').replace('Haal het weg', 'Haal haar weg')}",
            f"Column '{shown}': {near.en.replace('field', 'column')}",
        )
    return FieldError(f"/columns/{place}", "unknown-column", text)


@cache
def _finding_columns() -> tuple[str, ...]:
    return tuple(f"assessment.findings.{name}" for name in sorted(catalogue().finding_names))


def _twice(known: Sequence[Heading]) -> list[FieldError]:
    seen: dict[tuple[str, ...], str] = {}
    errors = []
    for place, one in enumerate(known):
        if one.path in seen:
            text = Text(
                f"De kolommen '{seen[one.path]}' en '{one.name}' zijn dezelfde. Haal er een weg.",
                f"The columns '{seen[one.path]}' and '{one.name}' are the same. Remove one.",
            )
            errors.append(FieldError(f"/columns/{place}", "column-twice", text))
        seen.setdefault(one.path, one.name)
    return errors
