"""What one holder gets by a winding-up, class by class, as a PDF."""

from collections.abc import Sequence
from datetime import datetime

from freehold.core.actions.windup import Step
from freehold.core.ids import record_hash
from freehold.core.units import format_units
from freehold.desks.servicing import windup_reading, windups
from freehold.desks.servicing.windup_reading import Share, WindupView
from freehold.doors.papers.sheet import Block, Column, Facts, Grid, Heading, Paper, Text, write
from freehold.doors.papers.statement import grouped

_COLUMNS = (
    Column("Class", 1.4),
    Column("Units", 1.2, number=True),
    Column("Gross", 1.5, number=True),
    Column("Tax", 1.3, number=True),
    Column("Net", 1.5, number=True),
    Column("Held", 1.3, number=True),
    Column("State", 0.9),
)


def as_pdf(one: WindupView, rows: Sequence[Share], now: datetime) -> bytes:
    """The paper; the same winding-up, rows and instant give the same bytes. `rows` are of one holder."""
    of, first = one.of, rows[0]
    digest = record_hash(
        [[of.id, row.class_id, str(row.account), str(row.gross), str(row.net), str(row.held)]
         for row in rows]
    )  # fmt: skip
    return write(
        Paper(
            of.owner.name,
            "Winding-up: statement of payment",
            f"{of.id}, as of {_instant(now)}",
            _blocks(one, rows),
            f"{of.id}, {first.holder}, account {first.account}",
            digest[2:],
            (first.name or first.holder,),
        )
    )


def _blocks(one: WindupView, rows: Sequence[Share]) -> list[Block]:
    of = one.of
    facts = [
        ("Winding-up", of.terms.exit.name),
        ("Holder", rows[0].name or rows[0].holder),
        ("Account", str(rows[0].account)),
        ("Record instant", _instant(of.terms.record)),
        ("Payment", _instant(of.terms.payment)),
        ("Claims end", _instant(of.terms.claim_until)),
        ("Plan on chain", str(of.left(Step.PROPOSE)["plan"])),
    ]
    lines = [
        (
            row.class_id,
            grouped(format_units(row.units, windups.decimals_of(of, row.class_id))),
            *(_coins(one, each) for each in (row.gross, row.withheld, row.net, row.held)),
            windup_reading.stands(one, row),
        )
        for row in rows
    ]
    names = ("gross", "withheld", "net", "held")
    sums = [_coins(one, sum(getattr(row, name) for row in rows)) for name in names]
    blocks: list[Block] = [
        Facts(facts, frozenset({"Plan on chain"})),
        Heading(f"What you get, in {of.coin.symbol}"),
        Grid(_COLUMNS, lines, ("Total", "", *sums, "")),
    ]
    if any(row.held for row in rows):
        said = "Held money is under your name until what stands against the payment is cleared."
        blocks.append(Text(said))
    how = "What a class gets is divided by units exactly, by largest remainder, stage by stage."
    return [*blocks, Text(how, quiet=True)]


def _coins(one: WindupView, amount: int) -> str:
    return grouped(format_units(amount, one.of.coin.decimals))


def _instant(at: datetime) -> str:
    return f"{at.day} {at:%b %Y %H:%M} UTC"
