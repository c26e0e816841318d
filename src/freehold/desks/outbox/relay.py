"""Sends what holders have signed themselves, and pays the gas: within budgets, after a try, once.

A signed act is authority enough for the chain; the power that is required here is only to make us pay. A
message that would fail is refused with the contract's reason and costs nothing; one that was relayed
before is refused with the instruction that did it. Each kind of act is one line of `KINDS`: claims,
votes and cancellations of the same form are further lines.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from freehold.book import audit, instructions, issuers, relays, requests
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.chain import contracts, send, signer
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, Mistake, Plain
from freehold.core.ids import InstructionId
from freehold.core.instruction import Instruction
from freehold.core.reasons import Refusal, message_for
from freehold.core.roles import Power, holder_scope
from freehold.core.signed_acts import SignedTransfer, transfer_message
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, entered
from freehold.desks.permits import Actor

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of act: the contract's function, the message that is signed, its arguments before v, r, s."""

    function: str
    message: Callable[[SignedTransfer, str, int], Mapping[str, Any]]
    arguments: Callable[[SignedTransfer], tuple[Any, ...]]


KINDS: Mapping[str, Kind] = {
    "transfer": Kind(
        "transferWithAuthorization",
        transfer_message,
        lambda one: (
            one.sender,
            one.receiver,
            one.units,
            one.valid_after,
            one.valid_before,
            bytes.fromhex(one.nonce[2:]),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Relayed:
    """What became of it: the instruction, or why it was not sent. `code` is a reason's, 0 for none."""

    code: int
    reason: str
    instruction: Instruction | None
    gas: int = 0


@dataclass(frozen=True, slots=True)
class _Act:
    kind: str
    signed: SignedTransfer
    owner: KnownIssuer
    instrument: KnownInstrument
    holder: str
    digest: str
    data: bytes


def relay(
    office: Office, actor: Actor, kind: str, signed: SignedTransfer, signature: str, key: str
) -> Relayed:
    """Send a signed act on its holder's behalf. The same key gives the same answer.

    Raises NotFound, NotPermitted, Invalid for a signature that is none, Conflict for a message that was
    relayed before.
    """
    act = _read(office, actor, kind, signed, signature)
    with office.book.reading() as tx:
        if known := requests.earlier(tx, actor.id, key, act.digest[2:]):
            return _answered(tx, known)
        _require_new(tx, act)
    gas = _tried(office, act)
    with office.book.transaction() as tx:
        if known := requests.earlier(tx, actor.id, key, act.digest[2:]):
            return _answered(tx, known)
        _require_new(tx, act)
        done = gas if isinstance(gas, Relayed) else _sent(office, tx, act, gas)
        _keep(office, tx, actor, act, key, done)
    return done


def _read(office: Office, actor: Actor, kind: str, signed: SignedTransfer, signature: str) -> _Act:
    permits.require(actor, Power.REQUEST_TRANSFER)
    with office.book.reading() as tx:
        owner, instrument = issuers.instrument_at(tx, office.chain, signed.token)
        holder = issuers.ids_by_wallet(tx, owner.id).get(signed.sender, signed.sender)
    permits.require(actor, Power.REQUEST_TRANSFER, holder_scope(owner.id, holder))
    form = KINDS[kind]
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != 65:
        said = "write 65 bytes, r, s and v, as 0x and 130 hexadecimal digits"
        raise Invalid("this is no signature", [Mistake("signature", said)])
    parts = (raw[64] + 27 if raw[64] < 27 else raw[64], raw[:32], raw[32:64])
    data = contracts.call("SecurityToken", form.function, *form.arguments(signed), *parts)
    name = str(contracts.read(office.w3, "SecurityToken", instrument.token, "name"))
    message = form.message(signed, name, office.chain)
    digest = "0x" + signer.typed_data_digest(message).hex()
    return _Act(kind, signed, owner, instrument, holder, digest, data)


def _require_new(tx: Transaction, act: _Act) -> None:
    if known := relays.instruction_of(tx, act.digest):
        raise Conflict(
            f"this signed {act.kind} was relayed already: see instruction {known}",
            instruction=known,
        )


def _tried(office: Office, act: _Act) -> int | Relayed:
    """The gas it would take now, or why it is not sent."""
    sender = orders.agent(office).signer.address
    said = send.cost(office.w3, sender, act.instrument.token, act.data)
    if isinstance(said, int):
        return said
    if isinstance(said, Refusal):
        return Relayed(said.code, message_for(said.code), None)
    return Relayed(0, said.message, None)


def _sent(office: Office, tx: Transaction, act: _Act, gas: int) -> Relayed:
    """Enter the instruction, if both budgets allow its gas."""
    now = office.clock.now()
    for holder, limit, whose in (
        (None, office.relay_gas[0], f"issuer {act.owner.id}"),
        (act.signed.sender, office.relay_gas[1], "holder"),
    ):
        spent = relays.spent(tx, act.owner.id, holder, now - DAY)
        if spent + gas > limit:
            words = (
                f"the gas that is paid for this {whose} in a day is used up ({spent:,} of {limit:,}):"
                f" try again after {stamp(now + DAY)}, or send it yourself"
            )
            return Relayed(0, words, None, gas)
    agent = orders.agent(office)
    asked = Asked(agent.signer, act.instrument.token, act.data, f"relay a {act.kind}", act.digest)
    made = entered(office, tx, f"relays {act.instrument.token}", asked)
    relays.add(tx, act.digest, act.kind, act.owner.id, act.signed.sender, made.id, gas, now)
    return Relayed(0, "", made, gas)


def _keep(
    office: Office, tx: Transaction, actor: Actor, act: _Act, key: str, done: Relayed
) -> None:
    now = office.clock.now()
    id = done.instruction.id if done.instruction else None
    content: dict[str, Plain] = {
        "holder": act.holder,
        "units": str(act.signed.units),
        "instruction": id,
    }
    ended = Outcome.DONE if id else Outcome.REFUSED
    token, what = str(act.instrument.token), f"relay {act.kind}"
    audit.record(tx, Entry(actor.id, what, token, ended, done.code or None, content), now)
    kept = {"code": done.code, "reason": done.reason, "gas": done.gas}
    scope = holder_scope(act.owner.id, act.holder)
    requests.keep(tx, Request(actor.id, key, act.digest[2:], scope, id, kept, now))


def _answered(tx: Transaction, known: Request) -> Relayed:
    found = instructions.find(tx, InstructionId(known.instruction)) if known.instruction else None
    said = known.outcome
    return Relayed(int(said["code"]), str(said["reason"]), found, int(said["gas"]))
