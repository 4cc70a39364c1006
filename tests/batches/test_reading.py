"""What a file may be, what is refused, and what a row becomes."""

import io
import json
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.xml import DEFUSEDXML

from service.batches.cells import without_formula
from service.batches.columns import columns, heading
from service.batches.reading import ReadFile, read_file
from service.batches.reports import template_csv, template_xlsx
from service.batches.sheets import MAX_ROWS
from service.problems import InvalidInput, Refusal
from service.text import Language
from tests.batches.files import GOOD, csv_of, repacked, row, xlsx_of

ON = date(2026, 11, 22)
HEADER = ";".join(GOOD)
LINE = ";".join(GOOD.values())


def read(content: bytes, charset: str | None = None) -> ReadFile:
    return read_file(content, ON, Language.NL, charset)


def document(content: bytes) -> dict[str, Any]:
    (only,) = read(content).rows
    assert only.problems == ()
    found: dict[str, Any] = json.loads(only.body)
    return found


def codes(content: bytes) -> set[str]:
    with pytest.raises(Refusal) as refused:
        read(content)
    return {error.code for error in refused.value.errors} or {refused.value.slug}


def problems(**changes: Any) -> set[tuple[str, str]]:
    (only,) = read(csv_of([row(**changes)])).rows
    assert only.body == b""
    return {(problem.pointer, problem.code) for problem in only.problems}


@pytest.mark.parametrize("column", ["geboortejaar", "groep_geboortejaar_1"])
@pytest.mark.parametrize("typed", ["12-05-1974", "1974-05-12", "12 mei 1974", date(1974, 5, 12)])
def test_a_date_of_birth_is_answered_with_only_the_year(column: str, typed: object) -> None:
    (only,) = read(xlsx_of([row(**{column: typed})])).rows
    assert [one.text.nl for one in only.problems if "birthYear" in one.pointer] == [
        "Vul alleen het jaar in, zoals 1974. Geen datum."
    ]


ACCENTS = [GOOD | {"beroep": "Coördinator", "werk": "Reünie, foto\u2019s en caf\xe9\u2019s à la carte"}]
FORMS = {
    "semicolons, UTF-8 with mark": csv_of(ACCENTS),
    "semicolons, UTF-8": csv_of(ACCENTS, encoding="utf-8"),
    "commas": csv_of(ACCENTS, ",", "utf-8"),
    "Windows-1252": csv_of(ACCENTS, encoding="cp1252"),
    "named separator": b"sep=;\r\n" + csv_of(ACCENTS, encoding="utf-8"),
    "bare newlines": csv_of(ACCENTS, encoding="utf-8").replace(b"\r\n", b"\n"),
    "empty rows": csv_of(ACCENTS, encoding="utf-8") + b";;;;\r\n\r\n",
    "workbook": xlsx_of(ACCENTS),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_file_says_the_same(form: str) -> None:
    found = read(FORMS[form])
    assert [one.problems for one in found.rows] == [()]
    assert found.rows[0].digest == read(FORMS["workbook"]).rows[0].digest
    assert found.guessed_encoding == (form == "Windows-1252")


@pytest.mark.parametrize("page", ["cp850", "mac_roman", "utf-16"])
def test_an_encoding_that_is_not_certain_is_refused(page: str) -> None:
    assert codes(csv_of([GOOD | {"beroep": "Coördinator"}], encoding=page)) == {"encoding"}


def test_a_file_of_two_encodings_is_refused() -> None:
    mixed = csv_of(ACCENTS, encoding="utf-8") + csv_of(ACCENTS, encoding="cp1252")
    assert codes(mixed) == {"encoding"}


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "a header only": (HEADER.encode(), "empty"),
    "no header": (LINE.encode() + b"\n" + LINE.encode(), "no-header"),
    "an unknown column": (f"{HEADER};naam_patient\n{LINE};x".encode(), "unknown-column"),
    "a column twice": (f"{HEADER};worker.sex\n{LINE};m".encode(), "column-twice"),
    "a stray quotation mark": (f'{HEADER}\n"{LINE}'.encode(), "csv"),
    "NUL": (f"{HEADER}\n{LINE}\x00".encode(), "not-a-spreadsheet"),
    "too many rows": (f"{HEADER}\n".encode() + b"a;b\n" * (MAX_ROWS + 1), "too-many-rows"),
    "too many columns": (b"a;" * 300 + b"\n1", "too-many-columns"),
    "too large": (b"x" * 900_001, "too-large"),
    "an old workbook, or one with a password": (b"\xd0\xcf\x11\xe0" + b"x" * 100, "old-spreadsheet"),
    "a damaged workbook": (b"PK\x03\x04rubbish", "not-a-spreadsheet"),
    "another kind of package": (repacked(xlsx_of([GOOD]), xl__workbook_xml=b"<nothing/>"), "not-a-spreadsheet"),
    "macros": (repacked(xlsx_of([GOOD]), xl__vbaProject_bin=b"x"), "macros"),
    "a bomb": (repacked(xlsx_of([GOOD]), xl__bomb_xml=b"0" * 17_000_000), "zip-bomb"),
    "entities": (repacked(xlsx_of([GOOD]), xl__worksheets__sheet1_xml=ENTITIES), "not-a-spreadsheet"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_a_file_of_ours_is_refused(what: str) -> None:
    content, code = REFUSED[what]
    assert codes(content) == {code}


def test_openpyxl_reads_with_defusedxml() -> None:
    assert DEFUSEDXML
    assert openpyxl.DEFUSEDXML


def test_an_unknown_column_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(InvalidInput) as refused:
        read(f"geslagt;{HEADER}\nx;{LINE}".encode())
    assert "'geslagt'" in refused.value.errors[0].text.nl
    assert "'geslacht'" in refused.value.errors[0].text.nl


def test_a_column_name_that_identifies_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        read(f"j.devries@example.nl;{HEADER}\nx;{LINE}".encode())
    assert "devries" not in str(refused.value.errors)


def test_every_documented_column_is_found_under_each_of_its_names() -> None:
    for column in columns():
        for name in (column.first_name, *(alias for alias in column.aliases if "*" not in alias)):
            found = heading(name)
            assert found is not None, name
            assert found.column == column


@pytest.mark.parametrize(
    "name,path",
    [
        ("Belasting code 2", ("exposures", "1", "code")),
        ("exposures.2.text", ("exposures", "2", "text")),
        ("bevinding.LEX_8h", ("assessment", "findings", "LEX_8h")),
        ("groep_geslacht_3", ("group", "2", "sex")),
    ],
)
def test_a_column_can_have_a_place(name: str, path: tuple[str, ...]) -> None:
    found = heading(name)
    assert found is not None
    assert found.path == path


@pytest.mark.parametrize("content", [template_csv(), template_xlsx(Language.NL), template_xlsx(Language.EN)])
def test_the_example_in_the_template_can_be_filed(content: bytes) -> None:
    (only,) = read(content).rows
    assert only.problems == ()
    assert only.reference == "2026-001"


def test_cells_become_values() -> None:
    found = document(
        csv_of(
            [
                row(
                    advies="behandeling | pbm",
                    belasting_vanaf="1-5-2004",
                    belasting_tot="2020-03",
                    belasting_2="Trillingen",
                    bevinding_leeg="",
                )
                | {
                    "assessment.findings.load_kg": "12,5",
                    "assessment.findings.radiates_below_knee_dermatomal": "ja",
                    "ongeval": "nee",
                    "provincie": "Noord-Brabant",
                    "minuten": "3",
                }
            ]
        )
        .replace(b";bevinding_leeg", b"")
        .replace(b";;", b";")
    )
    assert found["advice"] == ["treatment", "ppe"]
    assert found["exposures"] == [
        {"text": "Tillen van stenen", "from": "2004-05", "until": "2020-03"},
        {"text": "Trillingen"},
    ]
    assert found["assessment"]["findings"] == {"load_kg": 12.5, "radiates_below_knee_dermatomal": True}
    assert found["worker"] == {"sex": "male", "birthYear": 1974}
    assert (found["province"], found["minutesSpent"]) == ("NL-NB", 3)
    assert found["arbodienst"] == {"name": "Arbodienst Voorbeeld", "kind": "arbodienst"}


def test_cells_of_a_workbook_become_values() -> None:
    typed = row(geboortejaar=1974.0, sector_sbi=41, belasting_vanaf=datetime(2004, 5, 1), ongeval=False)  # noqa: DTZ001
    found = document(xlsx_of([typed]))
    assert found["worker"]["birthYear"] == 1974
    assert found["sector"] == {"sbi": "41"}
    assert found["exposures"][0]["from"] == "2004-05"
    assert found["accident"] == {"isAccident": False}


def test_a_formula_is_not_evaluated() -> None:
    (only,) = read(xlsx_of([row(werk="=1+1")])).rows
    assert ("/workNature", "formula") in {(one.pointer, one.code) for one in only.problems}


def test_a_row_far_below_the_others_is_not_forgotten() -> None:
    book = Workbook()
    book.active.append(list(GOOD))
    for place, value in enumerate(GOOD.values(), 1):
        book.active.cell(90_000, place, value)
    packed = io.BytesIO()
    book.save(packed)
    assert [one.number for one in read(packed.getvalue()).rows] == [90_000]


@pytest.mark.parametrize(
    "changes,expected",
    [
        ({"geboortejaar": "12-05-1974"}, {("/worker/birthYear", "whole-number")}),
        ({"geboortejaar": "1800"}, {("/worker/birthYear", "greater-than-equal")}),
        ({"geslacht": "q"}, {("/worker/sex", "literal-error")}),
        ({"diagnose_cas": "L101x"}, {("/diagnosis/cas", "code-malformed")}),
        ({"werk": ""}, {("/workNature", "missing")}),
        ({"ongeval": "misschien"}, {("/accident/isAccident", "boolean")}),
        ({"ongeval": "ja"}, {("/accident/isAccident", "accident")}),
        ({"werk": "x" * 3000}, {("/workNature", "too-long")}),
        ({"werk": "a\x01b"}, {("/workNature", "character")}),
        ({"toelichting": "Mail naar j.jansen@example.nl"}, {("/remarks", "e-mail")}),
        ({"toelichting": "BSN 111222333"}, {("/remarks", "bsn")}),
        ({"kenmerk": "111222333"}, {("/reference", "identifying")}),
        ({"kenmerk": "Jansen1974"}, {("/reference", "identifying")}),
        ({"kenmerk": "jdv"}, {("/reference", "identifying")}),
        ({"kenmerk": "Dhr. Jansen"}, {("/reference", "identifying")}),
        ({"kenmerk": "12345678"}, {("/reference", "identifying")}),
        ({"kenmerk": "x" * 41}, {("/reference", "too-long")}),
    ],
)
def test_everything_wrong_with_a_row_is_said_and_nothing_of_it_kept(
    changes: dict[str, str], expected: set[tuple[str, str]]
) -> None:
    assert problems(**changes) == expected


def test_all_problems_of_a_row_come_together() -> None:
    assert {pointer for pointer, _ in problems(geslacht="", werk="", geboortejaar="x")} == {
        "/worker/sex",
        "/workNature",
        "/worker/birthYear",
    }


def test_what_is_malformed_in_a_row_does_not_hide_what_breaks_a_rule() -> None:
    assert problems(geslacht="q", werk="", diagnose_cas="L101x", ongeval="ja", geboortejaar="x") == {
        ("/worker/sex", "literal-error"),
        ("/workNature", "missing"),
        ("/diagnosis/cas", "code-malformed"),
        ("/accident/isAccident", "accident"),
        ("/worker/birthYear", "whole-number"),
    }


def test_a_row_with_more_cells_than_columns_is_not_guessed_at() -> None:
    (only,) = read(f"{HEADER}\n{LINE};te veel".encode()).rows
    assert [one.code for one in only.problems] == ["extra-cells"]


def test_a_reference_that_is_there_twice_is_a_problem_of_both_rows() -> None:
    found = read(csv_of([row(kenmerk="a1"), row(kenmerk="a1"), row(kenmerk="b-2")]))
    assert [bool(one.problems) for one in found.rows] == [True, True, False]


@pytest.mark.parametrize("text", ["=1+1", "+31", "-5", "@SUM", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_written_as_text(text: str) -> None:
    assert without_formula(text) == f"'{text}"


def test_other_text_is_written_as_it_is() -> None:
    assert without_formula("Rij 2: a=b") == "Rij 2: a=b"
