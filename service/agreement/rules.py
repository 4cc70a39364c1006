"""The agreement, read once, and a message held against it. Rules and terms are data; each names its source."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from service.text import Text

_NOT_THESE = "AO-08"  # these doctors, this kind
_NOT_HERE = "AO-14"  # this part, this letter


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the agreement: its id, what it says, and where it comes from; basis `own` is our own choice."""

    id: str
    text: Text
    basis: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one kind of exchange: who to whom, the parts of the letter and of the answer, and how soon.

    `required` names for each part the rule that asks for it; `answer_days` is 0 when no answer is asked. Days are
    working days and our own defaults: no norm is published.
    """

    kind: str
    title: Text
    directions: frozenset[tuple[str, str]]
    required: Mapping[str, str]
    optional: tuple[str, ...]
    answer: tuple[str, ...]
    answer_days: int
    reminder_days: int
    letter_days: int
    consent_days: int
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of the agreement."""

    version: str
    rules: Mapping[str, Rule]
    kinds: Mapping[str, Terms]


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a message falls outside the agreement: the rule, and the part of the letter it is about."""

    rule: Rule
    part: str | None = None


@cache
def agreement() -> Agreement:
    """The agreement as it stands in agreement.json."""
    return read_agreement(json.loads(resources.files(__package__).joinpath("agreement.json").read_text("utf-8")))


def read_agreement(document: Mapping[str, Any]) -> Agreement:
    """Make the values out of the file. Raises KeyError or TypeError for a file that is not right."""
    rules = {one["id"]: _rule(one) for one in document["rules"]}
    kinds = {name: _terms(name, one, rules) for name, one in document["kinds"].items()}
    return Agreement(document["version"], rules, kinds)


def breaches(kind: str, from_role: str, to_role: str, parts: Collection[str]) -> tuple[Breach, ...]:
    """Every way in which a request of this kind, between these roles, with these parts, breaks the agreement."""
    known, terms = agreement().rules, agreement().kinds[kind]
    direction = () if (from_role, to_role) in terms.directions else (Breach(known[_NOT_THESE]),)
    lacking = tuple(Breach(known[rule], part) for part, rule in terms.required.items() if part not in parts)
    allowed = {*terms.required, *terms.optional}
    return direction + lacking + _outside(parts, allowed)


def answer_breaches(kind: str, parts: Collection[str]) -> tuple[Breach, ...]:
    """The same for an answer to a request of this kind."""
    return _outside(parts, agreement().kinds[kind].answer)


def _outside(parts: Collection[str], allowed: Collection[str]) -> tuple[Breach, ...]:
    rule = agreement().rules[_NOT_HERE]
    return tuple(Breach(rule, part) for part in sorted(parts) if part not in allowed)


def _rule(given: Mapping[str, Any]) -> Rule:
    return Rule(given["id"], _text(given["text"]), given["basis"], given["source"])


def _terms(name: str, given: Mapping[str, Any], rules: Mapping[str, Rule]) -> Terms:
    named = {*given["required"].values(), *given["rules"]}
    if unknown := sorted(named - set(rules)):
        raise KeyError(f"{name} names rules that do not exist: {', '.join(unknown)}")
    return Terms(
        kind=name,
        title=_text(given["title"]),
        directions=frozenset((one, other) for one, other in given["directions"]),
        required=dict(given["required"]),
        optional=tuple(given["optional"]),
        answer=tuple(given["answer"]),
        answer_days=given["answerDays"],
        reminder_days=given["reminderDays"],
        letter_days=given["letterDays"],
        consent_days=given["consentDays"],
        rules=tuple(given["rules"]),
    )


def _text(given: Mapping[str, str]) -> Text:
    return Text(given["nl"], given["en"])
