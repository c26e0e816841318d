"""The internal rate of return of dated flows, and what a hurdle still asks for.

The convention is that of XIRR in spreadsheets: (1 + rate) to the power of days / 365, whatever the
year. Powers of that kind are irrational, so this is the one place of the corporate actions that
computes in decimals: 50 digits, which is far below the smallest unit of any sum of money.
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

DIGITS = 50
_SMALLEST_STEP = Decimal("1e-20")
"""Where Newton's method stops: its error is then far smaller."""
_LOWEST, _HIGHEST = Decimal("-0.999999"), Decimal(1_000_000)
Flows = Sequence[tuple[date, int]]
"""Dated amounts in the smallest unit: paid in is positive, received is negative."""


def balance(flows: Flows, rate: Fraction, on: date) -> Decimal:
    """What must be received on a day for the flows to have returned exactly `rate` a year.

    Negative where they have returned more. Later flows are left out.
    """
    exact = Context(prec=DIGITS)
    growth = exact.add(1, exact.divide(Decimal(rate.numerator), Decimal(rate.denominator)))
    total = Decimal(0)
    for day, amount in flows:
        if day <= on:
            years = exact.divide(Decimal((on - day).days), Decimal(365))
            total = exact.add(total, exact.multiply(amount, exact.power(growth, years)))
    return total


def required_up(flows: Flows, rate: Fraction, on: date) -> int:
    """The balance in whole units, rounded up, so that the hurdle is reached; never negative."""
    open_ = balance(flows, rate, on)
    return max(int(open_.to_integral_value(ROUND_CEILING, Context(prec=DIGITS))), 0)


def irr(flows: Flows) -> Decimal | None:
    """The rate a year at which the flows balance, to 12 places; None where there is no single one.

    It is single if the flows, or their running totals, change sign once (Descartes; Norstrom 1972).
    """
    ordered = [amount for _, amount in sorted(flows)]
    if 1 not in (_changes(ordered), _changes(list(accumulate(ordered)))):
        return None
    last = max(day for day, _ in flows)
    low, high = _LOWEST, _HIGHEST
    rising = _worth(flows, high, last)[0] > 0
    if rising == (_worth(flows, low, last)[0] > 0):
        return None
    exact = Context(prec=DIGITS)
    guess, step = Decimal(0), Decimal(1)
    while abs(step) > _SMALLEST_STEP:
        worth, slope = _worth(flows, guess, last)
        low, high = (low, guess) if (worth > 0) == rising else (guess, high)
        newton = exact.subtract(guess, exact.divide(worth, slope)) if slope else low
        narrow = exact.subtract(high, low) < 1
        following = newton if narrow and low < newton < high else exact.divide(low + high, 2)
        step, guess = exact.subtract(following, guess), following
    return guess.quantize(Decimal("1e-12"))


def _worth(flows: Flows, rate: Decimal, on: date) -> tuple[Decimal, Decimal]:
    """The balance on a day at a rate a year, and how fast it changes with the rate."""
    exact = Context(prec=DIGITS)
    growth, worth, slope = exact.add(1, rate), Decimal(0), Decimal(0)
    for day, amount in flows:
        years = exact.divide(Decimal((on - day).days), Decimal(365))
        grown = exact.multiply(amount, exact.power(growth, years))
        worth = exact.add(worth, grown)
        slope = exact.add(slope, exact.divide(exact.multiply(grown, years), growth))
    return worth, slope


def _changes(amounts: Sequence[int]) -> int:
    signs = [amount > 0 for amount in amounts if amount]
    return sum(a != b for a, b in pairwise(signs))
