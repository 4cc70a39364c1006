"""The receipt: proof of filing with everything a sender keeps, judged, counted and pinned."""

from collections.abc import Iterator
from typing import Final

from fhir.canonical import (
    GUIDELINE_SYSTEM,
    LOINC,
    NUMBER_SYSTEM,
    PACKAGES,
    PROFILE_VERSION,
    extension,
    profile,
)
from fhir.report import Identifier
from fhir.writing.pieces import Json, coding, concept, filled, identified, narrative, own, url_for
from fhir.writing.values import CriteriaResult, MemberReceipt, ReceiptValue, Receiver

RECEIPT: Final = "77999-1"


def write_receipt(receipt: ReceiptValue) -> Json:
    """A collection Bundle with one Composition."""
    composition = _composition(receipt)
    return {
        "resourceType": "Bundle",
        "id": receipt.receipt_id,
        "type": "collection",
        "timestamp": receipt.received_at,
        "entry": [
            {"fullUrl": url_for(Identifier("receipt", receipt.receipt_id), "composition"), "resource": composition}
        ],
    }


def _composition(receipt: ReceiptValue) -> Json:
    author = filled(
        {
            "type": "Organization",
            "identifier": identified(receipt.desk_identifier) if receipt.desk_identifier else None,
            "display": receipt.desk_name,
        }
    )
    return {
        "resourceType": "Composition",
        "id": receipt.receipt_id,
        "meta": {"profile": [profile("Ontvangstbevestiging")]},
        "extension": list(_extensions(receipt)),
        "identifier": {"system": NUMBER_SYSTEM, "value": receipt.number},
        "status": "final",
        "type": concept(coding(LOINC, RECEIPT, "Case notification comment")),
        "date": receipt.received_at,
        "author": [author],
        "title": "Ontvangstbevestiging",
        "relatesTo": list(_relations(receipt)),
        "section": [section for section in _sections(receipt) if section],
    }


def _extensions(receipt: ReceiptValue) -> Iterator[Json]:
    """What proves which bytes were received, and by which versions they were judged."""
    yield {"url": extension("sha-256"), "valueString": receipt.sha256}
    parts = [
        ("software", receipt.software_version),
        ("profielen", PROFILE_VERSION),
        ("regels", receipt.rule_set_version),
        *(("pakket", package) for package in PACKAGES),
    ]
    yield {
        "url": extension("versies"),
        "extension": [{"url": name, "valueString": value} for name, value in parts],
    }


def _relations(receipt: ReceiptValue) -> Iterator[Json]:
    yield {"code": "appends", "targetIdentifier": identified(receipt.client_identifier)}
    if receipt.replaces_number:
        yield {"code": "replaces", "targetIdentifier": {"system": NUMBER_SYSTEM, "value": receipt.number}}


def _sections(receipt: ReceiptValue) -> Iterator[Json]:
    task = {"reference": f"{receipt.base}/Task/{receipt.task_id}", "type": "Task"}
    yield {**_section("verwerking", _phase(receipt)), "entry": [task]}
    if receipt.numbers:
        lines = [_member(one) for one in receipt.numbers]
        section = _section("nummers", *(f"{one.number}: {one.sex}, {one.birth_year}" for one in receipt.numbers))
        yield {**section, "extension": lines}
    yield _criteria(receipt.criteria)
    if receipt.receivers:
        section = _section("ontvangers", *(_receiver_words(one) for one in receipt.receivers))
        yield {**section, "extension": [_receiver(one) for one in receipt.receivers]}
    yield _section("loket", f"{receipt.desk_name}: {receipt.desk_contact}")
    if receipt.next_steps:
        yield _section("vervolg", *receipt.next_steps)


def _phase(receipt: ReceiptValue) -> str:
    concepts = own("melding-fase", receipt.status)["coding"]
    return f"{receipt.number}: {concepts[0]['display']}"


def _section(code: str, *paragraphs: str) -> Json:
    concepts = own("ontvangst-sectie", code)
    return {"title": concepts["coding"][0]["display"], "code": concepts, "text": narrative(*paragraphs)}


def _member(member: MemberReceipt) -> Json:
    return _group_of(
        "nummer",
        ("meldnummer", {"valueIdentifier": {"system": NUMBER_SYSTEM, "value": member.number}}),
        ("geslacht", {"valueCode": member.sex}),
        ("geboortejaar", {"valueInteger": member.birth_year}),
    )


def _receiver(receiver: Receiver) -> Json:
    texts = (
        ("naam", receiver.name),
        ("status", receiver.status),
        ("contact", receiver.contact),
        ("grondslag", receiver.legal_basis),
    )
    parts: list[tuple[str, Json]] = [(name, {"valueString": text}) for name, text in texts if text]
    if receiver.passed_on_at:
        parts.append(("doorgegeven", {"valueDateTime": receiver.passed_on_at}))
    return _group_of("ontvanger", *parts)


def _receiver_words(receiver: Receiver) -> str:
    return ". ".join(part for part in (receiver.name, receiver.status, receiver.legal_basis) if part)


def _criteria(criteria: CriteriaResult) -> Json:
    """The result as eCR's Reportability Response says it: determination, reason, rule, who wrote it, what lacks."""
    parts: list[tuple[str, Json]] = [
        ("oordeel", {"valueCodeableConcept": own("meldcriteria", criteria.determination)}),
        ("reden", {"valueString": criteria.reason}),
    ]
    if criteria.rule:
        rule = concept(coding(GUIDELINE_SYSTEM, criteria.rule, version=criteria.rule_version))
        parts.append(("regel", {"valueCodeableConcept": rule}))
    if criteria.authoring_body:
        parts.append(("opsteller", {"valueString": criteria.authoring_body}))
    parts += [("koppeling", {"valueUri": link}) for link in criteria.links]
    result = _group_of("meldcriteria", *parts)
    result["extension"] += [
        {
            "url": "ontbreekt",
            "extension": [
                {"url": name, "valueString": text}
                for name, text in (("gegeven", one.name), ("tekst", one.label), ("expression", one.expression))
                if text
            ],
        }
        for one in criteria.missing
    ]
    words = [criteria.reason, *(f"Ontbreekt: {one.label}" for one in criteria.missing)]
    return {**_section("meldcriteria", *words), "extension": [result]}


def _group_of(name: str, *parts: tuple[str, Json]) -> Json:
    """An extension of ours with parts."""
    return {"url": extension(name), "extension": [{"url": part, **value} for part, value in parts]}
