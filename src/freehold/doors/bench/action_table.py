"""Every corporate action as a row: its terms, and what must have become of units and money in the end.

What must be is worked out here with fractions, and not by the code that carries actions out: a row says
for each holder what he had, what he must have, and what he must have been paid.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from freehold.core.actions.kinds import Kind
from freehold.doors.bench.action_world import DECIMALS, HOLDERS, LOCKED

Held = Mapping[str, int]
COIN = 10**DECIMALS
_NONE: Held = MappingProxyType({})
FROZEN = 99
"""Units of cyd's in every class that are frozen."""


class Due(NamedTuple):
    """What must be afterwards, for each holder: units of the class, units of the other class more than
    before, money gross in smallest units, money that he pays. Who is not named has none."""

    units: Held
    there: Held = _NONE
    gross: Held = _NONE
    pays: Held = _NONE


@dataclass(frozen=True, slots=True)
class Life:
    """One row. `body` are the terms behind the dates; `draft` what the first announcement says in the
    place of it, so that the amendment is what counts; `stop` before which act the work is interrupted
    (from 1), and `half` what must be where it is called off there."""

    name: str
    kind: Kind
    body: str
    draft: tuple[str, str]
    due: Callable[[Held], Due]
    half: Callable[[Held], Due]
    elects: Callable[[Held], Mapping[str, tuple[str, int]]] = lambda held: {}
    tax: str = ""
    feeds: Sequence[int] = ()
    dated: bool = True
    stop: int = 2
    called_off: bool = True


def cash(what: str) -> str:
    """The money of an action."""
    return f'[cash]\ncoin = "{{coin}}"\ndecimals = {DECIMALS}\n{what}\n'


def bond(rate: str, more: str = "") -> str:
    """A bond of 100 that pays each month, by 30E/360, and begins with the next one."""
    return (
        cash("") + f'[bond]\nname = "Harbour"\ncurrency = "EUR"\nface = "100.00"\n'
        f'daycount = "30E/360"\nstart = {{start}}\nmaturity = {{maturity}}\nfrequency = 12\n'
        f'calendar = "every-day"\n{more}[bond.rate]\n{rate}\n'
    )


def revenue(more: str = "") -> str:
    """A tenth of what comes in."""
    part = '[[revenue.rate]]\nfrom = 2000-01-01\npart = "10%"\n'
    return cash("") + f'[revenue]\nseries = "{{id}}"\n{more}{part}'


def holders(held: Held) -> dict[str, int]:
    """Everybody but the issuer himself."""
    return {named: held.get(named, 0) for named in HOLDERS}


def first(amounts: Held) -> dict[str, int]:
    """What the first holder has of it, who has anything: the others were not reached."""
    named = next((named for named in HOLDERS if amounts.get(named)), "")
    return {named: amounts[named]} if named else {}


def parts(whole: int, weights: Held) -> dict[str, int]:
    """`whole` by largest remainder."""
    total = sum(weights.values())
    exact = {one: Fraction(whole * many, total) for one, many in weights.items()}
    found = {one: int(part) for one, part in exact.items()}
    order = sorted(exact, key=lambda one: (found[one] - exact[one], HOLDERS.index(one)))
    for one in order[: whole - sum(found.values())]:
        found[one] += 1
    return found


def _rate(per_unit: Fraction) -> Callable[[Held], Due]:
    def due(held: Held) -> Due:
        return Due(held, gross={one: int(many * per_unit * COIN) for one, many in _of(held)})

    return due


def _pot(whole: int) -> Callable[[Held], Due]:
    return lambda held: Due(held, gross=parts(whole, holders(held)))


def _half_paid(due: Callable[[Held], Due]) -> Callable[[Held], Due]:
    """Called off after the first page: who was paid keeps it."""
    return lambda held: Due(held, gross=first(due(held).gross))


def _ended(per_unit: Fraction) -> Callable[[Held], Due]:
    """Everybody is paid and gives his units."""

    def due(held: Held) -> Due:
        return Due({**held, **dict.fromkeys(HOLDERS, 0)}, gross=_rate(per_unit)(held).gross)

    return due


def _half_ended(per_unit: Fraction) -> Callable[[Held], Due]:
    def due(held: Held) -> Due:
        paid = first(_rate(per_unit)(held).gross)
        return Due({**held, **dict.fromkeys(paid, 0)}, gross=paid)

    return due


def _of(held: Held) -> list[tuple[str, int]]:
    return list(holders(held).items())


def _nothing(held: Held) -> Due:
    return Due(held)


def _scaled(ratio: Fraction, price: Fraction = Fraction(0)) -> Callable[[Held], Due]:
    """Everybody's units times the ratio, the issuer's own too; fractions at the price."""

    def due(held: Held) -> Due:
        units = {one: int(many * ratio) for one, many in held.items()}
        lost = {one: many * ratio - int(many * ratio) for one, many in _of(held)}
        return Due(units, gross={one: int(part * price * COIN) for one, part in lost.items()})

    return due


def _given(ratio: Fraction) -> Callable[[Held], dict[str, int]]:
    return lambda held: {one: int(many * ratio) for one, many in _of(held)}


def _more(held: Held, gets: Held) -> dict[str, int]:
    return {one: many + gets.get(one, 0) for one, many in held.items()}


def _converted(held: Held) -> dict[str, int]:
    """By holder what converts at 1 for 50: no frozen unit does, and no fraction of a lot."""
    found = {}
    for named, many in _of(held):
        locked = min(LOCKED, many) if named == "ben" else 0
        free = many - locked - (FROZEN if named == "cyd" else 0)
        found[named] = free - free % 50 + locked - locked % 50
    return found


def _conversion(taken: Held, held: Held) -> Due:
    left = {one: many - taken.get(one, 0) for one, many in held.items()}
    return Due(left, there={one: many // 50 for one, many in taken.items()})


TENDERED = 500


def _free(held: Held) -> dict[str, int]:
    """What can be tendered: frozen units are not free to be given."""
    return {one: max(many - (FROZEN if one == "cyd" else 0), 0) for one, many in _of(held)}


def _tender(held: Held) -> Due:
    free = _free(held)
    taken = parts(min(TENDERED, sum(free.values())), free)
    left = {one: many - taken.get(one, 0) for one, many in held.items()}
    return Due(left, gross={one: many * 2 * COIN for one, many in taken.items()})


def _half_tender(held: Held) -> Due:
    whole = _tender(held)
    paid = first(whole.gross)
    return Due({one: whole.units[one] if one in paid else held[one] for one in held}, gross=paid)


def _rights(held: Held) -> dict[str, int]:
    """Ada takes her rights, ben all that cyd lets lapse besides his own."""
    own = _given(Fraction(1, 10))(held)
    return {"ada": own["ada"], "ben": own["ben"] + own["cyd"]}


def _subscribed(held: Held) -> Due:
    gets = _rights(held)
    return Due(_more(held, gets), pays={one: many * 3 * COIN for one, many in gets.items()})


def _subscribe(held: Held) -> dict[str, tuple[str, int]]:
    return {one: ("subscribe", many) for one, many in _rights(held).items()}


def _offered(held: Held) -> dict[str, tuple[str, int]]:
    return {one: ("tender", many) for one, many in _free(held).items() if many}


def _paid(
    name: str,
    kind: Kind,
    body: str,
    draft: tuple[str, str],
    due: Callable[[Held], Due],
    **more: Any,
) -> Life:
    return Life(name, kind, body, draft, due, _half_paid(due), **more)


QUARTER, TENTH = Fraction(1, 4), Fraction(1, 10)
SPLIT, REVERSE, ODD = Fraction(3, 2), Fraction(1, 7), Fraction("3.5")
_FIXED = 'kind = "fixed"\nrate = "6%"'
_STEPS = (
    'kind = "step"\n[[bond.rate.step]]\nfrom = {start}\nrate = "6%"\n'
    '[[bond.rate.step]]\nfrom = {second}\nrate = "9%"'
)
_FLOATING = (
    'kind = "floating"\nindex = "EURIBOR 1M"\nspread = "2%"\nfixing_days = 0\n'
    '[[bond.fixing]]\non = {start}\nrate = "4.3%"'
)
LIVES: tuple[Life, ...] = (
    _paid(
        "cash-dividend, per unit", Kind.CASH_DIVIDEND, cash('per_unit = "1/3"'),
        ('"1/3"', '"1/2"'), _rate(Fraction(1, 3)), tax="US",
    ),
    _paid(
        "cash-dividend, fixed total", Kind.CASH_DIVIDEND, cash('pot = "1000.01"'),
        ('"1000.01"', '"900"'), _pot(1_000_010_000), called_off=False,
    ),
    _paid(
        "coupon, fixed", Kind.COUPON, "coupon = 1\n" + bond(_FIXED), ('"6%"', '"12%"'),
        _rate(Fraction(1, 2)), tax="US", dated=False,
    ),
    _paid(
        "coupon, floating with its dated fixing", Kind.COUPON, "coupon = 1\n" + bond(_FLOATING),
        ('"4.3%"', '"5%"'), _rate(Fraction(63, 120)), dated=False, called_off=False,
    ),
    _paid(
        "coupon, step", Kind.COUPON, "coupon = 2\n" + bond(_STEPS), ('"9%"', '"8%"'),
        _rate(Fraction(3, 4)), dated=False, called_off=False,
    ),
    _paid(
        "coupon, amortising", Kind.COUPON,
        "coupon = 1\n" + bond(_FIXED, 'principal = "equal"\n'), ('"6%"', '"12%"'),
        _rate(Fraction(1, 2) + Fraction(100, 12)), dated=False, called_off=False,
    ),
    _paid(
        "revenue-share, fed twice", Kind.REVENUE_SHARE, revenue(), ('"10%"', '"20%"'),
        _pot(70_000_000), feeds=(300_000_004, 400_000_009), tax="US",
    ),
    _paid(
        "revenue-share, until 1.5x", Kind.REVENUE_SHARE,
        revenue('cap = "1.5"\nraised = "100"\n'), ('"1.5"', '"2"'), _pot(150_000_000),
        feeds=(2_000_000_000,), called_off=False,
    ),
    _paid(
        "rent", Kind.RENT, cash('pot = "77.77"'), ('"77.77"', '"80"'), _pot(77_770_000),
    ),
    Life(
        "redemption", Kind.REDEMPTION, cash('per_unit = "2"'), ('"2"', '"1"'),
        _ended(Fraction(2)), _half_ended(Fraction(2)),
    ),
    Life(
        "maturity, of a bond", Kind.MATURITY, "coupon = 12\n" + bond(_FIXED), ('"6%"', '"12%"'),
        _ended(Fraction(100)), _half_ended(Fraction(100)), dated=False,
    ),
    Life(
        "call", Kind.CALL, cash('per_unit = "1.05"'), ('"1.05"', '"1.1"'),
        _ended(Fraction("1.05")), _half_ended(Fraction("1.05")),
    ),
    Life(
        "tender, pro rata", Kind.TENDER, f"most = {TENDERED}\n" + cash('per_unit = "2"'),
        ('"2"', '"1"'), _tender, _half_tender, elects=_offered,
    ),
    Life(
        "rights-issue, subscribed", Kind.RIGHTS_ISSUE,
        "most = {most}\noversubscription = true\n"
        + cash('per_unit = "1"') + '[units]\nratio = "1/10"\nprice = "3"\n',
        ('"3"', '"4"'), _subscribed, _nothing, elects=_subscribe,
    ),
    Life(
        "stock-dividend", Kind.STOCK_DIVIDEND, '[units]\nratio = "1/10"\n', ('"1/10"', '"1/5"'),
        lambda held: Due(_more(held, _given(TENTH)(held))),
        lambda held: Due(_more(held, first(_given(TENTH)(held)))),
    ),
    Life(
        "split", Kind.SPLIT, '[units]\nratio = "3/2"\n', ('"3/2"', '"2"'), _scaled(SPLIT),
        _nothing, stop=1,
    ),
    Life(
        "reverse-split, fractions paid in lieu", Kind.REVERSE_SPLIT,
        cash('per_unit = "1"') + '[units]\nratio = "1/7"\nprice = "3.5"\n', ('"3.5"', '"4"'),
        _scaled(REVERSE, ODD), _nothing, stop=1,
    ),
    Life(
        "spin-off", Kind.SPIN_OFF, '[units]\nratio = "1/4"\ninto = "{other}"\n',
        ('"1/4"', '"1/2"'), lambda held: Due(held, there=_given(QUARTER)(held)),
        lambda held: Due(held, there=first(_given(QUARTER)(held))),
    ),
    Life(
        "conversion of classes", Kind.CONVERSION,
        '[units]\nratio = "1/50"\ninto = "{other}"\n', ('"1/50"', '"1/40"'),
        lambda held: _conversion(_converted(held), held),
        lambda held: _conversion(first(_converted(held)), held),
    ),
    Life(
        "name-change", Kind.NAME_CHANGE, 'name = "Renamed by {id}"\n', ("Renamed", "Misnamed"),
        _nothing, _nothing, stop=1,
    ),
)  # fmt: skip
"""Every kind, with its variants: cancelled in every state once for each kind."""
