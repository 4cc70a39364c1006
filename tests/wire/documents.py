"""Documents to send: the one that we publish for vendors, with names of its own each time."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

from fhir.canonical import NUMBER_SYSTEM
from service.web.connecting import FOLDER

Json = dict[str, Any]
_PUBLISHED: Json = json.loads((FOLDER / "melding.json").read_text("utf-8"))
CLIENT_SYSTEM = "https://arbodienst.example/melding"


def in_letters(number: int) -> str:
    """A number without digits: digits in free text have a meaning here."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def notification(ura: str = "90000001") -> Json:
    """A good document that looks like no other."""
    document = deepcopy(_PUBLISHED)
    document["identifier"]["value"] = f"urn:uuid:{uuid4()}"
    part(document, "Composition")["identifier"] = {"system": CLIENT_SYSTEM, "value": str(uuid4())}
    part(document, "Organization")["identifier"][0]["value"] = ura
    observation(document, "11341-5")["valueCodeableConcept"] = {"text": f"Metselaar {in_letters(uuid4().int)}"}
    return document


def follow_up(document: Json, number: str, *, code: str = "replaces", status: str = "amended") -> Json:
    """The document sent anew about a notification that has a number."""
    changed = deepcopy(document)
    changed["identifier"]["value"] = f"urn:uuid:{uuid4()}"
    composition = part(changed, "Composition")
    composition["status"] = status
    target = {"system": NUMBER_SYSTEM, "value": number}
    composition["relatesTo"] = [{"code": code, "targetIdentifier": target}]
    return changed


def withdrawal(document: Json, number: str, reason: str = "Bij nader onderzoek geen beroepsziekte") -> Json:
    """A document that takes the notification back: the frame alone."""
    changed = follow_up(document, number, status="entered-in-error")
    composition = part(changed, "Composition")
    composition.pop("subject")
    composition.pop("section")
    url = "https://arbobrug.example/fhir/StructureDefinition/reden-intrekking"
    composition["extension"] = [{"url": url, "valueString": reason}]
    kept = ("Composition", "PractitionerRole", "Organization")
    changed["entry"] = [one for one in changed["entry"] if one["resource"]["resourceType"] in kept]
    return changed


def group(document: Json, *members: tuple[int, str, str]) -> Json:
    """One notification with more workers."""
    told = [
        {
            "name": "groep",
            "part": [
                {"name": "geboortejaar", "valueInteger": born},
                {"name": "geslacht", "valueCode": sex},
                {"name": "start", "valueDate": onset},
            ],
        }
        for born, sex, onset in members
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "melding", "resource": document}, *told]}


def part(document: Json, resource_type: str) -> Json:
    """The first resource of this type."""
    return next(parts(document, resource_type))


def parts(document: Json, resource_type: str) -> Iterator[Json]:
    """Every resource of this type."""
    found: Iterator[Json] = (one["resource"] for one in document["entry"])
    return (one for one in found if one["resourceType"] == resource_type)


def observation(document: Json, code: str) -> Json:
    """The Observation that is about this."""
    return next(one for one in parts(document, "Observation") if one["code"]["coding"][0]["code"] == code)


def place(document: Json, resource_type: str) -> str:
    """The FHIRPath of the first resource of this type."""
    kinds = [one["resource"]["resourceType"] for one in document["entry"]]
    return f"Bundle.entry[{kinds.index(resource_type)}].resource"


def damaged(document: Json, damage: Callable[[Json], Any]) -> Json:
    """The same document with one thing broken."""
    copy = deepcopy(document)
    damage(copy)
    return copy


def packed(document: Json) -> bytes:
    """The document as bytes."""
    return json.dumps(document, ensure_ascii=False).encode()
