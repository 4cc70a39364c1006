"""Does the document hold to FHIR R4? One walk, which also gathers what the later layers look at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fhir.canonical import HL7, ODH, SNOMED, extension
from fhir.issues import Issue, Severity, issue
from fhir.reading.narrative import paragraphs
from fhir.reading.table import RESOURCE, Element, Type, table
from fhir.terminology import known_system

MAX_DEPTH: Final = 20
MAX_ENTRIES: Final = 200
# What a notification and a message between doctors may be made of.
NOTIFICATION: Final = frozenset(
    "Bundle Composition Condition Observation Organization Parameters Patient Practitioner PractitionerRole".split()
)
MESSAGE: Final = (NOTIFICATION - {"Parameters"}) | frozenset(
    "MessageHeader Task ServiceRequest Consent DocumentReference Binary".split()
)
# In these resources an extension may carry something of the notifier, and warns; in the others it may carry a worker.
NOTIFIER: Final = frozenset({"Practitioner", "PractitionerRole", "Organization"})
REASON_EXTENSION: Final = extension("reden-intrekking")
# Each extension that we know, with the only element its value may stand in and the resources it may stand in.
_EXTENSIONS: Mapping[str, tuple[str, frozenset[str] | None]] = {
    f"{ODH}/StructureDefinition/odh-isCurrentJob-extension": ("valueBoolean", frozenset({"Observation"})),
    f"{HL7}/iso21090-EN-qualifier": ("valueCode", NOTIFIER),
    f"{HL7}/humanname-own-name": ("valueString", NOTIFIER),
    f"{HL7}/humanname-own-prefix": ("valueString", NOTIFIER),
    f"{HL7}/data-absent-reason": ("valueCode", None),
    REASON_EXTENSION: ("valueString", frozenset({"Composition"})),
}
_CODED_EXTENSIONS: Mapping[str, frozenset[str]] = {
    f"{HL7}/iso21090-EN-qualifier": frozenset("LS AC NB PR HON BR AD SP MID CL IN VV".split()),
    f"{HL7}/data-absent-reason": frozenset(
        "unknown asked-unknown temp-unknown not-asked asked-declined masked not-applicable unsupported as-text error "
        "not-a-number negative-infinity positive-infinity not-performed not-permitted".split()
    ),
}
# Anything that could be a number of nine digits, a full date, an address or a telephone number; nearly no text is.
_WORTH_A_LOOK = re.compile(r"\d(?:[\s./-]?\d){4}|@|\d [A-Za-z]{3}|^[Dd][Aa][Tt][Aa]:").search
LONGEST: Final = 1000


@dataclass(slots=True)  # not frozen: hundreds are made for each document, and freezing triples the price
class Text:
    """A piece of text or a number somewhere, for the privacy layer."""

    path: str
    value: Any = field(repr=False)
    type: str
    system: Any = field(default=None, repr=False)


@dataclass(slots=True)
class Link:
    """A reference somewhere; `key` is the element that holds it, which in an attachment is its url."""

    path: str
    reference: Mapping[str, Any] = field(repr=False)
    source: int
    key: str = "reference"


@dataclass(slots=True)
class Walk:
    """What one walk through a document found.

    `kinds` are the resources that may be in it. An anonymous document is closed: no extension, code system, file or
    text in it that we do not know; in one by name an unknown extension warns, and files are for others to look at.
    """

    kinds: frozenset[str] = NOTIFICATION
    anonymous: bool = True
    issues: list[Issue] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    owner: str = ""
    source: int = -1

    def resource(self, value: Any, path: str) -> None:
        """Check one resource and everything in it."""
        name = value.get("resourceType") if type(value) is dict else None
        if type(value) is not dict:
            self._say("AB-V003", path)
        elif type(name) is not str or name not in self.kinds:
            self._say("AB-P010" if self.anonymous and type(name) is str and name in _FILES else "AB-V009", path)
        else:
            before, self.owner = self.owner, name
            self._complex(value, table().types[name], path)
            self.owner = before

    def _say(self, error: str, path: str, severity: Severity | None = None) -> None:
        self.issues.append(issue(error, path, severity=severity))

    def _complex(self, value: dict[str, Any], kind: Type, path: str) -> None:
        if not value:
            self._say("AB-V008", path)
        for key, item in value.items():
            element = kind.elements.get(key)
            if element is None:
                self._stranger(key, item, kind, path, value)
            elif key in _REFUSED:
                self._say(_REFUSED[key], f"{path}.{key}")
            elif element.many:
                self._many(item, element, f"{path}.{element.path}", value, key)
            elif type(item) is list:
                self._say("AB-V006", f"{path}.{element.path}")
            else:
                self._one(item, element, f"{path}.{element.path}", value)
        self._counts(value, kind, path)
        if (special := _SPECIAL.get(kind.name)) is not None:
            special(self, value, path)

    def _counts(self, value: dict[str, Any], kind: Type, path: str) -> None:
        """What must be there is, and of what may be given in one of several ways there is one."""
        for name, keys in kind.required:
            if not any(key in value or f"_{key}" in value for key in keys):
                self._say("AB-V005", f"{path}.{name}")
        for name, ways in kind.choices:
            if len(ways & value.keys()) > 1:
                self._say("AB-V006", f"{path}.{name}")

    def _stranger(self, key: Any, item: Any, kind: Type, path: str, value: dict[str, Any]) -> None:
        """A name the table does not have: the type itself, what accompanies a primitive, or nothing of FHIR's."""
        if key == "resourceType" and kind.name in table().resources:
            return
        element = kind.elements.get(key[1:]) if type(key) is str and key[:1] == "_" else None
        if element is None or element.check is None:
            self._say("AB-V002", path)  # the name is not repeated: it may be what identifies
            return
        path = f"{path}.{element.path}"
        if element.many and type(item) is list:
            beside = value.get(key[1:])
            if type(beside) is list and len(beside) != len(item):
                self._say("AB-V006", path)
            for position, one in enumerate(item):
                if one is not None:
                    self._beside(one, f"{path}[{position}]")
        else:
            self._beside(item, path)

    def _beside(self, value: Any, path: str) -> None:
        if type(value) is not dict or not value or value.keys() - {"id", "extension"}:
            self._say("AB-V003", path)
        else:
            self._complex(value, _BESIDE, path)

    def _many(self, items: Any, element: Element, path: str, parent: dict[str, Any], key: str) -> None:
        if type(items) is not list:
            self._say("AB-V006", path)
            return
        if not items:
            self._say("AB-V008", path)
        extras = parent.get(f"_{key}") if element.check else None
        for position, item in enumerate(items):
            if item is None and type(extras) is list and position < len(extras) and extras[position]:
                continue
            self._one(item, element, f"{path}[{position}]", parent)

    def _one(self, value: Any, element: Element, path: str, parent: dict[str, Any]) -> None:
        check = element.check
        if check is None:
            if element.type == RESOURCE:
                self._inner(value, path)
            elif type(value) is not dict:
                self._say("AB-V003", path)
            else:
                self._complex(value, table().types[element.type], path)
                if element.codes is not None:
                    self._bound(value, element.codes, path)
        elif not check(value):
            self._say(_fault(value, element), path)
        elif element.searched and self.anonymous and self.owner not in NOTIFIER and _worth_a_look(value):
            self.texts.append(Text(path, value, element.type, parent.get("system")))

    def _inner(self, value: Any, path: str) -> None:
        """A resource inside another: a Bundle in Parameters, anything but those two in a Bundle."""
        outer, name = self.owner, value.get("resourceType") if type(value) is dict else None
        if (outer == "Parameters") is not (name == "Bundle") or name == "Parameters":
            known = type(name) is str
            self._say("AB-P010" if known and name in _FILES else "AB-V009" if known else "AB-V003", path)
            return
        if outer == "Bundle":
            self.source = int(path[path.rindex("[") + 1 : path.rindex("]")])
        self.resource(value, path)

    def _bound(self, concept: dict[str, Any], codes: frozenset[str], path: str) -> None:
        codings = concept.get("coding")
        if type(codings) is list and not any(
            type(one) is dict and f"{one.get('system')}|{one.get('code')}" in codes for one in codings
        ):
            self._say("AB-V007", path)

    def reference(self, value: dict[str, Any], path: str) -> None:
        """Keep a reference for the layer that follows them."""
        self.links.append(Link(path, value, self.source))

    def extension(self, value: dict[str, Any], path: str) -> None:
        """Only extensions that we know; of someone who is named anyway another merely warns."""
        url = value.get("url")
        allowed, owners = _EXTENSIONS.get(url, (None, None)) if type(url) is str else (None, None)
        if allowed is None or (self.anonymous and owners is not None and self.owner not in owners):
            open_here = not self.anonymous or self.owner in NOTIFIER
            self._say("AB-V021", path, Severity.WARNING if open_here else None)
        elif not value.keys() <= {"url", allowed}:
            self._say("AB-V021", path)
        elif type(url) is str and url in _CODED_EXTENSIONS and str(value.get(allowed)) not in _CODED_EXTENSIONS[url]:
            self._say("AB-V007", f"{path}.value")

    def attachment(self, value: dict[str, Any], path: str) -> None:
        """A picture or a file says more than a notification may, and more than whom a message is about."""
        if self.anonymous or self.owner not in _HOLD_FILES:
            self._say("AB-P006", path)
        elif "url" in value:
            self.links.append(Link(path, {"reference": value["url"]}, self.source, "url"))

    def narrative(self, value: dict[str, Any], path: str) -> None:
        """Words for a reader are paragraphs and nothing else: no script, style, picture or link."""
        div = value.get("div")
        if not self.anonymous and type(div) is str and paragraphs(div) is None:
            self._say("AB-V047", f"{path}.div")

    def coding(self, value: dict[str, Any], path: str) -> None:
        """A code without its system says nothing, and a SNOMED CT identifier has a check digit."""
        system, code = value.get("system"), value.get("code")
        if type(code) is str and "system" not in value:
            self._say("AB-T008", f"{path}.system")
        elif "code" not in value and "_code" not in value:
            self._say("AB-V005", f"{path}.code")
        closed = self.anonymous and self.owner not in NOTIFIER
        if type(system) is str and closed and not known_system(system):
            self._say("AB-T008", f"{path}.system")
        elif system == SNOMED and type(code) is str and not is_snomed(code):
            self._say("AB-T001", f"{path}.code")

    def quantity(self, value: dict[str, Any], path: str) -> None:
        """R4's qty-3: a code for the unit needs the system of units."""
        if "code" in value and "system" not in value:
            self._say("AB-V008", path)

    def period(self, value: dict[str, Any], path: str) -> None:
        """R4's per-1: the start is not after the end, as far as both are told."""
        start, end = value.get("start"), value.get("end")
        if type(start) is str and type(end) is str and start[: len(end)][:10] > end[: len(start)][:10]:
            self._say("AB-R004", path)


def _worth_a_look(value: Any) -> bool:
    if type(value) is str:
        return len(value) > LONGEST or (len(value) > 4 and _WORTH_A_LOOK(value) is not None)
    return bool(abs(value) >= 10**6)


def _fault(value: Any, element: Element) -> str:
    if element.codes is not None and type(value) is str:
        return "AB-V007"
    if type(value) in {dict, list} or value is None or type(value) is not _JSON_TYPE.get(element.type, str):
        return "AB-V003"
    return "AB-V004"


_JSON_TYPE: Mapping[str, type] = {
    "boolean": bool,
    "integer": int,
    "unsignedInt": int,
    "positiveInt": int,
    "decimal": float,
}
_FILES = frozenset({"Binary", "DocumentReference", "DocumentManifest", "Media"})
_HOLD_FILES = frozenset({"DocumentReference", "Consent"})
_REFUSED: Mapping[str, str] = {"modifierExtension": "AB-V020", "contained": "AB-P004"}
_BESIDE = Type("Element", {name: table().types["Coding"].elements[name] for name in ("id", "extension")})
_SPECIAL: Mapping[str, Any] = {
    "Reference": Walk.reference,
    "Extension": Walk.extension,
    "Attachment": Walk.attachment,
    "Narrative": Walk.narrative,
    "Signature": Walk.attachment,
    "Coding": Walk.coding,
    "Quantity": Walk.quantity,
    "Period": Walk.period,
}
_MULTIPLY = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTE = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def is_snomed(code: str) -> bool:
    """Tell whether this can be a SNOMED CT concept: its kind of identifier, and Verhoeff's check digit."""
    if not (6 <= len(code) <= 18 and code.isascii() and code.isdigit() and code[-3:-1] in {"00", "10"}):
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_MULTIPLY[check][int(_PERMUTE[place % 8][int(digit)])])
    return check == 0


def too_deep(document: object) -> bool:
    """Tell whether the document nests deeper than we read. No recursion: depth is what it defends against."""
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for one in level
            if type(one) in {dict, list}
            for inner in (one.values() if type(one) is dict else one)
            if type(inner) in {dict, list}
        ]
        if not level:
            return False
    return True
