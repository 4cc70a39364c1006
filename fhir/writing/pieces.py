"""The small pieces that every message is made of."""

import uuid
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from fhir.canonical import OBSERVATION_SYSTEM
from fhir.report import Identifier
from fhir.terminology import OwnSystem, own_system

Json = dict[str, Any]
# Ids inside a document follow from its identifier, so that writing the same twice gives the same bytes.
_SPACE: Final = uuid.UUID("9d7fd9a1-3c3b-5f5e-8f0e-2f6d6d0a7c11")


def url_for(identifier: Identifier, part: str) -> str:
    """The name of a resource within one document."""
    return f"urn:uuid:{uuid.uuid5(_SPACE, f'{identifier.system}|{identifier.value}|{part}')}"


def coding(system: str, code: str, display: str | None = None, version: str | None = None) -> Json:
    """A Coding."""
    return filled({"system": system, "version": version, "code": code, "display": display})


def concept(*codings: Json, text: str | None = None) -> Json:
    """A CodeableConcept."""
    return filled({"coding": list(codings), "text": text})


def own(name: str, code: str) -> Json:
    """A CodeableConcept of a code of ours, with its Dutch display."""
    return own_concept(own_system(name), code)


def own_concept(system: OwnSystem, code: str) -> Json:
    """A CodeableConcept of a code in one of our systems."""
    return concept(coding(system.url, code, system.codes[code].text))


def valued(system: OwnSystem, value: str) -> Json:
    """A CodeableConcept from a value of /v1."""
    return own_concept(system, system.values[value].code)


def observed(code: str) -> Json:
    """What an Observation of ours, or a component of one, is about."""
    return concept(coding(OBSERVATION_SYSTEM, code, own_system("observatie").codes[code].text))


def identified(identifier: Identifier) -> Json:
    """An Identifier."""
    return filled({"system": identifier.system, "value": identifier.value})


def reference(url: str, resource_type: str) -> Json:
    """A Reference."""
    return {"reference": url, "type": resource_type}


def narrative(*paragraphs: str) -> Json:
    """Words for a reader, made by us from our own words."""
    inner = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'}


def filled(fields: Mapping[str, Any]) -> Json:
    """The fields that have a value: FHIR has no null and nothing empty."""
    return {key: value for key, value in fields.items() if value is not None and value not in ([], {}, "")}
