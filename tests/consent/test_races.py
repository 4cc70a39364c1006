"""Deciding while the worker changes something: whatever the order, it is one after the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

from sqlmodel import select

from service.consent import actions
from service.consent.rules import Reason
from service.consent.tables import Consent, ConsentDecision
from service.problems import Conflict
from tests.consent.care import Care

ROUNDS = 15


def both(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[Any, Any]:
    together = Barrier(2)

    def start(act: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return act()
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.submit(start, one), threads.submit(start, other)
        return first.result(), second.result()


def test_a_release_is_never_allowed_after_the_worker_withdrew(care: Care) -> None:
    for _ in range(ROUNDS):
        crossing = care.crossing()
        row = care.give(care.ask(crossing).consent)
        decision, withdrawn = both(
            partial(care.gate, crossing), partial(care.act, actions.withdraw, care.worker, row.id)
        )
        with care.database.reading() as session:
            made = session.exec(select(ConsentDecision).where(ConsentDecision.message_id == crossing.message_id)).one()
        # Both moments were taken under the lock, so their order is the order of what happened.
        assert decision.allowed == (made.at < withdrawn.withdrawn_at)


def test_a_release_is_never_allowed_after_an_objection_that_was_not_there_yet(care: Care) -> None:
    sides = (care.doctor.organisation, care.gp.organisation)
    care.ask()
    for _ in range(ROUNDS):
        crossing = care.crossing()
        general = care.give(care.ask(crossing).consent)
        care.change(general.id, message_id=None)
        decision, objection = both(
            partial(care.gate, crossing), partial(care.act, actions.object_to, care.worker, *sides)
        )
        with care.database.reading() as session:
            made = session.exec(select(ConsentDecision).where(ConsentDecision.message_id == crossing.message_id)).one()
        assert decision.allowed == (made.at < objection.asked_at)
        assert decision.reason in {Reason.CONSENT, Reason.OBJECTION}
        care.act(actions.take_back, care.worker, objection.id)


def test_of_two_answers_at_once_one_counts(care: Care) -> None:
    for _ in range(ROUNDS):
        row = care.ask().consent
        answer = (care.worker, row.id, row.text_sha256)
        found = both(partial(care.act, actions.give, *answer), partial(care.act, actions.refuse, *answer))
        assert sum(isinstance(one, Conflict) for one in found) == 1
        assert care.consent(row.id).version == 2, "changed exactly once"


def test_an_answer_at_the_last_moment_counts_or_comes_too_late(care: Care) -> None:
    for _ in range(ROUNDS):
        row = care.ask().consent
        answered, _ = both(
            partial(care.act, actions.give, care.worker, row.id, row.text_sha256), partial(expire, care, row)
        )
        after = care.consent(row.id)
        assert after.version == 2, "changed exactly once"
        assert after.state == ("expired" if isinstance(answered, Conflict) else "given")


def expire(care: Care, row: Consent) -> None:
    with care.database.transaction() as session:
        actions.expire(session, actions.run_out(session, row.answer_by), row.answer_by)
