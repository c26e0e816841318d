"""Transfers as holders instruct them: decided by the chain, explained to people, posted if allowed.

A holder without a wallet of his own instructs the agent, who posts the sale by the same rules that
bind everybody (17 CFR 240.17Ad-10). A refusal is an outcome, not an error: it has the code that the
chain gives, the sentence behind it, and the day on which it would pass where one can be told.
"""

from dataclasses import dataclass
from datetime import date

from freehold.book import issuers
from freehold.book.issuers import KnownHolder, KnownInstrument
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.clock import DAY_SECONDS, day_of, to_seconds
from freehold.core.errors import Conflict
from freehold.core.facts import Kind, free_on, pack_facts, unpack_facts, unpack_vintage
from freehold.core.ids import instruction_id
from freehold.core.instruction import Instruction
from freehold.core.policy.starter import HolderClass
from freehold.core.reasons import message_for
from freehold.core.units import Units
from freehold.desks.carrying import Asked, carry_out, happened
from freehold.desks.office import Office, now_on_chain

NO_LOTS: list[int] = []
CLOCK_CODES = frozenset({124, 140, 142, 143, 144, 148})
"""Refusals that end by time alone."""


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What became of a transfer: `code` 0 if it passed; `passes_on` where time alone would help."""

    sender: str
    receiver: str
    units: int
    code: int
    reason: str
    passes_on: date | None
    instruction: Instruction | None

    @property
    def allowed(self) -> bool:
        return self.code == 0


def sell(
    office: Office,
    issuer: str | None,
    named: str,
    sender: str,
    receiver: str,
    units: Units,
    key: str,
) -> TransferOutcome:
    """Post a sale of base units between two holders (by id) of one instrument, if the rules allow it.

    Asked again under the same key, a sale that was posted is not posted again. Raises NotFound for
    an unknown holder or instrument.
    """
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        instrument = issuers.instrument_named(tx, owner.id, named)
        seller, buyer = (issuers.holder_named(tx, owner.id, one) for one in (sender, receiver))
    agent, scope = office.keys.agent, f"transfers {instrument.token}"
    known = instruction_id(scope, agent.address, key)
    code = restriction(office, instrument, seller, buyer, units)
    if code and not happened(office, known):
        passes_on = _passes_on(office, instrument, seller, units) if code in CLOCK_CODES else None
        return TransferOutcome(sender, receiver, units, code, message_for(code), passes_on, None)
    id = bytes.fromhex(known[2:])
    data = call(
        "SecurityToken",
        "transfer_posted",
        seller.wallet,
        buyer.wallet,
        units,
        int(Kind.SALE),
        0,
        id,
        0,
        NO_LOTS,
    )
    done = carry_out(office, scope, [Asked(agent, instrument.token, data, "post a sale", key)])
    return TransferOutcome(sender, receiver, units, 0, "", None, done[0])


def restriction(
    office: Office, instrument: KnownInstrument, seller: KnownHolder, buyer: KnownHolder, units: int
) -> int:
    """The code a sale would be refused with now; 0 if it would pass."""
    answer: int = contracts.read(
        office.w3,
        "SecurityToken",
        instrument.token,
        "restriction",
        seller.wallet,
        buyer.wallet,
        units,
        int(Kind.SALE),
        0,
    )
    return answer


def classify(
    office: Office, issuer: str | None, holder: str, to: HolderClass, key: str
) -> KnownHolder:
    """Record in the register that a holder is of another class: the registrar has seen evidence."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        known = issuers.holder_named(tx, owner.id, holder)
    word = contracts.read(office.w3, "Holders", owner.register, "facts", known.wallet)
    if not word:
        raise Conflict(f"{holder} has no account in this register", holder=holder)
    facts = unpack_facts(word)
    row = pack_facts(facts) & ~((1 << 160) - 1) & ~(31 << 192) | int(known.wallet, 16) | to << 192
    agent = office.keys.agent
    asked = Asked(
        agent, owner.register, call("Holders", "set_facts", [row]), f"classify {to.name}", key
    )
    carry_out(office, f"facts {owner.id}", [asked])
    return known


def _passes_on(
    office: Office, instrument: KnownInstrument, seller: KnownHolder, units: int
) -> date | None:
    """The first day on which so many of the seller's units are free; None if none can be told."""
    account = _account(office, instrument, seller)
    w3, token = office.w3, instrument.token
    lots = contracts.read(w3, "SecurityToken", token, "lots_of", account)
    held = contracts.read(w3, "SecurityToken", token, "balanceOf", seller.wallet)
    free = held - sum(lot & ((1 << 96) - 1) for lot in lots)
    ends = []
    for lot in lots:
        terms = contracts.read(w3, "SecurityToken", token, "vintages", lot >> 96)
        ends.append((free_on(unpack_vintage(terms)), lot & ((1 << 96) - 1)))
    for end, in_lot in sorted((end, count) for end, count in ends if end is not None):
        free += in_lot
        if free >= units:
            today = to_seconds(now_on_chain(office)) // DAY_SECONDS
            return day_of(max(end, today))
    return None


def _account(office: Office, instrument: KnownInstrument, holder: KnownHolder) -> int:
    with office.book.reading() as tx:
        owner = issuers.find(tx, instrument.issuer)
    word = contracts.read(office.w3, "Holders", owner.register, "facts", holder.wallet)
    return unpack_facts(word).account
