"""Instruments and their registers page by page, for whoever may read them.

A register is read as of one block and pages through the accounts in their order. What a block says
never changes, so the lines of the last few blocks asked for are kept in memory, by the block's hash.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from freehold.book import issuers
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.core.errors import NotFound
from freehold.core.facts import Flags, unpack_facts
from freehold.core.rawlog import BlockHead
from freehold.core.roles import EVERYWHERE, Power
from freehold.core.standing import Line
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up, by_number
from freehold.desks.permits import Actor
from freehold.desks.register import reports
from freehold.desks.register.reports import CLASS_NAMES, HolderRow
from freehold.indexer import explore, read
from freehold.indexer.read import Supply
from freehold.indexer.tables import Projection, View

KEPT = 8
"""Registers kept in memory: a page of the last one costs nothing, and slider steps are few."""


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """An instrument as of a block; quantities as exact decimal text."""

    issuer: str
    issuer_name: str
    token: str
    class_id: str
    name: str
    symbol: str
    decimals: int
    asset: str
    issued: str
    redeemed: str
    outstanding: str
    holders: int
    block: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of a register's past: the block after which it stood so, and its instant."""

    block: int
    instant: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a register as of a block; `next` is the account behind which the next page begins."""

    instrument: InstrumentView
    block: int
    block_hash: str
    instant: datetime
    total: int
    rows: tuple[HolderRow, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """Units held by one class of holder after each moment, as base units."""

    holder_class: str
    units: tuple[int, ...]


def instruments(office: Office, actor: Actor) -> list[InstrumentView]:
    """The instruments of every issuer whose register the actor may read, or in which he holds.

    Raises NotPermitted where he may read nothing at all.
    """
    permits.require_any(actor, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    bring_up(office)
    found = []
    with office.book.reading() as tx:
        for owner in issuers.issuers(tx):
            if owner.chain == office.chain and _sees(actor, owner.id):
                found += [(owner, one) for one in issuers.instruments(tx, owner.id)]
    if not found:
        return []
    head = _head(office)
    return [_described(office, head, owner, one, head.number) for owner, one in found]


def instrument(office: Office, actor: Actor, token: str) -> InstrumentView:
    """One instrument. Raises NotFound, also for what the actor may not see."""
    bring_up(office)
    owner, known = _known(office, actor, token)
    head = _head(office)
    return _described(office, head, owner, known, head.number)


def page(
    office: Office,
    actor: Actor,
    token: str,
    as_of: int | datetime | None = None,
    after: int = 0,
    limit: int = 100,
) -> Page:
    """A page of the register after a block, before an instant, or (None) now.

    An investor gets his own line and no other. Raises NotFound, NotPermitted, and Conflict for an
    instant that has not passed on the chain.
    """
    bring_up(office)
    owner, known = _known(office, actor, token)
    with office.index.connect() as view:
        head = read.head(view)
        block = _block(view, head.number, as_of)
    described = _described(office, head, owner, known, block)
    stands = _standing(office.index, token, block, head.block_hash)
    names, own = _names(office, actor, owner, stands.accounts)
    lines = [line for line in stands.lines if own is None or line.account in own]
    shown = [line for line in lines if line.account > after][:limit]
    rows = reports.holder_rows(shown, stands.outstanding, known.decimals, names, CLASS_NAMES)
    last = shown[-1].account if shown and shown[-1] is not lines[-1] else None
    return Page(described, block, stands.hash, stands.instant, len(lines), rows, last)


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought in a register: a part of a holder's name, a class of holder (empty: any)."""

    name: str = ""
    holder_class: str = ""


def seek(
    office: Office,
    actor: Actor,
    token: str,
    as_of: int | datetime | None,
    sought: Sought,
    sort: str,
    first: int,
    limit: int,
) -> Page:
    """The lines of a register that fit, from the `first` on: by account, units or name, downwards with a
    minus. `total` counts all that fit; otherwise as `page`."""
    bring_up(office)
    owner, known = _known(office, actor, token)
    with office.index.connect() as view:
        head = read.head(view)
        block = _block(view, head.number, as_of)
    described = _described(office, head, owner, known, block)
    stands = _standing(office.index, token, block, head.block_hash)
    names, own = _names(office, actor, owner, stands.accounts)
    lines = [
        line
        for line in stands.lines
        if (own is None or line.account in own) and _fits(line, sought, names)
    ]
    if key := _ORDERS.get(sort.removeprefix("-")):
        lines.sort(key=lambda line: key(line, names), reverse=sort.startswith("-"))
    shown = lines[first : first + limit]
    rows = reports.holder_rows(shown, stands.outstanding, known.decimals, names, CLASS_NAMES)
    return Page(described, block, stands.hash, stands.instant, len(lines), rows, None)


_ORDERS: Mapping[str, Callable[[Line, Mapping[int, str]], Any]] = {
    "account": lambda line, names: line.account,
    "units": lambda line, names: line.units,
    "name": lambda line, names: names.get(line.account, "").casefold(),
}


def _fits(line: Line, sought: Sought, names: Mapping[int, str]) -> bool:
    if sought.holder_class:
        number = unpack_facts(line.facts).holder_class
        if CLASS_NAMES.get(number, f"class {number}") != sought.holder_class:
            return False
    name = names.get(line.account, "").casefold()
    return sought.name.casefold() in name or sought.name == str(line.account)


def ids(office: Office, actor: Actor, token: str) -> dict[int, str]:
    """Holders' ids by account, for somebody who may read the whole register; nothing for others."""
    owner, _ = _known(office, actor, token)
    if not permits.allows(actor, Power.READ_REGISTER, owner.id):
        return {}
    with office.book.reading() as tx:
        known = {str(one.wallet): one.id for one in issuers.holders(tx, owner.id)}
    with office.index.connect() as view:
        return by_number(view, token, known)


def records(office: Office, actor: Actor, token: str) -> dict[int, datetime]:
    """The record instants announced for an instrument, by number. Raises as `page`."""
    bring_up(office)
    _known(office, actor, token)
    with office.index.connect() as view:
        return read.records(view, token)


def record_instant(office: Office, actor: Actor, token: str, record: int) -> datetime:
    """The instant of one announced record. Raises NotFound."""
    known = records(office, actor, token)
    if record not in known:
        raise NotFound(f"no record {record} was announced for {token}", record=record)
    return known[record]


def moments(office: Office, actor: Actor, token: str) -> list[Moment]:
    """The blocks after which the register stood otherwise than before. Raises as `page`."""
    bring_up(office)
    _known(office, actor, token)
    with office.index.connect() as view:
        return [Moment(*one) for one in explore.moments(view, token)]


def shares(office: Office, actor: Actor, token: str) -> tuple[list[Moment], list[Share]]:
    """Units by class of holder after each moment; classes are those the holders are of now.

    The issuer's own units are left out. Raises NotPermitted unless the whole register may be read.
    """
    bring_up(office)
    owner, _ = _known(office, actor, token)
    permits.require(actor, Power.READ_REGISTER, owner.id)
    with office.index.connect() as view:
        return _shares(office.index, token, read.head(view).block_hash)


def _sees(actor: Actor, issuer: str) -> bool:
    inside = {one.split("/")[0] for one in permits.scopes(actor, Power.READ_OWN)}
    return permits.allows(actor, Power.READ_REGISTER, issuer) or bool({issuer, EVERYWHERE} & inside)


def _known(office: Office, actor: Actor, token: str) -> tuple[KnownIssuer, KnownInstrument]:
    permits.require_any(actor, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    with office.book.reading() as tx:
        owner, one = issuers.instrument_at(tx, office.chain, token)
    if not _sees(actor, owner.id):
        raise NotFound(f"there is no instrument {token}", token=token)
    return owner, one


def _described(
    office: Office, head: BlockHead, owner: KnownIssuer, one: KnownInstrument, block: int
) -> InstrumentView:
    stands = _standing(office.index, one.token, block, head.block_hash)
    return InstrumentView(
        owner.id,
        owner.name,
        one.token,
        one.class_id,
        one.name,
        one.symbol,
        one.decimals,
        one.asset,
        format_units(stands.supply.issued, one.decimals),
        format_units(stands.supply.redeemed, one.decimals),
        format_units(stands.outstanding, one.decimals),
        stands.holders,
        block,
    )


def _names(
    office: Office, actor: Actor, owner: KnownIssuer, accounts: Mapping[str, int]
) -> tuple[Mapping[int, str], set[int] | None]:
    """Names by account; and the accounts that the actor is limited to, None for all."""
    with office.book.reading() as tx:
        holders = issuers.holders(tx, owner.id)
    known = [(one, accounts[one.wallet]) for one in holders if one.wallet in accounts]
    if permits.allows(actor, Power.READ_REGISTER, owner.id):
        return {account: one.name for one, account in known}, None
    mine = permits.scopes(actor, Power.READ_OWN)
    own = {account: one.name for one, account in known if f"{owner.id}/{one.id}" in mine}
    return own, set(own)


def _head(office: Office) -> BlockHead:
    with office.index.connect() as view:
        return read.head(view)


def _block(view: View, last: int, as_of: int | datetime | None) -> int:
    if as_of is None:
        return last
    if isinstance(as_of, datetime):
        return read.block_before(view, as_of)
    if as_of > last:
        raise NotFound(f"the chain is read to block {last}: there is no block {as_of} yet")
    return as_of


@dataclass(frozen=True, slots=True)
class _Standing:
    lines: tuple[Line, ...]
    supply: Supply
    outstanding: int
    holders: int
    accounts: Mapping[str, int]
    instant: datetime
    hash: str


@lru_cache(maxsize=KEPT)
def _standing(index: Projection, token: str, block: int, head: str) -> _Standing:
    """The register after a block. `head` is the hash of the last block read: where that is
    replaced, what was kept is not asked for any more."""
    with index.connect() as view:
        lines = tuple(read.lines(view, token, block))
        supply, accounts = read.supply(view, token, block), read.accounts(view, token)
        instant, hash = explore.block_at(view, block)
    own = [_is_own(line) for line in lines]
    held = sum(line.units for line, mine in zip(lines, own, strict=True) if not mine)
    holders = len(own) - sum(own)
    return _Standing(lines, supply, held, holders, accounts, instant, hash)


def _is_own(line: Line) -> bool:
    return bool(unpack_facts(line.facts).flags & Flags.TREASURY)


@lru_cache(maxsize=KEPT)
def _shares(index: Projection, token: str, head: str) -> tuple[list[Moment], list[Share]]:
    with index.connect() as view:
        known = {row.account: row for row in explore.classes(view, token)}
        points = [Moment(*one) for one in explore.moments(view, token)]
        moves = list(explore.moves(view, token))
    classes = sorted({one.holder_class for one in known.values() if not one.own})
    held: dict[int, int] = {}
    totals = dict.fromkeys(classes, 0)
    series: dict[int, list[int]] = {one: [] for one in classes}
    at = 0
    for point in points:
        while at < len(moves) and moves[at][0] <= point.block:
            _, account, units = moves[at]
            if account in known and not known[account].own:
                totals[known[account].holder_class] += units - held.get(account, 0)
            held[account] = units
            at += 1
        for one in classes:
            series[one].append(totals[one])
    named = [Share(CLASS_NAMES.get(one, str(one)), tuple(series[one])) for one in classes]
    return points, [share for share in named if any(share.units)]
