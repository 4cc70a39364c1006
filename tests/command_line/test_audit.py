"""`python -m service audit verify`: says what it looks at, names what is wrong, and ends accordingly."""

from collections.abc import Iterator

import pytest

from service.audit.heads import HeadKey
from service.database import Database
from tests.audit.trail import Trail
from tests.command_line.conftest import Desk


@pytest.fixture
def trail(desk: Desk) -> Iterator[Trail]:
    database = Database(desk.url)
    yield Trail(database, desk.data)
    database.close()


def test_a_trail_that_is_whole_says_so_and_how_far_it_is(desk: Desk, trail: Trail) -> None:
    trail.sealed(3, 2)
    trail.write()
    found = desk.type("audit", "verify")
    assert (found.exit_code, found.stdout) == (
        0,
        "Het logboek klopt: 5 regels nagekeken, 1 wachten nog op hun zegel.\n",
    )
    assert found.stderr == "5 van 5 regels nagekeken\n"


def test_a_row_that_was_changed_is_named_and_it_ends_with_1(desk: Desk, trail: Trail) -> None:
    trail.sealed(3)
    row = trail.row(2)
    trail.by_force("UPDATE person_event SET outcome = 'refused' WHERE id = :row", row=row)
    found = desk.type("audit", "verify")
    assert found.exit_code == 1
    assert f"Positie 2, regel {row}: is gewijzigd" in found.stdout
    told = desk.type("audit", "verify", "--json")
    assert told.exit_code == 1
    assert f'"row": "{row}"' in told.stdout


def test_it_can_begin_at_what_was_noted_outside(desk: Desk, trail: Trail) -> None:
    trail.sealed(3, 2)
    found = desk.type("audit", "verify", "--from-anchor", "4")
    assert (found.exit_code, found.stdout.split(":")[1].split()[0]) == (0, "2")
    assert "Vanaf positie 3" in found.stderr
    assert "buiten de database geen stand" in desk.sentence(2, "audit", "verify", "--from-anchor", "2")


def test_without_a_key_it_says_that_nothing_was_sealed(desk: Desk) -> None:
    assert "nog niets verzegeld" in desk.refused(3, "audit", "verify")


def test_without_tables_it_says_what_to_do(new_desk: Desk) -> None:
    HeadKey(new_desk.data / "audit-key.pem")
    assert "migrate" in new_desk.sentence(3, "audit", "verify")
