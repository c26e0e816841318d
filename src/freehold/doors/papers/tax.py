"""A holder's statement of what was paid to him and withheld, for a year or an action, as PDF."""

from collections.abc import Sequence

from freehold.core.actions.tax_forms import Payment, Recipient, totals
from freehold.core.ids import record_hash
from freehold.core.units import format_units
from freehold.doors.papers.sheet import Block, Column, Facts, Grid, Heading, Paper, Text, write
from freehold.doors.papers.statement import grouped

_COLUMNS = (
    Column("Paid on", 1.1),
    Column("Action", 2.0),
    Column("Account", 0.9, number=True),
    Column("Gross", 1.5, number=True),
    Column("Withheld", 1.5, number=True),
    Column("Net", 1.5, number=True),
    Column("Rate", 0.9, number=True),
    Column("Rule", 2.0),
)


def as_pdf(
    issuer: str,
    of: str,
    who: Recipient,
    paid: Sequence[Payment],
    title: str = "Yearly statement of payments",
) -> bytes:
    """The statement of a year or an action; the same payments give the same bytes."""
    digest = record_hash(
        [[one.named, str(one.account), one.day.isoformat(), str(one.gross), str(one.withheld)]
         for one in paid]
    )  # fmt: skip
    blocks: list[Block] = [
        Facts(
            (
                ("Holder", who.name),
                ("Holder number", who.person or "not in the book"),
                ("Country", who.residence or "not on file"),
                ("Form on file", str(who.form.form).upper() if who.form else "none"),
            )
        )
    ]
    for (currency, decimals), (gross, withheld) in sorted(totals(paid).items()):
        mine = [one for one in paid if (one.currency, one.decimals) == (currency, decimals)]
        sums = [grouped(format_units(one, decimals)) for one in (gross, withheld, gross - withheld)]
        blocks += [
            Heading(f"Paid in {currency}"),
            Grid(_COLUMNS, [_row(one) for one in mine], ("Total", "", "", *sums, "", "")),
        ]
    blocks.append(
        Text(
            "Amounts are exact. Rates are of the day of payment; tax is rounded half up for each"
            " person. Informational, not tax advice.",
            quiet=True,
        )
    )
    reference = f"Payments {of} of {who.person or 'a holder not in the book'}"
    to = (who.name, *who.address.splitlines())
    return write(Paper(issuer, title, of, blocks, reference, digest, to))


def _row(one: Payment) -> tuple[str, ...]:
    amounts = (one.gross, one.withheld, one.gross - one.withheld)
    return (
        one.day.isoformat(),
        one.named,
        str(one.account),
        *(grouped(format_units(amount, one.decimals)) for amount in amounts),
        f"{float(one.rate * 100):g} %",
        one.cite,
    )
