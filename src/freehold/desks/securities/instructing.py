"""What a holder does with his own units: where they stand, and a transfer that he gives himself.

Units under the agent's key move when the holder, signed in as who he is, says so (`transfers`). Units
under a wallet of his own move by that wallet's signature alone (ERC-3009): the rules and the records are
asked first, what is signed is made here field by field, and the relay sends it and pays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from freehold.book import issuers
from freehold.chain import contracts, messages, signer
from freehold.core.clock import to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import Address, record_hash
from freehold.core.roles import Power
from freehold.core.signed_acts import SignedTransfer, transfer_message
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import relay
from freehold.desks.parties import Party
from freehold.desks.permits import Actor
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferOutcome, TransferRequest

GOOD_FOR_SECONDS = 3_600
"""How long a signed transfer may be sent."""


@dataclass(frozen=True, slots=True)
class Position:
    """Units of one instrument that somebody holds and may transfer; `kept`: under the agent's key."""

    token: str
    name: str
    symbol: str
    issuer: str
    issuer_name: str
    decimals: int
    holder: str
    wallet: Address
    kept: bool
    units: str


def positions(office: Office, who: Actor) -> list[Position]:
    """What the actor holds himself, by issuer and instrument. Raises NotPermitted."""
    permits.require(who, Power.REQUEST_TRANSFER)
    found = []
    for scope in sorted(permits.scopes(who, Power.REQUEST_TRANSFER)):
        id, _, holder = scope.partition("/")
        if not holder:
            continue
        try:
            owner = parties.owner(office, id)
            party = parties.party(office, owner, holder)
        except NotFound:  # invited, and not in the register yet
            continue
        with office.book.reading() as tx:
            every = issuers.instruments(tx, owner.id)
        for one in every:
            held = contracts.read(office.w3, "SecurityToken", one.token, "balanceOf", party.wallet)
            if held:
                units = format_units(held, one.decimals)
                place = (str(one.token), one.name, one.symbol, owner.id, owner.name, one.decimals)
                found.append(Position(*place, holder, party.wallet, is_kept(party), units))
    return found


def is_kept(party: Party) -> bool:
    """Whether the agent's key opens the holder's account."""
    return party.holder.custody is not None and party.wallet == party.holder.wallet


def to_sign(
    office: Office, who: Actor, request: TransferRequest
) -> tuple[TransferOutcome, Mapping[str, Any] | None]:
    """What the holder's wallet signs (EIP-712) for a transfer that would pass; None for one that would
    not. Raises as `transfers.ask_as`, Conflict where the agent's key opens the account."""
    outcome = transfers.ask_as(office, who, request)
    if not outcome.allowed:
        return outcome, None
    until = to_seconds(now_on_chain(office)) + GOOD_FOR_SECONDS
    one = _message(office, who, request, until)
    name = str(contracts.read(office.w3, "SecurityToken", one.token, "name"))
    return outcome, transfer_message(one, name, office.chain)


def send_signed(
    office: Office, who: Actor, request: TransferRequest, signature: str, until: int
) -> TransferOutcome:
    """Send a transfer that the holder's wallet has signed, once under its key.

    The rules and the records are asked again. Raises Invalid for another wallet's signature.
    """
    outcome = transfers.ask_as(office, who, request)
    if not outcome.allowed:
        return outcome
    one = _message(office, who, request, until)
    name = str(contracts.read(office.w3, "SecurityToken", one.token, "name"))
    digest = signer.typed_data_digest(transfer_message(one, name, office.chain))
    by = messages.signer_of_digest(digest, signature)
    if by != one.sender:
        raise Invalid(
            f"{by or 'nobody'} signed this; the units are under {one.sender}: choose that account"
            " in your wallet",
            field="signature",
        )
    done = relay.relay(office, who, one, signature, request.key)
    if done.instruction is None:
        return replace(outcome, code=done.code, reason=done.reason)
    return replace(outcome, instruction=done.instruction)


def _message(office: Office, who: Actor, request: TransferRequest, until: int) -> SignedTransfer:
    with office.book.reading() as tx:
        owner, instrument = issuers.instrument_at(tx, office.chain, request.instrument)
    sender, receiver = parties.each(office, owner, (request.sender, request.receiver))
    if is_kept(sender):
        raise Conflict("the agent's key opens this account: nothing is to be signed")
    nonce = record_hash(["transfer", who.id, request.key])
    wallets = (instrument.token, sender.wallet, receiver.wallet)
    return SignedTransfer(*wallets, request.units, 0, until, nonce)
