"""Who sends a message to whom, and which of them asks: the header, the Task and the letter must tell the same."""

from dataclasses import dataclass
from itertools import islice

from fhir import canonical
from fhir.reading.bundle import Document
from fhir.reading.node import Complaints, Node
from fhir.reading.people import GP_PRACTICE, read_doctor, read_organisation
from fhir.referral import Event, Party
from fhir.report import Organisation
from fhir.terminology import own_system

# Who asks requests and withdraws, who was asked replies; either may tell a status, or that consent was withdrawn.
_FROM_ASKED = {Event.REQUEST: False, Event.WITHDRAWAL: False, Event.REPLY: True}


@dataclass(frozen=True, slots=True)
class Sides:
    """The sender and the receiver; `organisation` is the name of the receiving organisation in the Bundle."""

    sender: Party
    recipient: Party
    organisation: str | None
    from_asked: bool


@dataclass(frozen=True, slots=True)
class _Side:
    role: Node
    organisation: str | None


def read_sides(document: Document, event: Event, complaints: Complaints) -> Sides:
    """Read both sides. Without a header the sender is who wrote the letter, or else who usually sends this."""
    task, request = document.first("Task"), document.first("ServiceRequest")
    header, letter = document.first("MessageHeader"), document.first("Composition")
    asker = _side(document, task.node("requester"))
    performer = next(request.nodes("performer"), Node({}, f"{request.path}.performer"))
    owner = task.node("owner").text("reference")
    asked = _Side(_side(document, performer).role, owner)
    _check_task(document, asker, asked, complaints)
    sender = header.node("sender").text("reference") if header.value else _author(document, letter)
    from_asked = _is_from_asked(event, sender, asker, asked)
    first, second = (asked, asker) if from_asked else (asker, asked)
    target = _check_header(header, first, second, complaints)
    if _FROM_ASKED.get(event, from_asked) is not from_asked:
        complaints.add("AB-V052", f"{header.path}.sender" if header.value else f"{task.path}.requester")
    if letter.value and _author(document, letter) != first.organisation:
        complaints.add("AB-V052", f"{letter.path}.author")
    return Sides(
        _party(document, first, header.node("source").text("endpoint"), complaints),
        _party(document, second, target, complaints),
        second.organisation,
        from_asked,
    )


def _side(document: Document, reference: Node) -> _Side:
    role = document.target(reference) or Node({}, reference.path)
    return _Side(role, role.node("organization").text("reference"))


def _author(document: Document, letter: Node) -> str | None:
    author = next(letter.nodes("author"), None)
    return _side(document, author).organisation if author else None


def _is_from_asked(event: Event, sender: str | None, asker: _Side, asked: _Side) -> bool:
    if sender is not None and asker.organisation != asked.organisation:
        return sender == asked.organisation
    return event in {Event.REPLY, Event.STATUS}


def _check_task(document: Document, asker: _Side, asked: _Side, complaints: Complaints) -> None:
    """The Task and its ServiceRequest tell the same of who asks whom, and every doctor is somewhere."""
    task, request = document.first("Task"), document.first("ServiceRequest")
    for side, path in ((asker, f"{task.path}.requester"), (asked, f"{task.path}.owner")):
        if task.value and side.organisation is None:
            complaints.add("AB-V052", path)
    told = [(one, asker) for one in (request.node("requester"),) if one.value]
    told += [(one, asked) for one in islice(request.nodes("performer"), 1)]
    for reference, side in told:
        if _side(document, reference).organisation != side.organisation:
            complaints.add("AB-V052", reference.path)
    for role in document.all("PractitionerRole"):
        if not role.node("organization").value:
            complaints.add("AB-V005", f"{role.path}.organization")


def _check_header(header: Node, first: _Side, second: _Side, complaints: Complaints) -> str | None:
    """The header tells the same of who sends to whom; gives the address it is sent to."""
    if not header.value:
        return None
    destinations = list(header.nodes("destination"))
    target = destinations[0] if destinations else Node({}, f"{header.path}.destination")
    sender, receiver = header.node("sender").text("reference"), target.node("receiver").text("reference")
    if sender != first.organisation or sender == receiver:
        complaints.add("AB-V052", f"{header.path}.sender")
    if len(destinations) != 1:
        complaints.add("AB-V052", f"{header.path}.destination")
    elif receiver != second.organisation:
        complaints.add("AB-V052", f"{target.path}.receiver")
    return target.text("endpoint")


def _party(document: Document, side: _Side, endpoint: str | None, complaints: Complaints) -> Party:
    resource = document.by_url.get(side.organisation or "", Node({}, side.role.path))
    organisation = read_organisation(resource, _kind(resource), complaints) if resource.value else Organisation()
    practitioner = document.target(side.role.node("practitioner"))
    doctor = read_doctor(side.role, practitioner, complaints) if practitioner is not None else None
    if resource.value and not any((organisation.name, organisation.ura, organisation.agb, organisation.kvk)):
        complaints.add("AB-V005", f"{resource.path}.name")
    # The base is no address: it says that there is none.
    return Party(organisation, doctor, None if endpoint == canonical.BASE else endpoint)


def _kind(resource: Node) -> str | None:
    ours = own_system("organisatie-soort")
    for concept in resource.nodes("type"):
        if concept.code(GP_PRACTICE[0]) == GP_PRACTICE[1]:
            return "gp-practice"
        if known := ours.codes.get(concept.code(ours.url) or ""):
            return known.value
    return None
