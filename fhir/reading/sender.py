"""Who sends what: the Composition, the identifiers of the document, the author and the organisation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fhir.canonical import HL7, LOINC, NUMBER_SYSTEM, SECTION_SYSTEM, code_system
from fhir.identifiers import (
    AGB_SYSTEM,
    BIG_SYSTEM,
    KVK_SYSTEM,
    KVK_SYSTEM_IN_PROSE,
    ROLE_SYSTEM,
    URA_SYSTEM,
    UZI_SYSTEM,
)
from fhir.reading.answers import LINE, PARAGRAPH, bounded, own_value
from fhir.reading.bundle import Document
from fhir.reading.node import Complaints, Node
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
QUALIFIER: Final = f"{HL7}/iso21090-EN-qualifier"
_GIVEN_KINDS = frozenset({"BR", "IN", "CL"})
_LENGTHS: Mapping[str, int] = {
    BIG_SYSTEM: 11,
    UZI_SYSTEM: 9,
    AGB_SYSTEM: 8,
    URA_SYSTEM: 8,
    KVK_SYSTEM: 8,
    KVK_SYSTEM_IN_PROSE: 8,
}
_KINDS: Mapping[tuple[str | None, str | None], Kind] = {
    ("final", None): Kind.NEW,
    ("amended", "replaces"): Kind.REPLACES,
    ("amended", "appends"): Kind.APPENDS,
    ("entered-in-error", "replaces"): Kind.WITHDRAWS,
}
_ROLE_CODE = re.compile(r"[0-9]{2}\.[0-9]{3}")
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
    own = _identifier(composition.node("identifier"), complaints)
    if composition.value and not (own.system and own.value):
        complaints.add("AB-V038", f"{composition.path}.identifier")
    return Sender(
        kind,
        _identifier(document.bundle.node("identifier"), complaints),
        own,
        document.bundle.text("timestamp") or "",
        _author(document, composition, complaints),
        _organisation(document, composition, complaints),
        follow_up,
    )


def _identifier(node: Node, complaints: Complaints) -> Identifier:
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


def _numbers(resource: Node, complaints: Complaints) -> dict[str, str]:
    """The identifiers of a resource by system, each held against its form."""
    found: dict[str, str] = {}
    for node in resource.nodes("identifier"):
        system, value = node.text("system"), node.text("value")
        length = _LENGTHS.get(system or "")
        if system is None or value is None:
            complaints.add("AB-V037", node.path)
        elif length is None:
            continue
        elif len(value) != length or not (value.isascii() and value.isdigit()):
            complaints.add("AB-V037", f"{node.path}.value")
        elif system in found:
            complaints.add("AB-V027", node.path)
        else:
            found[system] = value
    return found


def _author(document: Document, composition: Node, complaints: Complaints) -> Author:
    authors = list(composition.nodes("author"))
    for extra in authors[1:]:
        complaints.add("AB-V027", extra.path)
    role = (document.target(authors[0]) if authors else None) or document.first("PractitionerRole")
    if not role.value and composition.value:
        complaints.add("AB-V038", f"{composition.path}.author")
    practitioner = document.target(role.node("practitioner")) or Node({}, role.path)
    numbers = _numbers(practitioner, complaints)
    family, initials = _name(practitioner, complaints)
    specialty = _specialty(role, complaints)
    return Author(
        numbers.get(BIG_SYSTEM), numbers.get(UZI_SYSTEM), numbers.get(AGB_SYSTEM), family, initials, specialty
    )


def _specialty(role: Node, complaints: Complaints) -> str | None:
    for concept in role.nodes("specialty"):
        if (coding := concept.coding(ROLE_SYSTEM)) is not None:
            code = coding.text("code")
            if code is None or _ROLE_CODE.fullmatch(code) is None:
                complaints.add("AB-T001", f"{coding.path}.code")
            return code
    return None


def _name(practitioner: Node, complaints: Complaints) -> tuple[str | None, str | None]:
    """The official name, or the first; nl-core asks that every given tells its kind."""
    names = list(practitioner.nodes("name"))
    for name in names:
        if name.text("use") in {None, "official"}:
            _check_given(name, complaints)
    if not names:
        return None, None
    chosen = next((one for one in names if one.value.get("use") == "official"), names[0])
    family = bounded(chosen.text("family"), LINE, f"{chosen.path}.family", complaints)
    given = chosen.value.get("given")
    initials = " ".join(one for one in given if type(one) is str) if type(given) is list else ""
    return family, bounded(initials or None, LINE, f"{chosen.path}.given", complaints)


def _check_given(name: Node, complaints: Complaints) -> None:
    given, beside = name.value.get("given"), list(name.nodes("_given"))
    for position in range(len(given) if type(given) is list else 0):
        extensions = beside[position].nodes("extension") if position < len(beside) else iter(())
        kinds = {one.text("valueCode") for one in extensions if one.value.get("url") == QUALIFIER}
        if not kinds & _GIVEN_KINDS:
            complaints.add("AB-V034", f"{name.path}.given[{position}]")


def _organisation(document: Document, composition: Node, complaints: Complaints) -> Organisation:
    resource = document.target(composition.node("custodian"))
    if resource is None or not resource.value:
        if composition.value:
            complaints.add("AB-V018", f"{composition.path}.custodian")
        return Organisation()
    numbers = _numbers(resource, complaints)
    name = bounded(resource.text("name"), LINE, f"{resource.path}.name", complaints)
    if name is None and not numbers:
        complaints.add("AB-V018", f"{resource.path}.name")
    kvk = numbers.get(KVK_SYSTEM) or numbers.get(KVK_SYSTEM_IN_PROSE)
    return Organisation(
        name, _organisation_kind(resource, complaints), numbers.get(URA_SYSTEM), numbers.get(AGB_SYSTEM), kvk
    )


def _organisation_kind(resource: Node, complaints: Complaints) -> str | None:
    system = own_system("organisatie-soort")
    for concept in resource.nodes("type"):
        if concept.coding(system.url) is not None:
            return own_value(concept, system, complaints)
    complaints.add("AB-R202", f"{resource.path}.type")
    return None
