"""The form of a guideline file. A file that breaks a rule of ours is refused when the program starts."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.alias_generators import to_camel

from service.criteria import rules
from service.criteria.rules import DECIDING, Basis, Kind, Operator
from service.text import Language

Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
Url: TypeAlias = Annotated[str, Field(pattern=r"^https?://")]
Scalar: TypeAlias = bool | int | float | str


class FileModel(BaseModel):
    """A part of a file: camelCase names, nothing unknown, nothing coerced, never changed."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)


class Words(FileModel):
    """One text in both languages."""

    nl: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def in_(self, language: Language) -> str:
        """The text in the language asked for."""
        return self.en if language is Language.EN else self.nl


class Input(StrEnum):
    """What a form offers for a question."""

    NUMBER = "number"
    WHOLE_NUMBER = "whole-number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    MULTI_CHOICE = "multi-choice"


class Option(FileModel):
    """One value to choose."""

    value: Slug
    label: Words


class Question(FileModel):
    """How a finding is asked for. Minimum and maximum say what is possible at all; they are no criterion."""

    label: Words
    question: Words
    input: Input
    unit: str | None
    minimum: float | None
    maximum: float | None
    options: tuple[Option, ...]

    @model_validator(mode="after")
    def _options_fit_the_input(self) -> Self:
        chosen = self.input in {Input.CHOICE, Input.MULTI_CHOICE}
        if chosen != bool(self.options):
            raise ValueError("a choice has options and nothing else has")
        return self


class CriterionFile(FileModel):
    """One criterion that decides."""

    id: Slug
    kind: Kind
    parameter: Slug
    operator: Operator
    value: Scalar | list[Scalar]
    unit: str | None
    basis: Basis
    source_url: Url
    text: Words

    @model_validator(mode="after")
    def _decides_on_a_public_basis(self) -> Self:
        if self.basis not in DECIDING:
            raise ValueError(f"criterion {self.id}: basis {self.basis} may inform, never decide")
        return self

    @model_validator(mode="after")
    def _value_fits_the_operator(self) -> Self:
        named = self.value if isinstance(self.value, list) else None
        if (named is not None) != (self.operator in _OF_LISTS):
            raise ValueError(f"criterion {self.id}: {self.operator} needs another kind of value")
        if named is not None and self.operator is Operator.BETWEEN and len(named) != _LIMITS:
            raise ValueError(f"criterion {self.id}: between needs a lowest and a highest value")
        return self

    def as_rule(self) -> rules.Criterion:
        """The criterion as the rules know it."""
        return rules.Criterion(self.id, self.kind, self.parameter, self.operator, self.value)


class AllFile(FileModel):
    """Every one of these."""

    all: Annotated[list["Node"], Field(min_length=1)]

    def as_rule(self) -> rules.Group:
        """The group as the rules know it."""
        return rules.all_of(*(node.as_rule() for node in self.all))


class AnyFile(FileModel):
    """One of these is enough."""

    any: Annotated[list["Node"], Field(min_length=1)]

    def as_rule(self) -> rules.Group:
        """The group as the rules know it."""
        return rules.any_of(*(node.as_rule() for node in self.any))


class AtLeastFile(FileModel):
    """At least so many of these."""

    at_least: Annotated[int, Field(ge=1)]
    of: Annotated[list["Node"], Field(min_length=1)]

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.at_least > len(self.of):
            raise ValueError("atLeast asks for more than there are")
        return self

    def as_rule(self) -> rules.Group:
        """The group as the rules know it."""
        return rules.Group(self.at_least, tuple(node.as_rule() for node in self.of))


def _node_tag(node: Any) -> str:
    names = node if isinstance(node, dict) else node.model_dump(by_alias=True)
    return next((name for name in ("all", "any", "atLeast") if name in names), "criterion")


# Told apart by their names, so that a mistake in a file is reported once and not for each of four forms.
Node: TypeAlias = Annotated[
    Annotated[AllFile, Tag("all")]
    | Annotated[AnyFile, Tag("any")]
    | Annotated[AtLeastFile, Tag("atLeast")]
    | Annotated[CriterionFile, Tag("criterion")],
    Discriminator(_node_tag),
]


class Inform(FileModel):
    """Something a physician should know, which does not decide."""

    kind: Kind
    parameter: str | None
    operator: str | None
    value: Scalar | list[Scalar] | None
    unit: str | None
    basis: Basis
    source_url: Url
    text: Words


class Icd10(FileModel):
    """An ICD-10 code, and whether a source joins it to this guideline or we do."""

    code: Annotated[str, Field(pattern=r"^[A-Z]\d\d(\.\d+)?$")]
    basis: Literal["seen", "general-knowledge"]


class Scheme(FileModel):
    """The compensation scheme that a diagnosis may fall under."""

    name: str
    source_url: Url
    text: Words


class GuidelineKind(StrEnum):
    """What sort of document it is."""

    REGISTRATION = "registration-guideline"
    NOTICE = "information-notice"
    SCHEME = "scheme"


class GuidelineFile(FileModel):
    """One version of one guideline, notice or scheme."""

    code: Slug
    version: Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]
    code_certainty: str
    version_note: str | None
    effective_from: date | None
    effective_until: date | None
    kind: GuidelineKind
    title: Words
    text_basis: Literal["ours"]
    cas: list[Annotated[str, Field(pattern=r"^[A-Z]\d{3}$")]]
    icd10: list[Icd10]
    source_url: Url
    sources: Annotated[list[Url], Field(min_length=1)]
    status: str
    not_found: list[Words]
    decides: Words
    require: Node | None
    inform: list[Inform]
    questions: dict[Slug, Question]
    derived: dict[Slug, list[Slug]]
    scheme: Scheme | None

    @property
    def criteria(self) -> tuple[CriterionFile, ...]:
        """The criteria that decide, in the order of the file."""
        return tuple(criteria_of(self.require)) if self.require else ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        ids = [criterion.id for criterion in self.criteria]
        if len(ids) != len(set(ids)):
            raise ValueError("the ids of the criteria are not unique")
        for criterion in self.criteria:
            self._check_question(criterion)
        if self.kind is not GuidelineKind.REGISTRATION and self.require:
            raise ValueError("only a registration guideline decides")
        if (self.kind is GuidelineKind.SCHEME) and not self.scheme:
            raise ValueError("a scheme says which scheme it is")
        if self.effective_from and self.effective_until and self.effective_until < self.effective_from:
            raise ValueError("effectiveUntil lies before effectiveFrom")
        return self

    def _check_question(self, criterion: CriterionFile) -> None:
        question = self.questions.get(criterion.parameter)
        if question is None:
            raise ValueError(f"parameter {criterion.parameter} has no question")
        if question.input not in _INPUTS[criterion.operator]:
            raise ValueError(f"{criterion.operator} cannot be asked as {question.input}")
        offered = {option.value for option in question.options}
        if offered and not offered.issuperset(_named(criterion.value)):
            raise ValueError(f"criterion {criterion.id} names a value that cannot be chosen")
        if question.unit != criterion.unit:
            raise ValueError(f"parameter {criterion.parameter} is asked in another unit")


def criteria_of(node: Node) -> Iterator[CriterionFile]:
    """The criteria under a node of a file, in order."""
    match node:
        case CriterionFile():
            yield node
        case AllFile(all=nodes) | AnyFile(any=nodes) | AtLeastFile(of=nodes):
            for child in nodes:
                yield from criteria_of(child)


def _named(value: Scalar | list[Scalar]) -> set[Scalar]:
    return set(value) if isinstance(value, list) else {value}


_LIMITS = 2
_OF_LISTS = frozenset({Operator.BETWEEN, Operator.IN, Operator.ANY_OF, Operator.ALL_OF})
_NUMBERS = frozenset({Input.NUMBER, Input.WHOLE_NUMBER})
_INPUTS = {
    Operator.ABOVE: _NUMBERS,
    Operator.AT_LEAST: _NUMBERS,
    Operator.BELOW: _NUMBERS,
    Operator.AT_MOST: _NUMBERS,
    Operator.BETWEEN: _NUMBERS,
    Operator.IS: frozenset({Input.BOOLEAN, Input.CHOICE, *_NUMBERS}),
    Operator.IN: frozenset({Input.CHOICE}),
    Operator.ANY_OF: frozenset({Input.MULTI_CHOICE}),
    Operator.ALL_OF: frozenset({Input.MULTI_CHOICE}),
}
