"""A message between two doctors, or the same as a transaction: a value, or every reason why not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fhir.canonical import LOINC, MESSAGE_SYSTEM
from fhir.issues import Issue, Unreadable, issue
from fhir.reading.bundle import Document
from fhir.reading.envelope import open_message, open_transaction
from fhir.reading.exchange import read_exchange
from fhir.reading.files import LARGEST, read_files
from fhir.reading.letter import LetterReader
from fhir.reading.node import Complaints, Node
from fhir.reading.parties import read_sides
from fhir.reading.people import read_patient
from fhir.reading.permission import ADMINISTRATIVE, consent_text, read_permission
from fhir.reading.sender import read_identifier
from fhir.reading.structure import MAX_ENTRIES, MESSAGE, Link, Walk, too_deep
from fhir.reading.table import beyond
from fhir.referral import Event, File, ReferralMessage
from fhir.terminology import Terminology, own_system

REFERRAL_NOTE: Final = "57133-1"
CONSULT_NOTE: Final = "11488-4"
_LETTERS: Mapping[Event, str] = {Event.REQUEST: REFERRAL_NOTE, Event.REPLY: CONSULT_NOTE}
# Values without which a resource means something else than we would take it for.
_FIXED: Mapping[tuple[str, str], frozenset[Any]] = {
    ("Task", "intent"): frozenset({"order"}),
    ("ServiceRequest", "intent"): frozenset({"order"}),
    ("ServiceRequest", "status"): frozenset({"active", "completed", "revoked"}),
    ("ServiceRequest", "doNotPerform"): frozenset({None, False}),
    ("Composition", "status"): frozenset({"final", "amended"}),
    ("Observation", "status"): frozenset({"final", "amended", "corrected"}),
    ("DocumentReference", "status"): frozenset({"current"}),
}
_ANY = "text status intent subject identifier authoredOn date recordedDate issued"
# What we read, or may pass by, of the resources that a doctor may write more in; of the rest we say that it is lost.
_READ: Mapping[str, frozenset[str]] = {
    name: frozenset(f"{_ANY} {elements}".split())
    for name, elements in {
        "Task": "groupIdentifier statusReason businessStatus priority code focus for requester owner restriction input "
        "output lastModified performerType",
        "ServiceRequest": "category priority code requester performer performerType reasonCode reasonReference "
        "supportingInfo doNotPerform",
        "Composition": "type author title section custodian confidentiality category",
        "Condition": "clinicalStatus verificationStatus category code recorder asserter",
        "Observation": "category code effective value component performer",
        "DocumentReference": "type category content author docStatus masterIdentifier",
    }.items()
}
# All that the ServiceRequest of a message without clinical content may say.
_BARE_REQUEST = frozenset(
    "identifier status intent category priority code subject authoredOn requester performer".split()
)
_Open = Callable[[Node, Sequence[Link], Complaints], Document]


def read_message(
    document: object, terminology: Terminology | None = None, *, largest_file: int = LARGEST
) -> ReferralMessage:
    """Read a message Bundle. Raises Unreadable and nothing else; without a terminology codes are checked by form.

    What is read here is about a patient: nothing of it is in what is raised, nor in what that refers to.
    """
    return _read(document, terminology, largest_file, open_message)


def read_transaction(
    document: object, terminology: Terminology | None = None, *, largest_file: int = LARGEST
) -> ReferralMessage:
    """Read the same content as a transaction, as `read_message` does.

    It has no header: the event follows from the letter and the Task, the sender from who wrote the letter or from the
    event, and the message is known by its Bundle.identifier.
    """
    return _read(document, terminology, largest_file, open_transaction)


def _read(document: object, terminology: Terminology | None, largest: int, opened: _Open) -> ReferralMessage:
    if (refusal := _refusal(document)) is not None:
        raise Unreadable([refusal])
    assert isinstance(document, dict)
    walk = Walk(kinds=MESSAGE, anonymous=False)
    walk.resource(document, "Bundle")
    complaints = Complaints(walk.issues)
    message = _message(opened(Node(document, "Bundle"), walk.links, complaints), complaints, terminology, largest)
    if complaints.refused:
        raise Unreadable(complaints.distinct())
    return replace(message, warnings=tuple(complaints.distinct()))


def _refusal(document: object) -> Issue | None:
    """What makes looking further useless, or dangerous."""
    if type(document) is not dict or document.get("resourceType") != "Bundle":
        return issue("AB-V042", "Bundle")
    if too_deep(document):
        return issue("AB-V024", "Bundle")
    entries = document.get("entry")
    return issue("AB-V023", "Bundle.entry") if type(entries) is list and len(entries) > MAX_ENTRIES else None


def _message(
    document: Document, complaints: Complaints, terminology: Terminology | None, largest: int
) -> ReferralMessage:
    """Read every part; where something lacks there is a complaint, and a blank in the value."""
    header, letter = document.first("MessageHeader"), document.first("Composition")
    event = _event(header, document, letter, complaints)
    clinical = event in _LETTERS
    _check_resources(document, complaints)
    _check_fit(document, event, letter, complaints)
    sides = read_sides(document, event, complaints)
    content = LetterReader(document, complaints, terminology).read(letter)
    identifier = read_identifier(document.bundle.node("identifier"), complaints)
    permission = read_permission(document, sides.organisation, content.parts(), complaints) if clinical else None
    patient = document.first("Patient")
    if clinical and not patient.value:
        complaints.add("AB-V014", f"{document.bundle.path}.entry")
    message = ReferralMessage(
        event=event,
        message_id=_message_id(header, document, identifier.value),
        bundle_identifier=identifier,
        sent_at=document.bundle.text("timestamp") or "",
        sender=sides.sender,
        recipient=sides.recipient,
        patient=read_patient(patient, complaints) if patient.value else None,
        letter=content.letter() if event is Event.REQUEST else None,
        answers=tuple(content.answers) if event is Event.REPLY else (),
        reply_diagnosis=content.diagnosis() if event is Event.REPLY else None,
        files=_files(document, largest, complaints) if clinical else (),
        permission=permission,
        from_asked=sides.from_asked,
        **read_exchange(document, event, complaints),
    )
    if clinical and letter.value and not (content.answers if event is Event.REPLY else content.parts()):
        complaints.add("AB-V046", f"{letter.path}.section")
    return message


def _event(header: Node, document: Document, letter: Node, complaints: Complaints) -> Event:
    """What the header says the message is about; without one, what the letter and the Task say."""
    if header.value:
        coding = header.node("eventCoding")
        if "response" in header.value:
            complaints.add("AB-V042", f"{header.path}.response")
        if coding.text("system") == MESSAGE_SYSTEM and coding.text("code") in set(Event):
            return Event(coding.value["code"])
        complaints.add("AB-M011", f"{header.path}.event")
        return Event.REQUEST if letter.value else Event.STATUS
    task = document.first("Task")
    if letter.value:
        return Event.REPLY if letter.node("type").code(LOINC) == CONSULT_NOTE else Event.REQUEST
    if task.text("status") != "cancelled":
        return Event.REQUEST if task.text("status") == "requested" else Event.STATUS
    phases = own_system("verwijzing-fase")
    stopped = task.node("businessStatus").code(phases.url) == phases.values["revoked"].code
    return Event.CONSENT_WITHDRAWN if stopped else Event.WITHDRAWAL


def _message_id(header: Node, document: Document, identifier: str) -> str:
    return (document.url_of(header) or identifier).removeprefix("urn:uuid:")


def _check_resources(document: Document, complaints: Complaints) -> None:
    for resource in document.entries:
        kind = resource.text("resourceType") or ""
        for (name, key), values in _FIXED.items():
            if name == kind and not _is_one_of(resource.value.get(key), values):
                complaints.add("AB-V026", f"{resource.path}.{key}")
        if (read := _READ.get(kind)) is not None:
            for element in beyond(resource, kind, read):
                complaints.add("AB-V053", f"{resource.path}.{element}")


def _is_one_of(value: Any, values: frozenset[Any]) -> bool:
    return type(value) in {str, bool, type(None)} and value in values


def _check_fit(document: Document, event: Event, letter: Node, complaints: Complaints) -> None:
    """A request and a reply have their letter; any other message has no content, in whatever resource."""
    if (code := _LETTERS.get(event)) is not None:
        if not letter.value:
            complaints.add("AB-V046", f"{document.bundle.path}.entry")
        elif letter.node("type").code(LOINC) != code:
            complaints.add("AB-V046", f"{letter.path}.type")
        return
    request, text = document.first("ServiceRequest"), consent_text(document)
    for resource in document.entries:
        if resource.text("resourceType") not in {*ADMINISTRATIVE, "ServiceRequest", None} and resource is not text:
            complaints.add("AB-V046", resource.path)
    for element in beyond(request, "ServiceRequest", _BARE_REQUEST):
        complaints.add("AB-C002", f"{request.path}.{element}")


def _files(document: Document, largest: int, complaints: Complaints) -> tuple[File, ...]:
    text = consent_text(document)
    references = [one for one in document.all("DocumentReference") if one is not text]
    return tuple(file for one in references for file in read_files(document, one, largest, complaints))
