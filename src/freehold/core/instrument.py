"""Issuers and the classes of what they issue, with the terms that rights are computed from.

A quantity of a class is counted in base units: a class with `decimals` 0 has whole shares only.
Votes, seniority, multiples and conversion ratios are exact fractions, because charters state them
as decimals or ratios and no rounding belongs into a definition.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction


class InstrumentKind(StrEnum):
    COMMON = "common"
    PREFERRED = "preferred"
    DEBT = "debt"
    REVENUE_SHARE = "revenue share"
    TITLE = "title"
    FUND_UNIT = "fund unit"


class Rounding(StrEnum):
    """How a conversion that does not come out even is rounded, for one security at a time."""

    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who owes the rights; `country` is ISO 3166-1 alpha-2."""

    id: str
    name: str
    country: str
    formed: date | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A price for one whole unit, exact: par values have more places than a currency has."""

    per_unit: Fraction
    currency: str


@dataclass(frozen=True, slots=True)
class ConversionRight:
    """One whole unit converts into `ratio` whole units of the class `into`."""

    into: str
    ratio: Fraction
    rounding: Rounding = Rounding.DOWN


@dataclass(frozen=True, slots=True)
class ShareClass:
    """One class of shares. `authorised` is in base units; None means there is no limit.

    A higher `seniority` is repaid earlier. `liquidation_multiple` is times `issue_price`;
    `participation_cap` is the most a participating holder gets, times `issue_price`.
    """

    id: str
    name: str
    symbol: str
    kind: InstrumentKind
    decimals: int = 0
    authorised: int | None = None
    votes: Fraction = Fraction(1)
    seniority: Fraction = Fraction(1)
    par: Price | None = None
    issue_price: Price | None = None
    liquidation_multiple: Fraction | None = None
    participation_cap: Fraction | None = None
    conversions: tuple[ConversionRight, ...] = ()
