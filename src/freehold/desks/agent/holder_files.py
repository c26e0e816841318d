"""A holder's file as it is read: what he has and when it is free, his wallets, what was decided about him,
his papers, and the line of time of all that happened (`timelines.py`).

Units are exact decimal text in whole units. Reading a file is reading alone: nothing of it is recorded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from freehold.book import (
    approvals,
    custody,
    identities,
    instructions,
    issuers,
    requests,
    restraints,
)
from freehold.book.custody import CustodyExit
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.core import standing
from freehold.core.approvals import Proposal
from freehold.core.clock import day_number, day_of
from freehold.core.facts import free_on, unpack_vintage
from freehold.core.ids import Address, InstructionId
from freehold.core.instruction import WORDS
from freehold.core.reasons import message_for
from freehold.core.recordkeeping import Search
from freehold.core.restraints import Legend, Restraint
from freehold.core.roles import Power, Role, holder_scope
from freehold.core.standing import Line
from freehold.core.units import format_units
from freehold.core.vaulted import About, Document
from freehold.desks import parties, permits
from freehold.desks.agent import documents, recordkeeping, timelines
from freehold.desks.agent.timelines import Happening
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.parties import Party
from freehold.desks.permits import Actor
from freehold.desks.securities import recoveries
from freehold.desks.securities.recoveries import OpenRecovery
from freehold.indexer import explore, read
from freehold.indexer.tables import View

DECISIONS = 40
"""How many decisions about a holder are told, the newest first."""


@dataclass(frozen=True, slots=True)
class HeldLot:
    """Units of one acquisition: the day from which all of them are free by their rule (None: not foreseen),
    whether it has come, and the legends on them."""

    vintage: int
    units: str
    acquired: date
    free_from: date | None
    free: bool
    legends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldClass:
    """What a holder has of one instrument now; `stopped`: none of it may move."""

    token: str
    class_id: str
    name: str
    symbol: str
    units: str
    free: str
    locked: str
    frozen: str
    stopped: bool
    lots: tuple[HeldLot, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """What a restraint concerns, in whole units: `units` empty: all; `symbol` empty: every instrument."""

    units: str
    symbol: str


@dataclass(frozen=True, slots=True)
class UsedWallet:
    """A wallet that opens, or opened, the account: since when, and whether it does now."""

    wallet: str
    since: datetime
    opens: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """Something that was asked or proposed about the holder, and what became of it. `link` is its page,
    `by` the role of whoever asked; `code` and `reason` say why it was refused."""

    at: datetime
    what: str
    by: str
    state: str
    refused: bool
    code: int | None
    reason: str
    link: str


@dataclass(frozen=True, slots=True)
class Read:
    """A paper that somebody who signs in for the holder has read."""

    document: Document
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HolderFile:
    """All that stands about a holder. `bound` says of each restraint (by id) what it binds; `next_free` is
    the next day on which a lot becomes free; `lost` the search that comes next where he is written down as
    lost; `recovery` the one that waits; `signs_in` how many identities act for him."""

    issuer: str
    holder: str
    account: int
    held: tuple[HeldClass, ...]
    next_free: date | None
    bound: Mapping[str, Bound]
    wallets: tuple[UsedWallet, ...]
    recovery: OpenRecovery | None
    exits: tuple[CustodyExit, ...]
    lost: Search | None
    decided: tuple[Decided, ...]
    papers: tuple[Document, ...]
    read: tuple[Read, ...]
    timeline: tuple[Happening, ...]
    signs_in: int


def of_holder(office: Office, who: Actor, issuer: str | None, holder: str) -> HolderFile:
    """The file of a holder. Raises NotFound, NotPermitted."""
    permits.require(who, Power.READ_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_FILES, owner.id)
    bring_up(office)
    found = parties.party(office, owner, holder)
    id, day = found.holder.id, now_on_chain(office).date()
    lost, papers = recordkeeping.lost_as(office, who, owner.id, id), _papers(office, who, owner.id)
    waiting = (
        recoveries.waiting(office, owner.id, id) if found.holder.id != parties.TREASURY else None
    )
    with office.book.reading() as tx, office.index.connect() as view:
        listed = issuers.instruments(tx, owner.id)
        stamped = restraints.legends(tx, owner.id, id)
        held = tuple(_held(view, listed, found, stamped, day))
        tokens = {str(one.token): (one.symbol, one.decimals) for one in listed}
        mine = identities.with_role(tx, Role.INVESTOR, holder_scope(owner.id, id))
        return HolderFile(
            owner.id,
            id,
            found.facts.account,
            held,
            _next_free(held),
            _bound(listed, restraints.of_issuer(tx, owner.id, id)),
            tuple(_wallets(view, owner, found)),
            waiting,
            tuple(custody.of_holder(tx, owner.id, id)),
            lost,
            tuple(_decided(tx, owner.id, id)),
            tuple(one for one in papers if one.about is About.HOLDER and one.subject == id),
            tuple(_read(papers, mine)),
            tuple(timelines.timeline(office, tx, view, owner, found, tokens)),
            len(mine),
        )


# ---- what he has ----


def _held(
    view: View,
    listed: Sequence[KnownInstrument],
    of: Party,
    stamped: Sequence[Legend],
    day: date,
) -> Iterator[HeldClass]:
    account = of.facts.account
    for one in listed:
        lines = read.lines(view, one.token, None, account - 1, 1)
        line = next((each for each in lines if each.account == account), None)
        if line is None:
            continue
        parts, places = standing.parted(line, day_number(day)), one.decimals
        legends = [each for each in stamped if each.token == one.token]
        units, free, locked, frozen = (
            format_units(each, places)
            for each in (line.units, parts.free, parts.locked, parts.frozen)
        )
        lots = tuple(_lots(line, legends, places, day))
        named = (one.token, one.class_id, one.name, one.symbol)
        yield HeldClass(*named, units, free, locked, frozen, line.stopped, lots)


def _lots(line: Line, legends: Sequence[Legend], places: int, day: date) -> Iterator[HeldLot]:
    for lot in line.lots:
        terms = unpack_vintage(lot.terms)
        last = free_on(terms)
        free = None if last is None else day_of(max(last, terms.acquired))
        yield HeldLot(
            lot.vintage,
            format_units(lot.units, places),
            day_of(terms.acquired),
            free,
            free is not None and free <= day,
            tuple(each.code for each in legends if each.vintage == lot.vintage),
        )


def _bound(listed: Sequence[KnownInstrument], found: Sequence[Restraint]) -> dict[str, Bound]:
    known = {one.token: one for one in listed}
    said = {}
    for each in found:
        of = known.get(Address(each.token)) if each.token else None
        units = "" if each.units is None or of is None else format_units(each.units, of.decimals)
        said[each.id] = Bound(units, of.symbol if of else "")
    return said


def _next_free(held: Sequence[HeldClass]) -> date | None:
    days = [lot.free_from for one in held for lot in one.lots if lot.free_from and not lot.free]
    return min(days, default=None)


def _wallets(view: View, owner: KnownIssuer, of: Party) -> Iterator[UsedWallet]:
    before = ""
    for seen, wallet, _ in explore.versions_of(view, owner.register, of.facts.account):
        if wallet != before:
            yield UsedWallet(wallet, seen.instant, wallet == of.wallet)
        before = wallet


# ---- what was decided ----


def _decided(tx: Transaction, issuer: str, holder: str) -> list[Decided]:
    """Transfers that were asked for him, and acts about him that were proposed."""
    asked = requests.of_scope(tx, holder_scope(issuer, holder), DECISIONS)
    found = [_of_request(tx, one) for one in asked if "code" in one.outcome]
    found += [
        _of_proposal(tx, one) for one in approvals.about_holder(tx, issuer, holder, DECISIONS)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:DECISIONS]


def _of_request(tx: Transaction, one: Request) -> Decided:
    code = int(one.outcome["code"])
    state, link = "refused" if code else "held for approval", ""
    if one.instruction:
        link = f"/activity/{one.instruction}"
        state = WORDS[instructions.find(tx, InstructionId(one.instruction)).state]
    elif one.outcome.get("held"):
        link = f"/approvals/{one.outcome['held']}"
    reason, by = message_for(code) if code else "", timelines.role_of(tx, one.actor)
    return Decided(one.at, "transfer", by, state, bool(code), code or None, reason, link)


def _of_proposal(tx: Transaction, one: Proposal) -> Decided:
    by, state = (
        timelines.role_of(tx, one.proposer.identity),
        str(one.state).replace("_", " ").lower(),
    )
    what = one.act.kind.replace("-", " ")
    refused = bool(one.code) or state == "refused"
    return Decided(
        one.proposed_at, what, by, state, refused, one.code, one.why, f"/approvals/{one.id}"
    )


# ---- papers ----


def _papers(office: Office, who: Actor, issuer: str) -> list[Document]:
    """The documents of the issuer that the reader may read; none for whoever may read no register."""
    if not permits.allows(who, Power.READ_REGISTER, issuer):
        return []
    return documents.listed(office, who, issuer)


def _read(papers: Sequence[Document], mine: frozenset[str]) -> Iterator[Read]:
    for one in papers:
        for version in one.versions:
            for who, at in version.acknowledged:
                if who in mine:
                    yield Read(one, version.version, at)
