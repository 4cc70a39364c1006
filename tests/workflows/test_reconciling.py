"""What exchanges and notifications ask for is held against what was promised, and mended."""

import json

from sqlalchemy import delete
from sqlmodel import select

from service.identity.access import Role
from service.outbox import Job, Promise, State
from tests.api.world import World, good, with_override
from tests.referrals.parties import ORAL, Parties
from workflows.tasks import reconcile

LOST = (Job.MAIL_NOTICE, Job.DELIVER_MESSAGE, Job.MAIL_REFERRAL_NOTICE, Job.ESCALATE)


def promised(world: World) -> dict[tuple[str, str], str]:
    with world.database.reading() as session:
        return {(row.job, str(row.subject)): row.state for row in session.exec(select(Promise))}


def mended(world: World) -> dict[str, int]:
    """Reconcile; gives what the log says of it."""
    world.log.truncate(world.log.seek(0))
    reconcile(world.database, world.settings)
    said = [json.loads(line) for line in world.log.getvalue().splitlines()]
    return {line["job"]: line["count"] for line in said if line["event"] == "outbox.mended"}


def busy(world: World) -> None:
    """Something of every kind under way: an exchange that waits for an answer, one about to leave, a mail to send."""
    parties = Parties(world)
    parties.started(consent=ORAL)
    parties.keep_promises(Job.DELIVER_MESSAGE)
    parties.started(consent=ORAL)
    doctor = world.person(email="arts@example.org")
    mine = doctor.file(with_override())["notificationId"]
    good(world.person(Role.REGISTRY).decide(mine, "return", questions=["Hoe zwaar?"]), 201)


def test_where_nothing_is_missing_nothing_is_said_or_changed(world: World) -> None:
    busy(world)
    before = promised(world)
    assert {job for job, _ in before} >= set(LOST)
    assert mended(world) == {}
    assert promised(world) == before


def test_what_nobody_promised_is_promised_and_told(world: World) -> None:
    busy(world)
    asked_for = {key for key, state in promised(world).items() if state == State.DUE and key[0] in LOST}
    with world.database.transaction() as session:
        session.execute(delete(Promise))
    assert mended(world) == {job.value: sum(key[0] == job for key in asked_for) for job in LOST}
    assert set(promised(world)) == asked_for
    assert mended(world) == {}


def test_a_message_that_is_ready_needs_a_promise_that_is_alive(world: World) -> None:
    made = Parties(world).started(consent=ORAL)
    message = str(Parties(world).message(made["id"]).id)
    with world.database.transaction() as session:
        for row in session.exec(select(Promise)):
            row.state = State.DONE
    assert mended(world) == {Job.DELIVER_MESSAGE: 1}
    assert promised(world)[Job.DELIVER_MESSAGE, message] == State.DUE
