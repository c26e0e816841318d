"""Ethereum's Merkle-Patricia trie: read, write many, prove.

Free functions over nodes; `load` fetches a decoded node by its hash. Nodes are never changed in
place, so a decoded node may be shared and cached for ever. `update` applies all changes first and
hashes each touched node once (Yellow Paper, appendix D).

A reference to a node is b"" (nothing), 32 bytes (the hash of a stored node), or the node itself
(a list): either because its encoding is shorter than 32 bytes, or because it is not hashed yet.
Paths are strings of hexadecimal digits.
"""

from collections.abc import Callable, Mapping
from typing import Any

from freehold.chain.embedded.encoding import encode, keccak

Node = list[Any]
Load = Callable[[bytes], Node]

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")


def get(load: Load, root: bytes, key: bytes) -> bytes:
    """The value under `key`; b"" where there is none."""
    ref: Any = b"" if root == EMPTY_ROOT else root
    path = key.hex()
    while ref:
        node = load(ref) if isinstance(ref, bytes) else ref
        if len(node) == 17:
            if not path:
                return bytes(node[16])
            ref, path = node[int(path[0], 16)], path[1:]
            continue
        part, leaf = _unpack(node[0])
        if leaf:
            return bytes(node[1]) if part == path else b""
        if not path.startswith(part):
            return b""
        ref, path = node[1], path[len(part) :]
    return b""


def update(
    load: Load, root: bytes, changes: Mapping[bytes, bytes]
) -> tuple[bytes, dict[bytes, bytes]]:
    """Set every key to its value (b"" deletes): the new root, and the new nodes by their hash."""
    ref: Any = b"" if root == EMPTY_ROOT else root
    for key, value in changes.items():
        ref = _insert(load, ref, key.hex(), value) if value else _delete(load, ref, key.hex())
    if not ref:
        return EMPTY_ROOT, {}
    if isinstance(ref, bytes):
        return ref, {}
    fresh: dict[bytes, bytes] = {}
    encoded = encode([_seal(child, fresh) for child in ref])
    new_root = keccak(encoded)
    fresh[new_root] = encoded
    return new_root, fresh


def root_of(items: list[bytes]) -> bytes:
    """The root of the trie index -> item: how a block commits to its transactions and receipts."""
    keys = (encode(i.to_bytes((i.bit_length() + 7) // 8, "big")) for i in range(len(items)))
    return update(_nothing, EMPTY_ROOT, dict(zip(keys, items, strict=True)))[0]


def prove(load: Load, root: bytes, key: bytes) -> list[bytes]:
    """The encoded nodes from the root towards `key`: a proof of its value or of its absence."""
    proof: list[bytes] = []
    ref: Any = b"" if root == EMPTY_ROOT else root
    path = key.hex()
    while ref:
        node = load(ref) if isinstance(ref, bytes) else ref
        if isinstance(ref, bytes):
            proof.append(encode(node))
        if len(node) == 17:
            ref, path = (node[int(path[0], 16)], path[1:]) if path else (b"", "")
            continue
        part, leaf = _unpack(node[0])
        if leaf or not path.startswith(part):
            break
        ref, path = node[1], path[len(part) :]
    return proof


def _nothing(reference: bytes) -> Node:
    raise KeyError(reference)


def _insert(load: Load, ref: Any, path: str, value: bytes) -> Node:
    if not ref:
        return [_pack(path, True), value]
    node = load(ref) if isinstance(ref, bytes) else ref
    if len(node) == 17:
        node = list(node)
        if path:
            digit = int(path[0], 16)
            node[digit] = _insert(load, node[digit], path[1:], value)
        else:
            node[16] = value
        return node
    part, leaf = _unpack(node[0])
    if leaf and part == path:
        return [node[0], value]
    if not leaf and path.startswith(part):
        return [node[0], _insert(load, node[1], path[len(part) :], value)]
    return _fork(node[1], part, leaf, path, value)


def _fork(old: Any, part: str, leaf: bool, path: str, value: bytes) -> Node:
    """A branch where the path of a leaf or extension and a new path part ways."""
    same = 0
    while same < len(part) and same < len(path) and part[same] == path[same]:
        same += 1
    branch: Node = [b""] * 17
    rest = part[same:]
    if not rest:
        branch[16] = old
    elif leaf or len(rest) > 1:
        branch[int(rest[0], 16)] = [_pack(rest[1:], leaf), old]
    else:
        branch[int(rest[0], 16)] = old
    new = path[same:]
    if new:
        branch[int(new[0], 16)] = [_pack(new[1:], True), value]
    else:
        branch[16] = value
    return [_pack(path[:same], False), branch] if same else branch


def _delete(load: Load, ref: Any, path: str) -> Any:
    """The reference without the key; the very same object where the key is absent."""
    if not ref:
        return ref
    node = load(ref) if isinstance(ref, bytes) else ref
    if len(node) == 17:
        return _delete_in_branch(load, ref, node, path)
    part, leaf = _unpack(node[0])
    if leaf:
        return b"" if part == path else ref
    if not path.startswith(part):
        return ref
    child = _delete(load, node[1], path[len(part) :])
    return ref if child is node[1] else _extend(load, part, child)


def _delete_in_branch(load: Load, ref: Any, node: Node, path: str) -> Any:
    place = int(path[0], 16) if path else 16
    child = _delete(load, node[place], path[1:]) if path else b""
    if child is node[place] or (not path and not node[16]):
        return ref
    node = list(node)
    node[place] = child
    left = [i for i in range(17) if node[i]]
    if len(left) > 1:
        return node
    if left == [16]:
        return [_pack("", True), node[16]]
    return _extend(load, f"{left[0]:x}", node[left[0]])


def _extend(load: Load, part: str, child: Any) -> Any:
    """An extension over `child`, melted with it where it has a path of its own."""
    if not child:
        return b""
    node = load(child) if isinstance(child, bytes) else child
    if len(node) == 17:
        return [_pack(part, False), child]
    rest, leaf = _unpack(node[0])
    return [_pack(part + rest, leaf), node[1]]


def _seal(ref: Any, fresh: dict[bytes, bytes]) -> Any:
    """Hash what is new below `ref`; the reference as it stands in the parent."""
    if isinstance(ref, bytes):
        return ref
    node = [_seal(child, fresh) for child in ref]
    encoded = encode(node)
    if len(encoded) < 32:
        return node
    digest = keccak(encoded)
    fresh[digest] = encoded
    return digest


def _pack(path: str, leaf: bool) -> bytes:
    flag = 2 if leaf else 0
    return bytes.fromhex(f"{flag + 1}{path}" if len(path) % 2 else f"{flag}0{path}")


def _unpack(packed: bytes) -> tuple[str, bool]:
    text = packed.hex()
    return text[1 if text[0] in "13" else 2 :], text[0] in "23"
