"""Damages good documents, one place at a time, and says where and how it must be noticed."""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fhir.identifiers import is_bsn

Path = tuple[str | int, ...]
BSN = "999990019"
SECRET = "Jansen-van-Zwolle"
_CHOICES = ("value", "effective", "onset", "target", "deceased", "multipleBirth", "event", "source")
_NOTIFIER = ("Practitioner", "PractitionerRole", "Organization")


@dataclass(frozen=True)
class Damaged:
    """A damaged document: what was done, where, and which families of codes may say so."""

    name: str
    document: Any = field(repr=False)
    path: str
    families: str


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place in a document, with what stands there."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from places(inner, (*path, position))


def fhirpath(root: str, path: Path) -> str:
    """A path in JSON as FHIRPath."""
    written = root
    for step in path:
        if isinstance(step, int):
            written += f"[{step}]"
            continue
        name = step.removeprefix("_")
        for choice in _CHOICES:
            if re.fullmatch(rf"{choice}[A-Z]\w*", name):
                name = choice
        written += f".{name}"
    return written


def changed(document: Any, path: Path, change: Callable[[Any, Any], None]) -> Any:
    """A copy, as far as it changes, in which something was done to the parent of a place."""
    made = copy.copy(document)
    parent = made
    for step in path[:-1]:
        parent[step] = copy.copy(parent[step])
        parent = parent[step]
    change(parent, path[-1])
    return made


def put(value: Any) -> Callable[[Any, Any], None]:
    return lambda parent, key: parent.__setitem__(key, value)


def resource_at(document: Any, path: Path) -> str:
    """The type of the resource that a place is in."""
    found, here = str(document.get("resourceType")), document
    for step in path:
        here = here[step]
        if isinstance(here, dict) and "resourceType" in here:
            found = here["resourceType"]
    return found


def mutants(document: Any) -> Iterator[Damaged]:
    """Every damage that our operators can do to a document."""
    root = document["resourceType"]
    for path, value in places(document):
        # A document that does not say what it is, is called a Bundle.
        where = "Bundle" if path == ("resourceType",) else fhirpath(root, path)
        if isinstance(value, dict):
            yield from _objects(document, path, value, where)
        if not path:
            continue
        yield from anything(document, path, value, where)
        if _is_required(document, path):
            missing = changed(document, path, lambda parent, key: parent.pop(key))
            yield Damaged("missing", missing, where, "VTPA")
        if isinstance(value, str):
            yield from _texts(document, path, value, where)
    yield from _whole(document, root)


def _objects(document: Any, path: Path, value: dict[str, Any], where: str) -> Iterator[Damaged]:
    extra = changed(document, (*path, f"geheim{BSN}"), put(SECRET))
    yield Damaged("extra element", extra, where, "V")
    if "resourceType" in value and path:
        kind = value["resourceType"]
        for name, wrong, families in _SMUGGLED:
            if name in value or (kind in _NOTIFIER and name not in {"contained", "modifierExtension", "photo"}):
                continue
            here = changed(document, (*path, name), put(copy.deepcopy(wrong)))
            yield Damaged(f"smuggled {name}", here, fhirpath(document["resourceType"], (*path, name)), families)


_SMUGGLED: tuple[tuple[str, Any, str], ...] = (
    ("contained", [{"resourceType": "Patient", "name": [{"family": SECRET}]}], "PV"),
    ("modifierExtension", [{"url": "http://example.org/x", "valueBoolean": True}], "V"),
    ("extension", [{"url": "http://example.org/naam", "valueString": SECRET}], "VP"),
    ("text", {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{SECRET}</div>'}, "PV"),
    ("identifier", [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": BSN}], "PV"),
    ("name", [{"family": SECRET}], "PV"),
    ("telecom", [{"system": "phone", "value": "0612345678"}], "PV"),
    ("address", [{"postalCode": "8011AB"}], "PV"),
    ("photo", [{"contentType": "image/png", "data": "AAAA"}], "PV"),
    ("note", [{"text": SECRET}], "PV"),
    ("contact", [{"name": {"family": SECRET}}], "PV"),
)


def anything(document: Any, path: Path, value: Any, where: str) -> Iterator[Damaged]:
    """What is wrong wherever it is done."""
    if len(path) < 2 or path[-2] != "given":  # there the extension beside it may stand alone
        yield Damaged("null", changed(document, path, put(None)), where, "VTP")
    yield Damaged("empty object", changed(document, path, put({})), where, "VTP")
    yield Damaged("empty list", changed(document, path, put([])), where, "VTP")
    if isinstance(value, list):
        yield Damaged("list as single", changed(document, path, put(copy.deepcopy(value[0]))), where, "VTP")
    elif not isinstance(path[-1], int):
        yield Damaged("single as list", changed(document, path, put([copy.deepcopy(value)])), where, "VTP")
    else:
        yield Damaged("list in list", changed(document, path, put([copy.deepcopy(value)])), where, "VTP")
    wrong = "tekst" if isinstance(value, bool | int | float | dict) else 12.5
    yield Damaged("wrong type", changed(document, path, put(wrong)), where, "VTP")


_REQUIRED = frozenset(
    "resourceType status gender birthDate fullUrl resource timestamp author custodian confidentiality "
    "verificationStatus clinicalStatus subject url code system reference section value valueCodeableConcept".split()
)


def _is_required(document: Any, path: Path) -> bool:
    parent = at(document, path[:-1])
    if "unit" in parent:  # of a quantity only the value matters; the rest may say more exactly what it is
        return path[-1] == "value"
    if path[-1] in {"type", "identifier"}:
        return parent.get("resourceType") in {"Bundle", "Composition"}
    return path[-1] in _REQUIRED


def at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _texts(document: Any, path: Path, value: str, where: str) -> Iterator[Damaged]:
    key, kind = path[-1], resource_at(document, path)
    # Which findings there are, a guideline says: not told on this floor.
    finding = "bevinding" in str(at(document, path[:-1]).get("system") if not isinstance(key, int) else "")
    if key in {"code", "status", "type", "gender", "confidentiality", "use", "resourceType"} and not finding:
        yield Damaged("wrong code", changed(document, path, put("bestaat-niet")), where, "VTP")
    if key in {"reference", "fullUrl"}:
        for wrong in ("urn:uuid:00000000-0000-4000-8000-000000000000", "http://169.254.169.254/x", "Patient/1", "#p"):
            yield Damaged("broken reference", changed(document, path, put(wrong)), where, "VP")
    if kind in _NOTIFIER:
        return
    if key in {"birthDate", "start", "end"} and len(value) <= 7:
        yield Damaged("full date", changed(document, path, put("1971-04-12")), where, "P")
    if key in {"display", "text", "title", "valueString", "value"} and not (key == "value" and "uuid" in value):
        for smuggled in (f"BSN {BSN}", f"{BSN[:4]} {BSN[4:]}", "geboren 12-04-1971", "3 mei 1971", "j@example.nl"):
            yield Damaged("smuggled text", changed(document, path, put(smuggled)), where, "P")
        yield Damaged("data address", changed(document, path, put("data:text/plain;base64,SmFu")), where, "P")
        yield (
            Damaged("too long", changed(document, path, put("x" * 5000)), where, "V")
            if key != "display"
            else Damaged("blank", changed(document, path, put("   ")), where, "V")
        )
    if key == "reference":
        beside = (*path[:-1], "display")
        yield Damaged(
            "strange identifier", changed(document, (*path[:-1], "identifier"), put({"value": BSN})), where, "VP"
        )
        target = value.removeprefix("urn:uuid:")
        if any(
            isinstance(one, dict) and one.get("resourceType") == "Patient" and one.get("id") == target
            for _, one in places(document)
        ):
            yield Damaged(
                "display of the worker",
                changed(document, beside, put(SECRET)),
                fhirpath(document["resourceType"], beside),
                "P",
            )


def _whole(document: Any, root: str) -> Iterator[Damaged]:
    bundle: Path = () if root == "Bundle" else ("parameter", 0, "resource")
    entries = document
    for step in (*bundle, "entry"):
        entries = entries[step]
    many = changed(document, (*bundle, "entry"), put(entries * 40))
    yield Damaged("oversize", many, fhirpath(root, (*bundle, "entry")), "V")
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    yield Damaged("deep", changed(document, ("diep",), put(deep)), root, "V")
    for position, entry in enumerate(entries):
        place: Path = (*bundle, "entry", position)
        kept = [one for one in entries if one is not entry]
        if entry["resource"]["resourceType"] != "Practitioner":
            less = changed(document, (*bundle, "entry"), put(kept))
            yield Damaged("entry left out", less, fhirpath(root, (*bundle, "entry")), "VT")
        twice = changed(document, (*bundle, "entry"), put([*entries, entry]))
        yield Damaged("entry twice", twice, fhirpath(root, (*bundle, "entry", len(entries))), "V")
        loose = {**entry, "fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001"}
        loose["resource"] = {key: value for key, value in entry["resource"].items() if key != "id"}
        more = changed(document, (*bundle, "entry"), put([*entries, loose]))
        yield Damaged("unreachable", more, fhirpath(root, (*bundle, "entry", len(entries))), "V")
        for wrong in ("Binary", "DocumentReference", "Medication", "Bundle", "Parameters"):
            other = {"fullUrl": entry["fullUrl"], "resource": {"resourceType": wrong, "id": entry["resource"]["id"]}}
            yield Damaged(f"{wrong} in its place", changed(document, place, put(other)), fhirpath(root, place), "VP")
    if len(entries) > 1:
        turned = changed(document, (*bundle, "entry"), put(entries[::-1]))
        yield Damaged("Composition last", turned, fhirpath(root, (*bundle, "entry")), "V")


def at_or_around(expression: str | None, path: str) -> bool:
    """Whether an expression points at a place, above it, or inside it."""
    if expression is None:
        return False
    return any(
        one == other or one.startswith((f"{other}.", f"{other}["))
        for one, other in ((path, expression), (expression, path))
    )


assert is_bsn(BSN)
