"""Answers that carry other resources: Parameters and searchsets."""

from collections.abc import Mapping
from typing import Any

from fhir.writing.outcome import write_outcome
from fhir.writing.pieces import Json
from fhir.writing.values import Page


def write_parameters_answer(receipt: Mapping[str, Any] | None, outcome: Mapping[str, Any]) -> Json:
    """Parameters{receipt, outcome}; a dry run has no receipt."""
    named = [("receipt", receipt), ("outcome", outcome)]
    parameters = [{"name": name, "resource": dict(resource)} for name, resource in named if resource is not None]
    return {"resourceType": "Parameters", "parameter": parameters}


def write_searchset(page: Page) -> Json:
    """A searchset Bundle: a self link, a next link when there is more, and what struck us about the question."""
    links = [{"relation": "self", "url": page.self_url}]
    if page.next_url:
        links.append({"relation": "next", "url": page.next_url})
    entries: list[Json] = [
        {"fullUrl": one.full_url, "resource": dict(one.resource), "search": {"mode": one.mode}} for one in page.found
    ]
    if page.warnings:
        entries.append({"resource": write_outcome(page.warnings), "search": {"mode": "outcome"}})
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if page.total is not None:
        bundle["total"] = page.total
    if entries:
        bundle["entry"] = entries
    return bundle
