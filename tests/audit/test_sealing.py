"""The chain over the rows about workers: everything sealed once and in order, and every kind of damage named."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from service.audit.heads import Head, HeadKey, Heads
from service.audit.rules import BEFORE_THE_FIRST, COLUMNS, canonical, linked
from service.audit.tables import PersonEvent
from service.audit.verifying import anchor
from service.clock import now
from service.persons.actions import details_of
from service.persons.tables import Person
from service.persons.vault import CannotOpen, Vault
from service.settings import Settings
from tests.audit.trail import LONG_AGO, TABLES, Trail
from tests.consent.care import care_in
from workflows.relay import EmbeddedRelay


def test_everything_in_a_row_is_sealed() -> None:
    assert tuple(PersonEvent.__table__.columns.keys()) == COLUMNS  # type: ignore[attr-defined]


def test_rows_are_chained_in_order_and_once(trail: Trail) -> None:
    trail.write(3)
    assert trail.seal() == 3
    trail.write(2)
    assert trail.seal() == 2
    assert trail.seal() == 0
    with trail.database.reading() as session:
        events = session.exec(select(PersonEvent).order_by(col(PersonEvent.id))).all()
    seals, before = trail.rows(), BEFORE_THE_FIRST
    assert [one.position for one in seals] == [1, 2, 3, 4, 5]
    for event, seal in zip(events, seals, strict=True):
        before = linked(before, canonical([getattr(event, name) for name in COLUMNS]))
        assert (seal.event_id, seal.sha256) == (event.id, before)
    assert [one.signature is not None for one in seals] == [False, False, True, False, True]
    report = trail.verify()
    assert (report.links, report.waiting, report.findings) == (5, 0, [])


def test_more_rows_than_fit_in_one_go_are_all_sealed(trail: Trail) -> None:
    trail.write(2_100)
    assert trail.seal() == 2_100
    assert trail.verify().findings == []


def test_a_row_is_the_same_bytes_on_every_database_and_in_every_zone(trail: Trail) -> None:
    trail.write()
    with trail.database.reading() as session:
        if trail.database.engine.dialect.name == "postgresql":
            session.execute(text("SET TIME ZONE 'Asia/Kolkata'"))
        row = session.exec(select(PersonEvent)).one()
        values = [getattr(row, name) for name in COLUMNS]
    found = json.loads(canonical(values))
    assert found[:2] == ["person-event/1", row.id.hex]
    assert found[2].endswith("+00:00")


def test_a_row_that_is_committed_late_under_an_earlier_id_is_not_lost(trail: Trail) -> None:
    trail.write(2)
    assert trail.seal() == 2
    late = trail.write_at(now() - timedelta(seconds=40))
    assert trail.seal() == 1
    assert [late < one.event_id for one in trail.rows()] == [True, True, False]
    assert trail.row(3) == late
    assert trail.verify().findings == []


def test_sealers_take_turns(trail: Trail) -> None:
    trail.write(300)
    together = Barrier(4)

    def seal(_: int) -> int:
        together.wait()
        return trail.seal()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(seal, range(4))) == 300
    assert trail.verify().findings == []


def test_rows_are_written_while_others_are_sealed(trail: Trail) -> None:
    with ThreadPoolExecutor(5) as threads:
        writers = [threads.submit(trail.write, 5) for _ in range(20)]
        sealers = [threads.submit(trail.seal) for _ in range(10)]
        assert all(one.result() is None for one in writers)
        done = sum(one.result() for one in sealers)
    assert done + trail.seal(everything=True) == 100
    report = trail.verify()
    assert (report.links, report.waiting, report.findings) == (100, 0, [])


def test_the_relay_seals_and_notes_the_head(trail: Trail) -> None:
    trail.write(2)
    settings = Settings(data=trail.folder)
    EmbeddedRelay(trail.database, settings)._work_periodically()
    assert trail.verify().links == 2
    assert [head.position for _, head in trail.heads.read() if head] == [2]


# The database refuses


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses_to_change_what_was_written(trail: Trail, table: str) -> None:
    trail.sealed(2)
    column = "outcome = 'refused'" if table == "person_event" else "signature = NULL"
    acts = [f"UPDATE {table} SET {column}", f"DELETE FROM {table}"]
    acts += [f"TRUNCATE {table}"] if trail.database.engine.dialect.name == "postgresql" else []
    for act in acts:
        with pytest.raises(DBAPIError, match="only grows"), trail.database.transaction() as session:
            session.execute(text(act))
    assert trail.verify().links == 2


# What verifying finds


def test_a_changed_row_is_named(trail: Trail) -> None:
    trail.sealed(5)
    row = trail.row(3)
    trail.by_force("UPDATE person_event SET outcome = 'refused' WHERE id = :row", row=row)
    assert trail.found() == {(3, "changed", row)}


def test_a_changed_link_is_named_and_not_the_next(trail: Trail) -> None:
    trail.sealed(5)
    trail.by_force("UPDATE person_event_seal SET sha256 = :hash WHERE position = 3", hash=b"x" * 32)
    assert trail.found() == {(3, "changed", trail.row(3))}


def test_a_missing_row_is_named(trail: Trail) -> None:
    trail.sealed(5)
    row = trail.row(2)
    trail.by_force("DELETE FROM person_event WHERE id = :row", row=row)
    assert trail.found() == {(2, "missing", row)}


def test_a_row_that_is_missing_with_its_link_is_named(trail: Trail) -> None:
    trail.sealed(5)
    row = trail.row(2)
    trail.by_force(
        "DELETE FROM person_event_seal WHERE event_id = :row", "DELETE FROM person_event WHERE id = :row", row=row
    )
    assert trail.found() == {(2, "missing", None)}


@pytest.mark.parametrize("one, other", [(2, 5), (2, 3), (1, 6)])
def test_rows_that_changed_places_are_named(trail: Trail, one: int, other: int) -> None:
    trail.sealed(6, 3)
    rows = {one: trail.row(one), other: trail.row(other)}
    swap = "UPDATE person_event_seal SET event_id = :row WHERE position = {}"
    trail.by_force(
        swap.format(one).replace(":row", ":nobody"), swap.format(other).replace(":row", ":first"), swap.format(one),
        nobody=uuid4(), first=rows[one], row=rows[other],
    )  # fmt: skip
    assert trail.found() == {(one, "reordered", rows[other]), (other, "reordered", rows[one])}


@pytest.mark.parametrize("one, other", [(2, 5), (2, 3)])
def test_links_that_changed_places_are_named_and_not_their_neighbours(trail: Trail, one: int, other: int) -> None:
    trail.sealed(9)
    rows = {one: trail.row(one), other: trail.row(other)}
    move = "UPDATE person_event_seal SET position = {} WHERE position = {}"
    trail.by_force(move.format(-1, one), move.format(one, other), move.format(other, -1))
    assert trail.found() == {(one, "reordered", rows[other]), (other, "reordered", rows[one])}


@pytest.mark.parametrize("clever", [True, False])
def test_a_row_put_between_is_named(trail: Trail, clever: bool) -> None:
    trail.sealed(4)
    forged = trail.write_at(now())
    with trail.database.reading() as session:
        row = session.get_one(PersonEvent, forged)
        body = canonical([getattr(row, name) for name in COLUMNS])
    fitting = linked(trail.rows()[1].sha256, body) if clever else b"y" * 32
    up = "UPDATE person_event_seal SET position = position {} WHERE position {}"
    put = "INSERT INTO person_event_seal (position, event_id, sha256, sealed_at) VALUES (3, :row, :hash, :at)"
    trail.by_force(up.format("+ 1001", "> 2"), up.format("- 1000", "> 1000"), put, row=forged, hash=fitting, at=now())
    found = trail.found()
    assert (3, "inserted", forged) in found
    assert {fault for _, fault, _ in found} <= {"inserted", "rewritten", "unsigned"}, "no honest row is named"


def test_a_row_of_long_ago_put_in_later_is_named_sealed_or_not(trail: Trail) -> None:
    trail.sealed(3)
    forged = trail.write_at(LONG_AGO)
    assert trail.seal() == 0
    assert trail.found() == {(0, "inserted", forged)}
    assert trail.seal(everything=True) == 1
    assert trail.found() == {(4, "inserted", forged)}


def test_what_waited_long_because_nobody_sealed_is_sealed_in_order(trail: Trail) -> None:
    for day in (3, 2, 1):
        trail.write_at(now() - (now() - LONG_AGO) * day / 3)
    trail.write()
    assert trail.seal() == 4
    assert trail.verify().findings == []


def test_a_tail_that_was_cut_is_caught_by_the_head_outside(trail: Trail) -> None:
    trail.sealed(3, 4)
    trail.by_force(
        "DELETE FROM person_event WHERE id IN (SELECT event_id FROM person_event_seal WHERE position > 3)",
        "DELETE FROM person_event_seal WHERE position > 3",
    )
    assert trail.found() == {(7, "cut", None)}
    trail.sealed(2)
    assert trail.found() == {(7, "cut", None)}, "what came after does not hide it"
    trail.sealed(3)
    assert trail.found() == {(7, "rewritten", None)}


def test_a_chain_that_was_written_anew_is_caught_by_the_heads_outside(trail: Trail) -> None:
    trail.sealed(3, 4)
    trail.by_force("UPDATE person_event SET outcome = 'refused' WHERE id = :row", row=trail.row(5))
    trail.by_force("DELETE FROM person_event_seal")
    trail.seal()
    found = trail.found()
    assert (3, "rewritten", None) in found, "the head at 3 is signed in the chain no more"
    forger = HeadKey(trail.folder / "another.pem")
    trail.by_force("UPDATE person_event_seal SET signature = :theirs WHERE position = 7", theirs=_signed(trail, forger))
    assert (7, "unsigned", trail.row(7)) in trail.found()


def _signed(trail: Trail, key: HeadKey) -> bytes:
    last = trail.rows()[-1]
    return key.sign(Head(last.position, last.sha256, last.sealed_at))


def test_a_head_outside_that_we_did_not_sign_is_named(trail: Trail) -> None:
    trail.sealed(3)
    forged = Head(9, b"z" * 32, now())
    trail.heads.append(Head(9, b"z" * 32, forged.sealed_at, HeadKey(trail.folder / "another.pem").sign(forged)))
    assert trail.found() == {(9, "unsigned", None)}


# From a head outside


def test_verifying_from_a_head_looks_only_at_what_follows(trail: Trail) -> None:
    trail.sealed(3, 4, 2)
    trail.by_force("UPDATE person_event SET outcome = 'refused' WHERE id = :row", row=trail.row(2))
    start = anchor(trail.heads, trail.key, 8)
    assert start is not None
    assert start.position == 7
    report = trail.verify(start)
    assert (report.links, report.findings) == (2, [])
    late = trail.row(9)
    trail.by_force("UPDATE person_event SET outcome = 'refused' WHERE id = :row", row=late)
    assert trail.found(start) == {(9, "changed", late)}


def test_there_is_no_head_before_the_first(trail: Trail) -> None:
    trail.sealed(3)
    assert anchor(trail.heads, trail.key, 2) is None


# The file of heads


def test_the_key_and_the_heads_are_for_our_eyes_only(trail: Trail) -> None:
    trail.sealed(1)
    for name in ("audit-key.pem", "audit-heads.jsonl"):
        assert stat.S_IMODE((trail.folder / name).stat().st_mode) == 0o600
    assert repr(trail.key) == "<HeadKey>"


def test_a_head_can_be_checked_by_who_has_the_public_key_alone(trail: Trail) -> None:
    trail.sealed(2)
    document = json.loads((trail.folder / "audit-heads.jsonl").read_text())
    private = load_pem_private_key((trail.folder / "audit-key.pem").read_bytes(), None)
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    head = trail.heads.last()
    assert head is not None
    assert document["sha256"] == trail.rows()[-1].sha256.hex()
    Ed25519PublicKey.from_public_bytes(raw).verify(head.signature, head.words)


def test_a_head_is_noted_once(trail: Trail) -> None:
    trail.sealed(2)
    trail.note()
    assert len(list(trail.heads.read())) == 1


def test_half_a_line_is_written_again(trail: Trail, tmp_path: Path) -> None:
    trail.sealed(2, 1)
    file = trail.folder / "audit-heads.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert [head.position for _, head in trail.heads.read() if head] == [2]
    trail.note()
    assert [head.position for _, head in trail.heads.read() if head] == [2, 3]
    assert trail.verify().findings == []
    assert Heads(tmp_path / "none").last() is None


# Erasing


def test_erasing_a_worker_leaves_the_chain_whole(trail: Trail) -> None:
    vault = Vault(trail.folder / "person-keys.json")
    care = care_in(trail.database, vault)
    care.give(care.ask().consent)
    trail.seal()
    with trail.database.transaction() as session:
        person = session.get_one(Person, care.person_id)
        person.sealed_key, person.name, person.erased_at = None, None, now()
    trail.write()
    trail.seal()
    with trail.database.reading() as session, pytest.raises(CannotOpen):
        details_of(vault, session.get_one(Person, care.person_id))
    report = trail.verify()
    assert report.links > 3
    assert report.findings == []


def test_the_database_of_before_has_rows_without_a_seal_and_that_is_no_fault(trail: Trail) -> None:
    trail.write(2)
    report = trail.verify()
    assert (report.links, report.waiting, report.findings) == (0, 2, [])
