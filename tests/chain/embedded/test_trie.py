"""The trie against the reference implementation that py-evm brings along."""

import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from freehold.chain.embedded import trie
from freehold.chain.embedded.encoding import decode, encode, keccak

KEYS = st.binary(min_size=2, max_size=2) | st.binary(min_size=0, max_size=3).map(
    lambda key: keccak(key)
)
CHANGES = st.lists(st.tuples(KEYS, st.just(b"") | st.binary(min_size=1, max_size=40)), max_size=40)


@settings(max_examples=300, deadline=None)
@given(CHANGES, st.integers(1, 7))
def test_roots_and_values_equal_the_reference_after_any_changes(changes, chunk):
    # A variable-length key that prefixes another cannot occur in a state trie.
    changes = [(key if len(key) == 32 else b"\x01" + key, value) for key, value in changes]
    reference, nodes, root = HexaryTrie({}), {}, trie.EMPTY_ROOT

    def load(digest):
        return decode(nodes[digest])

    for start in range(0, len(changes), chunk):
        part = dict(changes[start : start + chunk])
        root, fresh = trie.update(load, root, part)
        assert all(keccak(node) == digest for digest, node in fresh.items())
        nodes |= fresh
        for key, value in part.items():
            if value:
                reference[key] = value
            elif key in reference:
                del reference[key]
        assert root == reference.root_hash
    for key, _ in changes:
        found = trie.get(load, root, key)
        assert found == reference[key]
        assert found == _proved(root, trie.prove(load, root, key), key)


def _proved(root, proof, key):
    """What the reference reads out of nothing but the proof."""
    return HexaryTrie.get_from_proof(root, key, [rlp.decode(node) for node in proof])


@given(st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5)))
def test_rlp_equals_the_reference_and_comes_back(item):
    assert encode(item) == rlp.encode(item)
    assert decode(encode(item)) == item


@given(st.binary(max_size=80))
def test_rlp_that_is_not_canonical_is_refused(data):
    try:
        item = decode(data)
    except ValueError:
        return
    assert encode(item) == data
