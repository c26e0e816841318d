"""One act asked of the chain: its id, its content, and the states it passes through.

An instruction is stored before anything is sent (the outbox). From then on only the bytes signed
for it, or a replacement under the same nonce, may reach a node. `MINED` means that a receipt was
seen; only a receipt with the configured number of blocks on top ends an instruction, because a
reorganisation may still take it away.

    NEW -> APPROVED -> SIGNED -> SENT -> MINED -> SETTLED     it happened
                 \\-> REFUSED       \\       |-> REVERTED     it was mined, and the contract refused
                                     \\      `-> CANCELLED    a cancellation took its nonce
                                      `-> REPLACED           something foreign took its nonce
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freehold.core.errors import Conflict
from freehold.core.ids import Address, InstructionId


class State(StrEnum):
    """Where an instruction stands."""

    NEW = "NEW"
    APPROVED = "APPROVED"
    SIGNED = "SIGNED"
    SENT = "SENT"
    MINED = "MINED"
    SETTLED = "SETTLED"
    REVERTED = "REVERTED"
    REFUSED = "REFUSED"
    REPLACED = "REPLACED"
    CANCELLED = "CANCELLED"


ALLOWED: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.APPROVED, State.CANCELLED}),
    State.APPROVED: frozenset({State.SIGNED, State.REFUSED, State.CANCELLED}),
    State.SIGNED: frozenset({State.SENT, State.MINED, State.REPLACED}),
    State.SENT: frozenset({State.MINED, State.REPLACED}),
    State.MINED: frozenset({State.SENT, State.SETTLED, State.REVERTED, State.CANCELLED}),
    State.REPLACED: frozenset({State.APPROVED}),
    State.SETTLED: frozenset(),
    State.REVERTED: frozenset(),
    State.REFUSED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""What may follow what. REPLACED may be approved again: its nonce is spent, it never happened."""

WORDS = {
    State.NEW: "waiting",
    State.APPROVED: "accepted",
    State.SIGNED: "sending",
    State.SENT: "seen",
    State.MINED: "confirmed",
    State.SETTLED: "final",
    State.REVERTED: "failed",
    State.REFUSED: "refused",
    State.REPLACED: "replaced",
    State.CANCELLED: "cancelled",
}
"""How the doors word a state; only `final` is for good, and until then a block may be replaced."""
IN_FLIGHT = frozenset({State.SIGNED, State.SENT, State.MINED})
"""States that hold a nonce whose fate is not final."""


class Purpose(StrEnum):
    """What a signed transaction is: the instruction's own call, or an empty one in its place."""

    CALL = "CALL"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One act asked of the chain. `target` is None for the creation of a contract.

    `sender` is the address whose key has to sign, `what` a short verb for people ("issue"). The
    fields from `state` on are what became of it; the others are its content and never change.
    """

    id: InstructionId
    chain: int
    sender: Address
    target: Address | None
    data: bytes
    what: str
    state: State = State.APPROVED
    nonce: int | None = None
    mined_hash: str | None = None
    mined_block: int | None = None
    block_hash: str | None = None
    code: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Bytes that may be sent for an instruction. Fees in wei per gas; attempts count from 1."""

    instruction: InstructionId
    purpose: Purpose
    chain: int
    sender: Address
    nonce: int
    attempt: int
    hash: str
    raw: bytes
    gas: int
    fee_max: int
    tip_max: int
    signed_at: datetime


def require_move(instruction: Instruction, to: State) -> None:
    """Refuse a change of state that is not in `ALLOWED`. Raises Conflict."""
    if to not in ALLOWED[instruction.state]:
        raise Conflict(
            f"instruction {instruction.id} ({instruction.what}) is {instruction.state} and cannot "
            f"become {to}",
            instruction=instruction.id,
            state=instruction.state,
            wanted=to,
        )


def require_same(asked: Instruction, earlier: Instruction) -> Instruction:
    """The earlier instruction, if it has the content that is asked for again. Raises Conflict.

    The sender is not content: an instruction whose nonce was lost may be given to another key.
    """
    differing = [
        name
        for name in ("chain", "target", "data", "what")
        if getattr(asked, name) != getattr(earlier, name)
    ]
    if differing:
        raise Conflict(
            f"instruction {asked.id} exists already with another {' and '.join(differing)}: "
            "use a new idempotency key for a new act",
            instruction=asked.id,
        )
    return earlier
