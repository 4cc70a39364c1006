"""The agreement, read once, and a message held against it. Rules and terms are data; each names its source."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from service.text import Text


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the agreement: its id, what it says, and where it comes from; basis `own` is our own choice."""

    id: str
    text: Text
    basis: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one kind of exchange. Days are working days and our own defaults: no norm is published."""

    kind: str
    title: Text
    directions: frozenset[tuple[str, str]]
    required: tuple[str, ...]
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


def read_agreement(document: Mapping[str, object]) -> Agreement:
    """Make the values out of the file. Raises KeyError or TypeError for a file that is not right."""
    raise NotImplementedError


def breaches(kind: str, from_role: str, to_role: str, parts: Collection[str]) -> tuple[Breach, ...]:
    """Every way in which a request of this kind, between these roles, with these parts, breaks the agreement."""
    raise NotImplementedError


def answer_breaches(kind: str, parts: Collection[str]) -> tuple[Breach, ...]:
    """The same for an answer to a request of this kind."""
    raise NotImplementedError
