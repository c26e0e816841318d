"""`freehold waterfall`: who gets what of an exit, or of a fund's or property's distribution."""

from datetime import date
from enum import StrEnum
from pathlib import Path

import click

from freehold.core import clock
from freehold.core.actions import fields
from freehold.core.actions.exit_file import read_exit
from freehold.core.actions.fields import Section
from freehold.core.actions.partnership_file import read_partnership
from freehold.core.errors import Invalid
from freehold.core.units import parse_units
from freehold.doors.cli.coupons import TERMS, read_text
from freehold.doors.cli.output import Table, json_option, show
from freehold.doors.cli.waterfall_exit import exit_answer, money
from freehold.doors.cli.waterfall_partnership import partnership_answer


class Kind(StrEnum):
    """What is divided: the price of a company, or what a partnership pays out."""

    EXIT = "exit"
    PARTNERSHIP = "partnership"


@click.command()
@click.argument("terms", type=TERMS)
@click.option("--exit", "amount", required=True, help="What there is to divide, such as 25000000.")
@click.option("--on", metavar="DATE", help="The day it is paid, instead of the file's own.")
@click.option("--holders", is_flag=True, help="Divide each class among the holders in the file.")
@json_option
def waterfall(terms: Path, amount: str, on: str | None, holders: bool, as_json: bool) -> None:
    """Divide an exit by its terms: table of all who are paid, breakpoints, chart; to the cent."""
    top = _dated(fields.parse_toml(read_text(terms)), on)
    kind = fields.choice(top, "kind", Kind, Kind.EXIT)
    fields.refuse_mistakes(top, "the file of terms")
    document, tables = (
        _partnership(top, amount, holders)
        if kind is Kind.PARTNERSHIP
        else _exit(top, amount, holders)
    )
    show(document, as_json, *tables)


def _exit(top: Section, amount: str, holders: bool) -> tuple[dict[str, object], list[Table]]:
    file = read_exit(top)
    if holders and not file.holders:
        raise Invalid(
            "--holders: no class of the file lists its holders; write [[class.holder]] with id and"
            " units",
            field="--holders",
        )
    exit, later = parse_units(amount, file.digits, "--exit"), sum(t.amount for t in file.tranches)
    if later > exit:
        raise Invalid(
            f"--exit {amount}: the tranches of the file are {money(later, file.digits)}"
            f" {file.currency} together; the exit includes them and must be more",
            field="--exit",
        )
    return exit_answer(file, exit, holders)


def _partnership(top: Section, amount: str, holders: bool) -> tuple[dict[str, object], list[Table]]:
    if holders:
        raise Invalid("--holders: a partnership has partners, who are always shown")
    file = read_partnership(top)
    return partnership_answer(file, parse_units(amount, file.digits, "--exit"))


def _dated(top: Section, on: str | None) -> Section:
    """The file with another day in it."""
    day: date | None = clock.parse_day(on, "--on") if on else None
    return top if day is None else Section({**top.content, "on": day}, top.place, top.mistakes)
