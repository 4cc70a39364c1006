"""The names by which we are known on the wire. The base is an identity and not an address; it is set here only."""

from typing import Final

BASE: Final = "https://arbobrug.example/fhir"
FHIR_VERSION: Final = "4.0.1"
PROFILE_VERSION: Final = "1.0.0"
PACKAGES: Final = ("nictiz.fhir.nl.r4.nl-core#0.12.1-beta.1", "ihe.pcc.odh#1.0.1", "ihe.iti.pcf#1.1.0")

LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
ICD10_SYSTEM: Final = "http://hl7.org/fhir/sid/icd-10-nl"
SBI_SYSTEM: Final = "https://www.cbs.nl/standaard-bedrijfsindeling"
ODH: Final = "https://profiles.ihe.net/PCC/ODH"
ISCO_SYSTEM: Final = f"{ODH}/CodeSystem/ISCO08"
PROVINCE_SYSTEM: Final = "urn:iso:std:iso:3166:-2"
UCUM: Final = "http://unitsofmeasure.org"
URI_SYSTEM: Final = "urn:ietf:rfc:3986"
NL_CORE: Final = "http://nictiz.nl/fhir/StructureDefinition"
HL7: Final = "http://hl7.org/fhir/StructureDefinition"
TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"


def profile(name: str) -> str:
    """The canonical of a profile of ours."""
    return f"{BASE}/StructureDefinition/arbobrug-{name}"


def extension(name: str) -> str:
    """The canonical of an extension of ours."""
    return f"{BASE}/StructureDefinition/{name}"


def code_system(name: str) -> str:
    """The canonical of a code system of ours."""
    return f"{BASE}/CodeSystem/{name}"


def value_set(name: str) -> str:
    """The canonical of a value set of ours."""
    return f"{BASE}/ValueSet/{name}"


def naming_system(name: str) -> str:
    """The canonical of a naming system of ours: meldnummer, traject and the like."""
    return f"{BASE}/NamingSystem/{name}"


NUMBER_SYSTEM: Final = naming_system("meldnummer")
CAS_SYSTEM: Final = code_system("cas")
EXPOSURE_SYSTEM: Final = code_system("oorzaak")
GUIDELINE_SYSTEM: Final = code_system("registratierichtlijn")
FINDING_SYSTEM: Final = code_system("bevinding")
FINDING_VALUE_SYSTEM: Final = code_system("bevinding-waarde")
OBSERVATION_SYSTEM: Final = code_system("observatie")
SECTION_SYSTEM: Final = code_system("melding-sectie")
ERROR_SYSTEM: Final = code_system("fout")
MESSAGE_SYSTEM: Final = code_system("bericht")
TRAJECTORY_SYSTEM: Final = naming_system("traject")
CONSENT_SYSTEM: Final = naming_system("toestemming")
TASK_SYSTEM: Final = naming_system("verwijzing")
POLICY: Final = f"{BASE}/beleid/verwijzing"
CONSENT_PROFILE: Final = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentIntermediate"


def message_definition(event: str) -> str:
    """The canonical of the definition of a message."""
    return f"{BASE}/MessageDefinition/{event}"
