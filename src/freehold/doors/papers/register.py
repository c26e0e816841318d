"""The statutory register of holders as PDF."""

from freehold.desks.register import reports
from freehold.desks.register.reports import RegisterReport
from freehold.doors.papers.sheet import Block, Column, Facts, Grid, Heading, Paper, Text, write
from freehold.doors.papers.statement import grouped

_COLUMNS = (
    Column("Account", 0.8, number=True),
    Column("Holder", 2.6),
    Column("Class", 1.2),
    Column("Country", 0.8),
    Column("Units", 1.6, number=True),
    Column("Percent", 1.0, number=True),
    Column("Frozen", 1.2, number=True),
    Column("Lots", 2.8),
)


def as_pdf(report: RegisterReport) -> bytes:
    """A register as a PDF; the same register gives the same bytes."""
    rows = [
        (
            str(row.account),
            row.holder or row.wallet,
            row.holder_class,
            row.country,
            grouped(row.units),
            row.percent,
            grouped(row.frozen) if row.frozen != "0" else "",
            cells[-1].replace("; ", ", "),
        )
        for row, cells in zip(report.rows, reports.table(report), strict=True)
    ]
    totals = ("", f"{len(rows)} positions", "", "", grouped(report.supply), "", "", "")
    issuer, _, instrument = report.instrument.partition(": ")
    digest = reports.digest(report)
    blocks: list[Block] = [
        Facts(
            (
                ("Instrument", instrument),
                ("As of", report.as_of),
                ("Block", f"{report.block:,}"),
                ("Positions", str(len(rows))),
                ("Units issued", grouped(report.supply)),
                ("Outstanding", grouped(report.outstanding)),
            )
        ),
        Heading("Holders"),
        Grid(_COLUMNS, rows, totals if rows else (), "Nobody holds units."),
        Text(
            "The register on the ledger is the record; this paper says what it said at the moment"
            " above. The digest is SHA-256 over the canonical JSON (RFC 8785) of the register, which"
            " an export to .json gives.",
            quiet=True,
        ),
    ]
    return write(
        Paper(issuer, "Register of holders", report.as_of, blocks, report.instrument, digest)
    )
