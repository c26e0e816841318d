"""Coins are tried in a call that changes nothing: bad ones, compiled for this, are told apart."""

import pytest
from eth_account import Account

from freehold.chain import coins, contracts, node
from freehold.core.errors import Invalid
from tests import money


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("coins") / "home"
    signer = Account.create()
    node.create_ledger(home, [signer.address])
    w3 = node.open_ledger(home, linger_seconds=1)
    yield w3, signer
    node.close(w3)
    node.stop(home)


@pytest.mark.parametrize("decimals", [0, 2, 6, 18])
def test_a_sound_coin_of_any_decimals_passes_and_nothing_was_moved(world, decimals):
    w3, signer = world
    coin = money.cash(w3, signer, decimals)
    found = coins.require_reliable(w3, coin, signer.address)
    assert (found.symbol, found.decimals) == ("USDX", decimals)
    assert coins.balance(w3, coin, signer.address) == 10**9
    assert coins.balance(w3, coin, coins.SINK) == 0


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"fee_bps": 1}, r"keeps a fee on transfer: of 1000000000000 sent, 999900000000 arrived"),
        ({"answer": 0}, "does not return true"),
        ({"answer": 9}, "refuses to move what its holder has"),
        ({"decimals": 19}, "no decimals of 0 to 18"),
    ],
)
def test_a_coin_that_cannot_be_relied_on_is_refused_with_its_fault(world, terms, fault):
    w3, signer = world
    coin = money.bad_coin(w3, signer, **terms)
    with pytest.raises(Invalid, match=fault):
        coins.require_reliable(w3, coin, signer.address)


def test_a_coin_that_returns_nothing_is_refused(world):
    w3, signer = world
    coin = money.silent_coin(w3, signer)
    assert coins.about(w3, coin).symbol == "OLD"
    with pytest.raises(Invalid, match="returns nothing from transfer"):
        coins.require_reliable(w3, coin, signer.address)


def test_the_same_coin_without_a_fault_passes(world):
    w3, signer = world
    coin = money.bad_coin(w3, signer)
    assert coins.require_reliable(w3, coin, signer.address).decimals == 6


def test_no_contract_and_no_holder_are_named(world):
    w3, signer = world
    with pytest.raises(Invalid, match="there is no contract at"):
        coins.about(w3, signer.address)
    with pytest.raises(Invalid, match="has no decimals"):  # a contract that is no coin
        coins.about(w3, money.sent(w3, signer, None, contracts.creation("Distribution")))
    with pytest.raises(Invalid, match="holds none of the coin"):
        coins.probe(w3, money.cash(w3, signer), coins.SINK)


def test_movements_of_watched_addresses_are_read_once_and_in_order(world):
    w3, signer = world
    coin, purse, other = money.cash(w3, signer), Account.create().address, Account.create().address
    first = w3.eth.block_number
    money.pay(w3, signer, coin, purse, 500)
    money.pay(w3, signer, coin, other, 70)
    money.pay(w3, signer, coin, purse, 30)
    last = w3.eth.block_number
    found = coins.movements(w3, coin, [purse], first, last)
    assert [(one.sender, one.receiver, one.amount) for one in found] == [
        (signer.address, purse, 500),
        (signer.address, purse, 30),
    ]
    both = coins.movements(w3, coin, [purse, signer.address], first, last)
    assert [one.amount for one in both if one.block > first] == [500, 70, 30]
    assert coins.movements(w3, coin, [], first, last) == []
