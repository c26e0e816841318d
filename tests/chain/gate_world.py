"""A small world for sending: an embedded ledger, a contract that counts, keys, a book, a clock."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from freehold.book import instructions
from freehold.book.session import open_book
from freehold.chain import node
from freehold.chain.signer import from_key
from freehold.core import ids
from freehold.core.instruction import Instruction, State
from freehold.desks import posting

CHAIN = 31337
AGENT, SECOND, POOR = (from_key(digit * 64) for digit in "123")
DEPLOYER = from_key("4" * 64)
FUNDED = [signer.address for signer in (AGENT, SECOND, DEPLOYER)]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """Stands still until the test moves it."""

    instant: datetime = NOON

    def now(self):
        return self.instant

    def forward(self, **by):
        self.instant += timedelta(**by)


@cache
def bytecode():
    compiler = pytest.importorskip("vyper", reason="pip install vyper==0.4.3")
    source = Path(__file__).with_name("gate.vy").read_text()
    return bytes.fromhex(compiler.compile_code(source, output_formats=["bytecode"])["bytecode"][2:])


def call(signature, *values):
    """Call data of a function by its signature."""
    types = [one for one in signature[signature.index("(") + 1 : -1].split(",") if one]
    return keccak(signature.encode())[:4] + encode(types, values)


@dataclass
class Gate:
    """The world; `posting` sends for AGENT, SECOND and POOR."""

    home: Path
    book_url: str
    w3: object
    address: str
    clock: HandClock
    posting: posting.Posting
    asked: int = field(default=0)

    @property
    def book(self):
        return self.posting.book

    def close(self):
        self.book.close()
        self.w3.provider.close()

    def settings(self, **changed):
        """The posting with other settings."""
        return replace(self.posting, **changed)

    def ask(self, signature, *values, sender=AGENT, key=None, **changed):
        """Enter an approved instruction; functions that take the id get it."""
        self.asked += 1
        which = ids.instruction_id("gate", "issuer", key or str(self.asked))
        values = (bytes.fromhex(which[2:]),) if "bytes32" in signature else values
        one = Instruction(
            which, CHAIN, sender.address, self.address, call(signature, *values), signature[:20]
        )
        with self.book.transaction() as tx:
            return instructions.add(tx, replace(one, **changed), self.clock.now())

    def send(self, **changed):
        return posting.send_approved(self.settings(**changed))

    def follow(self, **changed):
        return posting.follow_chain(self.settings(**changed))

    def found(self, one):
        with self.book.reading() as tx:
            return instructions.find(tx, one.id)

    def signed(self, one):
        with self.book.reading() as tx:
            return instructions.signed(tx, instructions.find(tx, one.id))

    def states(self, one):
        with self.book.reading() as tx:
            return [str(change.after) for change in instructions.history(tx, one.id)]

    def entered(self):
        """The instruction ids in the contract's events, in order."""
        logs = self.rpc("eth_getLogs", {"address": self.address, "fromBlock": "0x0"})
        return [log["data"][:66] for log in logs]

    def count(self, signer=AGENT):
        return int(self.rpc("eth_getTransactionCount", signer.address, "latest"), 16)

    def rpc(self, method, *params):
        answer = self.w3.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]


def build(home, book_url):
    """A fresh world in `home`, automining, in which reorganisations are allowed."""
    node.create_ledger(home, FUNDED, chain_id=CHAIN, development=True)
    return build_on(node.open_ledger(home, linger_seconds=0.2), home, book_url)


def build_on(w3, home, book_url):
    """A fresh world on a new ledger that funds FUNDED."""
    clock = HandClock()
    signers = (AGENT, SECOND, POOR)
    made = posting.Posting(open_book(book_url), w3, CHAIN, signers, clock, "worker one")
    world = Gate(home, book_url, w3, "", clock, made)
    world.address = _deploy(world)
    return world


def _deploy(world):
    """Through the outbox, as everything that is sent."""
    which = ids.instruction_id("gate", "issuer", "deploy")
    one = Instruction(which, CHAIN, DEPLOYER.address, None, bytecode(), "deploy")
    with world.book.transaction() as tx:
        instructions.add(tx, one, NOON)
    own = replace(world.posting, signers=[DEPLOYER])
    assert posting.send_approved(own).held == ()
    [settled] = posting.follow_chain(own).changed
    assert settled.state is State.SETTLED
    receipt = world.rpc("eth_getTransactionReceipt", settled.mined_hash)
    return receipt["contractAddress"]
