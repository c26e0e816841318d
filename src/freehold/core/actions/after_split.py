"""The terms of an announced action behind a split: what is said for a unit, and in units, is said anew.

A unit after a split of 3 for 2 is two thirds of one before. So money for a unit, and what a unit costs, is
divided by the ratio; how many units there are at most is multiplied by it; units of another class for one
of the class that was split are divided, and the other way round. All are exact fractions; only a number of
units is rounded down, as holdings are. Money in all, shares and ratios within one class stay what they are.
"""

from dataclasses import replace
from fractions import Fraction

from freehold.core.actions.terms import Basis, Cash, Exchange, Terms


def of_own_class(terms: Terms, ratio: Fraction) -> Terms:
    """The terms once the class that the action is of was split; holdings are counted behind the split."""
    options = terms.options
    if options.price is not None:
        options = replace(options, price=options.price / ratio)
    cash, exchange = _cash(terms.cash, ratio), _exchange(terms.exchange, ratio)
    most = int(terms.most * ratio)
    return replace(terms, cash=cash, exchange=exchange, most=most, options=options)


def reinvested(terms: Terms, ratio: Fraction) -> Terms:
    """The terms where holdings were counted before the split and money is re-invested behind it."""
    if terms.options.price is None:
        return terms
    return replace(terms, options=replace(terms.options, price=terms.options.price / ratio))


def of_other_class(terms: Terms, ratio: Fraction) -> Terms:
    """The terms once the class was split into which the action leads."""
    if terms.exchange is None or not terms.exchange.into:
        return terms
    price = terms.exchange.price
    there = replace(terms.exchange, ratio=terms.exchange.ratio * ratio)
    return replace(terms, exchange=replace(there, price=None if price is None else price / ratio))


def _cash(cash: Cash | None, ratio: Fraction) -> Cash | None:
    if cash is None or cash.basis is not Basis.PER_UNIT:
        return cash
    return replace(cash, amount=cash.amount / ratio)


def _exchange(exchange: Exchange | None, ratio: Fraction) -> Exchange | None:
    if exchange is None:
        return None
    if exchange.into:  # its price is one of the other class's units
        return replace(exchange, ratio=exchange.ratio / ratio)
    return exchange if exchange.price is None else replace(exchange, price=exchange.price / ratio)
