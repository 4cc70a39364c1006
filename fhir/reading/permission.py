"""The consent that travels along, in the form of IHE PCF Intermediate, and whether it names everything."""

from collections.abc import Collection, Mapping
from typing import Final

from fhir.canonical import CONSENT_SYSTEM, LOINC, TERMINOLOGY
from fhir.reading.answers import LINE, bounded
from fhir.reading.bundle import Document
from fhir.reading.files import LARGEST, read_files
from fhir.reading.node import Complaints, Node
from fhir.reading.table import beyond
from fhir.referral import Permission

# What may go with any consented message; everything else must be named in the consent.
ADMINISTRATIVE: Final = frozenset(
    "MessageHeader Task Consent Patient Practitioner PractitionerRole Organization".split()
)
# An element that narrows the consent further would be lost on us, so it is refused.
_PROVISION = frozenset({"type", "period", "actor", "purpose", "data"})
_TREATMENT: Mapping[str, str] = {"system": f"{TERMINOLOGY}/v3-ActReason", "code": "TREAT"}


def consent_text(document: Document) -> Node | None:
    """The resource with the text of the consent, which needs not be named in it."""
    return document.target(document.first("Consent").node("sourceReference"))


def read_permission(
    document: Document, recipient: str | None, parts: tuple[str, ...], complaints: Complaints
) -> Permission | None:
    """Read the consent, and hold every clinical resource against it. `recipient` is the receiving organisation."""
    consent = document.first("Consent")
    if not consent.value:
        complaints.add("AB-C003", f"{document.bundle.path}.entry")
        return None
    provision = consent.node("provision")
    _check_consent(consent, complaints)
    _check_provision(provision, complaints)
    _check_actor(provision, recipient, complaints)
    _check_named(document, provision, complaints)
    period = provision.node("period")
    return Permission(
        _identifier(consent, complaints),
        consent.text("dateTime") or "",
        period.text("start") or "",
        period.text("end") or "",
        parts,
        next((one.text("uri") or "" for one in consent.nodes("policy")), ""),
        _text(document, consent, complaints),
    )


def _identifier(consent: Node, complaints: Complaints) -> str:
    told = [one for one in consent.nodes("identifier") if one.text("value")]
    chosen = next((one for one in told if one.text("system") == CONSENT_SYSTEM), told[0] if told else None)
    if chosen is None:
        complaints.add("AB-V038", f"{consent.path}.identifier")
        return ""
    return bounded(chosen.text("value"), LINE, f"{chosen.path}.value", complaints) or ""


def _check_consent(consent: Node, complaints: Complaints) -> None:
    right = {
        "status": consent.text("status") == "active",
        "scope": consent.node("scope").code(f"{TERMINOLOGY}/consentscope") == "patient-privacy",
        "category": "59284-0" in {one.code(LOINC) for one in consent.nodes("category")},
        "patient": bool(consent.node("patient").value),
        "dateTime": consent.text("dateTime") is not None,
        "performer": any(consent.nodes("performer")),
        "organization": any(consent.nodes("organization")),
        "source": bool(consent.node("sourceReference").value),
        "policy": any(one.text("uri") for one in consent.nodes("policy")),
        "provision": bool(consent.node("provision").value),
    }
    for element, is_right in right.items():
        if not is_right:
            complaints.add("AB-C004", f"{consent.path}.{element}")


def _check_provision(provision: Node, complaints: Complaints) -> None:
    for element in beyond(provision, "Consent.provision", _PROVISION):
        complaints.add("AB-C004", f"{provision.path}.{element}")
    period, purposes = provision.node("period"), list(provision.nodes("purpose"))
    right = {
        "type": provision.text("type") == "permit",
        "period": bool(period.text("start") and period.text("end")),
        "purpose": bool(purposes) and all(_TREATMENT.items() <= dict(one.value).items() for one in purposes[:1]),
        "data": any(provision.nodes("data")),
    }
    for element, is_right in right.items():
        if provision.value and not is_right:
            complaints.add("AB-C004", f"{provision.path}.{element}")
    for one in purposes[1:]:
        complaints.add("AB-C004", one.path)
    for data in provision.nodes("data"):
        if data.text("meaning") != "instance":
            complaints.add("AB-C004", f"{data.path}.meaning")


def _check_actor(provision: Node, recipient: str | None, complaints: Complaints) -> None:
    actors = list(provision.nodes("actor"))
    if provision.value and len(actors) != 1:
        complaints.add("AB-C004", f"{provision.path}.actor")
    for actor in actors[:1]:
        if actor.node("role").code(f"{TERMINOLOGY}/v3-ParticipationType") != "IRCP":
            complaints.add("AB-C004", f"{actor.path}.role")
        if recipient is None or actor.node("reference").text("reference") != recipient:
            complaints.add("AB-C005", f"{actor.path}.reference")


def _check_named(document: Document, provision: Node, complaints: Complaints) -> None:
    named: Collection[str | None] = {one.node("reference").text("reference") for one in provision.nodes("data")}
    text = consent_text(document)
    for url, resource in document.by_url.items():
        if resource.text("resourceType") not in ADMINISTRATIVE and resource is not text and url not in named:
            complaints.add("AB-C002", resource.path)


def _text(document: Document, consent: Node, complaints: Complaints) -> str:
    source = document.target(consent.node("sourceReference"))
    held = list(read_files(document, source, LARGEST, complaints)) if source is not None else []
    if len(held) == 1 and held[0].media_type == "text/plain":
        return held[0].content.decode("utf-8", "replace")
    complaints.add("AB-C006", source.path if source is not None else f"{consent.path}.source")
    return ""
