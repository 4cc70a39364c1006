"""A Bundle as a whole: its entries, what they are called, and whether everything hangs together."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fhir.reading.node import Complaints, Node
from fhir.reading.structure import Link

UUID_URN: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# By the name of an element, or by the type of its resource and the name, what it may refer to.
Targets = Mapping[str, frozenset[str]]
_TARGETS: Targets = {
    "subject": frozenset({"Patient"}),
    "author": frozenset({"PractitionerRole"}),
    "custodian": frozenset({"Organization"}),
    "practitioner": frozenset({"Practitioner"}),
    "organization": frozenset({"Organization"}),
    "focus": frozenset({"Condition"}),
    "derivedFrom": frozenset({"Observation"}),
    "hasMember": frozenset({"Observation"}),
    "performer": frozenset({"PractitionerRole", "Practitioner", "Organization"}),
    "recorder": frozenset({"PractitionerRole", "Practitioner"}),
    "asserter": frozenset({"PractitionerRole", "Practitioner"}),
}
# A notification has one of each of these: a second Organization would be the employer, a second Practitioner who?
_SINGLE = ("Composition", "Patient", "PractitionerRole", "Practitioner", "Organization", "Condition")


@dataclass(frozen=True, slots=True)
class Document:
    """The resources of a Bundle, each with its place."""

    bundle: Node
    entries: Sequence[Node]
    by_url: Mapping[str, Node] = field(repr=False)

    def first(self, resource_type: str) -> Node:
        """The only resource of a type, or an empty place."""
        return next(self.all(resource_type), Node({}, self.bundle.path))

    def all(self, resource_type: str) -> Any:
        """Every resource of a type, in order."""
        return (one for one in self.entries if one.value.get("resourceType") == resource_type)

    def target(self, reference: Node) -> Node | None:
        """The resource that a reference points at."""
        return self.by_url.get(reference.text("reference") or "")

    def url_of(self, resource: Node) -> str | None:
        """What a resource is called in the Bundle."""
        return next((url for url, one in self.by_url.items() if one is resource), None)


def open_document(bundle: Node, links: Sequence[Link], complaints: Complaints) -> Document:
    """Look at a document Bundle as a whole: its type, its entries, its references, and what nothing refers to."""
    if bundle.value.get("type") != "document":
        complaints.add("AB-V001", f"{bundle.path}.type")
    document = gather(bundle, ("search", "request", "response", "link"), complaints)
    _check_types(document, complaints)
    follow(document, links, _TARGETS, 0, complaints)
    for link in links:
        target = document.by_url.get(str(link.reference.get("reference")))
        if target is not None and target.text("resourceType") == "Patient" and "display" in link.reference:
            complaints.add("AB-P003", f"{link.path}.display")
    return document


def gather(bundle: Node, refused: Collection[str], complaints: Complaints) -> Document:
    """The entries by their names; `refused` says what an entry of this kind of Bundle may not have."""
    identifier = bundle.node("identifier")
    if not (identifier.text("system") and identifier.text("value")):
        complaints.add("AB-V038", identifier.path)
    if bundle.text("timestamp") is None:
        complaints.add("AB-V038", f"{bundle.path}.timestamp")
    for key in ("total", "link"):
        if key in bundle.value:
            complaints.add("AB-V008", f"{bundle.path}.{key}")
    entries, by_url = _entries(bundle, refused, complaints)
    return Document(bundle, entries, by_url)


def _entries(bundle: Node, refused: Collection[str], complaints: Complaints) -> tuple[list[Node], dict[str, Node]]:
    entries: list[Node] = []
    by_url: dict[str, Node] = {}
    for entry in bundle.nodes("entry"):
        resource, url = entry.node("resource"), entry.text("fullUrl")
        for key in refused:
            if key in entry.value:
                complaints.add("AB-V008", f"{entry.path}.{key}")
        if not resource.value:
            complaints.add("AB-V005", resource.path)
        entries.append(resource)
        if url is None or not UUID_URN.fullmatch(url) or url in by_url:
            complaints.add("AB-V025", f"{entry.path}.fullUrl")
            continue
        if "id" in resource.value and resource.value["id"] != url.removeprefix("urn:uuid:"):
            complaints.add("AB-V025", entry.path)
        by_url[url] = resource
    return entries, by_url


def _check_types(document: Document, complaints: Complaints) -> None:
    if not document.entries or document.entries[0].value.get("resourceType") != "Composition":
        complaints.add("AB-V010", first_entry(document))
    for name in _SINGLE:
        for extra in list(document.all(name))[1:]:
            complaints.add("AB-V010" if name == "Composition" else "AB-V027", extra.path)


def first_entry(document: Document) -> str:
    """The place of the first entry, or of the entries when there are none."""
    return f"{document.bundle.path}.entry[0]" if document.entries else f"{document.bundle.path}.entry"


def follow(document: Document, links: Sequence[Link], targets: Targets, start: int, complaints: Complaints) -> None:
    """Every reference arrives inside the Bundle at the right kind of resource, and every resource is arrived at."""
    reached: dict[int, set[str]] = {}
    for link in links:
        url = link.reference.get("reference")
        target = document.by_url.get(url) if type(url) is str else None
        if target is None or type(url) is not str or "identifier" in link.reference:
            complaints.add("AB-V011", f"{link.path}.{link.key}" if type(url) is str else link.path)
        elif _arrives(link, target, _wanted(document, link, targets), complaints):
            reached.setdefault(link.source, set()).add(url)
    found = _followed(reached, {url: position for position, url in enumerate(_urls(document))}, start)
    for position, entry in enumerate(document.entries):
        if position not in found and entry.value:
            complaints.add("AB-V012", entry.path.removesuffix(".resource"))


def _wanted(document: Document, link: Link, targets: Targets) -> frozenset[str] | None:
    name = link.path.rpartition(".")[2].partition("[")[0]
    owner = document.entries[link.source].text("resourceType") if link.source >= 0 else None
    return targets.get(f"{owner}.{name}", targets.get(name))


def _arrives(link: Link, target: Node, wanted: frozenset[str] | None, complaints: Complaints) -> bool:
    """Tell whether a reference points at the kind of resource its element asks for."""
    kind = target.text("resourceType")
    if link.reference.get("type", kind) != kind:
        complaints.add("AB-V011", f"{link.path}.type")
        return False
    if wanted is not None and kind not in wanted:
        complaints.add("AB-V011", f"{link.path}.{link.key}")
        return False
    return True


def _followed(reached: Mapping[int, set[str]], positions: Mapping[str | None, int], start: int) -> set[int]:
    """The entries one comes by from a start."""
    found, waiting = {start}, [start]
    while waiting:
        for url in reached.get(waiting.pop(), ()):
            if (position := positions[url]) not in found:
                found.add(position)
                waiting.append(position)
    return found


def _urls(document: Document) -> list[str | None]:
    known = {id(node): url for url, node in document.by_url.items()}
    return [known.get(id(entry)) for entry in document.entries]
