"""Money on a ledger of tests: our own coin, bad coins compiled for the tests, and who moves them."""

from functools import cache
from pathlib import Path

import pytest
from eth_abi import encode
from eth_account import Account

from freehold.chain import contracts

COINS = Path(__file__).parent / "chain" / "coins"


@cache
def bytecode(name):
    compiler = pytest.importorskip("vyper", reason="pip install vyper==0.4.3")
    source = (COINS / f"{name}.vy").read_text()
    return bytes.fromhex(compiler.compile_code(source, output_formats=["bytecode"])["bytecode"][2:])


def raw(signer, asked):
    """The signed bytes, of a signer of ours or of a plain key."""
    signed = signer.sign_transaction(asked)
    return signed if isinstance(signed, bytes) else signed.raw_transaction


def sent(w3, signer, to, data):
    """Send a transaction with a signer of ours, and see it done; where it created something."""
    asked = {
        "nonce": w3.eth.get_transaction_count(signer.address),
        "to": to or "",
        "data": data,
        "gas": 5_000_000,
        "value": 0,
        "chainId": w3.eth.chain_id,
        "maxFeePerGas": 100 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    if not to:
        asked.pop("to")
    digest = w3.eth.send_raw_transaction(raw(signer, asked))
    receipt = w3.eth.wait_for_transaction_receipt(digest)
    assert receipt["status"] == 1
    return receipt["contractAddress"] or to


def funded(w3, payer):
    """A new key with gas, from one that has it."""
    made = Account.create()
    asked = {
        "nonce": w3.eth.get_transaction_count(payer.address),
        "to": made.address,
        "gas": 21_000,
        "value": 10**18,
        "chainId": w3.eth.chain_id,
        "maxFeePerGas": 100 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    digest = w3.eth.send_raw_transaction(raw(payer, asked))
    assert w3.eth.wait_for_transaction_receipt(digest)["status"] == 1
    return made


def cash(w3, signer, decimals=2, amount=10**9, symbol="USDX"):
    """Our own coin with some of it in the signer's hands."""
    made = sent(w3, signer, None, contracts.creation("Cash", "Cash", symbol, decimals))
    sent(w3, signer, made, contracts.call("Cash", "issue", signer.address, amount))
    return made


def pay(w3, signer, coin, to, amount):
    return sent(w3, signer, coin, contracts.call("Cash", "transfer", to, amount))


def bad_coin(w3, signer, decimals=6, fee_bps=0, answer=1):
    terms = encode(["uint8", "uint256", "uint256"], [decimals, fee_bps, answer])
    return sent(w3, signer, None, bytecode("Coin") + terms)


def silent_coin(w3, signer):
    return sent(w3, signer, None, bytecode("Silent"))
