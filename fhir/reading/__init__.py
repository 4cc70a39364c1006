"""From a foreign document to a submission, or every reason why not. Raises Unreadable and nothing else.

The layers, each once: R4 structure (`structure`), the Bundle as a whole (`bundle`), our profiles with the rules of
nl-core and IHE ODH (`sender`, `content`, `group`), codes (`answers`, and a Terminology), and privacy (`privacy`).
"""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from fhir.issues import Issue, Unreadable, issue
from fhir.reading.bundle import Document, open_document
from fhir.reading.content import Content
from fhir.reading.group import open_parameters
from fhir.reading.node import Complaints, Node
from fhir.reading.privacy import check_privacy
from fhir.reading.sender import Sender, read_sender
from fhir.reading.structure import MAX_ENTRIES, Walk, too_deep
from fhir.report import Kind, Member, NotificationReport, Submission
from fhir.terminology import Terminology


def read_submission(document: object, terminology: Terminology | None = None) -> Submission:
    """Read a document Bundle, or Parameters{melding, groep}. Without a terminology only fixed codes are checked.

    What is read here is about a patient: nothing of it is in what is raised, nor in what that refers to.
    """
    if (refusal := _refusal(document)) is not None:
        raise Unreadable([refusal])
    assert isinstance(document, dict)
    root = Node(document, str(document["resourceType"]))
    walk = Walk()
    walk.resource(document, root.path)
    complaints = Complaints(walk.issues)
    submission = _read(root, walk, complaints, terminology)
    if submission is None or complaints.refused:
        raise Unreadable(complaints.distinct())
    return replace(submission, warnings=tuple(complaints.distinct()))


def _refusal(document: object) -> Issue | None:
    """What makes looking further useless, or dangerous."""
    if type(document) is not dict or document.get("resourceType") not in ("Bundle", "Parameters"):
        return issue("AB-V001", "Bundle")
    root: str = document["resourceType"]
    if too_deep(document):
        return issue("AB-V024", root)
    if (path := _too_many(document, root)) is not None:
        return issue("AB-V023", path)
    return None


def _too_many(document: dict[str, Any], root: str) -> str | None:
    # A group has at most 200 workers beside its Bundle; anything far beyond either is refused before it is looked at.
    entries = document.get("entry")
    if type(entries) is list and len(entries) > MAX_ENTRIES:
        return f"{root}.entry"
    parameters = document.get("parameter")
    if type(parameters) is not list:
        return None
    if len(parameters) > MAX_ENTRIES + 1:
        return f"{root}.parameter"
    for position, one in enumerate(parameters):
        inner = one.get("resource") if type(one) is dict else None
        if type(inner) is dict and type(inner.get("entry")) is list and len(inner["entry"]) > MAX_ENTRIES:
            return f"{root}.parameter[{position}].resource.entry"
    return None


def _read(root: Node, walk: Walk, complaints: Complaints, terminology: Terminology | None) -> Submission | None:
    group: tuple[Member, ...] = ()
    places: dict[str, str] = {}
    bundle = root
    if root.path == "Parameters":
        bundle, group, places = open_parameters(root, complaints)
        if not bundle.value:
            return None
    document = open_document(bundle, walk.links, complaints)
    sender = read_sender(document, complaints)
    report = None
    if sender.kind is not Kind.WITHDRAWS:
        content = Content(document, complaints, terminology, places)
        report = content.read()
    _note_sender(document, places)
    check_privacy(document, walk.texts, complaints)
    if report is None and sender.kind is not Kind.WITHDRAWS:
        return None
    if report is not None and group:
        report = replace(report, group=group)
    return _submission(sender, report, places)


def _note_sender(document: Document, places: dict[str, str]) -> None:
    organisation = document.first("Organization")
    places |= {
        "": document.bundle.path,
        "/arbodienst": organisation.path,
        "/arbodienst/kind": f"{organisation.path}.type",
        "/arbodienst/name": f"{organisation.path}.name",
    }


def _submission(sender: Sender, report: NotificationReport | None, places: dict[str, str]) -> Submission:
    return Submission(
        sender.kind,
        sender.identifier,
        sender.client_identifier,
        sender.written_at,
        sender.author,
        sender.custodian,
        report,
        sender.follow_up,
        places=MappingProxyType(places),
    )
