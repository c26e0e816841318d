"""Quantities: units of a security, money, and how a pot is divided.

Inside the core every quantity is an integer in the smallest unit. Decimals exist only where people
or files write them: `parse_units` and `format_units` are the two doors, and neither ever rounds.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NewType

from freehold.core.errors import Invalid

Units = NewType("Units", int)
"""A quantity of a security in base units; the instrument knows its `decimals`."""

MAX_UNITS = Units((1 << 96) - 1)
"""The largest balance or supply: the contract keeps units in 96 bits."""

_DECIMAL = re.compile(r"(-?)(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of one ISO 4217 currency."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.minor * factor, self.currency)

    def __truediv__(self, other: "Money") -> Fraction:
        return Fraction(self.minor, self._same(other))

    def _same(self, other: "Money") -> int:
        assert self.currency == other.currency, f"{self.currency} and {other.currency} do not mix"
        return other.minor


def parse_units(text: str, decimals: int, field: str = "units") -> Units:
    """Read a decimal string as base units, exactly.

    Raises Invalid for anything that is no plain decimal, has more places than the instrument
    allows (other than trailing zeros), is negative, or exceeds `MAX_UNITS`.
    """
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise Invalid(f"{field} {text!r} is not a decimal number", field=field, value=text)
    sign, whole, places = found[1], found[2], (found[3] or "").rstrip("0")
    if len(places) > decimals:
        raise Invalid(
            f"{field} {text} has {len(places)} decimal places, the instrument has {decimals}",
            field=field,
            value=text,
        )
    units = int(whole + places.ljust(decimals, "0"))
    if sign and units:
        raise Invalid(f"{field} {text} is negative", field=field, value=text)
    if units > MAX_UNITS:
        raise Invalid(f"{field} {text} is larger than a register can hold", field=field, value=text)
    return Units(units)


def format_units(units: int, decimals: int) -> str:
    """Write base units as a decimal string without trailing zeros."""
    sign, digits = ("-", str(-units)) if units < 0 else ("", str(units))
    if not decimals:
        return sign + digits
    digits = digits.rjust(decimals + 1, "0")
    places = digits[-decimals:].rstrip("0")
    return sign + digits[:-decimals] + ("." + places if places else "")


def allocate(total: int, shares: Sequence[int]) -> list[int]:
    """Divide `total` by `shares` so that the parts sum to `total` exactly.

    Largest remainder; ties go to the earlier share. All shares zero is allowed only for total 0.
    """
    assert total >= 0 and all(share >= 0 for share in shares), (
        "a pot and its shares are not negative"
    )
    whole = sum(shares)
    if not whole:
        assert total == 0, "a pot needs somebody to share it"
        return [0] * len(shares)
    pairs = [divmod(total * share, whole) for share in shares]
    parts = [part for part, _ in pairs]
    left = total - sum(parts)
    if not left:
        return parts
    ordered = sorted([rest for _, rest in pairs])
    least = ordered[-left]  # whoever is above it gets one more, and the earlier of its equals
    equals = left - (len(ordered) - bisect_right(ordered, least))
    for place, (_, rest) in enumerate(pairs):
        if rest > least:
            parts[place] += 1
        elif rest == least and equals:
            parts[place] += 1
            equals -= 1
    return parts
