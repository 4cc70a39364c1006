"""The notification form as a Questionnaire, so that a system can render it."""

from collections.abc import Iterator, Sequence
from typing import Any

from fhir.canonical import BASE, HL7
from fhir.publication.definitions import described
from fhir.publication.values import Option, Question, QuestionGroup

Json = dict[str, Any]
_TYPES = {
    "number": "decimal",
    "whole-number": "integer",
    "boolean": "boolean",
    "choice": "choice",
    "multi-choice": "choice",
    "text": "string",
    # FHIR's date is a year or a month too.
    "year": "date",
    "month": "date",
}


def questionnaire_of(groups: Sequence[QuestionGroup], version: str) -> Json:
    """A Questionnaire of the form. Groups that hang on a choice nobody asks for get a question for it."""
    url = f"{BASE}/Questionnaire/melding"
    title = "Melding van een beroepsziekte"
    words = "Het formulier van een melding, met de vragen van elke richtlijn. De linkId is de plaats in /v1."
    about = described("Questionnaire", url, "melding", title, words)
    asked = {question.link_id for group in groups for question in group.questions}
    items = [*_choices(groups, asked), *(_group(group) for group in groups)]
    return {**about, "version": version, "subjectType": ["Patient"], "item": items}


def _choices(groups: Sequence[QuestionGroup], asked: set[str]) -> Iterator[Json]:
    """A question for each choice that decides on groups and that no group asks."""
    wanted: dict[str, list[Option]] = {}
    for group in groups:
        if group.only_for is not None and group.only_for[0] not in asked:
            link_id, code = group.only_for
            wanted.setdefault(link_id, []).append(Option(code, group.text))
    for link_id, options in wanted.items():
        yield _item(Question(link_id, "Welke vragen wilt u beantwoorden?", "choice", tuple(options)))


def _group(group: QuestionGroup) -> Json:
    item: Json = {"linkId": group.link_id, "text": group.text, "type": "group"}
    if group.only_for is not None:
        question, code = group.only_for
        item["enableWhen"] = [{"question": question, "operator": "=", "answerCoding": {"code": code}}]
    if group.repeats:
        item["repeats"] = True
    return {**item, "item": [_item(question) for question in group.questions]}


def _item(question: Question) -> Json:
    item: Json = {"linkId": question.link_id}
    if extensions := list(_extensions(question)):
        item["extension"] = extensions
    item |= {"text": question.text, "type": _TYPES[question.kind]}
    if question.definition:
        item["definition"] = question.definition
    if question.required:
        item["required"] = True
    if question.kind == "multi-choice":
        item["repeats"] = True
    if question.max_length and question.kind == "text":
        item["maxLength"] = question.max_length
    if question.value_set:
        item["answerValueSet"] = question.value_set
    elif question.options:
        item["answerOption"] = [_option(one) for one in question.options]
    return item if question.help is None else {**item, "item": [_help(question)]}


def _help(question: Question) -> Json:
    return {"linkId": f"{question.link_id}.help", "text": question.help, "type": "display"}


def _option(option: Option) -> Json:
    coding = {"system": option.system, "code": option.code, "display": option.display}
    return {"valueCoding": {key: value for key, value in coding.items() if value}}


def _extensions(question: Question) -> Iterator[Json]:
    if question.unit:
        yield {"url": f"{HL7}/questionnaire-unit", "valueCoding": {"display": question.unit}}
    key = "valueInteger" if question.kind == "whole-number" else "valueDecimal"
    for name, limit in (("minValue", question.minimum), ("maxValue", question.maximum)):
        if limit is not None:
            yield {"url": f"{HL7}/{name}", key: int(limit) if key == "valueInteger" else limit}
