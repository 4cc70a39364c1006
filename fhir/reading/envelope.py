"""The Bundle of a message or a transaction as a whole: one of each thing, and everything reached from its head."""

from collections.abc import Sequence
from typing import Final

from fhir.reading.bundle import Document, Targets, first_entry, follow, gather
from fhir.reading.node import Complaints, Node
from fhir.reading.structure import Link

HEADER: Final = "MessageHeader"
_DOCTOR = frozenset({"PractitionerRole"})
_PATIENT = frozenset({"Patient"})
_ORGANISATION = frozenset({"Organization"})
_TARGETS: Targets = {
    "MessageHeader.focus": frozenset({"Task"}),
    "sender": _ORGANISATION,
    "receiver": _ORGANISATION,
    "Task.focus": frozenset({"ServiceRequest"}),
    "for": _PATIENT,
    "subject": _PATIENT,
    "patient": _PATIENT,
    "requester": _DOCTOR,
    "owner": _ORGANISATION,
    "ServiceRequest.performer": _DOCTOR,
    "Consent.performer": _PATIENT,
    "Consent.organization": _ORGANISATION,
    "source": frozenset({"DocumentReference"}),
    "Composition.author": _DOCTOR,
    "attachment": frozenset({"Binary"}),
    "practitioner": frozenset({"Practitioner"}),
    "organization": _ORGANISATION,
}
_SINGLE = ("Task", "ServiceRequest", "Composition", "Consent", "Patient")
_CONDITIONS = ("ifNoneExist", "ifNoneMatch", "ifMatch", "ifModifiedSince")


def open_message(bundle: Node, links: Sequence[Link], complaints: Complaints) -> Document:
    """A message Bundle, beginning with its header."""
    document = _opened(bundle, "message", ("search", "request", "response", "link"), complaints)
    headers = list(document.all(HEADER))
    if not document.entries or document.entries[0].text("resourceType") != HEADER:
        complaints.add("AB-V043", first_entry(document))
    for extra in headers[1:]:
        complaints.add("AB-V043", extra.path)
    _follow(document, links, HEADER, complaints)
    return document


def open_transaction(bundle: Node, links: Sequence[Link], complaints: Complaints) -> Document:
    """A transaction Bundle: everything in it is new, and nothing depends on what is here."""
    document = _opened(bundle, "transaction", ("search", "response", "link"), complaints)
    for entry, resource in zip(bundle.nodes("entry"), document.entries, strict=True):
        _check_request(entry.node("request"), resource, complaints)
    for extra in document.all(HEADER):
        complaints.add("AB-V043", extra.path)
    _follow(document, links, "Task", complaints)
    return document


def _opened(bundle: Node, kind: str, refused: Sequence[str], complaints: Complaints) -> Document:
    if bundle.value.get("type") != kind:
        complaints.add("AB-V042", f"{bundle.path}.type")
    document = gather(bundle, refused, complaints)
    for name in _SINGLE:
        for extra in list(document.all(name))[1:]:
            complaints.add("AB-V027", extra.path)
    return document


def _check_request(request: Node, resource: Node, complaints: Complaints) -> None:
    if request.text("method") != "POST":
        complaints.add("AB-V050", f"{request.path}.method" if request.value else request.path)
    elif request.text("url") != resource.text("resourceType"):
        complaints.add("AB-V050", f"{request.path}.url")
    for key in _CONDITIONS:
        if key in request.value:
            complaints.add("AB-V051", f"{request.path}.{key}")


def _follow(document: Document, links: Sequence[Link], head: str, complaints: Complaints) -> None:
    # A ServiceRequest must have a subject; a message that is not about content may leave the patient out.
    withheld = f"{document.first('ServiceRequest').path}.subject"
    kept = [link for link in links if link.path != withheld or link.reference.keys() != {"display"}]
    start = next((place for place, one in enumerate(document.entries) if one.text("resourceType") == head), 0)
    follow(document, kept, _TARGETS, start, complaints)
