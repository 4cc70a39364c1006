"""The agreement as data: every rule has a source or says it is ours, and a message is held against it part by part."""

import json
from importlib import resources
from itertools import product
from typing import Any

import pytest

from service.agreement.rules import agreement, answer_breaches, breaches, read_agreement
from service.referrals.rules import Item, Kind

DOCUMENT: dict[str, Any] = json.loads(
    resources.files("service.agreement").joinpath("agreement.json").read_text("utf-8")
)
ROLES = ("bedrijfsarts", "verzekeringsarts", "huisarts", "specialist", "assistant", "registry", "worker")


def found(kind: Kind, from_role: str, to_role: str, *parts: Item) -> set[tuple[str, str | None]]:
    return {(one.rule.id, one.part) for one in breaches(kind, from_role, to_role, parts)}


def test_every_rule_says_where_it_comes_from() -> None:
    for rule in agreement().rules.values():
        assert rule.basis in {"professional", "derived", "own"}
        assert (rule.source is None) == (rule.basis == "own"), rule.id
        assert rule.source is None or rule.source.startswith("https://")
        assert rule.text.nl
        assert rule.text.en


def test_there_are_terms_for_every_kind_and_the_parts_are_those_of_a_letter() -> None:
    assert set(agreement().kinds) == set(Kind)
    for terms in agreement().kinds.values():
        assert {*terms.required, *terms.optional, *terms.answer} <= set(Item)
        assert not {*terms.required} & {*terms.optional}
        assert terms.reminder_days <= terms.letter_days


def test_the_response_times_are_called_our_own() -> None:
    own = [rule for rule in agreement().rules.values() if rule.basis == "own"]
    assert any("geen norm" in rule.text.nl for rule in own)


def test_a_complete_request_is_within_the_agreement() -> None:
    assert not found(Kind.INFORMATION_REQUEST, "bedrijfsarts", "huisarts", Item.FINDINGS, Item.QUESTION)


@pytest.mark.parametrize("kind", list(Kind))
def test_who_may_write_to_whom_is_exactly_what_the_file_says(kind: Kind) -> None:
    terms = agreement().kinds[kind]
    for pair in product(ROLES, ROLES):
        refused = "AO-08" in {one.rule.id for one in breaches(kind, *pair, tuple(terms.required))}
        assert refused is (pair not in terms.directions), pair


@pytest.mark.parametrize("kind", list(Kind))
def test_every_missing_part_is_named_with_its_rule(kind: Kind) -> None:
    terms = agreement().kinds[kind]
    direction = min(terms.directions)
    assert found(kind, *direction) == {(rule, part) for part, rule in terms.required.items()}


def test_who_asks_gives_the_own_findings_and_the_exact_question() -> None:
    assert found(Kind.INFORMATION_REQUEST, "bedrijfsarts", "huisarts") == {("AO-02", "findings"), ("AO-03", "question")}


def test_a_part_that_has_no_place_in_a_letter_is_refused() -> None:
    parts = (Item.FINDINGS, Item.QUESTION, Item.ANSWER)
    assert found(Kind.INFORMATION_REQUEST, "bedrijfsarts", "huisarts", *parts) == {("AO-14", "answer")}


def test_an_answer_holds_what_was_asked_and_nothing_else() -> None:
    assert not answer_breaches(Kind.REFERRAL, [Item.ANSWER, Item.DIAGNOSIS])
    assert {one.part for one in answer_breaches(Kind.REFERRAL, [Item.ANSWER, Item.SUMMARY])} == {"summary"}
    assert answer_breaches(Kind.TREATING_INFORMATION, [Item.ANSWER])


def test_a_file_that_names_a_rule_that_is_not_there_is_not_read() -> None:
    wrong = json.loads(json.dumps(DOCUMENT))
    wrong["kinds"]["referral"]["rules"].append("AO-99")
    with pytest.raises(KeyError, match="AO-99"):
        read_agreement(wrong)
