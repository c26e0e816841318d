"""Whether what a holder elected still binds him after the terms of an action were changed.

He agreed to a bargain. A better one he has as well: whoever tendered before a price was raised is paid
the higher one (17 CFR 240.14d-10(a)(2)). One that is worse he is asked about again.
"""

from freehold.core.actions.kinds import Work
from freehold.core.actions.options import REINVEST
from freehold.core.actions.terms import Terms


def binds(before: Terms, after: Terms, choice: str) -> bool:
    """Whether a choice made under `before` stands under `after`: in the same coin, and nothing worse."""
    if before.work is Work.BUY:
        old, new = before.cash, after.cash
        same = old and new and (old.coin.lower(), old.basis) == (new.coin.lower(), new.basis)
        return bool(old and new and same and new.amount >= old.amount)
    if before.work is Work.OFFER:
        return _offer_stands(before, after)
    if choice == REINVEST:
        was, now = before.options.price, after.options.price
        return was is not None and now is not None and now <= was
    return _currency_stands(before, after, choice)


def _offer_stands(before: Terms, after: Terms) -> bool:
    old, new = before.exchange, after.exchange
    if not (old and new and before.cash and after.cash):
        return False
    same = before.cash.coin.lower() == after.cash.coin.lower() and old.ratio == new.ratio
    return same and (new.price or 0) <= (old.price or 0)


def _currency_stands(before: Terms, after: Terms, choice: str) -> bool:
    if choice not in after.options.choices:
        return False
    known, still = before.options.codes, after.options.codes
    if choice not in known or choice not in still:
        return choice == before.options.base == after.options.base
    old, new = before.options.named(choice), after.options.named(choice)
    return old.coin.lower() == new.coin.lower() and new.rate >= old.rate
