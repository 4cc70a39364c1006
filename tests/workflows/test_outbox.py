"""The edges of a promise: done stays done, jitter is real, and only what was kept is forgotten."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlmodel import Session, select

from service import outbox
from service.clock import now
from service.database import Database
from service.outbox import MAX_ATTEMPTS, Job, Promise, State

SECOND = timedelta(seconds=1)


def promised(database: Database, subject: UUID | None = None, not_before: datetime | None = None) -> UUID:
    """Promise a mail; gives its subject."""
    subject = subject or uuid4()
    with database.transaction() as session:
        outbox.promise(session, Job.MAIL_NOTICE, subject, not_before=not_before)
    return subject


def claimed(database: Database, at: datetime, limit: int = 20) -> list[UUID]:
    """The ids that a relay takes in one commit, of which an attempt is begun at once."""
    with database.transaction() as session:
        rows = [(row.id, row.attempts) for row in outbox.claim_due(session, at, limit)]
        assert all(outbox.begin(session, *row, at) for row in rows)
        return [promise for promise, _ in rows]


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


def test_promising_again_does_not_undo_what_was_done(database: Database) -> None:
    subject = promised(database)
    with database.transaction() as session:
        outbox.keep(session, the_only(session).id)
    promised(database, subject)
    assert seen(database).state == State.DONE


def test_the_oldest_are_taken_first_and_no_more_than_asked_for(database: Database) -> None:
    at = now()
    subjects = [promised(database, not_before=at - days * timedelta(days=1)) for days in (1, 3, 2)]
    with database.transaction() as session:
        assert {row.subject for row in outbox.claim_due(session, at, limit=2)} == {subjects[1], subjects[2]}
    with database.transaction() as session:
        assert [row.subject for row in outbox.claim_due(session, at)] == [subjects[0]]


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
    row = failed(database, now() + SECOND)
    for _ in range(1, MAX_ATTEMPTS):
        row = failed(database, row.due_at)
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


def test_a_delivery_is_tried_for_a_week_and_other_work_for_hours(database: Database) -> None:
    """A practice whose system is away for days still gets its message."""
    subject = uuid4()
    for job, state in ((Job.DELIVER_MESSAGE, State.DUE), (Job.MAIL_NOTICE, State.PARKED)):
        with database.transaction() as session:
            outbox.promise(session, job, subject)
            row = session.exec(select(Promise).where(Promise.subject == subject, Promise.job == job)).one()
            row.attempts = 24 * 7
            kept = outbox.put_off(session, row.id, now(), "ConnectionError")
            assert kept.state == state
            assert kept.due_at <= now() + timedelta(hours=1)


def handed_out(database: Database, at: datetime) -> Promise:
    with database.transaction() as session:
        (row,) = outbox.claim_due(session, at)
    return row


def begun(database: Database, row: Promise, at: datetime) -> Promise | None:
    with database.transaction() as session:
        return outbox.begin(session, row.id, row.attempts, at)


def test_of_one_that_was_handed_out_twice_only_the_first_begins(database: Database) -> None:
    promised(database)
    at = now() + SECOND
    first = handed_out(database, at)
    second = handed_out(database, at + outbox.LEASE + SECOND)  # nobody began: it waited too long in the queue
    assert (first.id, first.attempts) == (second.id, second.attempts) == (first.id, 0)
    late = at + outbox.LEASE + 2 * SECOND
    attempt = begun(database, second, late)
    assert attempt is not None
    assert attempt.attempts == 1
    assert begun(database, first, late) is begun(database, second, late) is None
    assert claimed(database, late + outbox.LEASE - SECOND) == [], "who begins has a lease of its own"


def test_what_waits_in_the_queue_however_long_is_not_an_attempt(database: Database) -> None:
    promised(database)
    at = now() + SECOND
    for _ in range(3 * MAX_ATTEMPTS):
        assert handed_out(database, at).attempts == 0
        at += outbox.LEASE + SECOND
    assert seen(database).state == State.DUE


def test_what_is_done_or_parked_is_not_begun(database: Database) -> None:
    for state in (State.DONE, State.PARKED):
        subject = promised(database)
        row = handed_out(database, now() + SECOND)
        with database.transaction() as session:
            session.exec(select(Promise).where(Promise.subject == subject)).one().state = state
        assert begun(database, row, now()) is None


def test_what_is_given_back_is_handed_out_at_once_unless_it_was_begun(database: Database) -> None:
    promised(database)
    at = now() + SECOND
    row = handed_out(database, at)
    with database.transaction() as session:
        outbox.give_back(session, [row])
    again = handed_out(database, at)
    assert begun(database, again, at + SECOND)
    with database.transaction() as session:
        outbox.give_back(session, [again])
    assert claimed(database, at + 2 * SECOND) == []


def test_one_that_takes_its_process_along_is_parked_after_the_last_attempt(database: Database) -> None:
    promised(database)
    at = now() + SECOND
    for _ in range(MAX_ATTEMPTS):
        assert claimed(database, at)
        at += outbox.LEASE + SECOND
    assert claimed(database, at) == []
    row = seen(database)
    assert (row.state, row.last_failure) == (State.PARKED, "WorkerLost")
    with database.transaction() as session:
        outbox.retry(session, outbox.parked(session), at)
        assert outbox.oldest_due(session, at + SECOND) == SECOND
    assert claimed(database, at)
    assert seen(database).attempts == 1


def test_what_is_owed_is_promised_once_and_what_was_done_too_early_again(database: Database) -> None:
    done, missing, alive = promised(database), uuid4(), promised(database)
    with database.transaction() as session:
        session.exec(select(Promise).where(Promise.subject == done)).one().state = State.DONE
    owed = [outbox.Owed(Job.MAIL_NOTICE, subject) for subject in (done, missing, alive)]
    for _ in range(2):
        with database.transaction() as session:
            outbox.mend(session, owed)
    with database.reading() as session:
        assert {row.subject: row.state for row in session.exec(select(Promise))} == dict.fromkeys(
            (done, missing, alive), State.DUE
        )
