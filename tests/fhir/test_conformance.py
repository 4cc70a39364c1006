"""Everything we write and publish, before independent eyes."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from fhir.canonical import BASE, PACKAGES
from fhir.issues import catalogue
from fhir.publication import (
    capability_statement,
    code_system_of,
    conformance,
    definition,
    definitions,
    examples,
    questionnaire_of,
)
from fhir.publication.values import (
    Capability,
    CodeRow,
    Option,
    Question,
    QuestionGroup,
    ResourceCapability,
    SearchParam,
)
from fhir.terminology import own_systems
from tests.fhir import r4_table
from tests.fhir.examples import SHARED, answers
from tests.fhir.nl_core import nl_core
from tests.fhir.validator import Validator

FORM = (
    QuestionGroup("core", "De melding", (Question("worker.birthYear", "Geboortejaar", "whole-number", minimum=1900),)),
    QuestionGroup(
        "findings",
        "D023",
        (
            Question(
                "load_kg", "Gewicht", "number", unit="kg", minimum=0, maximum=99.5, help="Per keer", required=True
            ),
            Question("signs", "Tekenen", "multi-choice", (Option("a", "A"), Option("b", "B", f"{BASE}/CodeSystem/x"))),
            Question("text", "Toelichting", "text", max_length=200),
            Question("sex", "Geslacht", "choice", value_set="http://hl7.org/fhir/ValueSet/administrative-gender"),
            Question("since", "Sinds", "month"),
        ),
        repeats=True,
        only_for=("assessment.guideline", "D023"),
    ),
)
CAPABILITY = Capability(
    base="https://arbobrug.example/fhir/R4",
    software_version="0.1.0",
    date="2026-03-01",
    publisher="Arbobrug",
    token_url="https://arbobrug.example/oauth/token",
    authorize_url=None,
    resources=(
        ResourceCapability("Task", ("read", "search-type"), (SearchParam("status", "token"),), versioning="versioned"),
        ResourceCapability("Bundle", (), operations=(("validate", f"{BASE}/OperationDefinition/x"),)),
    ),
    operations=(("process-notification", f"{BASE}/OperationDefinition/process-notification"),),
)


def everything() -> dict[str, Any]:
    rows = [CodeRow("L621", "Hernia", "Herniated disc", "Een hernia"), CodeRow("H620", "Gehoor")]
    return {
        **answers(),
        **examples(),
        **definitions(),
        "list of codes": code_system_of("cas", "CAS-codes", "1", rows, note="Onze lijst"),
        "questionnaire": questionnaire_of(FORM, "1"),
        "capability": capability_statement(CAPABILITY),
    }


def test_everything_we_write_and_publish_is_r4(validator: Validator) -> None:
    documents = everything()
    assert len(documents) > 90
    complaints = validator.complaints(documents)
    assert complaints.keys() == documents.keys()
    assert {name: said for name, said in complaints.items() if said} == {}


def test_the_validator_notices_what_is_wrong(validator: Validator) -> None:
    good = answers()["task completed"]
    bad = {
        "missing": {key: value for key, value in good.items() if key != "intent"},
        "strange": {**good, "geheim": 1},
        "wrong type": {**good, "authoredOn": 7},
        "invariant": {**examples()["melding"], "timestamp": None, "type": "document"},
        "inner": {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": {**good, "status": None}}]},
    }
    assert all(validator.complaints(bad).values())


def test_the_table_says_what_the_definitions_of_hl7_say(validator: Validator) -> None:
    drawn = Path(r4_table.__file__).resolve().parents[2] / "fhir/data/r4.json"
    assert r4_table.written(r4_table.table(validator.definitions)) == drawn.read_text("utf-8")


def test_the_table_names_the_elements_that_fhir_resources_names() -> None:
    """A second opinion, from a library that we do not read by. Open values are narrower with us, on purpose."""
    drawn = json.loads((Path(r4_table.__file__).resolve().parents[2] / "fhir/data/r4.json").read_text("utf-8"))["types"]
    assert drawn
    for name, elements in drawn.items():
        module = importlib.import_module(f"fhir.resources.R4B.{name.partition('.')[0].lower()}")
        model = getattr(module, "".join(part[0].upper() + part[1:] for part in name.split(".")))
        theirs = {field.alias or own for own, field in model.model_fields.items()}
        theirs = {one for one in theirs if one[0] != "_"} - {"resource_type", "resourceType", "fhir_comments"}
        if name in {"Extension", "Parameters.parameter", "Task.input", "Task.output"}:
            theirs = {one for one in theirs if not one.startswith("value") or one in elements}
        assert theirs == elements.keys(), name


@pytest.mark.skipif(not (SHARED / "profiles").is_dir(), reason="without ../shared")
def test_our_examples_conform_to_nl_core() -> None:
    judge = nl_core(SHARED / "profiles")
    documents = {**examples(), "wire example 01": _wire_example()}
    complaints = {name: judge.complaints(document) for name, document in documents.items()}
    assert {name: said for name, said in complaints.items() if said} == {}
    # What the guide page says was checked so, was; and nothing that claims Nictiz's profiles escaped.
    told = conformance()["checked"]
    assert judge.judged == {one["canonical"] for one in told if one["how"] == "differential"}
    own_reading = {one["canonical"] for one in told if one["how"] == "own-reading"}
    claimed = {one for document in documents.values() for one in _claimed(document) if "nictiz" in one}
    assert claimed == judge.judged | own_reading
    assert not own_reading & judge.profiles.keys()


@pytest.mark.skipif(not (SHARED / "profiles").is_dir(), reason="without ../shared")
def test_nl_core_notices_what_is_wrong() -> None:
    judge = nl_core(SHARED / "profiles")
    bad = {name: _wire_example() for name in ("given", "status", "notes", "names")}
    del bad["given"]["entry"][3]["resource"]["name"][0]["_given"]
    del bad["status"]["entry"][5]["resource"]["verificationStatus"]["coding"]
    bad["notes"]["entry"][5]["resource"]["note"] = [{"text": "een"}, {"text": "twee"}]
    bad["names"]["entry"][3]["resource"]["name"] *= 3
    for name, document in bad.items():
        assert judge.complaints(document), name


def _wire_example() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SHARED / "examples/01-melding-document-bundle.json").read_text("utf-8"))
    return document


def _claimed(document: Any) -> set[str]:
    if isinstance(document, list):
        return {one for inner in document for one in _claimed(inner)}
    if not isinstance(document, dict):
        return set()
    here = document.get("meta", {}).get("profile", [])
    return {*here, *(one for inner in document.values() for one in _claimed(inner))}


def test_every_profile_that_we_claim_is_told_on_the_guide_page() -> None:
    told = conformance()
    listed = {one["canonical"] for one in told["checked"]}
    assert {one for document in everything().values() for one in _claimed(document)} <= listed
    assert set(told["packages"]) == set(PACKAGES)


def test_every_error_has_words_in_both_languages_and_is_published() -> None:
    system = definition("CodeSystem", "fout")
    assert system is not None
    assert [one["code"] for one in system["concept"]] == list(catalogue())
    for one in catalogue().values():
        assert all((one.text, one.text_en, one.remedy, one.remedy_en)), one.code
        assert one.code == "AB-OK" or one.code.startswith(f"AB-{one.family.value}")


def test_every_code_of_ours_has_one_value_and_one_name() -> None:
    for system in own_systems().values():
        assert len(system.codes) == len(system.values), system.name
        published = definition("CodeSystem", system.name)
        assert published is not None
        assert published["count"] == len(system.codes)
    assert definition("CodeSystem", "bestaat-niet") is None


def test_every_value_set_that_a_profile_names_is_published() -> None:
    text = json.dumps(list(definitions().values()))
    named = {part.partition('"')[0] for part in text.split(f"{BASE}/ValueSet/")[1:]}
    assert named
    assert all(definition("ValueSet", name) for name in named)


def test_every_extension_that_we_write_is_published() -> None:
    def urls(value: Any) -> set[str]:
        if isinstance(value, list):
            return {url for one in value for url in urls(one)}
        if not isinstance(value, dict):
            return set()
        found = {url for one in value.values() for url in urls(one)}
        return found | {one["url"] for one in value.get("extension", [])}

    written = {url for document in [*everything().values()] for url in urls(document)}
    ours = {url for url in written if url.startswith(BASE)}
    assert ours
    assert ours <= definitions().keys()
