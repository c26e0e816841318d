"""A payment split by the currencies that holders elected: each a pot of its own, every sum exact.

Each account is entitled by one rate in the action's own coin. The currency's rate makes of it a rate in
the other coin, an exact fraction, and each account gets units times that, rounded down. Where a fixed
pot is divided, one smallest unit more goes to the largest remainders until the parts are the currency's
pot: the whole entitlement of its holders, rounded down, and in the action's own coin what the largest
remainder gives to its holders among all currencies. Where a rate is declared nothing is added.
"""

from collections.abc import Mapping
from fractions import Fraction

from freehold.core.actions.entitlement import Basis, Entitlement, Holdings
from freehold.core.units import allocate

BASE = ""


def split(
    what: Entitlement, codes: Mapping[int, str], rates: Mapping[str, Fraction]
) -> dict[str, Entitlement]:
    """An entitlement by currency, of those that anybody gets; `codes` by account, the base if missing.

    `rates` are smallest units of a currency for one smallest unit of the action's own coin.
    """
    chosen = [codes.get(account, BASE) for account in what.holdings.accounts]
    order = [BASE, *(code for code in rates if code in chosen)]
    if order == [BASE]:
        return {BASE: what}
    parts = {code: _part(what.holdings, chosen, code) for code in order}
    shares = allocate(what.pot, [parts[code].total for code in order])
    found = {}
    for code, share in zip(order, shares, strict=True):
        held = parts[code]
        if not held.accounts:
            continue
        rate = what.rate * rates.get(code, Fraction(1))
        if what.basis is Basis.DECLARED_RATE:
            pot = sum(units * rate.numerator // rate.denominator for units in held.units)
        else:
            pot = share if code == BASE else int(held.total * rate)
        found[code] = _divided(what.basis, rate, pot, held)
    return found


def _part(held: Holdings, chosen: list[str], code: str) -> Holdings:
    rows = [
        (account, units)
        for account, units, its in zip(held.accounts, held.units, chosen, strict=True)
        if its == code
    ]
    accounts = [account for account, _ in rows]
    linked = {one: held.linked[one] for one in accounts if one in held.linked}
    return Holdings(accounts, [units for _, units in rows], linked)


def _divided(basis: Basis, rate: Fraction, pot: int, held: Holdings) -> Entitlement:
    """Units times the rate rounded down, and one more for the largest remainders until it is the pot."""
    amounts = [units * rate.numerator // rate.denominator for units in held.units]
    left = pot - sum(amounts)
    rest = [units * rate.numerator % rate.denominator for units in held.units]
    order = sorted(range(len(rest)), key=lambda place: (-rest[place], place))
    assert 0 <= left <= sum(1 for one in rest if one), "one smallest unit more at most for each"
    for place in order[:left]:
        amounts[place] += 1
    return Entitlement(basis, rate, pot, held, amounts, 0)
