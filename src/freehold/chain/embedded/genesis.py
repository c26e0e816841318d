"""Block 0: who has money, which chain it is, and which liberties the ledger declares.

`genesis.json` lies beside the database and is written once; the same file always gives the same
block 0, and its hash is checked at every opening. The liberties stand in block 0's extra data, so
nobody can later take a ledger with a simulated clock for one that ran in real time.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_utils.address import is_address, to_checksum_address

from freehold.chain.embedded.blocks import Header, blank_header
from freehold.chain.embedded.encoding import EMPTY_HASH, encode, encode_int, keccak
from freehold.chain.embedded.trie import EMPTY_ROOT, update
from freehold.core.errors import Broken, Invalid

ETHER = 10**18
DEFAULT_CHAIN_ID = 31337
DEFAULT_FUNDS = 1_000_000 * ETHER
INITIAL_BASE_FEE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Genesis:
    """What is fixed for ever when a ledger is created.

    funded: address -> wei. seconds: block 0's time. simulated_clock: block times are set by hand
    (they may lie in the past, they never go back), and stand still in between. development:
    snapshots, reverts and reorganisations are allowed; both are off for a ledger that is meant
    to be believed. salt: tells apart ledgers that are alike in everything else, even in the second
    of their creation; what was signed for one must never fit the other.
    """

    funded: Mapping[str, int] = field(default_factory=dict)
    chain_id: int = DEFAULT_CHAIN_ID
    seconds: int = 0
    gas_limit: int = 30_000_000
    simulated_clock: bool = False
    development: bool = False
    salt: str = ""

    def __post_init__(self) -> None:
        for address, wei in self.funded.items():
            if not is_address(address) or int(address, 16) == 0:
                raise Invalid(f"funded address {address!r} is not an address", value=address)
            if not 0 <= wei < 1 << 128:
                raise Invalid(f"the funds of {address} are {wei} wei: give 0 to 2^128", value=wei)
        if not 0 < self.chain_id < 1 << 53:
            raise Invalid(f"chain id {self.chain_id} is not between 1 and 2^53")
        if not 5_000_000 <= self.gas_limit <= 1_000_000_000:
            raise Invalid(f"gas limit {self.gas_limit} is not between 5 million and 1 billion")
        if not 0 <= self.seconds < 1 << 40:
            raise Invalid(f"genesis time {self.seconds} is not a time in seconds since 1970")


def current_seconds() -> int:
    """The present time in seconds, for a genesis that starts now."""
    return int(time.time())


def write(genesis: Genesis, path: Path) -> None:
    """Write `genesis.json`."""
    funded = {to_checksum_address(a): str(wei) for a, wei in sorted(genesis.funded.items())}
    record = {
        "chain_id": genesis.chain_id,
        "development": genesis.development,
        "funded": funded,
        "gas_limit": genesis.gas_limit,
        "salt": genesis.salt,
        "seconds": genesis.seconds,
        "simulated_clock": genesis.simulated_clock,
    }
    path.write_text(json.dumps(record, indent=2) + "\n")


def read(path: Path) -> Genesis:
    """Read `genesis.json`. Raises Broken where it is damaged."""
    try:
        record: dict[str, Any] = json.loads(path.read_text())
        funded = {address: int(wei) for address, wei in record.pop("funded").items()}
        return Genesis(funded=funded, **record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Invalid) as fault:
        raise Broken(f"{path} cannot be read as a genesis: {fault}", path=str(path)) from None


def first_block(genesis: Genesis) -> tuple[Header, dict[bytes, bytes]]:
    """Block 0's header and the state nodes it stands on."""
    accounts = {
        keccak(bytes.fromhex(address[2:])): encode([b"", encode_int(wei), EMPTY_ROOT, EMPTY_HASH])
        for address, wei in genesis.funded.items()
        if wei
    }
    root, nodes = update(_no_node, EMPTY_ROOT, accounts)
    header = blank_header(bytes(32), 0, genesis.seconds, genesis.gas_limit, INITIAL_BASE_FEE)
    liberties = ["simulated"] * genesis.simulated_clock + ["development"] * genesis.development
    chain = encode_int(genesis.chain_id) + genesis.salt.encode()
    extra = ("freehold " + " ".join(liberties)).strip().encode()
    return replace(header, state_root=root, extra=extra, mix_hash=keccak(chain)), nodes


def _no_node(digest: bytes) -> list[Any]:
    raise KeyError(digest)
