"""Addresses without keys: the same ones that the keys have, and nothing that signs."""

import pytest

from freehold.chain import signer
from freehold.chain.watching import extended_public, watched
from freehold.core.errors import Invalid, NotPermitted

WORDS = "test test test test test test test test test test test junk"


@pytest.mark.parametrize("index", [0, 1, 1_000, 1_017, 2**31 - 1])
def test_an_address_from_the_public_key_is_the_one_from_the_words(index):
    assert (
        watched(extended_public(WORDS), index).address == signer.from_mnemonic(WORDS, index).address
    )


def test_the_first_address_is_the_one_that_everybody_knows():
    first = watched(extended_public(WORDS), 0).address
    assert first == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # of every test node


def test_what_is_watched_signs_nothing():
    one = watched(extended_public(WORDS), 0)
    with pytest.raises(NotPermitted, match="holds no signing keys"):
        one.sign_transaction({})
    with pytest.raises(NotPermitted, match=one.address):
        one.sign_typed_data({})


@pytest.mark.parametrize(("cut", "index"), [(2, 0), (0, -1), (0, 2**31)])
def test_what_is_no_such_key_or_index_is_refused(cut, index):
    extended = extended_public(WORDS)
    with pytest.raises(Invalid):
        watched(extended[cut:], index)
