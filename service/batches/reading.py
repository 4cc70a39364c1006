"""A file becomes rows that can be filed, each with its verdict or with everything that is wrong with it.

Part of the actions: the same reading of a body and the same judgement as a notification that is sent alone. No I/O.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import BoundedSemaphore
from typing import Any

from pydantic import ValidationError

from service.batches.cells import Cell, Unreadable, read_cell
from service.batches.columns import REFERENCE, Heading, heading, headings
from service.batches.sheets import Form, Row, form_of, read_csv
from service.batches.workbooks import read_workbook
from service.notifications import judgement, privacy
from service.notifications.schemas import NotificationContent
from service.partly import judgeable, read_partly
from service.problems import FieldError, InvalidInput, Unavailable
from service.strict_json import read_json
from service.text import Language, Text

_MOST_PROBLEMS = 20
_LONGEST_REFERENCE = 40
# A number of one's own, such as 2026-001 or P.17: with a digit, and without room for a name.
_MARK = re.compile(r"(?=.*\d)(?!.*[A-Za-z]{6})[\w.,/#:-]+", re.ASCII)
_CODE = re.compile(r"[A-Za-z]\d{2,3}(\.\d{1,2})?")
# Reading a full file takes seconds of one core: two at a time leave the rest of the service its share.
_readers = BoundedSemaphore(2)

_LONG_REFERENCE = Text(
    f"Neem een kenmerk van niet meer dan {_LONGEST_REFERENCE} tekens.", f"At most {_LONGEST_REFERENCE} characters."
)
_TELLING_REFERENCE = Text(
    "Dit kenmerk kan iemand aanwijzen. Neem een eigen nummer, zoals 2026-001.",
    "This reference may point at somebody. Use a number of your own, such as 2026-001.",
)
_REFERENCE_TWICE = Text("Dit kenmerk staat twee keer in het bestand.", "This reference is in the file twice.")
_EXTRA_CELLS = Text(
    "Deze rij heeft meer cellen dan er kolommen zijn. Staat er een scheidingsteken te veel?",
    "This row has more cells than there are columns. Is there a separator too many?",
)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row as it was read. Without problems it can be filed; with problems that identify, nothing of it is kept."""

    number: int
    reference: str | None
    body: bytes
    what: str | None
    verdict: str | None
    guideline: str | None
    fingerprint: str | None
    problems: tuple[FieldError, ...]
    warnings: tuple[FieldError, ...]

    @property
    def digest(self) -> str:
        """The same for two rows that say the same, whatever their reference."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read."""

    form: Form
    sha256: str
    guessed_encoding: bool
    names: Mapping[str, str]
    rows: tuple[ReadRow, ...]


def read_file(content: bytes, on: date, language: Language, charset: str | None = None) -> ReadFile:
    """Read and judge every row of a file. Raises InvalidInput when it cannot be read as a whole."""
    if not _readers.acquire(timeout=5):
        raise Unavailable(Text("Er worden nu veel bestanden gelezen. Probeer het zo opnieuw.", "Try again shortly."))
    try:
        sheet = read_workbook(content) if form_of(content) is Form.XLSX else read_csv(content, charset)
        known = headings(sheet.header)
        rows = [_read_row(row, known, on, language) for row in sheet.rows]
    finally:
        _readers.release()
    names = {one.pointer: one.name for one in known}
    digest = hashlib.sha256(content).hexdigest()
    return ReadFile(sheet.form, digest, sheet.guessed_encoding, names, tuple(_each_reference_once(rows)))


def _each_reference_once(rows: Sequence[ReadRow]) -> Iterable[ReadRow]:
    counted = Counter(row.reference for row in rows if row.reference)
    for row in rows:
        twice = row.reference is not None and counted[row.reference] > 1
        yield _with_problem(row, FieldError("/reference", "reference-twice", _REFERENCE_TWICE)) if twice else row


def _with_problem(row: ReadRow, problem: FieldError) -> ReadRow:
    return ReadRow(
        row.number, row.reference, row.body, row.what, row.verdict, row.guideline, row.fingerprint,
        (problem, *row.problems), row.warnings,
    )  # fmt: skip


def _read_row(row: Row, known: Sequence[Heading], on: date, language: Language) -> ReadRow:
    values, problems = _values(row.cells, known)
    reference, fault = _reference(values.pop((REFERENCE,), None))
    problems += fault
    document = _document(values)
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    try:
        content = NotificationContent.model_validate(read_json(body))
        judged = judgement.judge_content(content, on, language)
    except ValidationError:
        return _refused(row.number, reference, document, (*problems, *_wrong(document, problems, on)))
    except InvalidInput as refusal:
        return _refused(row.number, reference, document, (*problems, *_judgeable(refusal.errors, problems)))
    if problems:
        return _refused(row.number, reference, document, problems)
    return ReadRow(
        number=row.number,
        reference=reference,
        body=body,
        what=in_words(content, language),
        verdict=judged.check.verdict.value,
        guideline=judged.guideline_code,
        fingerprint=judged.fingerprint,
        problems=(),
        warnings=tuple(judged.warnings),
    )


def _wrong(document: dict[str, Any], unreadable: Sequence[FieldError], on: date) -> Iterator[FieldError]:
    """What is wrong with a document that is malformed, beside the cells that could not be read."""
    read = read_partly(NotificationContent, document)
    yield from read.errors
    if read.content is not None:
        blocking, _ = judgement.open_points(read.content, on)
        yield from _judgeable(map(read.as_it_came, blocking), (*unreadable, *read.errors))


def _judgeable(problems: Iterable[FieldError], unread: Iterable[FieldError]) -> Iterator[FieldError]:
    # A cell too many is about no field.
    return judgeable(problems, [error for error in unread if error.pointer], judgement.LOOKS_AT)


def in_words(content: NotificationContent, language: Language) -> str | None:
    """What a row is about, for the person who looks for it in the list."""
    parts = [
        judgement.diagnosis_in_words(content, language),
        judgement.occupation_in_words(content, language),
        str(content.worker.birth_year) if content.worker and content.worker.birth_year else None,
    ]
    return ", ".join(part for part in parts if part)[:240] or None


def _refused(number: int, reference: str | None, document: dict[str, Any], problems: Sequence[FieldError]) -> ReadRow:
    """A row that cannot be filed: it waits for a better file, so nothing of it is kept but what is wrong."""
    unique = tuple(dict.fromkeys(problems))[:_MOST_PROBLEMS]
    what = None if privacy.identifying(document) else _sketch(document)
    return ReadRow(number, reference, b"", what, None, None, None, unique, ())


def _sketch(document: dict[str, Any]) -> str | None:
    """The codes of a row that is not right; of what may be words nothing is kept."""
    found = (document.get("diagnosis", {}).get(name, "") for name in ("cas", "icd10"))
    return ", ".join(code for code in found if _CODE.fullmatch(code)) or None


def _values(cells: Sequence[Cell], known: Sequence[Heading]) -> tuple[dict[tuple[str, ...], Any], list[FieldError]]:
    """What the cells of a row hold by path, and what cannot be read."""
    values: dict[tuple[str, ...], Any] = {}
    problems = [] if len(cells) <= len(known) else [FieldError("", "extra-cells", _EXTRA_CELLS)]
    for cell, one in zip(cells, known, strict=False):
        try:
            value = read_cell(cell, one.column)
        except Unreadable as reason:
            problems.append(reason.at(one.pointer))
            continue
        if value is not None:
            values[one.path] = value
    return values, problems


def _reference(value: Any) -> tuple[str | None, list[FieldError]]:
    """The reference, unless it may not be kept: nobody looks at it later, so a doubt is enough to refuse it."""
    if value is None:
        return None, []
    if len(value) > _LONGEST_REFERENCE:
        return None, [FieldError("/reference", "too-long", _LONG_REFERENCE)]
    if privacy.identifying({"r": value}) or privacy.suspicious({"r": value}) or not _MARK.fullmatch(value):
        return None, [FieldError("/reference", "identifying", _TELLING_REFERENCE)]
    return value, []


def _document(values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for path, value in values.items():
        _put(document, path, value)
    for name in ("exposures", "group"):
        if places := document.get(name):
            document[name] = [places[place] for place in sorted(places, key=int)]
    arbodienst = document.get("arbodienst", {})
    if "name" in arbodienst:
        arbodienst.setdefault("kind", "arbodienst")
    return document


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        document = document.setdefault(part, {})
    document[path[-1]] = value


def column_of(pointer: str, names: Mapping[str, str]) -> str | None:
    """The column that a problem is about: as it is called in the file, or else as it could be called."""
    if pointer in names:
        return names[pointer]
    under = [name for place, name in names.items() if place.startswith(f"{pointer}/")]
    if under and pointer:
        return under[0]
    found = heading(pointer.strip("/").replace("/", "."))
    return found.column.dutch_name if found else None
