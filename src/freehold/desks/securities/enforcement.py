"""Acts against a holder's will or for the safety of all: force, freezes, halts.

Each needs a reason and a document, and the chain keeps both. What is done here can be undone only by
another act of the same kind, which needs its own reason and document.
"""

from dataclasses import dataclass

from freehold.book import locks
from freehold.chain.contracts import call
from freehold.core.errors import Conflict, Invalid
from freehold.core.facts import Flags, flags_word
from freehold.core.grounds import Grounds
from freehold.core.ids import instruction_id
from freehold.core.powers import Powers
from freehold.core.units import Units
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Order


@dataclass(frozen=True, slots=True)
class ForceRequest:
    """Base units to move from one holder (by id) to another, whatever the rules and freezes say."""

    instrument: str
    sender: str
    receiver: str
    units: Units
    grounds: Grounds
    key: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class FreezeRequest:
    """A freeze, or (`frozen` False) the end of one.

    Without `instrument` it concerns the person in everything; `sanctioned` then says by which of the
    two marks. With `instrument` and no `units` it stops the account there. With `units` that many base
    units are frozen from now on, whatever was before; it may be more than the holder has.
    """

    holder: str
    frozen: bool
    grounds: Grounds
    key: str
    issuer: str | None = None
    instrument: str | None = None
    units: int | None = None
    sanctioned: bool = False


@dataclass(frozen=True, slots=True)
class HaltRequest:
    """A halt of one instrument, or (`halted` False) its end."""

    instrument: str
    halted: bool
    grounds: Grounds
    key: str
    issuer: str | None = None


def force_transfer(
    office: Office, actor: Actor, request: ForceRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Move units against the holder's will, once under a key. Raises NotFound."""
    return orders.carry(office, actor, force_order(office, actor, request), dry_run=dry_run)


def force_order(office: Office, actor: Actor, request: ForceRequest) -> Order:
    """The order of a force transfer. Raises NotFound."""
    owner, instrument = parties.instrument(office, request.issuer, request.instrument)
    sender = parties.party(office, owner, request.sender)
    receiver = parties.party(office, owner, request.receiver)
    scope = f"force {instrument.token}"
    data = call(
        "SecurityToken",
        "force_transfer",
        _id(scope, actor, request.key),
        sender.wallet,
        receiver.wallet,
        request.units,
        int(request.grounds.reason),
        request.grounds.document,
    )
    asked = (Asked(actor.signer, instrument.token, data, "force a transfer", request.key),)
    return Order("force-transfer", scope, request.key, asked, Powers.FORCE)


def freeze(
    office: Office, actor: Actor, request: FreezeRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Freeze a person, an account or units, or end a freeze; once under a key.

    Raises NotFound, Invalid where units are named and no instrument.
    """
    return orders.carry(office, actor, freeze_order(office, actor, request), dry_run=dry_run)


def freeze_order(office: Office, actor: Actor, request: FreezeRequest) -> Order:
    """The order of a freeze, or of the end of one. Raises as `freeze`."""
    if request.instrument is None:
        return _freeze_person(office, actor, request)
    owner, instrument = parties.instrument(office, request.issuer, request.instrument)
    holder = parties.party(office, owner, request.holder)
    act = "freeze" if request.frozen else "unfreeze"
    scope = f"{act} {instrument.token}"
    id = _id(scope, actor, request.key)
    grounds = int(request.grounds.reason), request.grounds.document
    _require_locks_kept(office, request, owner.id, holder.holder.id, instrument.token)
    if request.units is None:
        data = call("SecurityToken", "stop_account", id, holder.wallet, request.frozen, *grounds)
    else:
        data = call("SecurityToken", "freeze", id, holder.wallet, request.units, *grounds)
    asked = (Asked(actor.signer, instrument.token, data, act, request.key),)
    return Order(act, scope, request.key, asked, Powers.FREEZE)


def halt(
    office: Office, actor: Actor, request: HaltRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Halt every transfer by the rules of one instrument, or resume; once under a key. Raises NotFound."""
    return orders.carry(office, actor, halt_order(office, actor, request), dry_run=dry_run)


def halt_order(office: Office, actor: Actor, request: HaltRequest) -> Order:
    """The order that halts an instrument, or resumes it. Raises NotFound."""
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    act = "halt" if request.halted else "resume"
    grounds = int(request.grounds.reason), request.grounds.document
    data = call("SecurityToken", act, *grounds)
    asked = (Asked(actor.signer, instrument.token, data, act, request.key),)
    return Order(act, f"{act} {instrument.token}", request.key, asked, Powers.HALT)


def _freeze_person(office: Office, actor: Actor, request: FreezeRequest) -> Order:
    if request.units is not None:
        raise Invalid("units are frozen in one instrument: name it", field="instrument")
    owner = parties.owner(office, request.issuer)
    holder = parties.party(office, owner, request.holder)
    mark = Flags.SANCTIONED if request.sanctioned else Flags.FROZEN
    kept = holder.facts.flags & (Flags.FROZEN | Flags.SANCTIONED) & ~mark
    flags = flags_word(kept | mark if request.frozen else kept)
    data = call("Holders", "set_flags", holder.wallet, flags, request.grounds.document)
    act = "freeze" if request.frozen else "unfreeze"
    asked = (Asked(actor.signer, owner.register, data, f"{act} a person", request.key),)
    return Order(act, f"{act} {owner.register}", request.key, asked, Powers.FREEZE)


def _require_locks_kept(
    office: Office, request: FreezeRequest, issuer: str, holder: str, token: str
) -> None:
    """Raises Conflict where less would be frozen than stop orders, claims, pledges and liens lock."""
    with office.book.reading() as tx:
        locked = locks.wanted(tx, token).get(locks.Account(issuer, holder, token), locks.NOTHING)
    lifts_stop = request.units is None and not request.frozen and locked.stopped
    if lifts_stop or (request.units is not None and request.units < locked.units):
        said = "the whole account" if lifts_stop else f"{locked.units} base units of it"
        raise Conflict(f"restraints lock {said}: release them first", holder=holder)


def _id(scope: str, actor: Actor, key: str) -> bytes:
    return orders.instruction_bytes(instruction_id(scope, actor.signer.address, key))
