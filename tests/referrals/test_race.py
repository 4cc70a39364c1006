"""Withdrawn and released at once, on PostgreSQL: what was withdrawn first never leaves, and who has it always hears."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.world import on_postgres
from tests.referrals.parties import Parties
from tests.referrals.races import race
from tests.servers import Postgres

ROUNDS = 100


@pytest.fixture
def parties(postgres_server: Postgres, postgres_template: str, tmp_path: Path) -> Iterator[Parties]:
    with on_postgres(postgres_server, postgres_template, tmp_path) as world:
        yield Parties(world)


def test_never_released_after_it_was_withdrawn(parties: Parties) -> None:
    outcomes = race(parties, ROUNDS)
    assert len(outcomes) == ROUNDS
    assert all(one.told == one.released_first for one in outcomes)
    # Both really happen, or this would show nothing.
    assert {one.released_first for one in outcomes} == {True, False}
