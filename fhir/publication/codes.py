"""Code systems and value sets: our own from fhir/data, the others from rows that are passed in."""

from collections.abc import Iterator, Sequence
from typing import Any

from fhir.canonical import (
    ERROR_SYSTEM,
    FINDING_SYSTEM,
    FINDING_VALUE_SYSTEM,
    PROVINCE_SYSTEM,
    code_system,
    value_set,
)
from fhir.issues import ErrorCode, Family, catalogue
from fhir.publication.definitions import described
from fhir.publication.values import CodeRow
from fhir.reading.answers import NONE_CHOSEN
from fhir.terminology import OwnSystem, own_systems, provinces

Json = dict[str, Any]
_FAMILIES = {
    Family.STRUCTURE: "structuur en profiel",
    Family.TERMINOLOGY: "codes",
    Family.PRIVACY: "privacy",
    Family.RULE: "regels van de melding",
    Family.AUTHORISATION: "aanmelding en bevoegdheid",
    Family.CONSENT: "toestemming",
    Family.MESSAGE: "het bericht onderweg",
    Family.LIFECYCLE: "de levensloop van een melding",
    Family.NONE: "geen fout",
}


def own_code_resources() -> Iterator[Json]:
    """Every CodeSystem of ours with its ValueSet, and the ValueSets of lists that are not ours to publish."""
    for system in own_systems().values():
        yield _own_system(system)
        yield _value_set(system.name, system.title, system.url)
    yield _errors()
    yield _value_set("fout", "Fouten en waarschuwingen", ERROR_SYSTEM)
    yield from _findings()
    yield _provinces()
    for name, title in (("cas", "CAS-codes"), ("oorzaak", "Oorzaken"), ("registratierichtlijn", "Richtlijnen")):
        yield _value_set(name, title, code_system(name))


def code_system_of(name: str, title: str, version: str, rows: Sequence[CodeRow], *, note: str | None = None) -> Json:
    """A CodeSystem from plain rows, complete and in their order."""
    concepts = [_concept(row.code, row.display, row.display_en, row.definition) for row in rows]
    about = described("CodeSystem", code_system(name), name, title, note or title)
    return {**about, "version": version, **_complete(name, concepts)}


def _complete(name: str, concepts: list[Json]) -> Json:
    return {
        "caseSensitive": True,
        "valueSet": value_set(name),
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }


def _concept(code: str, display: str, english: str | None = None, definition: str | None = None) -> Json:
    concept: Json = {"code": code, "display": display}
    if definition:
        concept["definition"] = definition
    if english:
        concept["designation"] = [{"language": "en", "value": english}]
    return concept


def _own_system(system: OwnSystem) -> Json:
    concepts = [_concept(one.code, one.text, one.text_en) for one in system.codes.values()]
    about = described("CodeSystem", system.url, system.name, system.title, f"{system.title} ({system.title_en}).")
    return {**about, **_complete(system.name, concepts)}


def _value_set(name: str, title: str, system: str, description: str | None = None) -> Json:
    about = described("ValueSet", value_set(name), f"{name}-keuze", title, description or f"Alle codes van {title}.")
    return {**about, "compose": {"include": [{"system": system}]}}


def _errors() -> Json:
    """Each code with what it means, what to do, its family, its FHIR issue type and its HTTP status."""
    properties = [
        {"code": "familie", "type": "string", "description": "Waar de fout over gaat"},
        {"code": "issue-type", "type": "code", "description": "OperationOutcome.issue.code"},
        {"code": "severity", "type": "code", "description": "OperationOutcome.issue.severity"},
        {"code": "http-status", "type": "integer", "description": "De HTTP-status als dit de ergste fout is"},
    ]
    concepts = [_error(one) for one in catalogue().values()]
    title = "Fouten en waarschuwingen"
    about = described("CodeSystem", ERROR_SYSTEM, "fout", title, "Elke code met uitleg en wat eraan te doen is.")
    complete = _complete("fout", concepts)
    return {
        **about,
        **{k: v for k, v in complete.items() if k != "concept"},
        "property": properties,
        "concept": concepts,
    }


def _error(one: ErrorCode) -> Json:
    concept = _concept(one.code, one.text, one.text_en, f"{one.text} {one.remedy}")
    concept["designation"].append({"language": "en", "use": _REMEDY, "value": one.remedy_en})
    concept["designation"].append({"language": "nl", "use": _REMEDY, "value": one.remedy})
    concept["property"] = [
        {"code": "familie", "valueString": _FAMILIES[one.family]},
        {"code": "issue-type", "valueCode": one.type.value},
        {"code": "severity", "valueCode": one.severity.value},
        {"code": "http-status", "valueInteger": one.status},
    ]
    return concept


_REMEDY = {"system": code_system("tekstsoort"), "code": "herstel", "display": "Wat eraan te doen is"}


def _findings() -> Iterator[Json]:
    """The names of findings are those of the questions in the Questionnaire, so these two tell only their form."""
    words = "De namen van de bevindingen staan bij de vragen van elke richtlijn in de Questionnaire melding."
    about = described("CodeSystem", FINDING_SYSTEM, "bevinding", "Bevindingen", words)
    yield {**about, "caseSensitive": True, "content": "not-present"}
    words = "De keuzes staan bij de vragen in de Questionnaire melding; hier alleen wie niets van alles kiest."
    about = described("CodeSystem", FINDING_VALUE_SYSTEM, "bevinding-waarde", "Keuzes bij bevindingen", words)
    concepts = [_concept(NONE_CHOSEN, "geen van alle", "none of them")]
    yield {**about, "caseSensitive": True, "content": "fragment", "count": 1, "concept": concepts}
    about = described(
        "CodeSystem", code_system("tekstsoort"), "tekstsoort", "Soorten tekst", "Soorten tekst bij een code."
    )
    concepts = [_concept("herstel", "Wat eraan te doen is", "What to do about it")]
    yield {**about, "caseSensitive": True, "content": "complete", "count": 1, "concept": concepts}


def _provinces() -> Json:
    about = described(
        "ValueSet", value_set("provincie"), "provincie-keuze", "Provincies", "De twaalf provincies (ISO 3166-2:NL)."
    )
    concepts = [{"code": one.code, "display": one.text} for one in provinces().codes.values()]
    return {**about, "compose": {"include": [{"system": PROVINCE_SYSTEM, "concept": concepts}]}}
