"""What we write for spreadsheets: the report per row, and the template to fill in."""

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from service.batches.cells import without_formula
from service.batches.columns import Column, Kind, columns
from service.batches.schemas import BatchView, RowView
from service.batches.views import verdict_in_words
from service.text import Language, Text

# Spreadsheets take a CSV for UTF-8 only when it says so; Dutch ones split on semicolons.
_MARK = "\ufeff"
_HEADER = (
    Text("rij", "row"),
    Text("kenmerk", "reference"),
    Text("stand", "status"),
    Text("waarover", "about"),
    Text("richtlijn", "guideline"),
    Text("uitkomst", "verdict"),
    Text("melding", "notification"),
    Text("misschien dubbel", "possible duplicate"),
    Text("te verbeteren", "problems"),
    Text("let op", "warnings"),
)
_WIDTH = 26
_TEXT_FORMAT = "@"


def report_csv(batch: BatchView, language: Language) -> bytes:
    """The report per row: UTF-8 with a mark, semicolons, and nothing in it that a spreadsheet would run."""
    lines = [[words.in_(language) for words in _HEADER], *(_line(row, language) for row in batch.rows)]
    return _csv(lines)


def template_csv() -> bytes:
    """A CSV with every column and one example row."""
    shown = _shown()
    return _csv([[column.dutch_name for column in shown], [column.example for column in shown]])


def template_xlsx(language: Language) -> bytes:
    """A workbook to fill in: cells of text, so that a spreadsheet keeps a code or a month as it is typed."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = Text("Meldingen", "Notifications").in_(language)
    shown = _shown()
    sheet.append([column.dutch_name for column in shown])
    sheet.append([column.example or None for column in shown])
    for cells in sheet.iter_cols(min_row=1, max_row=200, max_col=len(shown)):
        for cell in cells:
            cell.number_format = _TEXT_FORMAT
        cells[0].font = Font(bold=True)
        sheet.column_dimensions[cells[0].column_letter].width = _WIDTH
    sheet.freeze_panes = "A2"
    _explain(book, language)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _explain(book: Workbook, language: Language) -> None:
    sheet = book.create_sheet(Text("Uitleg", "Explanation").in_(language))
    sheet.append(
        [words.in_(language) for words in (Text("Kolom", "Column"), Text("Ook", "Also"), Text("Uitleg", "About"))]
    )
    for column in columns():
        sheet.append([column.dutch_name, ", ".join((column.name, *column.aliases[1:])), column.about.in_(language)])
    for letter, width in zip("ABC", (26, 44, 80), strict=True):
        sheet.column_dimensions[letter].width = width
    for cell in sheet["C"]:
        cell.alignment = Alignment(wrap_text=True)


def _shown() -> Sequence[Column]:
    """The columns of a template: those of further workers are for who looks for them."""
    return [one for one in columns() if not one.name.startswith("group.") and _fits_example(one)]


def _fits_example(column: Column) -> bool:
    return column.kind is not Kind.FINDING


def _line(row: RowView, language: Language) -> list[str]:
    return [
        str(row.row),
        row.reference or "",
        row.status_text,
        row.what or "",
        row.guideline or "",
        verdict_in_words(row, language),
        row.number or "",
        row.possible_duplicate or "",
        " | ".join(f"{one.column}: {one.detail}" if one.column else one.detail for one in row.problems),
        " | ".join(f"{one.column}: {one.detail}" if one.column else one.detail for one in row.warnings),
    ]


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerows([without_formula(cell) for cell in line] for line in lines)
    return (_MARK + written.getvalue()).encode()
