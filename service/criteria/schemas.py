"""The JSON of a criteria check and of a guideline."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from service.criteria.documents import GuidelineKind
from service.criteria.rules import Basis, Kind, Operator, Outcome, Verdict
from service.criteria.six_steps import OtherExplanations, StepOutcome, WorkRelation
from service.validation import Strict

Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Answer = Annotated[bool | None, Field(strict=True)]
Finding = Annotated[Any, Field(description="A number, true or false, or a (list of) chosen value(s).")]


class Diagnosis(Strict):
    """The diagnosis: a CAS code, an ICD-10 code, or a name."""

    cas: Code | None = None
    icd10: Code | None = None
    text: Line | None = None

    @property
    def named(self) -> bool:
        """Whether there is a diagnosis at all."""
        return any((self.cas, self.icd10, self.text))


class PersonalQuestions(Strict):
    """The seven questions to the worker of step 2; what was not asked is left out."""

    own_view: Answer = None
    worse_at_work: Answer = None
    started_after_exposure: Answer = None
    after_change_at_work: Answer = None
    better_when_off: Answer = None
    worse_in_tasks: Answer = None
    colleagues_affected: Answer = None


class Assessment(Strict):
    """The physician's answers on the way through the six steps; all may be left out."""

    personal_questions: PersonalQuestions = PersonalQuestions()
    susceptibility: Answer = None
    other_explanations: OtherExplanations | None = None
    work_relation: WorkRelation | None = None


class CriteriaCheckRequest(Strict):
    """A diagnosis with findings, to be held against its guideline."""

    diagnosis: Diagnosis
    findings: Annotated[dict[Code, Finding], Field(max_length=60, default_factory=dict)]
    guideline: Code | None = None
    assessment: Assessment = Assessment()
    advice: Annotated[tuple[Code, ...], Field(max_length=20)] = ()


class Answered(BaseModel):
    """A part of an answer: camelCase names, never changed."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class GuidelineRef(Answered):
    """The guideline, and the version, that the findings were held against."""

    code: str
    version: str
    title: str
    source_url: str


class CriterionResult(Answered):
    """One criterion, what was given for it, and how it came out."""

    id: str
    kind: Kind
    parameter: str
    operator: Operator
    value: Any
    unit: str | None
    given: Any
    outcome: Outcome
    basis: Basis
    source_url: str
    text: str


class StepResult(Answered):
    """One step of the six-step plan and where it stands."""

    number: int
    title: str
    outcome: StepOutcome
    text: str
    source_url: str


class InformResult(Answered):
    """Something to know, which does not decide."""

    parameter: str | None
    text: str
    basis: Basis
    source_url: str


class SchemeHint(Answered):
    """A compensation scheme that the diagnosis may fall under. A hint, never a verdict."""

    code: str
    scheme: str
    title: str
    text: str
    source_url: str


class CriteriaCheckResult(Answered):
    """The verdict on findings, per criterion and as a whole."""

    guideline: GuidelineRef | None
    verdict: Verdict
    criteria: tuple[CriterionResult, ...]
    missing: tuple[str, ...]
    steps: tuple[StepResult, ...]
    explanation: str
    inform: tuple[InformResult, ...] = ()
    not_public: tuple[str, ...] = ()
    scheme_hints: tuple[SchemeHint, ...] = ()
    conclusion_questions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    link: str


class GuidelineSummary(Answered):
    """A guideline in a list."""

    code: str
    version: str
    kind: GuidelineKind
    title: str
    cas: tuple[str, ...]
    icd10: tuple[str, ...]
    decides: bool
    source_url: str


class GuidelineList(Answered):
    """The guidelines found, in order of code."""

    items: tuple[GuidelineSummary, ...]


class QuestionOption(Answered):
    """One value to choose, with its label."""

    value: str
    label: str


class QuestionResult(Answered):
    """How a form asks for a finding. `decides` says whether the answer counts in the verdict."""

    parameter: str
    label: str
    question: str
    input: str
    unit: str | None
    minimum: float | None
    maximum: float | None
    options: tuple[QuestionOption, ...]
    decides: bool


class GuidelineResult(GuidelineSummary):
    """A guideline as our file holds it, in one language. `require` nests all, any and atLeast groups."""

    versions: tuple[str, ...]
    effective_from: str | None
    effective_until: str | None
    code_certainty: str
    version_note: str | None
    status: str
    text_basis: str
    sources: tuple[str, ...]
    icd10_basis: dict[str, str]
    reading: str
    not_public: tuple[str, ...]
    require: dict[str, Any] | None
    inform: tuple[InformResult, ...]
    questions: tuple[QuestionResult, ...]
    scheme: str | None
