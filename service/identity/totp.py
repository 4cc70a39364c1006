"""Time-based one-time codes (RFC 6238): SHA-1, 30 seconds, as every authenticator app expects."""

import base64
import hmac
import secrets

_SECONDS = 30


def new_totp_secret() -> str:
    """A fresh secret of 160 bits, written as apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def totp(secret: bytes, step: int, digits: int = 6) -> str:
    """The code of one time step."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def current_code(secret: str, at: float) -> str:
    """The code that an app would show at this moment."""
    return totp(base64.b32decode(secret), int(at) // _SECONDS)


def matching_step(secret: str, code: str, at: float) -> int | None:
    """The time step that the code belongs to: this one, or one to either side for a clock that is off."""
    given = "".join(code.split()).encode()
    now = int(at) // _SECONDS
    key = base64.b32decode(secret)
    steps = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp(key, step).encode(), given)]
    return steps[-1] if steps else None
