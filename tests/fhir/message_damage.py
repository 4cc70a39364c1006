"""Damages good messages: the operators for any document, and what someone might try on a message between doctors."""

import base64
import copy
from collections.abc import Callable, Iterator
from typing import Any

from tests.fhir.damage import BSN, SECRET, Damaged, Path, anything, changed, fhirpath, places, put

_XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
_MARKUP = (
    f"<div {_XHTML}><script>alert(1)</script></div>",
    f"<div {_XHTML}><svg onload='x()'></svg></div>",
    f'<div {_XHTML}><p style="background:url(http://x)">{SECRET}</p></div>',
    f'<div {_XHTML}><a href="javascript:x()">{SECRET}</a></div>',
    f'<div {_XHTML}><img src="http://169.254.169.254/"/></div>',
    f"<div {_XHTML}><style>p{{}}</style></div>",
    f"<div {_XHTML}><p>{SECRET}</div>",
    f"<div {_XHTML}><!-- {SECRET} --></div>",
    f"<div {_XHTML}>&{SECRET};</div>",
    f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><div {_XHTML}>&y;</div>',
)
_REFERENCES = (
    "http://169.254.169.254/latest",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "file:///etc/passwd",
    "ldap://example.org/x",
    "Patient/1",
    "#p",
    "urn:uuid:00000000-0000-4000-8000-000000000000",
)
# By resource and element, which families may say that it is missing.
_NEEDED: dict[str, dict[str, str]] = {
    "MessageHeader": {"eventCoding": "VM", "destination": "V", "sender": "V", "source": "V", "focus": "V"},
    "Task": {
        "groupIdentifier": "V",
        "status": "VL",
        "intent": "V",
        "focus": "V",
        "requester": "V",
        "owner": "V",
    },
    "ServiceRequest": {"status": "V", "intent": "V", "code": "T", "subject": "V", "performer": "V"},
    "Composition": {"status": "V", "type": "V", "date": "V", "author": "V", "title": "V", "section": "V"},
    "Consent": dict.fromkeys(
        "status scope category patient dateTime performer organization sourceReference policy provision".split(), "VC"
    ),
    "DocumentReference": {"status": "V", "content": "V"},
    "Patient": {"name": "V", "gender": "V", "birthDate": "V"},
    "PractitionerRole": {"organization": "V"},
    "Condition": {"clinicalStatus": "V", "verificationStatus": "V", "category": "V", "code": "V", "subject": "V"},
    "Observation": {"status": "V", "code": "V"},
}
_PROVISION = ("type", "period", "actor", "purpose", "data")


def message_mutants(document: Any, step: int) -> Iterator[Damaged]:
    """Every damage on one place out of `step`, and every attack."""
    for position, (path, value) in enumerate(places(document)):
        if path and position % step == 0:
            # A document that does not say what it is, is called a Bundle.
            where = "Bundle" if path == ("resourceType",) else fhirpath("Bundle", path)
            families = "VMCTL" if path[-1] in {"resourceType", "resource"} else "V"
            yield from (
                Damaged(one.name, one.document, one.path, families) for one in anything(document, path, value, where)
            )
        if position % step == 0 and isinstance(value, dict):
            extra = changed(document, (*path, f"geheim{BSN}"), put(SECRET))
            yield Damaged("extra element", extra, fhirpath("Bundle", path), "V")
        if path and path[-1] == "reference" and isinstance(value, str):
            wrong = _REFERENCES[position % len(_REFERENCES)]
            yield Damaged(f"reference {wrong}", changed(document, path, put(wrong)), fhirpath("Bundle", path), "V")
        if path and path[-1] == "div":
            for markup in _MARKUP:
                yield Damaged("markup", changed(document, path, put(markup)), fhirpath("Bundle", path), "V")
    for position, entry in enumerate(document["entry"]):
        yield from _resources(document, ("entry", position, "resource"), entry["resource"])
    yield from _whole(document)


def _resources(document: Any, place: Path, resource: dict[str, Any]) -> Iterator[Damaged]:
    kind = resource["resourceType"]

    def told(name: str, path: Path, change: Callable[[Any, Any], None], families: str) -> Damaged:
        where = fhirpath("Bundle", (*place, *path))
        return Damaged(f"{kind}: {name}", changed(document, (*place, *path), change), where, families)

    for element, families in _NEEDED.get(kind, {}).items():
        if element in resource:
            yield told(f"no {element}", (element,), lambda parent, key: parent.pop(key), families)
    yield told("contained", ("contained",), put([{"resourceType": "Patient", "name": [{"family": SECRET}]}]), "P")
    yield told("modifierExtension", ("modifierExtension",), put([{"url": "x", "valueBoolean": True}]), "V")
    yield told("style", ("text",), put({"status": "generated", "div": _MARKUP[2]}), "V")
    for path, value, families in _ATTACKS.get(kind, ()):
        if path[0] in resource or path[0] in _ADDED:
            made = value(resource) if callable(value) else value
            yield told(f"{path} {value}"[:60], path, put(copy.deepcopy(made)), families)
    if kind == "Consent":
        for element in _PROVISION:
            yield told(f"no {element}", ("provision", element), lambda parent, key: parent.pop(key), "C")
        text = resource["sourceReference"]["reference"]
        for position, one in enumerate(resource["provision"]["data"]):
            if one["reference"]["reference"] != text:
                yield _unnamed(document, place, position)


def _unnamed(document: Any, place: Path, position: int) -> Damaged:
    """A resource that the consent no longer names."""
    data = document["entry"][place[1]]["resource"]["provision"]["data"]
    url = data[position]["reference"]["reference"]
    at = next(number for number, one in enumerate(document["entry"]) if one["fullUrl"] == url)
    kept = [one for one in data if one is not data[position]]
    path = fhirpath("Bundle", ("entry", at, "resource"))
    return Damaged(f"unnamed {at}", changed(document, (*place, "provision", "data"), put(kept)), path, "C")


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


_ADDED = frozenset({"doNotPerform", "photo", "response", "identifier", "signature"})
_OTHER = _concept("http://example.org/x", "x")
_ATTACKS: dict[str, tuple[tuple[Path, Any, str], ...]] = {
    "MessageHeader": (
        (("eventCoding", "code"), "verwijzing-anders", "M"),
        (("eventCoding", "system"), "http://example.org/x", "M"),
        (("focus",), lambda one: one["focus"] * 2, "V"),
        (("destination",), lambda one: one["destination"] * 2, "V"),
        (("response",), {"identifier": "x", "code": "ok"}, "V"),
        (("sender",), lambda one: one["destination"][0]["receiver"], "V"),
        (("destination", 0, "receiver"), lambda one: one["sender"], "V"),
        (("reason",), _concept("https://arbobrug.example/fhir/CodeSystem/bericht-reden", "anders"), "T"),
    ),
    "Task": (
        (("status",), "draft", "L"),
        (("status",), "bestaat-niet", "V"),
        (("intent",), "proposal", "V"),
        (("businessStatus",), _OTHER, "T"),
        (("groupIdentifier", "system"), "http://example.org/x", "V"),
    ),
    "ServiceRequest": (
        (("performer",), lambda one: one["performer"] * 2, "V"),
        (("performer",), lambda one: [one["requester"]], "V"),
        (("requester",), lambda one: one["performer"][0], "V"),
        (("doNotPerform",), True, "V"),
        (("intent",), "option", "V"),
        (("status",), "entered-in-error", "V"),
        (("code",), _OTHER, "T"),
    ),
    "Composition": (
        (("status",), "entered-in-error", "V"),
        (("type",), _concept("http://loinc.org", "55751-2"), "V"),
        (("section", 0, "code"), _OTHER, "T"),
        (("section", 0, "text", "div"), f"<div {_XHTML}><p>{'x' * 5000}</p></div>", "V"),
        (("section", 0, "text", "div"), f"<div {_XHTML}> </div>", "V"),
    ),
    "Condition": (
        (
            ("verificationStatus",),
            _concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "refuted"),
            "V",
        ),
        (("code",), {"text": "x" * 500}, "V"),
        (("code", "coding", 0, "code"), "H83.3.3.3", "T"),
    ),
    "Observation": ((("status",), "entered-in-error", "V"), (("code",), _OTHER, "T")),
    "Consent": (
        (("status",), "inactive", "C"),
        (("scope",), _OTHER, "C"),
        (("category",), [_OTHER], "C"),
        (("provision", "type"), "deny", "C"),
        (("provision", "provision"), [{"type": "deny"}], "C"),
        (("provision", "class"), [{"system": "http://example.org/x", "code": "x"}], "C"),
        (("provision", "code"), [_OTHER], "C"),
        (("provision", "action"), [_OTHER], "C"),
        (("provision", "securityLabel"), [{"system": "http://example.org/x", "code": "x"}], "C"),
        (("provision", "dataPeriod"), {"start": "2020"}, "C"),
        (("provision", "purpose"), [{"system": "http://example.org/x", "code": "HMARKT"}], "C"),
        (("provision", "purpose"), lambda one: one["provision"]["purpose"] * 2, "C"),
        (("provision", "actor"), lambda one: one["provision"]["actor"] * 2, "C"),
        (("provision", "actor", 0, "role"), _OTHER, "C"),
        (("provision", "actor", 0, "reference"), lambda one: one["organization"][0], "C"),
        (("provision", "data", 0, "meaning"), "related", "C"),
        (("provision", "period"), {"start": "2026-09-02", "end": "2026-03-02"}, "R"),
        (("provision", "period"), {"start": "2026-03-02"}, "C"),
    ),
    "DocumentReference": (
        (("status",), "entered-in-error", "V"),
        (("content", 0, "attachment", "contentType"), "text/html", "V"),
        (("content", 0, "attachment", "contentType"), "application/pdf", "V"),
        (("content", 0, "attachment", "contentType"), "image/svg+xml", "V"),
        (("content", 0, "attachment", "data"), base64.b64encode(b"MZ\x90\x00").decode(), "V"),
        (("content", 0, "attachment", "data"), "====", "V"),
        (("content", 0, "attachment"), {"contentType": "text/plain", "url": "http://169.254.169.254/"}, "V"),
        (("content", 0, "attachment"), {"contentType": "text/plain"}, "V"),
    ),
    "Patient": (
        (("identifier",), [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999990018"}], "V"),
        (("identifier",), [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": SECRET}], "V"),
        (("name",), [{"use": "official", "given": [SECRET], "family": SECRET}], "V"),
        (("name",), [{"use": "nickname", "text": SECRET}], "V"),
        (("name",), lambda one: one["name"] * 2, "V"),
        (("birthDate",), "1974", "V"),
        (("birthDate",), "2026-02-30", "V"),
        (("photo",), [{"contentType": "image/png", "data": "AAAA"}], "P"),
    ),
    "Practitioner": (
        (("identifier",), [{"system": "http://fhir.nl/fhir/NamingSystem/big", "value": "123"}], "V"),
        (("photo",), [{"contentType": "image/png", "url": "http://169.254.169.254/"}], "P"),
    ),
    "Organization": ((("identifier",), [{"system": "http://fhir.nl/fhir/NamingSystem/ura", "value": SECRET}], "V"),),
}


def _whole(document: Any) -> Iterator[Damaged]:
    entries = document["entry"]
    many = changed(document, ("entry",), put(entries * 40))
    yield Damaged("oversize", many, "Bundle.entry", "V")
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    yield Damaged("deep", changed(document, ("diep",), put(deep)), "Bundle", "V")
    for name in ("document", "batch", "collection"):
        yield Damaged(name, changed(document, ("type",), put(name)), "Bundle.type", "V")
    yield Damaged("signed", changed(document, ("signature",), put({"data": "AAAA"})), "Bundle.signature", "VP")
    yield Damaged("turned", changed(document, ("entry",), put(entries[::-1])), "Bundle.entry", "V")
    for position, entry in enumerate(entries):
        kept = [one for one in entries if one is not entry]
        yield Damaged("left out", changed(document, ("entry",), put(kept)), "Bundle.entry", "VC")
        end = fhirpath("Bundle", ("entry", len(entries)))
        yield Damaged("twice", changed(document, ("entry",), put([*entries, entry])), end, "V")
        loose = {**entry, "fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001"}
        yield Damaged("loose", changed(document, ("entry",), put([*entries, loose])), end, "V")
        for wrong in ("Medication", "AuditEvent", "Bundle", "Parameters"):
            other = {"fullUrl": entry["fullUrl"], "resource": {"resourceType": wrong}}
            here: Path = ("entry", position)
            yield Damaged(wrong, changed(document, here, put(other)), fhirpath("Bundle", here), "V")
