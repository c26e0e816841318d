"""The coupon of a bond as an action: its dates and its money for each unit follow from the bond's terms.

A file of terms that has a [bond] table and the number of a `coupon` says nothing of dates and rates:
they are computed (`coupon.py`, `schedule.py`), exact. A floating coupon needs its dated fixing in the
table. A `coupon` pays interest, and principal that falls due with it; what is paid back last is the
`maturity`, which ends the units.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from freehold.core.actions import fields
from freehold.core.actions.bond_file import BondFile, bond_in
from freehold.core.actions.coupon import Floating, Flow, fixing_date, flows
from freehold.core.actions.fields import Section
from freehold.core.actions.kinds import Kind
from freehold.core.actions.schedule import schedule
from freehold.core.errors import Invalid, NotFound
from freehold.core.identifiers import minor_digits


class Part(StrEnum):
    """What of a coupon date an action pays."""

    ALL = "all"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class Due:
    """A coupon date: its days, whole coins for each whole unit, and the reckoning in words."""

    ex_date: date
    record: date
    payment: date
    per_unit: Fraction
    narrative: str


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon date still to be announced; `fixing` is the day whose rate it takes, if it floats."""

    number: int
    fixing: date | None
    payment: date
    last: bool


def coupons_in(text: str) -> tuple[Coupon, ...]:
    """What the [bond] of an action's terms has after the action's own `coupon`; nothing without one.

    Raises Invalid where the text is no such file.
    """
    top = fields.parse_toml(text)
    if not fields.has(top, "bond"):
        return ()
    number = fields.whole(top, "coupon")
    file = bond_in(fields.inner(top, "bond"), "the terms of the action")
    bond = file.bond
    return tuple(
        Coupon(
            one.number,
            fixing_date(bond, bond.rate, one) if isinstance(bond.rate, Floating) else None,
            one.payment_date,
            one.due == bond.schedule.maturity,
        )
        for one in schedule(bond.schedule)
        if one.number > number
    )


def due_of(top: Section, kind: Kind) -> Due:
    """What falls due by the `coupon` of the [bond].

    Raises Invalid with every mistake of the file, or for a coupon that there is not or pays nothing.
    """
    number = fields.whole(top, "coupon")
    part = fields.choice(top, "pays", Part, Part.ALL)
    if kind not in (Kind.COUPON, Kind.MATURITY):
        fields.note(top, "bond", f"belongs to a coupon or a maturity, not to a {kind}")
    file = bond_in(fields.inner(top, "bond"), "the terms of the action")
    flow = _flow(file, number)
    last = flow.period.due == file.bond.schedule.maturity
    interest, principal = flow.interest, flow.principal
    if kind is Kind.MATURITY:
        interest = Fraction(0)
        if not last:
            raise Invalid(
                f"coupon {number} is not the last: a maturity ends the units", field="coupon"
            )
    elif last or part is Part.INTEREST:
        principal = Fraction(0)
    if part is Part.PRINCIPAL:
        interest = Fraction(0)
    if interest and principal and fields.has(top, "tax"):
        raise Invalid(
            f"coupon {number} pays principal beside interest, of which no tax is withheld: announce two"
            ' actions, pays = "interest" with the tax and pays = "principal" without',
            field="pays",
        )
    if not interest + principal:
        raise Invalid(f"coupon {number} pays nothing of what was asked for", field="pays")
    period = flow.period
    per_unit = (interest + principal) / 10 ** minor_digits(file.currency)
    words = _words(file, flow, interest, principal)
    return Due(period.ex_date, period.record_date, period.payment_date, per_unit, words)


def _flow(file: BondFile, number: int) -> Flow:
    """The flow of a coupon; fixings of later ones need not be known."""
    periods = [one for one in schedule(file.bond.schedule) if one.number == number]
    if not periods:
        raise Invalid(f"the bond has no coupon {number}", field="coupon")
    try:
        found = flows(file.bond, file.fixings, periods[0].payment_date)
    except NotFound as missing:
        raise Invalid(missing.message, field="fixing") from None
    return next(one for one in found if one.period.number == number)


def _words(file: BondFile, flow: Flow, interest: Fraction, principal: Fraction) -> str:
    period = flow.period
    said = [f"{file.name}, coupon {period.number}, {period.start} to {period.end}"]
    if interest:
        said.append(
            f"interest: {flow.outstanding} minor units outstanding x {flow.rate} a year x"
            f" {flow.fraction} ({file.bond.daycount})"
        )
    said += [f"principal: {principal} minor units"] if principal else []
    return "; ".join(said)
