"""What one holder gets by a corporate action, as a PDF."""

from datetime import datetime

from freehold.core.actions.kinds import PAYS, TRAITS
from freehold.core.ids import record_hash
from freehold.core.units import format_units
from freehold.desks.servicing.events import ActionView, Entitled
from freehold.doors.papers.sheet import Block, Facts, Grid, Heading, Paper, Text, write
from freehold.doors.papers.sheet import Column as Head
from freehold.doors.papers.statement import grouped

SAID = {
    "paid": "Paid",
    "held": "Held under your name until what stands against the payment is cleared",
    "delivered": "Delivered",
    "due": "Due on the day of payment",
    "": "No money is due",
}


def as_pdf(one: ActionView, row: Entitled, now: datetime) -> bytes:
    """The paper; the same action, row and instant give the same bytes."""
    terms, part = one.terms, row.part
    title = str(terms.kind).replace("-", " ").capitalize()
    return write(
        Paper(
            one.owner.name,
            f"{title}: statement of payment",
            f"{terms.id}, as of {_instant(now)}",
            _blocks(one, row),
            f"{terms.id}, {row.holder}, account {part.account}",
            record_hash([terms.id, one.version, part.account, str(part.gross), str(part.net)])[2:],
            (row.name or row.holder,),
        )
    )


def _blocks(one: ActionView, row: Entitled) -> list[Block]:
    terms, part, traits = one.terms, row.part, TRAITS[one.terms.kind]
    places = terms.options.places(part.currency, terms.cash.decimals if terms.cash else 0)
    coin = part.currency or one.symbol
    units = one.instrument.decimals
    facts = [
        ("Security", f"{one.instrument.name} ({one.instrument.symbol})"),
        ("Holder", row.name or row.holder),
        ("Account", str(part.account)),
        ("Record instant", _instant(terms.record)),
        ("Ex-date", f"{terms.ex_date.day} {terms.ex_date:%b %Y}"),
        ("Payment", _instant(terms.payment)),
        ("Event", f"{traits.cdm} ({traits.iso})"),
        ("Token", str(one.instrument.token)),
    ]
    if terms.cash and terms.work in PAYS:
        facts.append(("Declared", f"{terms.cash.amount} {one.symbol} {terms.cash.basis}"))
    blocks: list[Block] = [Facts(facts, frozenset({"Token"})), Heading("What you get")]
    rows = [("Units held at the record instant", grouped(format_units(part.units, units)), "units")]
    if part.gets or part.gives:
        rows.append(("Units received", grouped(format_units(part.gets, units)), "units"))
        rows.append(("Units given", grouped(format_units(part.gives, units)), "units"))
    if terms.cash:
        for name, amount in (("Gross", part.gross), ("Tax withheld", part.withheld)):
            rows.append((name, grouped(format_units(amount, places)), coin))
    net = grouped(format_units(part.net, places))
    totals = ("Net", net, coin) if terms.cash else ()
    heads = (Head("What", 3), Head("Amount", 2, number=True), Head("In", 1))
    blocks += [Grid(heads, rows, totals), Text(f"{SAID[row.became]}.")]
    how = (
        "The pot is divided by units exactly, by largest remainder."
        if terms.cash and terms.cash.basis == "pot"
        else "The declared rate is an exact fraction, rounded down for each account."
    )
    blocks.append(
        Text(how if terms.cash else "Units are rounded down for each account.", quiet=True)
    )
    return blocks


def _instant(at: datetime) -> str:
    return f"{at.day} {at:%b %Y %H:%M} UTC"
