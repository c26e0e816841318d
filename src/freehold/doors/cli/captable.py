"""`freehold captable`: a company's cap table in, out, and as of a legal day."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from freehold.core.captable import CapTable, fully_diluted, holdings, outstanding
from freehold.core.clock import parse_day
from freehold.core.company import read_company
from freehold.core.errors import Invalid, Mistake
from freehold.core.identifiers import parse_address
from freehold.core.ids import Address
from freehold.core.units import format_units
from freehold.desks.office import open_office
from freehold.desks.register import captables, registers, takeovers
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.progress import progress
from freehold.doors.cli.settings import settings

issuer_option = click.option("--issuer", help="The issuer's id, where there are several.")
DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def captable() -> None:
    """Bring a cap table in, write it out, see it on a legal day."""


@captable.command("import")
@click.argument("directory", type=DIRECTORY)
@click.option(
    "--wallets",
    type=FILE,
    help="CSV of holder,wallet; holders not in it get an account under the agent's key.",
)
@json_option
def import_(directory: Path, wallets: Path | None, as_json: bool) -> None:
    """Turn an Open Cap Table Format directory into instruments and a register on the ledger.

    The file is checked whole first; with any mistake nothing is done. The past is posted in a
    take-over that two persons open and that is closed for good at the end.
    """
    files = read_directory(directory)
    known = read_wallets(wallets) if wallets else {}
    with open_office(settings()) as office, progress("import", as_json) as tell:
        made = captables.import_company(office, files, known, tell)
    table = captables.table_of_files(files, None)
    document = table_document(table) | {
        "issuer": made.established.issuer.id,
        "register": made.established.issuer.register,
        "instruments": {key: one.token for key, one in made.established.instruments.items()},
        "acts": made.acts,
        "notices": [str(notice) for notice in made.notices],
    }
    show(document, as_json, *tables(table))
    if not as_json:
        for notice in made.notices:
            click.echo(f"note: {notice}")


@captable.command()
@click.option(
    "--ocf",
    "directory",
    required=True,
    type=click.Path(path_type=Path),
    help="The directory to write.",
)
@issuer_option
@json_option
def export(directory: Path, issuer: str | None, as_json: bool) -> None:
    """Write an issuer's cap table as an Open Cap Table Format directory."""
    with open_office(settings()) as office:
        files = captables.export_company(office, issuer)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    rows = [(name, str(len(text.encode()))) for name, text in files.items()]
    columns = [Column("file"), Column("bytes", number=True)]
    show({"directory": directory, "files": list(files)}, as_json, Table("", columns, rows))


@captable.command()
@click.argument("day")
@issuer_option
@json_option
def at(day: str, issuer: str | None, as_json: bool) -> None:
    """The cap table on a legal DAY (2026-11-22): units held from the chain, claims from the file."""
    on = parse_day(day, "day")
    with open_office(settings()) as office:
        held = registers.holdings_on(office, issuer, on)
        files = captables.export_company(office, issuer)
    table = captables.table_of_files(files, on)
    document = table_document(table) | {"day": on, "held_on_chain": held}
    rows = [(key, who, str(units)) for key, line in held.items() for who, units in line.items()]
    columns = [Column("class"), Column("holder"), Column("units", number=True)]
    show(document, as_json, Table(f"Held on {on}", columns, rows), *tables(table)[1:])


@captable.command("check")
@click.argument("directory", type=DIRECTORY)
@json_option
def check(directory: Path, as_json: bool) -> None:
    """Read an Open Cap Table Format directory and show what it says, touching no ledger."""
    table = captables.table_of_files(read_directory(directory), None)
    show(table_document(table), as_json, *tables(table))


@captable.command("take-over")
@click.argument("register", type=FILE)
@click.option("--company", required=True, type=FILE, help="TOML of the issuer and its classes.")
@click.option("--totals", type=FILE, help="CSV of the control totals the register must match.")
@click.option("--day", help="The day the old register speaks for; today if left out.")
@click.option("--post", is_flag=True, help="Post it, if the dry run shows no difference.")
@json_option
def take_over(
    register: Path, company: Path, totals: Path | None, day: str | None, post: bool, as_json: bool
) -> Outcome:
    """Take over an incumbent's register (CSV): compare it with its control totals and with ours.

    Without --post this is a dry run and changes nothing. Exit code 1 if anything differs.
    """
    known = read_company(company.read_text(encoding="utf-8"))
    old = register.read_text(encoding="utf-8")
    declared = totals.read_text(encoding="utf-8") if totals else None
    on = parse_day(day, "day") if day else None
    with open_office(settings()) as office, progress("take-over", as_json) as tell:
        found = takeovers.dry_run(office, known, old, declared, on)
        made = None
        if post and not found.differences:
            made = takeovers.post(office, known, old, declared, on, tell)
    summed = found.totals
    rows = [("holders", str(summed.holders)), ("certificates", str(summed.certificates))]
    rows += [(f"units of {key}", f"{units:,}") for key, units in summed.units.items()]
    show(
        {
            "day": found.day,
            "totals": summed,
            "differences": found.differences,
            "not_mapped": [str(one) for one in found.not_mapped],
            "posted": made is not None,
        },
        as_json,
        Table("Control totals", [Column("what"), Column("value", number=True)], rows),
        Table(
            "Differences",
            [Column("difference")],
            [(str(one),) for one in found.differences] or [("none",)],
        ),
        Table(
            "What the register will not say",
            [Column("lines"), Column("what stays in the file")],
            [(one.place, one.message) for one in found.not_mapped],
        ),
    )
    return Outcome.FAILED if found.differences else Outcome.DONE


def read_directory(directory: Path) -> dict[str, str]:
    """The files of an OCF directory by name."""
    found = sorted(directory.glob("*.ocf.json"))
    if not found:
        raise Invalid(f"{directory} has no *.ocf.json files: name a directory in that format")
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in found}
    except UnicodeDecodeError as error:
        raise Invalid(f"a file in {directory} is not UTF-8: {error.reason}") from None


def read_wallets(file: Path) -> dict[str, Address]:
    """Holder id -> wallet from a CSV with the columns holder and wallet."""
    mistakes: list[Mistake] = []
    wallets: dict[str, Address] = {}
    with file.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            try:
                if row["holder"] in wallets:
                    raise Invalid(f"{row['holder']} has a wallet already on an earlier line")
                wallets[row["holder"]] = parse_address(row["wallet"] or "", "wallet")
            except KeyError as missing:
                raise Invalid(f"{file} needs a column {missing}", field=str(missing)) from None
            except Invalid as wrong:
                mistakes.append(Mistake(f"{file.name} line {number}", wrong.message))
    if mistakes:
        raise Invalid("the wallets cannot be used", mistakes)
    return wallets


def table_document(table: CapTable) -> dict[str, Any]:
    """The cap table for a program: holders by class, outstanding by class, fully diluted."""
    places = {key: share.decimals for key, share in table.classes.items()}
    return {
        "day": table.day,
        "issuer_name": table.issuer.name,
        "holders": {
            key: {who: format_units(units, places[key]) for who, units in held.items()}
            for key, held in holdings(table).items()
        },
        "outstanding": {
            key: format_units(units, places[key]) for key, units in outstanding(table).items()
        },
        "fully_diluted": [
            {"holder": row.holder, "source": row.source, "units": str(row.units)}
            for row in fully_diluted(table)
        ],
        "undetermined": [
            {"holder": one.holder, "kind": str(one.kind), "reason": one.reason}
            for one in table.open_claims
        ],
    }


def tables(table: CapTable) -> list[Table]:
    """The cap table for a person."""
    names = {key: holder.name for key, holder in table.holders.items()} | {"": "plan reserve"}
    held = [
        (table.classes[key].name, names.get(who, who), _grouped(units, table.classes[key].decimals))
        for key, line in holdings(table).items()
        for who, units in line.items()
    ]
    totals = [
        (
            table.classes[key].name,
            _grouped(units, table.classes[key].decimals),
            _limit(table.authorised.get(key), table.classes[key].decimals),
        )
        for key, units in outstanding(table).items()
    ]
    diluted = _diluted(table, names)
    units = Column("units", number=True)
    return [
        Table(
            f"{table.issuer.name}, {table.day}", [Column("class"), Column("holder"), units], held
        ),
        Table(
            "Outstanding",
            [Column("class"), units, Column("authorised", number=True)],
            totals,
        ),
        Table(
            "Fully diluted",
            [Column("holder"), Column("as"), units, Column("%", number=True)],
            diluted,
        ),
    ]


def _diluted(table: CapTable, names: Mapping[str, str]) -> list[tuple[str, ...]]:
    rows = fully_diluted(table)
    total = sum(row.units for row in rows) or 1
    return [
        (
            names.get(row.holder, row.holder),
            table.classes[row.source].name if row.source in table.classes else row.source,
            f"{float(row.units):,.6g}" if row.units.denominator > 1 else f"{int(row.units):,}",
            f"{float(100 * row.units / total):.2f}",
        )
        for row in rows
    ]


def _grouped(units: int, decimals: int) -> str:
    whole, _, places = format_units(units, decimals).partition(".")
    return f"{int(whole):,}" + (f".{places}" if places else "")


def _limit(units: int | None, decimals: int) -> str:
    return "no limit" if units is None else _grouped(units, decimals)
