"""`freehold statement`: a holder's statement of account, on the screen or as a file."""

import json
from pathlib import Path

import click

from freehold.core.clock import parse
from freehold.core.errors import Invalid
from freehold.core.statement import Account, Statement, to_json
from freehold.desks.agent import statements
from freehold.desks.agent.statements import StatementRequest
from freehold.desks.office import open_office
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.register import issuer_option
from freehold.doors.cli.settings import settings


@click.command()
@click.argument("holder")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--from", "opened", help="Where it begins, as an instant or a date; left out: ever.")
@click.option("--to", "closed", help="Where it ends, before this instant; left out: now.")
@issuer_option
@json_option
def statement(
    holder: str,
    file: Path | None,
    opened: str | None,
    closed: str | None,
    issuer: str | None,
    as_json: bool,
) -> None:
    """A holder's statement: opening, movements, closing, lots and restrictions.

    Written to FILE where one is named: its ending says how (.pdf, .csv or .json). The same statement
    gives the same bytes.
    """
    asked = StatementRequest(
        holder,
        issuer,
        parse(opened, "from") if opened else None,
        parse(closed, "to") if closed else None,
    )
    with open_office(settings()) as office:
        found = statements.statement_of(office, asked)
    if file is not None:
        _write(file, found)
    document = to_json(found) | {"digest": found.digest, "file": file}
    show(document, as_json, _table(found), *[_movements(one) for one in found.accounts])


def _write(file: Path, found: Statement) -> None:
    match file.suffix.lower():
        case ".pdf":
            from freehold.doors.papers.statement import as_pdf

            file.write_bytes(as_pdf(found))
        case ".csv":
            from freehold.doors.papers.statement import as_csv

            file.write_text(as_csv(found), encoding="utf-8", newline="")
        case ".json":
            text = json.dumps(to_json(found), ensure_ascii=False, indent=2) + "\n"
            file.write_text(text, encoding="utf-8")
        case other:
            raise Invalid(f"{other or 'no ending'} is no kind of file: end in .pdf, .csv or .json")


def _table(found: Statement) -> Table:
    rows = [
        (one.class_id, one.opening, one.closing, one.free, one.locked, one.frozen)
        for one in found.accounts
    ]
    names = ("opening", "closing", "free", "locked", "frozen")
    title = (
        f"{found.holder_name or found.holder}, account {found.account}, after block {found.block}\n"
        f"digest {found.digest}"
    )
    return Table(title, [Column("class"), *(Column(name, number=True) for name in names)], rows)


def _movements(one: Account) -> Table:
    rows = [(each.day, each.what, each.change, each.balance) for each in one.movements]
    columns = [
        Column("day"),
        Column("what"),
        Column("change", number=True),
        Column("balance", number=True),
    ]
    return Table(f"{one.name} ({one.symbol})", columns, rows)
