"""JSON-RPC methods that steer the ledger: mining, clock, snapshots, reorganisations.

Mining by hand is always possible. The clock moves by hand only where the genesis declares
`simulated_clock`, history only where it declares `development`.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from freehold.chain.embedded import chain as blocks
from freehold.chain.embedded.chain import Chain
from freehold.chain.embedded.rpc_chain import client_version
from freehold.chain.embedded.rpc_values import RpcError, data_of, hexed, quantity

MAX_BLOCKS = 100_000


def info(chain: Chain) -> dict[str, Any]:
    genesis = chain.genesis
    return {
        "client": client_version(chain),
        "chainId": hex(genesis.chain_id),
        "genesisHash": hexed(chain.genesis_hash),
        "simulatedClock": genesis.simulated_clock,
        "development": genesis.development,
        "clock": "wall" if chain.clock is None else hex(chain.clock),
        "automine": chain.automine,
        "gasLimit": hex(genesis.gas_limit),
        "blockNumber": hex(chain.head.header.number),
        "waiting": len(chain.pool.by_hash),
        "process": os.getpid(),
        "path": str(chain.store.path),
    }


def mine(chain: Chain, seconds: Any = None) -> str:
    if seconds is not None:
        blocks.set_clock(chain, quantity(seconds, "timestamp"))
    blocks.mine(chain)
    return "0x0"


def mine_many(chain: Chain, count: Any = "0x1") -> None:
    number = quantity(count, "blocks")
    if number > MAX_BLOCKS:
        raise RpcError(-32602, f"{number} blocks at once are too many: {MAX_BLOCKS} at most")
    blocks.mine(chain, number)


def set_automine(chain: Chain, on: Any) -> bool:
    if not isinstance(on, bool):
        raise RpcError(-32602, f"automine is true or false, not {on!r}")
    blocks.set_automine(chain, on)
    return True


def set_next_timestamp(chain: Chain, seconds: Any) -> str:
    moment = quantity(seconds, "timestamp")
    blocks.set_clock(chain, moment)
    return hex(moment)


def set_clock(chain: Chain, seconds: Any) -> str:
    moment = None if seconds is None else quantity(seconds, "timestamp")
    blocks.set_clock(chain, moment)
    return "wall" if moment is None else hex(moment)


def increase_time(chain: Chain, seconds: Any) -> str:
    moment = blocks.now(chain) + quantity(seconds, "seconds")
    blocks.set_clock(chain, moment)
    return hex(moment)


def snapshot(chain: Chain) -> str:
    return hex(blocks.take_snapshot(chain))


def revert(chain: Chain, number: Any) -> bool:
    return blocks.go_back(chain, quantity(number, "snapshot"))


def reorg(chain: Chain, depth: Any, transactions: Any = None) -> list[str]:
    """`transactions`: raw ones for the first new block, or a list of lists, one for each."""
    listed = transactions or []
    parts = listed if listed and isinstance(listed[0], list) else [listed] if listed else []
    raws = [[data_of(raw, "raw transaction") for raw in part] for part in parts]
    return [hexed(digest) for digest in blocks.reorganise(chain, quantity(depth, "depth"), raws)]


METHODS: Mapping[str, Callable[..., Any]] = {
    "freehold_info": info,
    "freehold_setClock": set_clock,
    "freehold_reorg": reorg,
    "evm_mine": mine,
    "hardhat_mine": mine_many,
    "anvil_mine": mine_many,
    "evm_setAutomine": set_automine,
    "evm_setNextBlockTimestamp": set_next_timestamp,
    "evm_increaseTime": increase_time,
    "evm_snapshot": snapshot,
    "evm_revert": revert,
}
