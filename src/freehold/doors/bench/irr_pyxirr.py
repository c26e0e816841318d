"""Rates of return and hurdles beside pyxirr's, on random flows.

A hurdle is right if flows that end in exactly what it asks for have that rate by pyxirr. Money is
counted in millionths of a cent there, so that rounding up to the unit does not show.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import pyxirr

from freehold.core.actions.irr import irr, required_up
from freehold.doors.bench.report import Row

CASES = 2_000
CLOSE = 1e-9
_PYXIRR_UNIT = 10**6
"""pyxirr stops at an absolute tolerance and gives up on large numbers; rates have no unit."""
Flow = tuple[date, int]


def errors(cases: int, seed: int = 1) -> Iterator[tuple[float, float]]:
    """By how much our rate, and the rate that our hurdle leads to, differ from pyxirr's."""
    draw = random.Random(seed)
    for _ in range(cases):
        flows, last, hurdle = random_flows(draw)
        rate = irr(flows)
        assert rate is not None, "flows that change sign once have one rate"
        ending = [*flows[:-1], (last, -required_up(flows[:-1], hurdle, last))]
        yield abs(float(rate) - _theirs(flows)), abs(float(hurdle) - _theirs(ending))


def random_flows(draw: random.Random) -> tuple[list[Flow], date, Fraction]:
    """Contributions over some years, distributions after them; a hurdle not reached before."""
    start = date(2000, 1, 1) + timedelta(draw.randrange(7_000))
    days = sorted(draw.sample(range(1, 4_000), draw.randrange(2, 9)))
    paid_in = draw.randrange(1, len(days))
    flows = [(start, _amount(draw))]
    flows += [(start + timedelta(day), _amount(draw)) for day in days[: paid_in - 1]]
    put_in = sum(amount for _, amount in flows)
    later = days[paid_in - 1 :]
    flows += [
        (start + timedelta(day), -int(put_in * draw.uniform(0.05, 0.9) / len(later)))
        for day in later[:-1]
    ]
    last = start + timedelta(later[-1])
    flows.append((last, -int(put_in * draw.uniform(0.3, 4))))
    return flows, last, Fraction(draw.randrange(200, 3_000), 10_000)


def _amount(draw: random.Random) -> int:
    return draw.randrange(10**13, 10**15)


def _theirs(flows: list[Flow]) -> float:
    thousands = [(day, -amount / _PYXIRR_UNIT) for day, amount in flows]
    found = pyxirr.xirr(thousands)
    assert found is not None, f"pyxirr finds no rate of {flows}"
    return float(found)


def rows() -> Iterator[Row]:
    """The largest difference of rates and of hurdles: at most 10^-9."""
    found = list(errors(CASES))
    rates, hurdles = (max(column) for column in zip(*found, strict=True))
    yield Row("IRR: largest difference from pyxirr", rates, f"of {CASES:,} flows", goal=CLOSE)
    yield Row("hurdle: largest difference from pyxirr", hurdles, f"of {CASES:,}", goal=CLOSE)
