"""What a bond pays: interest by period and principal by date, per unit and exact.

Interest of a period is the principal outstanding times the rate times the day count. Every amount
is a `Fraction` of minor units per unit held; nothing is rounded before a pot is made of it
(`pot_down`) and divided (`core.units.allocate`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from freehold.core.actions.daycount import DayCount, Terms, year_fraction
from freehold.core.actions.schedule import Period, ScheduleTerms, schedule
from freehold.core.calendar import add_business_days
from freehold.core.errors import Invalid, Mistake, NotFound


@dataclass(frozen=True, slots=True)
class Fixed:
    """One rate a year for the whole life."""

    rate: Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """Rates a year, each from its date on; every date is the start or a coupon date."""

    steps: tuple[tuple[date, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Floating:
    """factor x fixing of `index` + spread, held between floor and cap.

    The fixing is that of `fixing_days` business days before the period starts, or before it ends if
    it is set in arrears.
    """

    index: str
    spread: Fraction = Fraction(0)
    factor: Fraction = Fraction(1)
    floor: Fraction | None = None
    cap: Fraction | None = None
    fixing_days: int = 2
    in_arrears: bool = False


Rate = Fixed | Step | Floating
Fixings = Mapping[tuple[str, date], Fraction]
"""Published rates by index and date."""
NO_FIXINGS: Fixings = {}


@dataclass(frozen=True, slots=True)
class Bond:
    """A debt instrument per unit: `face` in minor units, interest, and principal paid early.

    `redemptions` are parts of the face by coupon date (unadjusted); the rest is paid at maturity,
    at `redemption_price` (1 is par).
    """

    face: int
    daycount: DayCount
    schedule: ScheduleTerms
    rate: Rate
    redemptions: tuple[tuple[date, Fraction], ...] = ()
    redemption_price: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Flow:
    """What one unit gets for a period, in minor units; `outstanding` is the principal it bears."""

    period: Period
    outstanding: Fraction
    rate: Fraction
    fraction: Fraction
    interest: Fraction
    principal: Fraction

    @property
    def amount(self) -> Fraction:
        return self.interest + self.principal


def flows(bond: Bond, fixings: Fixings = NO_FIXINGS, until: date | None = None) -> tuple[Flow, ...]:
    """Every payment of a unit, in order; those paid after `until` are left out.

    Raises Invalid with every mistake of the terms, NotFound for a fixing that is needed and missing.
    """
    periods = schedule(bond.schedule)
    if mistakes := _mistakes(bond, periods):
        raise Invalid("the terms of the bond contradict each other", mistakes)
    outstanding, paid, found = Fraction(bond.face), dict(bond.redemptions), []
    for period in periods:
        if until is not None and period.payment_date > until:
            break
        rate = rate_of(bond, period, fixings)
        fraction = accrued_fraction(bond, period, period.end)
        principal = bond.face * paid.get(period.due, Fraction(0))
        left = outstanding - principal
        if period.due == bond.schedule.maturity:
            principal, left = principal + left * bond.redemption_price, Fraction(0)
        interest = outstanding * rate * fraction
        found.append(Flow(period, outstanding, rate, fraction, interest, principal))
        outstanding = left
    return tuple(found)


def rate_of(bond: Bond, period: Period, fixings: Fixings = NO_FIXINGS) -> Fraction:
    """The rate a year that a period bears. Raises NotFound if its fixing is missing."""
    rate = bond.rate
    if isinstance(rate, Fixed):
        return rate.rate
    if isinstance(rate, Step):
        return [value for day, value in sorted(rate.steps) if day <= period.begun][-1]
    return _floating(bond, rate, period, fixings)


def fixing_date(bond: Bond, rate: Floating, period: Period) -> date:
    """The day whose published rate a period takes."""
    edge = period.end if rate.in_arrears else period.start
    if not rate.fixing_days:
        return edge
    return add_business_days(bond.schedule.calendar, edge, -rate.fixing_days)


def accrued_fraction(bond: Bond, period: Period, until: date) -> Fraction:
    """The part of a year from the start of a period to a day within it."""
    assert period.start <= until <= period.end, "interest accrues within its period"
    terms = Terms(period.reference, bond.schedule.maturity, bond.schedule.calendar)
    return year_fraction(bond.daycount, period.start, until, terms)


def accrued(bond: Bond, flow: Flow, day: date) -> Fraction:
    """Interest accrued on a unit delivered on `day`, in minor units.

    From the ex-date on the buyer misses the coupon and is given the rest of it back: the amount is
    then negative (accrued interest less the whole coupon).
    """
    interest = flow.outstanding * flow.rate * accrued_fraction(bond, flow.period, day)
    return interest - flow.interest if day >= flow.period.ex_date else interest


def pot_down(per_unit: Fraction, units: int) -> tuple[int, Fraction]:
    """What `units` together get, in whole minor units rounded down, and the dust left out."""
    exact = per_unit * units
    whole = exact.numerator // exact.denominator
    return whole, exact - whole


def equal_instalments(terms: ScheduleTerms) -> tuple[tuple[date, Fraction], ...]:
    """Principal in equal parts, one on each coupon date."""
    periods = schedule(terms)
    return tuple((period.due, Fraction(1, len(periods))) for period in periods)


def level_payments(bond: Bond) -> tuple[tuple[date, Fraction], ...]:
    """Principal so that interest and principal together are the same on each coupon date.

    Exact: the level payment is the product of all growth factors over the sum of those that each
    payment still has before it. Needs a rate that is known now (fixed or step).
    """
    periods = schedule(bond.schedule)
    growth = [1 + rate_of(bond, one) * accrued_fraction(bond, one, one.end) for one in periods]
    whole, remaining = Fraction(1), Fraction(0)
    for factor in growth:
        whole, remaining = whole * factor, remaining * factor + 1
    level, outstanding, parts = whole / remaining, Fraction(1), []
    for period, factor in zip(periods, growth, strict=True):
        principal = level - outstanding * (factor - 1)
        parts.append((period.due, principal))
        outstanding -= principal
    return tuple(parts)


def _floating(bond: Bond, rate: Floating, period: Period, fixings: Fixings) -> Fraction:
    day = fixing_date(bond, rate, period)
    if (rate.index, day) not in fixings:
        raise NotFound(
            f"the {rate.index} fixing of {day} is missing, which coupon {period.number}"
            f" ({period.start} to {period.end}) takes: record it first",
            index=rate.index,
            date=day.isoformat(),
            coupon=period.number,
        )
    value = rate.factor * fixings[rate.index, day] + rate.spread
    if rate.floor is not None:
        value = max(value, rate.floor)
    return value if rate.cap is None else min(value, rate.cap)


def _mistakes(bond: Bond, periods: Sequence[Period]) -> list[Mistake]:
    found = []
    if bond.face <= 0:
        found.append(Mistake("face", f"{bond.face} is not a positive number of minor units"))
    if bond.redemption_price < 0:
        found.append(Mistake("redemption_price", f"{bond.redemption_price} is negative"))
    return found + _principal_mistakes(bond, periods) + _rate_mistakes(bond.rate, bond, periods)


def _principal_mistakes(bond: Bond, periods: Sequence[Period]) -> list[Mistake]:
    due, found = {period.due for period in periods}, []
    days = [day for day, _ in bond.redemptions]
    for day, part in bond.redemptions:
        if day not in due:
            found.append(Mistake("redemptions", f"{day} is no coupon date"))
        if part < 0:
            found.append(Mistake("redemptions", f"{part} on {day} is negative"))
        if days.count(day) > 1:
            found.append(Mistake("redemptions", f"{day} stands {days.count(day)} times"))
    if (total := sum(part for _, part in bond.redemptions)) > 1:
        found.append(Mistake("redemptions", f"the parts add up to {total}, more than the face"))
    return list(dict.fromkeys(found))


def _rate_mistakes(rate: Rate, bond: Bond, periods: Sequence[Period]) -> list[Mistake]:
    found = []
    if isinstance(rate, Step):
        starts = {period.begun for period in periods}
        if bond.schedule.start not in [day for day, _ in rate.steps]:
            found.append(Mistake("steps", f"no rate from the start {bond.schedule.start} on"))
        for day, _ in rate.steps:
            if day not in starts:
                found.append(Mistake("steps", f"{day} is neither the start nor a coupon date"))
    if isinstance(rate, Floating):
        if rate.fixing_days < 0:
            found.append(Mistake("fixing_days", f"{rate.fixing_days} is negative"))
        if None not in (rate.floor, rate.cap) and rate.floor > rate.cap:  # type: ignore[operator]
            found.append(Mistake("floor", f"{rate.floor} is above the cap {rate.cap}"))
    return found
