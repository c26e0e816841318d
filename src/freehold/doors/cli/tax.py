"""`freehold tax`: what is withheld from payments, by which rate and source."""

from datetime import UTC, datetime
from fractions import Fraction

import click

from freehold.core.actions import tax_regimes
from freehold.core.clock import parse_day
from freehold.doors.cli.output import Column, Table, json_option, show


@click.group()
def tax() -> None:
    """Tax on payments: rates as dated data, the forms of persons, previews, the files of a year."""


@tax.command()
@click.option("--on", metavar="DATE", help="The day of a payment; today if left out.")
@click.option("--country", help="Only what issuers of this country withhold (US, CH, DE ...).")
@json_option
def rates(on: str | None, country: str | None, as_json: bool) -> None:
    """The rates on a day, statutory and by treaty, with their sources and whether they are checked."""
    day = parse_day(on, "--on") if on else datetime.now(UTC).date()
    if country:
        tax_regimes.regime(country, "--country")
    found = [one for one in tax_regimes.rates_on(day) if country in (None, one.country)]
    rows = [
        (
            one.country,
            one.residence or "anybody",
            one.what,
            percent(one.rate),
            one.since.isoformat(),
            one.cite,
            "yes" if one.verified else "unverified",
        )
        for one in found
    ]
    headings = ("issuer in", "holder in", "what", "rate", "since", "source", "checked")
    columns = [Column(name, number=name == "rate") for name in headings]
    show({"day": day, "rates": found}, as_json, Table(f"Tax at source on {day}", columns, rows))


def percent(rate: Fraction) -> str:
    """A rate for reading: 26.375 %."""
    return f"{float(rate * 100):g} %"
