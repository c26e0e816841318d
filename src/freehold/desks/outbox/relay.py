"""Sends what holders have signed themselves, and pays the gas: within budgets, after a try, once.

A signed act is authority enough for the chain; the power that is required here is only to make us pay. A
message that would fail is refused with the contract's reason and costs nothing; one that was relayed
before is refused with the instruction that did it. Each kind of act is one line of `KINDS`.

What stands against the signature itself has a reason's code, whichever contract says so: it is another
wallet's or for another chain, out of time, dated in the future, or used.

A batch of signed votes never fails: the contract skips what cannot count. So a vote is tried besides as
if its voter sent it himself, and his signature is recovered here.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from freehold.book import audit, instructions, issuers, meetings, relays, requests, settings
from freehold.book.issuers import KnownIssuer
from freehold.book.relays import RelayedAct
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.chain import contracts, messages, send, signer
from freehold.core.actions.ballot_words import vote_sentence
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound, Plain
from freehold.core.ids import ZERO_ADDRESS, Address, InstructionId
from freehold.core.instruction import WORDS, Instruction
from freehold.core.reasons import Reason, Refusal, message_for
from freehold.core.roles import EVERYWHERE, Power, holder_scope
from freehold.core.signed_acts import (
    SignedAct,
    SignedCancel,
    SignedClaim,
    SignedTransfer,
    SignedVote,
    cancel_message,
    claim_message,
    transfer_message,
    vote_message,
)
from freehold.desks import permits, posting
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import ENDED, Asked, entered, wait
from freehold.desks.outbox.following import ballot, waterfall_setting
from freehold.desks.permits import Actor

DAY = timedelta(days=1)
SIGNATURES: Mapping[str, Reason] = {
    "signature: not the owner's": Reason.SIGNATURE_WRONG,
    "claim: bad signature": Reason.SIGNATURE_WRONG,
    "authorization: expired": Reason.SIGNATURE_EXPIRED,
    "claim: expired": Reason.SIGNATURE_EXPIRED,
    "authorization: not yet valid": Reason.SIGNATURE_EARLY,
    "authorization: used before": Reason.SIGNATURE_USED,
}
"""What contracts say of a signature that they do not take, and the reason that it is."""
_REGISTER = 7
"""Where a pot of `Distribution.vy` says whose register it pays by."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of act: its name, the contract, and the call with a signature of 65 bytes."""

    name: str
    contract: str
    call: Callable[[Any, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Relayed:
    """What became of it: the instruction, or why it was not sent. `code` is a reason's, 0 for none."""

    code: int
    reason: str
    instruction: Instruction | None
    gas: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What signing and relaying need to know: chain, contracts, budgets of a day and what is spent.

    `ballot` and `distribution` are None until the first meeting or payment of the chain.
    """

    issuer: str
    chain: int
    ballot: Address | None
    distribution: Address | None
    issuer_gas: int
    holder_gas: int
    spent: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A relayed act with the id of its holder (his wallet where he has none) and the state of its
    instruction."""

    act: RelayedAct
    holder: str
    state: str


@dataclass(frozen=True, slots=True)
class Domain:
    """The EIP-712 domain of a token, and its decimals."""

    chain: int
    token: Address
    name: str
    decimals: int


@dataclass(frozen=True, slots=True)
class _Act:
    """`digest` is of the message alone, `asked` of message and signature: what a key was used for."""

    kind: Kind
    signed: SignedAct
    owner: KnownIssuer
    place: Address
    wallet: str
    holder: str
    digest: str
    data: bytes
    signature: str
    asked: str


def relay(office: Office, actor: Actor, signed: SignedAct, signature: str, key: str) -> Relayed:
    """Send a signed act on its holder's behalf. The same key gives the same answer.

    Raises NotFound, NotPermitted, Invalid for a signature that is none, Conflict for a message that was
    relayed before.
    """
    act = _read(office, actor, signed, signature)
    with office.book.reading() as tx:
        used = relays.instruction_of(tx, act.digest)  # first: who used it kept his answer with it
        if known := requests.earlier(tx, actor.id, key, act.asked):
            return _answered(tx, known)
    _require_new(act, used)
    gas = _tried(office, act)
    with office.book.transaction() as tx:
        if known := requests.claim(tx, actor.id, key, act.asked):
            return _answered(tx, known)
        _require_new(act, relays.instruction_of(tx, act.digest))
        done = gas if isinstance(gas, Relayed) else _sent(office, tx, act, gas)
        _keep(office, tx, actor, act, key, done)
    return done


def terms(office: Office, actor: Actor, issuer: str | None) -> Terms:
    """What may be relayed for an issuer's holders, and where. Raises NotPermitted, NotFound."""
    permits.require_any(
        actor, (Power.REQUEST_TRANSFER, None), (Power.MANAGE_IDENTITIES, EVERYWHERE)
    )
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        limits = _budgets(office, tx, owner.id)
        spent = relays.spent(tx, owner.id, None, office.clock.now() - DAY)
        pays = settings.read(tx, f"distribution:{office.chain}")
    place = Address(pays) if pays else None
    return Terms(owner.id, office.chain, ballot(office), place, *limits, spent)


def domain(office: Office, actor: Actor, token: str) -> Domain:
    """What the domain of a token's signed acts carries. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.REQUEST_TRANSFER)
    with office.book.reading() as tx:
        _, known = issuers.instrument_at(tx, office.chain, token)
    return Domain(office.chain, known.token, _name(office, known.token), known.decimals)


def set_budgets(
    office: Office, actor: Actor, issuer: str | None, issuer_gas: int, holder_gas: int
) -> Terms:
    """Say how much gas a day is paid for the holders of an issuer, and for one of them; 0 pays none.

    Takes the place of the platform's setting for this issuer. Raises NotPermitted, NotFound, Invalid.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES, EVERYWHERE)
    given = {"issuer_gas": issuer_gas, "holder_gas": holder_gas}
    if wrong := [Mistake(name, f"{gas} is below 0") for name, gas in given.items() if gas < 0]:
        raise Invalid("these budgets cannot be set", wrong)
    now = office.clock.now()
    with office.book.transaction() as tx:
        owner = issuers.find(tx, issuer)
        settings.write(tx, _budget_setting(owner.id), json.dumps(given), now)
        content: dict[str, Plain] = {name: str(gas) for name, gas in given.items()}
        audit.record(tx, Entry(actor.id, "set relay budgets", owner.id, content=content), now)
    return terms(office, actor, owner.id)


def listed(office: Office, actor: Actor, issuer: str | None, limit: int) -> list[Standing]:
    """What was relayed for an issuer's holders, the newest first, and how each act stands.

    Raises NotPermitted, NotFound.
    """
    permits.require(actor, Power.READ_INSTRUCTIONS)
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        permits.require(actor, Power.READ_INSTRUCTIONS, owner.id)
        known = issuers.ids_by_wallet(tx, owner.id)
        return [
            Standing(one, known.get(one.holder, one.holder), _state(tx, one.instruction))
            for one in relays.lately(tx, owner.id, limit)
        ]


def carried(office: Office, ids: Sequence[InstructionId]) -> list[Instruction]:
    """Carry relayed acts out here and wait until each has ended. Raises Unavailable."""
    idle, since = 0, time.monotonic()
    while True:
        with office.book.reading() as tx:
            found = [instructions.find(tx, id) for id in ids]
        if all(one.state in ENDED for one in found):
            return found
        passed = posting.send_approved(office.posting) + posting.follow_chain(office.posting)
        if passed.changed:
            idle, since = 0, time.monotonic()
            continue
        wait(office, idle, time.monotonic() - since)
        idle += 1


def _state(tx: Transaction, id: str) -> str:
    return WORDS[instructions.find(tx, InstructionId(id)).state]


# ---- kinds ---------------------------------------------------------------------------------------


def _transfer(one: SignedTransfer, signature: bytes) -> bytes:
    said = (one.sender, one.receiver, one.units, one.valid_after, one.valid_before)
    given = (*said, _word(one.nonce), *_parts(signature))
    return contracts.call("SecurityToken", "transferWithAuthorization", *given)


def _cancel(one: SignedCancel, signature: bytes) -> bytes:
    given = (one.sender, _word(one.nonce), *_parts(signature))
    return contracts.call("SecurityToken", "cancelAuthorization", *given)


def _claim(one: SignedClaim, signature: bytes) -> bytes:
    proof = [_word(each) for each in one.proof]
    money = (one.distribution, one.wallet, one.gross, one.withheld, proof)
    v, r, s = _parts(signature)
    given = (*money, one.payee, one.deadline, r + s + bytes([v]))
    return contracts.call("Distribution", "claim_signed", *given)


def _vote(one: SignedVote, signature: bytes) -> bytes:
    v, r, s = _parts(signature)
    voter = ZERO_ADDRESS if one.voter == one.holder else one.voter
    said = (one.holder, voter, one.choices, one.at, len(one.marks))
    row = (*said, v, int.from_bytes(r), int.from_bytes(s))
    return contracts.call("Ballot", "vote_signed", one.meeting, [row], list(one.marks))


KINDS: Mapping[type[SignedAct], Kind] = {
    SignedTransfer: Kind("transfer", "SecurityToken", _transfer),
    SignedCancel: Kind("cancel", "SecurityToken", _cancel),
    SignedClaim: Kind("claim", "Distribution", _claim),
    SignedVote: Kind("vote", "Ballot", _vote),
}


def _parts(signature: bytes) -> tuple[int, bytes, bytes]:
    """v, r, s of 65 bytes."""
    v = signature[64]
    return v + 27 if v < 27 else v, signature[:32], signature[32:64]


def _word(text: str) -> bytes:
    return bytes.fromhex(text[2:])


# ---- parts ---------------------------------------------------------------------------------------


def _read(office: Office, actor: Actor, signed: SignedAct, signature: str) -> _Act:
    permits.require(actor, Power.REQUEST_TRANSFER)
    kind = KINDS[type(signed)]
    owner, place, wallet = _concerned(office, signed)
    with office.book.reading() as tx:
        holder = issuers.ids_by_wallet(tx, owner.id).get(wallet, wallet)
    permits.require(actor, Power.REQUEST_TRANSFER, holder_scope(owner.id, holder))
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != 65:
        said = "write 65 bytes, r, s and v, as 0x and 130 hexadecimal digits"
        raise Invalid("this is no signature", [Mistake("signature", said)])
    digest = "0x" + signer.typed_data_digest(_message(office, signed)).hex()
    data = kind.call(signed, raw)
    asked = hashlib.sha256(bytes.fromhex(digest[2:]) + raw).hexdigest()
    return _Act(kind, signed, owner, place, wallet, holder, digest, data, signature, asked)


def _concerned(office: Office, signed: SignedAct) -> tuple[KnownIssuer, Address, str]:
    """Whose register an act concerns, the contract that takes it, and the wallet of its holder.

    Raises NotFound.
    """
    if isinstance(signed, SignedTransfer | SignedCancel):
        with office.book.reading() as tx:
            owner, instrument = issuers.instrument_at(tx, office.chain, signed.token)
        return owner, instrument.token, signed.sender
    if isinstance(signed, SignedVote):
        return *_meeting(office, signed), signed.holder
    return *_pot(office, signed), signed.wallet


def _meeting(office: Office, signed: SignedVote) -> tuple[KnownIssuer, Address]:
    place = ballot(office)
    with office.book.reading() as tx:
        for owner in issuers.issuers(tx):
            numbers = {one.number for one in meetings.every(tx, owner.id)}
            if place is not None and place == signed.place and signed.meeting in numbers:
                return owner, place
    raise NotFound(f"there is no meeting {signed.meeting} in {signed.place}", field="meeting")


def _pot(office: Office, signed: SignedClaim) -> tuple[KnownIssuer, Address]:
    """Of whatever contract of this chain has pots: all of them are asked and called alike."""
    with office.book.reading() as tx:
        places = [
            settings.read(tx, name)
            for name in (f"distribution:{office.chain}", waterfall_setting(office))
        ]
        known = issuers.issuers(tx)
    if signed.place in places:
        place = Address(signed.place)
        found = contracts.read(office.w3, "Distribution", place, "pot", signed.distribution)
        for owner in known:
            if str(found[_REGISTER]).lower() == owner.register.lower():
                return owner, place
    raise NotFound(
        f"there is no distribution {signed.distribution} in {signed.place}", field="distribution"
    )


def _message(office: Office, signed: SignedAct) -> Mapping[str, Any]:
    match signed:
        case SignedTransfer():
            return transfer_message(signed, _name(office, signed.token), office.chain)
        case SignedCancel():
            return cancel_message(signed, _name(office, signed.token), office.chain)
        case SignedClaim():
            return claim_message(signed, office.chain)
        case SignedVote():
            return vote_message(signed, office.chain)


def _name(office: Office, token: str) -> str:
    return str(contracts.read(office.w3, "SecurityToken", token, "name"))


def _require_new(act: _Act, known: str | None) -> None:
    if known:
        raise Conflict(
            f"this signed {act.kind.name} was relayed already: see instruction {known}",
            instruction=known,
        )


def _tried(office: Office, act: _Act) -> int | Relayed:
    """The gas it would take now, or why it is not sent."""
    if isinstance(act.signed, SignedVote) and (refused := _why_no_vote(office, act, act.signed)):
        return refused
    if isinstance(act.signed, SignedClaim) and (why := _why_no_claim(office, act, act.signed)):
        return Relayed(0, why, None)
    sender = orders.agent(office).signer.address
    return _said(send.cost(office.w3, sender, act.place, act.data))


def _said(found: int | Refusal | Conflict) -> int | Relayed:
    if isinstance(found, int):
        return found
    if isinstance(found, Refusal):
        return Relayed(found.code, message_for(found.code), None)
    if reason := SIGNATURES.get(str(found.facts.get("said", ""))):
        return _against(reason)
    return Relayed(0, found.message, None)


def _against(reason: Reason) -> Relayed:
    return Relayed(int(reason), message_for(reason), None)


def _why_no_vote(office: Office, act: _Act, one: SignedVote) -> Relayed | None:
    """Why the contract would skip a vote; None if it would count."""
    digest = bytes.fromhex(act.digest[2:])
    if messages.signer_of_digest(digest, act.signature) != one.voter:
        return _against(Reason.SIGNATURE_WRONG)
    if to_seconds(now_on_chain(office)) < one.at:
        return _against(Reason.SIGNATURE_EARLY)
    own = contracts.call("Ballot", "vote", one.meeting, one.holder, one.choices, list(one.marks))
    found = send.attempt(office.w3, Address(one.voter), act.place, own)
    if found is None:
        return None
    if isinstance(found, Refusal):
        return Relayed(found.code, message_for(found.code), None)
    number = found.message.rpartition("vote refused: ")[2]
    said = vote_sentence(int(number)) if number.isdigit() else found.message
    return Relayed(0, said, None)


def _why_no_claim(office: Office, act: _Act, one: SignedClaim) -> str:
    """Why a claim pays nobody any more, as a sentence; nothing if the contract has to be asked."""
    where = (office.w3, "Distribution", act.place, "is_paid", one.distribution, one.account)
    if not contracts.read(*where):
        return ""
    return f"account {one.account} was paid before: nothing is claimed twice"


def _sent(office: Office, tx: Transaction, act: _Act, gas: int) -> Relayed:
    """Enter the instruction, if both budgets allow its gas."""
    now = office.clock.now()
    limits = _budgets(office, tx, act.owner.id)
    for holder, limit, whose in (
        (None, limits[0], f"issuer {act.owner.id}"),
        (act.wallet, limits[1], "holder"),
    ):
        spent = relays.spent(tx, act.owner.id, holder, now - DAY)
        if spent + gas > limit:
            words = (
                f"the gas that is paid for this {whose} in a day is used up ({spent:,} of {limit:,}):"
                f" try again after {stamp(now + DAY)}, or send it yourself"
            )
            return Relayed(0, words, None, gas)
    agent = orders.agent(office)
    what = f"relay a {act.kind.name}"
    asked = Asked(agent.signer, act.place, act.data, what, act.digest)
    made = entered(office, tx, f"relays {act.place}", asked)
    relays.add(tx, act.digest, act.kind.name, act.owner.id, act.wallet, made.id, gas, now)
    if isinstance(act.signed, SignedVote):
        meetings.tell(tx, act.owner.id, act.signed.meeting, "vote cast", now)
    return Relayed(0, "", made, gas)


def _keep(
    office: Office, tx: Transaction, actor: Actor, act: _Act, key: str, done: Relayed
) -> None:
    now = office.clock.now()
    id = done.instruction.id if done.instruction else None
    content: dict[str, Plain] = {"holder": act.holder, "instruction": id}
    if isinstance(act.signed, SignedTransfer):
        content["units"] = str(act.signed.units)
    ended = Outcome.DONE if id else Outcome.REFUSED
    what = f"relay {act.kind.name}"
    audit.record(tx, Entry(actor.id, what, act.place, ended, done.code or None, content), now)
    kept = {"code": done.code, "reason": done.reason, "gas": done.gas}
    scope = holder_scope(act.owner.id, act.holder)
    requests.keep(tx, Request(actor.id, key, act.asked, scope, id, kept, now))


def _answered(tx: Transaction, known: Request) -> Relayed:
    found = instructions.find(tx, InstructionId(known.instruction)) if known.instruction else None
    said = known.outcome
    return Relayed(int(said["code"]), str(said["reason"]), found, int(said["gas"]))


def _budgets(office: Office, tx: Transaction, issuer: str) -> tuple[int, int]:
    """Gas a day for all holders of an issuer, and for one: its own budgets, or the platform's."""
    said = settings.read(tx, _budget_setting(issuer))
    if said is None:
        return office.relay_gas
    found = json.loads(said)
    return int(found["issuer_gas"]), int(found["holder_gas"])


def _budget_setting(issuer: str) -> str:
    """A name short enough for the book, whatever the issuer's id is."""
    return f"relay budgets:{hashlib.sha256(issuer.encode()).hexdigest()[:32]}"
