"""Whether the sender may say this: scopes per entry, and the token's organisation against the content's."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from fhir.issues import Unreadable, issue
from fhir.report import Organisation as Said
from fhir.report import Submission
from service.identity.access import Caller
from service.identity.tables import Organisation

_NUMBERS = select(col(Organisation.ura), col(Organisation.agb)).where(col(Organisation.id) == bindparam("which"))
_TRANSPORT = frozenset({"Bundle", "Parameters"})


def insist_on_scopes(caller: Caller, document: Any) -> None:
    """Refuse when the token lacks the SMART scope to create one of the entries. Raises Unreadable with each of them."""
    lacking = [
        issue("AB-A002", f"{place}.resource")
        for place, resource_type in _entries(document)
        if resource_type not in _TRANSPORT and f"system/{resource_type}.c" not in caller.scopes
    ]
    if lacking:
        raise Unreadable(lacking)


def insist_on_organisation(session: Session, caller: Caller, submission: Submission) -> None:
    """Refuse when author or custodian is another organisation than the token's. Raises Unreadable (AB-A010)."""
    own = session.connection().execute(_NUMBERS, {"which": caller.organisation}).first()
    if own is None or not _is_called(submission.custodian, own.ura, own.agb):
        raise Unreadable([issue("AB-A010", submission.expression_of("/arbodienst"))])


def insist_on_sender(own: Organisation | None, sender: Said) -> None:
    """Refuse when the sender of a message is another organisation than the token's. Raises Unreadable (AB-A010)."""
    if own is None or not _is_called(sender, own.ura, own.agb):
        raise Unreadable([issue("AB-A010", "Bundle.entry[0].resource")])


def _is_called(said: Said, ura: str | None, agb: str | None) -> bool:
    given = [(theirs, ours) for theirs, ours in ((said.ura, ura), (said.agb, agb)) if theirs]
    return bool(given) and all(theirs == ours for theirs, ours in given)


def _entries(document: Any) -> list[tuple[str, str]]:
    """Every entry of every Bundle in the document: its place and its type, as far as they can be told."""
    if not isinstance(document, dict):
        return []
    if document.get("resourceType") == "Parameters":
        found = []
        for position, parameter in enumerate(_list(document.get("parameter"))):
            inner = parameter.get("resource") if isinstance(parameter, dict) else None
            prefix = f"Parameters.parameter[{position}].resource"
            found += [(f"{prefix}.{place.removeprefix('Bundle.')}", kind) for place, kind in _entries(inner)]
        return found
    found = []
    for position, entry in enumerate(_list(document.get("entry"))):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(kind, str) and kind.isalpha() and len(kind) < 64:
            found.append((f"Bundle.entry[{position}]", kind))
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
