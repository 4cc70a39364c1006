"""An XLSX becomes a sheet: bounded before it is opened, no macros, no formulas evaluated, nothing fetched. No I/O."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

from openpyxl import load_workbook

from service.batches.cells import Cell, Fault
from service.batches.sheets import Form, Sheet, refuse, sheet_of
from service.problems import Refusal
from service.text import Text

# openpyxl parses with defusedxml, which is in the lock; a test checks that it does.
_MOST_PARTS = 300
_MOST_UNPACKED = 16_000_000
_MOST_CELLS = 500_000
_LAST_ROW = 1_048_576
_ENCRYPTED = 0x1
_FAULTS = {"f": Fault.FORMULA, "e": Fault.ERROR}


def read_workbook(content: bytes) -> Sheet:
    """Read the first sheet of a workbook. Raises InvalidInput."""
    _inspect(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_vba=False, keep_links=False)
        try:
            return sheet_of(Form.XLSX, _rows(book))
        finally:
            book.close()
    except Refusal:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises anything for a damaged file, and its words quote the file
        refuse("not-a-spreadsheet", _NO_WORKBOOK)


_NO_WORKBOOK = Text(
    "Dit Excel-bestand is niet te lezen. Open het, bewaar het opnieuw als .xlsx en probeer het nog eens.",
    "This workbook cannot be read. Open it, save it again as .xlsx and try again.",
)


def _inspect(content: bytes) -> None:
    """Look at what is packed before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            kinds = (
                packed.open("[Content_Types].xml").read(100_000) if "[Content_Types].xml" in packed.namelist() else b""
            )
    except Exception:  # noqa: BLE001 - as above: zipfile raises more than BadZipFile for a damaged file
        refuse("not-a-spreadsheet", _NO_WORKBOOK)
    names = [part.filename for part in parts]
    if any("vbaproject" in name.casefold() for name in names) or b"macroEnabled" in kinds:
        words = Text("In dit bestand zitten macro's. Bewaar het als .xlsx zonder macro's.", "Save it without macros.")
        refuse("macros", words)
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        refuse("password", Text("Op dit bestand zit een wachtwoord. Haal dat eraf.", "Remove the password."))
    if len(names) > _MOST_PARTS or len(set(names)) != len(names):
        refuse("not-a-spreadsheet", _NO_WORKBOOK)
    # zipfile never gives more of a part than the size that is declared here.
    if sum(part.file_size for part in parts) > _MOST_UNPACKED:
        words = Text(
            "Uitgepakt is dit bestand veel te groot. Bewaar alleen de rijen in een nieuw bestand.",
            "Unpacked, this file is far too large. Save only the rows in a new file.",
        )
        refuse("zip-bomb", words)


def _rows(book: Any) -> Iterator[tuple[int, list[Cell]]]:
    if not book.worksheets:
        refuse("not-a-spreadsheet", _NO_WORKBOOK)
    sheet = book.worksheets[0]
    # The size that the file declares may be a lie; without it every row comes with the cells that are in it.
    sheet.reset_dimensions()
    seen = 0
    for number, cells in enumerate(sheet.iter_rows(max_row=_LAST_ROW), 1):
        seen += len(cells)
        if seen > _MOST_CELLS:
            refuse("too-many-cells", Text("In dit bestand staan te veel cellen.", "There are too many cells."))
        if cells:
            yield number, [_cell(cell.value, cell.data_type) for cell in cells]


def _cell(value: Any, kind: str) -> Cell:
    """The cell as text, as a person would type it; a formula or an error is no text."""
    if kind in _FAULTS or isinstance(value, time | timedelta):
        return _FAULTS.get(kind, Fault.ERROR)
    match value:
        case None:
            return ""
        case bool():
            return "ja" if value else "nee"
        case float():
            return f"{value:.0f}" if value.is_integer() else f"{value:.10g}"
        case date():
            return value.strftime("%Y-%m-%d")
        case _:
            return str(value)
