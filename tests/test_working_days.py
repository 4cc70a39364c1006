"""Working days: weekends and the official public holidays of the Netherlands do not count."""

from datetime import date, datetime

import pytest

from service.clock import AMSTERDAM
from service.working_days import after, easter, is_working_day


@pytest.mark.parametrize(
    "day",
    # As the government lists them.
    ["2026-04-05", "2024-03-31", "2027-03-28", "2025-04-20", "2038-04-25", "2008-03-23", "2100-03-28"],
)
def test_easter_is_on_its_sunday(day: str) -> None:
    assert easter(int(day[:4])).isoformat() == day


@pytest.mark.parametrize(
    "day, works",
    [
        ("2026-11-20", True),  # a Friday
        ("2026-11-21", False),
        ("2026-11-22", False),
        ("2026-01-01", False),
        ("2026-04-03", True),  # Good Friday is a working day
        ("2026-04-06", False),
        ("2026-04-27", False),
        ("2025-04-26", False),
        ("2025-04-28", True),  # the birthday is on Saturday the 26th, for the 27th is a Sunday
        ("2025-05-05", False),
        ("2026-05-05", True),
        ("2026-05-14", False),
        ("2026-05-25", False),
        ("2026-12-25", False),
        ("2028-12-26", False),
    ],
)
def test_a_day_on_which_practices_work(day: str, works: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    "since, days, until",
    [
        ("2026-11-20T10:00", 1, "2026-11-23"),
        ("2026-11-21T23:59", 1, "2026-11-23"),
        ("2026-12-24T09:00", 1, "2026-12-28"),
        ("2026-11-20T10:00", 10, "2026-12-04"),
        ("2026-11-20T10:00", 0, "2026-11-20"),
    ],
)
def test_so_many_working_days_later(since: str, days: int, until: str) -> None:
    found = after(datetime.fromisoformat(since).replace(tzinfo=AMSTERDAM), days)
    assert found == datetime.fromisoformat(f"{until}T17:00").replace(tzinfo=AMSTERDAM)
