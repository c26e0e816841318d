"""What nodes answer in their different words, and what is made of it.

The errors are worded as go-ethereum, Besu, Nethermind and anvil word them, since no test can run
them all; the ledger that this project brings along is used for real in tests/desks.
"""

from dataclasses import replace

import pytest
from web3 import Web3
from web3.providers.base import JSONBaseProvider

from freehold.chain import send
from freehold.chain.send import FeeLimits, Market, Prepared
from freehold.core import ids
from freehold.core.errors import Conflict, Invalid, Unavailable
from freehold.core.instruction import Instruction, Purpose
from freehold.core.reasons import Refusal
from tests.chain.gate_world import AGENT, CHAIN, NOON

GWEI = 10**9
ISSUE = Instruction(
    ids.instruction_id("acme", "issuer", "1"), CHAIN, AGENT.address, ids.Address("0x" + "22" * 20),
    b"\1\2", "issue", nonce=4,
)  # fmt: skip
MARKET = Market(GWEI, 30_000_000)
LIMITS = FeeLimits(fee_max=10 * GWEI, tip=GWEI)
SIGNED = send.sign(AGENT, ISSUE, Prepared(90_000, 3 * GWEI, GWEI), 4, NOON)


class Worded(JSONBaseProvider):
    """Answers each method with what is given for it: a result, or an error object."""

    def __init__(self, backwards=False, batches=True, **said):
        super().__init__()
        self.said, self.backwards, self.batches = said, backwards, batches
        self.asked = []

    def make_request(self, method, params):
        self.asked.append(method)
        said = self.said[method]
        said = said(*params) if callable(said) else said
        kind = "error" if isinstance(said, dict) and "code" in said else "result"
        return {"jsonrpc": "2.0", "id": len(self.asked), kind: said}

    def make_batch_request(self, requests):
        if not self.batches:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batch"}}
        answers = [self.make_request(*one) for one in requests]
        return answers[::-1] if self.backwards else answers


def node(**said):
    return Web3(Worded(**said))


@pytest.mark.parametrize(
    "error",
    [
        {"code": -32000, "message": "already known"},
        {"code": -32000, "message": "Known transaction"},
        {"code": -32003, "message": "transaction already imported"},
        {"code": -32001, "message": "Nonce too low"},
        {"code": -32003, "message": "nonce too low"},
        {"code": -32000, "message": "replacement transaction underpriced"},
    ],
)
def test_bytes_that_the_node_has_are_sent_whatever_it_calls_that(error):
    w3 = node(eth_sendRawTransaction=error, eth_getTransactionByHash={"hash": SIGNED.hash})
    assert send.send(w3, [SIGNED]) == [None]


@pytest.mark.parametrize(
    "words", ["nonce too low", "Nonce too low", "nonce too low: next nonce 7, tx nonce 4"]
)
def test_a_nonce_that_something_else_has_is_a_conflict(words):
    w3 = node(
        eth_sendRawTransaction={"code": -32000, "message": words}, eth_getTransactionByHash=None
    )
    [error] = send.send(w3, [SIGNED])
    assert isinstance(error, Conflict) and f"nonce 4 of {AGENT.address} is taken" in error.message


def test_a_node_that_finds_too_little_money_is_understood():
    w3 = node(
        eth_sendRawTransaction={
            "code": -32000, "message": "insufficient funds for gas * price + value: balance 1"
        },
        eth_getTransactionByHash=None,
        eth_getBalance=hex(10**14),
    )  # fmt: skip
    [error] = send.send(w3, [SIGNED])
    assert "has 0.0001 of chain 31337's currency and needs up to 0.00027 for gas" in error.message


@pytest.mark.parametrize("words", ["txpool is full", "transaction underpriced", "Internal error"])
def test_every_other_refusal_of_a_node_may_pass(words):
    w3 = node(
        eth_sendRawTransaction={"code": -32000, "message": words}, eth_getTransactionByHash=None
    )
    [error] = send.send(w3, [SIGNED])
    assert isinstance(error, Unavailable) and words in error.message


@pytest.mark.parametrize("how", [{}, {"backwards": True}, {"batches": False}])
def test_each_answer_of_a_batch_belongs_to_its_own_bytes(how):
    other = replace(SIGNED, raw=b"\2other", hash="0x07")

    def answer(raw):
        full = {"code": -32000, "message": "txpool is full"}
        return full if raw == "0x" + other.raw.hex() else SIGNED.hash

    w3 = node(eth_sendRawTransaction=answer, eth_getTransactionByHash=None, **how)
    first, second, third = send.send(w3, [SIGNED, other, SIGNED])
    assert (first, third) == (None, None) and isinstance(second, Unavailable)


@pytest.mark.parametrize(
    "error",
    [
        {"code": 3, "message": "execution reverted: transfer refused: 140", "data": None},
        {"code": -32000, "message": "Execution reverted: transfer refused: 140"},
        {"code": 3, "message": "execution reverted", "data": "0x08c379a0" + "00" * 31 + "20" + "00"
         * 31 + "15" + b"transfer refused: 140".hex() + "00" * 11},
    ],
)  # fmt: skip
def test_a_revert_is_a_refusal_in_every_dialect(error):
    w3 = node(eth_estimateGas=error, eth_call=error)
    assert send.prepare(w3, [ISSUE], MARKET, LIMITS) == [Refusal(140)]


@pytest.mark.parametrize("words", ["header not found", "rate limit exceeded", "missing trie node"])
def test_a_node_that_cannot_try_the_call_has_refused_nothing(words):
    error = {"code": -32000, "message": words}
    [found] = send.prepare(node(eth_estimateGas=error, eth_call=error), [ISSUE], MARKET, LIMITS)
    assert isinstance(found, Unavailable) and words in found.message


def test_gas_is_the_estimate_with_its_margin_within_a_block():
    w3 = node(eth_call="0x", eth_estimateGas=hex(100_000), eth_getBalance=hex(10**18))
    made = Prepared(120_000, 3 * GWEI, GWEI)
    assert send.prepare(w3, [ISSUE, ISSUE], MARKET, LIMITS) == [made, made]
    narrow = replace(MARKET, gas_limit=110_000)
    assert send.prepare(w3, [ISSUE], narrow, LIMITS)[0].gas == 110_000


def test_a_chain_where_gas_is_free_needs_no_money():
    w3 = node(eth_call="0x", eth_estimateGas=hex(100_000), eth_getBalance="0x0")
    free = FeeLimits(fee_max=0, tip=0)
    assert send.prepare(w3, [ISSUE], Market(0, 10**7), free) == [Prepared(120_000, 0, 0)]


def test_a_chain_without_a_base_fee_is_refused_with_the_way_out():
    with pytest.raises(Invalid, match=r"no base fee .* London"):
        send.market(node(eth_getBlockByNumber={"gasLimit": "0x1"}))


def test_a_replacement_offers_more_even_where_nothing_was_offered():
    last = replace(SIGNED, fee_max=0, tip_max=0)
    made = send.bump(AGENT, ISSUE, last, Market(0, 10**7), FeeLimits(fee_max=8, tip=0), NOON)
    assert (made.fee_max, made.tip_max, made.attempt) == (1, 1, 2)


def test_a_replacement_follows_a_base_fee_that_has_risen_but_never_beyond_the_limit():
    made = send.bump(AGENT, ISSUE, SIGNED, Market(4 * GWEI, 10**7), LIMITS, NOON)
    assert made.fee_max == 9 * GWEI
    made = send.cancel(AGENT, ISSUE, SIGNED, Market(9 * GWEI, 10**7), LIMITS, NOON)
    assert made.fee_max == LIMITS.fee_max and made.purpose is Purpose.CANCEL
    assert (made.gas, made.nonce) == (21_000, SIGNED.nonce)


def test_a_replacement_beyond_the_limit_waits():
    with pytest.raises(Unavailable, match="needs 3375000000 wei per gas, the limit is 3374999999"):
        send.bump(AGENT, ISSUE, SIGNED, MARKET, FeeLimits(fee_max=3_374_999_999), NOON)
