"""The daily control report as CSV and PDF: figures by class, what differs, open breaks of the cash book.

Both are made from the report as it was kept, so the same report gives the same bytes.
"""

from collections.abc import Mapping
from typing import Any

from freehold.core.ids import record_hash
from freehold.desks.register.reports import csv_text
from freehold.doors.papers.sheet import Block, Column, Facts, Grid, Heading, Paper, Text, write
from freehold.doors.papers.statement import grouped

_FIGURES = (
    "authorised",
    "issued",
    "redeemed",
    "outstanding",
    "treasury",
    "free",
    "locked",
    "frozen",
)
_HEAD = ("kind", "of", "day", "what", *_FIGURES)
_BLANK = ("",) * len(_FIGURES)


def as_csv(content: Mapping[str, Any]) -> str:
    """One row for each class, each difference, each break of the cash book that is open."""
    day, rows = str(content["instant"])[:10], []
    for one in content["instruments"]:
        figures = (str(one[name]) for name in _FIGURES)
        rows.append(("class", one["class_id"], day, one["name"], *figures))
        rows += [("difference", one["class_id"], day, said, *_BLANK) for said in one["differences"]]
    cash = content.get("cash") or {}
    if cash.get("failed"):
        rows.append(("cash book", "", day, f"could not be compared: {cash['failed']}", *_BLANK))
    rows += [
        ("cash break", one["currency"], one["day"], one["what"], *_BLANK)
        for one in cash.get("breaks", ())
    ]
    return csv_text(_HEAD, rows)


def as_pdf(content: Mapping[str, Any]) -> bytes:
    """The report as a paper, whose digest is the SHA-256 of the report."""
    classes = [
        (one["class_id"], *(grouped(one[name]) for name in _FIGURES))
        for one in content["instruments"]
    ]
    columns = [Column("Class", 1.4), *(Column(name.capitalize(), number=True) for name in _FIGURES)]
    differ = [
        (one["class_id"], said) for one in content["instruments"] for said in one["differences"]
    ]
    blocks: list[Block] = [
        Facts(
            (
                ("As of", content["instant"]),
                ("Block", f"{content['block']:,}"),
                ("Agrees", "yes" if content["ok"] else "no"),
            )
        ),
        Heading("Units by class"),
        Grid(columns, classes, (), "No class is on the ledger."),
        Heading("Differences"),
        Grid((Column("Class"), Column("What differs", 5.0)), differ, (), "None."),
    ]
    blocks += _cash(content.get("cash"))
    return write(
        Paper(
            content["issuer_name"],
            "Control report",
            content["instant"],
            blocks,
            content["issuer"],
            record_hash(dict(content))[2:],
        )
    )


def _cash(cash: Mapping[str, Any] | None) -> list[Block]:
    """Nothing for whoever may not read the cash book."""
    if cash is None:
        return []
    at, failed = cash["compared_at"], cash["failed"]
    said = f"Compared last on {at}." if at else "It was not compared before this report."
    columns = (
        Column("Currency"),
        Column("Day", 1.2),
        Column("What", 5.0),
        Column("Explained", 1.2),
    )
    rows = [
        (one["currency"], one["day"], one["what"], f"{one['explained']} of {one['persons']}")
        for one in cash["breaks"]
    ]
    return [
        Heading("Open breaks of the cash book"),
        Text(f"It could not be compared: {failed}." if failed else said),
        Grid(columns, rows, (), "None."),
    ]
