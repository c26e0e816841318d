"""Who owns what: an issuer's cap table by class and holder, fully diluted, and the list of holders.

Units held come from the chain, in the fully diluted table too, where classes count as converted at the
ratios of the issuer's file. Claims on more units (options, warrants, convertibles, reserves of plans) are
of no contract: they come from the file that the cap table came in with, brought up to splits since then.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from freehold.book import issuers
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.core import captable, ocf
from freehold.core.captable import CapTable
from freehold.core.clock import LAST_DAY, day_of
from freehold.core.events import SplitFinished
from freehold.core.facts import Facts, Flags, unpack_facts
from freehold.core.identifiers import country_letters
from freehold.core.ocf import CapTableFile
from freehold.core.roles import Power
from freehold.core.standing import Line
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.desks.register import captables
from freehold.desks.register.reports import CLASS_NAMES
from freehold.indexer import journal, read

SOON = timedelta(days=30)
"""A claim that ends within it is said to be expiring."""


@dataclass(frozen=True, slots=True)
class ClassColumn:
    """A class of units: what is outstanding of it, as exact decimal text."""

    token: str
    name: str
    symbol: str
    outstanding: str


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """A holder's units by class, and his part of all units, each of which counts as one. `id` is empty for
    an account that the book knows no holder of."""

    id: str
    holder: str
    account: int
    units: tuple[str, ...]
    total: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class DilutedLine:
    """Units by source after every claim is used, and their part of the whole. `origin` is `chain` for units
    held, `file` for claims that only the cap table file tells of."""

    holder: str
    source: str
    units: Fraction
    share: Fraction
    origin: str


@dataclass(frozen=True, slots=True)
class CapTableView:
    """The table of one issuer; `diluted` empty of a past instant, `open_claims` those whose number
    nobody can say today. `as_of` is the day of the units held, `file_day` that of the claims, None
    without a file."""

    issuer: str
    issuer_name: str
    classes: tuple[ClassColumn, ...]
    rows: tuple[OwnerRow, ...]
    total: str
    diluted: tuple[DilutedLine, ...]
    diluted_total: Fraction
    open_claims: int
    as_of: date
    file_day: date | None


@dataclass(frozen=True, slots=True)
class HolderLine:
    """A holder in the list. `stands` is a word of the status table, `until` the last day to receive."""

    issuer: str
    issuer_name: str
    id: str
    name: str
    account: int
    country: str
    holder_class: str
    stands: str
    until: date | None
    held: tuple[tuple[str, str], ...]


def issuers_of(office: Office, actor: Actor) -> list[KnownIssuer]:
    """The issuers whose registers the actor may read. Raises NotPermitted."""
    permits.require(actor, Power.READ_REGISTER)
    with office.book.reading() as tx:
        every = issuers.issuers(tx)
    return [
        one
        for one in every
        if one.chain == office.chain and permits.allows(actor, Power.READ_REGISTER, one.id)
    ]


def cap_table(
    office: Office, actor: Actor, issuer: str, instant: datetime | None = None
) -> CapTableView:
    """Who owns how much of what, now or at an instant that has passed; of a past instant without claims on
    more units. Raises NotFound, NotPermitted, Conflict for an instant that has not passed."""
    permits.require(actor, Power.READ_REGISTER, issuer)
    bring_up(office)
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        every = issuers.instruments(tx, owner.id)
        known = {str(one.wallet): one for one in issuers.holders(tx, owner.id)}
        files = {} if instant else issuers.source_files(tx, owner.id)
    held: dict[int, dict[int, int]] = {}
    called: dict[int, tuple[str, str]] = {}
    columns = []
    with office.index.connect() as view:
        for place, one in enumerate(every):
            block = read.block_before(view, instant) if instant else None
            lines = [line for line in read.lines(view, one.token, block) if not _own(line)]
            for line in lines:
                called[line.account] = _called(known.get(line.wallet), line.account)
                held.setdefault(line.account, {})[place] = line.units
            out = sum(line.units for line in lines)
            columns.append(
                ClassColumn(one.token, one.name, one.symbol, format_units(out, one.decimals))
            )
    rows, total = _owners(held, called, every)
    source = source_of(office, owner.id, every, files)
    diluted, whole, waiting, file_day = _diluted(source, every, {} if instant else held, called)
    return CapTableView(
        owner.id,
        owner.name,
        tuple(columns),
        rows,
        _decimal(total),
        diluted,
        whole,
        waiting,
        (instant or now_on_chain(office)).date(),
        file_day,
    )


def _called(holder: KnownHolder | None, account: int) -> tuple[str, str]:
    return (holder.id, holder.name or "Erased") if holder else ("", f"account {account}")


def choices(office: Office, actor: Actor, issuer: str, most: int) -> list[tuple[str, str]]:
    """Ids and names of an issuer's holders by name, to choose from; none where there are more than `most`.

    Raises NotPermitted."""
    permits.require(actor, Power.READ_REGISTER, issuer)
    with office.book.reading() as tx:
        if issuers.holder_count(tx, issuer) > most:
            return []
        known = issuers.holders(tx, issuer)
    found = [(one.id, one.name or "Erased") for one in known]
    return sorted(found, key=lambda one: one[1].casefold())


def names(office: Office, actor: Actor, issuer: str, ids: Collection[str]) -> dict[str, str]:
    """The names of some of an issuer's holders by id. Raises NotPermitted."""
    permits.require(actor, Power.READ_REGISTER, issuer)
    with office.book.reading() as tx:
        known = issuers.holders_named(tx, issuer, ids)
    return {id: one.name for id, one in known.items()}


def holder_list(office: Office, actor: Actor, text: str = "") -> list[HolderLine]:
    """Every holder whom the actor may read of, in whose name, id or country `text` stands."""
    owners, wanted = issuers_of(office, actor), text.strip().casefold()
    bring_up(office)
    found: list[HolderLine] = []
    for owner in owners:
        found += [line for line in _holders(office, owner) if _speaks_of(line, wanted)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.issuer))


def _speaks_of(line: HolderLine, wanted: str) -> bool:
    said = (line.name, line.id, line.issuer_name, line.country, line.stands, line.holder_class)
    return not wanted or any(wanted in one.casefold() for one in said)


def _holders(office: Office, owner: KnownIssuer) -> Iterator[HolderLine]:
    with office.book.reading() as tx:
        every = issuers.instruments(tx, owner.id)
    held: dict[str, list[tuple[str, str]]] = {}
    with office.index.connect() as view:
        for one in every:
            for line in read.lines(view, one.token):
                text = format_units(line.units, one.decimals)
                held.setdefault(line.wallet, []).append((one.symbol, text))
    today = now_on_chain(office).date()
    for party in parties.everybody(office, owner):
        holder, facts = party.holder, party.facts
        until = None if facts.until >= LAST_DAY else day_of(facts.until)
        yield HolderLine(
            owner.id,
            owner.name,
            holder.id,
            holder.name or "Erased",
            facts.account,
            country_letters(facts.country) or holder.country,
            CLASS_NAMES.get(facts.holder_class, f"class {facts.holder_class}"),
            _stands(facts, until, today),
            until,
            tuple(held.get(str(party.wallet), ())),
        )


def _stands(facts: Facts, until: date | None, today: date) -> str:
    if facts.flags & (Flags.FROZEN | Flags.SANCTIONED):
        return "Frozen"
    if facts.flags & Flags.TREASURY:
        return "Treasury"
    if until and until < today:
        return "Claim lapsed"
    if until and until <= today + SOON:
        return "Claim expiring"
    return "Eligible"


def _own(line: Line) -> bool:
    return bool(unpack_facts(line.facts).flags & Flags.TREASURY)


def _owners(
    held: Mapping[int, Mapping[int, int]],
    called: Mapping[int, tuple[str, str]],
    every: Sequence[KnownInstrument],
) -> tuple[tuple[OwnerRow, ...], Fraction]:
    """The rows, the largest first; a unit of any class counts as one whole unit."""

    def whole(account: int) -> Fraction:
        units = held[account]
        return sum(
            (Fraction(units.get(n, 0), 10**one.decimals) for n, one in enumerate(every)), Fraction()
        )

    totals = {account: whole(account) for account in held}
    everything = sum(totals.values(), Fraction())
    ordered = sorted(held, key=lambda account: (-totals[account], account))
    rows = tuple(
        OwnerRow(
            *called[account],
            account,
            tuple(
                format_units(held[account].get(n, 0), one.decimals) if held[account].get(n) else ""
                for n, one in enumerate(every)
            ),
            _decimal(totals[account]),
            totals[account] / everything,
        )
        for account in ordered
    )
    return rows, everything


def source_of(
    office: Office, issuer: str, every: Sequence[KnownInstrument], files: Mapping[str, str]
) -> CapTableFile | None:
    """The issuer's cap table file; where the chain knows of a split that it does not tell of, written anew
    from chain and book, in the units of today. None where the cap table came in by no file."""
    if not any(name.endswith(".ocf.json") for name in files):
        return None
    source = ocf.read(files)
    told = sum(getattr(step.what, "kind", "") == "TX_STOCK_CLASS_SPLIT" for step in source.steps)
    bring_up(office)
    with office.index.connect() as view:
        splits = len(journal.events_of(view, [one.token for one in every], (SplitFinished,)))
    return ocf.read(captables.export_company(office, issuer)) if splits > told else source


def _diluted(
    source: CapTableFile | None,
    every: Sequence[KnownInstrument],
    held: Mapping[int, Mapping[int, int]],
    called: Mapping[int, tuple[str, str]],
) -> tuple[tuple[DilutedLine, ...], Fraction, int, date | None]:
    """Units held by the chain, as converted, and the claims of the file, the largest first."""
    day = ocf.last_day(source) if source else None
    table = ocf.captable_at(source, day) if source and day else None
    rows = [
        (called[account][1], one.name, _converted(table, one, units), "chain")
        for account, mine in held.items()
        for one, units in ((every[place], units) for place, units in mine.items())
        if units
    ]
    if source and table:
        named = {id: one.name for id, one in source.holders.items()}
        rows += [
            (named.get(row.holder, row.holder) or "Reserve of plans", row.source, row.units, "file")
            for row in captable.claimed(table)
        ]
    total = sum((units for _, _, units, _ in rows), Fraction())
    lines = [
        DilutedLine(holder, kind, units, units / total, origin)
        for holder, kind, units, origin in rows
    ]
    lines.sort(key=lambda one: (-one.units, one.holder))
    return tuple(lines), total, len(table.open_claims) if table else 0, day


def _converted(table: CapTable | None, one: KnownInstrument, units: int) -> Fraction:
    """Whole units after conversion, at the ratio of the file; as they are for a class that it lacks."""
    known = table.classes.get(one.class_id) if table else None
    if table is None or known is None or known.decimals != one.decimals:
        return Fraction(units, 10**one.decimals)
    return captable.as_converted(table, one.class_id, units)


def _decimal(value: Fraction) -> str:
    """Exact decimal text: units have at most 18 places."""
    scaled = value * 10**18
    assert scaled.denominator == 1, "units are whole at 18 places"
    return format_units(scaled.numerator, 18)
