"""The terms of a bond from a TOML file; docs/reference/coupons.md lists the fields."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from freehold.core.actions import fields
from freehold.core.actions.coupon import (
    Bond,
    Fixed,
    Floating,
    Rate,
    Step,
    equal_instalments,
    level_payments,
)
from freehold.core.actions.daycount import DayCount, parse_convention
from freehold.core.actions.fields import Section
from freehold.core.actions.schedule import ScheduleTerms, Stub
from freehold.core.calendar import WEEKENDS, Convention, calendar
from freehold.core.identifiers import minor_digits, parse_currency

_SCHEDULE = (
    "start maturity frequency calendar convention stub end_of_month accrual_adjusted payment_days"
    " record_days ex_days"
).split()


class Principal(StrEnum):
    """How the face comes back where no dates are listed."""

    BULLET = "bullet"
    EQUAL = "equal"
    LEVEL = "level"


class RateKind(StrEnum):
    FIXED = "fixed"
    STEP = "step"
    FLOATING = "floating"


@dataclass(frozen=True, slots=True)
class BondFile:
    """A bond with its name, its currency and the fixings that are known."""

    name: str
    currency: str
    bond: Bond
    fixings: dict[tuple[str, date], Fraction]


def read_bond(text: str) -> BondFile:
    """Read the file. Raises Invalid with every mistake and its place."""
    return bond_in(fields.parse_toml(text), "the file of the bond")


def bond_in(top: Section, subject: str) -> BondFile:
    """The bond of a section of a file, `subject`. Raises Invalid with every mistake of the file."""
    fields.only(
        top,
        *("name", "currency", "face", "daycount", "rate", "fixing", "principal", "redemption"),
        *("redemption_price", *_SCHEDULE),
    )
    name = fields.text(top, "name")
    currency = fields.parsed(top, "currency", parse_currency, "USD")
    rate = _rate(fields.inner(top, "rate"))
    bond = Bond(
        fields.minor(top, "face", minor_digits(currency)),
        fields.parsed(top, "daycount", parse_convention, DayCount.ACT_360),
        _schedule(top),
        rate,
        tuple(_redemption(one) for one in fields.sections(top, "redemption")),
        fields.number(top, "redemption_price", Fraction(1)),
    )
    how = fields.choice(top, "principal", Principal, Principal.BULLET)
    if how is not Principal.BULLET and bond.redemptions:
        fields.note(top, "principal", f"{how} and [[redemption]] say two different things")
    if how is Principal.LEVEL and isinstance(rate, Floating):
        fields.note(top, "principal", "level payments need a rate that is known: fixed or step")
    fixings = dict(_fixing(one, rate) for one in fields.sections(top, "fixing"))
    fields.refuse_mistakes(top, subject)
    if how is Principal.EQUAL:
        bond = replace(bond, redemptions=equal_instalments(bond.schedule))
    if how is Principal.LEVEL:
        bond = replace(bond, redemptions=level_payments(bond))
    return BondFile(name, currency, bond, fixings)


def _schedule(top: Section) -> ScheduleTerms:
    return ScheduleTerms(
        fields.day(top, "start"),
        fields.day(top, "maturity"),
        fields.whole(top, "frequency"),
        fields.parsed(top, "calendar", calendar, calendar(WEEKENDS), needed=False),
        fields.choice(top, "convention", Convention, Convention.FOLLOWING),
        fields.choice(top, "stub", Stub, Stub.SHORT_FIRST),
        fields.flag(top, "end_of_month"),
        fields.flag(top, "accrual_adjusted"),
        fields.whole(top, "payment_days", 0),
        fields.whole(top, "record_days", 1),
        fields.whole(top, "ex_days", 0),
    )


def _rate(section: Section) -> Rate:
    kind = fields.choice(section, "kind", RateKind)
    if kind is RateKind.FIXED:
        fields.only(section, "kind", "rate")
        return Fixed(fields.number(section, "rate"))
    if kind is RateKind.STEP:
        fields.only(section, "kind", "step")
        steps = fields.sections(section, "step")
        return Step(tuple((fields.day(one, "from"), fields.number(one, "rate")) for one in steps))
    fields.only(
        section,
        *("kind", "index", "spread", "factor", "floor", "cap", "fixing_days", "in_arrears"),
    )
    return Floating(
        fields.text(section, "index"),
        fields.signed(section, "spread", Fraction(0)),
        fields.number(section, "factor", Fraction(1)),
        fields.optional(section, "floor", _rate_number),
        fields.optional(section, "cap", _rate_number),
        fields.whole(section, "fixing_days", 2),
        fields.flag(section, "in_arrears"),
    )


def _rate_number(section: Section, key: str) -> Fraction:
    return fields.signed(section, key, Fraction(0))


def _redemption(section: Section) -> tuple[date, Fraction]:
    fields.only(section, "on", "part")
    return fields.day(section, "on"), fields.share(section, "part")


def _fixing(section: Section, rate: Rate) -> tuple[tuple[str, date], Fraction]:
    fields.only(section, "on", "rate", "index")
    known = rate.index if isinstance(rate, Floating) else None
    index = fields.text(section, "index", known)
    return (index, fields.day(section, "on")), fields.signed(section, "rate", Fraction(0))
