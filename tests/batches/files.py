"""Files as people have them: CSV in every dialect, XLSX, and what only looks like one."""

import csv
import io
import itertools
import zipfile
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from tests.api.world import in_letters

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GOOD: dict[str, Any] = {
    "diagnose_cas": "L621",
    "geslacht": "m",
    "geboortejaar": "1974",
    "belasting": "Tillen van stenen",
    "werk": "Metselen in de woningbouw",
    "beroep": "Metselaar",
    "sector_sbi": "41",
    "arbodienst": "Arbodienst Voorbeeld",
}
_count = itertools.count(1)


def row(**changes: Any) -> dict[str, Any]:
    """A row that can be filed and says what no other row says."""
    return GOOD | {"beroep": f"Metselaar {in_letters(next(_count))}"} | changes


def csv_of(rows: Sequence[dict[str, Any]], separator: str = ";", encoding: str = "utf-8-sig") -> bytes:
    written = io.StringIO()
    names = list(dict.fromkeys(name for one in rows for name in one))
    writer = csv.DictWriter(written, names, delimiter=separator, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode(encoding)


def xlsx_of(rows: Sequence[dict[str, Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    names = list(dict.fromkeys(name for one in rows for name in one))
    sheet.append(names)
    for one in rows:
        sheet.append([one.get(name) for name in names])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The same workbook with parts replaced or added. A double __ is a slash, a single _ before xml a point."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        replaced = {
            name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): part
            for name, part in parts.items()
        }
        for name in old.namelist():
            if name not in replaced:
                new.writestr(name, old.read(name))
        for name, part in replaced.items():
            new.writestr(name, part)
    return packed.getvalue()
