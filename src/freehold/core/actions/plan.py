"""What an action does to each account: units given and taken, money with tax, fractions in lieu.

Computed from the terms, the holdings at the record instant and what holders elected; the treasury is in
none of these. Units are rounded down for each account; a fraction is paid in lieu where the terms name
a price, rounded down, and lost where they do not. A tender that is offered too much is accepted pro
rata by largest remainder.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType

from freehold.core.actions.by_currency import BASE, split
from freehold.core.actions.entitlement import (
    Entitlement,
    Forms,
    Holdings,
    Taxed,
    from_pot,
    from_rate,
    taxed,
)
from freehold.core.actions.incomes import income_of
from freehold.core.actions.kinds import Work
from freehold.core.actions.options import REINVEST, Reinvested, reinvested
from freehold.core.actions.tax import Payee, Treatment
from freehold.core.actions.tax_regimes import regime, unknown_of
from freehold.core.actions.terms import Basis, Cash, Exchange, Terms
from freehold.core.errors import Invalid
from freehold.core.facts import Flags, has_flag
from freehold.core.standing import Line
from freehold.core.units import allocate

UNTAXED = Treatment(Fraction(0), "none", "the terms name no tax", "")
UNKNOWN_PAYEE = Payee(us_person=False)
NO_FORMS = Forms((UNKNOWN_PAYEE,), {})
NO_CHOICES: Mapping[int, str] = MappingProxyType({})
Movable = Mapping[int, Mapping[int, int]]
"""By account and vintage (0: in no lot) the base units that may convert."""


@dataclass(frozen=True, slots=True)
class Plan:
    """By account. `gets` and `gives` are base units, `amounts` untaxed money in the coin's smallest unit
    (in lieu, or for tendered units), `due` what subscribers pay, `lapses` rights that nobody exercised,
    `taxed` the money by rate or pot in the action's own coin, `others` in each other currency that anybody
    elected, `reinvests` the units that elected holders' money buys, `lots` what converts by account and
    vintage (0: of no lot), `held` the units each had."""

    taxed: Taxed | None = None
    gets: Mapping[int, int] = field(default_factory=dict)
    gives: Mapping[int, int] = field(default_factory=dict)
    fractions: Mapping[int, Fraction] = field(default_factory=dict)
    amounts: Mapping[int, int] = field(default_factory=dict)
    due: Mapping[int, int] = field(default_factory=dict)
    lapses: Mapping[int, int] = field(default_factory=dict)
    others: Mapping[str, Taxed] = field(default_factory=dict)
    reinvests: Mapping[int, Reinvested] = field(default_factory=dict)
    lots: Mapping[tuple[int, int], int] = field(default_factory=dict)
    held: Mapping[int, int] = field(default_factory=dict)

    @property
    def every(self) -> dict[str, Taxed]:
        """The money by currency, the action's own under the empty code."""
        return ({BASE: self.taxed} if self.taxed else {}) | dict(self.others)

    @property
    def money(self) -> int:
        """What the pot in the action's own coin needs, in its smallest unit."""
        gross = self.taxed.gross_total if self.taxed else 0
        return gross + sum(self.amounts.values())


def plan(
    terms: Terms,
    holdings: Holdings,
    decimals: int,
    elections: Mapping[int, int],
    forms: Forms = NO_FORMS,
    choices: Mapping[int, str] = NO_CHOICES,
    movable: Movable | None = None,
) -> Plan:
    """The plan of an action on units of `decimals`; `choices` are currencies, or to re-invest, by account;
    `movable` is what may convert, everything where it is not known.

    Raises Invalid as its parts do.
    """
    held = dict(zip(holdings.accounts, holdings.units, strict=True))
    found = _worked(terms, holdings, held, decimals, elections, forms, choices, movable)
    return replace(found, held=held)


def _worked(
    terms: Terms,
    holdings: Holdings,
    held: Mapping[int, int],
    decimals: int,
    elections: Mapping[int, int],
    forms: Forms,
    choices: Mapping[int, str],
    movable: Movable | None,
) -> Plan:
    match terms.work:
        case Work.PAY:
            return _paid(terms, holdings, decimals, forms, choices)
        case Work.REDEEM:
            return Plan(taxed=_taxed(terms, _money(terms, holdings, decimals), forms), gives=held)
        case Work.ISSUE | Work.SPLIT:
            return _new_units(terms, held, decimals)
        case Work.CONVERT:
            free = {account: {0: units} for account, units in held.items()}
            return _converted(_exchange(terms), free if movable is None else movable)
        case Work.OFFER:
            return _subscribed(terms, held, decimals, elections)
        case Work.BUY:
            return _bought(terms, held, decimals, elections)
    return Plan()


def _paid(
    terms: Terms, holdings: Holdings, decimals: int, forms: Forms, choices: Mapping[int, str]
) -> Plan:
    """Money to holders of record, in the currency each elected, or in units at the stated price."""
    cash, options = _cash(terms), terms.options
    what = _money(terms, holdings, decimals)
    rates = {
        one.code: one.rate * 10**one.decimals / 10**cash.decimals for one in options.currencies
    }
    codes = {account: options.code_of(choices.get(account, "")) for account in holdings.accounts}
    parts = {code: _taxed(terms, one, forms) for code, one in split(what, codes, rates).items()}
    own = parts.pop(BASE, None)
    if options.price is None or own is None:
        return Plan(taxed=own, others=parts)
    each = options.price * 10**cash.decimals / 10**decimals
    nets = {one.account: one.net for one in own.shares() if choices.get(one.account) == REINVEST}
    bought = {one: what for one, what in reinvested(nets, each).items() if what.units}
    gets = {account: what.units for account, what in bought.items()}
    return Plan(taxed=own, others=parts, gets=gets, reinvests=bought)


def _money(terms: Terms, holdings: Holdings, decimals: int) -> Entitlement:
    cash = _cash(terms)
    if cash.basis is Basis.POT:
        pot = cash.amount * 10**cash.decimals
        if pot.denominator != 1:
            raise Invalid(
                f"the pot {cash.amount} has more than the coin's {cash.decimals} decimals",
                field="pot",
            )
        return from_pot(holdings, int(pot))
    return from_rate(holdings, cash.amount * 10**cash.decimals / 10**decimals)


def _taxed(terms: Terms, what: Entitlement, forms: Forms) -> Taxed:
    income = income_of(terms.kind)
    taken = bool(terms.tax) and not unknown_of(terms.tax, income)
    rule = regime(terms.tax, income=income) if taken else lambda payee, day: UNTAXED
    return taxed(what, forms, terms.payment.date(), rule)


def _new_units(terms: Terms, held: Mapping[int, int], decimals: int) -> Plan:
    ratio = _exchange(terms).ratio
    exact = {account: units * ratio for account, units in held.items()}
    gets = {account: int(units) for account, units in exact.items()}
    parts = {account: exact[account] - gets[account] for account in exact}
    fractions = {account: part for account, part in parts.items() if part}
    lieu = in_lieu(terms, fractions, decimals)
    return Plan(gets=_some(gets), fractions=fractions, amounts=_some(lieu))


def movable_of(lines: Iterable[Line]) -> Movable:
    """What may convert: no frozen unit and nothing of who is stopped, for it would come out free."""
    found = {}
    for line in lines:
        if line.stopped or has_flag(line.facts, Flags.TREASURY):
            continue
        lots = {lot.vintage: lot.units for lot in line.lots}
        left, parts = line.frozen, {0: line.units - sum(lots.values()), **lots}
        for vintage, units in parts.items():
            taken = min(left, units)
            parts[vintage], left = units - taken, left - taken
        found[line.account] = parts
    return found


def _converted(exchange: Exchange, movable: Movable) -> Plan:
    """Of each lot, and of what is in none, only units that convert into whole ones are taken: a lot
    keeps its dates, so none is mixed with another. The rest stays what it is."""
    step = exchange.ratio.denominator
    lots = {
        (account, vintage): units - units % step
        for account, parts in movable.items()
        for vintage, units in parts.items()
        if units >= step
    }
    gives: dict[int, int] = {}
    for (account, _), units in lots.items():
        gives[account] = gives.get(account, 0) + units
    gets = {account: int(units * exchange.ratio) for account, units in gives.items()}
    return Plan(gets=_some(gets), gives=_some(gives), lots=lots)


def _subscribed(
    terms: Terms, held: Mapping[int, int], decimals: int, elections: Mapping[int, int]
) -> Plan:
    """Rights first, in full; what others let lapse goes to those who asked for more than their rights,
    by largest remainder of what they asked for, where the terms allow it."""
    ratio = _exchange(terms).ratio
    rights = {account: int(units * ratio) for account, units in held.items()}
    order = sorted(account for account, units in elections.items() if units and account in rights)
    taken = _within([min(elections[one], rights[one]) for one in order], terms.most)
    beyond = [elections[one] - rights[one] if elections[one] > rights[one] else 0 for one in order]
    if terms.oversubscription:
        more = _within(beyond, terms.most - sum(taken))
        taken = [basic + extra for basic, extra in zip(taken, more, strict=True)]
    gets = dict(zip(order, taken, strict=True))
    exact = {account: Fraction(units) for account, units in gets.items()}
    each = _smallest(terms, exact, decimals)
    due = {account: -(-part.numerator // part.denominator) for account, part in each.items()}
    lapses = {
        account: units - min(units, elections.get(account, 0)) for account, units in rights.items()
    }
    return Plan(gets=_some(gets), due=_some(due), lapses=_some(lapses))


def _within(wanted: list[int], most: int) -> list[int]:
    """What is wanted, cut down pro rata by largest remainder to at most `most`."""
    if sum(wanted) <= most:
        return wanted
    return allocate(most, wanted) if most else [0] * len(wanted)


def _bought(
    terms: Terms, held: Mapping[int, int], decimals: int, elections: Mapping[int, int]
) -> Plan:
    offers = {account: min(units, held.get(account, 0)) for account, units in elections.items()}
    order = sorted(offers)
    parts = _within([offers[account] for account in order], terms.most)
    accepted = dict(zip(order, parts, strict=True))
    price = _cash(terms).amount * 10 ** _cash(terms).decimals / 10**decimals
    amounts = {account: int(units * price) for account, units in accepted.items()}
    return Plan(gives=_some(accepted), amounts=_some(amounts))


def in_lieu(terms: Terms, fractions: Mapping[int, Fraction], decimals: int) -> dict[int, int]:
    """Money in lieu, rounded down; none where the terms name no price."""
    if terms.exchange is None or terms.exchange.price is None or terms.cash is None:
        return {}
    return {one: int(part) for one, part in _smallest(terms, fractions, decimals).items()}


def _smallest(terms: Terms, units: Mapping[int, Fraction], decimals: int) -> dict[int, Fraction]:
    """Base units at the exchange's price, in the coin's smallest unit, exact."""
    price = _exchange(terms).price or Fraction(0)
    each = price * 10 ** _cash(terms).decimals / 10**decimals
    return {account: part * each for account, part in units.items()}


def _some(amounts: Mapping[int, int]) -> dict[int, int]:
    return {account: amount for account, amount in amounts.items() if amount}


def _cash(terms: Terms) -> Cash:
    assert terms.cash is not None, "the terms were read, so an action that pays names its coin"
    return terms.cash


def _exchange(terms: Terms) -> Exchange:
    assert terms.exchange is not None, "the terms were read, so an exchange has its ratio"
    return terms.exchange
