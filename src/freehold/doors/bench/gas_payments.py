"""What a distribution costs: pages of 100 holders of record, with tax, pushed and claimed.

Every payee has received this money before, as with a dividend after the first; accounts are in order,
as the pages of core/actions/pages.py are. "All moved" means that every holder's units changed since the
record instant, so that the contract reads what they held instead of what they hold.
"""

from collections.abc import Iterator

from eth_abi.abi import encode
from eth_hash.auto import keccak

from freehold.chain import contracts, deploy
from freehold.core.ids import Address
from freehold.doors.bench.gas_ledger import gas, party, post
from freehold.doors.bench.gas_world import (
    ADMITTED,
    AGENT,
    BATCH,
    DOCUMENT,
    FIRST_RECORD,
    FOREVER,
    INSTRUCTION,
    SENDERS,
    Figure,
    World,
    moved,
)

EMPTY = bytes(32)
POT = 10**12
RATE = (1_000, 7)
"""Money's smallest units for so many units."""
LATER = FIRST_RECORD + 40_000_000


def dividends(world: World) -> Iterator[Figure]:
    """A pot for the first record instant: nobody's units moved, then another after all moved."""
    cash, place = _money(world), _contract(world)
    yield "deploy Distribution", place[1]
    holders = [party(number) for number in range(ADMITTED, ADMITTED + BATCH)]
    rows = [int(holder.address, 16) | (7 + at) << 164 for at, holder in enumerate(holders)]
    yield "dividend, each of 100 pushed, nobody moved", _pushed(world, place[0], cash, rows)
    for at, holder in enumerate(holders):
        moved(world, party(SENDERS + at % 5), holder, 10)
    yield "dividend, each of 100 pushed, all moved", _pushed(world, place[0], cash, rows)
    yield from _claims(world, place[0], cash, int(holders[0].address, 16))


def _money(world: World) -> Address:
    code = contracts.creation("Cash", "Dividend money", "EUR", 6)
    cash = deploy.created(post(world.ledger, AGENT, code, None))
    for number in range(ADMITTED, ADMITTED + BATCH):
        held = contracts.call("Cash", "issue", party(number).address, 1)
        post(world.ledger, AGENT, held, cash)
    post(world.ledger, AGENT, contracts.call("Cash", "issue", AGENT.address, 10 * POT), cash)
    return cash


def _contract(world: World) -> tuple[Address, int]:
    receipt = post(world.ledger, AGENT, contracts.creation("Distribution"), None)
    return deploy.created(receipt), gas(receipt)


def _pushed(world: World, place: Address, cash: Address, rows: list[int]) -> int:
    number = _opened(world, place, cash, _head(rows, EMPTY), EMPTY)
    call = contracts.call("Distribution", "pay", number, rows, EMPTY)
    return -(-gas(post(world.ledger, AGENT, call, place)) // BATCH)


def _claims(world: World, place: Address, cash: Address, wallet: int) -> Iterator[Figure]:
    """One claim with the proof that an account has among a million: 20 hashes."""
    facts = contracts.read(world.ledger.w3, "Holders", world.register, "facts", f"0x{wallet:040x}")
    account = facts >> 160 & 0xFFFFFFFF
    units = contracts.read(
        world.ledger.w3, "SecurityToken", world.tokens[0], "held_at_account", account, 1
    )
    gross = units * RATE[0] // RATE[1]
    words = encode(["uint256"] * 3, [account, gross, 5])
    node, proof = keccak(keccak(words)), []
    for level in range(20):
        other = keccak(level.to_bytes(2, "big"))
        proof.append(other)
        node = keccak(node + other if node < other else other + node)
    number = _opened(world, place, cash, EMPTY, node)
    claimed = (number, f"0x{wallet:040x}", gross, 5, proof)
    call = contracts.call("Distribution", "claim", *claimed)
    yield "dividend claimed with a proof of 20 hashes", gas(post(world.ledger, AGENT, call, place))


def _opened(world: World, place: Address, cash: Address, head: bytes, claims: bytes) -> int:
    """A funded and opened pot; its number."""
    terms = (
        world.tokens[0], 1, cash, *RATE, 0, LATER, AGENT.address, party(1).address, 0, 0, DOCUMENT,
    )  # fmt: skip
    declared = contracts.call("Distribution", "declare", INSTRUCTION, terms)
    post(world.ledger, AGENT, declared, place)
    number = int(contracts.read(world.ledger.w3, "Distribution", place, "count"))
    for target, data in (
        (cash, contracts.call("Cash", "approve", place, FOREVER)),
        (place, contracts.call("Distribution", "fund", number, POT)),
        (place, contracts.call(
            "Distribution", "open", number, *RATE, POT // 2, head, claims, DOCUMENT
        )),
    ):  # fmt: skip
        post(world.ledger, AGENT, data, target)
    return number


def _head(rows: list[int], after: bytes) -> bytes:
    return keccak(encode(["uint256[]", "bytes32"], [rows, after]))
