"""What moved on chain comes into the cash book by itself: coins from and to places, and money of pots.

Only final blocks are posted, each log under its place on the chain, so that reading it again posts it
once; a place that is told later takes its past over by entries of what the book lacked. The cursor is a
block and its hash: where the chain no longer has that block, everything is read again and what is gone
is evened out. Pots follow from the contract's own events (`core/cash_pots.py`), in every coin they are
declared in.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freehold.book import audit, issuers, settings
from freehold.book import cashbook as book
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.chain import coins, contracts
from freehold.chain.logs import read_heads
from freehold.core import cash_pots
from freehold.core import cashbook as core
from freehold.core.actions.exit_plan import class_tokens, part_number, pot_number
from freehold.core.audit import Entry as Noted
from freehold.core.cash_pots import Pot
from freehold.core.cashbook import Account, Currency, Entry, Movement, Posting
from freehold.core.events import Logged
from freehold.core.events_paying import DistributionDeclared
from freehold.core.events_waterfall import (
    WaterfallConfirmed,
    WaterfallFunded,
    WaterfallOpened,
    WaterfallProposed,
    WaterfallSettled,
)
from freehold.core.ids import Address, checksummed
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up, waterfall_setting
from freehold.indexer import journal, read

_CODE = 16
_BELOW = (1 << 128) - 1


@dataclass(frozen=True, slots=True)
class Told:
    """What the chain says about pots up to a final block: whose coin each is in, and what happened."""

    last: int
    pots: Mapping[Pot, str]
    events: Sequence[Logged]

    def of(self, coin: str) -> list[Pot]:
        return [pot for pot, its in self.pots.items() if its == coin]


def follow(office: Office, issuer: str | None) -> int:
    """Post everything final that moved and is not posted yet; returns how many entries."""
    return bring_in(office, parties.owner(office, issuer))[0]


def bring_in(office: Office, owner: KnownIssuer) -> tuple[int, Told]:
    """As `follow`, with what the chain said about pots, up to the block that the book now stands at."""
    told = told_of(office, owner)
    let_in(office, owner, set(told.pots.values()))
    with office.book.reading() as tx:
        known = [one for one in book.currencies(tx, owner.id) if one.coin]
        watched = {one.code: book.places(tx, owner.id, one.code) for one in known}
    posted = sum(_follow(office, owner.id, one, watched[one.code], told) for one in known)
    return posted, told


def told_of(office: Office, owner: KnownIssuer) -> Told:
    """The pots of an issuer, and the events of their contracts in final blocks, from the projection."""
    bring_up(office)
    last = final_block(office)
    places = pot_contracts(office)
    if not places:
        return Told(last, {}, [])
    with office.book.reading() as tx:
        tokens = {one.token for one in issuers.instruments(tx, owner.id)}
    with office.index.connect() as view:
        last = min(last, read.last_block(view))
        said = journal.events_of(view, places)
    final = [one for one in said if one.position.block <= last]
    pots = _pots_in(final, tokens)
    mine = [one for one in final if Pot(Address(one.contract), _number(one.event)) in pots]
    return Told(last, pots, mine)


def every_pot(office: Office, block: int) -> dict[Pot, str]:
    """All pots up to a block with the coin each is in, whoever's they are."""
    with office.book.reading() as tx:
        known = issuers.issuers(tx)
        tokens = {each.token for one in known for each in issuers.instruments(tx, one.id)}
    with office.index.connect() as view:
        kinds = (DistributionDeclared, WaterfallProposed)
        said = journal.events_of(view, pot_contracts(office), kinds)
    return _pots_in([one for one in said if one.position.block <= block], tokens)


def _pots_in(said: Iterable[Logged], tokens: Collection[str]) -> dict[Pot, str]:
    """The pots that events tell of, for the holders of these tokens, with the coin of each."""
    pots: dict[Pot, str] = {}
    for one in said:
        event, contract = one.event, Address(one.contract)
        if isinstance(event, DistributionDeclared) and event.token in tokens:
            pots[Pot(contract, event.distribution)] = checksummed(event.cash)
        if isinstance(event, WaterfallProposed) and not class_tokens(event.parts).isdisjoint(
            tokens
        ):
            pots |= dict.fromkeys(
                (Pot(contract, number) for number in _numbers(event)), checksummed(event.cash)
            )
    return pots


def pot_contracts(office: Office) -> list[Address]:
    """The contracts of this chain that keep pots."""
    with office.book.reading() as tx:
        pays = settings.read(tx, f"distribution:{office.chain}")
        exits = settings.read(tx, waterfall_setting(office))
    return [Address(one) for one in (pays, exits) if one]


def _numbers(plan: WaterfallProposed) -> Iterator[int]:
    """The pots of a winding-up: its own, and one for each part of each stage."""
    yield pot_number(plan.waterfall)
    for stage in range(len(plan.stages)):
        for place in range(len(plan.parts)):
            yield part_number(plan.waterfall, stage, place)


def _number(event: object) -> int:
    """The pot that an event is about."""
    match event:
        case WaterfallSettled():
            return event.part
        case WaterfallProposed() | WaterfallConfirmed() | WaterfallFunded() | WaterfallOpened():
            return pot_number(event.waterfall)
    return int(getattr(event, "distribution", -1))


def final_block(office: Office) -> int:
    """The last block that no reorganisation undoes any more."""
    return max(office.w3.eth.block_number - max(office.posting.finality - 1, 0), -1)


def forget(office: Office, issuer: str, code: str) -> None:
    """A new place has a past: read the coin again from its beginning, which posts nothing twice."""
    with office.book.transaction() as tx:
        settings.write(tx, _cursor_name(issuer, code), "-1", office.clock.now())


# ---- comparing ----


def held_by_pot(office: Office, pot: Pot, block: int) -> dict[Account, int]:
    """What the contract says that stands on the three places of a pot after a block."""
    said = contracts.read(office.w3, "Distribution", pot.contract, "pot", pot.number, block=block)
    return {pot.unspent: said[3] & _BELOW, pot.held: said[3] >> 128, pot.tax: said[4]}


# ---- posting ----


def let_in(office: Office, owner: KnownIssuer, wanted: Collection[str]) -> None:
    """Coins in which pots were declared are currencies of the book, whether anybody said so or not."""
    with office.book.reading() as tx:
        known = book.currencies(tx, owner.id)
    for coin in sorted(set(wanted) - {one.coin for one in known}):
        about = coins.about(office.w3, coin)
        letters = "".join(
            each for each in about.symbol.upper() if each.isascii() and each.isalnum()
        )
        taken = {one.code for one in known}
        code = letters[:_CODE] or "COIN"
        if code in taken:
            code = f"{code[: _CODE - 6]}{coin[-6:].upper()}"
        now = office.clock.now()
        with office.book.transaction() as tx:
            book.add_currency(tx, owner.id, Currency(code, about.decimals, coin), 0, now)
            said = Noted("chain", "cash-coin", owner.id, content={"code": code, "coin": coin})
            audit.record(tx, said, now)


def _follow(
    office: Office, issuer: str, currency: Currency, places: Sequence[Account], told: Told
) -> int:
    done, gone = _cursor(office, issuer, currency.code)
    where = {one.name: one for one in places}
    moves = coins.movements(office.w3, currency.coin, list(where), done + 1, told.last)
    made = [core.entry_of_movement(issuer, currency.code, where, moved) for moved in moves]
    wanted = [one for one in made if one is not None]
    own = dict.fromkeys(_signers(office)) | where
    wanted += _of_pots(issuer, currency, told, moves, done, own)
    now, posted = office.clock.now(), 0
    with office.book.transaction() as tx:
        for one in wanted:
            posted += _post_lacking(tx, one, now)
        if gone:
            posted += _even_out(tx, issuer, currency.code, {one.reference for one in wanted}, now)
        head = read_heads(office.w3, [max(done, told.last)])[0] if told.last >= 0 else None
        at = f"{head.number} {head.block_hash}" if head else "-1"
        settings.write(tx, _cursor_name(issuer, currency.code), at, now)
    return posted


def _of_pots(
    issuer: str,
    currency: Currency,
    told: Told,
    moves: Iterable[Movement],
    done: int,
    own: Mapping[str, Account | None],
) -> list[Entry]:
    """The entries of a coin's pots behind block `done`; what came before is followed, not posted."""
    pots = set(told.of(currency.coin))
    known: dict[str, cash_pots.Known] = {}
    by_transaction: dict[str, list[Movement]] = defaultdict(list)
    for one in moves:
        by_transaction[one.transaction].append(one)
    found = []
    for logged in told.events:
        if Pot(Address(logged.contract), _number(logged.event)) not in pots:
            continue
        if logged.contract not in known:
            crossings = cash_pots.crossings_of(logged.contract, by_transaction)
            known[logged.contract] = cash_pots.Known(crossings=crossings, own=dict(own))
        made = cash_pots.entry_of_event(issuer, currency.code, logged, known[logged.contract])
        if made is not None and logged.position.block > done:
            found.append(made)
    return found


def _signers(office: Office) -> list[str]:
    """The wallets of the persons who act for the issuers of this ledger."""
    keys = office.keys
    return [one.address for one in (keys.agent, keys.second) if one is not None]


def _post_lacking(tx: Transaction, one: Entry, now: datetime) -> bool:
    """Post an entry, or what the book lacks of it where one of its addresses became a place later."""
    lacking: dict[Account, int] = {}
    again = 0
    for account, amount in one.postings:
        lacking[account] = lacking.get(account, 0) + amount
    reference = one.reference
    while known := book.with_reference(tx, one.issuer, one.currency, reference):
        for account, amount in known.entry.postings:
            lacking[account] = lacking.get(account, 0) - amount
        again += 1
        reference = f"{one.reference} #{again}"
    postings = tuple(Posting(*each) for each in lacking.items() if each[1])
    if not postings:
        return False
    return book.post(tx, replace(one, reference=reference, postings=postings), "chain", now)


def _even_out(tx: Transaction, issuer: str, code: str, stands: set[str], now: datetime) -> int:
    """Take back what was posted from logs that the chain no longer has."""
    posted: dict[str, list[Entry]] = defaultdict(list)
    for one in book.entries(tx, issuer, code):
        if one.entry.source is core.Source.CHAIN:
            posted[one.entry.reference.partition(" #")[0]].append(one.entry)
    taken = 0
    for reference in posted.keys() - stands:
        first, count = posted[reference][0], len(posted[reference])
        left = core.balances(posted[reference])
        postings = [Posting(account, -amount) for account, amount in left.items() if amount]
        if postings:
            text = f"no longer on the chain: {first.text}"
            known = (issuer, code, first.day, core.Source.CHAIN, f"{reference} #{count}", text)
            taken += book.post(tx, core.entry(*known, postings), "chain", now)
    return taken


def _cursor_name(issuer: str, code: str) -> str:
    return "cash " + hashlib.sha256(f"{issuer} {code}".encode()).hexdigest()[:32]


def _cursor(office: Office, issuer: str, code: str) -> tuple[int, bool]:
    """The block up to which a coin was read; the beginning, where the chain no longer has that block."""
    with office.book.reading() as tx:
        said = settings.read(tx, _cursor_name(issuer, code)) or "-1"
    number, _, hashed = said.partition(" ")
    if not hashed:
        return int(number), False
    head = read_heads(office.w3, [int(number)])[0]
    stands = head is not None and head.block_hash == hashed
    return (int(number), False) if stands else (-1, True)
