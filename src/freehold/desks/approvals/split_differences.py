"""What else a split changes, for whoever agrees to it: the figures of rules, the terms of other actions."""

from collections.abc import Iterator
from fractions import Fraction

from freehold.book.issuers import KnownInstrument
from freehold.core.actions.kinds import Work
from freehold.core.actions.terms import Basis, Terms
from freehold.core.approvals import Change
from freehold.desks.office import Office
from freehold.desks.outbox import repricing
from freehold.desks.securities import split_figures


def of_split(office: Office, instrument: KnownInstrument, terms: Terms) -> Iterator[Change]:
    """The differences of a split, as of today; nothing for an action that splits nothing."""
    if terms.work is not Work.SPLIT or terms.exchange is None:
        return
    ratio = terms.exchange.ratio
    for one in split_figures.figures(office, instrument, ratio):
        before, after = one.words(instrument.decimals)
        if before != after:
            yield Change(one.name, before, after)
    for each in repricing.repriced(office, instrument.token, ratio, terms.id):
        was, will = said(each.before), said(each.after)
        for name, text in will.items():
            if was[name] != text:
                yield Change(f"{name} of {each.id}", was[name], text)


def said(terms: Terms) -> dict[str, str]:
    """What terms say for a unit, or in units, by name."""
    found: dict[str, Fraction | int | None] = {"Most units": terms.most or None}
    if terms.cash and terms.cash.amount and terms.cash.basis is Basis.PER_UNIT:
        found["Money for a unit"] = terms.cash.amount
    if terms.exchange:
        found |= {"Ratio": terms.exchange.ratio, "Price of a unit": terms.exchange.price}
    found["Price of a unit re-invested in"] = terms.options.price
    return {name: str(one) for name, one in found.items() if one is not None}
