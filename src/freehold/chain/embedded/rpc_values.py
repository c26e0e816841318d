"""Values as JSON-RPC writes them: quantities, bytes, block names; and blocks as objects."""

from typing import Any, NamedTuple

import cbor2

from freehold.chain.embedded import store as disk
from freehold.chain.embedded.blocks import Receipt, encode_header, unpack_receipts
from freehold.chain.embedded.chain import Chain, Head, hash_at, head_of, next_header
from freehold.chain.embedded.transactions import Transaction, parse
from freehold.chain.embedded.trie import EMPTY_ROOT

HEAD_NAMES = ("latest", "safe", "finalized", "pending")


class RpcError(Exception):
    """What a caller is told instead of a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class At(NamedTuple):
    """The block a request is about; for `pending` the state is the head's, the header the next."""

    head: Head
    root: bytes
    pending: bool = False


def quantity(value: Any, what: str) -> int:
    """Read a quantity: 0x and hexadecimal digits, or a plain JSON integer."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    try:
        if isinstance(value, str) and value[:2] in ("0x", "0X"):
            return int(value[2:] or "0", 16)
    except ValueError:
        pass
    raise RpcError(-32602, f"{what} {value!r} is not a quantity such as 0x1f")


def data_of(value: Any, what: str, size: int | None = None) -> bytes:
    """Read bytes: 0x and an even number of hexadecimal digits."""
    try:
        if isinstance(value, str) and value[:2] in ("0x", "0X"):
            content = bytes.fromhex(value[2:])
            if size is None or len(content) == size:
                return content
    except ValueError:
        pass
    wanted = f"{size} bytes" if size else "bytes"
    raise RpcError(-32602, f"{what} {value!r} is not {wanted} in hexadecimal with 0x")


def hexed(value: bytes) -> str:
    """Bytes as JSON-RPC writes them."""
    return "0x" + value.hex()


def block_at(chain: Chain, view: Any, name: Any) -> At:
    """The block a tag, number, hash or EIP-1898 object names. Raises RpcError where none is."""
    if name is None or name in HEAD_NAMES:
        head = head_of(chain.store, view, disk.read(chain.store, view, "meta", b"head") or b"")
        assert head is not None, "the chain has a head"
        if name == "pending":
            return At(Head(b"", next_header(chain, head)), head.header.state_root, True)
        return At(head, head.header.state_root)
    found = _named(chain, view, name)
    if found is None:
        raise RpcError(-32000, f"header not found: there is no block {name}")
    return At(found, found.header.state_root)


def _named(chain: Chain, view: Any, name: Any) -> Head | None:
    if isinstance(name, dict):
        if "blockHash" not in name:
            return _named(chain, view, name.get("blockNumber"))
        found = head_of(chain.store, view, data_of(name["blockHash"], "block hash", 32))
        if found and name.get("requireCanonical") and not canonical(chain, view, found):
            raise RpcError(-32000, f"block {name['blockHash']} is not on the chain that counts")
        return found
    if isinstance(name, str) and len(name) == 66:
        return head_of(chain.store, view, data_of(name, "block hash", 32))
    number = 0 if name == "earliest" else quantity(name, "block")
    if number >= 1 << 64:
        return None
    digest = hash_at(chain.store, view, number)
    return head_of(chain.store, view, digest) if digest else None


def canonical(chain: Chain, view: Any, head: Head) -> bool:
    """Whether the block stands on the chain that counts."""
    return hash_at(chain.store, view, head.header.number) == head.hash


def bodies(chain: Chain, view: Any, digest: bytes) -> list[bytes]:
    """The raw transactions of a block; none for the pending one, which has no hash yet."""
    content = disk.read(chain.store, view, "body", digest) if digest else None
    return list(cbor2.loads(content)) if content else []


def receipts(chain: Chain, view: Any, digest: bytes) -> list[Receipt]:
    """The receipts of a block; none for the pending one."""
    content = disk.read(chain.store, view, "receipts", digest) if digest else None
    return unpack_receipts(content) if content else []


def header_json(head: Head) -> dict[str, Any]:
    """A header as an object; hash and nonce are null where the block is still pending."""
    header = head.header
    return {
        "number": hex(header.number),
        "hash": hexed(head.hash) if head.hash else None,
        "parentHash": hexed(header.parent_hash),
        "nonce": hexed(header.nonce) if head.hash else None,
        "sha3Uncles": hexed(header.uncles_hash),
        "logsBloom": hexed(header.bloom),
        "transactionsRoot": hexed(header.transactions_root),
        "stateRoot": hexed(header.state_root),
        "receiptsRoot": hexed(header.receipts_root),
        "miner": hexed(header.coinbase),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": hexed(header.extra),
        "mixHash": hexed(header.mix_hash),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.seconds),
        "baseFeePerGas": hex(header.base_fee),
        "withdrawalsRoot": hexed(EMPTY_ROOT),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": hexed(header.beacon_root),
        "requestsHash": hexed(header.requests_hash),
        "withdrawals": [],
        "uncles": [],
    }


def block_json(chain: Chain, view: Any, head: Head, full: bool) -> dict[str, Any]:
    """A block with its transactions, whole or by hash."""
    raws = bodies(chain, view, head.hash)
    known = receipts(chain, view, head.hash) if full else []
    sent = [parse(raw, known[i].sender if full else bytes(20)) for i, raw in enumerate(raws)]
    listed: list[Any] = [
        transaction_json(item, head, place) if full else hexed(item.hash)
        for place, item in enumerate(sent)
    ]
    size = len(encode_header(head.header)) + sum(map(len, raws))
    return {**header_json(head), "size": hex(size), "transactions": listed}


def transaction_json(sent: Transaction, head: Head | None, place: int) -> dict[str, Any]:
    """A transaction as an object; block fields are null while it waits."""
    price = sent.price(head.header.base_fee) if head else sent.max_fee
    record: dict[str, Any] = {
        "type": hex(sent.kind),
        "hash": hexed(sent.hash),
        "nonce": hex(sent.nonce),
        "from": hexed(sent.sender),
        "to": hexed(sent.to) if sent.to else None,
        "value": hex(sent.value),
        "gas": hex(sent.gas),
        "gasPrice": hex(price),
        "input": hexed(sent.data),
        "v": hex(sent.v),
        "r": hex(sent.r),
        "s": hex(sent.s),
        "blockHash": hexed(head.hash) if head else None,
        "blockNumber": hex(head.header.number) if head else None,
        "transactionIndex": hex(place) if head else None,
    }
    if sent.chain_id is not None:
        record["chainId"] = hex(sent.chain_id)
    if sent.kind:
        record["yParity"] = hex(sent.v)
        record["accessList"] = access_json(sent.access_list)
    if sent.kind >= 2:
        record["maxFeePerGas"] = hex(sent.max_fee)
        record["maxPriorityFeePerGas"] = hex(sent.max_priority_fee)
    if sent.kind == 4:
        record["authorizationList"] = [
            {
                "chainId": hex(line.chain_id),
                "address": hexed(line.address),
                "nonce": hex(line.nonce),
                "yParity": hex(line.y_parity),
                "r": hex(line.r),
                "s": hex(line.s),
            }
            for line in sent.authorizations
        ]
    return record


def access_json(lines: Any) -> list[dict[str, Any]]:
    """An access list as objects."""
    return [
        {"address": hexed(address), "storageKeys": [f"0x{slot:064x}" for slot in slots]}
        for address, slots in lines
    ]
