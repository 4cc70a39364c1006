"""The anonymous profile: nothing in the document points at the worker or the employer, wherever it hides.

The notifier's own resources (Practitioner, PractitionerRole, Organization) may name the notifier. All others are closed:
they hold the elements listed here and no more, and their texts are searched. A name is found only by being where no
name belongs: we claim no more than that.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from fhir import canonical
from fhir.identifiers import BSN_SYSTEM, KVK_SYSTEM, KVK_SYSTEM_IN_PROSE, is_bsn
from fhir.reading.bundle import UUID_URN, Document
from fhir.reading.node import Complaints, Node
from fhir.reading.structure import Text
from fhir.reading.table import table

_PERSON_SYSTEMS = frozenset({BSN_SYSTEM, "http://fhir.nl/fhir/NamingSystem/pseudo-bsn", "urn:oid:2.16.840.1.113883.2.4.6.3"})
_ANY = "id meta language implicitRules resourceType".split()
ALLOWED: Mapping[str, frozenset[str]] = {
    name: frozenset([*_ANY, *elements.split()])
    for name, elements in {
        "Patient": "active gender birthDate",
        "Condition": "clinicalStatus verificationStatus category severity code subject onsetDateTime recordedDate "
        "recorder asserter",
        "Observation": "extension status category code subject focus effectiveDateTime effectivePeriod issued performer "
        "valueCodeableConcept valueString valueBoolean valueInteger valueQuantity dataAbsentReason derivedFrom hasMember "
        "component",
        "Composition": "extension identifier status type category subject date author title confidentiality custodian "
        "relatesTo section",
    }.items()
}
_SECTION = frozenset("id title code entry".split())
_COMPONENT = frozenset(
    "id code valueCodeableConcept valueString valueBoolean valueInteger valueQuantity dataAbsentReason".split()
)
_IDENTIFYING = frozenset(
    "identifier name telecom address photo contact deceasedBoolean deceasedDateTime maritalStatus multipleBirthBoolean "
    "multipleBirthInteger communication generalPractitioner managingOrganization link".split()
)
SYSTEMS: Final = frozenset(
    {
        canonical.LOINC,
        canonical.SNOMED,
        canonical.ICD10_SYSTEM,
        canonical.SBI_SYSTEM,
        canonical.ISCO_SYSTEM,
        canonical.UCUM,
        canonical.PROVINCE_SYSTEM,
        f"{canonical.ODH}/CodeSystem/ISICRev4",
        "http://hl7.org/fhir/sid/icpc-1-nl",
        "http://hl7.org/fhir/sid/icd-10",
    }
)
# Looks ahead, so that a number that stands before a BSN does not swallow half of it. \s is every kind of space.
_NINE_DIGITS = re.compile(r"(?<!\d)(?=(\d(?:[\s.\-]?\d){8})(?!\d))")
_MONTH = (
    r"jan(?:uari|uary)?|feb(?:ruari|ruary)?|maart|mrt|mar(?:ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|aug(?:ustus|ust)?"
    r"|sep(?:t(?:ember)?)?|o[kc]t(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_FULL_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d{2}|(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}"
    rf"|\d{{1,2}} (?:{_MONTH})\.? (?:19|20)\d{{2}})(?!\d)",
    re.IGNORECASE,
)
_E_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w")
_TELEPHONE = re.compile(r"(?<![\d.,])(?:(?:\+|00)31[\s-]?(?:\(0\))?|0)[\s-]?[1-9](?:[\s-]?\d){8}(?!\d)")
_SUSPECT = re.compile(r"\d(?:[\s./-]?\d){4}|@|\d [A-Za-z]{3}")
_DAYS_THAT_MAY_BE = ("recordedDate", "issued", "lastUpdated", "date", "timestamp")
_OURS = re.compile(r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check_privacy(document: Document, texts: Iterable[Text], complaints: Complaints) -> None:
    """Complain about every element and every text that may point at the worker or the employer."""
    for node in document.entries:
        _check_elements(node, complaints)
    for text in texts:
        _check_text(text, complaints)
    for kind in ("Practitioner", "PractitionerRole", "Organization"):
        for resource in document.all(kind):
            for identifier in resource.nodes("identifier"):
                if identifier.value.get("system") in _PERSON_SYSTEMS:
                    complaints.insist("AB-P011", identifier.path)


def _check_elements(node: Node, complaints: Complaints) -> None:
    kind = node.value.get("resourceType")
    allowed = ALLOWED.get(kind) if type(kind) is str else None
    if allowed is None:
        return
    for key in node.value:
        bare = key.removeprefix("_")
        if bare not in allowed:
            _refuse(kind, bare, node.path, complaints)
    for section in node.nodes("section"):
        _check_part(section, "Composition.section", _SECTION, complaints)
    for component in node.nodes("component"):
        _check_part(component, "Observation.component", _COMPONENT, complaints)


def _check_part(node: Node, kind: str, allowed: frozenset[str], complaints: Complaints) -> None:
    for key in node.value:
        if key.removeprefix("_") not in allowed and key != "extension":
            _refuse(kind, key, node.path, complaints)


def _refuse(kind: str, key: str, path: str, complaints: Complaints) -> None:
    """Refuse an element that FHIR knows; the structure has refused all others, and contained and modifierExtension."""
    element = table().types[kind].elements.get(key)
    if element is None or key in {"contained", "modifierExtension"}:
        return
    error = "AB-P001" if kind == "Patient" and key in _IDENTIFYING else "AB-P005" if key == "text" else "AB-P012"
    complaints.insist(error, f"{path}.{element.path}")


def _check_text(text: Text, complaints: Complaints) -> None:
    name = text.path.rpartition(".")[2].partition("[")[0]
    if text.type in {"dateTime", "date", "instant", "time"}:
        if len(text.value) > 7 and name not in _DAYS_THAT_MAY_BE and name != "birthDate":
            complaints.insist("AB-P008", text.path)
        return
    if type(text.value) is not str:
        if abs(text.value) >= 10**6:
            _search(f"{text.value:.0f}", text.path, complaints)
        return
    if name == "system":
        _check_system(text, complaints)
    elif text.value[:5].lower() == "data:":
        complaints.insist("AB-P006", text.path)
    elif _passes(name, text):
        return
    elif _SUSPECT.search(text.value):
        _search(text.value, text.path, complaints)


def _passes(name: str, text: Text) -> bool:
    """What cannot hold anything of a person, because another layer has held it against its form."""
    if name in {"reference", "fullUrl", "id"}:
        return UUID_URN.fullmatch(text.value) is not None or _OURS.fullmatch(text.value) is not None
    if name == "code" and text.type == "code":
        return text.system == canonical.SNOMED
    return name == "value" and _OURS.fullmatch(text.value) is not None


def _check_system(text: Text, complaints: Complaints) -> None:
    if text.path.endswith(("dentifier.system", ".target.system")):
        if text.value in _PERSON_SYSTEMS or text.value in {KVK_SYSTEM, KVK_SYSTEM_IN_PROSE}:
            complaints.insist("AB-P011", text.path)
        elif text.value[:8] != "urn:oid:":
            _search(text.value, text.path, complaints)
    elif not known_system(text.value):
        complaints.insist("AB-T008", text.path)


def known_system(system: str) -> bool:
    """Tell whether a code system has a place in a notification."""
    return system in SYSTEMS or system.startswith((f"{canonical.BASE}/CodeSystem/", f"{canonical.TERMINOLOGY}/"))


def _search(value: str, path: str, complaints: Complaints) -> None:
    if any(is_bsn(re.sub(r"\D", "", hit.group(1))) for hit in _NINE_DIGITS.finditer(value)):
        complaints.insist("AB-P007", path)
    if _FULL_DATE.search(value):
        complaints.insist("AB-P008", path)
    if _E_MAIL.search(value) or _TELEPHONE.search(value):
        complaints.insist("AB-P009", path)
