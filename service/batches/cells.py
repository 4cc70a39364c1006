"""One cell of a file: what was typed becomes a value of the document, or a reason why it cannot. Pure."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from service.batches.columns import Column, Kind
from service.problems import FieldError
from service.text import Text

MAX_CELL = 2000
# What a spreadsheet takes for a formula when it opens a CSV.
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_WHOLE = re.compile(r"-?\d{1,9}")
_NUMBER = re.compile(r"-?\d{1,9}([.,]\d{1,9})?")
_ISO_DAY = re.compile(r"(\d{4})[-/](\d{1,2})[-/]\d{1,2}")
_DUTCH_DAY = re.compile(r"\d{1,2}[-/](\d{1,2})[-/](\d{4})")
_DUTCH_MONTH = re.compile(r"(\d{1,2})[-/](\d{4})")
_YES_NO = {"ja": True, "j": True, "yes": True, "y": True, "true": True, "waar": True, "1": True} | {
    "nee": False, "n": False, "no": False, "false": False, "onwaar": False, "0": False,
}  # fmt: skip

_WHOLE_NUMBER = Text("Dit is geen heel getal. Gebruik alleen cijfers.", "This is not a whole number. Use digits only.")
_YEAR_ONLY = Text("Vul alleen het jaar in, zoals 1974. Geen datum.", "Fill in the year only, such as 1974. No date.")
_YES_OR_NO = Text("Vul ja of nee in.", "Fill in yes or no.")
_TOO_LONG = Text("Deze cel is te lang. Maak de tekst korter.", "This cell is too long. Shorten the text.")
_CONTROL = Text("In deze cel staat een teken dat niet kan. Typ de tekst opnieuw.", "A character is not allowed.")


class Fault(Enum):
    """A cell of a spreadsheet that holds no value of its own."""

    FORMULA = "formula"
    ERROR = "cell-error"


_FAULTS: Mapping[Fault, Text] = {
    Fault.FORMULA: Text(
        "Hier staat een formule. Die rekenen we niet uit. Plak de waarde.",
        "This is a formula. We do not evaluate it. Paste the value.",
    ),
    Fault.ERROR: Text(
        "Hier staat een fout van het rekenblad. Verbeter de cel.", "The spreadsheet shows an error here."
    ),
}
Cell = str | Fault


class Unreadable(Exception):  # noqa: N818 - a cell that cannot be read, turned into a FieldError at once
    """The cell cannot be read; the reason is in words, the cell itself is not."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(code)
        self.code, self.text = code, text

    def at(self, pointer: str) -> FieldError:
        """The reason, with the place it is about."""
        return FieldError(pointer, self.code, self.text)


def read_cell(cell: Cell, column: Column) -> Any:
    """The value in a cell; None for an empty one. Raises Unreadable."""
    if isinstance(cell, Fault):
        raise Unreadable(cell.value, _FAULTS[cell])
    text = cell.strip()
    if not text:
        return None
    if len(text) > MAX_CELL:
        raise Unreadable("too-long", _TOO_LONG)
    if any(ord(one) < 32 and one not in "\n\r\t" for one in text):
        raise Unreadable("character", _CONTROL)
    return _READERS[column.kind](text, column)


def without_formula(text: str) -> str:
    """A text as we write it in a CSV: an apostrophe keeps a spreadsheet from taking it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def _whole(text: str, column: Column) -> int:
    if not _WHOLE.fullmatch(text):
        raise Unreadable("whole-number", _YEAR_ONLY if column.name.endswith("birthYear") else _WHOLE_NUMBER)
    return int(text)


def _month(text: str, _: Column) -> str:
    """A year or a month. A day is left out: spreadsheets make a date of every month that is typed."""
    if match := _ISO_DAY.fullmatch(text):
        return f"{match[1]}-{int(match[2]):02}"
    if match := _DUTCH_DAY.fullmatch(text) or _DUTCH_MONTH.fullmatch(text):
        return f"{match[2]}-{int(match[1]):02}"
    return text


def _boolean(text: str, _: Column) -> bool:
    value = _YES_NO.get(text.casefold())
    if value is None:
        raise Unreadable("boolean", _YES_OR_NO)
    return value


def _choice(text: str, column: Column) -> str:
    """The value for a word; anything else goes on as it is, for the schema to refuse."""
    return column.words.get(re.sub(r"[\s_]+", "-", text.casefold()), text)


def _list(text: str, column: Column) -> list[str]:
    words = (word.strip() for word in re.split(r"[|;,\n]", text))
    return list(dict.fromkeys(_choice(word, column) for word in words if word))


def _finding(text: str, _: Column) -> Any:
    """A finding by its form: yes or no, a number, chosen words with | between, or one word."""
    plain = text.casefold()
    if plain not in {"0", "1"} and plain in _YES_NO:
        return _YES_NO[plain]
    if _NUMBER.fullmatch(text):
        return int(text) if _WHOLE.fullmatch(text) else float(text.replace(",", "."))
    return [word.strip() for word in text.split("|") if word.strip()] if "|" in text else text


_READERS: Mapping[Kind, Callable[[str, Column], Any]] = {
    Kind.TEXT: lambda text, _: text,
    Kind.WHOLE: _whole,
    Kind.MONTH: _month,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _choice,
    Kind.LIST: _list,
    Kind.FINDING: _finding,
}
