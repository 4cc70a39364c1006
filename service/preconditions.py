"""ETag and If-Match: who changes something says which version was read."""

from typing import Annotated

from fastapi import Header

from service.problems import PreconditionRequired, Stale

IfMatch = Annotated[str | None, Header(alias="If-Match", description='The ETag that you read, such as W/"3".')]


def etag(version: int) -> str:
    """The version as a weak ETag."""
    return f'W/"{version}"'


def expected_version(if_match: str | None) -> int:
    """The version in If-Match. Raises PreconditionRequired without one, Stale for one that cannot be ours."""
    if if_match is None:
        raise PreconditionRequired
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise Stale
    return int(digits)
