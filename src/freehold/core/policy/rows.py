"""Rules as the rows that `announce_rules` and `activate_rules` of a token take (what, key, word).

The layouts are those of `contracts/modules/words.vy` and `ActionDesk._change`. A limit that the
chain cannot hold exactly is refused here, never rounded.
"""

from collections.abc import Iterable
from fractions import Fraction

from freehold.core.clock import LAST_DAY
from freehold.core.errors import Invalid
from freehold.core.facts import Vintage, pack_vintage
from freehold.core.policy.compiled import FAST_CLASSES, Rules

Row = tuple[int, int, int]
_STATE, _SELLABLE, _WHY, _EXITS, _GROUPS, _LIMITS, _CODES, _COUNTRIES, _OUTSIDE, _COUNTS = range(
    1, 11
)
_AUTHORISED, _AMENDED, _REACQUIRED = 11, 12, 13
_MOST_MONTHS = 1_200
_OF_LOTS = 1 << 40
"""In a key of reasons: the reason is a running clock's, not a class's."""
_NO_HOLDER_LIMIT, _NO_UNIT_LIMIT, _NO_GROUP_LIMIT = (1 << 28) - 1, 255, (1 << 32) - 1
_ACTIVE, _CHECK_COUNTRIES, _COUNT_GROUPS, _ASK_OUTSIDE, _MIND_AFFILIATES = (
    1 << n for n in (68, 71, 72, 73, 74)
)


def policy_rows(rules: Rules, before: Rules | None = None) -> list[Row]:
    """The rows that make a token obey `rules`; `before` are the rules in force, whose entries go.

    Raises Invalid where a limit does not fit. Counts of groups are no rule: see `count_row`.
    """
    wanted = _tables(rules)
    gone = {place: 0 for place in (_tables(before) if before else {}) if place not in wanted}
    rows = [(what, key, word) for (what, key), word in sorted((gone | wanted).items())]
    return [(_STATE, 0, state_word(rules)), *rows]


def count_row(counts: Iterable[int]) -> Row:
    """Holders to add to the count of each group, negative ones to take away.

    Groups that begin while there are holders are counted from their activation; what they lack is
    the register's count less the chain's at any later block, and the same at every one. So first the
    groups are activated without a limit, then this row together with the limits.
    """
    return _COUNTS, 0, sum((count & (1 << 32) - 1) << 32 * n for n, count in enumerate(counts))


def limit_rows(rules: Rules) -> list[Row]:
    """The rows that hold the limits of counted groups alone."""
    return [(_LIMITS, 0, _groups(rules)[_LIMITS, 0])]


def outside_row(contract: int) -> Row:
    """The compliance contract that is asked in addition."""
    return _OUTSIDE, 0, contract


def authorised_row(units: int, document: bytes) -> Row:
    """From the activation at most `units` base units may exist; `document` (32 bytes) is the hash of
    the resolution that says so."""
    return _AUTHORISED, int.from_bytes(document), _fits(units, 96, "authorised units")


def amended_row(vintage: int, terms: Vintage, document: bytes) -> Row:
    """Other clocks for a vintage, whose acquisition day and family must stay the same."""
    word = _fits(vintage, 16, "vintage") << 168 | pack_vintage(terms)
    return _AMENDED, int.from_bytes(document), word


def state_word(rules: Rules) -> int:
    """The part of the state word that rules write."""
    word = _NO_HOLDER_LIMIT << 168 if rules.most_holders is None else _holders(rules.most_holders)
    word |= _units(rules.most_units) | sum(1 << 244 + one for one in _grouped(rules) if one < 8)
    for on, bit in (
        (rules.active, _ACTIVE),
        (rules.check_countries, _CHECK_COUNTRIES),
        (bool(rules.groups), _COUNT_GROUPS),
        (rules.ask_outside, _ASK_OUTSIDE),
        (rules.mind_affiliates, _MIND_AFFILIATES),
    ):
        word |= bit if on else 0
    for seller, buyers in rules.sale.items():
        assert seller in FAST_CLASSES and seller, "the sale matrix holds classes 1 to 7"
        word |= _bits(buyers) << 76 + 8 * seller
    return word


def unit_limit(state: int) -> int | None:
    """The most base units that one person may hold by a token's state word; None where any number."""
    zeros = state >> 220 & 0xFF
    return None if zeros == _NO_UNIT_LIMIT else (state >> 196 & 0xFFFFFF) << zeros


def limit_after_split(limit: int, ratio: Fraction) -> int:
    """The most base units of a person after a split: scaled, rounded down to 24 bits and binary zeros.

    A limit above every register is none, and stays. As `_limit` of contracts/modules/splits.vy.
    """
    if max(limit.bit_length() - 24, 0) > 96:
        return limit
    scaled = int(limit * ratio)
    zeros = max(scaled.bit_length() - 24, 0)
    return scaled >> zeros << zeros


def _tables(rules: Rules) -> dict[tuple[int, int], int]:
    rows = {
        (_SELLABLE, kind << 16 | seller << 8 | proof): _bits(buyers)
        for (kind, seller, proof), buyers in rules.sellable.items()
    }
    for (kind, seller, buyer), code in rules.why.items():
        place = (_WHY, kind << 8 | seller)
        rows[place] = rows.get(place, 0) | code << 8 * buyer
    for (family, kind, clock, buyer), code in rules.lot_why.items():
        place = (_WHY, _OF_LOTS | clock << 32 | family << 8 | kind)
        rows[place] = rows.get(place, 0) | code << 8 * buyer
    for (family, kind, seller, proof), exits in rules.exits.items():
        key = family << 24 | kind << 16 | seller << 8 | proof
        rows[_EXITS, key] = sum(_bits(to) << 32 * clock for clock, to in enumerate(exits))
    rows |= {(_COUNTRIES, part): _part(rules.countries, part) for part in range(4)}
    if rules.reacquired is not None:
        rows[_REACQUIRED, 0] = _standing(rules.reacquired)
    return rows | _groups(rules)


def _groups(rules: Rules) -> dict[tuple[int, int], int]:
    if len(rules.groups) > 8:
        raise Invalid(f"{len(rules.groups)} counted groups are too many: at most 8", field="groups")
    classes = limits = codes = 0
    for place, group in enumerate(rules.groups):
        classes |= sum(1 << 8 * one + place for one in group.classes)
        limit = _NO_GROUP_LIMIT if group.limit is None else group.limit
        limits |= _fits(limit, 32, "group limit") << 32 * place
        codes |= group.code << 8 * place
    codes |= rules.country_code << 64 | rules.holding_code << 72
    return {(_GROUPS, 0): classes, (_LIMITS, 0): limits, (_CODES, 0): codes}


def _standing(terms: Vintage) -> int:
    """Months in the places of days; no acquisition day of its own."""
    months = (terms.a_release, terms.a_free, terms.b_over, terms.c_over, terms.d_over)
    for count in months:
        if count > _MOST_MONTHS and count != LAST_DAY:
            raise Invalid(
                f"a clock of {count} months is too long: give at most {_MOST_MONTHS}, or {LAST_DAY}"
                " for until further notice",
                field="reacquired",
            )
    if not any(months):
        raise Invalid("standing terms need a clock: leave them out for none", field="reacquired")
    if terms.acquired:
        raise Invalid("standing terms have no day of acquisition: give 0", field="reacquired")
    return pack_vintage(terms)


def _grouped(rules: Rules) -> set[int]:
    return {one for group in rules.groups for one in group.classes}


def _part(countries: Iterable[int], part: int) -> int:
    return sum(1 << (one & 255) for one in countries if one >> 8 == part)


def _bits(classes: Iterable[int]) -> int:
    return sum(1 << one for one in classes)


def _holders(limit: int) -> int:
    return _fits(limit, 28, "most_holders") << 168


def _units(limit: int | None) -> int:
    """A 24-bit number and how many binary zeros follow it; 255 zeros is no limit."""
    if limit is None:
        return _NO_UNIT_LIMIT << 220
    zeros = max(limit.bit_length() - 24, 0)
    if limit >> zeros << zeros != limit:
        nearest = limit >> zeros << zeros
        raise Invalid(
            f"most_units {limit} is too long a number for the chain: the next smaller is {nearest}",
            field="most_units",
        )
    return (limit >> zeros) << 196 | _fits(zeros, 8, "most_units") << 220


def _fits(value: int, width: int, field: str) -> int:
    if not 0 <= value < 1 << width:
        raise Invalid(f"{field} {value} does not fit: give 0 to {(1 << width) - 1}", field=field)
    return value
