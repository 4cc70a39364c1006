"""The people and organisations of a message between doctors, on nl-core."""

from fhir.canonical import NL_CORE
from fhir.identifiers import AGB_SYSTEM, BIG_SYSTEM, BSN_SYSTEM, KVK_SYSTEM, ROLE_SYSTEM, URA_SYSTEM, UZI_SYSTEM
from fhir.reading.people import GP_PRACTICE, QUALIFIER
from fhir.referral import Party, Patient
from fhir.report import Author, Organisation
from fhir.terminology import own_system
from fhir.writing.pieces import Json, coding, concept, filled, valued


def write_patient(patient: Patient) -> Json:
    """The worker, by name. The BSN goes along only when its legal basis was recorded; that is not for here."""
    return filled(
        {
            "resourceType": "Patient",
            "meta": {"profile": [f"{NL_CORE}/nl-core-Patient"]},
            "identifier": [{"system": BSN_SYSTEM, "value": patient.bsn}] if patient.bsn else None,
            "name": [{"use": "official", "text": patient.name}],
            "gender": patient.sex,
            "birthDate": patient.birth_date,
        }
    )


def write_role(party: Party, practitioner: Json | None, organisation: Json) -> Json:
    """The doctor in the organisation; both are references."""
    specialty = party.doctor.specialty if party.doctor else None
    return filled(
        {
            "resourceType": "PractitionerRole",
            "meta": {"profile": [f"{NL_CORE}/nl-core-HealthProfessional-PractitionerRole"]},
            "practitioner": practitioner,
            "organization": organisation,
            "specialty": [concept(coding(ROLE_SYSTEM, specialty))] if specialty else None,
        }
    )


def write_practitioner(doctor: Author) -> Json:
    """The doctor as a person: the numbers and the name that are known."""
    systems = ((BIG_SYSTEM, doctor.big), (UZI_SYSTEM, doctor.uzi), (AGB_SYSTEM, doctor.agb))
    return filled(
        {
            "resourceType": "Practitioner",
            "meta": {"profile": [f"{NL_CORE}/nl-core-HealthProfessional-Practitioner"]},
            "identifier": [{"system": system, "value": value} for system, value in systems if value],
            "name": [_name(doctor)] if doctor.family else None,
        }
    )


def _name(doctor: Author) -> Json:
    name: Json = {
        "use": "official",
        "text": " ".join(filter(None, (doctor.initials, doctor.family))),
        "family": doctor.family,
    }
    if doctor.initials:
        # nl-core refuses a given that does not tell its kind.
        name["given"] = [doctor.initials]
        name["_given"] = [{"extension": [{"url": QUALIFIER, "valueCode": "IN"}]}]
    return name


def write_organisation(organisation: Organisation) -> Json:
    """An organisation with its numbers."""
    systems = ((URA_SYSTEM, organisation.ura), (AGB_SYSTEM, organisation.agb), (KVK_SYSTEM, organisation.kvk))
    return filled(
        {
            "resourceType": "Organization",
            "meta": {"profile": [f"{NL_CORE}/nl-core-HealthcareProvider-Organization"]},
            "identifier": [{"system": system, "value": value} for system, value in systems if value],
            "type": _kind(organisation.kind),
            "name": organisation.name,
        }
    )


def _kind(kind: str | None) -> list[Json] | None:
    if kind == "gp-practice":
        return [concept(coding(*GP_PRACTICE))]
    ours = own_system("organisatie-soort")
    return [valued(ours, kind)] if kind and kind in ours.values else None
