"""What an answer says of a guideline whatever the findings are: worked out once per version and language."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from service.criteria.catalogue import Entry
from service.criteria.documents import CriterionFile, GuidelineFile, Question
from service.criteria.schemas import (
    GuidelineRef,
    GuidelineResult,
    GuidelineSummary,
    InformResult,
    QuestionOption,
    QuestionResult,
)
from service.text import Language


@dataclass(frozen=True, slots=True)
class Line:
    """A criterion with its text in one language."""

    criterion: CriterionFile
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The fixed part of an answer."""

    ref: GuidelineRef
    name: str
    lines: tuple[Line, ...]
    labels: dict[str, str]
    inform: tuple[InformResult, ...]
    not_public: tuple[str, ...]


@cache
def sheet(entry: Entry, language: Language) -> Sheet:
    """The fixed part of an answer for one version in one language."""
    file = entry.file
    title = file.title.in_(language)
    version = "version" if language is Language.EN else "versie"
    return Sheet(
        ref=GuidelineRef(code=file.code, version=file.version, title=title, source_url=file.source_url),
        name=f"{file.code}, {title} ({version} {file.version})",
        lines=tuple(Line(criterion, criterion.text.in_(language)) for criterion in file.criteria),
        labels={name: question.label.in_(language) for name, question in file.questions.items()},
        inform=_inform(file, language),
        not_public=tuple(words.in_(language) for words in file.not_found),
    )


@cache
def questions_of(entry: Entry, language: Language) -> tuple[QuestionResult, ...]:
    """The questions of a guideline for a form, in the order in which they are best asked."""
    deciding = {criterion.parameter for criterion in entry.file.criteria}
    return tuple(
        _question(name, question, language, decides=name in deciding or _feeds(entry.file, name, deciding))
        for name, question in entry.file.questions.items()
    )


@cache
def summary(entry: Entry, language: Language) -> GuidelineSummary:
    """A guideline in a list."""
    return GuidelineSummary(**_summary(entry.file, language))


def whole(entry: Entry, versions: tuple[str, ...], language: Language) -> GuidelineResult:
    """A guideline with all that we hold of it."""
    file = entry.file
    return GuidelineResult(
        **_summary(file, language),
        versions=versions,
        effective_from=file.effective_from.isoformat() if file.effective_from else None,
        effective_until=file.effective_until.isoformat() if file.effective_until else None,
        code_certainty=file.code_certainty,
        version_note=file.version_note,
        status=file.status,
        text_basis=file.text_basis,
        sources=tuple(file.sources),
        icd10_basis={code.code: code.basis for code in file.icd10},
        reading=file.decides.in_(language),
        not_public=tuple(words.in_(language) for words in file.not_found),
        require=_in_language(file.require.model_dump(mode="json", by_alias=True), language) if file.require else None,
        inform=_inform(file, language),
        questions=questions_of(entry, language),
        scheme=file.scheme.name if file.scheme else None,
    )


def _summary(file: GuidelineFile, language: Language) -> dict[str, Any]:
    return {
        "code": file.code,
        "version": file.version,
        "kind": file.kind,
        "title": file.title.in_(language),
        "cas": tuple(file.cas),
        "icd10": tuple(code.code for code in file.icd10),
        "decides": file.require is not None,
        "source_url": file.source_url,
    }


def _inform(file: GuidelineFile, language: Language) -> tuple[InformResult, ...]:
    return tuple(
        InformResult(
            parameter=item.parameter, text=item.text.in_(language), basis=item.basis, source_url=item.source_url
        )
        for item in file.inform
    )


def _feeds(file: GuidelineFile, name: str, deciding: set[str]) -> bool:
    return any(name in sources and target in deciding for target, sources in file.derived.items())


def _question(name: str, question: Question, language: Language, *, decides: bool) -> QuestionResult:
    return QuestionResult(
        parameter=name,
        label=question.label.in_(language),
        question=question.question.in_(language),
        input=question.input,
        unit=question.unit,
        minimum=question.minimum,
        maximum=question.maximum,
        options=tuple(
            QuestionOption(value=option.value, label=option.label.in_(language)) for option in question.options
        ),
        decides=decides,
    )


def _in_language(node: Any, language: Language) -> Any:
    """A dumped node with every pair of texts brought down to one."""
    if isinstance(node, list):
        return [_in_language(child, language) for child in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"nl", "en"}:
        return node[language.value]
    return {name: _in_language(child, language) for name, child in node.items()}
