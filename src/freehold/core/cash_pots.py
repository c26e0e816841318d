"""Pots in the cash book: from one event of a contract that pays to one balanced entry.

A pot has three places: `distribution` is what it has not spent, `unclaimed` what is held under holders'
names, `tax` what waits for the tax office. A pot is named by its contract and number. Money that comes
from or goes to a place of the issuer's own (a purse, the tax wallet) was seen by the coin's own log too
and stands there against the contract's address, as money in transit: an event whose other side is such
a place is posted against the same account, which is empty again once both are posted.

Tax that a pot sends to a wallet of the issuer's own has not reached any authority: it is kept under `tax`
with that wallet's name, apart from what else is in the wallet, until two persons say that it was remitted.

Sources: contracts/interfaces/IDistribution.vyi and IWaterfall.vyi; docs/reference/cash-book.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from freehold.core.actions.exit_plan import part_number, pot_number
from freehold.core.cashbook import Account, Entry, Kind, Movement, Posting, Source, entry
from freehold.core.clock import from_seconds
from freehold.core.errors import Broken
from freehold.core.events import Logged
from freehold.core.events_paying import (
    DistributionEnded,
    DistributionFunded,
    DistributionHeld,
    DistributionPaid,
    DistributionReleased,
    TaxRemitted,
)
from freehold.core.events_waterfall import (
    WaterfallFunded,
    WaterfallOpened,
    WaterfallProposed,
    WaterfallSettled,
)
from freehold.core.ids import Address

SWEPT = 4
ENDS = {1: "cancelled", 2: "dust returned", 3: "abandoned", SWEPT: "unclaimed swept"}
"""How a pot ended, by the word of the contract."""
MOVES = (
    DistributionFunded,
    DistributionPaid,
    DistributionHeld,
    DistributionReleased,
    TaxRemitted,
    DistributionEnded,
    WaterfallFunded,
    WaterfallOpened,
    WaterfallSettled,
)
"""The events that move money of a pot."""


class Pot(NamedTuple):
    """A pot: the contract that keeps it, and its number there."""

    contract: Address
    number: int

    @property
    def name(self) -> str:
        return f"{self.contract}/{self.number}"

    @property
    def unspent(self) -> Account:
        return Account(Kind.DISTRIBUTION, self.name)

    @property
    def held(self) -> Account:
        return Account(Kind.UNCLAIMED, self.name)

    @property
    def tax(self) -> Account:
        return Account(Kind.TAX, self.name)


def pot_of(account: Account) -> Pot | None:
    """The pot of which an account is a place; None for any other account."""
    contract, slash, number = account.name.partition("/")
    known = account.kind in (Kind.DISTRIBUTION, Kind.UNCLAIMED, Kind.TAX)
    return Pot(Address(contract), int(number)) if slash and known and number.isdigit() else None


@dataclass(slots=True)
class Known:
    """What was read so far of a contract: what is left in the pots that end, plans of waterfalls, and
    coins that went between the contract and the issuer's own places, by transaction; `own` are those places
    by address, and the wallets that pay for the issuer without being one (none), funders too."""

    stands: dict[Account, int] = field(default_factory=dict)
    plans: dict[int, WaterfallProposed] = field(default_factory=dict)
    crossings: dict[str, list[Movement]] = field(default_factory=dict)
    own: dict[str, Account | None] = field(default_factory=dict)


class _Leg(NamedTuple):
    """Money of an event on one account; `whom` is the other side's address where the event names it."""

    account: Account
    amount: int
    whom: str | None = None


def entry_of_event(issuer: str, currency: str, logged: Logged, known: Known) -> Entry | None:
    """The entry of what one event says that moved; None where nothing did.

    Events are asked about in their order, each once: what a pot has left is followed in `known`.
    Raises Invalid if the two sides are not equal, so that nothing unbalanced is posted; Broken for a pot
    that ends with other money than its events left in it.
    """
    event, contract = logged.event, Address(logged.contract)
    if isinstance(event, WaterfallProposed):
        known.plans[event.waterfall] = event
        return None
    if isinstance(event, DistributionFunded | WaterfallFunded):
        known.own.setdefault(event.funder, None)
    said = _said(event, contract, known)
    if said is None:
        return None
    text, legs, other = said
    moved = sum(leg.amount for leg in legs)
    crossed = _crossed(known, logged, other, moved) if other else 0
    postings = [Posting(leg.account, leg.amount) for leg in legs]
    if other:
        postings.append(Posting(Account(Kind.OUTSIDE, contract), -crossed))
        postings.append(Posting(other.account, crossed - moved))
    if other and isinstance(event, TaxRemitted):
        postings += _set_apart(known.own.get(event.office), other.account, -crossed)
    postings = [one for one in postings if one.amount]
    if not postings:
        return None
    day = from_seconds(logged.position.seconds).date()
    reference = f"{contract} {logged.position.block}/{logged.position.index}"
    made = entry(issuer, currency, day, Source.CHAIN, reference, text, postings)
    for account, amount in made.postings:
        known.stands[account] = known.stands.get(account, 0) + amount
    return made


def _said(event: object, at: Address, known: Known) -> tuple[str, list[_Leg], _Leg | None] | None:
    """What happened in words, what it did to the pot's places, and who stands on the other side."""
    match event:
        case DistributionFunded(distribution=number, funder=funder, amount=amount):
            pot = Pot(at, number)
            return f"pot {number} funded", [_Leg(pot.unspent, amount)], _outside(funder)
        case DistributionPaid(distribution=number):
            pot = Pot(at, number)
            gross = sum(one for _, one, _ in event.payments)
            tax = sum(one for _, _, one in event.payments)
            legs = [_Leg(pot.unspent, -gross), _Leg(pot.tax, tax)]
            return f"pot {number}: {len(event.parts)} accounts paid", legs, _Leg(_HOLDERS, 0)
        case DistributionHeld(distribution=number, account=account, amount=amount):
            legs = [_Leg(Pot(at, number).held, amount), _Leg(_HOLDERS, -amount)]
            return f"pot {number}: held for account {account}", legs, None
        case DistributionReleased(distribution=number, account=account, amount=amount):
            text = f"pot {number}: released to account {account}"
            return text, [_Leg(Pot(at, number).held, -amount)], _Leg(_HOLDERS, 0)
        case TaxRemitted(distribution=number, office=office, amount=amount):
            kind = Kind.TAX if office in known.own else Kind.AUTHORITY
            other = _Leg(Account(kind, office), 0, office)
            return f"pot {number}: tax remitted", [_Leg(Pot(at, number).tax, -amount)], other
        case DistributionEnded(distribution=number, payee=payee, amount=amount, how=how):
            pot = Pot(at, number)
            legs = [_Leg(one, -known.stands.get(one, 0)) for one in (pot.unspent, pot.held)]
            if amount != -sum(leg.amount for leg in legs):
                raise Broken(f"pot {number} of {at} ended with {amount}: its events say otherwise")
            keeper = _Leg(Account(Kind.AUTHORITY, payee), 0, payee)  # of unclaimed property
            other = keeper if how == SWEPT else _outside(payee)
            return f"pot {number}: {ENDS.get(how, 'ended')}", legs, other
    return _said_of_waterfall(event, at, known)


def _said_of_waterfall(
    event: object, at: Address, known: Known
) -> tuple[str, list[_Leg], _Leg | None] | None:
    match event:
        case WaterfallFunded(waterfall=number, funder=funder, amount=amount):
            pot = Pot(at, pot_number(number))
            return f"waterfall {number} funded", [_Leg(pot.unspent, amount)], _outside(funder)
        case WaterfallOpened(waterfall=number, stage=stage, amount=amount):
            plan = known.plans[number]
            count = len(plan.parts)
            parts = plan.amounts[stage * count : (stage + 1) * count]
            legs = [
                _Leg(Pot(at, part_number(number, stage, place)).unspent, part)
                for place, part in enumerate(parts)
            ]
            legs.append(_Leg(Pot(at, pot_number(number)).unspent, -amount))
            return f"waterfall {number}: stage {stage + 1} divided", legs, None
        case WaterfallSettled(part=number, payee=payee, amount=amount):
            return (
                f"pot {number} settled",
                [_Leg(Pot(at, number).unspent, -amount)],
                _outside(payee),
            )
    return None


def _set_apart(place: Account | None, tax: Account, amount: int) -> list[Posting]:
    """Tax that the coin's own log posted to a place of the issuer's, told apart from the rest of it."""
    if place is None or place == tax:
        return []
    return [Posting(place, -amount), Posting(tax, amount)]


_HOLDERS = Account(Kind.HOLDERS)


def _outside(address: str) -> _Leg:
    return _Leg(Account(Kind.OUTSIDE, address), 0, address)


def _crossed(known: Known, logged: Logged, other: _Leg, moved: int) -> int:
    """How much of what an event moved came from or went to places of the issuer; each log counts once.

    Above zero into the pot. An event that names the other side takes the log of just that amount; one
    that pays holders takes every log to a place, for a holder's wallet may be one.
    """
    left = known.crossings.get(logged.position.transaction, [])
    into = moved > 0
    taken = 0
    for one in list(left):
        whom = one.sender if into else one.receiver
        inward = one.receiver == logged.contract
        fits = one.amount == abs(moved) if other.whom else taken + one.amount <= abs(moved)
        if inward == into and fits and other.whom in (None, whom):
            left.remove(one)
            taken += one.amount
            if other.whom:
                break
    return taken if into else -taken


def crossings_of(contract: str, moves: Mapping[str, list[Movement]]) -> dict[str, list[Movement]]:
    """Of coins' movements by transaction, those from or to a contract."""
    found = {
        transaction: [one for one in said if contract in (one.sender, one.receiver)]
        for transaction, said in moves.items()
    }
    return {transaction: said for transaction, said in found.items() if said}
