"""Transfers as holders instruct them: decided by the chain, explained to people, posted if allowed.

A holder without a wallet of his own instructs the agent, who posts the sale by the same rules that
bind everybody (17 CFR 240.17Ad-10). A refusal is an outcome, not an error: it has the code that the
chain gives, the sentence behind it, and the day on which it would pass where one can be told.
"""

from dataclasses import dataclass, replace
from datetime import date

from freehold.book import audit, instructions, issuers, requests
from freehold.book.issuers import KnownHolder, KnownInstrument
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import DAY_SECONDS, day_of, to_seconds
from freehold.core.errors import Conflict, Invalid, Plain
from freehold.core.facts import Kind, free_on, pack_facts, unpack_facts, unpack_vintage
from freehold.core.ids import InstructionId, instruction_id, record_hash
from freehold.core.instruction import Instruction
from freehold.core.policy.starter import HolderClass
from freehold.core.reasons import message_for
from freehold.core.roles import Power, holder_scope
from freehold.core.units import Units
from freehold.desks import permits
from freehold.desks.carrying import Asked, carry_out, entered, happened
from freehold.desks.office import Office, now_on_chain
from freehold.desks.permits import Actor

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
    outcome = _decided(office, instrument, seller, buyer, units)
    if not outcome.allowed and not happened(office, known):
        return outcome
    data = _call(seller, buyer, units, known)
    done = carry_out(office, scope, [Asked(agent, instrument.token, data, "post a sale", key)])
    return TransferOutcome(seller.id, buyer.id, units, 0, "", None, done[0])


def ask(
    office: Office,
    actor: Actor,
    token: str,
    sender: str,
    receiver: str,
    units: Units,
) -> TransferOutcome:
    """Would a sale between two holders pass now? Nothing is posted; the question is recorded.

    Raises NotFound for unknown holders or instruments, NotPermitted.
    """
    instrument, seller, buyer = _parties(office, actor, Power.ASK_TRANSFER, token, sender, receiver)
    outcome = _decided(office, instrument, seller, buyer, units)
    with office.book.transaction() as tx:
        audit.record(tx, _entry(actor, "ask transfer", instrument, outcome), office.clock.now())
    return outcome


def request(
    office: Office,
    actor: Actor,
    token: str,
    sender: str,
    receiver: str,
    units: Units,
    key: str,
) -> TransferOutcome:
    """Decide a sale between two holders and, if the rules allow it, give it to the worker to post.

    The same actor's same key gives the same answer and posts nothing twice. The decision, the audit
    entry and the instruction stand in one transaction. Raises NotFound, NotPermitted, Conflict if
    the key was used for another request.
    """
    power = Power.REQUEST_TRANSFER
    instrument, seller, buyer = _parties(office, actor, power, token, sender, receiver)
    asked = record_hash([token, seller.id, buyer.id, str(units)])[2:]
    with office.book.reading() as tx:
        if known := requests.earlier(tx, actor.id, key, asked):
            return _answered(tx, known, sender, receiver, units)
    outcome = _decided(office, instrument, seller, buyer, units)
    now = office.clock.now()
    with office.book.transaction() as tx:
        if known := requests.earlier(tx, actor.id, key, asked):
            return _answered(tx, known, sender, receiver, units)
        if outcome.allowed:
            outcome = replace(
                outcome,
                instruction=_enter(office, tx, instrument, seller, buyer, units, actor, key),
            )
        audit.record(tx, _entry(actor, "request transfer", instrument, outcome), now)
        scope = holder_scope(instrument.issuer, seller.id)
        id = outcome.instruction.id if outcome.instruction else None
        requests.keep(tx, Request(actor.id, key, asked, scope, id, _kept(outcome), now))
    return outcome


def decimals_of(office: Office, actor: Actor, token: str) -> int:
    """The decimals of an instrument whose transfers the actor may ask about. Raises NotFound."""
    permits.require_any(actor, (Power.ASK_TRANSFER, None), (Power.REQUEST_TRANSFER, None))
    with office.book.reading() as tx:
        return issuers.instrument_at(tx, office.chain, token)[1].decimals


def _parties(
    office: Office, actor: Actor, power: Power, token: str, sender: str, receiver: str
) -> tuple[KnownInstrument, KnownHolder, KnownHolder]:
    """The instrument and both holders; the power is required before anything is told of them."""
    permits.require(actor, power)
    with office.book.reading() as tx:
        owner, instrument = issuers.instrument_at(tx, office.chain, token)
        permits.require(actor, power, holder_scope(owner.id, sender))
        if not permits.allows(actor, Power.READ_REGISTER, owner.id):
            _require_wallet(receiver)  # or an investor could find out who the holders are
        seller, buyer = (issuers.holder_named(tx, owner.id, one) for one in (sender, receiver))
    permits.require(actor, power, holder_scope(owner.id, seller.id))
    return instrument, seller, buyer


def _require_wallet(receiver: str) -> None:
    if not receiver.startswith("0x"):
        raise Invalid("name the receiver by his wallet, 0x and 40 digits", field="receiver")


def _decided(
    office: Office,
    instrument: KnownInstrument,
    seller: KnownHolder,
    buyer: KnownHolder,
    units: Units,
) -> TransferOutcome:
    code = restriction(office, instrument, seller, buyer, units)
    passes_on = _passes_on(office, instrument, seller, units) if code in CLOCK_CODES else None
    reason = message_for(code) if code else ""
    return TransferOutcome(seller.id, buyer.id, units, code, reason, passes_on, None)


def _enter(
    office: Office,
    tx: Transaction,
    instrument: KnownInstrument,
    seller: KnownHolder,
    buyer: KnownHolder,
    units: Units,
    actor: Actor,
    key: str,
) -> Instruction:
    agent, scope = office.keys.agent, f"transfers {instrument.token}"
    named = f"{actor.id} {key}"
    id = instruction_id(scope, agent.address, named)
    data = _call(seller, buyer, units, id)
    return entered(office, tx, scope, Asked(agent, instrument.token, data, "post a sale", named))


def _entry(actor: Actor, act: str, instrument: KnownInstrument, outcome: TransferOutcome) -> Entry:
    content: dict[str, Plain] = {
        "from": outcome.sender,
        "to": outcome.receiver,
        "units": str(outcome.units),
        "instruction": outcome.instruction.id if outcome.instruction else None,
    }
    ended = Outcome.DONE if outcome.allowed else Outcome.REFUSED
    return Entry(actor.id, act, instrument.token, ended, outcome.code or None, content)


def _kept(outcome: TransferOutcome) -> dict[str, Plain]:
    passes_on = outcome.passes_on.isoformat() if outcome.passes_on else None
    return {"code": outcome.code, "passes_on": passes_on}


def _answered(
    tx: Transaction, known: Request, sender: str, receiver: str, units: Units
) -> TransferOutcome:
    code, on = int(known.outcome["code"]), known.outcome["passes_on"]
    instruction = (
        instructions.find(tx, InstructionId(known.instruction)) if known.instruction else None
    )
    passes_on = date.fromisoformat(on) if on else None
    reason = message_for(code) if code else ""
    return TransferOutcome(sender, receiver, units, code, reason, passes_on, instruction)


def _call(seller: KnownHolder, buyer: KnownHolder, units: Units, id: InstructionId) -> bytes:
    """The call that posts a sale by the rules."""
    return call(
        "SecurityToken",
        "transfer_posted",
        seller.wallet,
        buyer.wallet,
        units,
        int(Kind.SALE),
        0,
        bytes.fromhex(id[2:]),
        0,
        NO_LOTS,
    )


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
