"""`freehold waterfall`: who gets what of an exit, or of a fund's or property's distribution."""

from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path

import click

from freehold.core import clock
from freehold.core.actions import fields
from freehold.core.actions.exit_captable import exit_of
from freehold.core.actions.exit_file import ExitFile, read_exit
from freehold.core.actions.fields import Section
from freehold.core.actions.partnership_file import read_partnership
from freehold.core.errors import Invalid
from freehold.core.units import parse_units
from freehold.doors.cli.coupons import read_text
from freehold.doors.cli.output import Table, json_option, show
from freehold.doors.cli.waterfall_exit import exit_answer
from freehold.doors.cli.waterfall_partnership import partnership_answer

Answer = tuple[dict[str, object], list[Table]]


class Kind(StrEnum):
    """What is divided: the price of a company, or what a partnership pays out."""

    EXIT = "exit"
    PARTNERSHIP = "partnership"


@click.command()
@click.argument("terms", type=click.Path(exists=True, path_type=Path))
@click.option("--exit", "amount", required=True, help="What there is to divide, such as 25000000.")
@click.option(
    "--on", metavar="DATE", help="The day: of the payment, or for which a cap table is taken."
)
@click.option("--holders", is_flag=True, help="Divide each class among its holders.")
@json_option
def waterfall(terms: Path, amount: str, on: str | None, holders: bool, as_json: bool) -> None:
    """Divide an exit by its terms: table of all who are paid, breakpoints, chart; to the cent.

    TERMS is a TOML file of the terms, or a directory with a cap table in Open Cap Table Format.
    """
    day = clock.parse_day(on, "--on") if on else None
    if terms.is_dir():
        document, tables = _exit(_from_captable(terms, day), amount, holders)
    else:
        document, tables = _from_file(terms, day, amount, holders)
    show(document, as_json, *tables)


def _from_captable(directory: Path, day: date | None) -> ExitFile:
    """The exit that a cap table describes; loaded only when asked for, because desks are heavy."""
    from freehold.desks.register import captables
    from freehold.doors.cli.captable import read_directory

    return exit_of(captables.table_of_files(read_directory(directory), day))


def _from_file(terms: Path, day: date | None, amount: str, holders: bool) -> Answer:
    top = _dated(fields.parse_toml(read_text(terms)), day)
    kind = fields.choice(top, "kind", Kind, Kind.EXIT)
    fields.refuse_mistakes(top, "the file of terms")
    if kind is Kind.EXIT:
        return _exit(read_exit(top), amount, holders)
    if holders:
        raise Invalid("--holders: a partnership has partners, who are always shown")
    file = read_partnership(top)
    return partnership_answer(file, parse_units(amount, file.digits, "--exit"))


def _exit(file: ExitFile, amount: str, holders: bool) -> Answer:
    if holders and not file.holders:
        raise Invalid(
            "--holders: no class of the file lists its holders; write [[class.holder]] with id and"
            " units",
            field="--holders",
        )
    exit = parse_units(amount, file.digits, "--exit")
    return exit_answer(file, exit, holders)


def _dated(top: Section, day: date | None) -> Section:
    """The file with another day in it."""
    return top if day is None else replace(top, content={**top.content, "on": day})
