"""The daily control report: authorised, issued, outstanding, treasury, held by state, differences.

Chain, projection and book are compared as of one block; breaks of the cash book that are open stand with
what differs, for whoever may read the cash book. The worker makes a report of each issuer each day, and one
that cannot be made hinders no other; anybody who may read the files makes one at any time, now or as of a
block that is past.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from freehold.book import audit, cashbook, controls, issuers, restraints, settings
from freehold.book.controls import RecordDifference, Report
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain.artifacts import artifact
from freehold.chain.contracts import call
from freehold.chain.logs import call_all, storage_words
from freehold.core import control
from freehold.core.audit import Entry, Outcome
from freehold.core.cash_control import CashControlled, cash_control
from freehold.core.clock import DAY_SECONDS, parse, stamp, to_seconds
from freehold.core.control import Controlled, Named, OfBook, OfChain
from freehold.core.errors import NoRoom, NotFound, Plain, PlatformError, Unavailable
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up, by_number
from freehold.desks.permits import Actor
from freehold.indexer import explore, read
from freehold.indexer.tables import View

EVERY = timedelta(days=1)
KEPT = 400
WORKER = "worker"
_AUTHORISED = artifact("SecurityToken")["storage"]["book.authorised"]


@dataclass(frozen=True, slots=True)
class ControlReport:
    """A control of all instruments of an issuer as of a block, and of its cash book (None: not for the
    reader); `ok`: nothing differs."""

    issuer: str
    issuer_name: str
    block: int
    block_hash: str
    instant: datetime
    instruments: tuple[Controlled, ...]
    cash: CashControlled | None = None

    @property
    def ok(self) -> bool:
        agree = not any(one.differences for one in self.instruments)
        return agree and (self.cash is None or self.cash.ok)


@dataclass(frozen=True, slots=True)
class Failed:
    """That an issuer's report could not be made: when it was tried, and why."""

    at: datetime
    why: str


def report_as(
    office: Office, who: Actor, issuer: str | None, block: int | None = None
) -> ControlReport:
    """Make a report, now or as of a block; kept where it is of now. Raises NotFound, NotPermitted."""
    owner = _reads(office, who, issuer)
    found = _made(office, owner, block)
    if block is None:
        _keep(office, who.id, found)
    return found if _reads_cash(who, owner.id) else replace(found, cash=None)


def history(office: Office, who: Actor, issuer: str | None) -> list[Report]:
    """The reports kept, the newest first. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        found = controls.history(tx, owner.id, KEPT)
    return [_for_reader(who, one) for one in found]


def latest(office: Office, who: Actor, issuer: str) -> Report | None:
    """The last report that was kept; None before the first. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        found = controls.history(tx, owner.id, 1)
    return _for_reader(who, found[0]) if found else None


def kept(office: Office, who: Actor, number: int) -> Report:
    """One report of the past. Raises NotFound, NotPermitted."""
    permits.require(who, Power.READ_FILES)
    with office.book.reading() as tx:
        found = controls.report(tx, number)
    permits.require(who, Power.READ_FILES, found.issuer)
    return _for_reader(who, found)


def _for_reader(who: Actor, one: Report) -> Report:
    """A report without what it says of cash, for whoever may not read the cash book; earlier reports said
    nothing of it."""
    if _reads_cash(who, one.issuer):
        return replace(one, content={"cash": None, **one.content})
    agree = not any(each["differences"] for each in one.content["instruments"])
    return replace(one, ok=agree, content={**one.content, "cash": None, "ok": agree})


def _reads_cash(who: Actor, issuer: str) -> bool:
    return permits.allows(who, Power.READ_CASH, issuer)


def differences(office: Office, who: Actor, issuer: str | None) -> list[RecordDifference]:
    """Record differences, open and resolved, the oldest first. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        return controls.differences(tx, owner.id)


def failed(office: Office, who: Actor, issuer: str | None) -> Failed | None:
    """Why the day's report could not be made, where none was made since. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        said = settings.read(tx, _failed_at(owner))
    known = json.loads(said) if said else {}
    return Failed(parse(known["at"]), str(known["why"])) if known else None


def make_due(office: Office) -> int:
    """Make the report of every issuer for which none was made for a day; how many were. The worker does it.

    What hinders one issuer's report is written down as that issuer's, and the others are made. What passes
    by itself is tried again in the next round.
    """
    now, made = office.clock.now(), 0
    with office.book.reading() as tx:
        known = [one for one in issuers.issuers(tx) if one.chain == office.chain]
        last = {one.id: settings.read(tx, _made_at(one)) for one in known}
    away: list[PlatformError] = []
    for owner in known:
        at = last[owner.id]
        if at and now - parse(at) < EVERY:
            continue
        try:
            _keep(office, WORKER, _made(office, owner, None))
            made += 1
        except (Unavailable, NoRoom) as fault:
            away.append(fault)
        except PlatformError as fault:
            _not_made(office, owner, fault.message)
    if away:
        raise away[0]
    return made


def to_json(one: ControlReport) -> dict[str, Any]:
    """The report with quantities as exact decimal text."""
    return {
        "issuer": one.issuer,
        "issuer_name": one.issuer_name,
        "block": one.block,
        "block_hash": one.block_hash,
        "instant": stamp(one.instant),
        "ok": one.ok,
        "instruments": [_plain(each) for each in one.instruments],
        "cash": _plain_cash(one.cash) if one.cash else None,
    }


def _plain_cash(one: CashControlled) -> dict[str, Any]:
    return {
        "compared_at": stamp(one.at) if one.at else None,
        "failed": one.failed,
        "ok": one.ok,
        "breaks": [
            {**asdict(each), "day": each.day.isoformat(), "found_at": stamp(each.found_at)}
            for each in one.breaks
        ],
    }


def _plain(one: Controlled) -> dict[str, Any]:
    counted = {
        name: format_units(getattr(one, name), one.decimals)
        for name in (
            "authorised issued redeemed supply outstanding treasury free locked frozen"
        ).split()
    }
    return {**asdict(one), **counted, "differences": list(one.differences)}


def _made(office: Office, owner: KnownIssuer, block: int | None) -> ControlReport:
    bring_up(office)
    with office.book.reading() as tx:
        listed = issuers.instruments(tx, owner.id)
        wallets = {str(one.wallet): one.id for one in issuers.holders(tx, owner.id)}
        bound = restraints.of_issuer(tx, owner.id)
    with office.index.connect() as view:
        explore.hold_still(view)
        last = read.last_block(view)
        if block is not None and block > last:
            raise NotFound(f"the chain is read to block {last}: there is no block {block} yet")
        at = last if block is None else block
        instant, hash = explore.block_at(view, at)
        now = office.clock.now() if block is None else instant
        found = []
        for one in listed:
            accounts = by_number(view, one.token, wallets)
            numbers = {id: number for number, id in accounts.items()}
            locks: dict[int, list[int | None]] = {}
            for each in bound:
                mine = each.locked and each.token == one.token and each.holder in numbers
                if mine and each.stands(now):
                    locks.setdefault(numbers[each.holder], []).append(each.units)
            book = OfBook(frozenset(accounts), locks if block is None else {})
            controlled = _controlled(office, view, one, at, book, instant)
            found += [controlled] if controlled else []
    cash = _cash(office, owner, None if block is None else instant)
    return ControlReport(owner.id, owner.name, at, hash, instant, tuple(found), cash)


def _cash(office: Office, owner: KnownIssuer, until: datetime | None) -> CashControlled:
    """How the cash book stands now, or which breaks were open at an instant."""
    with office.book.reading() as tx:
        said = cashbook.compared(tx, owner.id)
        known = cashbook.breaks(tx, owner.id, open_alone=False)
        decimals = {one.code: one.decimals for one in cashbook.currencies(tx, owner.id)}
    at = parse(said["at"]) if said else None
    if until is not None and at is not None and at > until:
        return cash_control(known, decimals, None, "", until)
    return cash_control(known, decimals, at, said.get("failed", ""), until)


def _controlled(
    office: Office, view: View, one: KnownInstrument, block: int, book: OfBook, instant: datetime
) -> Controlled | None:
    """None where the instrument was not yet deployed."""
    (authorised,) = storage_words(office.w3, one.token, [_AUTHORISED], block)
    asked = [(one.token, "0x" + call("SecurityToken", "totalSupply").hex())]
    (told,) = call_all(office.w3, asked, block)
    if told == "0x":
        return None
    supply = int(told, 16)
    said = read.supply(view, one.token, block)
    named = Named(one.token, one.class_id, one.name, one.symbol, one.decimals)
    lines = read.lines(view, one.token, block)
    day = to_seconds(instant) // DAY_SECONDS
    chain = OfChain(authorised, supply)
    return control.control(named, chain, lines, (said.issued, said.redeemed), book, day)


def _keep(office: Office, by: str, found: ControlReport) -> None:
    now = office.clock.now()
    day = now.date().isoformat()
    by_token: Mapping[str, list[str]] = {
        one.token: list(one.differences) for one in found.instruments
    }
    with office.book.transaction() as tx:
        owner = issuers.find(tx, found.issuer)
        if by == WORKER:
            settings.write(tx, _made_at(owner), stamp(now), now)
        settings.write(tx, _failed_at(owner), "", now)
        controls.keep(tx, found.issuer, day, found.block, to_json(found), now)
        controls.note_differences(tx, found.issuer, by_token, by, now)
        ended = Outcome.DONE if found.ok else Outcome.FAILED
        content = {"block": found.block, "ok": found.ok}
        audit.record(tx, Entry(by, "control report", found.issuer, ended, None, content), now)


def _not_made(office: Office, owner: KnownIssuer, why: str) -> None:
    """Write down that an issuer's report could not be made; it is tried again after a day, or by hand."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        settings.write(tx, _made_at(owner), stamp(now), now)
        settings.write(tx, _failed_at(owner), json.dumps({"at": stamp(now), "why": why}), now)
        content: dict[str, Plain] = {"why": why}
        entry = Entry(WORKER, "control report", owner.id, Outcome.FAILED, None, content)
        audit.record(tx, entry, now)


def _made_at(owner: KnownIssuer) -> str:
    """The setting with the instant at which the worker last made, or tried to make, a report."""
    return f"control report at {owner.register}"


def _failed_at(owner: KnownIssuer) -> str:
    """The setting with what hindered the last report; empty where one was made since."""
    return f"control report failed {owner.register}"


def _reads(office: Office, who: Actor, issuer: str | None) -> KnownIssuer:
    permits.require(who, Power.READ_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_FILES, owner.id)
    return owner
