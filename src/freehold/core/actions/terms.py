"""The terms of a corporate action: dates from calendar and market rules, money, units; and its file.

A record *date* becomes one instant by the market's cut-off. With settlement T+n a buyer stands in the
register n business days after he traded, so the ex-date is n - 1 business days before the record date;
since T+1 (17 CFR 240.15c6-1, 28 May 2024) it is the record date itself. Every mistake of a file is
found at once. `as_text` and `read` are inverse: the book keeps each version as its text. What follows
from a bond's terms (`bond_terms.py`) is written as what came of it.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from fractions import Fraction

from freehold.core import clock
from freehold.core.actions import fields
from freehold.core.actions.bond_terms import due_of
from freehold.core.actions.fields import Section
from freehold.core.actions.incomes import income_of
from freehold.core.actions.kinds import PAYS, TRAITS, Kind, Work
from freehold.core.actions.options import PLAIN, Options, check_options, option_lines, read_options
from freehold.core.actions.revenue import Revenue, as_lines, read_revenue
from freehold.core.actions.tax_regimes import countries, unknown_of
from freehold.core.calendar import Calendar, add_business_days, adjust, calendar, cutoff
from freehold.core.calendar import Convention as Moves
from freehold.core.errors import Invalid

MOST_RATIO = 10_000
"""New units for one old one, or the other way round; more is taken for a slip of the pen."""
CLAIM_DAYS = 1_095
MOST_SETTLEMENT_DAYS = 30
"""The longest cycle a market ever had was a month; more is taken for a slip of the pen."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Basis(StrEnum):
    """How money is declared."""

    PER_UNIT = "per unit"
    POT = "pot"
    FED = "fed"


@dataclass(frozen=True, slots=True)
class Cash:
    """Money of an action: the coin's address, and an amount in whole coins, for each whole unit or in
    all; `decimals` is what the announcer believes of the coin and is compared with it. What is fed
    while revenue comes in has the amount 0 until then, and so has money that is a price of units."""

    coin: str
    decimals: int
    basis: Basis
    amount: Fraction


@dataclass(frozen=True, slots=True)
class Exchange:
    """Units of an action: `ratio` new for each old one, of the class `into` (the same if empty).

    `price` in whole coins for each whole unit: of a fraction paid in lieu, or of a unit subscribed.
    """

    ratio: Fraction
    into: str = ""
    price: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """One version of an action's terms; `follows` is the action that it replaces or corrects."""

    id: str
    kind: Kind
    instrument: str
    ex_date: date
    record: datetime
    payment: datetime
    claim_until: datetime
    cash: Cash | None = None
    exchange: Exchange | None = None
    most: int = 0
    name: str = ""
    narrative: str = ""
    tax: str = ""
    revenue: Revenue | None = None
    oversubscription: bool = False
    options: Options = PLAIN
    follows: str = ""

    @property
    def work(self) -> Work:
        return TRAITS[self.kind].work

    @property
    def elect_until(self) -> datetime:
        """Until when holders may choose, where they are asked."""
        return self.options.until or self.payment

    @property
    def pays(self) -> bool:
        """Whether a pot is needed: for money by terms, or for fractions in lieu."""
        priced = self.cash is not None and self.exchange is not None and bool(self.exchange.price)
        return self.work in PAYS or (self.work in (Work.ISSUE, Work.SPLIT) and priced)


def read(text: str) -> Terms:
    """The terms of a TOML file. Raises Invalid with every mistake and its line."""
    top = fields.parse_toml(text)
    fields.only(
        top, "id", "kind", "instrument", "calendar", "settlement_days", "record_date", "cut_off",
        "zone", "payment_days", "payment_date", "claim_days", "cash", "units", "most", "name",
        "narrative", "record", "payment", "ex_date", "tax", "revenue", "oversubscription", "bond",
        "coupon", "pays", "payout", "elections", "reinvest",
        "follows",
    )  # fmt: skip
    kind = fields.choice(top, "kind", Kind)
    id = fields.text(top, "id")
    if not _ID.fullmatch(id):
        fields.note(top, "id", f"{id!r} is not small letters, digits and hyphens, at most 63")
    bound = fields.has(top, "bond")
    unknown = clock.from_seconds(0), clock.from_seconds(1)
    ex_date, record, payment = (unknown[0].date(), *unknown) if bound else _dates(top)
    days = fields.whole(top, "claim_days", CLAIM_DAYS)
    cash = _cash(top) if fields.has(top, "cash") else None
    exchange = _exchange(top) if fields.has(top, "units") else None
    found = Terms(
        id,
        kind,
        fields.text(top, "instrument"),
        ex_date,
        record,
        payment,
        clock.from_seconds(clock.to_seconds(payment) + days * clock.DAY_SECONDS),
        cash,
        exchange,
        fields.whole(top, "most", 0),
        fields.text(top, "name", ""),
        fields.text(top, "narrative", ""),
        fields.text(top, "tax", ""),
        read_revenue(fields.inner(top, "revenue")) if fields.has(top, "revenue") else None,
        fields.flag(top, "oversubscription"),
        read_options(top),
        fields.text(top, "follows", ""),
    )
    _check(top, found)
    if bound:
        return _of_bond(top, found, days)
    fields.refuse_mistakes(top, "the terms of the action")
    return found


def _of_bond(top: Section, found: Terms, claim_days: int) -> Terms:
    """The terms with days and money of a coupon date. Raises Invalid with every mistake."""
    due = due_of(top, found.kind)
    zone, close = fields.text(top, "zone", "UTC"), fields.text(top, "cut_off", "18:00")
    try:
        record = cutoff(due.record, time.fromisoformat(close), zone)
        payment = cutoff(due.payment, time(0), zone)
    except (ValueError, Invalid) as wrong:
        raise Invalid(
            f"{close!r} in {zone!r} is no time of a day: {wrong}", field="cut_off"
        ) from None
    if payment < record:
        said = f"the payment {due.payment} is not after the record {due.record}: give record_days"
        raise Invalid(said, field="bond")
    assert found.cash is not None, "checked: a coupon names its coin"
    until = clock.from_seconds(clock.to_seconds(payment) + claim_days * clock.DAY_SECONDS)
    cash = replace(found.cash, basis=Basis.PER_UNIT, amount=due.per_unit)
    dated = replace(
        found,
        ex_date=due.ex_date,
        record=record,
        payment=payment,
        claim_until=until,
        cash=cash,
        narrative=found.narrative or due.narrative,
    )
    _check_options(top, dated)
    fields.refuse_mistakes(top, "the terms of the action")
    return dated


def ex_date_of(where: Calendar, record: date, settlement_days: int) -> date:
    """The first day on which a buyer no longer gets what is paid."""
    return add_business_days(where, record, 1 - settlement_days) if settlement_days > 1 else record


def _dates(top: Section) -> tuple[date, datetime, datetime]:
    """Ex-date, record instant, instant of payment: given, or from the calendar."""
    if fields.has(top, "record"):
        record = fields.instant(top, "record")
        payment = fields.instant(top, "payment")
        given = fields.has(top, "ex_date")
        return (fields.day(top, "ex_date") if given else record.date()), record, payment
    where = _calendar(top)
    day = fields.day(top, "record_date")
    zone = fields.text(top, "zone", "UTC")
    at = fields.text(top, "cut_off", "18:00")
    try:
        close = time.fromisoformat(at)
        record = cutoff(day, close, zone)
        paid = (
            adjust(where, fields.day(top, "payment_date"), Moves.FOLLOWING)
            if (fields.has(top, "payment_date"))
            else add_business_days(where, day, fields.whole(top, "payment_days", 5))
        )
        payment = cutoff(paid, time(0), zone)
        ex_date = ex_date_of(where, day, _settlement_days(top))
    except ValueError:
        fields.note(top, "cut_off", f"{at!r} is not a time such as 18:00")
        return day, clock.from_seconds(0), clock.from_seconds(1)
    except Invalid as wrong:
        fields.note(top, str(wrong.facts.get("field", "zone")), wrong.message)
        return day, clock.from_seconds(0), clock.from_seconds(1)
    return ex_date, record, payment


def _settlement_days(top: Section) -> int:
    found = fields.whole(top, "settlement_days", 1)
    if found > MOST_SETTLEMENT_DAYS:
        said = f"{found} is absurd: trades settle within {MOST_SETTLEMENT_DAYS} business days"
        fields.note(top, "settlement_days", said)
        return 1
    return found


def _calendar(top: Section) -> Calendar:
    try:
        return calendar(fields.text(top, "calendar", "weekends"))
    except Invalid as wrong:
        fields.note(top, "calendar", wrong.message)
        return calendar("every-day")


def _cash(top: Section) -> Cash:
    part = fields.inner(top, "cash")
    fields.only(part, "coin", "decimals", "per_unit", "pot")
    coin, decimals = fields.coin(part, "coin"), fields.places(part, "decimals")
    if fields.has(top, "revenue") or fields.has(top, "bond"):
        for key in ("pot", "per_unit"):
            if fields.has(part, key):
                fields.note(part, key, "stands beside revenue or bond, from which it follows")
        return Cash(coin, decimals, Basis.FED, Fraction(0))
    declared = fields.has(part, "pot") or fields.has(part, "per_unit")
    if not declared and _is_priced(top):
        return Cash(coin, decimals, Basis.PER_UNIT, Fraction(0))
    basis = Basis.POT if fields.has(part, "pot") else Basis.PER_UNIT
    if fields.has(part, "pot") and fields.has(part, "per_unit"):
        fields.note(part, "pot", "stands beside per_unit: declare one of the two")
    amount = fields.number(part, "pot" if basis is Basis.POT else "per_unit")
    if amount <= 0:
        fields.note(part, "pot" if basis is Basis.POT else "per_unit", "is nothing to pay")
    return Cash(coin, decimals, basis, amount)


def _is_priced(top: Section) -> bool:
    """Whether money is a price of units, so that no amount is declared beside it."""
    kind, units = top.content.get("kind"), top.content.get("units")
    known = isinstance(kind, str) and kind in set(Kind)
    pays = known and TRAITS[Kind(str(kind))].work in PAYS
    return known and not pays and isinstance(units, dict) and "price" in units


def _exchange(top: Section) -> Exchange:
    part = fields.inner(top, "units")
    fields.only(part, "ratio", "into", "price")
    ratio = fields.number(part, "ratio")
    if not Fraction(1, MOST_RATIO) <= ratio <= MOST_RATIO:
        message = f"{ratio} is absurd: at most {MOST_RATIO} for 1 or 1 for {MOST_RATIO}"
        fields.note(part, "ratio", message)
    price = fields.optional(part, "price", fields.number)
    return Exchange(ratio, fields.text(part, "into", ""), price)


def _check(top: Section, terms: Terms) -> None:
    """What contradicts itself."""
    if terms.payment < terms.record:
        stamp = f"{clock.stamp(terms.payment)} is before the record {clock.stamp(terms.record)}"
        fields.note(top, "payment", stamp)
    if terms.claim_until <= terms.payment:
        fields.note(top, "claim_days", "claims need at least a day after the payment")
    if terms.tax and terms.tax not in countries():
        known = ", ".join(countries())
        fields.note(top, "tax", f"{terms.tax!r} is none of {known}, whose rules are known")
    if terms.follows == terms.id:
        fields.note(top, "follows", f"names {terms.id} itself")
    work, exchange = terms.work, terms.exchange
    if not fields.has(top, "bond"):  # whose days are known later
        _check_options(top, terms)
    if terms.revenue and terms.options.currencies:
        fields.note(top, "elections", "stand beside revenue, which feeds one pot in one coin")
    if terms.revenue and terms.kind not in (Kind.REVENUE_SHARE, Kind.RENT):
        fields.note(top, "revenue", f"belongs to a revenue-share or a rent, not to a {terms.kind}")
    if terms.oversubscription and work is not Work.OFFER:
        fields.note(top, "oversubscription", f"belongs to a rights-issue, not to a {terms.kind}")
    if terms.cash is not None and terms.cash.basis is Basis.POT:
        _check_pot(top, terms, terms.cash)
    if work in PAYS and terms.cash is None:
        fields.note(top, "cash", f"is missing: a {terms.kind} pays money")
    if work not in PAYS | {Work.RENAME} and exchange is None:
        fields.note(top, "units", f"is missing: a {terms.kind} changes units")
    if terms.kind in (Kind.CONVERSION, Kind.SPIN_OFF) and exchange is not None:
        if not exchange.into:
            fields.note(top, "units", f"names no class `into`, which a {terms.kind} needs")
        elif exchange.into == terms.instrument:
            fields.note(top, "units", f"leads from {terms.instrument} into itself")
    if work is Work.SPLIT and exchange is not None:
        _check_split(top, terms.kind, exchange)
    if work in (Work.BUY, Work.OFFER) and terms.most <= 0:
        fields.note(top, "most", f"is missing: the most base units that a {terms.kind} takes")
    if work is Work.OFFER and (exchange is None or exchange.price is None or terms.cash is None):
        fields.note(top, "units", "needs a price, and cash says in which coin it is paid")
    if work is Work.RENAME and not 0 < len(terms.name.encode()) <= 64:
        fields.note(top, "name", "is missing, or longer than 64 bytes")


def _check_pot(top: Section, terms: Terms, cash: Cash) -> None:
    if terms.work is Work.BUY:
        said = f"stands for a pot: a {terms.kind} buys each unit at a price, so give per_unit"
        fields.note(top, "cash", said)
    if (cash.amount * 10**cash.decimals).denominator != 1:
        said = f"has a pot of {cash.amount}, more decimals than the coin's {cash.decimals}"
        fields.note(top, "cash", said)


def _check_options(top: Section, terms: Terms) -> None:
    coin, pays = terms.cash.coin if terms.cash else "", terms.work is Work.PAY
    check_options(top, terms.options, terms.record, terms.payment, coin, pays=pays)


def _check_split(top: Section, kind: Kind, exchange: Exchange) -> None:
    if (kind is Kind.SPLIT) != (exchange.ratio > 1):
        wanted = "above 1" if kind is Kind.SPLIT else "below 1"
        fields.note(top, "units", f"has the ratio {exchange.ratio}; a {kind} needs one {wanted}")


def untaxed_because(terms: Terms) -> str:
    """Why the tax that terms name is not withheld by them; empty where it is, or they name none."""
    if not terms.tax:
        return ""
    if terms.work not in (Work.PAY, Work.REDEEM, Work.BUY):
        return "pays no income, of which tax could be withheld"
    return unknown_of(terms.tax, income_of(terms.kind))


def as_text(terms: Terms) -> str:
    """The terms as a file that reads as the same terms."""
    lines = [
        f'id = "{terms.id}"', f'kind = "{terms.kind}"', f'instrument = "{terms.instrument}"',
        f"ex_date = {terms.ex_date}", f"record = {clock.stamp(terms.record)}",
        f"payment = {clock.stamp(terms.payment)}", f"claim_days = {claim_days(terms)}",
    ]  # fmt: skip
    lines += [f'tax = "{terms.tax}"'] if terms.tax else []
    lines += [f"most = {terms.most}"] if terms.most else []
    lines += [f"name = {_quoted(terms.name)}"] if terms.name else []
    lines += [f"narrative = {_quoted(terms.narrative)}"] if terms.narrative else []
    lines += [f'follows = "{terms.follows}"'] if terms.follows else []
    lines += ["oversubscription = true"] if terms.oversubscription else []
    chosen, tables = option_lines(terms.options)
    lines += chosen
    if cash := terms.cash:
        key = "pot" if cash.basis is Basis.POT else "per_unit"
        lines += ["[cash]", f'coin = "{cash.coin}"', f"decimals = {cash.decimals}"]
        lines += [f'{key} = "{cash.amount}"'] if cash.amount else []
    if units := terms.exchange:
        lines += ["[units]", f'ratio = "{units.ratio}"']
        lines += [f'into = "{units.into}"'] if units.into else []
        lines += [f'price = "{units.price}"'] if units.price is not None else []
    lines += as_lines(terms.revenue) if terms.revenue else []
    lines += tables
    return "\n".join(lines) + "\n"


def claim_days(terms: Terms) -> int:
    """How many days claims run after the payment."""
    seconds = clock.to_seconds(terms.claim_until) - clock.to_seconds(terms.payment)
    return seconds // clock.DAY_SECONDS


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
