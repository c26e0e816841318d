"""The files of a year: rows of each form as CSV and JSON, and a statement for each holder as PDF."""

import json
from collections.abc import Iterator, Mapping, Sequence

from freehold.core.actions.incomes import DIVIDENDS, FOREIGN, INTEREST, MISCELLANEOUS
from freehold.core.actions.tax_forms import HEADINGS
from freehold.core.errors import NotFound
from freehold.desks.register.reports import csv_text
from freehold.desks.servicing.taxes import YearFiles
from freehold.doors.papers import tax

MEDIA = {"csv": "text/csv", "json": "application/json", "pdf": "application/pdf"}


def forms_of(found: YearFiles) -> Mapping[str, Sequence[Mapping[str, str]]]:
    """The rows by form."""
    return {
        DIVIDENDS: found.dividends,
        INTEREST: found.interest,
        MISCELLANEOUS: found.miscellaneous,
        FOREIGN: found.foreign,
    }


def names(found: YearFiles) -> list[tuple[str, str, int]]:
    """The name of every file, what it is, and how many rows it has."""
    listed = [
        (f"{form}-{found.year}.{kind}", f"Rows of Form {form}", len(rows))
        for form, rows in forms_of(found).items()
        for kind in ("csv", "json")
    ]
    return listed + [
        (_statement(found, who.person), f"Statement of {who.name}", len(paid))
        for who, paid in found.holders
    ]


def contents(found: YearFiles) -> Iterator[tuple[str, bytes]]:
    """Every file by its name."""
    for name, _, _ in names(found):
        yield name, content(found, name)


def content(found: YearFiles, name: str) -> bytes:
    """One file. Raises NotFound."""
    for form, rows in forms_of(found).items():
        headings = HEADINGS[form]
        if name == f"{form}-{found.year}.csv":
            text = csv_text(headings, [[row[one] for one in headings] for row in rows])
            return text.encode()
        if name == f"{form}-{found.year}.json":
            return (json.dumps(rows, indent=2) + "\n").encode()
    for who, paid in found.holders:
        if name == _statement(found, who.person):
            return tax.as_pdf(found.issuer.name, str(found.year), who, paid)
    raise NotFound(f"the year {found.year} has no file {name[:80]}", name=name[:80])


def _statement(found: YearFiles, person: str) -> str:
    return f"statement-{found.year}-{person or 'unknown'}.pdf"
