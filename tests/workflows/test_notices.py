"""A notice becomes one neutral mail, or none when nobody needs it; drafts end, and the relay outlives an outage."""

import email
import email.policy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlmodel import select

from service import outbox
from service.clock import now
from service.database import Database
from service.identity.access import Role
from service.identity.tables import Account
from service.notifications.tables import Notice
from service.outbox import Job, Promise, State
from tests.api.world import Visitor, World, good, with_override
from workflows import relay as relays
from workflows.relay import EmbeddedRelay
from workflows.tasks import mail_notice, sweep

QUESTION = "Hoeveel kilo tilde deze metselaar?"


@dataclass
class Returned:
    """A notification that came back, with the notice that says so."""

    doctor: Visitor
    notification: str
    notice: UUID


def returned(world: World, **account: object) -> Returned:
    doctor = world.person(**{"email": "arts@example.org"} | account)  # type: ignore[arg-type]
    mine = doctor.file(with_override())["notificationId"]
    good(world.person(Role.REGISTRY).decide(mine, "return", questions=[QUESTION]), 201)
    with world.database.reading() as session:
        notice = session.exec(select(Notice.id).where(Notice.owner == doctor.id)).one()
    return Returned(doctor, mine, notice)


def letters(folder: Path) -> list[EmailMessage]:
    files = sorted((folder / "mail").glob("*"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def work(world: World) -> bool:
    return EmbeddedRelay(world.database, world.settings).work_once()


def promise_of(world: World, subject: UUID) -> Promise:
    with world.database.reading() as session:
        return session.exec(select(Promise).where(Promise.subject == subject)).one()


def test_what_came_back_is_mailed_once_in_neutral_words(world: World) -> None:
    back = returned(world)
    assert work(world)
    (letter,) = letters(world.settings.data)
    assert letter["To"] == "arts@example.org"
    assert letter["Subject"].startswith("Er staat een bericht voor u klaar")
    said = str(letter).lower().replace("/meldingen", "")
    account = back.doctor.row
    private = (
        "lumbosacraal",
        "l621",
        "m51",
        "metselaar",
        "kilo",
        "melding",
        "ziek",
        back.notification,
        account.name.lower(),
    )
    assert [word for word in private if word in said] == []
    assert promise_of(world, back.notice).state == State.DONE
    assert not work(world)
    assert len(letters(world.settings.data)) == 1


def test_the_mail_is_in_the_language_of_its_reader(world: World) -> None:
    returned(world, language="en")
    work(world)
    (letter,) = letters(world.settings.data)
    assert letter["Subject"].startswith("A message is waiting for you")


def test_who_has_opened_it_already_gets_no_mail(world: World) -> None:
    back = returned(world)
    back.doctor.see(back.notification)
    work(world)
    assert letters(world.settings.data) == []
    assert promise_of(world, back.notice).state == State.DONE


def test_who_was_shut_out_gets_no_mail(world: World) -> None:
    back = returned(world)
    with world.database.transaction() as session:
        session.get_one(Account, back.doctor.id).active = False
    work(world)
    assert letters(world.settings.data) == []
    assert promise_of(world, back.notice).state == State.DONE


def test_mailing_twice_carries_the_same_id_and_two_notices_do_not(world: World) -> None:
    first, second = returned(world), returned(world)
    for notice in (first.notice, first.notice, second.notice):
        mail_notice(world.database, world.settings, notice)
    ids = {str(letter["Message-ID"]) for letter in letters(world.settings.data)}
    assert ids == {f"<{first.notice}@127.0.0.1>", f"<{second.notice}@127.0.0.1>"}


def test_a_draft_lives_thirty_days_after_it_was_last_touched(world: World) -> None:
    doctor = world.person()
    draft, filed = doctor.draft(), doctor.file()
    for days, status in ((30, 200), (31, 404)):
        sweep(world.database, now() + timedelta(days=days))
        assert doctor.get(f"/notifications/{draft['id']}").status_code == status
        assert doctor.get(f"/notifications/{filed['notificationId']}").status_code == 200


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def away(database: Database) -> Iterator[None]:
    """PostgreSQL hangs up on everybody and takes no calls; on SQLite, the nearest thing: the table is not there."""
    url = make_url(database.engine.url)
    if url.drivername.startswith("sqlite"):
        _tell_sqlite(database, "ALTER TABLE outbox RENAME TO outbox_away")
        yield
        _tell_sqlite(database, "ALTER TABLE outbox_away RENAME TO outbox")
        return
    address = f"postgresql://arbobrug@127.0.0.1:{url.port}/postgres"
    name = str(url.database)
    with psycopg.connect(address, autocommit=True) as operator:
        calls = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        operator.execute(calls.format(sql.Identifier(name), sql.SQL("false")))
        operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        operator.execute(calls.format(sql.Identifier(name), sql.SQL("true")))


def _tell_sqlite(database: Database, words: str) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql(words)
        connection.commit()


def test_the_relay_outlives_a_database_that_goes_away_while_it_works(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "_PAUSE_SECONDS", 0.02)
    relay = EmbeddedRelay(world.database, world.settings)
    relay.start()

    def kept(subject: UUID) -> bool:
        return promise_of(world, subject).state == State.DONE

    def noticed() -> bool:
        events = [json.loads(line)["event"] for line in world.log.getvalue().splitlines()]
        return "storage.unavailable" in events

    try:
        before = promised(world)
        until(lambda: kept(before))
        with away(world.database):
            until(noticed)
        assert relay.is_alive()
        after = promised(world)
        until(lambda: kept(after))
    finally:
        relay.stop()
    assert not relay.is_alive()


def promised(world: World) -> UUID:
    subject = uuid4()
    with world.database.transaction() as session:
        outbox.promise(session, Job.MAIL_NOTICE, subject)
    return subject
