"""At once, on PostgreSQL: what was withdrawn first never leaves, who has it hears, and nobody waits in a ring."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from service.clock import now
from service.referrals import deciding
from service.referrals.tables import referral_of
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


def test_a_worker_who_withdraws_and_the_sweep_wait_for_each_other_in_one_order(parties: Parties) -> None:
    made = parties.started()["id"]
    parties.decide(made, "give")
    with parties.world.database.transaction() as session:
        consent = parties.consent_of(session, made)
        consent.valid_until = now()
        consent_id, person_id = consent.id, consent.person_id
    with ThreadPoolExecutor(1) as pool:
        with parties.world.database.transaction() as session:
            referral_of(session, UUID(made), lock=True)
            sweep = pool.submit(expire, parties)
            wait_until_one_waits(parties)
            deciding.withdraw(session, parties.vault, parties.worker(session, person_id), consent_id)
        assert sweep.result(30) == 0, "it was withdrawn before it could run out"
    assert parties.message(made).closed_because == "withdrawn"


def expire(parties: Parties) -> int:
    with parties.world.database.transaction() as session:
        return deciding.expire(session, now())


def wait_until_one_waits(parties: Parties) -> None:
    """Until somebody else waits for a lock in this database."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(1000):
        with parties.world.database.reading() as session:
            if session.scalar(asked):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
