"""What a sender offered and how far each document came."""

from typing import Any

from sqlmodel import Session

from service.audit.tables import Act, record
from service.clock import written as written_moment
from service.identity.access import Caller
from service.wire.tables import Attempt, attempts

_MOST = 50


def written(session: Session, caller: Caller, identifier: str | None) -> dict[str, Any]:
    """The last attempts of the caller as Parameters: hour, hash, HTTP status, and the outcome of each step."""
    record(session, caller, Act.READ, "wire.history", "submission", None)
    rows = attempts(session, caller.owner, identifier, _MOST)
    resource: dict[str, Any] = {"resourceType": "Parameters"}
    if rows:
        resource["parameter"] = [{"name": "attempt", "part": _parts(row)} for row in rows]
    return resource


def _parts(row: Attempt) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"name": "at", "valueInstant": written_moment(row.at)}]
    if row.sha256:
        parts.append({"name": "sha256", "valueString": row.sha256})
    parts.append({"name": "status", "valueInteger": row.status})
    if row.identifier:
        parts.append({"name": "identifier", "valueString": row.identifier})
    return parts + [{"name": "step", "part": _step(step)} for step in row.steps]


def _step(step: dict[str, Any]) -> list[dict[str, Any]]:
    said = [{"name": "name", "valueString": step["step"]}, {"name": "outcome", "valueCode": step["outcome"]}]
    return said + [{"name": "error", "valueCode": code} for code in step.get("codes", ())]
