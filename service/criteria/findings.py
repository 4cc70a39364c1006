"""What the physician found, read by the questions of a guideline: typed, within what is possible, or an error each."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from service.criteria.documents import GuidelineFile, Input, Question
from service.criteria.noise import daily_level
from service.problems import FieldError
from service.text import Text
from service.validation import pointer, unknown_name


@dataclass(frozen=True, slots=True)
class Reading:
    """The findings that can be weighed, those that play no part here, and everything wrong with the rest."""

    values: Mapping[str, Any]
    ignored: tuple[str, ...]
    derived: tuple[str, ...]
    errors: tuple[FieldError, ...]


class _Refused(Exception):  # noqa: N818 - a refusal of one value, turned into a FieldError right here
    def __init__(self, code: str, text: Text) -> None:
        super().__init__(code)
        self.code, self.text = code, text


def read_findings(file: GuidelineFile | None, given: Mapping[str, Any], known: Collection[str]) -> Reading:
    """Read findings by the questions of a guideline. A name that only another guideline knows plays no part."""
    questions = file.questions if file else {}
    values: dict[str, Any] = {}
    ignored: list[str] = []
    errors: list[FieldError] = []
    for name, value in given.items():
        question = questions.get(name)
        if question is None:
            if name in known:
                ignored.append(name)
            else:
                text = unknown_name(name, _nearby(questions, known))
                errors.append(FieldError(pointer(["findings", name]), "unknown-field", text))
        elif value is not None:
            try:
                values[name] = _READERS[question.input](value, question)
            except _Refused as refused:
                errors.append(FieldError(pointer(["findings", name]), refused.code, refused.text))
    derived = _derive(file, values) if file and file.derived else ()
    return Reading(values, tuple(ignored), derived, tuple(errors))


def _nearby(questions: Collection[str], known: Collection[str]) -> Sequence[str]:
    # The names of this guideline come first: of two equally near names the one meant is asked for here.
    return [*questions, *sorted(known)]


def _derive(file: GuidelineFile, values: dict[str, Any]) -> tuple[str, ...]:
    """Work out what was not given but follows from what was."""
    found = []
    for name, sources in file.derived.items():
        if name in values or not all(source in values for source in sources):
            continue
        value = _DERIVATIONS[name](*(values[source] for source in sources))
        if value is not None:
            values[name] = value
            found.append(name)
    return tuple(found)


def _read_number(value: Any, question: Question) -> float:
    # bool is an int in Python, and an integer too large for a float is no measurement either.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused("number", Text("Geef een getal.", "Give a number."))
    if (isinstance(value, float) and not isfinite(value)) or _outside(value, question):
        raise _Refused("range", _range_text(question))
    return value


def _outside(value: float, question: Question) -> bool:
    too_low = question.minimum is not None and value < question.minimum
    return too_low or (question.maximum is not None and value > question.maximum)


def _range_text(question: Question) -> Text:
    low, high = (f"{limit:g}" if limit is not None else "…" for limit in (question.minimum, question.maximum))
    return Text(f"Geef een getal van {low} tot en met {high}.", f"Give a number from {low} to {high}.")


def _read_whole_number(value: Any, question: Question) -> float:
    number = _read_number(value, question)
    if number != int(number):
        raise _Refused("whole-number", Text("Geef een heel getal.", "Give a whole number."))
    return number


def _read_boolean(value: Any, _: Question) -> bool:
    if not isinstance(value, bool):
        raise _Refused("boolean", Text("Geef ja (true) of nee (false).", "Give true or false."))
    return value


def _read_choice(value: Any, question: Question) -> str:
    slug = slug_of(value) if isinstance(value, str) else None
    allowed = [option.value for option in question.options]
    if slug is None or slug not in allowed:
        names = ", ".join(allowed)
        raise _Refused("choice", Text(f"Kies uit: {names}.", f"Choose from: {names}."))
    return slug


def _read_multi_choice(value: Any, question: Question) -> tuple[str, ...]:
    # One value alone is taken as a list of one. An empty list says that none of them is there.
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        raise _Refused("list", Text("Geef een lijst van gekozen waarden.", "Give a list of chosen values."))
    chosen = tuple(dict.fromkeys(_read_choice(item, question) for item in values))
    if "none" in chosen and len(chosen) > 1:
        raise _Refused("choice", Text("Kies 'none' alleen op zichzelf.", "Choose 'none' only by itself."))
    return chosen


def slug_of(text: str) -> str:
    """A value as our files write it: 'hand-arm vibration' is hand-arm-vibration."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


_READERS: Mapping[Input, Callable[[Any, Question], Any]] = {
    Input.NUMBER: _read_number,
    Input.WHOLE_NUMBER: _read_whole_number,
    Input.BOOLEAN: _read_boolean,
    Input.CHOICE: _read_choice,
    Input.MULTI_CHOICE: _read_multi_choice,
}
_DERIVATIONS: Mapping[str, Callable[..., float | None]] = {"LEX_8h": daily_level}
