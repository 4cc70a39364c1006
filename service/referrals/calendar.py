"""The days on which an answer is expected, for a calendar. A reference and a day, and nothing else of the case."""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event

from service.clock import AMSTERDAM
from service.referrals.tables import Referral


def calendar(rows: Iterable[Referral]) -> bytes:
    """One whole day for each exchange that has a day to answer by (RFC 5545)."""
    feed = Calendar()
    feed.add("prodid", "-//Arbobrug//NL")
    feed.add("version", "2.0")
    for row in rows:
        if row.due_at is not None:
            feed.add_component(_event(row))
    return bytes(feed.to_ical())


def _event(row: Referral) -> Event:
    assert row.due_at is not None
    day, event = row.due_at.astimezone(AMSTERDAM).date(), Event()
    event.add("uid", f"{row.reference}@arbobrug")
    event.add("dtstamp", row.changed_at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", f"Bericht {row.reference}")
    return event
