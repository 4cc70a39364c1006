"""Our profiles, extensions, operations, messages and naming systems; fhir/data/profiles.json tells them apart."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from fhir.canonical import (
    BASE,
    FHIR_VERSION,
    HL7,
    MESSAGE_SYSTEM,
    PROFILE_VERSION,
    extension,
    message_definition,
    naming_system,
    profile,
)
from fhir.reading.privacy import ALLOWED
from fhir.reading.table import table

Json = dict[str, Any]
PUBLISHED = "2026-11-22"
_CLOSED = frozenset({"Melding", "Werkende-Anoniem", "Beroepsziekte", "Blootstelling", "Causaliteit", "Overig"})
_CONTACT = [{"telecom": [{"system": "url", "value": BASE}]}]


def described(resource_type: str, url: str, name: str, title: str, description: str) -> Json:
    """What every definition says of itself."""
    return {
        "resourceType": resource_type,
        "id": url.rpartition("/")[2],
        "url": url,
        "version": PROFILE_VERSION,
        "name": _computable(name),
        "title": title,
        "status": "active",
        "experimental": False,
        "date": PUBLISHED,
        "publisher": "Arbobrug",
        "contact": _CONTACT,
        "description": description,
        "copyright": "EUPL-1.2",
    }


def _computable(name: str) -> str:
    """A name that programs may use: letters and digits, beginning with a capital."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def all_definitions() -> Iterator[Json]:
    """Each of them."""
    told = json.loads(files("fhir").joinpath("data/profiles.json").read_text("utf-8"))
    for name, line in told["profiles"].items():
        yield _profile(name, line)
    for name, line in told["extensions"].items():
        yield _extension(name, line)
    for name, line in told["operations"].items():
        yield _operation(name, line)
    for name, line in told["messages"].items():
        yield _message(name, line)
    for name, line in told["namingSystems"].items():
        yield _naming_system(name, line)


def _profile(name: str, line: Mapping[str, Any]) -> Json:
    elements = [_element(one) for one in line["elements"]]
    if name in _CLOSED:
        elements = _in_order(line["type"], [*elements, *_prohibited(line["type"])])
    return {
        **described("StructureDefinition", profile(name), f"Arbobrug{name}", line["title"], line["description"]),
        "fhirVersion": FHIR_VERSION,
        "kind": "resource",
        "abstract": False,
        "type": line["type"],
        "baseDefinition": line["base"],
        "derivation": "constraint",
        "differential": {"element": [{"id": line["type"], "path": line["type"]}, *elements]},
    }


def _element(line: Mapping[str, Any]) -> Json:
    """An element of a differential; its path is its id without the names of slices."""
    return {"id": line["id"], "path": re.sub(r":[^.]+", "", line["id"]), **{k: v for k, v in line.items() if k != "id"}}


def _prohibited(resource_type: str) -> Iterator[Json]:
    """What the anonymous profile closes: the same list that the privacy layer reads by."""
    allowed = {name.removeprefix("_") for name in ALLOWED[resource_type]}
    elements = table().types[resource_type].elements
    open_paths = {element.path for key, element in elements.items() if key in allowed}
    closed = {
        element.path: len({k for k, e in elements.items() if e.path == element.path}) for element in elements.values()
    }
    for path, ways in closed.items():
        if path not in open_paths:
            identifier = f"{resource_type}.{path}{'[x]' if ways > 1 else ''}"
            yield {"id": identifier, "path": identifier, "max": "0"}


def _in_order(resource_type: str, elements: list[Json]) -> list[Json]:
    """A differential stands in the order of its base."""
    order = {element.path: place for place, element in enumerate(table().types[resource_type].elements.values())}

    def place(element: Json) -> int:
        first: str = element["path"].split(".")[1]
        return order.get(first.removesuffix("[x]"), -1)

    return sorted(elements, key=place)


def _extension(name: str, line: Mapping[str, Any]) -> Json:
    url = extension(name)
    elements: list[Json] = [{"id": "Extension", "path": "Extension", "short": line["title"]}]
    elements += _parts(line["parts"], "Extension") if "parts" in line else [_none("Extension.extension")]
    elements.append({"id": "Extension.url", "path": "Extension.url", "fixedUri": url})
    elements.append(_value("Extension", line["value"]) if "value" in line else _none("Extension.value[x]"))
    return {
        **described("StructureDefinition", url, name, line["title"], line["description"]),
        "fhirVersion": FHIR_VERSION,
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": line["context"]}],
        "type": "Extension",
        "baseDefinition": f"{HL7}/Extension",
        "derivation": "constraint",
        "differential": {"element": elements},
    }


def _parts(parts: Mapping[str, Any], under: str) -> list[Json]:
    elements: list[Json] = []
    for name, kind in parts.items():
        identifier = f"{under}.extension:{name}"
        elements.append(_element({"id": identifier, "sliceName": name}))
        if isinstance(kind, dict):
            elements += _parts(kind, identifier)
        elements.append(_element({"id": f"{identifier}.url", "fixedUri": name}))
        if not isinstance(kind, dict):
            elements.append(_value(identifier, kind))
    return elements


def _value(under: str, kind: str) -> Json:
    return _element({"id": f"{under}.value[x]", "min": 1, "type": [{"code": kind}]})


def _none(identifier: str) -> Json:
    return _element({"id": identifier, "max": "0"})


def _operation(name: str, line: Mapping[str, Any]) -> Json:
    url = f"{BASE}/OperationDefinition/{name}"
    about = described("OperationDefinition", url, name, line["title"], line["description"])
    del about["copyright"]  # an OperationDefinition has none
    return {
        **about,
        "kind": "operation",
        "affectsState": line["affectsState"],
        "code": name,
        "system": line["system"],
        "type": line["type"],
        "instance": False,
        "parameter": line["parameter"],
    }


def _message(event: str, line: Mapping[str, Any]) -> Json:
    """What a message of an event holds; Task is what its header points at, the others come with it."""
    return {
        **described("MessageDefinition", message_definition(event), event, line["title"], line["description"]),
        "eventCoding": {"system": MESSAGE_SYSTEM, "code": event, "display": line["title"]},
        "category": line["category"],
        "focus": [
            {"code": kind, "profile": its_profile, "min": 1, "max": "1"}
            for kind, its_profile in line["resources"].items()
        ],
        "responseRequired": "always",
    }


def _naming_system(name: str, line: Mapping[str, Any]) -> Json:
    return {
        "resourceType": "NamingSystem",
        "id": name,
        "name": _computable(name),
        "status": "active",
        "kind": line["kind"],
        "date": PUBLISHED,
        "publisher": "Arbobrug",
        "description": line["description"],
        "uniqueId": [{"type": "uri", "value": naming_system(name), "preferred": True}],
    }
