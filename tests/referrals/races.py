"""A withdrawal and a release at the same instant, as often as is asked."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

from tests.referrals.parties import Parties


@dataclass(frozen=True)
class Outcome:
    """How one round ended: which of the two was first, and whether the other side was told."""

    released_first: bool
    told: bool


def race(parties: Parties, rounds: int) -> list[Outcome]:
    """Withdraw and release the same message at once; raises AssertionError when it left after the withdrawal."""
    with ThreadPoolExecutor(2) as pool:
        return [_round(parties, pool, number) for number in range(rounds)]


def _round(parties: Parties, pool: ThreadPoolExecutor, number: int) -> Outcome:
    made = parties.started()["id"]
    parties.decide(made, "give")
    request, start = parties.message(made).id, Barrier(2)

    def at_once(act: Callable[[], None], milliseconds: int) -> None:
        start.wait(10)
        time.sleep(milliseconds / 1000)
        act()

    # A lead of nothing to some milliseconds, which changes sides: the two meet at every moment, and each is first.
    lead = number % 16
    leads = (lead, 0) if number % 2 else (0, lead)
    both = (lambda: parties.release(request), lambda: parties.decide(made, "withdraw"))
    for done in [pool.submit(at_once, act, wait) for act, wait in zip(both, leads, strict=True)]:
        done.result(30)
    return _judged(parties, made)


def _judged(parties: Parties, made: str) -> Outcome:
    message = parties.message(made)
    with parties.world.database.reading() as session:
        withdrawn_at = parties.consent_of(session, made).withdrawn_at
    assert withdrawn_at is not None
    assert message.state == "stopped"
    released = message.released_at is not None
    if message.released_at is not None:
        assert message.released_at < withdrawn_at, "released after it was withdrawn"
    parties.keep_promises()
    seen = parties.asked.visitor.get(f"/referrals/{made}")
    if not released:
        assert seen.status_code == 404
        return Outcome(released_first=False, told=False)
    kinds = [one["kind"] for one in seen.json()["messages"]]
    assert kinds == ["request", "consent-withdrawn"], "a withdrawal after release tells the other side"
    assert seen.json()["messages"][0]["letter"] is None
    assert parties.message(made, "consent-withdrawn").delivered_at is not None
    return Outcome(released_first=True, told=True)
