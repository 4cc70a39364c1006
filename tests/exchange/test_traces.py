"""What a poisoned case leaves behind: no word of it in clear in the database, the log, a mail or a refusal."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from tests.api.world import World, good
from tests.exchange.cases import STATES, Case, new_case
from tests.referrals.parties import LETTER

EXCHANGE = ("person", "consent", "referral", "party_", "doctors_link")
NOTIFICATION = ("notification", "receipt", "audit_event", "signal", "batch")


def rows(world: World) -> Iterator[tuple[str, list[bytes]]]:
    """Every row of every table, each value as the bytes that are kept."""
    with world.database.reading() as session:
        for table in SQLModel.metadata.tables:
            for row in session.execute(text(f'SELECT * FROM "{table}"')):
                yield table, [_bytes(value) for value in row]


def _bytes(value: Any) -> bytes:
    kept = value if isinstance(value, bytes | memoryview) else None
    if kept is not None:
        return bytes(kept)
    return (json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)).encode()


def files(world: World) -> Iterator[Path]:
    """What stands in the data folder: the database file, its journal, mails and all."""
    yield from (path for path in world.settings.data.rglob("*") if path.is_file())


def marks(case: Case) -> list[bytes]:
    """What betrays this case: the mark that is in every word of it."""
    return [case.poison.mark.encode(), case.poison.mark.encode("utf-16-le"), case.poison.mark.upper().encode()]


@pytest.fixture(scope="module")
def case(world: World) -> Case:
    """Answered, changed under a key, refused for its form, and mailed about; beside it every other ending."""
    made = new_case(world)
    for state in ("refused", "withdrawn", "objected"):
        STATES[state](new_case(world))
    STATES["answered"](made)
    asker = made.parties.asker.visitor
    for _ in range(2):
        good(asker.post("/referrals", made.new(consent=made.oral()), Idempotency_Key=f"sleutel-{made.id}"), 201)
    made.parties.keep_promises()
    return made


def test_no_word_of_it_is_in_clear_in_any_table(world: World, case: Case) -> None:
    seen = 0
    for table, values in rows(world):
        seen += 1
        assert not [mark for mark in marks(case) if any(mark in value for value in values)], table
    assert seen > 60, "hardly any row found: this test would otherwise pass by looking at nothing"


def test_no_word_of_it_is_in_any_file(world: World, case: Case) -> None:
    found = list(files(world))
    assert [path for path in found if path.suffix == ".eml"], "no mail was written: this would look at nothing"
    for path in found:
        content = path.read_bytes()
        # The address that a mail goes to is the practice's; the worker gets none.
        assert not [mark for mark in marks(case) if mark in content], path.name


def test_no_word_of_it_is_in_the_log_and_no_id_either(world: World, case: Case) -> None:
    log = world.log.getvalue()
    assert log.count("http.request") > 20
    assert case.poison.mark not in log.lower()
    for ids in case.ids.values():
        assert not [one for one in ids if one in log or UUID(one).hex in log]


def test_a_mail_holds_a_reference_and_a_link_and_no_name(world: World, case: Case) -> None:
    mails = [path.read_text() for path in files(world) if path.suffix == ".eml"]
    about = [mail for mail in mails if case.parties.row(case.id).reference in mail]
    assert about
    for mail in about:
        assert "Ietske Onbekend" not in mail
        assert not [one for ids in case.ids.values() for one in ids if one in mail]


def test_no_refusal_says_a_word_back(world: World, case: Case) -> None:
    asker, word, before = case.parties.asker, case.poison, len(world.log.getvalue())
    letter = case.letter()
    bodies = [
        case.new(letter=letter | {word("vreemd"): word("reden")}),
        case.new(letter=letter | {"findings": word("bevinding") * 4000}),
        case.new(letter=letter | {"findings": [word("bevinding")]}),
        case.new(letter=letter | {"exposures": word("blootstelling")}),
        case.new(letter=letter | {"diagnosis": {"cas": [word("diagnose")], "text": word("diagnose")}}),
        case.new(letter=letter | {"work": {"isco": word("beroep") * 99, "sector": 1}}),
        case.new(letter={"reason": word("reden")}),
        case.new(person=case.person() | {"birthDate": word("naam")}),
        case.new(person=case.person() | {"email": word("adres")}),
        case.new(person=case.person() | {"bsn": {"number": word("naam"), "basis": word("naam")}}),
        case.new(kind=word("soort")),
        case.new(recipient={"organisation": word("wie")}),
        case.new(consent={"basis": "oral", "evidence": [word("bewijs")]}),
    ]
    answers = [asker.visitor.post("/referrals", body) for body in bodies]
    answers.append(asker.visitor.call("POST", "/referrals", json.dumps(case.new()).encode()[:-9]))
    answers.append(asker.act(case.id, "rejection", {"reason": word("reden"), "text": word("reden")}))
    answers.append(asker.act(case.id, "reply", case.answer()))
    open_case = case.parties.sent(letter=LETTER)
    answers.append(case.parties.asked.act(open_case, "reply", case.answer()))
    answers.append(case.parties.asked.act(open_case, word("deur"), case.answer()))
    for answer in answers:
        assert 400 <= answer.status_code < 500, answer.text
        # A name of a field that we do not know is said back, as where it is wrong; that is no word of a letter.
        assert not word.within(answer.text), answer.text
    assert not word.within(world.log.getvalue()[before:])


# The two sides


def test_neither_side_knows_the_other(world: World) -> None:
    case = new_case(world)
    doctor = case.parties.asker.visitor
    filed = doctor.file()
    made = good(doctor.post("/referrals", case.new(notificationId=filed["notificationId"], consent=case.oral())), 201)
    case.parties.keep_promises()
    assert {"notificationId": filed["notificationId"], "referralId": made["id"]} in good(
        doctor.get("/referrals/links"), 200
    )
    there = {filed["notificationId"], filed["number"]}
    case.id = made["id"]
    here = {one for ids in case.ids.values() for one in ids} | {made["reference"], made["trajectory"], case.subject}
    sides = {"exchange": 0, "notification": 0}
    for table, values in rows(world):
        side = "exchange" if table.startswith(EXCHANGE) else "notification" if table.startswith(NOTIFICATION) else ""
        knows_there, knows_here = _holds(values, there), _holds(values, here)
        assert not (knows_there and knows_here), f"{table} joins them"
        if side:
            sides[side] += 1
            assert not (knows_there if side == "exchange" else knows_here), table
    assert min(sides.values()) > 3, "hardly any row found: this test would otherwise pass by looking at nothing"


def _holds(values: list[bytes], words: set[str]) -> bool:
    whole = b"\n".join(values).lower()
    forms = {form for word in words for form in (word, word.replace("-", ""))}
    raw = [UUID(word).bytes for word in words if re.fullmatch(r"[0-9a-f-]{36}", word)]
    return any(form.lower().encode() in whole for form in forms) or any(one in b"\n".join(values) for one in raw)


def test_the_look_for_words_finds_them(world: World, case: Case) -> None:
    """What stands in clear is found: else these tests would pass whatever was kept."""
    with world.database.transaction() as session:
        session.execute(
            text("UPDATE referral SET client_identifier = :word WHERE id = :id"),
            {"word": case.poison("bevinding"), "id": UUID(case.id).hex},
        )
    found = [table for table, values in rows(world) if any(marks(case)[0] in value for value in values)]
    assert found == ["referral"]
    with world.database.transaction() as session:
        session.execute(text("UPDATE referral SET client_identifier = NULL WHERE id = :id"), {"id": UUID(case.id).hex})
