"""No audit, no act: when the row about the act cannot be written, nothing was done and nothing was shown."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text

from service.database import is_sqlite
from service.referrals.tables import Referral
from tests.api.world import World, on_the_asked_database
from tests.referrals.parties import ANSWER, FACTS, FINDINGS, NAME, ORAL, Parties


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def parties(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    with on_the_asked_database(request, tmp_path_factory.mktemp("world")) as world:
        yield Parties(world)


@contextmanager
def no_audit(world: World) -> Iterator[None]:
    """A database that takes everything but rows of the audit trail."""
    with world.database.transaction() as session:
        made = "CREATE TRIGGER full_disk BEFORE INSERT ON person_event"
        if is_sqlite(session):
            session.execute(text(f"{made} BEGIN SELECT RAISE(ABORT, 'no room'); END"))
        else:
            raising = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            session.execute(text(f"{raising} $$ BEGIN RAISE EXCEPTION 'no room'; END $$"))
            session.execute(text(f"{made} FOR EACH ROW EXECUTE FUNCTION full_disk()"))
    try:
        yield
    finally:
        with world.database.transaction() as session:
            session.execute(text("DROP TRIGGER full_disk" + ("" if is_sqlite(session) else " ON person_event")))
            if not is_sqlite(session):
                session.execute(text("DROP FUNCTION full_disk"))


def count(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Referral)) or 0


def test_nothing_is_shown_or_done_without_a_row_about_it(parties: Parties) -> None:
    case, world = parties.answered(), parties.world
    open_case = parties.sent()
    asker, asked, before = parties.asker.visitor, parties.asked.visitor, count(world)
    version = parties.row(open_case).version
    match = {"If_Match": f'W/"{version}"'}
    with no_audit(world):
        answers = [
            asker.get(f"/referrals/{case}"),
            asked.get(f"/referrals/{case}"),
            asker.get("/referrals?box=sent"),
            asker.get(f"/referrals/{case}/history"),
            asker.get("/consents"),
            asker.post("/referrals", parties.new(consent=ORAL)),
            asked.post(f"/referrals/{open_case}/acceptance", **match),
            asked.post(f"/referrals/{open_case}/reply", ANSWER, **match),
            asker.post(f"/referrals/{open_case}/cancellation", {"text": "Niet meer nodig"}, **match),
        ]
        with pytest.raises(Exception, match=r"IntegrityError|RaiseException|no room"):
            parties.decide(open_case, "withdraw")
    for answer in answers:
        assert answer.status_code in {500, 503}, answer.text
        assert not [word for word in (NAME, FINDINGS, FACTS) if word in answer.text]
    assert count(world) == before
    assert parties.row(open_case).version == version
    assert asker.get(f"/referrals/{case}").status_code == 200, "and it works again"


def test_what_is_ready_does_not_leave_without_a_row_about_it(parties: Parties) -> None:
    made = parties.started(consent=ORAL)["id"]
    message = parties.message(made)
    with no_audit(parties.world), pytest.raises(Exception, match=r"IntegrityError|RaiseException|no room"):
        parties.release(message.id)
    assert parties.message(made).released_at is None
    parties.keep_promises()
    assert parties.message(made).released_at is not None
