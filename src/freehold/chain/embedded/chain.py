"""The chain itself: admitting transactions, building blocks, moving the head.

One lock guards building; whoever holds it puts everything that waits into its block, so senders
that arrive together share one block and one synced commit. A sender is answered only after the
commit. Readers take no lock: they see the last commit.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock, RLock
from typing import Any, NamedTuple

from freehold.chain.embedded import genesis as genesis_file
from freehold.chain.embedded import pool as waiting
from freehold.chain.embedded import store as disk
from freehold.chain.embedded.blocks import (
    Block,
    Header,
    Receipt,
    base_fee_after,
    blank_header,
    bloom_of,
    consensus_receipt,
    decode_header,
    header_hash,
)
from freehold.chain.embedded.encoding import decode, keccak
from freehold.chain.embedded.evm import ask_of, can_send, context_of, execute
from freehold.chain.embedded.genesis import Genesis
from freehold.chain.embedded.pool import Pool, Terms
from freehold.chain.embedded.state import Account, LedgerState, account_at
from freehold.chain.embedded.store import Change, Store
from freehold.chain.embedded.transactions import Transaction, parse
from freehold.chain.embedded.trie import root_of
from freehold.core.errors import Invalid, NotPermitted, PlatformError, Unavailable

WALL = b"wall"
NOTHING: Mapping[bytes, bytes] = {}
_REMEMBERED_VALUES = 1_000_000


class Head(NamedTuple):
    """A block's hash and header."""

    hash: bytes
    header: Header


@dataclass(slots=True)
class Chain:
    """An open chain. `clock` is the standing time in seconds, None where wall time counts."""

    store: Store
    genesis: Genesis
    genesis_hash: bytes
    head: Head
    clock: int | None = None
    automine: bool = True
    pool: Pool = field(default_factory=Pool)
    saved: set[bytes] = field(default_factory=set)
    failed: dict[bytes, PlatformError] = field(default_factory=dict)
    snapshots: dict[int, tuple[Head, int | None]] = field(default_factory=dict)
    state: LedgerState | None = None
    building: Any = field(default_factory=RLock)
    pooling: Any = field(default_factory=Lock)


def create_chain(path: Path, genesis: Genesis) -> None:
    """Write genesis and block 0 into the new directory `path`, complete or not at all.

    The caller holds the lock of the home; what an interrupted creation left is begun anew.
    """
    header, nodes = genesis_file.first_block(genesis)
    draft = path.with_name(f"{path.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    disk.create(draft, header, nodes)
    genesis_file.write(genesis, draft / "genesis.json")
    draft.rename(path)


def open_chain(path: Path, map_size: int = disk.MAP_SIZE) -> Chain:
    """Open the chain in `path`; nothing is replayed. Raises Broken."""
    genesis = genesis_file.read(path / "genesis.json")
    genesis_hash = header_hash(genesis_file.first_block(genesis)[0])
    store = disk.open_store(path, genesis_hash, map_size)
    with disk.reading(store) as view:
        head = head_of(store, view, disk.read(store, view, "meta", b"head") or b"")
        stand = disk.read(store, view, "meta", b"clock")
    assert head is not None, "the store has checked its head"
    chain = Chain(store, genesis, genesis_hash, head)
    if genesis.simulated_clock and stand != WALL:
        chain.clock = int(stand or genesis.seconds)
    for raw in disk.pooled(store):
        sent = parse(raw)
        chain.pool.by_hash[sent.hash] = chain.pool.by_nonce[sent.sender, sent.nonce] = sent
        chain.saved.add(sent.hash)
    return chain


# ---- reading ----


def head_of(store: Store, view: Any, digest: bytes) -> Head | None:
    """The header of the block with this hash."""
    content = disk.read(store, view, "header", digest)
    return Head(digest, decode_header(content)) if content else None


def hash_at(store: Store, view: Any, number: int) -> bytes | None:
    """The hash of block `number` on the chain that counts."""
    row = disk.read(store, view, "canon", number.to_bytes(8, "big"))
    return row[:32] if row else None


def loader(
    store: Store, view: Any, fresh: Mapping[bytes, bytes] = NOTHING
) -> Callable[[bytes], Any]:
    """Fetches trie nodes in one view of the disk, or from `fresh`, not yet on it."""
    known = store.nodes

    def load(digest: bytes) -> Any:
        if digest in fresh:
            return decode(fresh[digest])
        node = known.get(digest)
        return disk.load_node(store, view, digest) if node is None else node

    return load


def account_in(chain: Chain, view: Any, header: Header, address: bytes) -> Account:
    """An account as it stood after the block with this header."""
    return account_at(loader(chain.store, view), header.state_root, address)


def state_on(
    chain: Chain, view: Any, root: bytes, header: Header, fresh: Mapping[bytes, bytes] = NOTHING
) -> LedgerState:
    """A state of one's own on `root`, inside the block `header`; nothing of it is kept."""
    context = context_of(header, chain.genesis.chain_id, _ancestors(chain, view, header))
    store = chain.store

    def load_code(digest: bytes) -> bytes:
        return fresh[digest] if digest in fresh else disk.load_code(store, view, digest)

    return LedgerState(context, root, loader(store, view, fresh), load_code)


def _ancestors(chain: Chain, view: Any, header: Header) -> Iterator[bytes]:
    digest = header.parent_hash
    for number in range(header.number - 1, max(header.number - 257, -1), -1):
        if number < header.number - 1:
            digest = hash_at(chain.store, view, number) or b""
        yield digest


def now(chain: Chain) -> int:
    """The time of a block built now, in seconds: never before its parent's."""
    seconds = int(time.time()) if chain.clock is None else chain.clock
    return max(seconds, chain.head.header.seconds)


def next_header(chain: Chain, parent: Head) -> Header:
    """The empty header on top of `parent`."""
    seconds = max(now(chain), parent.header.seconds)
    fee = base_fee_after(parent.header)
    number = parent.header.number + 1
    return blank_header(parent.hash, number, seconds, chain.genesis.gas_limit, fee)


# ---- accepting transactions ----


def submit(chain: Chain, raws: Sequence[bytes]) -> list[bytes | PlatformError]:
    """Accept transactions, in one block where they fit; each one's hash or why it is refused.

    Returns after what it acknowledges is on disk: in a block, or in the pool where the nonce is
    ahead or automine is off.
    """
    parsed = [_parsed(raw) for raw in raws]
    with chain.pooling, disk.reading(chain.store) as view:
        results = [_admitted(chain, view, item) for item in parsed]
    taken = [digest for digest in results if isinstance(digest, bytes)]
    if taken:
        with chain.building, suppress(Unavailable):  # whoever is concerned finds it in `failed`
            if chain.automine and any(digest in chain.pool.by_hash for digest in taken):
                _mine_all(chain)
        with chain.building:
            _save_waiting(chain, taken)
    return [
        chain.failed.pop(digest, digest) if isinstance(digest, bytes) else digest
        for digest in results
    ]


def _parsed(raw: bytes) -> Transaction | PlatformError:
    try:
        return parse(raw)
    except Invalid as refusal:
        return refusal


def _admitted(chain: Chain, view: Any, item: Transaction | PlatformError) -> bytes | PlatformError:
    if isinstance(item, PlatformError):
        return item
    header = chain.head.header
    terms = Terms(chain.genesis.chain_id, chain.genesis.gas_limit, base_fee_after(header))
    nonce, wei, _, code = account_in(chain, view, header, item.sender)
    try:
        if not can_send(code, _code(chain, view, code)):
            raise Invalid(f"sender not an eoa: 0x{item.sender.hex()} is a contract")
        waiting.admit(chain.pool, item, terms, nonce, wei)
    except Invalid as refusal:
        return refusal
    return item.hash


def _code(chain: Chain, view: Any, digest: bytes) -> bytes:
    return (
        b""
        if not disk.read(chain.store, view, "node", digest)
        else disk.load_content(chain.store, view, digest)
    )


def _save_waiting(chain: Chain, taken: list[bytes]) -> None:
    """What is acknowledged but in no block yet must survive the process all the same."""
    fresh = [
        chain.pool.by_hash[digest]
        for digest in taken
        if digest in chain.pool.by_hash and digest not in chain.saved
    ]
    gone = tuple(chain.saved - chain.pool.by_hash.keys())
    if not fresh and not gone:
        return
    rows = tuple((item.hash, item.raw) for item in fresh)
    try:
        disk.commit(chain.store, Change(pool_add=rows, pool_drop=gone))
    except Unavailable as fault:
        _drop(chain, [(item, fault) for item in fresh])
    else:
        chain.saved.difference_update(gone)
        chain.saved.update(item.hash for item in fresh)


# ---- building blocks ----


def mine(chain: Chain, blocks: int = 1) -> None:
    """Build `blocks` blocks of what waits, empty ones where nothing does."""
    with chain.building:
        for _ in range(blocks):
            with disk.reading(chain.store) as view:
                draft = _build(chain, view, _in_turn(chain))
            _seal(chain, draft)


def _mine_all(chain: Chain) -> None:
    """Build blocks until nothing waits whose turn it is."""
    while asked := _in_turn(chain):
        with disk.reading(chain.store) as view:
            draft = _build(chain, view, asked)
        if draft.done:
            _seal(chain, draft)
        elif not draft.refused:
            return
        _drop(chain, draft.refused)


def _in_turn(chain: Chain) -> list[Transaction]:
    header = chain.head.header
    with chain.pooling, disk.reading(chain.store) as view:
        nonces: dict[bytes, int] = {}
        for sender in {sent.sender for sent in chain.pool.by_hash.values()}:
            nonces[sender] = account_in(chain, view, header, sender)[0]
        return list(waiting.in_turn(chain.pool, nonces, base_fee_after(header)))


def _build(chain: Chain, view: Any, asked: list[Transaction]) -> "Draft":
    header = next_header(chain, chain.head)
    state = state_on(chain, view, chain.head.header.state_root, header)
    known = chain.state
    if known is not None and known.root == state.root and known.size() < _REMEMBERED_VALUES:
        known.carry_from(state)
        state = known
    chain.state = None
    return _draft(chain, state, header, asked)


def _seal(chain: Chain, draft: "Draft") -> None:
    """Make the draft the head: first on disk, then for everybody."""
    done, block = draft.done, draft.block
    saved = tuple(item.hash for item in done if item.hash in chain.saved)
    try:
        disk.commit(chain.store, Change(blocks=(block,), nodes=draft.nodes, pool_drop=saved))
    except PlatformError as fault:
        _drop(chain, [(item, fault) for item in done if item.hash not in chain.saved])
        raise
    with chain.pooling:
        chain.head = Head(block.hash, block.header)
        for item in done:
            waiting.remove(chain.pool, item)
    chain.saved.difference_update(saved)
    chain.state = draft.state


def _drop(chain: Chain, refused: list[tuple[Transaction, PlatformError]]) -> None:
    with chain.pooling:
        for item, why in refused:
            waiting.remove(chain.pool, item)
            if item.hash not in chain.saved:
                chain.failed[item.hash] = why


class Draft(NamedTuple):
    """A block that is built but not yet on disk."""

    block: Block
    nodes: dict[bytes, bytes]
    done: list[Transaction]
    refused: list[tuple[Transaction, PlatformError]]
    state: LedgerState


def _draft(chain: Chain, state: LedgerState, header: Header, asked: list[Transaction]) -> Draft:
    """Run what fits into a block on `header`."""
    done: list[Transaction] = []
    receipts: list[Receipt] = []
    refused: list[tuple[Transaction, PlatformError]] = []
    gas = 0
    for sent in asked:
        if gas + sent.gas > header.gas_limit or sent.nonce > state.get_nonce(sent.sender):
            continue
        if sentence := _cannot(state, sent):
            refused.append((sent, Invalid(sentence)))
            continue
        receipt = _run(state, header, sent, gas)
        gas = receipt.cumulative_gas
        done.append(sent)
        receipts.append(receipt)
    root, nodes = state.seal()
    header = _closed(header, root, done, receipts)
    block = Block(header_hash(header), header, [sent.raw for sent in done], receipts)
    return Draft(block, nodes, done, refused, state)


def _cannot(state: LedgerState, sent: Transaction) -> str | None:
    if sent.nonce < state.get_nonce(sent.sender):
        return f"nonce too low: 0x{sent.sender.hex()} has used nonce {sent.nonce}"
    return waiting.short_of_funds(sent, state.get_balance(sent.sender))


def _run(state: LedgerState, header: Header, sent: Transaction, gas: int) -> Receipt:
    outcome = execute(state, ask_of(sent, header.base_fee))
    return Receipt(
        sender=sent.sender,
        status=int(outcome.error is None),
        gas_used=outcome.gas_used,
        cumulative_gas=gas + outcome.gas_used,
        price=sent.price(header.base_fee),
        created=outcome.created,
        logs=list(outcome.logs),
    )


def _closed(
    header: Header, root: bytes, done: list[Transaction], receipts: list[Receipt]
) -> Header:
    blooms = [bloom_of(receipt.logs) for receipt in receipts]
    whole = 0
    for bloom in blooms:
        whole |= bloom
    encoded = [
        consensus_receipt(sent.kind, receipt, bloom)
        for sent, receipt, bloom in zip(done, receipts, blooms, strict=True)
    ]
    return replace(
        header,
        state_root=root,
        transactions_root=root_of([sent.raw for sent in done]),
        receipts_root=root_of(encoded),
        bloom=whole.to_bytes(256, "big"),
        gas_used=receipts[-1].cumulative_gas if receipts else 0,
    )


# ---- what only a ledger that declares it may do ----


def set_clock(chain: Chain, seconds: int | None) -> None:
    """Let block times stand at `seconds` until set again; None follows wall time."""
    if not chain.genesis.simulated_clock:
        raise NotPermitted(
            "this ledger runs in real time: its genesis does not declare simulated_clock"
        )
    with chain.building:
        head = chain.head.header.seconds
        if seconds is not None and seconds < head:
            raise Invalid(
                f"time {seconds} lies before the last block's, {head}: time never goes back"
            )
        text = WALL if seconds is None else str(seconds).encode()
        disk.commit(chain.store, Change(meta={b"clock": text}))
        chain.clock = seconds


def take_snapshot(chain: Chain) -> int:
    """Remember the head; the number to go back to it."""
    _require_development(chain, "snapshots")
    with chain.building:
        number = max(chain.snapshots, default=0) + 1
        chain.snapshots[number] = (chain.head, chain.clock)
        return number


def go_back(chain: Chain, number: int) -> bool:
    """Go back to a snapshot, which is used up, with all later ones; False where it is unknown."""
    _require_development(chain, "reverts")
    with chain.building:
        if number not in chain.snapshots:
            return False
        head, clock = chain.snapshots[number]
        disk.commit(chain.store, Change(rewind=head.header.number, pool_drop=tuple(chain.saved)))
        with chain.pooling:
            chain.head, chain.clock, chain.pool = head, clock, Pool()
        chain.saved.clear()
        chain.snapshots = {n: kept for n, kept in chain.snapshots.items() if n < number}
        return True


def reorganise(chain: Chain, depth: int, raws: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Replace the last `depth` blocks by as many others, `raws[i]` in the i-th; their hashes.

    All in one commit, as a node does when another branch wins. What stood in the old blocks and
    not in the new ones is forgotten.
    """
    _require_development(chain, "reorganisations")
    with chain.building, disk.reading(chain.store) as view:
        number = chain.head.header.number - depth
        if depth < 1 or number < 0 or len(raws) > depth:
            raise Invalid(
                f"depth {depth} does not fit a chain of {chain.head.header.number} blocks"
            )
        head = head_of(chain.store, view, hash_at(chain.store, view, number) or b"")
        assert head is not None, "the chain that counts has no gaps"
        drafts = _branch(chain, view, head, [list(part) for part in raws], depth)
        nodes: dict[bytes, bytes] = {}
        for draft in drafts:
            nodes.update(draft.nodes)
        blocks = tuple(draft.block for draft in drafts)
        disk.commit(chain.store, Change(blocks=blocks, nodes=nodes, rewind=number))
        with chain.pooling:
            chain.head = Head(blocks[-1].hash, blocks[-1].header)
            chain.state = None
        return [block.hash for block in blocks]


def _branch(
    chain: Chain, view: Any, head: Head, raws: list[list[bytes]], depth: int
) -> list[Draft]:
    state = state_on(chain, view, head.header.state_root, head.header)
    mark = keccak(chain.head.hash)[:8]
    drafts: list[Draft] = []
    fresh: dict[bytes, bytes] = {}
    for place in range(depth):
        asked = [parse(raw) for raw in raws[place]] if place < len(raws) else []
        header = replace(
            next_header(chain, head), extra=b"branch " + mark, seconds=head.header.seconds
        )
        state.carry_from(state_on(chain, view, state.root, header, fresh))
        draft = _draft(chain, state, header, asked)
        if len(draft.done) < len(asked):
            why = draft.refused[0][1].message if draft.refused else "its nonce or gas does not fit"
            raise Invalid(f"a transaction cannot stand in block {header.number}: {why}")
        fresh.update(draft.nodes)
        head = Head(draft.block.hash, draft.block.header)
        drafts.append(draft)
    return drafts


def _require_development(chain: Chain, what: str) -> None:
    if not chain.genesis.development:
        raise NotPermitted(f"{what} are not possible: the genesis does not declare development")


def set_automine(chain: Chain, on: bool) -> None:
    """Whether a transaction is put into a block at once; what waits is built when turned on."""
    with chain.building:
        chain.automine = on
        if on:
            _mine_all(chain)
