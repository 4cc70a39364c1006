"""How findings are weighed against a guideline: three-valued, pure, and never with a limit of our own."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Findings: TypeAlias = Mapping[str, Any]


class Basis(StrEnum):
    """Where a criterion comes from."""

    OFFICIAL = "official"
    SECONDARY = "secondary"
    EVIDENCE = "evidence"
    SCHEME = "scheme"
    OURS = "ours"


DECIDING = frozenset({Basis.OFFICIAL, Basis.SECONDARY})


class Kind(StrEnum):
    """Which part of the case a criterion is about."""

    DIAGNOSIS = "diagnosis"
    EXPOSURE = "exposure"
    DURATION = "duration"
    LATENCY = "latency"
    OTHER_CAUSE = "other_cause"


EXPOSURE_KINDS = frozenset({Kind.EXPOSURE, Kind.DURATION, Kind.LATENCY})


class Operator(StrEnum):
    """How a finding is held against the value of a criterion."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    BETWEEN = "between"
    IS = "is"
    IN = "in"
    ANY_OF = "any-of"
    ALL_OF = "all-of"


class Outcome(StrEnum):
    """What the findings say of one criterion or group."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What the findings say of a whole guideline."""

    MEETS = "meets"
    DOES_NOT_MEET = "does-not-meet"
    INSUFFICIENT = "insufficient-information"
    NO_PUBLIC_CRITERIA = "no-public-criteria"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition on one finding."""

    id: str
    kind: Kind
    parameter: str
    operator: Operator
    value: Any
    compare: Callable[[Any, Any], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look the comparison up once: a check does it thousands of times."""
        object.__setattr__(self, "compare", _COMPARISONS[self.operator])
        if self.operator in _OF_SETS:
            object.__setattr__(self, "value", frozenset(self.value))


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which at least so many must be met: all of them, any one, or a number."""

    at_least: int
    of: tuple["Node", ...]


Node: TypeAlias = Criterion | Group


@dataclass(frozen=True, slots=True)
class Guideline:
    """The part of a guideline that decides; without `require` nothing public can decide."""

    code: str
    version: str
    require: Node | None
    criteria: tuple[Criterion, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the criteria in the order of the file, flat, for the answer."""
        object.__setattr__(self, "criteria", tuple(criteria_of(self.require)) if self.require else ())


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the findings say: per criterion, as a whole, and what is still to be asked."""

    verdict: Verdict
    outcomes: Mapping[str, Outcome]
    missing: tuple[str, ...]


def all_of(*nodes: Node) -> Group:
    """Every one of them."""
    return Group(len(nodes), nodes)


def any_of(*nodes: Node) -> Group:
    """One of them is enough."""
    return Group(1, nodes)


def criteria_of(node: Node) -> Iterator[Criterion]:
    """The criteria under a node, in the order of the file."""
    if isinstance(node, Criterion):
        yield node
        return
    for child in node.of:
        yield from criteria_of(child)


def evaluate(guideline: Guideline, findings: Findings) -> Evaluation:
    """Weigh findings by a guideline. A finding that is absent or null is unknown, and unknown never counts as met."""
    if guideline.require is None:
        return Evaluation(Verdict.NO_PUBLIC_CRITERIA, {}, ())
    outcomes = {criterion.id: judge(criterion, findings) for criterion in guideline.criteria}
    whole = fold(guideline.require, outcomes)
    if whole is not Outcome.UNKNOWN:
        return Evaluation(_VERDICTS[whole], outcomes, ())
    return Evaluation(Verdict.INSUFFICIENT, outcomes, tuple(_shortest_way(guideline.require, outcomes)))


def judge(criterion: Criterion, findings: Findings) -> Outcome:
    """Hold one finding against one criterion."""
    given = findings.get(criterion.parameter)
    if given is None:
        return Outcome.UNKNOWN
    return Outcome.MET if criterion.compare(given, criterion.value) else Outcome.NOT_MET


def fold(node: Node, outcomes: Mapping[str, Outcome]) -> Outcome:
    """The outcome of a node by Kleene's logic: settled as soon as no unknown can change it."""
    if isinstance(node, Criterion):
        return outcomes[node.id]
    met = open_ = 0
    for child in node.of:
        outcome = fold(child, outcomes)
        met += outcome is Outcome.MET
        open_ += outcome is Outcome.UNKNOWN
    if met >= node.at_least:
        return Outcome.MET
    return Outcome.UNKNOWN if met + open_ >= node.at_least else Outcome.NOT_MET


def _shortest_way(node: Node, outcomes: Mapping[str, Outcome]) -> dict[str, None]:
    """The fewest parameters that could still meet an unknown node; ties go to the order of the file."""
    if isinstance(node, Criterion):
        return {node.parameter: None}
    met, ways = 0, []
    for child in node.of:
        outcome = fold(child, outcomes)
        if outcome is Outcome.UNKNOWN:
            ways.append(_shortest_way(child, outcomes))
        met += outcome is Outcome.MET
    needed = sorted(range(len(ways)), key=lambda at: len(ways[at]))[: node.at_least - met]
    # A dict keeps the order of the file and drops doubles.
    return {parameter: None for at in sorted(needed) for parameter in ways[at]}


def _between(given: Any, limits: Any) -> bool:
    low, high = limits
    return bool(low <= given <= high)


_COMPARISONS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.ABOVE: operator.gt,
    Operator.AT_LEAST: operator.ge,
    Operator.BELOW: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.BETWEEN: _between,
    Operator.IS: operator.eq,
    Operator.IN: lambda given, allowed: given in allowed,
    Operator.ANY_OF: lambda given, named: not named.isdisjoint(given),
    Operator.ALL_OF: lambda given, named: named.issubset(given),
}
_OF_SETS = frozenset({Operator.IN, Operator.ANY_OF, Operator.ALL_OF})
_VERDICTS: Mapping[Outcome, Verdict] = {Outcome.MET: Verdict.MEETS, Outcome.NOT_MET: Verdict.DOES_NOT_MEET}
