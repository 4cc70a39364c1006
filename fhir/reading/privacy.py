"""The anonymous profile: nothing in the document points at the worker or the employer, wherever it hides.

The resources of the notifier (Practitioner, PractitionerRole, Organization) name the notifier. The others are closed:
they hold the elements listed here and no more, and their texts are searched. A name is found only by being where no
name belongs: we claim no more than that.
"""

import re
from collections.abc import Iterable, Mapping

from fhir import canonical
from fhir.identifiers import BSN_SYSTEM, KVK_SYSTEM, KVK_SYSTEM_IN_PROSE, is_bsn
from fhir.reading.bundle import Document
from fhir.reading.node import Complaints, Node
from fhir.reading.structure import LONGEST, Text
from fhir.reading.table import table

_PERSON_SYSTEMS = frozenset(
    {BSN_SYSTEM, "http://fhir.nl/fhir/NamingSystem/pseudo-bsn", "urn:oid:2.16.840.1.113883.2.4.6.3"}
)
_EMPLOYER_SYSTEMS = frozenset({KVK_SYSTEM, KVK_SYSTEM_IN_PROSE})
_ANY = "id meta language implicitRules resourceType".split()
ALLOWED: Mapping[str, frozenset[str]] = {
    name: frozenset([*_ANY, *elements.split()])
    for name, elements in {
        "Patient": "active gender birthDate",
        "Condition": "clinicalStatus verificationStatus category severity code subject onsetDateTime recordedDate "
        "recorder asserter",
        "Observation": "extension status category code subject focus effectiveDateTime effectivePeriod issued "
        "performer valueCodeableConcept valueString valueBoolean valueInteger valueQuantity dataAbsentReason "
        "derivedFrom hasMember component",
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
# The birth date is looked at by the reader of the Patient, which says it better.
_DAYS_THAT_MAY_BE = ("recordedDate", "issued", "lastUpdated", "date", "timestamp", "birthDate")
_UUID = re.compile(r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check_privacy(document: Document, texts: Iterable[Text], complaints: Complaints) -> None:
    """Complain about every element and every text that may point at the worker or the employer."""
    for node in document.entries:
        _check_elements(node, complaints)
    for text in texts:
        _check_text(text, complaints)
    for identifier in (document.bundle.node("identifier"), document.first("Composition").node("identifier")):
        if identifier.text("system") in _PERSON_SYSTEMS | _EMPLOYER_SYSTEMS:
            complaints.insist("AB-P011", identifier.path)
    for kind in ("Practitioner", "PractitionerRole", "Organization"):
        for resource in document.all(kind):
            for identifier in resource.nodes("identifier"):
                if identifier.text("system") in _PERSON_SYSTEMS:
                    complaints.insist("AB-P011", identifier.path)


def _check_elements(node: Node, complaints: Complaints) -> None:
    kind = node.text("resourceType")
    allowed = ALLOWED.get(kind) if kind else None
    if kind is None or allowed is None:
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
    name = text.path.rpartition(".")[2]
    if text.type in {"dateTime", "date", "instant", "time"}:
        if len(text.value) > 7 and name not in _DAYS_THAT_MAY_BE:
            complaints.insist("AB-P008", text.path)
    elif type(text.value) is not str:
        _search(f"{text.value:.0f}", text.path, complaints)
    elif len(text.value) > LONGEST:
        complaints.add("AB-V028", text.path)
    elif text.value[:5].lower() == "data:":
        complaints.insist("AB-P006", text.path)
    elif text.path.endswith(("dentifier.system", ".target.system")):
        _check_system(text, complaints)
    elif not _is_ours(text):
        _search(text.value, text.path, complaints)


def _is_ours(text: Text) -> bool:
    """A UUID of which no digit means anything, or a SNOMED CT code: its check digit was looked at."""
    return _UUID.fullmatch(text.value) is not None or (text.type == "code" and text.system == canonical.SNOMED)


def _check_system(text: Text, complaints: Complaints) -> None:
    if not text.value.startswith("urn:oid:"):
        _search(text.value, text.path, complaints)
    elif any(is_bsn(arc) for arc in text.value.removeprefix("urn:oid:").split(".")):
        complaints.insist("AB-P007", text.path)


def _search(value: str, path: str, complaints: Complaints) -> None:
    if any(is_bsn(re.sub(r"\D", "", hit.group(1))) for hit in _NINE_DIGITS.finditer(value)):
        complaints.insist("AB-P007", path)
    if _FULL_DATE.search(value):
        complaints.insist("AB-P008", path)
    if _E_MAIL.search(value) or _TELEPHONE.search(value):
        complaints.insist("AB-P009", path)
