"""What stands in the code lists, and that it is what the published files say."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from service.codes.catalogue import catalogue, contradictions
from service.codes.entries import CasEntry, CodeList, ListId, MeasureEntry

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
CAT = catalogue()


def published(name: str) -> Any:
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"{name} does not stand beside this project")
    return json.loads(path.read_text(encoding="utf-8"))


def flattened(concepts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for concept in concepts:
        yield concept
        yield from flattened(concept.get("concept", []))


def test_the_lists_do_not_contradict_themselves() -> None:
    assert list(contradictions(CAT)) == []


@pytest.mark.parametrize("list_id", list(ListId))
def test_every_list_says_where_it_comes_from(list_id: ListId) -> None:
    code_list = CAT.lists[list_id]
    assert code_list.id is list_id
    assert code_list.entries
    assert all((code_list.edition, code_list.source, code_list.licence, code_list.note.nl, code_list.note.en))


def test_every_isco_code_extends_its_parent() -> None:
    codes = CAT.by_code[ListId.ISCO]
    assert len(codes) == 619
    for entry in codes.values():
        assert entry.code[:-1] == (entry.parent or "")
        assert entry.parent is None or entry.parent in codes


@pytest.mark.parametrize(
    "code, parent",
    [("723", "72"), ("7231", "723"), ("7234", "723"), ("753", "75"), ("7531", "753"), ("7536", "753"), ("7523", "752")],
)
def test_the_wrong_nesting_of_the_published_isco_file_is_repaired(code: str, parent: str) -> None:
    entry = CAT.entry(ListId.ISCO, code)
    assert entry is not None
    assert entry.parent == parent


def test_a_planted_wrong_parent_is_found() -> None:
    isco = CAT.lists[ListId.ISCO]
    wrong = tuple(dataclasses.replace(entry, parent="722") if entry.code == "7231" else entry for entry in isco.entries)
    planted = dataclasses.replace(CAT, lists={**CAT.lists, ListId.ISCO: dataclasses.replace(isco, entries=wrong)})
    assert list(contradictions(planted)) == ["isco: 7231 does not extend its parent"]


def test_isco_has_every_published_code_and_the_missing_group() -> None:
    source = {concept["code"] for concept in flattened(published("isco08.json")["concept"])}
    assert set(CAT.by_code[ListId.ISCO]) == source | {"753"}


def test_every_occupation_has_a_dutch_label() -> None:
    assert [e.code for e in CAT.lists[ListId.ISCO].entries if len(e.code) in {1, 2, 4} and e.label.nl is None] == []


def test_cas_has_every_published_code_with_its_flags() -> None:
    source = published("cas_codes.json")
    assert set(CAT.by_code[ListId.CAS]) == {entry["code"] for entry in source["codes"]}
    for entry in source["codes"]:
        ours = CAT.by_code[ListId.CAS][entry["code"]]
        assert isinstance(ours, CasEntry)
        assert (ours.complaint, ours.registrable) == (entry["complaint"], entry["registrable"])
        assert ours.exception_guideline == entry.get("exception_guideline")
        assert ours.source_url == entry["source_url"]
    rule, published_rule = CAT.cas.complaint_rule, source["complaint_rule"]
    assert (list(rule.exceptions), rule.pattern) == (published_rule["exceptions"], published_rule["pattern"])


def test_sbi_has_every_section_and_division() -> None:
    sections = {section["code"] for section in published("sbi2008_sections.json")["sections"]}
    divisions = {d["code"]: s["code"] for s in published("isic4.json")["concept"] for d in s["concept"]}
    entries = CAT.by_code[ListId.SBI]
    assert set(entries) == sections | set(divisions)
    assert {code: entries[code].parent for code in divisions} == divisions
    assert len(divisions) == 88


@pytest.mark.parametrize(
    "list_id, at",
    [
        (ListId.SEX, "worker/sex"),
        (ListId.EMPLOYMENT_KIND, "worker/employmentKind"),
        (ListId.EVIDENCE, "exposures/0/evidence"),
        (ListId.ARBODIENST_KIND, "arbodienst/kind"),
        (ListId.OTHER_EXPLANATIONS, "assessment/otherExplanations"),
        (ListId.CERTAINTY, "assessment/workRelation"),
        (ListId.DETECTION, "detectedBy"),
        (ListId.INCAPACITY, "incapacity"),
        (ListId.ABSENCE, "absence"),
    ],
)
def test_small_lists_have_exactly_the_values_of_the_example(list_id: ListId, at: str) -> None:
    value: Any = published("notification.example.json")["body"]
    for part in at.split("/"):
        value = value[int(part)] if part.isdigit() else value[part]
    assert list(CAT.by_code[list_id]) == value.split(" | ")


def test_the_seven_kinds_of_advice_are_those_of_the_form() -> None:
    fields = {field["id"]: field for field in published("form.json")["fields"]}
    assert [entry.label.nl for entry in CAT.lists[ListId.ADVICE].entries] == fields["advice"]["values"]


def test_there_are_twelve_provinces() -> None:
    assert len(CAT.by_code[ListId.PROVINCE]) == 12
    assert all(code.startswith("NL-") for code in CAT.by_code[ListId.PROVINCE])


def test_every_exposure_a_measure_names_exists() -> None:
    measures = CAT.measure.entries
    assert measures
    known = set(CAT.by_code[ListId.EXPOSURE])
    assert {code for measure in measures for code in measure.exposures} <= known


def test_an_unknown_attribute_in_a_data_file_is_refused() -> None:
    document = b'{"code": "X", "label": {"en": "x"}, "labelBasis": "ours", "level": "ppe", "colour": "red"}'
    with pytest.raises(ValidationError):
        TypeAdapter(MeasureEntry).validate_json(document)


def test_a_list_cannot_be_changed() -> None:
    code_list: CodeList = CAT.lists[ListId.CAS]
    with pytest.raises(dataclasses.FrozenInstanceError):
        code_list.entries[0].code = "X999"  # type: ignore[misc]
