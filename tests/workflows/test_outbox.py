"""A promise is kept: by one relay at a time, again after a failure or a crash, and in the end by a person."""

import threading
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func
from sqlmodel import Session, select

from service import outbox
from service.clock import now
from service.database import Database
from service.outbox import LEASE, MAX_ATTEMPTS, Job, Promise, State
from workflows.tasks import TASKS

SECOND = timedelta(seconds=1)


def promised(database: Database, subject: UUID | None = None, not_before: datetime | None = None) -> UUID:
    """Promise a mail; gives its subject."""
    subject = subject or uuid4()
    with database.transaction() as session:
        outbox.promise(session, Job.MAIL_NOTICE, subject, not_before=not_before)
    return subject


def claimed(database: Database, at: datetime, limit: int = 20) -> list[UUID]:
    """The ids that a relay takes in one commit."""
    with database.transaction() as session:
        return [row.id for row in outbox.claim_due(session, at, limit)]


def the_only(session: Session) -> Promise:
    return session.exec(select(Promise)).one()


def seen(database: Database) -> Promise:
    with database.reading() as session:
        return the_only(session)


def failed(database: Database, at: datetime) -> Promise:
    """One attempt that fails: claimed and put off."""
    (promise,) = claimed(database, at)
    with database.transaction() as session:
        return outbox.put_off(session, promise, at, "Failure")


def test_every_job_has_a_task_and_no_task_is_without_a_job() -> None:
    assert set(TASKS) == set(Job)


def test_promising_twice_makes_one_row(database: Database) -> None:
    subject = promised(database)
    first = seen(database)
    promised(database, subject)
    with database.transaction() as session:
        outbox.promise(session, Job.MAIL_NOTICE, subject)
        outbox.promise(session, Job.MAIL_NOTICE, subject)
    assert seen(database).id == first.id


def test_promising_again_does_not_undo_what_was_done(database: Database) -> None:
    subject = promised(database)
    with database.transaction() as session:
        outbox.keep(session, the_only(session).id)
    promised(database, subject)
    assert seen(database).state == State.DONE


def test_a_promise_goes_with_its_transaction(database: Database) -> None:
    with pytest.raises(LookupError), database.transaction() as session:
        outbox.promise(session, Job.MAIL_NOTICE, uuid4())
        raise LookupError
    assert claimed(database, now() + LEASE) == []


def test_a_promise_for_later_is_not_due_before(database: Database) -> None:
    later = now() + timedelta(days=1)
    promised(database, not_before=later)
    assert claimed(database, later - SECOND) == []
    assert len(claimed(database, later)) == 1


def test_the_oldest_are_taken_first_and_no_more_than_asked_for(database: Database) -> None:
    at = now()
    subjects = [promised(database, not_before=at - days * timedelta(days=1)) for days in (1, 3, 2)]
    with database.transaction() as session:
        assert {row.subject for row in outbox.claim_due(session, at, limit=2)} == {subjects[1], subjects[2]}
    with database.transaction() as session:
        assert [row.subject for row in outbox.claim_due(session, at)] == [subjects[0]]


def test_what_one_relay_holds_another_does_not_get(database: Database) -> None:
    promised(database)
    at = now()
    (taken,) = claimed(database, at)
    assert claimed(database, at) == []
    assert claimed(database, at + LEASE) == []
    assert seen(database).attempts == 1
    # Nobody came back within the lease: that relay has died between the claim and the end.
    assert claimed(database, at + LEASE + SECOND) == [taken]
    assert seen(database).attempts == 2


def test_relays_at_once_share_out_the_work_and_never_take_the_same(migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    with database.transaction() as session:
        for _ in range(60):
            outbox.promise(session, Job.MAIL_NOTICE, uuid4())
    together, at = threading.Barrier(6), now() + SECOND
    shares: list[list[UUID]] = [[] for _ in range(6)]

    def relay(share: list[UUID]) -> None:
        together.wait()
        while taken := claimed(database, at, limit=4):
            share.extend(taken)

    threads = [threading.Thread(target=relay, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = list(chain.from_iterable(shares))
    database.close()
    assert len(everything) == len(set(everything)) == 60


def test_rows_that_another_relay_is_taking_are_passed_over_without_waiting(migrated_postgres_url: str) -> None:
    database = Database(migrated_postgres_url)
    for _ in range(3):
        promised(database)
    at = now() + SECOND
    with database.transaction() as session:
        held = {row.id for row in outbox.claim_due(session, at, limit=2)}
        beside = claimed(database, at)
    database.close()
    assert len(beside) == 1
    assert not held & set(beside)


def test_a_kept_promise_is_never_taken_again(database: Database) -> None:
    promised(database)
    (promise,) = claimed(database, now())
    with database.transaction() as session:
        outbox.keep(session, promise)
    row = seen(database)
    assert (row.state, row.claimed_until, row.attempts) == (State.DONE, None, 1)
    assert claimed(database, now() + timedelta(days=365)) == []


def test_every_failure_waits_longer_and_never_exactly_as_long(database: Database) -> None:
    promised(database)
    at, waits = now() + SECOND, []
    for attempt in range(1, MAX_ATTEMPTS):
        row = failed(database, at)
        assert (row.state, row.attempts, row.claimed_until) == (State.DUE, attempt, None)
        assert row.last_failure == "Failure"
        longest = min(timedelta(seconds=5) * 2 ** (attempt - 1), timedelta(hours=1))
        assert longest / 2 <= row.due_at - at <= longest
        assert claimed(database, row.due_at - SECOND) == []
        waits.append((row.due_at - at) / longest)
        at = row.due_at
    assert len(set(waits)) > 1, "without jitter, all that failed together comes back together"


def test_after_the_last_attempt_the_promise_waits_for_a_person(database: Database) -> None:
    promised(database)
    at = now() + SECOND
    for _ in range(MAX_ATTEMPTS):
        row = failed(database, at)
        at = row.due_at
    assert (row.state, row.attempts, row.claimed_until) == (State.PARKED, MAX_ATTEMPTS, None)
    assert claimed(database, now() + timedelta(days=365)) == []


def test_a_failure_is_remembered_briefly(database: Database) -> None:
    promised(database)
    (promise,) = claimed(database, now())
    with database.transaction() as session:
        outbox.put_off(session, promise, now(), "x" * 5000)
    assert seen(database).last_failure == "x" * 200


def test_only_what_was_kept_is_forgotten_and_only_after_a_month(database: Database) -> None:
    kept, open_still = promised(database), promised(database)
    with database.transaction() as session:
        outbox.keep(session, session.exec(select(Promise.id).where(Promise.subject == kept)).one())
    at = now()
    for days, left in ((31, 2), (32, 1), (3650, 1)):
        with database.transaction() as session:
            outbox.forget_kept(session, at + timedelta(days=days))
        with database.reading() as session:
            assert session.exec(select(func.count()).select_from(Promise)).one() == left
    assert seen(database).subject == open_still
