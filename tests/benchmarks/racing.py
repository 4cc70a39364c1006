"""A worker who withdraws while the message leaves, many times over: whichever comes first, it is never sent after."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.api.world import on_postgres
from tests.conftest import migrate
from tests.referrals.parties import Parties
from tests.referrals.races import race
from tests.servers import postgres


@dataclass(frozen=True)
class Races:
    """How often each came first; `fault` says what went wrong, if anything did."""

    rounds: int
    released_first: int = 0
    withdrawn_first: int = 0
    fault: str = ""


def measure_races(rounds: int) -> Races:
    """Withdraw and release at once on PostgreSQL, as often as is asked."""
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        template = server.create()
        migrate(server.url(template))
        with on_postgres(server, template, Path(folder)) as world:
            try:
                outcomes = race(Parties(world), rounds)
            except AssertionError as error:
                return Races(rounds, fault=str(error) or "a message and its consent disagree")
    first = sum(one.released_first for one in outcomes)
    return Races(rounds, first, rounds - first)
