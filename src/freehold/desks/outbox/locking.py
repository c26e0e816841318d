"""Keeps on the chain what restraints lock: the frozen units and the stops of every account.

The chain has one frozen figure for an account, and setting it replaces it. So nobody who places or
releases a restraint sets it himself: he writes the restraint, and the figure is derived here from all
restraints that are locked, by one instruction at a time for an account (`book/locks.py`). What somebody
froze for another reason stays beside it. The worker keeps on until chain and book agree.
"""

import time
from dataclasses import dataclass

from freehold.book import instructions, issuers, locks
from freehold.book.locks import Account, Lock, Locked
from freehold.book.session import Transaction
from freehold.chain import contracts, send
from freehold.chain.contracts import call
from freehold.core.errors import Conflict, PlatformError
from freehold.core.grounds import Ground
from freehold.core.ids import Address, InstructionId, instruction_id
from freehold.core.instruction import State
from freehold.core.reasons import Refusal, message_for
from freehold.core.units import MAX_UNITS
from freehold.desks import parties, posting
from freehold.desks.office import Office
from freehold.desks.outbox import carrying, orders, scaling
from freehold.desks.outbox.carrying import Asked

ACTS = frozenset({"freeze", "unfreeze"})
"""What instructions that set a frozen figure are called, whoever asks for them."""
_MANY = 10_000
_FROZEN_AT = 96


@dataclass(frozen=True, slots=True)
class Next:
    """The next act on an account, and what is locked once it has happened."""

    asked: Asked
    then: Locked


@dataclass(frozen=True, slots=True)
class Done:
    """What one pass moved, and what held up the rest of it."""

    moved: int
    held: tuple[PlatformError, ...]


def keep(office: Office) -> Done:
    """Take every account whose locks are not what they should be a step further."""
    with office.book.reading() as tx:
        found = locks.unsettled(tx)
    moved, held = 0, []
    for at in found:
        try:
            moved += _advance(office, at)
        except PlatformError as fault:
            held.append(fault)
    return Done(moved, tuple(held))


def refusal(office: Office, at: Account, wanted: Locked, document: str) -> str:
    """Why the chain would refuse to lock so much of an account; empty if it would not."""
    with office.book.reading() as tx:
        lock = locks.of_account(tx, at)
    try:
        one = _next(office, lock, wanted, document)
        if one is not None:
            _require_accepted(office, one)
    except Conflict as fault:
        return fault.message
    return ""


def settle(office: Office, at: Account) -> None:
    """Carry on until the chain has what restraints lock of an account; whoever has the keys does it.

    Raises Conflict where the chain refuses it, Unavailable where it cannot be reached.
    """
    idle, since = 0, time.monotonic()
    while not _is_settled(office, at):
        moved = _advance(office, at)
        passed = posting.send_approved(office.posting) + posting.follow_chain(office.posting)
        if moved or passed.changed:
            idle, since = 0, time.monotonic()
        elif passed.held:
            raise passed.held[0]
        else:
            carrying.wait(office, idle, time.monotonic() - since)
            idle += 1


def _is_settled(office: Office, at: Account) -> bool:
    with office.book.reading() as tx:
        lock = locks.of_account(tx, at)
        wanted = locks.wanted(tx, at.token).get(at, locks.NOTHING)
    return lock.instruction is None and lock.now == wanted


def _advance(office: Office, at: Account) -> bool:
    """End the turn of an act that is over, or begin the next one; whether anything changed."""
    with office.book.reading() as tx:
        lock = locks.of_account(tx, at)
        wanted = locks.wanted(tx, at.token).get(at, locks.NOTHING)
        if lock.instruction is None and lock.now == wanted:
            return False
    if lock.instruction is not None:
        return _end_turn(office, lock, lock.instruction)
    with office.book.reading() as tx:
        if lock.now.stopped == wanted.stopped and scaling.runs(tx, at.token):
            return False  # the split scales the figure: it is set again after it
        document = locks.paper(tx, at, locking=_is_more(lock.now, wanted))
    one = _next(office, lock, wanted, document)
    assert one is not None, "something is to change"
    _require_accepted(office, one)
    try:
        with office.book.transaction() as tx:
            if _is_awaited(office, tx, at.token):
                return False
            entered = carrying.entered(office, tx, _scope(at), one.asked)
            if not locks.take_turn(tx, lock, entered.id, one.then):
                raise _Beaten
    except _Beaten:
        return False
    return True


class _Beaten(Exception):
    """Somebody else took the account's turn: what was written beside it is rolled back."""


def _end_turn(office: Office, lock: Lock, which: InstructionId) -> bool:
    with office.book.reading() as tx:
        found = instructions.find(tx, which)
    if found.state not in carrying.ENDED:
        return False
    with office.book.transaction() as tx:
        locks.end_turn(tx, lock, found.state is State.SETTLED)
    return True


def _is_awaited(office: Office, tx: Transaction, token: str) -> bool:
    """Whether an act on its way may still set a frozen figure of this instrument."""
    agent = office.keys.agent.address
    waiting = instructions.approved(tx, office.chain, agent, _MANY)
    sent = instructions.in_flight(tx, office.chain, agent)
    return any(
        one.target == token and one.what in ACTS and one.state is not State.MINED
        for one in (*waiting, *sent)
    )


def _next(office: Office, lock: Lock, wanted: Locked, document: str) -> Next | None:
    """The act that brings an account nearer to what is wanted: its stop first, then its units."""
    at, now = lock.account, lock.now
    if now == wanted:
        return None
    with office.book.reading() as tx:
        owner = issuers.find(tx, at.issuer)
    found = parties.party(office, owner, at.holder)
    agent, key = orders.agent(office), f"{at.holder} {lock.turn}"
    id = orders.instruction_bytes(instruction_id(_scope(at), agent.signer.address, key))
    stops = now.stopped != wanted.stopped
    more = _is_more(now, wanted)
    grounds = int(Ground.STOP if more else Ground.RELEASE), bytes.fromhex(document)
    if stops:
        then = Locked(now.units, wanted.stopped)
        data = call("SecurityToken", "stop_account", id, found.wallet, wanted.stopped, *grounds)
    else:
        then = Locked(wanted.units, now.stopped)
        account = found.facts.account
        word = contracts.read(office.w3, "SecurityToken", at.token, "account_word", account)
        others = max((word >> _FROZEN_AT & MAX_UNITS) - now.units, 0)
        data = call("SecurityToken", "freeze", id, found.wallet, others + wanted.units, *grounds)
    act = "freeze" if more else "unfreeze"
    return Next(Asked(agent.signer, Address(at.token), data, act, key), then)


def _require_accepted(office: Office, one: Next) -> None:
    """Raises Conflict with the chain's reason where it would refuse the act."""
    asked = one.asked
    assert asked.target is not None, "it calls a contract"
    why = send.attempt(office.w3, asked.signer.address, asked.target, asked.data)
    if why is not None:
        said = message_for(why.code) if isinstance(why, Refusal) else why.message
        raise Conflict(f"the chain refuses to {asked.what} what restraints lock: {said}")


def _is_more(now: Locked, wanted: Locked) -> bool:
    """Whether the next act locks, or else lets go."""
    return wanted.stopped if now.stopped != wanted.stopped else wanted.units > now.units


def _scope(at: Account) -> str:
    return f"lock {at.token}"
