"""What a stranger needs to connect: definitions, code systems, the questionnaire and the capability statement."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from fhir.publication.capability import capability_statement
from fhir.publication.codes import code_system_of, own_code_resources
from fhir.publication.definitions import all_definitions
from fhir.publication.examples import examples
from fhir.publication.questionnaire import questionnaire_of

__all__ = [
    "capability_statement",
    "code_system_of",
    "conformance",
    "definition",
    "definitions",
    "examples",
    "questionnaire_of",
]


@cache
def definitions() -> Mapping[str, dict[str, Any]]:
    """Everything we publish that does not depend on lists elsewhere, by its canonical."""
    found = [*all_definitions(), *own_code_resources()]
    return MappingProxyType({_canonical(one): one for one in found})


def definition(resource_type: str, name: str) -> dict[str, Any] | None:
    """One of them by type and id, such as StructureDefinition and arbobrug-Melding."""
    return next(
        (one for one in definitions().values() if (one["resourceType"], one["id"]) == (resource_type, name)), None
    )


@cache
def conformance() -> Mapping[str, Any]:
    """Which canonicals were checked and how, for the guide: `packages`, `how` (words by key) and `checked`."""
    told: dict[str, Any] = json.loads(files("fhir").joinpath("data/checked.json").read_text("utf-8"))
    return MappingProxyType(told)


def _canonical(resource: dict[str, Any]) -> str:
    # A NamingSystem has no canonical of its own: it is known by what it names.
    url: str = resource["url"] if "url" in resource else resource["uniqueId"][0]["value"]
    return url
