"""Facts and vintages are packed as the contracts pack them, and come back as they were."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.clock import LAST_DAY
from freehold.core.errors import Invalid
from freehold.core.facts import (
    Facts,
    Flags,
    Kind,
    Vintage,
    free_on,
    has_flag,
    pack_facts,
    pack_vintage,
    replaced_by,
    tombstone,
    unpack_facts,
    unpack_vintage,
)
from freehold.core.ids import checksummed
from tests.parts import ROOT


def below(bits):
    return st.integers(0, (1 << bits) - 1)


WALLETS = below(160).map(lambda number: checksummed(f"0x{number:040x}"))
FACTS = st.builds(
    Facts, below(32), below(5), below(10), below(20), below(12), below(9).map(Flags), WALLETS
)
DAYS = below(20)
VINTAGES = st.builds(
    Vintage, DAYS, DAYS, DAYS, DAYS, DAYS, DAYS, below(8), st.tuples(*[below(8)] * 4), below(8)
)


@given(FACTS)
def test_facts_come_back_as_they_were_packed(facts):
    word = pack_facts(facts)
    assert unpack_facts(word) == facts
    assert replaced_by(word) is None
    assert word >> 160 & 0xFFFFFFFF == facts.account


@given(VINTAGES)
def test_vintages_come_back_as_they_were_packed(vintage):
    assert unpack_vintage(pack_vintage(vintage)) == vintage
    assert pack_vintage(vintage) >> 168 == 0


@given(WALLETS)
def test_a_tombstone_names_the_wallet_that_replaced_it(wallet):
    assert replaced_by(tombstone(wallet)) == wallet


def test_a_value_too_large_for_its_place_is_refused_by_name():
    with pytest.raises(Invalid, match="country 1024 does not fit"):
        pack_facts(Facts(1, 1, country=1024))


@pytest.mark.parametrize("name", ["FROZEN", "SANCTIONED", "MULTI", "AFFILIATE", "TREASURY"])
def test_a_flag_stands_where_the_contracts_look_for_it(name):
    words = (ROOT / "contracts/modules/words.vy").read_text()
    place = int(re.search(rf"^FACT_{name}: constant\(uint256\) = 1 << (\d+)", words, re.M)[1])
    word = pack_facts(Facts(1, 1, flags=Flags[name]))
    assert has_flag(word, Flags[name])
    assert [bit for bit in range(239, 256) if word >> bit & 1] == [place]


@pytest.mark.parametrize("name", ["SALE", "ISSUE", "TO_ISSUER", "PUBLIC_SALE", "VENUE", "CONVERT"])
def test_a_kind_has_the_number_of_the_contracts(name):
    words = (ROOT / "contracts/modules/words.vy").read_text()
    found = re.search(rf"^{name}: constant\(uint256\) = (\d+)", words, re.M)
    assert int(found[1]) == Kind[name]


def test_a_lot_is_free_when_its_last_clock_is_over():
    assert free_on(Vintage(10, a_release=190, a_free=375, b_over=50)) == 375
    assert free_on(Vintage(10, d_over=LAST_DAY)) is None
    assert free_on(Vintage(10)) == 0
