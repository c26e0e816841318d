"""`freehold register`: the register of holders, now, as of any moment, and as a file."""

import re
from pathlib import Path

import click

from freehold.core.clock import parse
from freehold.core.errors import Invalid
from freehold.desks.office import open_office
from freehold.desks.register import registers, reports
from freehold.desks.register.registers import AsOf
from freehold.desks.register.reports import COLUMNS, RegisterReport
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings

NUMBERS = {"account", "units", "percent", "frozen"}
issuer_option = click.option("--issuer", help="The issuer's id, where there are several.")
instrument_option = click.option("--instrument", help="Class id, symbol or token; all if left out.")


@click.group()
def register() -> None:
    """See the register of holders and take it with you."""


@register.command("show")
@issuer_option
@instrument_option
@json_option
def show_now(issuer: str | None, instrument: str | None, as_json: bool) -> None:
    """The register now."""
    with open_office(settings()) as office:
        found = registers.registers(office, issuer, instrument)
    _print(found, as_json)


@register.command()
@click.argument("moment")
@issuer_option
@instrument_option
@json_option
def at(moment: str, issuer: str | None, instrument: str | None, as_json: bool) -> None:
    """The register as of MOMENT: an instant (2026-11-22T14:00:00Z), `block:N`, or `record:N`.

    An instant means before every block at or after it, as a record instant does on chain.
    """
    when = as_of(moment)
    with open_office(settings()) as office:
        found = registers.registers(office, issuer, instrument, when)
    _print(found, as_json)


@register.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--at", "moment", help="As of when, as for `register at`; now if left out.")
@issuer_option
@click.option("--instrument", required=True, help="Class id, symbol or token.")
@json_option
def export(
    file: Path, moment: str | None, issuer: str | None, instrument: str, as_json: bool
) -> None:
    """Write one register to FILE: its ending says how (.csv, .xlsx, .pdf or .json)."""
    when = as_of(moment) if moment else None
    with open_office(settings()) as office:
        (report,) = registers.registers(office, issuer, instrument, when)
    match file.suffix.lower():
        case ".csv":
            file.write_text(reports.as_csv(report), encoding="utf-8", newline="")
        case ".json":
            file.write_text(reports.as_json(report), encoding="utf-8")
        case ".xlsx":
            from freehold.doors.sheets import as_xlsx

            file.write_bytes(as_xlsx(report))
        case ".pdf":
            from freehold.doors.papers.register import as_pdf

            file.write_bytes(as_pdf(report))
        case other:
            raise Invalid(
                f"{other or 'no ending'} is no kind of file: end in .csv, .xlsx, .pdf or .json"
            )
    rows = [(str(file), str(len(report.rows)))]
    columns = [Column("file"), Column("holders", number=True)]
    show({"file": file, "holders": len(report.rows)}, as_json, Table("", columns, rows))


def as_of(moment: str) -> AsOf:
    """Read a moment: an instant, block:N or record:N. Raises Invalid."""
    found = re.fullmatch(r"(block|record):(\d+)", moment)
    if found:
        number = int(found[2])
        return AsOf(block=number) if found[1] == "block" else AsOf(record=number)
    return AsOf(instant=parse(moment, "moment"))


def register_table(report: RegisterReport) -> Table:
    """One register for a person; the wallets stand in --json and in exports."""
    title = f"{report.instrument}\n{report.as_of}: {_grouped(report.outstanding)} outstanding"
    if report.supply != report.outstanding:
        title += f", {_grouped(report.supply)} issued"
    places = [place for place, name in enumerate(COLUMNS) if name != "wallet"]
    columns = [Column(COLUMNS[place], number=COLUMNS[place] in NUMBERS) for place in places]
    rows = [[_grouped(row[place]) for place in places] for row in reports.table(report)]
    return Table(title, columns, rows)


def _grouped(cell: str) -> str:
    """Thousands apart, where the whole cell is a number."""
    return f"{int(cell):,}" if cell.isdigit() else cell


def _print(found: list[RegisterReport], as_json: bool) -> None:
    show({"registers": found}, as_json, *[register_table(one) for one in found])
