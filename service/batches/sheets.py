"""A file becomes a sheet: its header and its rows, as text. CSV here, XLSX in workbooks.py. No I/O."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from service.batches.cells import Cell
from service.batches.columns import MAX_COLUMNS, recognised
from service.problems import FieldError, InvalidInput, TooLarge
from service.text import Text

MAX_BYTES = 900_000
MAX_ROWS = 5000
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# In Windows-1252 these are letters and marks of Dutch text; in older code pages the same bytes are something else.
_LETTERS = frozenset(map(chr, range(0xC0, 0x100))) - {"\xd7", "\xf7"}
_MARKS = frozenset("\u20ac\u2013\u2014\u2018\u2019\u201c\u201d\u2026\xb0\xb5\xb1\xb2\xb3\xbd\xbc\xb7\xab\xbb\xa7\xa0")
_MIXED = re.compile(rb"[\xc3\xc2\xe2][\x80-\xbf]")
# A mark inside a word is a letter of another code page. Only an apostrophe belongs there.
_MARK_IN_WORD = re.compile("[^\\W\\d_][" + "".join(_MARKS - {"\u2019"}) + "][^\\W\\d_]")

TOO_LARGE = Text(
    "Dit bestand is te groot. Maak het kleiner dan 900 kB, of splits het.", "Make the file smaller than 900 kB."
)


class Form(StrEnum):
    """The kinds of file that are read."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its number in the file, as a spreadsheet counts: the header is row 1."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header and the rows under it that hold anything."""

    form: Form
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    guessed_encoding: bool = False


def form_of(content: bytes) -> Form:
    """What kind of file this is, by how it begins. Raises InvalidInput for a kind that is not read."""
    if len(content) > MAX_BYTES:
        raise TooLarge(TOO_LARGE)
    if content.startswith(_ZIP):
        return Form.XLSX
    if content.startswith(_OLD_OFFICE):
        text = Text(
            "Dit is een oud Excel-bestand (.xls) of er zit een wachtwoord op. Bewaar het als .xlsx of .csv.",
            "This is an old Excel file (.xls), or it has a password. Save it as .xlsx or .csv.",
        )
        refuse("old-spreadsheet", text)
    return Form.CSV


def refuse(code: str, text: Text) -> NoReturn:
    """Refuse the file as a whole. Raises InvalidInput."""
    raise InvalidInput(errors=[FieldError("", code, text)]) from None


def read_csv(content: bytes, charset: str | None = None) -> Sheet:
    """Read a CSV: UTF-8, comma or semicolon. Raises InvalidInput."""
    text, guessed = _decoded(content, charset)
    if "\x00" in text:
        refuse("not-a-spreadsheet", Text("Dit is geen CSV of XLSX.", "This is not a CSV or XLSX."))
    separator, text = _separator(text)
    return sheet_of(Form.CSV, _records(text, separator), guessed=guessed)


def sheet_of(form: Form, rows: Iterable[tuple[int, Sequence[Cell]]], *, guessed: bool = False) -> Sheet:
    """The first row that holds anything is the header. Raises InvalidInput when there is too much or too little."""
    header: tuple[str, ...] = ()
    kept: list[Row] = []
    for number, cells in rows:
        filled = _trimmed(cells)
        if not filled:
            continue
        if not header:
            header = _header(filled)
            continue
        if len(kept) == MAX_ROWS:
            refuse("too-many-rows", Text(f"Neem niet meer dan {MAX_ROWS} rijen.", f"At most {MAX_ROWS} rows."))
        kept.append(Row(number, filled))
    if not kept:
        refuse("empty", Text("In dit bestand staan geen rijen met meldingen.", "This file holds no rows."))
    return Sheet(form, header, tuple(kept), guessed)


def _trimmed(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    last = len(cells)
    while last and isinstance(end := cells[last - 1], str) and not end.strip():
        last -= 1
    return tuple(cells[:last])


def _header(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    if len(cells) > MAX_COLUMNS:
        refuse("too-many-columns", Text(f"Neem niet meer dan {MAX_COLUMNS} kolommen.", f"At most {MAX_COLUMNS}."))
    return tuple(cell if isinstance(cell, str) else "" for cell in cells)


def _decoded(content: bytes, charset: str | None) -> tuple[str, bool]:
    """The text, and whether its encoding was guessed."""
    if content.startswith(_UTF16_MARKS):
        _refuse_encoding()
    if charset == "windows-1252":
        return _windows(content), False
    try:
        return content.removeprefix(_UTF8_MARK).decode("utf-8"), False
    except UnicodeDecodeError:
        if content.startswith(_UTF8_MARK) or charset == "utf-8" or _MIXED.search(content):
            _refuse_encoding()
    text = _windows(content)
    strange = {one for one in text if not one.isascii()} - _LETTERS - _MARKS
    if strange or _MARK_IN_WORD.search(text):
        _refuse_encoding()
    return text, True


def _windows(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        _refuse_encoding()


def _refuse_encoding() -> NoReturn:
    text = Text(
        "We kunnen de letters niet zeker lezen. Bewaar het bestand als 'CSV UTF-8' of als .xlsx.",
        "We cannot read the letters with certainty. Save the file as 'CSV UTF-8' or as .xlsx.",
    )
    refuse("encoding", text)


def _separator(text: str) -> tuple[str, str]:
    """The separator, and the text without the line by which Excel names it."""
    if match := re.match(r"sep=([;,])\r?\n", text):
        return match[1], text[match.end() :]
    first = next((line for line in text.splitlines() if line.strip(" ;,\t")), "")
    return max(";,", key=lambda separator: recognised(first.replace('"', "").split(separator)[: 2 * MAX_COLUMNS])), text


def _records(text: str, separator: str) -> Iterable[tuple[int, Sequence[Cell]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            words = Text(
                f"Rij {number} is niet te lezen. Staat er een los aanhalingsteken?",
                f"Row {number} cannot be read. Is there a stray quotation mark?",
            )
            refuse("csv", words)
        if len(record) > 10 * MAX_COLUMNS:
            refuse("too-many-columns", Text(f"Neem niet meer dan {MAX_COLUMNS} kolommen.", f"At most {MAX_COLUMNS}."))
        yield number, record
