"""Identifiers: random on the notification side, ordered in time elsewhere, and numbers a person can read out."""

import secrets
import uuid
from datetime import datetime

import uuid_utils.compat
from stdnum.iso7064 import mod_37_36

# Crockford's base 32: no I, L, O or U, so that nothing is misread aloud or on paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 7


def random_id() -> uuid.UUID:
    """An id that says nothing about when it was made; for everything on the notification side."""
    return uuid.uuid4()


def ordered_id() -> uuid.UUID:
    """A UUIDv7: sorts by the time it was made; for everything that is not on the notification side."""
    return uuid_utils.compat.uuid7()


def first_id_at(moment: datetime) -> uuid.UUID:
    """The lowest ordered id of this millisecond, to compare with."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def new_notification_number(year: int) -> str:
    """A notification number such as AB-2026-K7M4-9TQX.

    Seven random characters and a check character (ISO 7064, hybrid system over 32 characters), which catches every
    single mistake and every swap of neighbours. Random, so that a number betrays neither order nor amount.
    """
    body = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    return written_number(year, body + mod_37_36.calc_check_digit(body, alphabet=ALPHABET))


def written_number(year: int, characters: str) -> str:
    """Put the dashes in a notification number."""
    return f"AB-{year}-{characters[:4]}-{characters[4:]}"


def new_reference() -> str:
    """The reference of an exchange, such as K7M4-9TQX; in its form it is no notification number and no word."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
        if not body.isalpha():
            characters = body + mod_37_36.calc_check_digit(body, alphabet=ALPHABET)
            return f"{characters[:4]}-{characters[4:]}"


def is_notification_number(number: str) -> bool:
    """Tell whether a notification number has the right form and check character."""
    parts = number.upper().split("-")
    if len(parts) != 4 or parts[0] != "AB" or not (parts[1].isdigit() and len(parts[1]) == 4):
        return False
    body = parts[2] + parts[3]
    if len(body) != _LENGTH + 1 or any(character not in ALPHABET for character in body):
        return False
    return bool(mod_37_36.is_valid(body, alphabet=ALPHABET))
