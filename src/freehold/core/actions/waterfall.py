"""Who gets what of an exit: debt, preferences by rank, participation, and conversion in equilibrium.

Let x be what one common unit gets. Above all preferences every class's payout is a continuous,
never falling, piecewise linear function of x alone: a preferred class takes the better of holding
(its preference, and its participation up to its cap) and converting (its common units times x), an
option the better of nothing and x less its strike. The sum of these functions is solved for x
exactly. No class can gain by switching alone: if it did, the others, whose payouts never fall as x
rises, would have to get less, so x would have to be lower, and then its other choice is worth less
than assumed. Below the preferences money goes by rank, within a rank in proportion to the claims,
and nobody gains by converting into units that get nothing. So this is the equilibrium; payouts are
the same in all equilibria, save where nobody else shares what is left. Where both choices pay the
same a class holds and an option lapses. `freehold bench actions` searches all choices to compare.

Amounts are `Fraction`s of the currency's smallest unit until `settle` makes whole ones of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import groupby, pairwise
from math import lcm

from freehold.core.errors import Invalid
from freehold.core.units import allocate

ZERO = Fraction(0)


class Participation(StrEnum):
    """What a preferred class that has not converted gets beside its preference."""

    NONE = "none"
    FULL = "full"
    CAPPED = "capped"


class TrancheKind(StrEnum):
    """Money of the price that is not paid at closing."""

    ESCROW = "escrow"
    EARN_OUT = "earn-out"


@dataclass(frozen=True, slots=True)
class Debt:
    """A creditor's claim, interest included; rank 1 is paid first, equal ranks share."""

    id: str
    claim: Fraction
    rank: int = 1


@dataclass(frozen=True, slots=True)
class CarveOut:
    """A part of what is left after debt, before any class: `share` of what exceeds `above`."""

    id: str
    share: Fraction
    above: Fraction = ZERO
    cap: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Common:
    """Units that get what is left."""

    id: str
    units: Fraction


@dataclass(frozen=True, slots=True)
class Preferred:
    """Units with a preference; all amounts are those of the whole class.

    `preference` includes `accrued` dividends. `shares` are the common units it participates as, and
    becomes if `convertible`. `cap` limits preference and participation together. With
    `keeps_dividends` converting gives up the preference without the accrued dividends.
    """

    id: str
    preference: Fraction
    rank: int = 1
    shares: Fraction = ZERO
    participation: Participation = Participation.NONE
    cap: Fraction | None = None
    convertible: bool = True
    accrued: Fraction = ZERO
    keeps_dividends: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """Options or warrants of a kind: `shares` common units for `strike` in all."""

    id: str
    shares: Fraction
    strike: Fraction


@dataclass(frozen=True, slots=True)
class Tranche:
    """A part of the exit that is paid later, or perhaps never."""

    id: str
    amount: int
    kind: TrancheKind = TrancheKind.ESCROW


@dataclass(frozen=True, slots=True)
class ExitTerms:
    """Everybody who has a claim on the proceeds of an exit."""

    commons: tuple[Common, ...]
    preferred: tuple[Preferred, ...] = ()
    options: tuple[Option, ...] = ()
    debts: tuple[Debt, ...] = ()
    carve_outs: tuple[CarveOut, ...] = ()


_Named = Debt | CarveOut | Preferred | Common | Option
Payouts = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exact payouts by id; `per_common` is x; which classes convert and which options are used."""

    payouts: Payouts
    per_common: Fraction
    converting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """From this exit on the next unit of money is shared in another way.

    `events` says what happens there, as (kind, id); `shares` are parts of the next unit, by id.
    """

    exit: Fraction
    events: tuple[tuple[str, str], ...]
    shares: Payouts


@dataclass(frozen=True, slots=True)
class Stage:
    """One payment of the exit: at closing, or when a tranche is released; parts by id sum to it."""

    id: str
    amount: int
    payouts: Mapping[str, int]


def outcome(terms: ExitTerms, exit: Fraction) -> Outcome:
    """Exact payouts of everybody at an exit, in the smallest unit of money.

    Raises Invalid if money is left that nobody has a claim to.
    """
    payouts = _by_rank([(one.id, one.claim, one.rank) for one in terms.debts], exit)
    net = exit - sum(payouts.values())
    carved = {one.id: _carved(one, net) for one in terms.carve_outs}
    equity = net - sum(carved.values())
    per_common = _per_common(terms, equity)
    shared = _shared(terms, per_common) if per_common else _preferences(terms, equity)
    converting = [one.id for one in terms.preferred if _converts(one, per_common)]
    converting += [one.id for one in terms.options if one.shares * per_common > one.strike]
    return Outcome({**payouts, **carved, **shared}, per_common, frozenset(converting))


def settle(terms: ExitTerms, exit: int, tranches: Sequence[Tranche] = ()) -> tuple[Stage, ...]:
    """Whole payouts: at closing, then for each tranche in order as if all before it were paid.

    A stage pays what its money adds to everybody's exact payout, in whole units by largest
    remainder (ties by id), so that the parts of each stage sum to it. Raises Invalid if the
    tranches exceed the exit.
    """
    later = sum(one.amount for one in tranches)
    if later > exit:
        raise Invalid(
            f"the tranches together are {later}, more than the exit of {exit} (smallest units)",
            field="exit",
        )
    stages = [("closing", exit - later), *((one.id, one.amount) for one in tranches)]
    paid, before, done = 0, dict.fromkeys(ids(terms), ZERO), []
    for name, amount in stages:
        paid += amount
        after = outcome(terms, Fraction(paid)).payouts
        added = {one: after[one] - before[one] for one in after}
        done.append(Stage(name, amount, _in_whole_units(amount, added)))
        before = dict(after)
    return tuple(done)


def breakpoints(terms: ExitTerms) -> tuple[Breakpoint, ...]:
    """All exits at which the sharing of the next unit of money changes, from 0 on, in order."""
    events: dict[Fraction, list[tuple[str, str]]] = {ZERO: []}
    for exit, event in _marks(terms):
        events.setdefault(exit, []).append(event)
    exits, found = sorted(events), []
    for exit, end in pairwise([*exits, exits[-1] + 1]):
        here, there = outcome(terms, exit).payouts, outcome(terms, end).payouts
        shares = {one: (there[one] - here[one]) / (end - exit) for one in here}
        told = tuple(dict.fromkeys(events[exit]))
        found.append(Breakpoint(exit, told, {one: part for one, part in shares.items() if part}))
    return tuple(found)


def ids(terms: ExitTerms) -> list[str]:
    """Everybody who can be paid, in the order of payment."""
    named: tuple[Sequence[_Named], ...] = (
        terms.debts,
        terms.carve_outs,
        terms.preferred,
        terms.commons,
        terms.options,
    )
    return [one.id for group in named for one in group]


def has_residual(terms: ExitTerms) -> bool:
    """Whether somebody takes whatever is left, however much it is."""
    ends = [one for one in terms.preferred if one.shares and _unlimited(one)]
    return bool(ends or any(one.units for one in terms.commons) or terms.options)


def _unlimited(one: Preferred) -> bool:
    return one.convertible or one.participation is Participation.FULL


# ---- below the preferences ----------------------------------------------------------------------


def _by_rank(claims: Sequence[tuple[str, Fraction, int]], money: Fraction) -> dict[str, Fraction]:
    """Pay claims by rank, those of one rank in proportion to their size."""
    paid: dict[str, Fraction] = {}
    for _, group in groupby(sorted(claims, key=lambda claim: claim[2]), key=lambda claim: claim[2]):
        rank = list(group)
        whole = sum(claim for _, claim, _ in rank)
        part = min(money, whole)
        paid |= {one: part * claim / whole if whole else ZERO for one, claim, _ in rank}
        money -= part
    return paid


def _preferences(terms: ExitTerms, equity: Fraction) -> dict[str, Fraction]:
    claims = [(one.id, one.preference, one.rank) for one in terms.preferred]
    rest = [one.id for one in terms.commons] + [one.id for one in terms.options]
    return {**_by_rank(claims, equity), **dict.fromkeys(rest, ZERO)}


def _carved(one: CarveOut, net: Fraction) -> Fraction:
    part = one.share * max(net - one.above, ZERO)
    return part if one.cap is None else min(part, one.cap)


# ---- above the preferences: everything as a function of x ---------------------------------------


def _shared(terms: ExitTerms, x: Fraction) -> dict[str, Fraction]:
    """Payouts where a common unit gets x and all preferences are paid in full."""
    return {
        **{one.id: max(_held(one, x), _converted(one, x)) for one in terms.preferred},
        **{one.id: one.units * x for one in terms.commons},
        **{one.id: max(one.shares * x - one.strike, ZERO) for one in terms.options},
    }


def _held(one: Preferred, x: Fraction) -> Fraction:
    """A preferred class that keeps its preference."""
    if one.participation is Participation.NONE:
        return one.preference
    whole = one.preference + one.shares * x
    return whole if one.participation is Participation.FULL else min(whole, _limit(one))


def _limit(one: Preferred) -> Fraction:
    """The cap; a preference that has outgrown it by dividends is still paid."""
    return max(one.cap or ZERO, one.preference)


def _converted(one: Preferred, x: Fraction) -> Fraction:
    if not one.convertible:
        return ZERO
    return one.shares * x + (one.accrued if one.keeps_dividends else ZERO)


def _converts(one: Preferred, x: Fraction) -> bool:
    return x > 0 and _converted(one, x) > _held(one, x)


def _total(terms: ExitTerms, x: Fraction) -> Fraction:
    return sum(_shared(terms, x).values(), ZERO)


def _per_common(terms: ExitTerms, equity: Fraction) -> Fraction:
    """The lowest x at which all payouts together are the equity; 0 below the preferences."""
    if equity <= _total(terms, ZERO):
        return ZERO
    corners = sorted({x for x, _ in _corners(terms)} | {ZERO})
    for low, high in pairwise([*corners, corners[-1] + 1]):
        below, above = _total(terms, low), _total(terms, high)
        if equity <= above or high > corners[-1]:
            break
    if equity == below:
        return low
    if above == below:
        raise Invalid(
            f"{equity - below} (smallest units) are left that no class has a claim to: name the"
            " common class that gets the rest",
            field="exit",
        )
    return low + (equity - below) * (high - low) / (above - below)


def _corners(terms: ExitTerms) -> Iterator[tuple[Fraction, tuple[str, str]]]:
    """Every x at which some payout bends, and what happens there."""
    for one in terms.preferred:
        if not one.shares:
            continue
        kept = one.accrued if one.keeps_dividends else ZERO
        if one.participation is Participation.CAPPED:
            yield (_limit(one) - one.preference) / one.shares, ("reaches its cap", one.id)
        if one.convertible and one.participation is not Participation.FULL:
            held = one.preference
            held = _limit(one) if one.participation is Participation.CAPPED else held
            yield (held - kept) / one.shares, ("converts", one.id)
    for option in terms.options:
        if option.shares:
            yield option.strike / option.shares, ("is exercised", option.id)


# ---- breakpoints --------------------------------------------------------------------------------


def _marks(terms: ExitTerms) -> Iterator[tuple[Fraction, tuple[str, str]]]:
    """Every exit at which something happens, and what."""
    claimed = ZERO
    for _, group in groupby(sorted(terms.debts, key=_rank), key=_rank):
        rank = list(group)
        claimed += sum(one.claim for one in rank)
        yield from ((claimed, ("is repaid", one.id)) for one in rank)
    for carved in terms.carve_outs:
        yield claimed + carved.above, ("takes its part", carved.id)
        if carved.cap is not None and carved.share:
            full = carved.above + carved.cap / carved.share
            yield claimed + full, ("has all its part", carved.id)
    preferences = ZERO
    for _, level in groupby(sorted(terms.preferred, key=_rank), key=_rank):
        paid = [one for one in level if one.preference]
        preferences += sum(one.preference for one in paid)
        yield from (
            (claimed + _net(terms, preferences), ("has its preference", p.id)) for p in paid
        )
    for x, event in _corners(terms):
        yield claimed + _net(terms, _total(terms, x)), event


def _rank(one: Debt | Preferred) -> int:
    return one.rank


def _net(terms: ExitTerms, equity: Fraction) -> Fraction:
    """What must be left after debt for the classes to get `equity`: carve-outs undone."""
    bends = {ZERO}
    for one in terms.carve_outs:
        bends.add(one.above)
        if one.cap is not None and one.share:
            bends.add(one.above + one.cap / one.share)
    points = sorted(bends)
    for low, high in pairwise([*points, points[-1] + 1]):
        below, above = (n - sum(_carved(one, n) for one in terms.carve_outs) for n in (low, high))
        if equity <= above or high > points[-1]:
            break
    return low + (equity - below) * (high - low) / (above - below)


# ---- whole units --------------------------------------------------------------------------------


def _in_whole_units(amount: int, exact: Payouts) -> dict[str, int]:
    """Largest remainder over exact parts that sum to the amount; ties go by id, not by place."""
    names = sorted(exact)
    scale = lcm(*(exact[name].denominator for name in names))
    parts = allocate(amount, [int(exact[name] * scale) for name in names])
    whole = dict(zip(names, parts, strict=True))
    return {name: whole[name] for name in exact}
