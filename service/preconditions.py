"""ETag, If-Match and If-None-Match: who changes something says which version was read.

The tags are weak: of one version the answer differs with the day (what is missing) and the reader (what is possible).
If-Match takes them all the same, where RFC 9110 (13.1.1) compares strongly: the version counts every change, so no
change can be lost. The number alone, as "3", is taken as well.
"""

from typing import Annotated

from fastapi import Header

from service.problems import PreconditionRequired, Stale

IfMatch = Annotated[str | None, Header(alias="If-Match", description='The ETag that you read, such as W/"3".')]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag that you have; unchanged is 304.")
]


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


def unchanged(if_none_match: str | None, version: int) -> bool:
    """Whether who asks has this version already. Compares weakly, as RFC 9110 (13.1.2) says."""
    known = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return "*" in known or etag(version).removeprefix("W/") in known
