"""Carries acts out on the chain through the outbox and waits until they are final.

Whoever asks gives each act a key; asked again under the same key, an act that happened is not done
again, so a desk that was killed in the middle goes on where it stopped when it is asked again.
"""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from freehold.book import instructions
from freehold.book.session import Transaction
from freehold.chain.signer import Signer
from freehold.core.errors import Conflict, NotFound, PlatformError, Unavailable
from freehold.core.ids import Address, InstructionId, instruction_id
from freehold.core.instruction import Instruction, State
from freehold.core.reasons import Refusal
from freehold.desks import posting
from freehold.desks.office import Office

Progress = Callable[[int, int, str], None]
"""Told after each step: how many acts are done, of how many, and what the last one was."""
ENDED = frozenset({State.SETTLED, State.REVERTED, State.REFUSED, State.REPLACED, State.CANCELLED})
NEVER_HAPPENED = frozenset({State.REFUSED, State.CANCELLED, State.REVERTED})
PATIENCE_SECONDS = 600
"""How long nothing may change: the blocks that make an act final on a network, and some more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One act: who signs, what contract (None: a new one), the call, a verb for people, its key."""

    signer: Signer
    target: Address | None
    data: bytes
    what: str
    key: str


WORKER_PATIENCE_SECONDS = 30
"""How long a request waits for the worker before it answers that the act is on its way."""


def silent(done: int, total: int, what: str) -> None:
    """A progress that tells nobody."""


def carry_out(
    office: Office, scope: str, asked: Sequence[Asked], progress: Progress = silent
) -> list[Instruction]:
    """Do the acts in order and wait until all are final; `scope` is what their keys belong to.

    Raises Conflict with the contract's reason if one is refused (the later ones are then withdrawn),
    Unavailable if the node cannot be reached; asking again goes on.
    """
    ids = _enter(office, scope, asked)
    idle, since = 0, time.monotonic()
    while True:
        with office.book.reading() as tx:
            found = [instructions.find(tx, id) for id in ids]
        failed = next((one for one in found if one.state in ENDED - {State.SETTLED}), None)
        if failed:
            _withdraw(office, found)
            raise _refused(failed)
        done = sum(one.state is State.SETTLED for one in found)
        if found:
            progress(done, len(found), asked[min(done, len(asked) - 1)].what)
        if done == len(found):
            return found
        passed = posting.send_approved(office.posting) + posting.follow_chain(office.posting)
        if passed.changed:
            idle, since = 0, time.monotonic()
            continue
        if passed.held:
            raise passed.held[0]
        wait(office, idle, time.monotonic() - since)
        idle += 1


def wait(office: Office, idle: int, seconds: float) -> None:
    """Wait for the chain, or in a process without keys for the worker. Raises Unavailable."""
    signs = bool(office.posting.signers)
    if not signs and seconds > WORKER_PATIENCE_SECONDS:
        raise Unavailable("the worker has it and is not done yet: ask again, nothing is done twice")
    if seconds > PATIENCE_SECONDS:
        raise Unavailable("the ledger does not move on: is anything mining its blocks?")
    time.sleep(min(0.01 * 2**idle, 1 if signs else 0.1))


def was_asked(office: Office, scope: str, sender: Address, key: str) -> bool:
    """Whether an act was asked for under this key and is on its way or done."""
    return asked_before(office, scope, sender, key) is not None


def asked_before(office: Office, scope: str, sender: Address, key: str) -> Instruction | None:
    """The instruction of an act under this key that is on its way or done; None where there is none."""
    with office.book.reading() as tx:
        for attempt in itertools.count(1):
            try:
                found = instructions.find(
                    tx, instruction_id(scope, sender, _numbered(key, attempt))
                )
            except NotFound:
                return None
            if found.state not in NEVER_HAPPENED:
                return found
    raise AssertionError("there is always a next number")


def receipt_of(office: Office, done: Instruction) -> Mapping[str, Any]:
    """The receipt of an act that happened."""
    assert done.mined_hash, "the act was mined"
    return office.w3.eth.get_transaction_receipt(done.mined_hash)  # type: ignore[arg-type]


def _enter(office: Office, scope: str, asked: Sequence[Asked]) -> list[InstructionId]:
    """Write the acts into the outbox, all or none."""
    with office.book.transaction() as tx:
        return [entered(office, tx, scope, one).id for one in asked]


def entered(office: Office, tx: Transaction, scope: str, one: Asked) -> Instruction:
    """The instruction under which an act is carried out, written into the outbox if it is new.

    One that was tried and never happened is tried again under the next number. A worker sends it:
    this neither waits nor signs.
    """
    for attempt in itertools.count(1):
        wanted = Instruction(
            id=instruction_id(scope, one.signer.address, _numbered(one.key, attempt)),
            chain=office.chain,
            sender=one.signer.address,
            target=one.target,
            data=one.data,
            what=one.what,
        )
        known = instructions.add(tx, wanted, office.clock.now())
        if known.state not in NEVER_HAPPENED:
            return known
    raise AssertionError("there is always a next number")


def _numbered(key: str, attempt: int) -> str:
    return key if attempt == 1 else f"{key} ({attempt})"


def _withdraw(office: Office, found: Sequence[Instruction]) -> None:
    with office.book.transaction() as tx:
        for one in found:
            if one.state is State.APPROVED:
                instructions.withdraw(tx, one.id, office.clock.now())


def _refused(one: Instruction) -> PlatformError:
    why = Refusal(one.code).message if one.code else one.note or "no reason was given"
    return Conflict(f"{one.what} did not happen: {why}", instruction=one.id, code=one.code)
