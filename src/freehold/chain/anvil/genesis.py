"""How a fast node's chain begins: its id, first instant, block size and funded addresses.

The genesis is fixed for the life of a journal: it is stored there as canonical text, and a start
that asks for another one is refused, because no block could be replayed on top of it.
"""

import json
from dataclasses import dataclass

from freehold.core.errors import Conflict, Invalid

DEV_CHAIN_ID = 31337
ETHER = 10**18


@dataclass(frozen=True, slots=True)
class Genesis:
    """`funded` pairs an address (0x and 40 hex digits) with its wei; `timestamp` is in seconds.

    Half of `gas_limit` is the block size at which the base fee stays where it is.
    """

    chain_id: int = DEV_CHAIN_ID
    timestamp: int = 1_767_225_600
    gas_limit: int = 200_000_000
    funded: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.chain_id < 2**53:
            raise Invalid(f"chain id {self.chain_id} is not a positive number", field="chain_id")
        for address, wei in self.funded:
            if len(address) != 42 or not address.startswith("0x") or wei < 0:
                raise Invalid(f"funded {address!r}: write 0x, 40 hex digits and its wei as >= 0")


def to_text(genesis: Genesis) -> str:
    """The genesis as the journal keeps it; equal geneses give equal text."""
    return json.dumps(
        {
            "chain_id": genesis.chain_id,
            "timestamp": genesis.timestamp,
            "gas_limit": genesis.gas_limit,
            "funded": sorted([address.lower(), str(wei)] for address, wei in genesis.funded),
        },
        sort_keys=True,
    )


def from_text(text: str) -> Genesis:
    """The genesis that `to_text` wrote."""
    read = json.loads(text)
    funded = tuple((address, int(wei)) for address, wei in read.pop("funded"))
    return Genesis(**read, funded=funded)


def for_anvil(genesis: Genesis) -> str:
    """The genesis.json that anvil's --init reads."""
    alloc = {address: {"balance": hex(wei)} for address, wei in genesis.funded}
    return json.dumps(
        {
            "config": {"chainId": genesis.chain_id},
            "timestamp": hex(genesis.timestamp),
            "gasLimit": hex(genesis.gas_limit),
            "difficulty": "0x0",
            "alloc": alloc,
        }
    )


def must_match(stored: Genesis, asked: Genesis, place: str) -> None:
    """Raises Conflict where `asked` is not the chain that the journal at `place` belongs to."""
    if stored.chain_id != asked.chain_id:
        raise Conflict(
            f"chain id {asked.chain_id}: the journal {place} belongs to chain {stored.chain_id}; "
            f"start with chain id {stored.chain_id} or give another home",
            field="chain_id",
        )
    if to_text(stored) != to_text(asked):
        raise Conflict(
            f"genesis: the journal {place} began with other funded addresses, block size or first "
            "instant; start without a genesis to go on with it, or give another home",
            field="genesis",
        )
