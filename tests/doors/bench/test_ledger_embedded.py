"""The measuring itself: every row is there, and a token that fails is not measured."""

from pathlib import Path

import pytest
from web3 import Web3

from freehold.core.errors import Broken
from freehold.doors.bench.ledger_embedded import Token, measure_embedded

SOURCE = Path(__file__).parents[2] / "chain" / "embedded" / "token.vy"


@pytest.fixture(scope="module")
def built():
    compiler = pytest.importorskip("vyper", reason="pip install vyper==0.4.3")
    return compiler.compile_code(SOURCE.read_text(), output_formats=["abi", "bytecode"])


def test_a_small_run_gives_every_row_and_loses_nothing(built):
    contract = Web3().eth.contract(abi=built["abi"])
    token = Token(built["bytecode"], lambda to, units: contract.encode_abi("transfer", [to, units]))
    rows = measure_embedded(token, transactions=100, kills=2)
    assert len(rows) == 7
    for row in rows:
        assert {"name", "value", "unit", "goal", "better", "met", "peers"} <= row.keys()
    survival = rows[-1]
    assert (survival["value"], survival["met"]) == (0, True)
    assert survival["acknowledged"] > 0


def test_a_token_that_reverts_is_not_measured(built):
    token = Token(built["bytecode"], lambda to, units: "0xdeadbeef")
    with pytest.raises(Broken, match="reverted"):
        measure_embedded(token, transactions=50, kills=1)
