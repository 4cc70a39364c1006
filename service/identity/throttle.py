"""Guessing passwords becomes slow, for the guesser only: counted per account and address, never per account alone."""

import hashlib
import hmac
import ipaddress
from datetime import datetime, timedelta

from sqlmodel import Session

from service.identity import tables
from service.problems import TooMany

FREE_FAILURES = 5
_FIRST_DELAY = timedelta(seconds=5)
_LONGEST_DELAY = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(hours=1)


def throttle_key(secret: bytes, login: str, address: str) -> str:
    """The key of one account from one address; keyed, so that the table names neither."""
    return hmac.new(secret, f"{login.strip().lower()}\n{_network(address)}".encode(), hashlib.sha256).hexdigest()


def count_attempt(session: Session, key: str, at: datetime) -> None:
    """Count an attempt before it is judged, so that guesses at the same moment count too. Raises TooMany."""
    row = tables.locked_attempts(session, key, at)
    if row.blocked_until and row.blocked_until > at:
        raise TooMany(retry_after=int((row.blocked_until - at).total_seconds()) + 1)
    if at - row.last_at > _FORGOTTEN_AFTER:
        row.failures = 0
    row.failures, row.last_at = row.failures + 1, at
    row.blocked_until = at + _delay(row.failures) if row.failures >= FREE_FAILURES else None


def _delay(failures: int) -> timedelta:
    doublings = min(failures - FREE_FAILURES, 10)
    return min(_FIRST_DELAY * (1 << doublings), _LONGEST_DELAY)


def _network(address: str) -> str:
    """One household has one IPv4 address, or a whole /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
