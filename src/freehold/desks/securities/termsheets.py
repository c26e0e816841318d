"""What an instrument is, on one sheet: the thing behind it, quantities, lots by vintage, rules, records.

Everything is as of now; names of holders are not in it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from freehold.book import issuers
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.core.clock import day_of
from freehold.core.facts import Flags, free_on, unpack_facts, unpack_vintage
from freehold.core.policy.adoption import Adoption
from freehold.core.policy.compile import Compiled
from freehold.core.roles import Power
from freehold.core.standing import Line
from freehold.core.units import MAX_UNITS, format_units
from freehold.desks import permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.desks.rules import adoption
from freehold.indexer import read

HALTED, PAUSED = 1 << 70, 1 << 69


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the thing's record: its name and version, its hash, and where it lies."""

    name: str
    version: int
    content: str
    uri: str


@dataclass(frozen=True, slots=True)
class VintageLine:
    """All units of one vintage; `free_from` None: until further notice, `family` as the policy calls it."""

    vintage: int
    family: str
    acquired: date
    free_from: date | None
    units: str
    accounts: int
    is_free: bool


@dataclass(frozen=True, slots=True)
class RecordLine:
    """An announced record instant, and whether it has passed."""

    number: int
    instant: datetime
    passed: bool


@dataclass(frozen=True, slots=True)
class TermSheet:
    """An instrument's terms and quantities, as exact decimal text; `authorised` empty: no limit."""

    issuer: str
    issuer_name: str
    token: str
    class_id: str
    name: str
    symbol: str
    decimals: int
    state: str
    kind: str
    thing: str
    facts: Mapping[str, str]
    papers: tuple[Paper, ...]
    asset: str
    authorised: str
    outstanding: str
    treasury: str
    restricted: str
    frozen: str
    holders: int
    vintages: tuple[VintageLine, ...]
    records: tuple[RecordLine, ...]
    policy: str
    policy_id: str
    compiled: Compiled | None
    pending: Adoption | None
    now: datetime


def known(
    office: Office, actor: Actor, token: str, power: Power
) -> tuple[KnownIssuer, KnownInstrument]:
    """The instrument with this token, for whoever has the power for its issuer.

    Raises NotFound, NotPermitted.
    """
    permits.require(actor, power)
    with office.book.reading() as tx:
        owner, instrument = issuers.instrument_at(tx, office.chain, token)
    permits.require(actor, power, owner.id)
    return owner, instrument


def term_sheet(office: Office, actor: Actor, token: str) -> TermSheet:
    """The sheet of one instrument. Raises NotFound, NotPermitted."""
    owner, one = known(office, actor, token, Power.READ_REGISTER)
    bring_up(office)
    with office.book.reading() as tx:
        asset = next(each for each in issuers.assets(tx, owner.id) if each.id == one.asset)
    force = adoption.in_force(office, one)
    record = json.loads(asset.record)
    papers = tuple(
        Paper(each["name"], each["version"], each["content"], each.get("uri", ""))
        for each in record["documents"]
    )
    facts = {
        key: str(value) for key, value in record.items() if key not in ("kind", "name", "documents")
    }
    now = now_on_chain(office)
    with office.index.connect() as view:
        lines = read.lines(view, one.token)
        instants = read.records(view, one.token)
    state = int(contracts.read(office.w3, "SecurityToken", one.token, "state"))
    most = int(contracts.read(office.w3, "SecurityToken", one.token, "instrument")[4])
    others = [line for line in lines if not _own(line)]
    held = sum(line.units for line in others)
    own = sum(line.units for line in lines if _own(line))
    vintages = _vintages(lines, one.decimals, force.compiled, now)
    restricted = sum(
        lot.units for line in lines for lot in line.lots if not _is_free(lot.terms, now)
    )
    frozen = sum(line.units if line.stopped else min(line.frozen, line.units) for line in lines)

    def text(units: int) -> str:
        return format_units(units, one.decimals)

    return TermSheet(
        owner.id,
        owner.name,
        one.token,
        one.class_id,
        one.name,
        one.symbol,
        one.decimals,
        "Halted" if state & (HALTED | PAUSED) else "In force",
        asset.kind,
        asset.name,
        facts,
        papers,
        asset.id,
        "" if most >= MAX_UNITS else text(most),
        text(held),
        text(own),
        text(restricted),
        text(frozen),
        len(others),
        vintages,
        tuple(RecordLine(n, at, at <= now) for n, at in sorted(instants.items())),
        force.name,
        force.id,
        force.compiled,
        adoption.pending(office, one),
        now,
    )


def _own(line: Line) -> bool:
    return bool(unpack_facts(line.facts).flags & Flags.TREASURY)


def _is_free(terms: int, now: datetime) -> bool:
    free = free_on(unpack_vintage(terms))
    return free is not None and day_of(free) <= now.date()


def _vintages(
    lines: list[Line], decimals: int, compiled: Compiled | None, now: datetime
) -> tuple[VintageLine, ...]:
    units: dict[int, int] = {}
    accounts: dict[int, int] = {}
    terms: dict[int, int] = {}
    for line in lines:
        for lot in line.lots:
            units[lot.vintage] = units.get(lot.vintage, 0) + lot.units
            accounts[lot.vintage] = accounts.get(lot.vintage, 0) + 1
            terms[lot.vintage] = lot.terms
    found = []
    for number in sorted(units):
        vintage = unpack_vintage(terms[number])
        free = free_on(vintage)
        family = compiled.policy.family(vintage.family) if compiled else None
        found.append(
            VintageLine(
                number,
                family.id if family else "",
                day_of(vintage.acquired),
                None if free is None else day_of(max(free, vintage.acquired)),
                format_units(units[number], decimals),
                accounts[number],
                _is_free(terms[number], now),
            )
        )
    return tuple(found)
