"""Transfers, and the instructions that acts become."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.client.problems import made_here
from freehold.core.instruction import IN_FLIGHT, WORDS, State
from freehold.wire.documents import (
    Accepted,
    Decision,
    Instruction,
    Instructions,
    TransferAsked,
)
from freehold.wire.problems import KINDS

_ON_ITS_WAY = IN_FLIGHT | {State.NEW, State.APPROVED}
ENDED = frozenset(word for state, word in WORDS.items() if state not in _ON_ITS_WAY)
"""States after which nothing more happens to an instruction."""
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Transfers:
    """Asking for transfers, and following what became of them."""

    connection: Connection

    def ask(self, token: str, asked: TransferAsked) -> Decision:
        """Would it pass now? A refusal is an answer like any other."""
        path = "/v1/instruments/{token}/transfers/ask"
        return self.connection.post(path, Decision, asked, token=token)

    def request(self, token: str, asked: TransferAsked, key: str | None = None) -> Accepted:
        """Post a transfer, once under its key. Raises Refused with the reason's code and the day."""
        path = "/v1/instruments/{token}/transfers"
        return self.connection.act(path, Accepted, asked, key, token=token)

    def instructions(
        self,
        state: str | None = None,
        instrument: str | None = None,
        actor: str | None = None,
        since: str | None = None,
    ) -> Iterator[Instruction]:
        """What was asked of the chain, the newest first: in a state, on a token, by an identity, since an
        instant (ISO 8601), or all."""
        asked = {"state": state, "instrument": instrument, "actor": actor, "since": since}
        return self.connection.items("/v1/instructions", Instructions, asked)

    def instruction(self, id: str) -> Instruction:
        """One instruction with every change of its state."""
        return self.connection.get("/v1/instructions/{id}", Instruction, id=id)

    def wait(self, id: str, seconds: float = 60.0) -> Instruction:
        """The instruction once it has ended: `final`, or why not. Raises Unavailable when time is up."""
        end = time.monotonic() + seconds
        while True:
            found = self.instruction(id)
            if found.state in ENDED:
                return found
            if time.monotonic() > end:
                said = f"instruction {id} is still {found.state} after {seconds:g} s; it goes on"
                raise made_here("unavailable", 503, KINDS["unavailable"].title, said)
            self.connection.sleep(POLL_SECONDS)
