"""Makes fhir/data/r4.json, what R4 says of the types that our documents may hold, from HL7's own definitions.

Run as `python -m tests.fhir.r4_table <folder of definitions> fhir/data/r4.json`; a test checks that nothing drifted.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESOURCES = (
    "Binary Bundle Composition Condition Consent DocumentReference MessageHeader Observation OperationOutcome "
    "Organization Parameters Patient Practitioner PractitionerRole ServiceRequest Task".split()
)
# Bindings that say nothing a list could say (any media type, any currency, any type name).
_OPEN = ("mimetypes", "currencies", "all-types", "defined-types", "resource-types", "languages")
# The values a Parameters resource or an extension may hold with us; FHIR has fifty.
_VALUES = (
    "boolean code date dateTime decimal integer string uri CodeableConcept Coding Identifier Period Quantity Reference"
)
# What Medplum adds in its own copy of the definitions.
_MEDPLUM = {
    "Meta": frozenset("project author onBehalfOf account accounts compartment deleted".split()),
    "Binary": frozenset({"url"}),
}


def table(folder: Path) -> dict[str, Any]:
    """The types that are reachable from our resources, with the codes of their required bindings."""
    definitions = {
        one["id"]: one
        for name in ("profiles-types", "profiles-resources")
        for one in _resources(folder / f"{name}.json")
        if one["resourceType"] == "StructureDefinition"
    }
    sets = {one["url"]: one for one in _resources(folder / "valuesets.json")} | {
        one["url"]: one for one in _resources(folder / "v3-codesystems.json") if "url" in one
    }
    types: dict[str, Any] = {}
    bindings: dict[str, list[str]] = {}
    waiting = list(RESOURCES)
    while waiting:
        name = waiting.pop()
        if name in types or name == "Resource" or definitions[name]["kind"] == "primitive-type":
            continue
        for path, elements in _backbones(definitions[name], sets, bindings):
            types[path] = elements
            waiting += [one[1] for one in elements.values() if one[1] and "." not in one[1]]
    primitives = {
        one["id"]: _regex(one)
        for one in definitions.values()
        if one["kind"] == "primitive-type" and one["id"] != "xhtml"
    }
    return {"types": dict(sorted(types.items())), "codes": dict(sorted(bindings.items())), "primitives": primitives}


def _resources(path: Path) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in json.loads(path.read_text("utf-8"))["entry"]]


def _regex(definition: dict[str, Any]) -> str | None:
    for element in definition["snapshot"]["element"]:
        for kind in element.get("type", []):
            for extension in kind.get("extension", []):
                if extension["url"].endswith("/regex"):
                    return str(extension["valueString"])
    return None


def _backbones(
    definition: dict[str, Any], sets: dict[str, Any], bindings: dict[str, list[str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each type inside a definition: its path, and per JSON name (FHIRPath name, type, min, max, binding)."""
    found: dict[str, dict[str, Any]] = {definition["id"]: {}}
    for element in definition["snapshot"]["element"][1:]:
        parent, _, name = element["path"].rpartition(".")
        if name in _MEDPLUM.get(parent, ()):
            continue
        low, high = element["min"], -1 if element["max"] == "*" else int(element["max"])
        binding = _binding(element, sets, bindings)
        if reference := element.get("contentReference"):
            found[parent][name] = [name, reference.rpartition("#")[2], low, high, None]
            continue
        codes = [_code(kind) for kind in element["type"]]
        if codes[0] in {"BackboneElement", "Element"}:
            found[element["path"]] = {}
            found[parent][name] = [name, element["path"], low, high, None]
        elif name.endswith("[x]"):
            open_ended = len(codes) > 15
            for code in codes:
                if not open_ended or code in _VALUES.split():
                    bare = name[:-3]
                    found[parent][bare + code[0].upper() + code[1:]] = [bare, code, low, high, binding]
        else:
            found[parent][name] = [name, codes[0], low, high, binding]
    yield from found.items()


def _code(kind: dict[str, Any]) -> str:
    """The type as FHIR names it; an id and the url of an extension are told in FHIRPath's, with FHIR's beside it."""
    for extension in kind.get("extension", []):
        if extension["url"].endswith("/structuredefinition-fhir-type"):
            return str(extension["valueUrl"])
    return str(kind["code"])


def _binding(element: dict[str, Any], sets: dict[str, Any], bindings: dict[str, list[str]]) -> str | None:
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or "valueSet" not in binding:
        return None
    url = binding["valueSet"].partition("|")[0]
    name = url.rpartition("/")[2]
    if name in _OPEN or url not in sets:
        return None
    if name not in bindings:
        bindings[name] = sorted(_codes(sets[url], sets))
    return str(name)


def _codes(value_set: dict[str, Any], sets: dict[str, Any]) -> Iterator[str]:
    for include in value_set["compose"]["include"]:
        system = include.get("system", "")
        concepts = include.get("concept") or sets.get(system, {}).get("concept", [])
        yield from (f"{system}|{code}" for code in _flat(concepts))
        for nested in include.get("valueSet", []):
            yield from _codes(sets[nested.partition("|")[0]], sets)


def _flat(concepts: list[dict[str, Any]]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _flat(concept.get("concept", []))


def written(of: dict[str, Any]) -> str:
    """One line for each type, so that a change can be read."""
    parts = []
    for part, lines in of.items():
        rows = ",\n  ".join(
            f"{json.dumps(name)}: {json.dumps(line, ensure_ascii=False)}" for name, line in lines.items()
        )
        parts.append(f' "{part}": {{\n  {rows}\n }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(written(table(Path(sys.argv[1]))), "utf-8")
