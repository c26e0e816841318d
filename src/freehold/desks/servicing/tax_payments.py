"""A payment as a person tells it, for tax: what is paid at a record in which money, and what it is.

Every door reads it here, so that a pot, a rate for each unit and an income mean the same at each.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from freehold.core.actions.incomes import Income
from freehold.core.errors import Invalid
from freehold.core.roles import Power
from freehold.core.units import parse_units
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.servicing import cashbook, taxes
from freehold.desks.servicing.taxes import Preview, PreviewRequest

_ACTION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
WORDS: Mapping[Income, str] = {
    Income.DIVIDEND: "A dividend",
    Income.INTEREST: "Interest, such as a coupon",
    Income.RENT: "Rent",
    Income.OTHER: "A share of revenue, or other income",
    Income.LIQUIDATION: "A distribution in liquidation",
    Income.PRINCIPAL: "Principal, such as a redemption pays",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is paid: money as decimal text in a currency of the cash book, in all or for each whole unit."""

    instrument: str
    record: int
    currency: str
    pot: str = ""
    per_unit: str = ""
    paid_on: date | None = None
    country: str = "US"
    income: str = str(Income.DIVIDEND)


@dataclass(frozen=True, slots=True)
class Found:
    """A previewed payment, with the decimals of its money and of the units."""

    preview: Preview
    decimals: int
    unit_decimals: int


def previewed(office: Office, actor: Actor, issuer: str | None, asked: Asked) -> Found:
    """What each account would get and what would be withheld. Nothing is changed.

    Raises Invalid naming the field, and as `taxes.preview`.
    """
    owner, instrument = parties.instrument(office, issuer, asked.instrument)
    places = cashbook.decimals(office, actor, owner.id)
    if asked.currency not in places:
        listed = ", ".join(places) or "none yet: add a coin or a bank account"
        raise Invalid(
            f"currency {asked.currency[:16]}: the cash book has {listed}", field="currency"
        )
    if asked.income not in [str(one) for one in Income]:
        listed = ", ".join(Income)
        raise Invalid(f"income {asked.income[:32]!r}: choose one of {listed}", field="income")
    money = places[asked.currency]
    rate = None
    if asked.per_unit:
        rate = _number(asked.per_unit) * 10**money / 10**instrument.decimals
    pot = parse_units(asked.pot.replace(",", ""), money, "pot") if asked.pot else None
    income, known = Income(asked.income), (asked.instrument, asked.record, pot, rate)
    request = PreviewRequest(*known, asked.paid_on, asked.country, owner.id, income)
    return Found(taxes.preview(office, actor, request), money, instrument.decimals)


def recorded(
    office: Office, actor: Actor, issuer: str | None, action: str, asked: Asked
) -> tuple[Found, int]:
    """Write down that it was paid so, each account once; how many were new.

    Raises as `previewed` and `taxes.record_payment`.
    """
    owner = parties.owner(office, issuer).id
    permits.require(actor, Power.KEEP_CASH, owner)
    if not _ACTION.fullmatch(action):
        said = f"action {action[:64]!r} is not small letters, digits and hyphens, at most 63"
        raise Invalid(said, field="action")
    found = previewed(office, actor, owner, asked)
    new = taxes.record_payment(office, actor, owner, action, asked.currency, found.preview)
    return found, new


def _number(text: str) -> Fraction:
    try:
        found = Fraction(text.replace(",", ""))
    except (ValueError, ZeroDivisionError):
        raise Invalid(
            f"per_unit {text[:40]!r} is no number such as 0.05 or 1/3", field="per_unit"
        ) from None
    if found <= 0:
        raise Invalid(f"per_unit {text[:40]} is nothing to pay", field="per_unit")
    return found
