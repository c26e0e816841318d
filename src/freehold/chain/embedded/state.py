"""The world state while transactions run: py-evm's `State`, kept in plain dictionaries.

py-evm's own state passes every read through six layered databases. Here a value is read once from
the trie, changed in a dictionary, and every change leaves its undo entry in one list; a snapshot
is the length of that list. Only what differs from the trie is written when the block is sealed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague.computation import PRAGUE_PRECOMPILES
from eth.vm.forks.prague.state import PragueState
from eth_typing import Hash32

from freehold.chain.embedded import trie
from freehold.chain.embedded.encoding import (
    EMPTY_HASH,
    decode,
    decode_int,
    encode,
    encode_int,
    keccak,
    keccak_cached,
)

LoadCode = Callable[[bytes], bytes]
Account = tuple[int, int, bytes, bytes]
"""nonce, wei, storage root, code hash."""

NEW_ACCOUNT: Account = (0, 0, trie.EMPTY_ROOT, EMPTY_HASH)
_MISSING: Any = object()


class LedgerState(PragueState):
    """The state on top of one root; reads through `load` (nodes) and `load_code`."""

    def __init__(
        self,
        context: ExecutionContext,
        root: bytes,
        load: trie.Load,
        load_code: LoadCode,
    ) -> None:
        self.execution_context = context
        self.root, self._load, self._load_code = root, load, load_code
        self.accounts: dict[bytes, Account | None] = {}
        self.slots: dict[bytes, dict[int, int]] = {}
        self.known_accounts: dict[bytes, Account | None] = {}
        self.known_slots: dict[bytes, dict[int, int]] = {}
        self.codes: dict[bytes, bytes] = {EMPTY_HASH: b""}
        self.new_codes: dict[bytes, bytes] = {}
        self._dirty_accounts: set[bytes] = set()
        self._dirty_slots: dict[bytes, set[int]] = {}
        self._wiped: dict[bytes, bool] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self._warm: dict[Any, bool] = {}
        self._originals: dict[tuple[bytes, int], int] = {}
        self._transient: dict[tuple[bytes, int], bytes] = {}

    # ---- accounts ----

    def _account(self, address: bytes) -> Account | None:
        try:
            return self.accounts[address]
        except KeyError:
            content = trie.get(self._load, self.root, keccak_cached(address))
            account = _read_account(content) if content else None
            self.accounts[address] = self.known_accounts[address] = account
            return account

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((table, key, table.get(key, _MISSING)))
        table[key] = value

    def _set_account(self, address: bytes, account: Account | None) -> None:
        self._dirty_accounts.add(address)
        self._set(self.accounts, address, account)

    def account_exists(self, address: bytes) -> bool:
        return self._account(address) is not None

    def account_is_empty(self, address: bytes) -> bool:
        nonce, wei, _, code = self._account(address) or NEW_ACCOUNT
        return not nonce and not wei and code == EMPTY_HASH

    def has_code_or_nonce(self, address: bytes) -> bool:
        nonce, _, _, code = self._account(address) or NEW_ACCOUNT
        return bool(nonce) or code != EMPTY_HASH

    def touch_account(self, address: bytes) -> None:
        if self._account(address) is None:
            self._set_account(address, NEW_ACCOUNT)

    def delete_account(self, address: bytes) -> None:
        self.delete_storage(address)
        self._set_account(address, None)

    def get_balance(self, address: bytes) -> int:
        account = self._account(address)
        return account[1] if account else 0

    def set_balance(self, address: bytes, balance: int) -> None:
        nonce, _, root, code = self._account(address) or NEW_ACCOUNT
        self._set_account(address, (nonce, balance, root, code))

    def delta_balance(self, address: bytes, delta: int) -> None:
        nonce, wei, root, code = self._account(address) or NEW_ACCOUNT
        self._set_account(address, (nonce, wei + delta, root, code))

    def get_nonce(self, address: bytes) -> int:
        account = self._account(address)
        return account[0] if account else 0

    def set_nonce(self, address: bytes, nonce: int) -> None:
        _, wei, root, code = self._account(address) or NEW_ACCOUNT
        self._set_account(address, (nonce, wei, root, code))

    def increment_nonce(self, address: bytes) -> None:
        self.set_nonce(address, self.get_nonce(address) + 1)

    # ---- code ----

    def get_code_hash(self, address: bytes) -> Hash32:
        account = self._account(address)
        return Hash32(account[3] if account else EMPTY_HASH)

    def get_code(self, address: bytes) -> bytes:
        digest = self.get_code_hash(address)
        code = self.codes.get(digest)
        if code is None:
            code = self.codes[digest] = self._load_code(digest)
        return code

    def set_code(self, address: bytes, code: bytes) -> None:
        digest = keccak(code)
        self.codes[digest] = self.new_codes[digest] = code
        nonce, wei, root, _ = self._account(address) or NEW_ACCOUNT
        self._set_account(address, (nonce, wei, root, digest))

    def delete_code(self, address: bytes) -> None:
        nonce, wei, root, _ = self._account(address) or NEW_ACCOUNT
        self._set_account(address, (nonce, wei, root, EMPTY_HASH))

    # ---- storage ----

    def _storage(self, address: bytes) -> dict[int, int]:
        slots = self.slots.get(address)
        if slots is None:
            slots = self.slots[address] = {}
        return slots

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:
        if not from_journal:
            original = self._originals.get((address, slot))
            if original is not None:
                return original
        slots = self._storage(address)
        value = slots.get(slot)
        if value is None:
            value = slots[slot] = self._stored(address, slot)
        return value

    def _stored(self, address: bytes, slot: int) -> int:
        account = self._account(address)
        if account is None or account[2] == trie.EMPTY_ROOT or address in self._wiped:
            return 0
        content = trie.get(self._load, account[2], keccak_cached(slot.to_bytes(32, "big")))
        value = decode_int(bytes(decode(content))) if content else 0
        self.known_slots.setdefault(address, {})[slot] = value
        return value

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        old = self.get_storage(address, slot)
        self._originals.setdefault((address, slot), old)
        slots = self.slots[address]
        self._undo.append((slots, slot, old))
        self._dirty_slots.setdefault(address, set()).add(slot)
        slots[slot] = value

    def delete_storage(self, address: bytes) -> None:
        self._dirty_slots.setdefault(address, set())
        self._set(self.slots, address, {})
        self._set(self._wiped, address, True)

    # ---- one transaction: warm places, transient storage, snapshots ----

    def is_address_warm(self, address: bytes) -> bool:
        return address in self._warm or address in PRAGUE_PRECOMPILES

    def mark_address_warm(self, address: bytes) -> None:
        if address not in self._warm:
            self._set(self._warm, address, True)

    def is_storage_warm(self, address: bytes, slot: int) -> bool:
        return (address, slot) in self._warm

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        if (address, slot) not in self._warm:
            self._set(self._warm, (address, slot), True)

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        return self._transient.get((address, slot), b"")

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        self._set(self._transient, (address, slot), value)

    def snapshot(self) -> int:  # type: ignore[override]
        return len(self._undo)

    def revert(self, snapshot: int) -> None:  # type: ignore[override]
        undo = self._undo
        while len(undo) > snapshot:
            table, key, old = undo.pop()
            if old is _MISSING:
                del table[key]
            else:
                table[key] = old

    def commit(self, snapshot: int) -> None:  # type: ignore[override]
        """Nothing to do: the enclosing snapshot can still undo what happened since."""

    def touched_empty(self) -> list[bytes]:
        """Accounts this transaction changed that hold nothing: they must not exist (EIP-161)."""
        touched = {key for table, key, _ in self._undo if table is self.accounts}
        return [a for a in touched if self.account_exists(a) and self.account_is_empty(a)]

    def warm_places(self) -> frozenset[Any]:
        """The addresses and (address, slot) pairs this transaction touched or declared."""
        return frozenset(self._warm)

    def begin_transaction(self) -> None:
        """What the transaction before did can no longer be undone, and nothing is warm."""
        self._undo.clear()
        self._warm.clear()
        self._originals.clear()
        self._transient.clear()

    # ---- the end of a block ----

    def seal(self) -> tuple[bytes, dict[bytes, bytes]]:
        """The state root after all that happened, and the nodes and codes it adds to the disk.

        Afterwards the state stands on the new root and may carry the next block.
        """
        self.begin_transaction()
        fresh = dict(self.new_codes)
        for address, dirty in self._dirty_slots.items():
            self._seal_storage(address, dirty, fresh)
        changes = {}
        for address in self._dirty_accounts:
            account = self._account(address)
            if account != self.known_accounts.get(address):
                changes[keccak_cached(address)] = _write_account(account) if account else b""
                self.known_accounts[address] = account
        self.root, nodes = trie.update(self._load, self.root, changes)
        self._dirty_accounts.clear()
        self._dirty_slots.clear()
        self.new_codes.clear()
        return self.root, fresh | nodes

    def _seal_storage(self, address: bytes, dirty: set[int], fresh: dict[bytes, bytes]) -> None:
        account = self._account(address)
        known = self.known_slots.setdefault(address, {})
        wiped = self._wiped.pop(address, False)
        if account is None:
            return
        slots = self.slots[address]
        changed = {
            slot: value for slot in dirty if (value := slots.get(slot, 0)) != known.get(slot, 0)
        }
        if not changed and not wiped:
            return
        content = {
            keccak_cached(slot.to_bytes(32, "big")): encode(encode_int(value)) if value else b""
            for slot, value in changed.items()
        }
        root, nodes = trie.update(self._load, trie.EMPTY_ROOT if wiped else account[2], content)
        fresh.update(nodes)
        known.update(changed)
        self._dirty_accounts.add(address)
        self.accounts[address] = (account[0], account[1], root, account[3])

    def carry_from(self, other: "LedgerState") -> None:
        """Go on to the block and the disk view of `other` with what is known already."""
        self.execution_context = other.execution_context
        self._load, self._load_code = other._load, other._load_code

    def size(self) -> int:
        """How many values are remembered."""
        return len(self.accounts) + sum(map(len, self.slots.values()))


def _read_account(content: bytes) -> Account:
    nonce, wei, root, code = decode(content)
    return decode_int(bytes(nonce)), decode_int(bytes(wei)), bytes(root), bytes(code)


def _write_account(account: Account) -> bytes:
    nonce, wei, root, code = account
    return encode([encode_int(nonce), encode_int(wei), root, code])


def account_at(load: trie.Load, root: bytes, address: bytes) -> Account:
    """An account as the state under `root` has it."""
    content = trie.get(load, root, keccak_cached(address))
    return _read_account(content) if content else NEW_ACCOUNT


def override(state: LedgerState, changes: Mapping[bytes, Mapping[str, Any]]) -> None:
    """Pretend balances, nonces, codes and slots for one call (`stateDiff` keeps other slots)."""
    for address, change in changes.items():
        if "balance" in change:
            state.set_balance(address, change["balance"])
        if "nonce" in change:
            state.set_nonce(address, change["nonce"])
        if "code" in change:
            state.set_code(address, change["code"])
        if "state" in change:
            state.delete_storage(address)
        for slot, value in {**change.get("state", {}), **change.get("stateDiff", {})}.items():
            state.set_storage(address, slot, value)
