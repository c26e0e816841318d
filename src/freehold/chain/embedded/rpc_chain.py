"""JSON-RPC methods that only look: blocks, transactions, receipts, accounts, fees."""

import platform
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from freehold.chain.embedded import store as disk
from freehold.chain.embedded import trie
from freehold.chain.embedded.blocks import Receipt, base_fee_after, bloom_of
from freehold.chain.embedded.chain import Chain, Head, head_of, loader
from freehold.chain.embedded.encoding import decode, keccak, keccak_cached
from freehold.chain.embedded.pool import next_nonce
from freehold.chain.embedded.rpc_logs import log_json
from freehold.chain.embedded.rpc_values import (
    At,
    RpcError,
    block_at,
    block_json,
    bodies,
    data_of,
    header_json,
    hexed,
    quantity,
    receipts,
    transaction_json,
)
from freehold.chain.embedded.state import Account, account_at
from freehold.chain.embedded.transactions import Transaction, parse

TIP = 1_000_000_000
"""Wei per gas that is suggested as priority fee; the ledger never needs one."""
MAX_HISTORY = 1_024


def client_version(chain: Chain) -> str:
    liberties = [
        word for word in ("simulated_clock", "development") if getattr(chain.genesis, word)
    ]
    try:
        release = version("freehold")
    except PackageNotFoundError:
        release = "source"
    tail = "".join(f"/{word.replace('_', '-')}" for word in liberties)
    return f"freehold/{release}/embedded-prague/python{platform.python_version()}{tail}"


def net_version(chain: Chain) -> str:
    return str(chain.genesis.chain_id)


def net_listening(chain: Chain) -> bool:
    return True


def net_peers(chain: Chain) -> str:
    return "0x0"


def sha3(chain: Chain, data: Any) -> str:
    return hexed(keccak(data_of(data, "data")))


def chain_id(chain: Chain) -> str:
    return hex(chain.genesis.chain_id)


def syncing(chain: Chain) -> bool:
    return False


def accounts(chain: Chain) -> list[str]:
    return []


def block_number(chain: Chain) -> str:
    return hex(chain.head.header.number)


def gas_price(chain: Chain) -> str:
    return hex(base_fee_after(chain.head.header) + TIP)


def max_priority_fee(chain: Chain) -> str:
    return hex(TIP)


def fee_history(chain: Chain, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
    wanted = min(quantity(count, "block count"), MAX_HISTORY)
    shares = percentiles or []
    if any(not 0 <= share <= 100 for share in shares) or sorted(shares) != list(shares):
        raise RpcError(-32602, "percentiles must rise from 0 to 100")
    with disk.reading(chain.store) as view:
        last = block_at(chain, view, "latest" if newest == "pending" else newest).head
        first = max(0, last.header.number - wanted + 1)
        heads = [
            found
            for _, digest, _ in disk.canon(chain.store, view, first, last.header.number)
            if (found := head_of(chain.store, view, digest))
        ][: wanted or 0]
        history: dict[str, Any] = {
            "oldestBlock": hex(first),
            "baseFeePerGas": [hex(head.header.base_fee) for head in heads],
            "gasUsedRatio": [head.header.gas_used / head.header.gas_limit for head in heads],
            "baseFeePerBlobGas": ["0x1"] * (len(heads) + 1),
            "blobGasUsedRatio": [0.0] * len(heads),
        }
        history["baseFeePerGas"].append(hex(base_fee_after(last.header)))
        if shares:
            history["reward"] = [_tips(chain, view, head, shares) for head in heads]
    return history


def _tips(chain: Chain, view: Any, head: Head, shares: list[float]) -> list[str]:
    """The priority fee paid at each percentile of the block's gas."""
    paid = sorted(
        (r.price - head.header.base_fee, r.gas_used) for r in receipts(chain, view, head.hash)
    )
    if not paid:
        return ["0x0"] * len(shares)
    tips, so_far, at = [], paid[0][1], 0
    for share in shares:
        threshold = head.header.gas_used * share / 100
        while so_far < threshold and at < len(paid) - 1:
            at += 1
            so_far += paid[at][1]
        tips.append(hex(paid[at][0]))
    return tips


# ---- accounts ----


def _at(chain: Chain, address: Any, block: Any, read: Callable[[Any, At, Account], Any]) -> Any:
    who = data_of(address, "address", 20)
    with disk.reading(chain.store) as view:
        at = block_at(chain, view, block)
        return read(view, at, account_at(loader(chain.store, view), at.root, who))


def get_balance(chain: Chain, address: Any, block: Any = "latest") -> str:
    return str(_at(chain, address, block, lambda view, at, account: hex(account[1])))


def get_code(chain: Chain, address: Any, block: Any = "latest") -> str:
    def read(view: Any, at: At, account: Account) -> str:
        digest = account[3]
        known = disk.read(chain.store, view, "node", digest) is not None
        return hexed(disk.load_content(chain.store, view, digest)) if known else "0x"

    return str(_at(chain, address, block, read))


def get_storage_at(chain: Chain, address: Any, slot: Any, block: Any = "latest") -> str:
    key = keccak_cached(quantity(slot, "slot").to_bytes(32, "big"))

    def read(view: Any, at: At, account: Account) -> str:
        content = trie.get(loader(chain.store, view), account[2], key)
        return hexed((bytes(decode(content)) if content else b"").rjust(32, b"\0"))

    return str(_at(chain, address, block, read))


def get_transaction_count(chain: Chain, address: Any, block: Any = "latest") -> str:
    who = data_of(address, "address", 20)

    def read(view: Any, at: At, account: Account) -> str:
        return hex(next_nonce(chain.pool, who, account[0]) if at.pending else account[0])

    return str(_at(chain, address, block, read))


def get_proof(chain: Chain, address: Any, slots: Any, block: Any = "latest") -> dict[str, Any]:
    who = data_of(address, "address", 20)
    wanted = [quantity(slot, "slot") for slot in slots]

    def read(view: Any, at: At, account: Account) -> dict[str, Any]:
        load = loader(chain.store, view)
        nonce, wei, root, code = account
        return {
            "address": hexed(who),
            "accountProof": [hexed(n) for n in trie.prove(load, at.root, keccak(who))],
            "balance": hex(wei),
            "codeHash": hexed(code),
            "nonce": hex(nonce),
            "storageHash": hexed(root),
            "storageProof": [_slot_proof(load, root, slot) for slot in wanted],
        }

    proof: dict[str, Any] = _at(chain, address, block, read)
    return proof


def _slot_proof(load: trie.Load, root: bytes, slot: int) -> dict[str, Any]:
    key = keccak(slot.to_bytes(32, "big"))
    content = trie.get(load, root, key)
    value = int.from_bytes(bytes(decode(content)), "big") if content else 0
    nodes = [hexed(node) for node in trie.prove(load, root, key)]
    return {"key": hex(slot), "value": hex(value), "proof": nodes}


# ---- blocks ----


def _found(chain: Chain, view: Any, name: Any) -> Head | None:
    try:
        return block_at(chain, view, name).head
    except RpcError as fault:
        if fault.code == -32000:
            return None
        raise


def get_block(chain: Chain, name: Any, full: Any = False) -> dict[str, Any] | None:
    with disk.reading(chain.store) as view:
        head = _found(chain, view, name)
        if head is None or head.hash:
            return block_json(chain, view, head, bool(full)) if head else None
        sent = list(chain.pool.by_hash.values())
        listed = [transaction_json(s, None, 0) if full else hexed(s.hash) for s in sent]
        return {**header_json(head), "size": "0x0", "transactions": listed}


def count_in_block(chain: Chain, name: Any) -> str | None:
    with disk.reading(chain.store) as view:
        head = _found(chain, view, name)
        if head is None:
            return None
        return hex(len(bodies(chain, view, head.hash) if head.hash else chain.pool.by_hash))


def uncles_in_block(chain: Chain, name: Any) -> str | None:
    with disk.reading(chain.store) as view:
        return "0x0" if _found(chain, view, name) else None


def get_block_receipts(chain: Chain, name: Any) -> list[dict[str, Any]] | None:
    with disk.reading(chain.store) as view:
        head = _found(chain, view, name)
        return _receipts_json(chain, view, head) if head and head.hash else None


# ---- transactions ----


def _where(chain: Chain, view: Any, digest: bytes) -> tuple[Head, int] | None:
    row = disk.read(chain.store, view, "where", digest)
    if row is None:
        return None
    head = block_at(chain, view, int.from_bytes(row[:8], "big")).head
    return head, int.from_bytes(row[8:], "big")


def get_transaction(chain: Chain, digest: Any) -> dict[str, Any] | None:
    wanted = data_of(digest, "transaction hash", 32)
    with disk.reading(chain.store) as view:
        place = _where(chain, view, wanted)
        if place:
            return _transaction_in(chain, view, *place)
    sent = chain.pool.by_hash.get(wanted)
    return transaction_json(sent, None, 0) if sent else None


def get_raw_transaction(chain: Chain, digest: Any) -> str | None:
    wanted = data_of(digest, "transaction hash", 32)
    with disk.reading(chain.store) as view:
        place = _where(chain, view, wanted)
        if place:
            return hexed(bodies(chain, view, place[0].hash)[place[1]])
    sent = chain.pool.by_hash.get(wanted)
    return hexed(sent.raw) if sent else None


def get_transaction_in_block(chain: Chain, name: Any, index: Any) -> dict[str, Any] | None:
    place = quantity(index, "index")
    with disk.reading(chain.store) as view:
        head = _found(chain, view, name)
        if head is None or place >= len(bodies(chain, view, head.hash)):
            return None
        return _transaction_in(chain, view, head, place)


def _transaction_in(chain: Chain, view: Any, head: Head, place: int) -> dict[str, Any]:
    sender = receipts(chain, view, head.hash)[place].sender
    return transaction_json(parse(bodies(chain, view, head.hash)[place], sender), head, place)


def get_receipt(chain: Chain, digest: Any) -> dict[str, Any] | None:
    with disk.reading(chain.store) as view:
        place = _where(chain, view, data_of(digest, "transaction hash", 32))
        return _receipts_json(chain, view, place[0], place[1])[0] if place else None


def _receipts_json(
    chain: Chain, view: Any, head: Head, only: int | None = None
) -> list[dict[str, Any]]:
    raws, rows = bodies(chain, view, head.hash), receipts(chain, view, head.hash)
    listed, logs_before = [], 0
    for place, (raw, row) in enumerate(zip(raws, rows, strict=True)):
        if only in (None, place):
            listed.append(_receipt_json(parse(raw, row.sender), row, head, place, logs_before))
        logs_before += len(row.logs)
    return listed


def _receipt_json(
    sent: Transaction, row: Receipt, head: Head, place: int, logs_before: int
) -> dict[str, Any]:
    return {
        "type": hex(sent.kind),
        "status": hex(row.status),
        "transactionHash": hexed(sent.hash),
        "transactionIndex": hex(place),
        "blockHash": hexed(head.hash),
        "blockNumber": hex(head.header.number),
        "from": hexed(row.sender),
        "to": hexed(sent.to) if sent.to else None,
        "contractAddress": hexed(row.created) if row.created else None,
        "gasUsed": hex(row.gas_used),
        "cumulativeGasUsed": hex(row.cumulative_gas),
        "effectiveGasPrice": hex(row.price),
        "logsBloom": hexed(bloom_of(row.logs).to_bytes(256, "big")),
        "logs": [
            log_json(log, head, sent.hash, place, logs_before + i) for i, log in enumerate(row.logs)
        ],
    }


def base_fee(chain: Chain) -> str:
    return hex(base_fee_after(chain.head.header))


METHODS: Mapping[str, Callable[..., Any]] = {
    "web3_clientVersion": client_version,
    "web3_sha3": sha3,
    "net_version": net_version,
    "net_listening": net_listening,
    "net_peerCount": net_peers,
    "eth_chainId": chain_id,
    "eth_syncing": syncing,
    "eth_accounts": accounts,
    "eth_blockNumber": block_number,
    "eth_gasPrice": gas_price,
    "eth_maxPriorityFeePerGas": max_priority_fee,
    "eth_baseFee": base_fee,
    "eth_feeHistory": fee_history,
    "eth_getBalance": get_balance,
    "eth_getCode": get_code,
    "eth_getStorageAt": get_storage_at,
    "eth_getTransactionCount": get_transaction_count,
    "eth_getProof": get_proof,
    "eth_getBlockByNumber": get_block,
    "eth_getBlockByHash": get_block,
    "eth_getBlockTransactionCountByNumber": count_in_block,
    "eth_getBlockTransactionCountByHash": count_in_block,
    "eth_getUncleCountByBlockNumber": uncles_in_block,
    "eth_getUncleCountByBlockHash": uncles_in_block,
    "eth_getBlockReceipts": get_block_receipts,
    "eth_getTransactionByHash": get_transaction,
    "eth_getRawTransactionByHash": get_raw_transaction,
    "eth_getTransactionByBlockNumberAndIndex": get_transaction_in_block,
    "eth_getTransactionByBlockHashAndIndex": get_transaction_in_block,
    "eth_getTransactionReceipt": get_receipt,
}
