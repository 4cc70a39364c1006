"""What is known to one person stays there: sealed contents, and a link that joins two sides for one doctor."""

import json
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

import service.all_tables  # noqa: F401 - importing the tables is what fills the metadata
from tests.api.world import World, case, good, refused
from tests.referrals.parties import ANSWER, FACTS, FINDINGS, NAME, ORAL, QUESTION, Parties

NOTIFICATION_SIDE = ("notification", "signal", "batch", "audit_event", "wire")


def rows(world: World) -> list[tuple[str, str]]:
    """Every row of every table as text, with ids in both the forms in which one can be written."""
    with world.database.reading() as session:
        return [
            (table.name, " ".join(_written(value) for value in row))
            for table in SQLModel.metadata.tables.values()
            for row in session.execute(select(table))
        ]


def _written(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else json.dumps(value, default=str, ensure_ascii=False)


def forms(*ids: Any) -> list[str]:
    return [form for one in ids for form in (str(one), str(one).replace("-", ""))]


def _any(wanted: list[str], text: str) -> bool:
    return any(one in text for one in wanted)


def test_nothing_of_a_worker_is_in_any_table_in_the_clear(parties: Parties) -> None:
    body = parties.new(consent=ORAL)
    made = good(parties.asker.visitor.post("/referrals", body, Idempotency_Key="ene"), 201)["id"]
    parties.keep_promises()
    seen = parties.asked.visitor.get(f"/referrals/{made}").headers["ETag"]
    path, answer = f"/referrals/{made}/reply", ANSWER | {"consent": ORAL}
    good(parties.asked.visitor.post(path, answer, If_Match=seen, Idempotency_Key="andere"), 201)
    parties.keep_promises()
    everything = rows(parties.world)
    assert len(everything) > 20
    secrets = (NAME, FINDINGS, QUESTION, FACTS, "1971-03-09", "truus@example.org", "Zelfstandig stukadoor", "spreekuur")
    assert [(table, secret) for table, row in everything for secret in secrets if secret in row] == []


def test_no_log_line_names_a_worker_or_a_case(parties: Parties) -> None:
    made = parties.answered()
    said = parties.world.log.getvalue()
    assert "referral.released" in said
    assert [word for word in (NAME, FINDINGS, FACTS, made) if word in said] == []


def test_only_the_doctor_joins_a_notification_and_an_exchange(parties: Parties) -> None:
    doctor = parties.asker.visitor
    receipt = doctor.file(case())
    notification, number = receipt["notificationId"], receipt["number"]
    made = good(doctor.post("/referrals", parties.new(notificationId=notification, consent=ORAL)), 201)
    parties.keep_promises()
    parties.asked.see(made["id"])
    assert good(doctor.get("/referrals/links"), 200) == [{"notificationId": notification, "referralId": made["id"]}]
    row = parties.row(made["id"])
    there = [*forms(row.id, row.person_id, row.trajectory, parties.message(row.id).id), row.reference]
    here = [*forms(notification), number]
    everything = rows(parties.world)
    assert [table for table, text in everything if _any(here, text) and _any(there, text)] == []
    for table, text in everything:
        wrong = there if table.startswith(NOTIFICATION_SIDE) else here
        if table not in {"idempotent_request", "outbox"}:
            assert [one for one in wrong if one in text] == [], table
    for visitor in (doctor, parties.asked.visitor):
        text = visitor.get(f"/referrals/{made['id']}").text
        assert [one for one in here if one in text] == []


def test_a_link_is_made_later_once_and_by_its_owner_alone(parties: Parties) -> None:
    doctor = parties.asker.visitor
    notification, made = doctor.file(case())["notificationId"], parties.sent()
    link = {"notificationId": notification, "referralId": made}
    for _ in range(2):
        assert good(doctor.post("/referrals/links", link), 201) == link
    assert good(doctor.get("/referrals/links"), 200) == [link]
    colleague = parties.side("arbodienst", parties.asker.organisation).visitor
    refused(colleague.post("/referrals/links", link), 404, "not-found")
    assert good(colleague.get("/referrals/links"), 200) == []
    foreign = colleague.file(case())["notificationId"]
    refused(doctor.post("/referrals/links", link | {"notificationId": foreign}), 404, "not-found")
    # Who was asked has the exchange, and no notification to join it with.
    refused(parties.asked.visitor.post("/referrals/links", link), 404, "not-found")
