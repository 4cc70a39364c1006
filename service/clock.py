"""Time: kept in UTC, shown in Europe/Amsterdam."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_MONTHS_NL = ("januari februari maart april mei juni juli augustus september oktober november december").split()
_MONTHS_EN = ("January February March April May June July August September October November December").split()


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The date in the Netherlands."""
    return now().astimezone(AMSTERDAM).date()


def to_the_hour(moment: datetime) -> datetime:
    """The moment cut down to its hour.

    Times on the notification side go no finer, so that they cannot be laid beside the times of a person's case.
    """
    return moment.replace(minute=0, second=0, microsecond=0)


def written(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def written_date(day: date, *, english: bool = False) -> str:
    """A date in words: 22 november 2026."""
    months = _MONTHS_EN if english else _MONTHS_NL
    return f"{day.day} {months[day.month - 1]} {day.year}"
