"""Transfers as holders instruct them: decided by the chain, explained to people, posted if allowed.

A holder without a wallet of his own instructs the agent, who posts the transfer by the same rules that
bind everybody (17 CFR 240.17Ad-10). A refusal is an outcome, not an error: it has the code that the
chain gives, the sentence behind it, and the day on which it would pass where one can be told.
"""

from dataclasses import dataclass
from datetime import date

from freehold.book.issuers import KnownInstrument
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.clock import DAY_SECONDS, day_of, to_seconds
from freehold.core.facts import Kind, Proof, free_on, unpack_vintage
from freehold.core.ids import instruction_id
from freehold.core.instruction import Instruction
from freehold.core.powers import Powers
from freehold.core.reasons import message_for
from freehold.core.units import MAX_UNITS, Units
from freehold.desks import orders, parties
from freehold.desks.carrying import Asked, was_asked
from freehold.desks.office import Office, now_on_chain
from freehold.desks.orders import Actor, Order
from freehold.desks.parties import Party

CLOCK_CODES = frozenset({124, 140, 142, 143, 144, 148})
"""Refusals that end by time alone."""
NO_PROOF = Proof(0)
KINDS = (
    Kind.SALE,
    Kind.GIFT,
    Kind.TRUST,
    Kind.ESTATE,
    Kind.DIVORCE,
    Kind.PLEDGE,
    Kind.FORECLOSE,
    Kind.TO_ISSUER,
    Kind.PUBLIC_SALE,
)
"""Kinds of transfer that may be posted; the others are acts of a power."""


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """Base units from one holder (by id) to another. `lots` are vintages to take from, none: by age.

    `kind` and `proofs` are what the agent, who needs ACTION and ADMIT, attests about the transfer.
    """

    instrument: str
    sender: str
    receiver: str
    units: Units
    key: str
    issuer: str | None = None
    kind: Kind = Kind.SALE
    proofs: Proof = NO_PROOF
    lots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What became of a transfer, or would: `code` 0 if the rules let it pass (then `reason` says only
    why a power is lacking); `passes_on` where time alone would help; no `instruction`: nothing was sent.
    """

    sender: str
    receiver: str
    units: int
    code: int
    reason: str
    passes_on: date | None
    instruction: Instruction | None
    key: str = ""

    @property
    def allowed(self) -> bool:
        return self.code == 0 and not self.reason


def ask(office: Office, request: TransferRequest) -> TransferOutcome:
    """What the rules say to a transfer now; nothing is sent.

    Raises NotFound for an unknown holder or instrument.
    """
    owner, instrument = parties.instrument(office, request.issuer, request.instrument)
    sender = parties.party(office, owner, request.sender)
    receiver = parties.party(office, owner, request.receiver)
    code = _restriction(office, instrument, request, sender, receiver)
    passes_on = None
    if code in CLOCK_CODES:
        passes_on = _passes_on(office, instrument, sender, request.units)
    return _outcome(request, code, message_for(code) if code else "", passes_on, None)


def transfer(office: Office, actor: Actor, request: TransferRequest) -> TransferOutcome:
    """Post a transfer if the rules allow it.

    Asked again under the same key, a transfer that was posted is not posted again. Raises as `ask`.
    """
    owner, instrument = parties.instrument(office, request.issuer, request.instrument)
    scope, sent_by = f"transfers {instrument.token}", actor.signer.address
    if not was_asked(office, scope, sent_by, request.key):
        asked_first = ask(office, request)
        if not asked_first.allowed:
            return asked_first
    sender = parties.party(office, owner, request.sender)
    receiver = parties.party(office, owner, request.receiver)
    id = orders.instruction_bytes(instruction_id(scope, sent_by, request.key))
    data = call(
        "SecurityToken",
        "transfer_posted",
        sender.wallet,
        receiver.wallet,
        request.units,
        int(request.kind),
        int(request.proofs),
        id,
        0,
        list(request.lots),
    )
    what = f"post a {request.kind.name.lower().replace('_', ' ')}"
    asked = (Asked(actor.signer, instrument.token, data, what, request.key),)
    needs = Powers.ACTION | Powers.ADMIT
    done = orders.carry(office, actor, Order("transfer", scope, request.key, asked, needs))
    if done.refused:
        return _outcome(request, done.code, done.reason, None, None)
    return _outcome(request, 0, "", None, done.instructions[0])


def _restriction(
    office: Office,
    instrument: KnownInstrument,
    request: TransferRequest,
    sender: Party,
    receiver: Party,
) -> int:
    """The code a transfer would be refused with now; 0 if it would pass."""
    answer: int = contracts.read(
        office.w3,
        "SecurityToken",
        instrument.token,
        "restriction",
        sender.wallet,
        receiver.wallet,
        request.units,
        int(request.kind),
        int(request.proofs),
    )
    return answer


def _passes_on(
    office: Office, instrument: KnownInstrument, seller: Party, units: int
) -> date | None:
    """The first day on which so many of the seller's units are free; None if none can be told."""
    w3, token = office.w3, instrument.token
    lots = contracts.read(w3, "SecurityToken", token, "lots_of", seller.facts.account)
    held = contracts.read(w3, "SecurityToken", token, "balanceOf", seller.wallet)
    free = held - sum(lot & MAX_UNITS for lot in lots)
    ends = []
    for lot in lots:
        terms = contracts.read(w3, "SecurityToken", token, "vintages", lot >> 96)
        ends.append((free_on(unpack_vintage(terms)), lot & MAX_UNITS))
    for end, in_lot in sorted((end, count) for end, count in ends if end is not None):
        free += in_lot
        if free >= units:
            today = to_seconds(now_on_chain(office)) // DAY_SECONDS
            return day_of(max(end, today))
    return None


def _outcome(
    request: TransferRequest,
    code: int,
    reason: str,
    passes_on: date | None,
    instruction: Instruction | None,
) -> TransferOutcome:
    return TransferOutcome(
        request.sender,
        request.receiver,
        request.units,
        code,
        reason,
        passes_on,
        instruction,
        request.key,
    )
