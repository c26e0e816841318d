"""The claims on an exit from a TOML file; docs/reference/waterfall.md lists the fields."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from freehold.core.actions import fields
from freehold.core.actions.daycount import DayCount, parse_convention, year_fraction
from freehold.core.actions.fields import Section
from freehold.core.actions.waterfall import (
    ZERO,
    CarveOut,
    Common,
    Debt,
    ExitTerms,
    Option,
    Participation,
    Preferred,
    Tranche,
    TrancheKind,
    has_residual,
)
from freehold.core.clock import anniversary
from freehold.core.identifiers import minor_digits, parse_currency

_TABLES = ("debt", "carve_out", "class", "option", "tranche")
_PREFERRED = (
    "price multiple rank senior_to participation cap converts_into ratio dividend"
    " dividends_on_conversion"
).split()
Holders = Mapping[str, Mapping[str, int]]
Held = Mapping[str, Fraction]
"""Units of a class, by its id, as a register has them."""


class Compounding(StrEnum):
    """Whether dividends not paid bear dividends themselves."""

    NONE = "none"
    ANNUAL = "annual"


class OnConversion(StrEnum):
    """What becomes of accrued dividends when a class converts."""

    FORFEITED = "forfeited"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class ExitFile:
    """Terms, tranches, and holders (units by id) of the classes that list them.

    `notices` say what a source other than such a file has and an exit leaves out. `units` are the whole
    units of each class and kind of option.
    """

    name: str
    currency: str
    terms: ExitTerms
    tranches: tuple[Tranche, ...]
    holders: Holders
    notices: tuple[str, ...] = ()
    units: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def digits(self) -> int:
        return minor_digits(self.currency)


@dataclass(frozen=True, slots=True)
class _File:
    """What the readers of single tables need of the whole file."""

    digits: int
    on: date | None
    ranks: Mapping[str, int]
    ids: Sequence[str]
    commons: frozenset[str]
    held: Held

    @property
    def scale(self) -> int:
        return int(10**self.digits)


def read_exit(top: Section, held: Held | None = None) -> ExitFile:
    """Read the parsed file. Raises Invalid with every mistake and its place.

    A class in `held` need not say its units, and may not say others. `[pay]`, which says how a
    winding-up is paid, is read by `windup_file.py`.
    """
    fields.only(top, "kind", "name", "currency", "on", "pay", *_TABLES)
    name = fields.text(top, "name")
    currency = fields.parsed(top, "currency", parse_currency, "USD")
    listed = {table: fields.sections(top, table) for table in _TABLES}
    classes = listed["class"]
    file = _File(
        minor_digits(currency),
        fields.optional(top, "on", fields.day),
        _ranks([*classes]) | _ranks(listed["debt"]),
        _ids(top, [*listed["debt"], *listed["carve_out"], *classes, *listed["option"]]),
        frozenset(_id(one) for one in classes if not fields.has(one, "price")),
        held or {},
    )
    holders = {_id(one): _holders(one) for one in [*classes, *listed["option"]]}
    terms = ExitTerms(
        tuple(_common(one, file) for one in classes if not fields.has(one, "price")),
        tuple(_preferred(one, file) for one in classes if fields.has(one, "price")),
        tuple(_option(one, file) for one in listed["option"]),
        tuple(_debt(one, file) for one in listed["debt"]),
        tuple(_carve_out(one, file) for one in listed["carve_out"]),
    )
    tranches = tuple(_tranche(one, file) for one in listed["tranche"])
    _ids(top, listed["tranche"])
    if not has_residual(terms):
        fields.note(top, "class", "none gets what is left: add a common [[class]] without a price")
    if sum(one.share for one in terms.carve_outs) >= 1:
        fields.note(top, "carve_out", "the shares together leave nothing to the classes")
    fields.refuse_mistakes(top, "the file of the exit")
    listed_holders = {one: who for one, who in holders.items() if who}
    units = {
        _id(one): _units(replace(one, mistakes=[]), file) for one in [*classes, *listed["option"]]
    }
    return ExitFile(name, currency, terms, tranches, listed_holders, units=units)


# ---- ids and ranks ------------------------------------------------------------------------------


def _id(section: Section) -> str:
    return str(section.content.get("id", ""))


def _ids(top: Section, listed: Iterable[Section]) -> list[str]:
    """All ids, checked to be there and to stand once."""
    found = [fields.text(one, "id") for one in listed]
    for twice in sorted({one for one in found if one and found.count(one) > 1}):
        fields.note(top, twice, "is the id of two tables: every id stands once")
    return found


def _ranks(listed: Sequence[Section]) -> dict[str, int]:
    """The rank of each claim, 1 paid first: written, or from who is senior to whom."""
    written = [one for one in listed if fields.has(one, "rank")]
    related = {_id(one): fields.texts(one, "senior_to") for one in listed}
    if not any(related.values()):
        return {_id(one): _written_rank(one) for one in listed}
    for one in written:
        fields.note(one, "rank", "and senior_to are two ways to say it: use one in the file")
    known = {_id(one) for one in listed if fields.has(one, "price") or fields.has(one, "amount")}
    for one in listed:
        for other in related[_id(one)]:
            if other not in known:
                fields.note(one, "senior_to", f"{other!r} is no other class with a preference")
    for one in listed:
        if circle := _circle(_id(one), related):
            chain = " > ".join(circle)
            fields.note(one, "senior_to", f"seniority runs in a circle: {chain}")
            return {}
    return {name: _depth(name, related) for name in related}


def _written_rank(section: Section) -> int:
    rank = fields.whole(section, "rank", 1)
    if rank == 0:
        fields.note(section, "rank", "0 is no rank: the first to be paid has rank 1")
    return rank


def _circle(start: str, related: Mapping[str, Sequence[str]]) -> list[str]:
    """The way from a class down through its juniors back to itself, if there is one."""
    ways = [[start]]
    seen = set()
    while ways:
        way = ways.pop()
        for junior in related.get(way[-1], ()):
            if junior == start:
                return [*way, start]
            if junior not in seen:
                seen.add(junior)
                ways.append([*way, junior])
    return []


def _depth(name: str, related: Mapping[str, Sequence[str]]) -> int:
    """1 below nobody, otherwise one more than the deepest of those above."""
    above = [senior for senior, juniors in related.items() if name in juniors]
    return 1 + max((_depth(senior, related) for senior in above), default=0)


# ---- single tables ------------------------------------------------------------------------------


def _common(section: Section, file: _File) -> Common:
    for key in _PREFERRED:
        if fields.has(section, key):
            fields.note(section, key, "belongs to a preferred class, which has a price")
    fields.only(section, "id", "units", "holder", *_PREFERRED)
    return Common(_id(section), _units(section, file))


def _preferred(section: Section, file: _File) -> Preferred:
    fields.only(section, "id", "units", "holder", "accrued", *_PREFERRED)
    units = _units(section, file)
    original = fields.number(section, "price") * units * file.scale
    multiple = fields.number(section, "multiple", Fraction(1))
    accrued = _accrued(section, original, file)
    into = _conversion(section, file)
    participation = fields.choice(section, "participation", Participation, Participation.NONE)
    ratio = fields.number(section, "ratio", Fraction(1))
    if into and not ratio:
        fields.note(section, "ratio", "0 converts into nothing")
    kept = fields.choice(section, "dividends_on_conversion", OnConversion, OnConversion.FORFEITED)
    return Preferred(
        _id(section),
        original * multiple + accrued,
        file.ranks.get(_id(section), 1),
        ratio * units,
        participation,
        _cap(section, participation, original, multiple),
        convertible=bool(into),
        accrued=accrued,
        keeps_dividends=kept is OnConversion.PAID,
    )


def _cap(
    section: Section, participation: Participation, original: Fraction, multiple: Fraction
) -> Fraction | None:
    if participation is not Participation.CAPPED:
        if fields.has(section, "cap"):
            fields.note(section, "cap", f"means nothing with participation {participation}")
        return None
    cap = fields.number(section, "cap")
    if fields.has(section, "cap") and cap < multiple:
        written = section.content["cap"]
        fields.note(section, "cap", f"{written} times is under the multiple of the preference")
    return original * cap


def _conversion(section: Section, file: _File) -> str:
    """The common class it may convert into; nothing if it may not."""
    if not fields.has(section, "converts_into"):
        return ""
    into = fields.text(section, "converts_into")
    if into and into == _id(section):
        fields.note(section, "converts_into", "a class cannot convert into itself")
    elif into and into not in file.commons:
        known = ", ".join(sorted(file.commons)) or "none"
        fields.note(section, "converts_into", f"{into!r} is no common class; there is {known}")
    return into


def _accrued(section: Section, original: Fraction, file: _File) -> Fraction:
    """Dividends owed at the exit: stated, or a rate over the time since they were last paid."""
    if not fields.has(section, "dividend"):
        stated = fields.number(section, "accrued", ZERO)
        return stated * file.scale
    if fields.has(section, "accrued"):
        fields.note(section, "accrued", "and [class.dividend] are two ways to say it")
    terms = fields.inner(section, "dividend")
    fields.only(terms, "rate", "from", "compounding", "daycount")
    rate, begun = fields.number(terms, "rate"), fields.day(terms, "from")
    how = fields.choice(terms, "compounding", Compounding, Compounding.NONE)
    rule = fields.parsed(terms, "daycount", parse_convention, DayCount.ACT_365_FIXED, needed=False)
    if rule in (DayCount.ACT_ACT_ICMA, DayCount.ACT_365L, DayCount.BUS_252):
        fields.note(terms, "daycount", f"{rule} needs coupon periods or a calendar: take another")
        return ZERO
    if file.on is None:
        fields.note(terms, "rate", "accrues until the exit: write its day as `on` in the file")
        return ZERO
    if begun > file.on:
        fields.note(terms, "from", f"{begun} is after the exit on {file.on}")
        return ZERO
    return original * growth(rate, begun, file.on, how, rule)


def growth(rate: Fraction, start: date, end: date, how: Compounding, rule: DayCount) -> Fraction:
    """What 1 earns at a rate a year: simple, or compounded on each anniversary; exact."""
    if how is Compounding.NONE:
        return rate * year_fraction(rule, start, end)
    years = 0
    while anniversary(start, 12 * (years + 1)) <= end:
        years += 1
    rest = year_fraction(rule, anniversary(start, 12 * years), end)
    return (1 + rate) ** years * (1 + rate * rest) - 1


def _option(section: Section, file: _File) -> Option:
    fields.only(section, "id", "units", "strike", "into", "ratio", "holder")
    units = _units(section, file)
    if fields.has(section, "into") and fields.text(section, "into") not in file.commons:
        known = ", ".join(sorted(file.commons)) or "none"
        fields.note(
            section, "into", f"{section.content['into']!r} is no common class; there is {known}"
        )
    ratio = fields.number(section, "ratio", Fraction(1))
    if not ratio:
        fields.note(section, "ratio", "0 gives nothing for the strike")
    strike = fields.number(section, "strike") * units * file.scale
    return Option(_id(section), ratio * units, strike)


def _debt(section: Section, file: _File) -> Debt:
    fields.only(section, "id", "amount", "rank", "senior_to")
    amount = fields.minor(section, "amount", file.digits)
    return Debt(_id(section), Fraction(amount), file.ranks.get(_id(section), 1))


def _carve_out(section: Section, file: _File) -> CarveOut:
    fields.only(section, "id", "share", "above", "cap")
    cap = fields.minor(section, "cap", file.digits) if fields.has(section, "cap") else None
    above = fields.minor(section, "above", file.digits, 0)
    share = fields.share(section, "share")
    return CarveOut(_id(section), share, Fraction(above), None if cap is None else Fraction(cap))


def _tranche(section: Section, file: _File) -> Tranche:
    fields.only(section, "id", "amount", "kind")
    kind = fields.choice(section, "kind", TrancheKind, TrancheKind.ESCROW)
    if _id(section) in ("closing", *file.ids):
        fields.note(section, "id", f"{_id(section)!r} is taken: give the tranche another")
    return Tranche(_id(section), fields.minor(section, "amount", file.digits), kind)


def _units(section: Section, file: _File) -> Fraction:
    """The units of a class: written, those of its holders or of a register; all must agree."""
    held = sum(_holders(section, quiet=True).values())
    known = file.held.get(_id(section))
    if not fields.has(section, "units") and (held or known):
        if known is not None and held and held != known:
            fields.note(section, "holder", f"has {held} units, and the register {known}")
        return Fraction(held) if known is None else known
    units = fields.number(section, "units")
    if known is not None and known != units:
        fields.note(section, "units", f"{units}, and the register has {known}: leave it out")
    if fields.has(section, "units") and not units:
        fields.note(section, "units", "0: a class without units gets nothing, leave it out")
    if held and held != units:
        fields.note(section, "units", f"{units}, and its holders have {held}")
    return units


def _holders(section: Section, quiet: bool = False) -> dict[str, int]:
    """Units by holder; `quiet` only reads, another call notes the mistakes."""
    read = replace(section, mistakes=[]) if quiet else section
    found: dict[str, int] = {}
    for one in fields.sections(read, "holder"):
        fields.only(one, "id", "units")
        name = fields.text(one, "id")
        if name in found:
            fields.note(one, "id", f"{name!r} stands twice in this class")
        found[name] = fields.whole(one, "units")
    return found
