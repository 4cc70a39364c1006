"""The form of a notification: the names of its fields are paths in the document. Pure, no I/O.

`read` turns a posted form into a document and says at which field something cannot be read; `write` is its inverse.
What is empty is absent. What cannot be read stays in the form and out of the document.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from service.codes.entries import ListId
from service.criteria.schemas import QuestionResult
from service.notifications.judgement import LOOKS_AT
from service.notifications.schemas import NotificationContent, Paragraph, Reply, WorkRelation
from service.partly import Partly, judgeable, read_partly
from service.problems import FieldError
from service.text import Language, Text
from service.validation import Strict, field_errors
from service.web.boxes import Box, codes_of, settle, shown_text

Fields = dict[str, list[str]]

ROWS = {"exposures": 10, "group": 200}
PERSONAL = (
    "ownView",
    "worseAtWork",
    "startedAfterExposure",
    "afterChangeAtWork",
    "betterWhenOff",
    "worseInTasks",
    "colleaguesAffected",
)
FINDINGS = "assessment.findings."
_WHOLE = re.compile(r"-?\d{1,9}")
_NUMBER = re.compile(r"-?\d{1,9}([.,]\d{1,6})?")
_ROW = re.compile(r"(exposures|group)\.(\d{1,3})\.(\w+)")

_WHOLE_NUMBER = Text("Dit is geen heel getal. Gebruik alleen cijfers.", "This is not a whole number. Use digits only.")
_PLAIN_NUMBER = Text("Dit is geen getal. Gebruik cijfers, zoals 12 of 12,5.", "This is not a number. Use digits.")
_MONTHS: Mapping[str, Text] = {
    "onset": Text("Begin van de klachten", "Onset"),
    "from": Text("Belasting sinds", "Exposure since"),
    "until": Text("Belasting tot", "Exposure until"),
}
_CHOOSE_SECTOR = Text("Kies een sector uit de lijst, of typ de SBI-code.", "Choose a sector, or type its SBI code.")


class Beside(Strict):
    """What is said beside the notification itself: to the registry's questions, and to the signal desk."""

    answer: Reply | None = None
    why: Paragraph | None = None


class _Unreadable(Exception):  # noqa: N818 - an answer that cannot be read, turned into a FieldError right here
    def __init__(self, code: str, text: Text) -> None:
        super().__init__(code)
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the content that can be kept, its boxes, and an error for every field that cannot be."""

    partly: Partly[NotificationContent]
    beside: Beside
    boxes: Mapping[str, Box]
    errors: tuple[FieldError, ...]

    @property
    def content(self) -> NotificationContent:
        """The content that can be kept."""
        return self.partly.content or NotificationContent()

    def said(self, problems: Iterable[FieldError]) -> list[FieldError]:
        """What the rules say of the content, each at its row of the form, and not of what could not be read."""
        return list(judgeable(map(self.partly.as_it_came, problems), self.errors, LOOKS_AT))

    @property
    def body(self) -> bytes:
        """The document as it is kept: one way to write it, so that the same form gives the same bytes."""
        text = self.content.model_dump_json(by_alias=True, exclude_unset=True, exclude_none=True)
        return text.encode()


def _text(values: Sequence[str]) -> str:
    return values[-1].strip()


def _whole(values: Sequence[str]) -> int:
    text = _text(values)
    if not _WHOLE.fullmatch(text):
        raise _Unreadable("whole-number", _WHOLE_NUMBER)
    return int(text)


def _number(values: Sequence[str]) -> int | float:
    text = _text(values)
    if not _NUMBER.fullmatch(text):
        raise _Unreadable("number", _PLAIN_NUMBER)
    return int(text) if _WHOLE.fullmatch(text) else float(text.replace(",", "."))


def _flag(values: Sequence[str]) -> bool | str:
    # Anything else goes on as it is, for the schema to refuse.
    return {"true": True, "false": False}.get(_text(values), _text(values))


def _list(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in values if value.strip()))


_Reader = Callable[[Sequence[str]], Any]
_READERS: Mapping[str, _Reader] = {
    **dict.fromkeys(
        (
            "arbodienst.kind", "arbodienst.name", "worker.sex", "worker.employmentKind", "exposures.*.from",
            "exposures.*.until", "exposures.*.degree", "exposures.*.evidence", "workNature", "sector.edition",
            "assessment.otherExplanations", "assessment.workRelation", "assessment.overrideReason", "detectedBy",
            "incapacity", "absence", "province", "remarks", "group.*.sex", "group.*.onset",
        ),
        _text,
    ),
    **dict.fromkeys(("worker.birthYear", "minutesSpent", "group.*.birthYear"), _whole),
    **dict.fromkeys([f"assessment.personalQuestions.{name}" for name in PERSONAL], _flag),
    **dict.fromkeys(("assessment.susceptibility", "accident.isAccident", "accident.lateEffect"), _flag),
    "advice": _list,
}  # fmt: skip
_READER_OF_INPUT: Mapping[str, _Reader] = {
    "number": _number,
    "whole-number": _number,
    "boolean": _flag,
    "choice": _text,
    "multi-choice": _list,
}
BOXES: Mapping[str, ListId] = {
    "diagnosis": ListId.DIAGNOSIS,
    "exposures.*": ListId.EXPOSURE,
    "occupation": ListId.ISCO,
    "sector": ListId.SBI,
}


def first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The value of a field, or nothing."""
    values = fields.get(name)
    return values[0] if values else ""


def tidy(pairs: Iterable[tuple[str, str]]) -> Fields:
    """The fields of a posted form, with rows in which nothing stands left out and the others numbered anew."""
    fields: Fields = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\x00", "").replace("\r\n", "\n"))
    kept: Fields = {name: values for name, values in fields.items() if not _ROW.fullmatch(name)}
    for table in ROWS:
        _keep_rows(fields, table, kept)
    return kept


def _keep_rows(fields: Fields, table: str, kept: Fields) -> None:
    rows: dict[int, Fields] = {}
    for name, values in fields.items():
        match = _ROW.fullmatch(name)
        if match and match[1] == table:
            rows.setdefault(int(match[2]), {})[match[3]] = values
    filled = [rows[number] for number in sorted(rows) if any(_filled(rows[number]))]
    for number, row in enumerate(filled[: ROWS[table]]):
        kept.update({f"{table}.{number}.{name}": values for name, values in row.items()})


def _filled(row: Fields) -> Iterable[bool]:
    # What the box held before, and its code, mean nothing once the box is empty.
    hidden = {"q0", "code", "words"}
    return (bool("".join(values).strip()) for name, values in row.items() if name not in hidden)


def rows_of(fields: Fields, table: str) -> int:
    """How many rows of a table the form holds."""
    numbers = [int(match[2]) for name in fields if (match := _ROW.fullmatch(name)) and match[1] == table]
    return max(numbers, default=-1) + 1


def boxes_of(fields: Fields) -> dict[str, Box]:
    """What every box of the form holds."""
    names = ["diagnosis", "occupation", "sector"]
    names += [f"exposures.{number}" for number in range(rows_of(fields, "exposures"))]
    return {name: _settled(fields, name) for name in names}


def _settled(fields: Fields, name: str) -> Box:
    q, q0, code, words = (first(fields, f"{name}.{part}") for part in ("q", "q0", "code", "words"))
    return settle(list_of(name), q, q0, code, words)


def list_of(name: str) -> ListId:
    """The code list in which a box searches."""
    return BOXES[_pattern(name)]


def _pattern(name: str) -> str:
    return re.sub(r"^(exposures|group)\.\d+", r"\1.*", name)


def read(fields: Fields, boxes: Mapping[str, Box], questions: Sequence[QuestionResult]) -> Read:
    """Read the form. Findings are read by the questions of the guideline; of another guideline they fall away."""
    inputs = {f"{FINDINGS}{question.parameter}": _READER_OF_INPUT[question.input] for question in questions}
    document: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, values in fields.items():
        reader = _READERS.get(_pattern(name)) or inputs.get(name)
        if reader is None or not "".join(values).strip():
            continue
        try:
            _put(document, _path(name), reader(values))
        except _Unreadable as fault:
            errors.append(FieldError("/" + "/".join(_path(name)), fault.code, fault.text))
    for name, box in boxes.items():
        _put_box(document, name, box)
    if boxes["sector"].words and not boxes["sector"].code:
        errors.append(FieldError("/sector/sbi", "choose", _CHOOSE_SECTOR))
    _keep_guideline(document, fields, boxes["diagnosis"])
    partly = read_partly(NotificationContent, _with_lists(document))
    beside, too_much = _beside(fields)
    return Read(partly, beside, boxes, (*errors, *map(_said_plainly, partly.errors), *too_much))


def _beside(fields: Fields) -> tuple[Beside, tuple[FieldError, ...]]:
    # Why it is a signal is only asked, and only counts, of what is too uncertain to notify.
    uncertain = first(fields, "assessment.workRelation") == WorkRelation.TOO_UNCERTAIN
    asked = ("answer", "why") if uncertain else ("answer",)
    said = {name: text for name in asked if (text := first(fields, name).strip())}
    try:
        return Beside.model_validate(said), ()
    except ValidationError as error:
        return Beside(), tuple(field_errors(error.errors()))


def _path(name: str) -> list[str]:
    # A finding is named by its parameter, which may itself hold a point.
    if name.startswith(FINDINGS):
        return ["assessment", "findings", name.removeprefix(FINDINGS)]
    return name.split(".")


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        document = document.setdefault(part, {})
    document[path[-1]] = value


def _put_box(document: dict[str, Any], name: str, box: Box) -> None:
    if box.empty:
        return
    path = name.split(".")
    match list_of(name):
        case ListId.DIAGNOSIS:
            cas, icd10 = codes_of(box.code)
            found = {"cas": cas, "icd10": icd10, "text": box.words}
        case ListId.SBI:
            found = {"sbi": box.code}
        case ListId.ISCO:
            found = {"isco": box.code, "text": box.words}
        case _:
            found = {"code": box.code, "text": box.words}
    for key, value in found.items():
        if value:
            _put(document, [*path, key], value)


def _keep_guideline(document: dict[str, Any], fields: Fields, diagnosis: Box) -> None:
    """Keep a guideline that the document named, as long as the diagnosis is still the one it was named for."""
    named = first(fields, "assessment.guideline")
    if named and first(fields, "assessment.guidelineFor") == diagnosis.code:
        _put(document, ["assessment", "guideline"], named)


def _with_lists(document: dict[str, Any]) -> dict[str, Any]:
    for table in ROWS:
        if rows := document.get(table):
            document[table] = [rows[number] for number in sorted(rows, key=int)]
    if "sbi" not in document.get("sector", {}):
        document.pop("sector", None)
    return document


def _said_plainly(fault: FieldError) -> FieldError:
    """The same fault; of a month also which field it is, and how to write it."""
    field = _MONTHS.get(fault.pointer.rpartition("/")[2])
    if fault.code != "string-pattern-mismatch" or field is None:
        return fault
    return replace(fault, text=Text(f"{field.nl}: schrijf 2025 of 2025-11.", f"{field.en}: write 2025 or 2025-11."))


def write(document: Mapping[str, Any], language: Language) -> Fields:
    """The fields of a form that holds this document."""
    fields: Fields = {}
    rest = dict(document)
    for name in ("diagnosis", "occupation", "sector"):
        _write_box(fields, name, rest.pop(name, None) or {}, language)
    for number, exposure in enumerate(rest.get("exposures") or ()):
        _write_box(fields, f"exposures.{number}", exposure, language)
    _write(fields, "", rest)
    if guideline := first(fields, "assessment.guideline"):
        fields["assessment.guidelineFor"] = [first(fields, "diagnosis.code")]
        fields["assessment.guideline"] = [guideline]
    return fields


def _write(fields: Fields, name: str, value: Any) -> None:
    match value:
        case None | "":
            pass
        case dict():
            for key, item in value.items():
                _write(fields, f"{name}.{key}" if name else key, item)
        case list() | tuple() if name in ROWS:
            for number, row in enumerate(value):
                _write(fields, f"{name}.{number}", row)
        case list() | tuple():
            fields[name] = [str(item) for item in value]
        case bool():
            fields[name] = ["true" if value else "false"]
        case _:
            fields[name] = [str(value)]


def _write_box(fields: Fields, name: str, found: Mapping[str, Any], language: Language) -> None:
    keys = {"diagnosis": ("cas", "icd10"), "occupation": ("isco",), "sector": ("sbi",)}.get(name, ("code",))
    code = " ".join(found[key] for key in keys if found.get(key))
    box = Box(code, found.get("text") or "")
    show(fields, name, box, language)
    if name == "sector" and (edition := found.get("edition")):
        fields["sector.edition"] = [edition]


def show(fields: Fields, name: str, box: Box, language: Language) -> None:
    """Put a box in the form as it was settled, so that the page shows what was understood."""
    text = shown_text(list_of(name), box, language)
    fields[f"{name}.q"] = fields[f"{name}.q0"] = [text]
    fields[f"{name}.code"] = [box.code]
    fields[f"{name}.words"] = [box.words if box.code else ""]


def field_of(pointer: str) -> str:
    """The field of the form at which to say something about a place in the document."""
    name = pointer.strip("/").replace("/", ".")
    if name == "exposures":
        return "exposures.0.q"
    if name in {"diagnosis", "diagnosis.cas", "diagnosis.icd10", "diagnosis.text"}:
        return "diagnosis.q"
    if name in {"occupation", "occupation.isco", "occupation.text", "sector", "sector.sbi"}:
        return name.split(".", maxsplit=1)[0] + ".q"
    return re.sub(r"^(exposures\.\d+)(\.(code|text))?$", r"\1.q", name)
