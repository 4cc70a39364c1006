"""What the form of a notification shows: its fields, what is said at each of them, and the panel with the verdict."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from service.clock import today
from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.criteria import actions as criteria
from service.criteria.documents import Words
from service.criteria.explanation import OUTCOME_WORDS, VERDICT_WORDS
from service.criteria.rules import Outcome, Verdict
from service.criteria.schemas import CriteriaCheckResult, GuidelineRef, QuestionResult
from service.criteria.six_steps import plan
from service.notifications import judgement, privacy
from service.notifications.schemas import NotificationContent
from service.partly import leave_out
from service.problems import FieldError, InvalidInput
from service.text import Language, Text
from service.web import forms
from service.web.boxes import Box, codes_of, counts, name_of
from service.web.forms import Fields, field_of, first
from service.web.labels import label_of, named
from service.web.units import in_words

# Said in the panel, not at a field that the notifier has not come to yet.
_OPEN = frozenset({"missing"})
_IDENTIFYING = frozenset({"bsn", "full-date", "e-mail"})
# Text that may point at somebody: the notifier says whether it does.
_DOUBTS = frozenset({"name-like", "eight-digits"})
_TONES: Mapping[str, str] = {
    Verdict.MEETS: "good",
    Verdict.DOES_NOT_MEET: "warn",
    Verdict.INSUFFICIENT: "open",
    Verdict.NO_PUBLIC_CRITERIA: "info",
    Outcome.MET: "good",
    Outcome.NOT_MET: "warn",
    Outcome.UNKNOWN: "open",
}
_COUNTS: Mapping[str, Text] = {
    "yes": Text(
        "Telt als beroepsziekte: ja, als het werk de oorzaak is", "Counts as occupational: yes, if caused by work"
    ),
    "perhaps": Text("Telt als beroepsziekte: twijfel, u oordeelt", "Counts as occupational: in doubt, you judge"),
    "no": Text("Telt als beroepsziekte: nee, dit is een klacht", "Counts as occupational: no, this is a complaint"),
}


class Option(NamedTuple):
    """One answer to choose."""

    value: str
    label: str


class Point(NamedTuple):
    """One thing to say, and the field it is about."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Hint:
    """What is known of the code in a box."""

    codes: str = ""
    name: str = ""
    counts: str = ""
    tone: str = ""
    guideline: GuidelineRef | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion in the panel; `field` is where to answer what is still open."""

    field: str
    text: str
    outcome: str
    tone: str
    official: bool
    source_url: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What stands beside the form: what is still needed, and how the findings stand against the guideline."""

    check: CriteriaCheckResult | None
    verdict: str
    tone: str
    lines: tuple[Line, ...]
    needed: tuple[Point, ...]
    wrong: tuple[Point, ...]
    too_uncertain: bool
    asks_reason: bool


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it stands, ready to show; `read` is what could be read from it."""

    fields: Fields
    read: forms.Read
    language: Language
    questions: tuple[QuestionResult, ...]
    panel: Panel
    errors: Mapping[str, str]
    warnings: Mapping[str, str]
    doubts: Mapping[str, str]
    blocking: tuple[FieldError, ...]
    warned: tuple[FieldError, ...]
    typed: Mapping[str, str]
    extra_rows: Mapping[str, int] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The value of a field, or nothing."""
        return first(self.fields, name)

    def has(self, name: str, value: str) -> bool:
        """Whether a choice is made."""
        return value in self.fields.get(name, ())

    def any(self, *names: str) -> bool:
        """Whether anything stands in these fields or in fields under them: then their part is shown open."""
        return any("".join(values).strip() for name, values in self.fields.items() if name.startswith(names))

    def rows(self, table: str) -> int:
        """How many rows of a table to show: those filled in, and the empty ones that were asked for."""
        return min(forms.rows_of(self.fields, table) + self.extra_rows.get(table, 0), forms.ROWS[table])

    def box(self, name: str) -> Box:
        """What a box holds."""
        return self.read.boxes.get(name, Box())

    def mark(self, name: str) -> str:
        """The mark by which a doubtful text is confirmed; another text in the same field has another mark."""
        return f"{name} {hashlib.sha256(self.value(name).encode()).hexdigest()[:8]}"

    def source(self, name: str, *said: str | None) -> str:
        """Where the rule can be read behind one of these messages at a field, if others made it."""
        for one in (*self.blocking, *self.warned):
            if one.source and field_of(one.pointer) == name and one.text.in_(self.language) in said:
                return one.source
        return ""

    @property
    def sources(self) -> dict[str, str]:
        """Where the rules can be read behind what is said at the fields."""
        names = {**self.errors, **self.warnings}
        return {name: self.source(name, self.errors.get(name), self.warnings.get(name)) for name in names}

    @property
    def unconfirmed(self) -> dict[str, str]:
        """What may point at somebody, by field, where the notifier has not said that it does not."""
        return {name: text for name, text in self.doubts.items() if not self.has("confirm", self.mark(name))}

    def hint(self, name: str) -> Hint:
        """What is known of the code in a box."""
        return hint(name, self.box(name), self.panel.check, self.language)

    def candidates(self, name: str) -> list[tuple[str, str, str]]:
        """Code, label and standing of what was found for a box in which no code was chosen yet."""
        return [
            (hit.entry.code, hit.entry.label.in_(self.language), _counting(name, hit.entry.code, self.language))
            for hit in self.box(name).candidates
        ]

    def options(self, list_id: str) -> list[Option]:
        """Every answer of a code list."""
        return [
            Option(entry.code, entry.label.in_(self.language)) for entry in catalogue().lists[ListId(list_id)].entries
        ]

    def label(self, name: str) -> str:
        """What a field is called."""
        return label_of(name, self.questions, self.language)

    def points(self, wrong: Mapping[str, str]) -> list[Point]:
        """These messages, each with what its field is called before it."""
        return [Point(name, named(name, text, self.questions, self.language)) for name, text in wrong.items()]

    def unit(self, unit: str | None) -> str:
        """A unit as people write it."""
        return in_words(unit, self.language)

    @property
    def unkeepable(self) -> dict[str, str]:
        """What cannot be kept, not even in a draft: what cannot be read, and what identifies somebody."""
        identity = (fault for fault in self.blocking if fault.code in _IDENTIFYING)
        return _by_field([*self.read.errors, *identity], self.language)

    @property
    def guideline(self) -> str:
        """The code of the guideline whose questions are shown."""
        check = self.panel.check
        return check.guideline.code if check and check.guideline else ""

    @property
    def asks_by(self) -> str:
        """What decides which criteria are asked: when it changes, so do the questions."""
        return self.guideline or ("none" if self.panel.check else "")


def form_of(fields: Fields, language: Language, **shown: Any) -> Form:
    """The form with everything that can be said of it now."""
    boxes = forms.boxes_of(fields)
    typed = {name: first(fields, f"{name}.q").strip() for name in boxes}
    guideline = _guideline(fields, boxes["diagnosis"])
    questions = criteria.questions_for(guideline, today(), language) if guideline else ()
    read = forms.read(fields, boxes, questions)
    blocking, warned = map(read.said, judgement.open_points(read.content, today()))
    beside = read.beside.model_dump(exclude_none=True)
    blocking, warned = [*blocking, *privacy.identifying(beside)], [*warned, *privacy.suspicious(beside)]
    check = _check(read.content, language)
    for name, box in boxes.items():
        if typed[name]:
            forms.show(fields, name, box, language)
    errors = _by_field([*read.errors, *(fault for fault in blocking if fault.code not in _OPEN)], language)
    doubtful = _by_field((one for one in warned if one.code in _DOUBTS), language)
    return Form(
        fields=fields,
        read=read,
        language=language,
        questions=questions,
        panel=_panel(read.content, check, blocking, questions, errors, language),
        errors=errors,
        warnings=_by_field((one for one in warned if one.code not in _DOUBTS), language),
        doubts=doubtful,
        blocking=(*read.errors, *blocking),
        warned=tuple(warned),
        typed=typed,
        **shown,
    )


def everything_wrong(form: Form) -> dict[str, str]:
    """Every message by field, also for what is missing: for a form that was submitted."""
    return _by_field(form.blocking, form.language)


def without_identity(content: NotificationContent) -> NotificationContent:
    """The content that may be kept: without the fields that identify somebody, which no draft may hold."""
    document: Any = content.model_dump(by_alias=True, exclude_unset=True, exclude_none=True, mode="json")
    identifying = [fault.pointer.split("/")[1:] for fault in privacy.identifying(document)]
    leave_out(document, [tuple(int(part) if part.isdigit() else part for part in path) for path in identifying])
    return NotificationContent.model_validate(document)


def _guideline(fields: Fields, diagnosis: Box) -> str | None:
    cas, icd10 = codes_of(diagnosis.code)
    named = first(fields, "assessment.guideline")
    if named and first(fields, "assessment.guidelineFor") == diagnosis.code:
        return named if _in_force(named) else None
    found = criteria.guideline_for(cas, icd10, today()) if cas or icd10 else None
    return found.code if found else None


def _in_force(code: str) -> bool:
    return any(one.code == code for one in criteria.find_guidelines(None, None, today(), Language.NL).items)


def _check(content: NotificationContent, language: Language) -> CriteriaCheckResult | None:
    if content.diagnosis is None or not (content.diagnosis.cas or content.diagnosis.icd10):
        return None
    try:
        return judgement.check_criteria(content, today(), language)
    except InvalidInput:
        # What cannot be read is said at its field; until then there is no verdict.
        return None


def _panel(
    content: NotificationContent,
    check: CriteriaCheckResult | None,
    blocking: Sequence[FieldError],
    questions: Sequence[QuestionResult],
    errors: Mapping[str, str],
    language: Language,
) -> Panel:
    asked = {question.parameter for question in questions}
    verdict = check.verdict if check else None
    return Panel(
        check=check,
        verdict=VERDICT_WORDS[verdict].in_(language) if verdict else "",
        tone=_TONES[verdict] if verdict else "open",
        lines=tuple(
            Line(
                field=forms.FINDINGS + one.parameter if one.parameter in asked else "",
                text=one.text,
                outcome=OUTCOME_WORDS[one.outcome].in_(language),
                tone=_TONES[one.outcome],
                official=one.basis == "official",
                source_url=one.source_url,
            )
            for one in (check.criteria if check else ())
        ),
        needed=tuple(
            Point(name, label_of(name, questions, language)) for name in _by_field(_missing(blocking), language)
        ),
        wrong=tuple(Point(name, named(name, text, questions, language)) for name, text in errors.items()),
        too_uncertain=any(fault.code == "too-uncertain" for fault in blocking),
        asks_reason=verdict in {Verdict.DOES_NOT_MEET, Verdict.INSUFFICIENT}
        or bool(content.assessment and content.assessment.override_reason),
    )


def _missing(blocking: Iterable[FieldError]) -> Iterable[FieldError]:
    return (fault for fault in blocking if fault.code in _OPEN)


def _by_field(faults: Iterable[FieldError], language: Language) -> dict[str, str]:
    found: dict[str, str] = {}
    for fault in faults:
        found.setdefault(field_of(fault.pointer), fault.text.in_(language))
    return found


def hint(name: str, box: Box, check: CriteriaCheckResult | None, language: Language) -> Hint:
    """What is known of the code in a box; for a diagnosis also whether it counts, and its guideline."""
    if not box.code:
        return Hint()
    list_id = forms.list_of(name)
    known = name_of(list_id, box.code, language)
    label = known if known not in {box.code, box.words} else ""
    if list_id is not ListId.DIAGNOSIS:
        return Hint(codes=box.code, name=label if box.words else "")
    standing = counts(box.code)
    return Hint(
        codes=box.code,
        name=label if box.words else "",
        counts=_COUNTS[standing].in_(language),
        tone={"yes": "good", "perhaps": "warn", "no": "bad"}[standing],
        guideline=check.guideline if check else None,
    )


def _counting(name: str, code: str, language: Language) -> str:
    return _COUNTS[counts(code)].in_(language) if name == "diagnosis" else ""


class SixSteps(NamedTuple):
    """The words of the six-step plan that the form asks with."""

    personal: list[Option]
    susceptibility: str
    other_explanations: str
    other_scale: list[Option]
    work_relation: str
    relation_scale: list[Option]


def six_steps(language: Language) -> SixSteps:
    """The questions of the six-step plan in one language."""
    known = plan()
    return SixSteps(
        [Option(one.key, _in(one.text, language)) for one in known.personal_questions],
        _in(known.susceptibility, language),
        _in(known.other_explanations.question, language),
        [Option(one.value, _in(one.label, language)) for one in known.other_explanations.scale],
        _in(known.work_relation.question, language),
        [Option(one.value, _in(one.label, language)) for one in known.work_relation.scale],
    )


def _in(words: Words, language: Language) -> str:
    return words.in_(language)


_SAME_AGAIN = ("arbodienst", "diagnosis", "exposures", "workNature", "occupation", "sector", "detectedBy", "province")
_ALWAYS_AGAIN = ("arbodienst", "province")


def prefilled(defaults: Mapping[str, Any], last: bytes | None) -> dict[str, Any]:
    """A new document: what the account says and, failing that, what the last notification said."""
    document = _part(json.loads(last), _ALWAYS_AGAIN) if last else {}
    if "arbodienst" in defaults:
        name = defaults["arbodienst"]
        document["arbodienst"] = {"kind": "arbodienst", "name": name} if name else {"kind": "independent"}
    return document


def like(content: bytes) -> dict[str, Any]:
    """A new document for the next worker: the same disease, load and work; nothing of the worker before."""
    return _part(json.loads(content), _SAME_AGAIN)


def _part(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in names}
