"""What holders may choose of a payment, and how it reaches them: currency, new units, push or claim.

Currencies are declared with the rate at which each is paid, an exact fraction fixed on a day before the
record: whole coins of it for one whole coin of the action's own. Whoever says nothing until the deadline
gets the default. Re-invested money buys units at a stated price, whole base units rounded down; what is
left is paid in cash. A payment is pushed in pages, claimed by proof, or both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from freehold.core.actions import fields
from freehold.core.actions.fields import Section
from freehold.core.clock import stamp

REINVEST = "reinvest"


class Payout(StrEnum):
    """How money reaches holders."""

    PUSH = "push"
    CLAIM = "claim"
    BOTH = "both"


class PayCurrency(NamedTuple):
    """A currency that holders may elect: its code, coin and decimals; `rate` whole coins of it for one
    whole coin of the action's own, fixed on a day."""

    code: str
    coin: str
    decimals: int
    rate: Fraction
    fixed_on: date


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of an action. `base` is the code of its own coin; `price` of a unit re-invested in,
    in whole coins for each whole unit, None where nothing is re-invested."""

    payout: Payout = Payout.PUSH
    base: str = ""
    default: str = ""
    until: datetime | None = None
    currencies: tuple[PayCurrency, ...] = ()
    price: Fraction | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """What a holder may elect; the base currency takes back what he elected before."""
        codes = (self.base, *(one.code for one in self.currencies)) if self.currencies else ()
        return (*codes, REINVEST) if self.price is not None else codes

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the currencies beside the base."""
        return tuple(one.code for one in self.currencies)

    def code_of(self, choice: str) -> str:
        """The currency that a choice is paid in, empty for the base: who re-invests is paid in it."""
        if not self.currencies or choice == REINVEST:
            return ""
        wanted = choice if choice in (self.base, *self.codes) else self.default
        return "" if wanted == self.base else wanted

    def named(self, code: str) -> PayCurrency:
        """One of the currencies beside the base."""
        return next(one for one in self.currencies if one.code == code)

    def places(self, code: str, base: int) -> int:
        """The decimals of a currency; `base` are those of the action's own coin."""
        return self.named(code).decimals if code else base


PLAIN = Options()
"""Money pushed in the action's own coin, and nothing to choose."""


def read_options(top: Section) -> Options:
    """The `payout` of the terms, and their tables [elections] and [reinvest]; mistakes are noted."""
    payout = fields.choice(top, "payout", Payout) if fields.has(top, "payout") else Payout.PUSH
    price = None
    if fields.has(top, "reinvest"):
        part = fields.inner(top, "reinvest")
        fields.only(part, "price")
        price = fields.number(part, "price")
        if price <= 0:
            fields.note(part, "price", "is nothing: a unit costs something")
    if not fields.has(top, "elections"):
        return Options(payout, price=price)
    part = fields.inner(top, "elections")
    fields.only(part, "until", "base", "default", "currency")
    base = fields.text(part, "base")
    listed = tuple(_currency(one) for one in fields.sections(part, "currency"))
    codes = [base, *(one.code for one in listed)]
    if not listed:
        fields.note(part, "currency", "is missing: write [[elections.currency]] for each")
    if len(set(codes)) < len(codes) or len({one.coin.lower() for one in listed}) < len(listed):
        fields.note(part, "currency", "stands twice: each code and coin once")
    if REINVEST in codes:
        fields.note(part, "currency", f"cannot be called {REINVEST}")
    default = fields.text(part, "default", base)
    if default not in codes:
        fields.note(part, "default", f"{default!r} is none of {', '.join(codes)}")
    return Options(payout, base, default, fields.instant(part, "until"), listed, price)


def _currency(one: Section) -> PayCurrency:
    fields.only(one, "code", "coin", "decimals", "rate", "fixed_on")
    coin, decimals = fields.coin(one, "coin"), fields.places(one, "decimals")
    rate = fields.number(one, "rate")
    if rate <= 0:
        fields.note(one, "rate", "is nothing: write whole coins for one of the action's own")
    return PayCurrency(fields.text(one, "code"), coin, decimals, rate, fields.day(one, "fixed_on"))


def check_options(
    top: Section, found: Options, record: datetime, payment: datetime, coin: str, *, pays: bool
) -> None:
    """Note what contradicts the rest of the terms; `pays`: money by a rate or a pot that is declared."""
    chosen = found.payout is not Payout.PUSH or found.currencies or found.price is not None
    if chosen and not pays:
        wrong = "payout" if found.payout is not Payout.PUSH else "elections"
        fields.note(top, wrong, "belongs to an action that pays money to holders of record")
    if found.until is not None and found.until > payment:
        said = f"end with {stamp(found.until)}, after the payment {stamp(payment)}"
        fields.note(top, "elections", said)
    for one in found.currencies:
        if one.fixed_on > record.date():
            fields.note(top, "elections", f"the rate of {one.code} is fixed after the record")
        if one.coin.lower() == coin.lower():
            fields.note(top, "elections", f"{one.code} has the coin of the action itself")
    if found.price is not None and found.payout is not Payout.PUSH:
        fields.note(top, "reinvest", "needs a payment that is pushed: nobody claims units")


def option_lines(found: Options) -> tuple[list[str], list[str]]:
    """The options as they are written: lines of the top, lines of tables."""
    top = [f'payout = "{found.payout}"'] if found.payout is not Payout.PUSH else []
    lines: list[str] = []
    if found.currencies:
        assert found.until is not None, "read with its deadline"
        lines += ["[elections]", f"until = {stamp(found.until)}", f'base = "{found.base}"']
        lines.append(f'default = "{found.default}"')
    for one in found.currencies:
        lines += ["[[elections.currency]]", f'code = "{one.code}"', f'coin = "{one.coin}"']
        lines += [
            f"decimals = {one.decimals}",
            f'rate = "{one.rate}"',
            f"fixed_on = {one.fixed_on}",
        ]
    if found.price is not None:
        lines += ["[reinvest]", f'price = "{found.price}"']
    return top, lines


class Reinvested(NamedTuple):
    """What an account's money buys: base units, what they cost, and the cash that is left."""

    units: int
    cost: int
    cash: int


def reinvested(nets: Mapping[int, int], price: Fraction) -> dict[int, Reinvested]:
    """Units for money, at `price` smallest units of the coin for each base unit.

    Units are rounded down, what they cost is rounded up to the smallest unit, the rest is cash.
    """
    found = {}
    for account, net in nets.items():
        units = int(net / price)
        exact = units * price
        cost = -(-exact.numerator // exact.denominator)
        found[account] = Reinvested(units, cost, net - cost)
    return found
