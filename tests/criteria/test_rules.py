"""The three-valued engine, for any guideline that could be written."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.criteria.rules import (
    Criterion,
    Evaluation,
    Group,
    Guideline,
    Kind,
    Node,
    Operator,
    Outcome,
    Verdict,
    all_of,
    any_of,
    criteria_of,
    evaluate,
    judge,
)

ORDER = [Verdict.DOES_NOT_MEET, Verdict.INSUFFICIENT, Verdict.MEETS]


def yes(name: str) -> Criterion:
    return Criterion(name, Kind.EXPOSURE, name, Operator.IS, value=True)


def numbered(node: object, counter: list[int]) -> Node:
    """Give every leaf of a shape its own name: supplying one finding then settles one criterion."""
    if isinstance(node, tuple):
        at_least, children = node
        return Group(at_least, tuple(numbered(child, counter) for child in children))
    counter[0] += 1
    return yes(f"p{counter[0]}")


def groups(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(children, min_size=1, max_size=4).flatmap(
        lambda of: st.tuples(st.integers(1, len(of)), st.just(of))
    )


trees = st.recursive(st.just("leaf"), groups, max_leaves=12).map(lambda shape: numbered(shape, [0]))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Guideline, dict[str, bool | None]]:
    guideline = Guideline("X", "1", draw(trees))
    names = [criterion.parameter for criterion in guideline.criteria]
    values = draw(st.lists(st.sampled_from([True, False, None]), min_size=len(names), max_size=len(names)))
    return guideline, dict(zip(names, values, strict=True))


def weighed(guideline: Guideline, findings: Mapping[str, bool | None]) -> Evaluation:
    return evaluate(guideline, findings)


@given(cases())
def test_turning_an_unknown_into_met_never_worsens_the_verdict(case: tuple[Guideline, dict[str, bool | None]]) -> None:
    guideline, findings = case
    before = ORDER.index(weighed(guideline, findings).verdict)
    for name in [name for name, value in findings.items() if value is None]:
        assert ORDER.index(weighed(guideline, {**findings, name: True}).verdict) >= before


@given(cases())
def test_unknown_never_counts_as_met(case: tuple[Guideline, dict[str, bool | None]]) -> None:
    guideline, findings = case
    if weighed(guideline, findings).verdict is Verdict.MEETS:
        worst = {name: value is True for name, value in findings.items()}
        assert weighed(guideline, worst).verdict is Verdict.MEETS


@given(cases())
def test_unknown_never_counts_as_not_met(case: tuple[Guideline, dict[str, bool | None]]) -> None:
    guideline, findings = case
    if weighed(guideline, findings).verdict is Verdict.DOES_NOT_MEET:
        best = {name: value is not False for name, value in findings.items()}
        assert weighed(guideline, best).verdict is Verdict.DOES_NOT_MEET


@given(cases())
def test_something_is_missing_exactly_when_information_is_insufficient(
    case: tuple[Guideline, dict[str, bool | None]],
) -> None:
    evaluation = weighed(*case)
    assert bool(evaluation.missing) == (evaluation.verdict is Verdict.INSUFFICIENT)


@given(cases())
def test_supplying_what_is_missing_as_met_meets(case: tuple[Guideline, dict[str, bool | None]]) -> None:
    guideline, findings = case
    evaluation = weighed(guideline, findings)
    assert all(findings[name] is None for name in evaluation.missing)
    if evaluation.missing:
        supplied = {**findings, **dict.fromkeys(evaluation.missing, True)}
        assert weighed(guideline, supplied).verdict is Verdict.MEETS


@given(cases())
def test_nothing_fewer_than_what_is_missing_would_do(case: tuple[Guideline, dict[str, bool | None]]) -> None:
    guideline, findings = case
    missing = weighed(guideline, findings).missing
    for left_out in missing:
        supplied = {**findings, **dict.fromkeys([name for name in missing if name != left_out], True)}
        assert weighed(guideline, supplied).verdict is not Verdict.MEETS


@pytest.mark.parametrize(
    "operator,value,given_value,met",
    [
        (Operator.ABOVE, 5, 5, False),
        (Operator.ABOVE, 5, 5.001, True),
        (Operator.AT_LEAST, 4, 4, True),
        (Operator.AT_LEAST, 4, 3.999, False),
        (Operator.BELOW, 5, 5, False),
        (Operator.BELOW, 5, 4.999, True),
        (Operator.AT_MOST, 5, 5, True),
        (Operator.AT_MOST, 5, 5.001, False),
        (Operator.BETWEEN, [3000, 6000], 3000, True),
        (Operator.BETWEEN, [3000, 6000], 6000, True),
        (Operator.BETWEEN, [3000, 6000], 2999, False),
        (Operator.BETWEEN, [3000, 6000], 6001, False),
        (Operator.IS, True, True, True),
        (Operator.IS, False, True, False),
        (Operator.IN, ["low", "moderate"], "low", True),
        (Operator.IN, ["low", "moderate"], "high", False),
        (Operator.ANY_OF, ["force", "cold"], ("cold", "other"), True),
        (Operator.ANY_OF, ["force", "cold"], ("none",), False),
        (Operator.ANY_OF, ["force", "cold"], (), False),
        (Operator.ALL_OF, ["pain", "stiffness"], ("stiffness", "pain", "more"), True),
        (Operator.ALL_OF, ["pain", "stiffness"], ("pain",), False),
    ],
)
def test_each_operator_at_its_limits(operator: Operator, value: object, given_value: object, *, met: bool) -> None:
    criterion = Criterion("c", Kind.EXPOSURE, "p", operator, value)
    assert judge(criterion, {"p": given_value}) is (Outcome.MET if met else Outcome.NOT_MET)
    assert judge(criterion, {"p": None}) is judge(criterion, {}) is Outcome.UNKNOWN


def test_the_shortest_open_branch_is_asked_for_and_ties_go_to_the_first() -> None:
    long, short = all_of(yes("a"), yes("b")), all_of(yes("c"))
    assert evaluate(Guideline("X", "1", any_of(long, short)), {}).missing == ("c",)
    assert evaluate(Guideline("X", "1", any_of(yes("a"), yes("b"))), {}).missing == ("a",)
    assert evaluate(Guideline("X", "1", any_of(long, short)), {"c": False}).missing == ("a", "b")


def test_at_least_two_of_three_counts_what_is_met_already() -> None:
    guideline = Guideline("X", "1", Group(2, (yes("a"), yes("b"), yes("c"))))
    assert evaluate(guideline, {"b": True}).missing == ("a",)
    assert evaluate(guideline, {"a": False, "b": False}).verdict is Verdict.DOES_NOT_MEET
    assert evaluate(guideline, {"a": True, "c": True}).verdict is Verdict.MEETS


def test_without_public_criteria_there_is_no_verdict() -> None:
    assert evaluate(Guideline("X", "1", None), {"a": True}) == Evaluation(Verdict.NO_PUBLIC_CRITERIA, {}, ())


def test_criteria_come_in_the_order_of_the_file() -> None:
    node = all_of(yes("a"), any_of(yes("b"), all_of(yes("c"))), yes("d"))
    assert [criterion.id for criterion in criteria_of(node)] == ["a", "b", "c", "d"]
