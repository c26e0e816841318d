"""The register as an XLSX workbook that a registrar can file: the same register, the same bytes.

Numbers of up to fifteen digits are numbers; longer ones, which a spreadsheet would round, are text,
as is everything that people wrote, whatever it begins with.
"""

import io
import re
import zipfile
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles import Font

from freehold.desks.register.reports import COLUMNS, RegisterReport, table

_EXACT_DIGITS = 15
_NUMBERS = frozenset({"account", "units", "percent", "frozen"})
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
_THE_FIRST = (1980, 1, 1, 0, 0, 0)


def as_xlsx(report: RegisterReport) -> bytes:
    """A workbook with one sheet: a heading, the holders, the totals."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    sheet.title = "Register of holders"
    heading = (("instrument", report.instrument), ("as of", report.as_of))
    totals = (("supply", report.supply), ("outstanding", report.outstanding))
    for place, (name, value) in enumerate((*heading, *totals), start=1):
        sheet.cell(place, 1, name).font = Font(bold=True)
        _write(sheet.cell(place, 2), value, name in {"supply", "outstanding"})
    for column, name in enumerate(COLUMNS, start=1):
        sheet.cell(6, column, name).font = Font(bold=True)
    for place, row in enumerate(table(report), start=7):
        for column, (name, value) in enumerate(zip(COLUMNS, row, strict=True), start=1):
            _write(sheet.cell(place, column), value, name in _NUMBERS)
    written = io.BytesIO()
    book.save(written)
    return _same_bytes(written.getvalue())


def _write(cell: Cell | MergedCell, value: str, number: bool) -> None:
    assert isinstance(cell, Cell), "this sheet merges no cells"
    if number and value and len(value.replace(".", "")) <= _EXACT_DIGITS:
        cell.value = Decimal(value)
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"


def _same_bytes(workbook: bytes) -> bytes:
    """Take the time of writing out of a workbook, which would differ each time."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, _THE_FIRST), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
