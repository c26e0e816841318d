"""The measuring itself: every row is there, and a token that fails is not measured."""

from functools import partial
from pathlib import Path

import pytest
from eth_account import Account
from web3 import Web3

from freehold.chain import node
from freehold.core.errors import Broken
from freehold.doors.bench.ledger_embedded import Embedded, rows

SOURCE = Path(__file__).parents[2] / "chain" / "embedded" / "token.vy"
RICH = Account.from_key("0x" + "11" * 32)
FEES = {"maxFeePerGas": 100 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337, "value": 0}


@pytest.fixture
def measured(tmp_path):
    """`measured(data)` is a ledger with a token, and a signer of calls with that data."""
    compiler = pytest.importorskip("vyper", reason="pip install vyper==0.4.3")
    built = compiler.compile_code(SOURCE.read_text(), output_formats=["abi", "bytecode"])
    node.create_ledger(tmp_path, [RICH.address])
    w3 = node.open_ledger(tmp_path)
    creation = {"nonce": 0, "gas": 5_000_000, "data": built["bytecode"], **FEES}
    digest = w3.eth.send_raw_transaction(RICH.sign_transaction(creation).raw_transaction)
    token = w3.eth.get_transaction_receipt(digest)["contractAddress"]
    contract = Web3().eth.contract(abi=built["abi"])

    def sign(data, i):
        to = Web3.to_checksum_address(f"0x{i + 1:040x}")
        data = data or contract.encode_abi("transfer", [to, 1])
        asked = {"nonce": i + 1, "to": token, "gas": 100_000, "data": data, **FEES}
        return RICH.sign_transaction(asked).raw_transaction.to_0x_hex()

    yield lambda data: (
        Embedded(
            partial(node.start, tmp_path),
            partial(node.stop, tmp_path),
            partial(node.reopening_seconds, tmp_path),
        ),
        partial(sign, data),
    )
    w3.provider.close()
    node.stop(tmp_path)


def test_a_small_run_gives_every_row_and_loses_nothing(measured):
    found = list(rows(*measured(None), sustained=100, kills=2))
    assert len(found) == 6
    assert all(row.value > 0 for row in found[:-1])
    assert (found[-1].value, found[-1].met) == (0, True)


def test_a_token_that_reverts_is_not_measured(measured):
    with pytest.raises(Broken, match="reverted"):
        list(rows(*measured("0xdeadbeef"), sustained=50, kills=1))
