"""The six-step plan: where each step stands. It says what was answered and what is open, and sets no limit itself.

Source: https://www.beroepsziekten.nl/ncvb/het-zes-stappenplan-voor-beroepsziekten
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

from service.criteria.documents import FileModel, Url, Words
from service.criteria.rules import EXPOSURE_KINDS, Evaluation, Guideline, Kind, Outcome, Verdict
from service.text import Text

_FILE = Path(__file__).parent / "six_steps.json"


class OtherExplanations(StrEnum):
    """How much explanations outside work contribute: the four-level scale of step 4."""

    HARDLY = "hardly"
    SOMEWHAT = "somewhat"
    REASONABLE = "reasonable"
    LARGE = "large"


class WorkRelation(StrEnum):
    """The conclusion of step 5: the first three are notified, the last goes to the signal desk."""

    VERY_LIKELY = "very-likely"
    LIKELY = "likely"
    SUSPECTED = "suspected"
    TOO_UNCERTAIN = "too-uncertain"


class StepOutcome(StrEnum):
    """Where a step of the six-step plan stands."""

    DONE = "done"
    OPEN = "open"
    ATTENTION = "attention"


class Step(FileModel):
    """One step of the plan."""

    number: int
    title: Words
    source_url: Url


class PersonalQuestion(FileModel):
    """One question to the worker of step 2."""

    key: str
    text: Words


class Choice(FileModel):
    """One answer of a scale."""

    value: str
    label: Words


class Scale(FileModel):
    """A question with its fixed answers."""

    question: Words
    scale: tuple[Choice, ...]


class SixSteps(FileModel):
    """The texts of the plan, in our own words."""

    source: Url
    guidelines_url: Url
    text_basis: Literal["ours"]
    steps: tuple[Step, ...]
    personal_questions: tuple[PersonalQuestion, ...]
    susceptibility: Words
    other_explanations: Scale
    work_relation: Scale
    conclusion_questions: tuple[Words, ...]


@cache
def plan() -> SixSteps:
    """The plan that comes with the program."""
    return SixSteps.model_validate_json(_FILE.read_bytes())


@dataclass(frozen=True, slots=True)
class Answers:
    """What the physician answered on the way; what is left out is open."""

    diagnosis_named: bool
    diagnosis_covered: bool
    personal: Mapping[str, bool | None]
    susceptibility: bool | None
    other_explanations: OtherExplanations | None
    work_relation: WorkRelation | None
    prevention: bool


@dataclass(frozen=True, slots=True)
class StepState:
    """Where one step stands, and why."""

    outcome: StepOutcome
    text: Text


def walk(answers: Answers, guideline: Guideline | None, evaluation: Evaluation) -> tuple[StepState, ...]:
    """Where each of the six steps stands."""
    return (
        _disease(answers),
        _relation(answers),
        _exposure(answers, guideline, evaluation),
        _explanations(answers, guideline, evaluation),
        _conclusion(answers),
        _PREVENTION_DONE if answers.prevention else _PREVENTION_OPEN,
    )


def _disease(answers: Answers) -> StepState:
    if not answers.diagnosis_named:
        return _NO_DIAGNOSIS
    return _DIAGNOSIS if answers.diagnosis_covered else _OTHER_DIAGNOSIS


def _relation(answers: Answers) -> StepState:
    given = [answer for answer in answers.personal.values() if answer is not None]
    asked, yes = len(answers.personal), sum(given)
    text = Text(
        f"{len(given)} van de {asked} vragen beantwoord: {yes} keer ja, {len(given) - yes} keer nee.",
        f"{len(given)} of {asked} questions answered: {yes} yes, {len(given) - yes} no.",
    )
    return StepState(StepOutcome.DONE if len(given) == asked else StepOutcome.OPEN, text)


def _exposure(answers: Answers, guideline: Guideline | None, evaluation: Evaluation) -> StepState:
    match evaluation.verdict:
        case Verdict.NO_PUBLIC_CRITERIA:
            return _WEIGH if answers.susceptibility is None else _WEIGHED
        case Verdict.MEETS:
            return _EXPOSURE_MET
        case Verdict.INSUFFICIENT:
            return _EXPOSURE_OPEN
        case Verdict.DOES_NOT_MEET if _any_not_met(guideline, evaluation, EXPOSURE_KINDS):
            return _SUSCEPTIBLE if answers.susceptibility else _EXPOSURE_NOT_MET
        case Verdict.DOES_NOT_MEET:
            return _EXPOSURE_NOT_THE_REASON


def _explanations(answers: Answers, guideline: Guideline | None, evaluation: Evaluation) -> StepState:
    if _any_not_met(guideline, evaluation, frozenset({Kind.OTHER_CAUSE})):
        return _OTHER_CAUSE
    if answers.other_explanations is None:
        return _EXPLANATIONS_OPEN
    return _EXPLANATIONS[answers.other_explanations]


def _conclusion(answers: Answers) -> StepState:
    if answers.work_relation is None:
        return _NOT_CONCLUDED
    return _TO_SIGNAL_DESK if answers.work_relation is WorkRelation.TOO_UNCERTAIN else _TO_NOTIFY


def _any_not_met(guideline: Guideline | None, evaluation: Evaluation, kinds: frozenset[Kind]) -> bool:
    criteria = guideline.criteria if guideline else ()
    return any(
        criterion.kind in kinds and evaluation.outcomes[criterion.id] is Outcome.NOT_MET for criterion in criteria
    )


def _done(nl: str, en: str) -> StepState:
    return StepState(StepOutcome.DONE, Text(nl, en))


def _open(nl: str, en: str) -> StepState:
    return StepState(StepOutcome.OPEN, Text(nl, en))


def _attention(nl: str, en: str) -> StepState:
    return StepState(StepOutcome.ATTENTION, Text(nl, en))


_DIAGNOSIS = _done("De diagnose is genoemd.", "The diagnosis is named.")
_NO_DIAGNOSIS = _open(
    "Er is nog geen diagnose. Zonder diagnose kan er geen melding zijn.",
    "There is no diagnosis yet. Without a diagnosis there can be no notification.",
)
_OTHER_DIAGNOSIS = _attention(
    "De gekozen richtlijn gaat niet over deze diagnose.", "The chosen guideline is not about this diagnosis."
)
_WEIGH = _open(
    "Er is geen openbare maat. Weeg zelf aard, niveau en duur, en de gevoeligheid van de werkende.",
    "There is no public measure. Weigh nature, level and duration yourself, and the susceptibility of the worker.",
)
_WEIGHED = _done(
    "Er is geen openbare maat. U hebt de gevoeligheid van de werkende meegewogen.",
    "There is no public measure. You have weighed the susceptibility of the worker.",
)
_EXPOSURE_MET = _done("De blootstelling past bij de openbare criteria.", "The exposure fits the public criteria.")
_EXPOSURE_OPEN = _open("Er zijn nog gegevens nodig.", "More information is needed.")
_EXPOSURE_NOT_MET = _attention(
    "Een openbare grens is niet gehaald. Is de werkende gevoeliger, dan kan een lagere blootstelling genoeg zijn.",
    "A public limit is not reached. If the worker is more susceptible, a lower exposure may be enough.",
)
_SUSCEPTIBLE = _attention(
    "Een openbare grens is niet gehaald. U noemt de werkende gevoelig; leg dat uit bij de melding.",
    "A public limit is not reached. You call the worker susceptible; explain that in the notification.",
)
_EXPOSURE_NOT_THE_REASON = _open(
    "De uitkomst hangt niet aan de blootstelling, maar aan een ander criterium.",
    "The result does not hang on the exposure but on another criterion.",
)
_OTHER_CAUSE = _attention(
    "Een criterium over een andere oorzaak is niet vervuld.", "A criterion about another cause is not met."
)
_EXPLANATIONS_OPEN = _open(
    "Geef aan hoeveel andere verklaringen buiten het werk bijdragen.",
    "Say how much other explanations outside work contribute.",
)
_EXPLANATIONS: Mapping[OtherExplanations, StepState] = {
    OtherExplanations.HARDLY: _done(
        "Andere verklaringen dragen niet of nauwelijks bij.", "Other explanations contribute not or hardly."
    ),
    OtherExplanations.SOMEWHAT: _done(
        "Andere verklaringen dragen enigszins bij.", "Other explanations contribute somewhat."
    ),
    OtherExplanations.REASONABLE: _done(
        "Andere verklaringen dragen redelijk bij.", "Other explanations contribute reasonably."
    ),
    OtherExplanations.LARGE: _done(
        "Andere verklaringen dragen veel bij. Weeg dit mee in stap 5.",
        "Other explanations contribute much. Weigh this in step 5.",
    ),
}
_NOT_CONCLUDED = _open("Er is nog geen conclusie.", "There is no conclusion yet.")
_TO_NOTIFY = _done("U kunt dit melden.", "You can notify this.")
_TO_SIGNAL_DESK = _attention(
    "Dit is te onzeker voor een melding. Stuur het naar het loket voor signalen.",
    "This is too uncertain for a notification. Send it to the signal desk.",
)
_PREVENTION_DONE = _done("Er is advies gegeven.", "Advice was given.")
_PREVENTION_OPEN = _open(
    "Kies maatregelen: eerst bij de bron, dan technisch, dan organisatorisch, dan persoonlijke bescherming.",
    "Choose measures: first at the source, then technical, then organisational, then personal protection.",
)
