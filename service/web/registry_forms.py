"""The forms of the registry: what was filled in, kept as it was typed, and what is wrong with it."""

from dataclasses import dataclass
from typing import Self, TypeVar

from pydantic import BaseModel, ValidationError

from service.notifications.schemas import AssessmentDecision
from service.problems import Conflict, FieldError, InvalidInput, Refusal, Stale
from service.signals.schemas import Judgement
from service.text import Language, Text
from service.validation import field_errors
from service.web.incoming import Pairs, value

MOST_QUESTIONS = 10
Form = TypeVar("Form", bound=BaseModel)
_STALE = Text(
    "Iemand anders heeft dit intussen gewijzigd. U ziet nu de laatste stand; wat u typte staat er nog. "
    "Kijk of uw besluit nog klopt en verstuur het dan opnieuw.",
    "Somebody else changed this in the meantime. You now see the latest state; what you typed is still there. "
    "See whether your decision still holds, then send it again.",
)
_NOT_NOW = Text(
    "Dit besluit kan niet meer. U ziet hieronder de laatste stand.",
    "This decision is no longer possible. Below is the latest state.",
)
_ONE_LINE = Text("Vul de ontbrekende velden in.", "Fill in what is missing.")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing to put right: what it is, and the field to go to, if it is about one."""

    text: str
    field: str | None


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """The decision as it was filled in. Empty questions are dropped, so the rows close up."""

    act: str = ""
    version: int = 0
    reason: str = ""
    questions: tuple[str, ...] = ()
    rows: int = 1

    @classmethod
    def read(cls, posted: Pairs) -> Self:
        """The form as it came in."""
        typed = [_text(posted, f"question-{number}") for number in range(1, MOST_QUESTIONS + 1)]
        questions = tuple(question for question in typed if question)
        act = value(posted, "act")
        asked_for = len(questions) + 1 if act == "add-question" else len(questions)
        rows = min(max(asked_for, 1), MOST_QUESTIONS)
        return cls(act, version_of(posted), _text(posted, "reason"), questions, rows)

    @property
    def shown(self) -> tuple[str, ...]:
        """The rows to show: what was typed, and an empty row where one more was asked for."""
        return (*self.questions, *("" for _ in range(self.rows - len(self.questions))))

    def decision(self) -> AssessmentDecision:
        """The decision. Raises InvalidInput when it is none."""
        words: dict[str, object] = {"decision": self.act}
        if self.act == "return":
            words["questions"] = list(self.questions)
        if self.act == "not-register":
            words["reason"] = self.reason or None
        return read_strictly(AssessmentDecision, words)


@dataclass(frozen=True, slots=True)
class JudgementForm:
    """The judgement of a signal as it was filled in."""

    version: int = 0
    verdict: str = ""
    reason: str = ""

    @classmethod
    def read(cls, posted: Pairs) -> Self:
        """The form as it came in."""
        return cls(version_of(posted), value(posted, "verdict"), _text(posted, "reason"))

    def judgement(self) -> Judgement:
        """The judgement. Raises InvalidInput when something is missing."""
        missing = []
        if not self.verdict:
            text = Text("Kies wat u concludeert.", "Choose what you conclude.")
            missing.append(FieldError("/verdict", "missing", text))
        if not self.reason:
            missing.append(FieldError("/reason", "missing", Text("Geef de reden.", "Give the reason.")))
        if missing:
            raise InvalidInput(errors=missing)
        return read_strictly(Judgement, {"verdict": self.verdict, "reason": self.reason})


def read_strictly(form: type[Form], words: dict[str, object]) -> Form:
    """The words as the action takes them. Raises InvalidInput with everything that is wrong."""
    try:
        return form.model_validate(words)
    except ValidationError as error:
        raise InvalidInput(errors=field_errors(error.errors())) from None


def version_of(posted: Pairs) -> int:
    """The version that the person looked at; zero, which no record has, when the form does not say."""
    typed = value(posted, "version")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _text(posted: Pairs, name: str) -> str:
    # No database of ours takes a null character, and no keyboard makes one.
    return value(posted, name).replace("\x00", "").strip()


def complaints(refusal: Refusal, language: Language) -> tuple[Complaint, ...]:
    """A refusal as lines of an error summary."""
    if isinstance(refusal, Stale):
        return (Complaint(_STALE.in_(language), None),)
    if isinstance(refusal, Conflict):
        return (Complaint(_NOT_NOW.in_(language), None),)
    if not refusal.errors:
        return (Complaint(_ONE_LINE.in_(language), None),)
    return tuple(Complaint(error.text.in_(language), _field_of(error.pointer)) for error in refusal.errors)


def _field_of(pointer: str) -> str | None:
    parts = pointer.strip("/").split("/")
    match parts:
        case ["questions", place]:
            return f"question-{int(place) + 1}"
        case ["questions"]:
            return "question-1"
        case ["reason"] | ["verdict"]:
            return parts[0]
        case _:
            return None
