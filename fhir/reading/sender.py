"""Who sends what: the Composition, the identifiers of the document, the author and the organisation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fhir.canonical import LOINC, NUMBER_SYSTEM, SECTION_SYSTEM, code_system
from fhir.reading.answers import LINE, PARAGRAPH, bounded, own_value
from fhir.reading.bundle import Document
from fhir.reading.node import Complaints, Node
from fhir.reading.people import read_doctor, read_organisation
from fhir.reading.structure import REASON_EXTENSION
from fhir.report import Author, FollowUp, Identifier, Kind, Organisation
from fhir.terminology import own_system

CASE_REPORT: Final = "55751-2"
# Each section that must be there, and what its entries are.
SECTIONS: Final[Mapping[str, str]] = {
    "diagnose": "Condition",
    "werk": "Observation",
    "blootstelling": "Observation",
    "causaliteit": "Observation",
}
OPTIONAL_SECTIONS: Final[Mapping[str, str]] = {"overig": "Observation"}
_KINDS: Mapping[tuple[str | None, str | None], Kind] = {
    ("final", None): Kind.NEW,
    ("amended", "replaces"): Kind.REPLACES,
    ("amended", "appends"): Kind.APPENDS,
    ("entered-in-error", "replaces"): Kind.WITHDRAWS,
}
_NUMBER = re.compile(r"AB-[0-9]{4}-[0-9A-Za-z]{1,12}(?:-[0-9A-Za-z]{1,8})?")


@dataclass(frozen=True, slots=True)
class Sender:
    """What the frame of the document says."""

    kind: Kind
    identifier: Identifier
    client_identifier: Identifier
    written_at: str
    author: Author
    custodian: Organisation
    follow_up: FollowUp | None


def read_sender(document: Document, complaints: Complaints) -> Sender:
    """Read the frame; where something lacks there is a complaint, and a blank in the value."""
    composition = document.first("Composition")
    kind, follow_up = _follow_up(composition, complaints)
    _check_composition(composition, kind, complaints)
    if kind is not Kind.WITHDRAWS:
        _check_sections(document, composition, complaints)
    own = read_identifier(composition.node("identifier"), complaints)
    if composition.value and not (own.system and own.value):
        complaints.add("AB-V038", f"{composition.path}.identifier")
    return Sender(
        kind,
        read_identifier(document.bundle.node("identifier"), complaints),
        own,
        document.bundle.text("timestamp") or "",
        _author(document, composition, complaints),
        _organisation(document, composition, complaints),
        follow_up,
    )


def read_identifier(node: Node, complaints: Complaints) -> Identifier:
    """An identifier as the sender gave it."""
    value = bounded(node.text("value"), LINE, f"{node.path}.value", complaints)
    return Identifier(bounded(node.text("system"), LINE, f"{node.path}.system", complaints), value or "")


def _follow_up(composition: Node, complaints: Complaints) -> tuple[Kind, FollowUp | None]:
    related = list(composition.nodes("relatesTo"))
    for extra in related[1:]:
        complaints.add("AB-V039", extra.path)
    code = related[0].text("code") if related else None
    kind = _KINDS.get((composition.text("status"), code))
    if kind is None:
        if composition.value:
            complaints.add("AB-V039", related[0].path if related else f"{composition.path}.status")
        kind = Kind.NEW
    if not related:
        return kind, None
    target = related[0].node("targetIdentifier")
    number = target.text("value") if target.text("system") == NUMBER_SYSTEM else None
    if number is None or _NUMBER.fullmatch(number) is None:
        complaints.add("AB-V039", f"{related[0].path}.target")
        number = ""
    return kind, FollowUp(number, _reason(composition, kind, complaints))


def _reason(composition: Node, kind: Kind, complaints: Complaints) -> str | None:
    told = [one for one in composition.nodes("extension") if one.value.get("url") == REASON_EXTENSION]
    path = f"{told[0].path}.value" if told else f"{composition.path}.extension"
    reason = bounded(told[0].text("valueString") if told else None, PARAGRAPH, path, complaints)
    if len(told) > 1 or (reason is None) is (kind is Kind.WITHDRAWS):
        complaints.add("AB-V039", path)
    return reason


def _check_composition(composition: Node, kind: Kind, complaints: Complaints) -> None:
    if not composition.value:
        return
    if composition.node("type").code(LOINC) != CASE_REPORT:
        complaints.add("AB-V026", f"{composition.path}.type")
    categories = [one.code(code_system("meldingsoort")) for one in composition.nodes("category")]
    if not categories or any(one not in own_system("meldingsoort").codes for one in categories):
        complaints.add("AB-V026", f"{composition.path}.category")
    if composition.text("confidentiality") != "R":
        complaints.add("AB-V026", f"{composition.path}.confidentiality")
    if kind is not Kind.WITHDRAWS and not composition.node("subject").value:
        complaints.add("AB-V005", f"{composition.path}.subject")


def _check_sections(document: Document, composition: Node, complaints: Complaints) -> None:
    seen: set[str] = set()
    for section in composition.nodes("section"):
        code = section.node("code").code(SECTION_SYSTEM)
        wanted = SECTIONS.get(code or "") or OPTIONAL_SECTIONS.get(code or "")
        if code is None or wanted is None:
            complaints.add("AB-T001", f"{section.path}.code")
            continue
        if code in seen:
            complaints.add("AB-V027", section.path)
        seen.add(code)
        references = list(section.nodes("entry"))
        if not references:
            complaints.add("AB-V019", f"{section.path}.entry")
        for reference in references:
            target = document.target(reference)
            if target is not None and target.value.get("resourceType") != wanted:
                complaints.add("AB-V019", reference.path)
    if composition.value and SECTIONS.keys() - seen:
        complaints.add("AB-V019", f"{composition.path}.section")


def _author(document: Document, composition: Node, complaints: Complaints) -> Author:
    authors = list(composition.nodes("author"))
    for extra in authors[1:]:
        complaints.add("AB-V027", extra.path)
    role = (document.target(authors[0]) if authors else None) or document.first("PractitionerRole")
    if not role.value and composition.value:
        complaints.add("AB-V038", f"{composition.path}.author")
    return read_doctor(role, document.target(role.node("practitioner")) or Node({}, role.path), complaints)


def _organisation(document: Document, composition: Node, complaints: Complaints) -> Organisation:
    resource = document.target(composition.node("custodian"))
    if resource is None or not resource.value:
        if composition.value:
            complaints.add("AB-V018", f"{composition.path}.custodian")
        return Organisation()
    organisation = read_organisation(resource, _organisation_kind(resource, complaints), complaints)
    if organisation.name is None and not any((organisation.ura, organisation.agb, organisation.kvk)):
        complaints.add("AB-V018", f"{resource.path}.name")
    return organisation


def _organisation_kind(resource: Node, complaints: Complaints) -> str | None:
    system = own_system("organisatie-soort")
    for concept in resource.nodes("type"):
        if concept.coding(system.url) is not None:
            return own_value(concept, system, complaints)
    complaints.add("AB-R202", f"{resource.path}.type")
    return None
