"""What may be changed of an announced action, in which of its states, and what to do where it may not.

One table: a state and a kind of change lead to how the action follows. Until anybody was paid almost all of
it can be amended. Who is entitled is fixed by the record instant: once it has passed, or a pot was declared
for it, another record is another action; so is another kind or security. They replace the first in one act,
which calls it off, gives its money back and announces the other. Who was paid was paid by the terms: after
that the words alone can change, and a mistake is made good by an action of its own that names the first.
"""

from collections.abc import Mapping
from enum import StrEnum

from freehold.core.actions.life import State
from freehold.core.actions.terms import Terms


class Standing(StrEnum):
    """How far an action is, as far as a change is concerned."""

    ANNOUNCED = "announced"
    PROVIDED = "announced, its pot declared"
    RECORDED = "recorded"
    FUNDED = "funded"
    PAYING = "paying"
    PAID = "paid"
    CANCELLED = "cancelled"


class Change(StrEnum):
    """What differs between two versions of terms."""

    KIND = "kind"
    SECURITY = "security"
    RECORD = "record instant"
    COIN = "coins"
    MONEY = "amount or rate"
    DATES = "ex-date, payment or end of claims"
    UNITS = "ratio, price, most units or new name"
    CHOICES = "choices and how it is paid out"
    TAX = "tax"
    LINK = "action that it follows"
    WORDS = "narrative"


class How(StrEnum):
    """How an action follows a change."""

    AMENDED = "amended"
    REPLACED = "replaced"
    CORRECTED = "corrected by another action"


_A, _R, _C = How.AMENDED, How.REPLACED, How.CORRECTED
_ROWS = {
    #                     ANNOUNCED PROVIDED RECORDED FUNDED PAYING PAID CANCELLED
    Change.KIND: (_R, _R, _R, _R, _C, _C, _C),
    Change.SECURITY: (_R, _R, _R, _R, _C, _C, _C),
    Change.RECORD: (_A, _R, _R, _R, _C, _C, _C),
    Change.COIN: (_A, _R, _A, _R, _C, _C, _C),
    Change.MONEY: (_A, _A, _A, _A, _C, _C, _C),
    Change.DATES: (_A, _A, _A, _A, _C, _C, _C),
    Change.UNITS: (_A, _A, _A, _A, _C, _C, _C),
    Change.CHOICES: (_A, _A, _A, _A, _C, _C, _C),
    Change.TAX: (_A, _A, _A, _A, _C, _C, _C),
    Change.LINK: (_A, _A, _A, _A, _C, _C, _C),
    Change.WORDS: (_A, _A, _A, _A, _A, _C, _C),
}
TABLE: Mapping[tuple[Standing, Change], How] = {
    (standing, change): how
    for change, row in _ROWS.items()
    for standing, how in zip(Standing, row, strict=True)
}
"""How each change is made in each state."""


def standing(state: State, funded: bool) -> Standing:
    """How far an action is; `funded` where its pot was declared."""
    if state is State.ANNOUNCED:
        return Standing.PROVIDED if funded else Standing.ANNOUNCED
    if state is State.CANCELLED:
        return Standing.CANCELLED
    if state in (State.DELIVERED, State.RECONCILED, State.CLOSED):
        return Standing.PAID
    return Standing(str(state))


def changes(before: Terms, after: Terms) -> tuple[Change, ...]:
    """Everything that differs, in the order of the table."""
    pairs = {
        Change.KIND: (before.kind, after.kind),
        Change.SECURITY: (before.instrument, after.instrument),
        Change.RECORD: (before.record, after.record),
        Change.COIN: (_coins(before), _coins(after)),
        Change.MONEY: (_money(before), _money(after)),
        Change.DATES: (_dates(before), _dates(after)),
        Change.UNITS: (_units(before), _units(after)),
        Change.CHOICES: (_choices(before), _choices(after)),
        Change.TAX: (before.tax, after.tax),
        Change.LINK: (before.follows, after.follows),
        Change.WORDS: (before.narrative, after.narrative),
    }
    return tuple(change for change, (was, will) in pairs.items() if was != will)


def why_not(of: Terms, where: Standing, found: tuple[Change, ...]) -> str:
    """The sentence that refuses to amend, with the way out; nothing where all of it can be amended."""
    ways = {change: TABLE[where, change] for change in found}
    late = How.CORRECTED in ways.values() or (where is Standing.PAYING and not found)
    if where in (Standing.PAID, Standing.CANCELLED) or late:
        return (
            f"the action {of.id} is {where}: {_LATE[where]}. Announce another action that says"
            f' follows = "{of.id}"'
        )
    if other := [str(change) for change, how in ways.items() if how is How.REPLACED]:
        return (
            f"the {' and the '.join(other)} of {of.id} cannot be amended, because it is {where}:"
            f" replace it by another action, which calls this one off and gives its money back"
        )
    return ""


_LATE = {
    Standing.PAYING: "its terms bind those who were paid by them, and only its narrative can change; what"
    " is not paid yet can be called off",
    Standing.PAID: "everybody has got what was due by its terms",
    Standing.CANCELLED: "nothing of it is in force",
}


def _coins(terms: Terms) -> list[str]:
    own = [terms.cash.coin] if terms.cash else []
    return [one.lower() for one in (*own, *(each.coin for each in terms.options.currencies))]


def _money(terms: Terms) -> object:
    cash, rates = terms.cash, [(each.code, each.rate) for each in terms.options.currencies]
    return (cash and (cash.basis, cash.amount, cash.decimals), rates, terms.revenue)


def _dates(terms: Terms) -> object:
    return terms.ex_date, terms.payment, terms.claim_until


def _units(terms: Terms) -> object:
    return terms.exchange, terms.most, terms.oversubscription, terms.name


def _choices(terms: Terms) -> object:
    options = terms.options
    fixed = [(each.code, each.decimals, each.fixed_on) for each in options.currencies]
    return options.payout, options.base, options.default, options.until, options.price, fixed
