"""The cap table of a company on a legal day: who holds what, and what could still be called for.

`replay` carries out acts (core/acts.py) on an empty register and so says what those acts mean; the
same acts on chain must end in the same units per holder and class. A `CapTable` adds the claims
that are no units yet: options, units to be released, warrants, convertibles and what plans still
reserve. The fully diluted table counts every preferred share as converted at its present ratio. All
percentages are exact fractions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from freehold.core.acts import (
    Act,
    Admit,
    AuthoriseClass,
    Convert,
    Freeze,
    Issue,
    Lot,
    OpenClass,
    Redeem,
    Reissue,
    Split,
    Transfer,
)
from freehold.core.holder import Holder
from freehold.core.instrument import ConversionRight, Issuer, Price, Rounding, ShareClass


class ClaimKind(StrEnum):
    OPTION = "option"
    STOCK_UNIT = "restricted stock unit"
    APPRECIATION_RIGHT = "stock appreciation right"
    WARRANT = "warrant"
    CONVERTIBLE = "convertible"
    POOL = "plan reserve"


@dataclass(frozen=True, slots=True)
class Claim:
    """Units of a class that could be called for; `holder` is empty for a plan's free reserve.

    `strike` is what a whole unit costs who calls for it; None where nothing is stated.
    """

    kind: ClaimKind
    security: str
    holder: str
    class_id: str
    units: int
    strike: Price | None = None


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """A claim whose number of units its terms do not determine (yet), and why."""

    kind: ClaimKind
    security: str
    holder: str
    reason: str


@dataclass(frozen=True, slots=True)
class CapTable:
    """Everything on one legal day. Units and limits are base units of their class.

    `authorised` None means no limit. `conversions` are the ratios in force on the day, and
    `issue_prices` what a whole unit was first sold for, in the units there are after splits.
    """

    day: date
    issuer: Issuer
    classes: Mapping[str, ShareClass]
    holders: Mapping[str, Holder]
    lots: tuple[Lot, ...]
    authorised: Mapping[str, int | None]
    conversions: Mapping[str, tuple[ConversionRight, ...]]
    claims: tuple[Claim, ...]
    open_claims: tuple[OpenClaim, ...]
    issue_prices: Mapping[str, Price] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DilutedRow:
    """`units` whole units as converted; `source` is the class held or the kind of claim."""

    holder: str
    source: str
    units: Fraction


def holdings(table: CapTable) -> dict[str, dict[str, int]]:
    """Units by class and holder; every class is there, a holder only with what he has."""
    held: dict[str, dict[str, int]] = {class_id: {} for class_id in table.classes}
    for lot in table.lots:
        held[lot.class_id][lot.holder] = held[lot.class_id].get(lot.holder, 0) + lot.units
    return held


def outstanding(table: CapTable) -> dict[str, int]:
    """Units by class."""
    return {class_id: sum(held.values()) for class_id, held in holdings(table).items()}


def ownership(table: CapTable, class_id: str) -> dict[str, Fraction]:
    """Each holder's part of the units of one class."""
    held = holdings(table)[class_id]
    return {holder: Fraction(units, sum(held.values())) for holder, units in held.items()}


def fully_diluted(table: CapTable) -> tuple[DilutedRow, ...]:
    """Units held and claimed, as converted, by holder and source; open claims are not in it."""
    rows: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for lot in table.lots:
        rows[lot.holder, lot.class_id] += as_converted(table, lot.class_id, lot.units)
    held = tuple(DilutedRow(*key, units) for key, units in rows.items())
    return (*held, *claimed(table))


def claimed(table: CapTable) -> tuple[DilutedRow, ...]:
    """Units claimed alone, as converted, by holder and kind of claim."""
    rows: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for claim in table.claims:
        units = as_converted(table, claim.class_id, claim.units)
        rows[claim.holder, str(claim.kind)] += units
    return tuple(DilutedRow(*key, units) for key, units in rows.items())


def diluted_ownership(table: CapTable) -> dict[str, Fraction]:
    """Each holder's part of the fully diluted table; the reserve of plans stands under ""."""
    parts: defaultdict[str, Fraction] = defaultdict(Fraction)
    rows = fully_diluted(table)
    total = sum((row.units for row in rows), Fraction())
    for row in rows:
        parts[row.holder] += row.units / total
    return dict(parts)


def replay(acts: Iterable[Act], until: date | None = None) -> dict[str, Lot]:
    """The lots that exist after the acts (up to and including the day), by security id."""
    lots: dict[str, Lot] = {}
    for act in acts:
        if until is None or act.day <= until:
            apply_act(lots, act)
    return {key: lot for key, lot in lots.items() if lot.units}


def convert(right: ConversionRight, units: int, source: ShareClass, target: ShareClass) -> int:
    """Base units of `target` for base units of `source`, rounded as the right says."""
    exact = right.ratio * units * Fraction(10) ** (target.decimals - source.decimals)
    if right.rounding is Rounding.NEAREST:
        exact += Fraction(1, 2)
    whole = exact.numerator // exact.denominator
    return whole + (right.rounding is Rounding.UP and exact != whole)


def as_converted(table: CapTable, class_id: str, units: int) -> Fraction:
    """Whole units after the class's first conversion right into a known class, if it has one."""
    own = table.classes[class_id]
    for right in table.conversions.get(class_id, ()):
        if right.into in table.classes:
            target = table.classes[right.into]
            return Fraction(convert(right, units, own, target), 10**target.decimals)
    return Fraction(units, 10**own.decimals)


def apply_act(lots: dict[str, Lot], act: Act) -> None:
    """Change lots (by security id) as one act does; emptied lots stay with zero units."""
    match act:
        case Issue(lot=lot):
            lots[lot.security] = lot
        case Transfer(from_security=source, lot=lot):
            _take(lots, source, lot.units)
            lots[lot.security] = lot
        case Redeem(security=source, units=units):
            _take(lots, source, units)
        case Convert(security=source, units=units, lots=made):
            _take(lots, source, units)
            lots.update((lot.security, lot) for lot in made)
        case Reissue(securities=sources, lots=made):
            left = sum(lots.pop(source).units for source in sources)
            assert left == sum(lot.units for lot in made), f"{act.source}: papers changed units"
            lots.update((lot.security, lot) for lot in made)
        case Split():
            for lot in [lot for lot in lots.values() if lot.class_id == act.class_id]:
                units = lot.units * act.numerator // act.denominator
                lots[lot.security] = replace(lot, units=units)
        case OpenClass() | AuthoriseClass() | Admit() | Freeze():
            pass


def _take(lots: dict[str, Lot], security: str, units: int) -> None:
    lot = lots[security]
    assert lot.units >= units, f"{security} has {lot.units} units, {units} are taken"
    lots[security] = replace(lot, units=lot.units - units)
