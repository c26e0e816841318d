"""Brings approved instructions to the chain and writes down what became of them.

Two functions, run by the worker in turn: `send_approved` tries, signs, stores and sends;
`follow_chain` reads receipts until they are final. Both work for one key at a time under a lease
in the book, and both may be killed at any point: what is signed is stored before it is sent, and
whatever is stored is sent again as it is. People have `bump` and `cancel`.

A call that the contract refuses when it is tried ends REFUSED and costs nothing; but only when
nothing else is on its way, because what is on its way may be what it waits for.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from freehold.book import instructions, settings
from freehold.book.instructions import Move
from freehold.book.session import Book
from freehold.chain import send
from freehold.chain.node import Ledger
from freehold.chain.send import FeeLimits, Mined, Prepared, Spent, Waiting
from freehold.chain.signer import Signer
from freehold.core.clock import Clock
from freehold.core.errors import Conflict, NotFound, PlatformError, Unavailable
from freehold.core.ids import Address, InstructionId
from freehold.core.instruction import Instruction, Purpose, SignedTransaction, State
from freehold.core.reasons import Refusal

BATCH = 50
"""How many instructions are signed and sent together: one block of the embedded ledger."""
SEEN_SECONDS = 1.0
"""So long a node is trusted to serve the chain that it said."""


@dataclass(slots=True)
class Seen:
    """Which node was last found to serve which chain, and when by the monotonic clock; none at first."""

    node: Ledger | None = None
    chain: int = 0
    at: float = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """What sending works with. `worker` is a name that no other process has.

    `finality` is the number of blocks on top of a receipt that make it final: 0 on a ledger that
    cannot reorganise. A lease only spares two workers the same work; safety does not rest on it.
    """

    book: Book
    w3: Ledger
    chain: int
    signers: Sequence[Signer]
    clock: Clock
    worker: str
    fees: FeeLimits = field(default_factory=FeeLimits)
    finality: int = 0
    bump_after: timedelta = timedelta(minutes=3)
    lease: timedelta = timedelta(seconds=30)
    seen: Seen = field(default_factory=Seen, compare=False)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass changed, and what held up the rest of it (retried by the next pass)."""

    changed: tuple[Instruction, ...] = ()
    held: tuple[PlatformError, ...] = ()

    def __add__(self, other: "Pass") -> "Pass":
        return Pass(self.changed + other.changed, self.held + other.held)


def send_approved(posting: Posting) -> Pass:
    """Sign and send what is approved, and send again what a crash left signed and unsent.

    Raises Conflict if the node serves another chain than the book knows, Unavailable if it cannot
    be reached at all.
    """
    _require_same_chain(posting)
    done = Pass()
    for signer in _busy(posting):
        with _leased(posting, signer.address) as mine:
            if mine:
                done += _sign_approved(posting, signer) + _send_signed(posting, signer.address)
    return done


def follow_chain(posting: Posting) -> Pass:
    """Read receipts: mined, final, lost again in a reorganisation, or waiting for too long.

    Raises as `send_approved`.
    """
    _require_same_chain(posting)
    head = send.head(posting.w3)
    done = Pass()
    for signer in _busy(posting):
        with _leased(posting, signer.address) as mine:
            if mine:
                done += _follow(posting, signer, head)
    return done


def bump(posting: Posting, which: InstructionId) -> SignedTransaction:
    """Offer a higher fee for an instruction on its way, now.

    Raises Conflict if it is not on its way, Unavailable if the fee limit does not allow it.
    """
    return _replace(posting, which, send.bump)


def cancel(posting: Posting, which: InstructionId) -> Instruction:
    """Stop an instruction: at once while it is unsigned, else by an empty transaction in its place.

    The latter may lose the race; what happened shows when the nonce is final. Raises Conflict once
    the instruction is mined.
    """
    with posting.book.transaction() as tx:
        found = instructions.find(tx, which)
        if found.state in (State.NEW, State.APPROVED):
            return instructions.withdraw(tx, which, posting.clock.now())
    _replace(posting, which, send.cancel)
    with posting.book.reading() as tx:
        return instructions.find(tx, which)


def _require_same_chain(posting: Posting) -> None:
    """The book belongs to the chain it was first used with, known by the hash of its block 0.

    Local ledgers share their numbers; what was signed for one must not be sent to another. The node is
    asked once a second: a pass takes less.
    """
    now, seen = time.monotonic(), posting.seen
    same = seen.node is posting.w3 and seen.chain == posting.chain
    if same and now - seen.at < SEEN_SECONDS:
        return
    first = send.require_chain(posting.w3, posting.chain)
    name = f"block 0 of chain {posting.chain}"
    with posting.book.reading() as tx:
        known = settings.read(tx, name)
    if known is None:
        with posting.book.transaction() as tx:
            settings.write(tx, name, first, posting.clock.now())
    elif known != first:
        raise Conflict(
            f"this book was used with another chain {posting.chain}, whose block 0 was {known}; "
            f"the node's is {first}: open the book that belongs to it, or start a new one",
            book=known,
            chain=first,
        )
    seen.node, seen.chain, seen.at = posting.w3, posting.chain, now


def _busy(posting: Posting) -> list[Signer]:
    """The keys with something to do: a lease costs two commits."""
    with posting.book.reading() as tx:
        busy = instructions.busy(tx, posting.chain)
    return [one for one in posting.signers if one.address in busy]


@contextmanager
def _leased(posting: Posting, sender: Address) -> Iterator[bool]:
    now = posting.clock.now()
    with posting.book.transaction() as tx:
        mine = instructions.lease(
            tx, posting.chain, sender, posting.worker, now, now + posting.lease
        )
    try:
        yield mine
    finally:
        if mine:
            with posting.book.transaction() as tx:
                instructions.release(tx, posting.chain, sender, posting.worker)


def _sign_approved(posting: Posting, signer: Signer) -> Pass:
    with posting.book.reading() as tx:
        waiting = instructions.approved(tx, posting.chain, signer.address, BATCH)
        on_their_way = instructions.anything_unmined(tx, posting.chain)
    if not waiting:
        return Pass()
    try:
        nonce = _next_nonce(posting, signer.address)
        done, held = _try_and_sign(posting, signer, waiting, nonce, on_their_way)
        return Pass(_store(posting, done), held)
    except (Conflict, Unavailable) as error:
        return Pass(held=(error,))


def _next_nonce(posting: Posting, sender: Address) -> int:
    with posting.book.reading() as tx:
        counted = instructions.next_nonce(tx, posting.chain, sender)
        flying = instructions.in_flight(tx, posting.chain, sender)
    held = [one.nonce for one in flying if one.nonce is not None]
    return send.require_in_step(posting.w3, sender, counted, held)


_Done = list[tuple[Instruction, SignedTransaction | Refusal | Conflict]]


def _try_and_sign(
    posting: Posting, signer: Signer, waiting: list[Instruction], nonce: int, on_their_way: bool
) -> tuple[_Done, tuple[PlatformError, ...]]:
    """Instructions with their signed bytes or why the contract refuses them, up to the first that
    has to wait for others."""
    try:
        now = send.market(posting.w3)
        tries = send.prepare(posting.w3, waiting, now, posting.fees)
    except Unavailable as error:
        return [], (error,)
    done: _Done = []
    for instruction, tried in zip(waiting, tries, strict=True):
        if isinstance(tried, Unavailable):
            return done, (tried,)
        if isinstance(tried, Prepared):
            at = posting.clock.now()
            done.append((instruction, send.sign(signer, instruction, tried, nonce, at)))
            nonce, on_their_way = nonce + 1, True
        elif on_their_way:
            break
        else:
            done.append((instruction, tried))
    return done, ()


def _store(posting: Posting, done: _Done) -> tuple[Instruction, ...]:
    """Commit everything that was signed or refused; only after this may anything be sent."""
    now = posting.clock.now()
    made: list[tuple[Instruction, SignedTransaction]] = []
    refused: list[Move] = []
    for one, outcome in done:
        if isinstance(outcome, SignedTransaction):
            made.append((one, outcome))
        else:
            refused.append(Move(one, _with_reason(replace(one, state=State.REFUSED), outcome)))
    with posting.book.transaction() as tx:
        instructions.store_first_all(tx, made, posting.worker, now)
        instructions.move_all(tx, refused, now)
    return tuple(one.after for one in refused)


def _send_signed(posting: Posting, sender: Address) -> Pass:
    with posting.book.reading() as tx:
        flying = instructions.in_flight(tx, posting.chain, sender)
        stored = [one for one in flying if one.state is State.SIGNED]
        stored.sort(key=lambda one: one.nonce or 0)
        made = instructions.signed_each(tx, posting.chain, sender, stored)
        pairs = [(one, each[-1]) for one, each in zip(stored, made, strict=True)]
    return _send(posting, pairs)


def _send(posting: Posting, pairs: list[tuple[Instruction, SignedTransaction]]) -> Pass:
    """Send stored bytes and mark as SENT what the node took."""
    if not pairs:
        return Pass()
    try:
        failures = send.send(posting.w3, [made for _, made in pairs])
    except Unavailable as error:
        return Pass(held=(error,))
    moves = [
        Move(one, replace(one, state=State.SENT))
        for (one, _), failure in zip(pairs, failures, strict=True)
        if failure is None and one.state is State.SIGNED
    ]
    if moves:
        with posting.book.transaction() as tx:
            instructions.move_all(tx, moves, posting.clock.now())
    sent = tuple(one.after for one in moves)
    return Pass(sent, tuple(failure for failure in failures if failure is not None))


_Found = Mined | Waiting | Spent


def _follow(posting: Posting, signer: Signer, head: int) -> Pass:
    with posting.book.reading() as tx:
        flying = instructions.in_flight(tx, posting.chain, signer.address)
        attempts = instructions.signed_each(tx, posting.chain, signer.address, flying)
    if not flying:
        return Pass()
    try:
        found = send.follow_each(posting.w3, attempts, head, posting.finality)
        whys = [_why(posting, *each) for each in zip(flying, attempts, found, strict=True)]
    except Unavailable as error:
        return Pass(held=(error,))
    steps = [_steps(*each) for each in zip(flying, attempts, found, whys, strict=True)]
    if any(steps):
        with posting.book.transaction() as tx:
            for place in range(max(map(len, steps))):
                moves = [each[place] for each in steps if place < len(each)]
                instructions.move_all(tx, moves, posting.clock.now())
    done = Pass(tuple(each[-1].after for each in steps if each))
    for one, made, what, moves in zip(flying, attempts, found, steps, strict=True):
        if isinstance(what, Waiting):
            after = moves[-1].after if moves else one
            done += _push(posting, signer, one, after, made, what)
    return done


def _why(
    posting: Posting, one: Instruction, attempts: list[SignedTransaction], found: _Found
) -> Refusal | Conflict | None:
    """Why the instruction's own call failed for good; None if it did not."""
    if not isinstance(found, Mined) or found.succeeded or not found.final:
        return None
    if _purpose(attempts, found) is Purpose.CANCEL:
        return None
    return send.why_reverted(posting.w3, one, found.block)


def _purpose(attempts: list[SignedTransaction], found: Mined) -> Purpose:
    return next(made.purpose for made in attempts if made.hash == found.hash)


def _steps(
    one: Instruction,
    attempts: list[SignedTransaction],
    found: _Found,
    why: Refusal | Conflict | None,
) -> list[Move]:
    """The changes that follow from what was found, one after the other; none if that is nothing new."""
    steps: list[Move] = []
    moved = not isinstance(found, Mined) or found.block_hash != one.block_hash
    if one.state is State.MINED and moved:
        lost = replace(one, state=State.SENT, mined_hash=None, mined_block=None, block_hash=None)
        steps.append(Move(one, lost, "its block was reorganised away"))
        one = lost
    if isinstance(found, Spent):
        note = f"nonce {one.nonce} was taken by another transaction"
        return [*steps, Move(one, replace(one, state=State.REPLACED, note=note))]
    if isinstance(found, Waiting):
        return steps
    if one.state is not State.MINED:
        mined = _mined(one, found)
        steps.append(Move(one, mined))
        one = mined
    if found.final:
        steps.append(Move(one, _final(one, _purpose(attempts, found), why, found)))
    return steps


def _mined(one: Instruction, found: Mined) -> Instruction:
    return replace(
        one,
        state=State.MINED,
        mined_hash=found.hash,
        mined_block=found.block,
        block_hash=found.block_hash,
    )


def _final(
    one: Instruction, purpose: Purpose, why: Refusal | Conflict | None, found: Mined
) -> Instruction:
    if purpose is Purpose.CANCEL:
        return replace(one, state=State.CANCELLED)
    if found.succeeded:
        return replace(one, state=State.SETTLED)
    failed = replace(one, state=State.REVERTED)
    return _with_reason(failed, why) if why else failed


def _push(
    posting: Posting,
    signer: Signer,
    before: Instruction,
    after: Instruction,
    attempts: list[SignedTransaction],
    found: Waiting,
) -> Pass:
    """See that what waits is known to the node: the same bytes, or after a while a higher fee."""
    last = attempts[-1]
    if before.state is State.MINED:
        lost = next(made for made in attempts if made.hash == before.mined_hash)
        return _send(posting, [(after, lost)])
    if found.next and posting.clock.now() - last.signed_at >= posting.bump_after:
        try:
            made = _sign_replacement(posting, signer, after, last, send.bump)
        except (Unavailable, Conflict) as error:
            return Pass(held=(error,))
        return _send(posting, [(after, made)])
    if not found.known:
        return _send(posting, [(after, last)])
    return Pass()


def _replace(posting: Posting, which: InstructionId, kind: send.Replacement) -> SignedTransaction:
    _require_same_chain(posting)
    with posting.book.reading() as tx:
        found = instructions.find(tx, which)
        attempts = instructions.signed(tx, found)
    if found.state not in (State.SIGNED, State.SENT):
        raise Conflict(f"instruction {which} is {found.state}: there is nothing left to replace")
    with _leased(posting, found.sender) as mine:
        if not mine:
            raise Conflict(f"another worker is sending for {found.sender}: try again")
        signer = _signer(posting, found.sender)
        made = _sign_replacement(posting, signer, found, attempts[-1], kind)
        held = _send(posting, [(found, made)]).held
    if held:
        raise held[0]
    return made


def _signer(posting: Posting, sender: Address) -> Signer:
    for signer in posting.signers:
        if signer.address == sender:
            return signer
    raise NotFound(f"no signer is set up for {sender}", sender=sender)


def _sign_replacement(
    posting: Posting,
    signer: Signer,
    one: Instruction,
    last: SignedTransaction,
    kind: send.Replacement,
) -> SignedTransaction:
    now = send.market(posting.w3)
    made = kind(signer, one, last, now, posting.fees, posting.clock.now())
    with posting.book.transaction() as tx:
        instructions.store_next(tx, made, posting.worker)
    return made


def _with_reason(one: Instruction, why: Refusal | Conflict) -> Instruction:
    code = why.code if isinstance(why, Refusal) else None
    return replace(one, code=code, note=why.message)
