"""The forms by which doctors write to each other: the names of the fields are paths in what is sent. Pure, no I/O.

What cannot be read, what the agreement asks for, and what the service refuses are all said at once, each at its field.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from service.agreement.rules import Rule, Terms, agreement
from service.codes.entries import ListId
from service.consent.rules import Basis
from service.problems import FieldError
from service.referrals.rules import Item, Kind
from service.referrals.schemas import ConsentAsked, Conversion, Letter, NewReferral, Reply, Supplement
from service.text import Language, Text
from service.validation import field_errors
from service.web import forms
from service.web.boxes import CANDIDATES, Box, codes_of, settle
from service.web.filing import Hint, hint
from service.web.forms import Fields, first

PROSE = (Item.QUESTION, Item.REASON, Item.FINDINGS, Item.AGREED, Item.SUMMARY)
_ORDER = (
    Item.QUESTION,
    Item.REASON,
    Item.FINDINGS,
    Item.DIAGNOSIS,
    Item.WORK,
    Item.EXPOSURES,
    Item.AGREED,
    Item.SUMMARY,
)
_WORK = ("occupation", "demands", "hours")
_DAY = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_PERSON = ("name", "sex", "email", "phone")

_WRONG_DATE = Text("Schrijf de datum als 31-12-1970.", "Write the date as 31-12-1970.")
_NO_NAME = Text("Vul de naam in, of zoek een naam die u eerder invulde.", "Fill in the name, or search an earlier one.")
_CHOOSE_PERSON = Text(
    "Kies een naam uit de lijst, of maak dit vak leeg en vul hieronder een nieuwe naam in.",
    "Choose a name from the list, or empty this box and fill in a new name below.",
)
_CHOOSE_PARTY = Text("Zoek een praktijk of arts, en kies er een.", "Search a practice or doctor, and choose one.")
_EVIDENCE = Text(
    "Schrijf op hoe de werkende dit zei, of waar het papier ligt.",
    "Write down how the worker said so, or where the paper is.",
)
_NOTHING = Text("Vul in wat u wilt aanvullen.", "Fill in what you want to add.")
_ONLY_WORKER = "AO-11"
_ANSWER_OR_NOT = Text(
    "Schrijf de feiten op, of kies “niet gevraagd of niet bekend”.",
    "Write the facts, or choose “not asked or not known”.",
)
_ONE_OF_TWO = Text("Kies een van de twee: een antwoord, of geen antwoord.", "Choose one: an answer, or no answer.")


_Sent = TypeVar("_Sent", bound=BaseModel)


class Choice(NamedTuple):
    """One answer to choose in a box; `shown` says more about it."""

    value: str
    label: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in a form, and what is said at its fields."""

    fields: Fields
    language: Language
    wrong: Sequence[FieldError] = ()
    # A letter names the worker, so nothing in it is doubtful for doing so.
    warnings: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by the field at which it is said."""
        found: dict[str, str] = {}
        for one in self.wrong:
            found.setdefault(field_of(one.pointer), one.text.in_(self.language))
        return found

    def source(self, name: str, *said: str | None) -> str:
        """Where the rule can be read behind what is said at a field, if others made it."""
        told = (one for one in self.wrong if field_of(one.pointer) == name and one.text.in_(self.language) in said)
        return next((one.source for one in told if one.source), "")

    def value(self, name: str) -> str:
        """The value of a field, or nothing."""
        return first(self.fields, name)

    def has(self, name: str, value: str) -> bool:
        """Whether a choice is made."""
        return value in self.fields.get(name, ())

    def any(self, *names: str) -> bool:
        """Whether anything stands in these fields, or is said at them: then their part is shown open."""
        told = {**dict.fromkeys(self.errors, ("!",)), **self.fields}
        return any("".join(values).strip() for name, values in told.items() if name.startswith(names))


@dataclass(frozen=True, slots=True)
class LetterForm(Typed):
    """A letter of one kind, ready to show. The choices are those of the boxes in which nothing was chosen yet."""

    kind: Kind = Kind.INFORMATION_REQUEST
    whole: bool = True
    diagnosis: Box = field(default_factory=Box)
    choices: Mapping[str, Sequence[Choice]] = field(default_factory=dict)

    @property
    def terms(self) -> Terms:
        """What holds for this kind."""
        return agreement().kinds[self.kind]

    def rule(self, part: str) -> Rule | None:
        """The rule that asks for a part, if one does; of what comes after a letter no part is asked for."""
        return agreement().rules.get(self.terms.required.get(part, "")) if self.whole else None

    @property
    def parts(self) -> list[str]:
        """The parts to show at once: what the agreement asks for, and what something stands in."""
        shown = (part for part in _ORDER if part in self.terms.required or part in self.terms.optional)
        return [
            part
            for part in shown
            if part in self.terms.required or self.any("diagnosis." if part is Item.DIAGNOSIS else f"letter.{part}")
        ]

    @property
    def more_parts(self) -> list[str]:
        """The other parts of such a letter."""
        return [part for part in _ORDER if part in self.terms.optional and part not in self.parts]

    def hint(self, name: str) -> Hint:
        """What is known of the code in a box."""
        return hint(name, self.diagnosis, None, self.language)

    def candidates(self, _: str) -> list[tuple[str, str, str]]:
        """The diagnoses that were found, when none was chosen yet."""
        return [(hit.entry.code, hit.entry.label.in_(self.language), "") for hit in self.diagnosis.candidates]


def letter_form(kind: Kind, fields: Fields, language: Language, **shown: Any) -> LetterForm:
    """The form with its boxes settled."""
    box = settle(ListId.DIAGNOSIS, *(first(fields, f"diagnosis.{part}") for part in ("q", "q0", "code", "words")))
    if first(fields, "diagnosis.q").strip():
        forms.show(fields, "diagnosis", box, language)
    return LetterForm(fields, language, kind=kind, diagnosis=box, **shown)


def chosen(fields: Fields, name: str) -> str:
    """What was chosen in a box, if what stands in it is still what was chosen."""
    typed, shown = (first(fields, f"{name}.{part}").strip() for part in ("q", "q0"))
    code = first(fields, f"{name}.code")
    return code if typed and typed == shown else ""


def choose(fields: Fields, name: str, found: Sequence[Choice]) -> Sequence[Choice]:
    """Settle a box that searches: one hit is chosen, of more the doctor chooses. Gives what is left to choose from."""
    typed, code = first(fields, f"{name}.q").strip(), first(fields, f"{name}.code")
    hit = next((one for one in found if one.value == code), None) or (found[0] if len(found) == 1 else None)
    fields[f"{name}.q"] = fields[f"{name}.q0"] = [hit.label if hit else typed]
    fields[f"{name}.code"] = [hit.value if hit else ""]
    return () if hit else found[:CANDIDATES]


def from_notification(content: bytes, language: Language) -> Fields:
    """What a notification tells already, so that nothing is typed twice."""
    known = forms.write(json.loads(content), language)
    fields = {name: values for name, values in known.items() if name.startswith("diagnosis.")}
    loads = []
    for number in range(forms.rows_of(known, "exposures")):
        load, degree = (first(known, f"exposures.{number}.{part}") for part in ("q", "degree"))
        loads.append(f"{load}: {degree}" if degree else load)
    return fields | {
        "letter.exposures": ["\n".join(loads)],
        "letter.work.occupation": [first(known, "occupation.q")],
        "letter.work.demands": [first(known, "workNature")],
        "person.sex": [first(known, "worker.sex")],
    }


def from_letter(letter: Letter, language: Language) -> Fields:
    """The fields of a form that holds this letter."""
    fields: Fields = {f"letter.{part}": [getattr(letter, part) or ""] for part in PROSE}
    fields["letter.exposures"] = ["\n".join(letter.exposures)]
    for part in _WORK:
        fields[f"letter.work.{part}"] = [getattr(letter.work, part) or "" if letter.work else ""]
    if found := letter.diagnosis:
        code = " ".join(code for code in (found.cas, found.icd10) if code)
        forms.show(fields, "diagnosis", Box(code, found.text or ""), language)
    return fields


def read_new(
    form: LetterForm, notification: UUID | None, *, draft: bool
) -> tuple[NewReferral | None, list[FieldError]]:
    """A new exchange as the form says it, or everything that is in the way of it."""
    letter, errors = read_letter(form)
    document: dict[str, Any] = {"kind": form.kind, "letter": letter, "urgent": form.has("urgent", "true")}
    document["requestedByWorker"] = form.has("requestedByWorker", "true")
    document["consent"] = None if draft else consent_document(form.fields)
    document["notificationId"] = str(notification) if notification else None
    errors += [*_recipient(form, document), *_person(form, document)]
    errors += [] if draft else consent_errors(form.fields)
    if Kind.SECOND_OPINION is form.kind and not document["requestedByWorker"]:
        errors.append(_told("/requestedByWorker", agreement().rules[_ONLY_WORKER]))
    return _validated(NewReferral, document, errors)


def read_letter(form: LetterForm) -> tuple[dict[str, Any], list[FieldError]]:
    """The parts that hold something; a whole letter has every part that the agreement asks for."""
    letter: dict[str, Any] = {part: text for part in PROSE if (text := form.value(f"letter.{part}").strip())}
    if work := {part: text for part in _WORK if (text := form.value(f"letter.work.{part}").strip())}:
        letter["work"] = work
    if loads := [line.strip() for line in form.value("letter.exposures").splitlines() if line.strip()]:
        letter["exposures"] = loads
    if not form.diagnosis.empty:
        cas, icd10 = codes_of(form.diagnosis.code)
        letter["diagnosis"] = {"cas": cas, "icd10": icd10, "text": form.diagnosis.words or None}
    required = form.terms.required if form.whole else {}
    rules = agreement().rules
    return letter, [_told(f"/letter/{part}", rules[rule]) for part, rule in required.items() if part not in letter]


def read_supplement(form: LetterForm) -> tuple[Supplement | None, list[FieldError]]:
    """What goes after a letter: any of its parts, and how the worker says yes to it."""
    letter, _ = read_letter(form)
    errors = consent_errors(form.fields)
    if not letter:
        errors.append(FieldError("/letter/findings", "missing", _NOTHING))
    return _validated(Supplement, {"letter": letter, "consent": consent_document(form.fields)}, errors)


def read_conversion(form: LetterForm) -> tuple[Conversion | None, list[FieldError]]:
    """The referral that is made of a request for advice."""
    letter, errors = read_letter(form)
    document = {"kind": form.kind, "letter": letter, "consent": consent_document(form.fields)}
    return _validated(Conversion, document, errors + consent_errors(form.fields))


def read_reply(fields: Fields, questions: Sequence[str]) -> tuple[Reply | None, list[FieldError]]:
    """The answer: for every question the facts, or the choice not to answer it."""
    errors, answers = consent_errors(fields), []
    for place, question in enumerate(questions):
        facts, nothing = first(fields, f"answers.{place}.answer").strip(), bool(first(fields, f"none.{place}"))
        if bool(facts) == nothing:
            told = _ONE_OF_TWO if nothing else _ANSWER_OR_NOT
            errors.append(FieldError(f"/answers/{place}/answer", "answer", told))
        answers.append({"question": question, "answer": facts or None})
    document = {"answers": answers, "consent": consent_document(fields)}
    return _validated(Reply, document, errors)


def read_consent(fields: Fields) -> tuple[ConsentAsked | None, list[FieldError]]:
    """How the worker is asked."""
    return _validated(ConsentAsked, consent_document(fields), consent_errors(fields))


def consent_document(fields: Fields) -> dict[str, Any]:
    """The same as it is sent; what is empty is absent."""
    names = ("basis", "evidence", "representative", "factor", "language")
    found = {name: first(fields, f"consent.{name}").strip() for name in names}
    return {name: text for name, text in found.items() if text}


def consent_errors(fields: Fields) -> list[FieldError]:
    """What is said by the doctor needs the doctor's word on how."""
    by_doctor = first(fields, "consent.basis") in {Basis.ORAL, Basis.PAPER}
    lacking = by_doctor and not first(fields, "consent.evidence").strip()
    return [FieldError("/consent/evidence", "missing", _EVIDENCE)] if lacking else []


def field_of(pointer: str) -> str:
    """The field of the form at which to say something about a place in what is sent."""
    name = pointer.strip("/").replace("/", ".")
    if name.startswith("letter.diagnosis"):
        return "diagnosis.q"
    if name.startswith("recipient"):
        return "recipient.q"
    if name == "letter.work":
        return "letter.work.demands"
    return re.sub(r"^(letter\.exposures).*", r"\1", name)


def _recipient(form: LetterForm, document: dict[str, Any]) -> list[FieldError]:
    organisation, _, doctor = chosen(form.fields, "recipient").partition("/")
    document["recipient"] = {"organisation": organisation, "practitioner": doctor or None}
    return [] if organisation else [FieldError("/recipient", "missing", _CHOOSE_PARTY)]


def _person(form: LetterForm, document: dict[str, Any]) -> list[FieldError]:
    if known := chosen(form.fields, "known"):
        document["personId"] = known
        return []
    if form.value("known.q").strip():
        return [FieldError("/known/q", "choose", _CHOOSE_PERSON)]
    person = {part: text for part in _PERSON if (text := form.value(f"person.{part}").strip())}
    document["person"] = person
    errors = [] if "name" in person else [FieldError("/person/name", "missing", _NO_NAME)]
    if born := _day(form.value("person.birthDate").strip()):
        person["birthDate"] = born
        return errors
    return [*errors, FieldError("/person/birthDate", "date", _WRONG_DATE)]


def _day(typed: str) -> str | None:
    """A date as people write it, as ISO 8601."""
    try:
        if _ISO.fullmatch(typed):
            return date.fromisoformat(typed).isoformat()
        found = _DAY.fullmatch(typed)
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat() if found else None
    except ValueError:
        return None


def _validated(
    model: type[_Sent], document: Mapping[str, Any], errors: Sequence[FieldError]
) -> tuple[_Sent | None, list[FieldError]]:
    """What is sent, if nothing is wrong with it; what was said already is not said again by the schema."""
    try:
        made = model.model_validate(document)
    except ValidationError as error:
        said = {field_of(one.pointer) for one in errors}
        more = [one for one in field_errors(error.errors()) if field_of(one.pointer) not in said]
        return None, [*errors, *more]
    return (None if errors else made), list(errors)


def _told(pointer: str, rule: Rule) -> FieldError:
    return FieldError(pointer, rule.id, rule.text, rule.source)
