"""The CapabilityStatement of the service as it runs."""

from typing import Any

from fhir.canonical import BASE, FHIR_VERSION, PACKAGES, PROFILE_VERSION, TERMINOLOGY, extension
from fhir.publication.values import Capability, ResourceCapability

Json = dict[str, Any]
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_GUIDES = {
    "nictiz.fhir.nl.r4.nl-core": "http://nictiz.nl/fhir/ImplementationGuide/nictiz.fhir.nl.r4.nl-core",
    "ihe.pcc.odh": "https://profiles.ihe.net/PCC/ODH/ImplementationGuide/ihe.pcc.odh",
    "ihe.iti.pcf": "https://profiles.ihe.net/ITI/PCF/ImplementationGuide/ihe.iti.pcf",
}


def capability_statement(capability: Capability) -> Json:
    """What the service does and on which packages it stands; only what is passed in, and that is tested."""
    rest: Json = {
        "mode": "server",
        "security": _security(capability),
        "resource": [_resource(one) for one in capability.resources],
    }
    if capability.interactions:
        rest["interaction"] = [{"code": code} for code in capability.interactions]
    if capability.operations:
        rest["operation"] = _operations(capability.operations)
    statement = {
        "resourceType": "CapabilityStatement",
        "id": "arbobrug-server",
        # Which packages our own rules were drawn from: a pin for whoever compares.
        "extension": [{"url": extension("pakket"), "valueString": package} for package in PACKAGES],
        "url": f"{BASE}/CapabilityStatement/arbobrug-server",
        "version": PROFILE_VERSION,
        "name": "ArbobrugServer",
        "title": "Arbobrug",
        "status": "active",
        "date": capability.date,
        "publisher": capability.publisher,
        "kind": "instance",
        "software": {"name": "arbobrug", "version": capability.software_version},
        "implementation": {"description": "Arbobrug, meldpunt voor beroepsziekten", "url": capability.base},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "implementationGuide": [_guide(package) for package in PACKAGES],
        "rest": [rest],
    }
    return statement | ({"messaging": [_messaging(capability)]} if capability.messages else {})


def _messaging(capability: Capability) -> Json:
    """Each message is sent as well as received."""
    return {
        "endpoint": [
            {"protocol": {"system": f"{TERMINOLOGY}/message-transport", "code": "http"}, "address": capability.base}
        ],
        "supportedMessage": [
            {"mode": mode, "definition": definition}
            for definition in capability.messages
            for mode in ("sender", "receiver")
        ],
    }


def _guide(package: str) -> str:
    name, _, version = package.partition("#")
    return f"{_GUIDES[name]}|{version}"


def _security(capability: Capability) -> Json:
    addresses = (
        ("token", capability.token_url),
        ("authorize", capability.authorize_url),
        ("revoke", capability.revoke_url),
        ("register", capability.register_url),
    )
    uris = [{"url": name, "valueUri": url} for name, url in addresses if url]
    service = {"system": f"{TERMINOLOGY}/restful-security-service", "code": "SMART-on-FHIR"}
    return {
        "extension": [{"url": _OAUTH, "extension": uris}],
        "cors": False,
        "service": [{"coding": [service], "text": "OAuth 2.0 met private_key_jwt"}],
        "description": "Toegangstokens van ten hoogste 300 seconden, met SMART-scopes (v2).",
    }


def _resource(one: ResourceCapability) -> Json:
    resource: Json = {"type": one.type}
    if one.profiles:
        resource["supportedProfile"] = list(one.profiles)
    if one.interactions:
        resource["interaction"] = [{"code": code} for code in one.interactions]
    if one.versioning:
        resource["versioning"] = one.versioning
    if one.search:
        resource["searchParam"] = [{"name": param.name, "type": param.type} for param in one.search]
    if one.operations:
        resource["operation"] = _operations(one.operations)
    return resource


def _operations(operations: tuple[tuple[str, str], ...]) -> list[Json]:
    return [{"name": name, "definition": definition} for name, definition in operations]
