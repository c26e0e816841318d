"""Who is entitled to how much of a payment: units at the record instant, a pot or a rate, tax.

All units of an account count as owned, whether free, locked, frozen, reserved or in escrow, because
none of these changes who owns them; treasury units get nothing (they are nobody's else than the
issuer's). There are two ways to say what is paid, and the result says which was used: a *fixed pot*
is divided by units exactly, by largest remainder, so that the parts are the pot; a *declared rate*
(an exact fraction of money's smallest unit for each base unit) is rounded down for each account, and
what the pot has more is dust, which goes back to the issuer.

Tax is taken for each person on all his accounts together, rounded half up to money's smallest unit,
and spread over his accounts by largest remainder. Columns instead of rows, and whole numbers instead
of fractions, so that a million holders take seconds.

A trade pending over the record instant makes a *market claim*. Who traded before the ex-date bought
with the payment (cum), who traded from that day on without it (ex). The issuer pays whoever stands in
the register; if that is the wrong one, he owes it to the other. Source: Market Standards for Corporate
Actions Processing (CAJWG), market claims and reverse market claims.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from freehold.core.actions.tax import Payee, Treatment, treatment
from freehold.core.errors import Invalid
from freehold.core.facts import Flags, has_flag
from freehold.core.standing import Line
from freehold.core.units import allocate

TAX_ROUNDING = "for each person on all accounts together, half up to the smallest unit of the money"
RATE_ROUNDING = "for each account, down to the smallest unit of the money"


class Basis(StrEnum):
    """How the amounts came about, as the notice to holders says it."""

    FIXED_POT = "fixed pot: divided by units, largest remainder, the parts are the pot"
    DECLARED_RATE = "declared rate: rounded down for each account, the dust goes back"


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who owned how many units at a record instant: two columns, accounts ascending, no treasury.

    `linked` leads from an account to the lowest account of its person, where a person has several.
    """

    accounts: Sequence[int]
    units: Sequence[int]
    linked: Mapping[int, int]

    @property
    def total(self) -> int:
        """All units that are entitled."""
        return sum(self.units)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Amounts by account in money's smallest unit; `dust` is what the pot has more than they sum to."""

    basis: Basis
    rate: Fraction
    pot: int
    holdings: Holdings
    amounts: Sequence[int]
    dust: int


class Share(NamedTuple):
    """One account's part: gross, what is withheld, what is paid; `treatment` says why."""

    account: int
    units: int
    gross: int
    withheld: int
    net: int
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class Forms:
    """What is on file for tax: the kinds there are, and which kind each person has.

    `of` leads from a person's lowest account to a place in `payees`; who is not in it has the kind
    at place 0, which is what applies without any form.
    """

    payees: Sequence[Payee]
    of: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Taxed:
    """An entitlement with tax, by account. `kinds` leads each account to its treatment."""

    entitlement: Entitlement
    withheld: Sequence[int]
    kinds: Sequence[int]
    treatments: Sequence[Treatment]
    gross_total: int
    withheld_total: int
    day: date

    @property
    def net_total(self) -> int:
        """What holders are paid."""
        return self.gross_total - self.withheld_total

    def shares(self) -> Iterator[Share]:
        """The parts one by one, accounts ascending."""
        what = self.entitlement
        held = what.holdings
        rows = zip(held.accounts, held.units, what.amounts, self.withheld, self.kinds, strict=True)
        for account, units, gross, withheld, kind in rows:
            taken = gross - withheld
            yield Share(account, units, gross, withheld, taken, self.treatments[kind])


def holdings_of(lines: Iterable[Line], persons: Mapping[int, Sequence[int]]) -> Holdings:
    """The holdings of a register's lines; `persons` are all accounts of an account's person."""
    kept = [
        (line.account, line.units)
        for line in sorted(lines, key=lambda line: line.account)
        if line.units and not has_flag(line.facts, Flags.TREASURY)
    ]
    held = [account for account, _ in kept]
    linked = {
        account: min(persons[account]) for account in held if len(persons.get(account, ())) > 1
    }
    return Holdings(held, [units for _, units in kept], linked)


def from_pot(holdings: Holdings, pot: int) -> Entitlement:
    """Divide a fixed pot by units; the parts sum to the pot. Raises Invalid without holders."""
    if pot <= 0:
        raise Invalid(f"the pot {pot} is not above zero: there is nothing to pay", field="pot")
    total = _total(holdings)
    amounts = allocate(pot, holdings.units)
    return Entitlement(Basis.FIXED_POT, Fraction(pot, total), pot, holdings, amounts, 0)


def from_rate(holdings: Holdings, rate: Fraction, pot: int | None = None) -> Entitlement:
    """Pay `rate` of money's smallest unit for each base unit, rounded down for each account.

    Without a pot just what is needed counts as the pot. Raises Invalid for a rate that is not above
    zero, a pot smaller than declared, or no holders.
    """
    if rate <= 0:
        raise Invalid(f"the rate {rate} is not above zero: there is nothing to pay", field="rate")
    _total(holdings)
    numerator, denominator = rate.numerator, rate.denominator
    amounts = [held * numerator // denominator for held in holdings.units]
    needed = sum(amounts)
    if pot is not None and pot < needed:
        raise Invalid(
            f"the pot {pot} is smaller than declared: {rate} for each unit is {needed} in all; fund"
            f" {needed - pot} more, or declare a lower rate",
            field="pot",
        )
    filled = needed if pot is None else pot
    return Entitlement(Basis.DECLARED_RATE, rate, filled, holdings, amounts, filled - needed)


def taxed(
    what: Entitlement,
    forms: Forms,
    day: date,
    rule: Callable[[Payee, date], Treatment] = treatment,
) -> Taxed:
    """Take tax on a payment of `day` from each person by the rule of the issuer's country.

    Raises Invalid as the rule does.
    """
    treatments = [rule(payee, day) for payee in forms.payees]
    rates = [(2 * one.rate.numerator, one.rate.denominator) for one in treatments]
    of, linked, accounts = forms.of, what.holdings.linked, what.holdings.accounts
    if linked:
        kinds = [of.get(linked.get(account, account), 0) for account in accounts]
    else:
        kinds = [of.get(account, 0) for account in accounts]
    withheld = []
    for gross, kind in zip(what.amounts, kinds, strict=True):
        twice, denominator = rates[kind]
        withheld.append((gross * twice + denominator) // (2 * denominator))
    if linked:
        _together(what, withheld, kinds, rates)
    gross_total = what.pot - what.dust
    return Taxed(what, withheld, kinds, treatments, gross_total, sum(withheld), day)


def _together(
    what: Entitlement, withheld: list[int], kinds: Sequence[int], rates: Sequence[tuple[int, int]]
) -> None:
    """Tax of persons with several accounts: on the sum, spread by largest remainder."""
    places: dict[int, list[int]] = {}
    for place, account in enumerate(what.holdings.accounts):
        person = what.holdings.linked.get(account)
        if person is not None:
            places.setdefault(person, []).append(place)
    for mine in places.values():
        gross = [what.amounts[place] for place in mine]
        twice, denominator = rates[kinds[mine[0]]]
        tax = (sum(gross) * twice + denominator) // (2 * denominator)
        for place, part in zip(mine, allocate(tax, gross), strict=True):
            withheld[place] = part


def _total(holdings: Holdings) -> int:
    total = holdings.total
    if not total:
        raise Invalid(
            "nobody but the issuer held units at the record instant: there is nobody to pay",
            field="record",
        )
    return total


# ---- market claims ----


class Direction(StrEnum):
    """Who pays whom."""

    SELLER_TO_BUYER = "seller pays buyer"
    BUYER_TO_SELLER = "buyer pays seller"


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade of `units` base units: its day, and when it settled (None: it has not)."""

    traded_on: date
    settled_at: datetime | None
    units: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What is paid: ex-date, record instant, money for each base unit, tax that the issuer withheld
    from whoever was paid wrongly (a claim is of what he received)."""

    ex_date: date
    record: datetime
    rate: Fraction
    tax: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class MarketClaim:
    """Money that goes from one party of a trade to the other, in its smallest unit.

    `gross` is rounded down, `withheld` half up, `net` is what is left and is to be paid.
    """

    direction: Direction
    gross: int
    withheld: int
    net: int


def market_claim(trade: Trade, terms: Terms) -> MarketClaim | None:
    """The claim out of a trade; None where the right party stood in the register.

    A trade that settled before the record instant is in the register at it; one that settles at it
    or later, or has not settled, is not. Raises Invalid for units that are not above zero.
    """
    if trade.units <= 0:
        raise Invalid(f"units {trade.units}: a trade is of at least one unit", field="units")
    cum = trade.traded_on < terms.ex_date
    registered = trade.settled_at is not None and trade.settled_at < terms.record
    if cum == registered:
        return None
    gross = trade.units * terms.rate.numerator // terms.rate.denominator
    withheld = int(gross * terms.tax + Fraction(1, 2))
    way = Direction.SELLER_TO_BUYER if cum else Direction.BUYER_TO_SELLER
    return MarketClaim(way, gross, withheld, gross - withheld)
