"""The daily control report: authorised, issued, outstanding, treasury, held by state, differences.

Chain, projection and book are compared as of one block. The worker makes a report each day; anybody who
may read the files makes one at any time, now or as of a block that is past.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from freehold.book import audit, controls, issuers, restraints, settings
from freehold.book.controls import RecordDifference, Report
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain.artifacts import artifact
from freehold.chain.contracts import call
from freehold.chain.logs import call_all, storage_words
from freehold.core import control
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import DAY_SECONDS, parse, stamp, to_seconds
from freehold.core.control import Controlled, Named, OfBook, OfChain
from freehold.core.errors import NotFound
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
_DONE = "control reports made at"
_AUTHORISED = artifact("SecurityToken")["storage"]["book.authorised"]


@dataclass(frozen=True, slots=True)
class ControlReport:
    """A control of all instruments of an issuer as of a block; `ok`: nothing differs."""

    issuer: str
    issuer_name: str
    block: int
    block_hash: str
    instant: datetime
    instruments: tuple[Controlled, ...]

    @property
    def ok(self) -> bool:
        return not any(one.differences for one in self.instruments)


def report_as(
    office: Office, who: Actor, issuer: str | None, block: int | None = None
) -> ControlReport:
    """Make a report, now or as of a block; kept where it is of now. Raises NotFound, NotPermitted."""
    owner = _reads(office, who, issuer)
    found = _made(office, owner, block)
    if block is None:
        _keep(office, who.id, found)
    return found


def history(office: Office, who: Actor, issuer: str | None) -> list[Report]:
    """The reports kept, the newest first. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        return controls.history(tx, owner.id, KEPT)


def kept(office: Office, who: Actor, number: int) -> Report:
    """One report of the past. Raises NotFound, NotPermitted."""
    permits.require(who, Power.READ_FILES)
    with office.book.reading() as tx:
        found = controls.report(tx, number)
    permits.require(who, Power.READ_FILES, found.issuer)
    return found


def differences(office: Office, who: Actor, issuer: str | None) -> list[RecordDifference]:
    """Record differences, open and resolved, the oldest first. Raises NotPermitted."""
    owner = _reads(office, who, issuer)
    with office.book.reading() as tx:
        return controls.differences(tx, owner.id)


def make_due(office: Office) -> int:
    """Make the report of every issuer once a day; how many were made. The worker does it."""
    now = office.clock.now()
    with office.book.reading() as tx:
        last = settings.read(tx, _DONE)
        known = [one for one in issuers.issuers(tx) if one.chain == office.chain]
    if not known or (last and now - parse(last) < EVERY):
        return 0
    for owner in known:
        _keep(office, "worker", _made(office, owner, None))
    with office.book.transaction() as tx:
        settings.write(tx, _DONE, stamp(now), now)
    return len(known)


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
    return ControlReport(owner.id, owner.name, at, hash, instant, tuple(found))


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
        controls.keep(tx, found.issuer, day, found.block, to_json(found), now)
        controls.note_differences(tx, found.issuer, by_token, by, now)
        ended = Outcome.DONE if found.ok else Outcome.FAILED
        content = {"block": found.block, "ok": found.ok}
        audit.record(tx, Entry(by, "control report", found.issuer, ended, None, content), now)


def _reads(office: Office, who: Actor, issuer: str | None) -> KnownIssuer:
    permits.require(who, Power.READ_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_FILES, owner.id)
    return owner
