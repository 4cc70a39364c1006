"""Who sends a message to whom, and which of them asks: the header, the Task and the letter must tell the same."""

from dataclasses import dataclass

from fhir import canonical
from fhir.reading.bundle import Document
from fhir.reading.node import Complaints, Node
from fhir.reading.people import GP_PRACTICE, read_doctor, read_organisation
from fhir.referral import Event, Party
from fhir.report import Organisation
from fhir.terminology import own_system

_BY_ASKER = frozenset({Event.REQUEST, Event.WITHDRAWAL})


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
    asked = _side(document, performer, task.node("owner").text("reference"))
    _check_task(task, request, performer, asker, asked, document, complaints)
    sender = header.node("sender").text("reference") if header.value else _author(document, letter)
    from_asked = _is_from_asked(event, sender, asker, asked)
    first, second = (asked, asker) if from_asked else (asker, asked)
    place = f"{header.path}.sender" if header.value else f"{task.path}.requester"
    if (header.value and sender != first.organisation) or (event in _BY_ASKER and from_asked):
        complaints.add("AB-V052", place)
    if event is Event.REPLY and not from_asked:
        complaints.add("AB-V052", place)
    if letter.value and _author(document, letter) != first.organisation:
        complaints.add("AB-V052", f"{letter.path}.author")
    target = _destination(header, second, complaints)
    return Sides(
        _party(document, first, header.node("source").text("endpoint"), complaints),
        _party(document, second, target, complaints),
        second.organisation,
        from_asked,
    )


def _side(document: Document, reference: Node, organisation: str | None = None) -> _Side:
    role = document.target(reference) or Node({}, reference.path)
    return _Side(role, organisation or role.node("organization").text("reference"))


def _author(document: Document, letter: Node) -> str | None:
    author = next(letter.nodes("author"), None)
    return _side(document, author).organisation if author else None


def _is_from_asked(event: Event, sender: str | None, asker: _Side, asked: _Side) -> bool:
    if sender is not None and asker.organisation != asked.organisation:
        return sender == asked.organisation
    return event in {Event.REPLY, Event.STATUS}


def _check_task(
    task: Node,
    request: Node,
    performer: Node,
    asker: _Side,
    asked: _Side,
    document: Document,
    complaints: Complaints,
) -> None:
    """The Task and its ServiceRequest tell the same of who asks whom."""
    for side, path in ((asker, f"{task.path}.requester"), (asked, f"{task.path}.owner")):
        if task.value and side.organisation is None:
            complaints.add("AB-V052", path)
    asks = request.node("requester")
    if asks.value and _side(document, asks).organisation != asker.organisation:
        complaints.add("AB-V052", asks.path)
    if performer.value and _side(document, performer).organisation != asked.organisation:
        complaints.add("AB-V052", performer.path)


def _destination(header: Node, recipient: _Side, complaints: Complaints) -> str | None:
    destinations = list(header.nodes("destination"))
    if header.value and len(destinations) != 1:
        complaints.add("AB-V052", f"{header.path}.destination")
    for one in destinations[:1]:
        if one.node("receiver").text("reference") != recipient.organisation:
            complaints.add("AB-V052", f"{one.path}.receiver")
    return destinations[0].text("endpoint") if destinations else None


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
