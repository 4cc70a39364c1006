"""The doctors, organisations and patients of a document, with the rules of nl-core for their names and numbers."""

import re
from collections.abc import Mapping
from typing import Final

from fhir.canonical import HL7
from fhir.identifiers import (
    AGB_SYSTEM,
    BIG_SYSTEM,
    BSN_SYSTEM,
    KVK_SYSTEM,
    KVK_SYSTEM_IN_PROSE,
    ROLE_SYSTEM,
    URA_SYSTEM,
    UZI_SYSTEM,
    is_bsn,
)
from fhir.reading.answers import LINE, bounded
from fhir.reading.node import Complaints, Node
from fhir.referral import Patient
from fhir.report import Author, Organisation

QUALIFIER: Final = f"{HL7}/iso21090-EN-qualifier"
GP_PRACTICE: Final = ("http://nictiz.nl/fhir/NamingSystem/organization-type", "Z3")
_GIVEN_KINDS = frozenset({"BR", "IN", "CL"})
_LENGTHS: Mapping[str, int] = {
    BIG_SYSTEM: 11,
    UZI_SYSTEM: 9,
    AGB_SYSTEM: 8,
    URA_SYSTEM: 8,
    KVK_SYSTEM: 8,
    KVK_SYSTEM_IN_PROSE: 8,
}
_ROLE_CODE = re.compile(r"[0-9]{2}\.[0-9]{3}")


def read_doctor(role: Node, practitioner: Node, complaints: Complaints) -> Author:
    """A doctor, from the role and the person in it."""
    numbers = numbers_of(practitioner, complaints)
    family, initials = _name(practitioner, complaints)
    specialty = _specialty(role, complaints)
    return Author(
        numbers.get(BIG_SYSTEM), numbers.get(UZI_SYSTEM), numbers.get(AGB_SYSTEM), family, initials, specialty
    )


def read_organisation(resource: Node, kind: str | None, complaints: Complaints) -> Organisation:
    """An organisation with its name and numbers."""
    numbers = numbers_of(resource, complaints)
    name = bounded(resource.text("name"), LINE, f"{resource.path}.name", complaints)
    kvk = numbers.get(KVK_SYSTEM) or numbers.get(KVK_SYSTEM_IN_PROSE)
    return Organisation(name, kind, numbers.get(URA_SYSTEM), numbers.get(AGB_SYSTEM), kvk)


def read_patient(patient: Node, complaints: Complaints) -> Patient:
    """Whom a message is about, by name; nl-core asks that every given of an official name tells its kind."""
    name, born, sex = _whole_name(patient, complaints), patient.text("birthDate"), patient.text("gender")
    if name is None:
        complaints.add("AB-V014", f"{patient.path}.name")
    if born is None or len(born) < 10:
        complaints.add("AB-V014", f"{patient.path}.birthDate")
    if sex is None:
        complaints.add("AB-V014", f"{patient.path}.gender")
    return Patient(name or "", born or "", sex or "", _bsn(patient, complaints))


def _bsn(patient: Node, complaints: Complaints) -> str | None:
    found = [one for one in patient.nodes("identifier") if one.value.get("system") == BSN_SYSTEM]
    for extra in found[1:]:
        complaints.add("AB-V027", extra.path)
    value = found[0].text("value") if found else None
    if found and not is_bsn(value or ""):
        complaints.add("AB-V037", f"{found[0].path}.value")
        return None
    return value


def _whole_name(patient: Node, complaints: Complaints) -> str | None:
    """The official name as it is written out, or put together."""
    official = [one for one in patient.nodes("name") if one.text("use") in {None, "official"}]
    for name in official:
        _check_given(name, complaints)
    for extra in official[1:]:
        complaints.add("AB-V027", extra.path)
    if not official:
        return None
    told, given = official[0], official[0].value.get("given")
    parts = [*(given if type(given) is list else ()), told.text("family")]
    made = " ".join(one for one in parts if type(one) is str)
    return bounded(told.text("text") or made or None, LINE, told.path, complaints)


def numbers_of(resource: Node, complaints: Complaints) -> dict[str, str]:
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
