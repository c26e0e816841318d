"""Small worlds: a funded account and a plain token on an embedded ledger.

`world` and `plain` ask the ledger's JSON-RPC in this process, JSON text and all; `served` is the
real thing, a process of its own on its socket, that can be killed.
"""

import json
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from eth_account import Account
from web3 import Web3
from web3.providers.base import JSONBaseProvider

from freehold.chain import node
from freehold.chain.embedded import chain, place, rpc, store

RICH = Account.from_key("0x" + "11" * 32)
FEES = {"maxFeePerGas": 20 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337}
LINGER = 0.3


class Direct(JSONBaseProvider):
    """JSON in, JSON out, without a socket."""

    def __init__(self, path):
        super().__init__()
        self.chain = chain.open_chain(path)

    def make_request(self, method, params):
        return self.exchange(self.encode_rpc_request(method, params))

    def make_batch_request(self, requests):
        return self.exchange(self.encode_batch_rpc_request(requests))

    def exchange(self, text):
        return json.loads(json.dumps(rpc.answer(self.chain, json.loads(text))))

    def is_connected(self, show_traceback=False):
        return True

    def close(self):
        store.close(self.chain.store)


@dataclass
class World:
    """A ledger in its home, joined; `send` signs as RICH and counts the nonces."""

    home: Path
    compiled: object
    served: bool
    w3: object = None
    token: object = None
    nonce: int = 0
    opened: list = field(default_factory=list)

    def sign(self, **asked):
        asked = {"value": 0, "gas": 100_000, "nonce": self.nonce, **FEES, **asked}
        self.nonce += 1
        return RICH.sign_transaction(asked).raw_transaction

    def send(self, **asked):
        return self.w3.eth.send_raw_transaction(self.sign(**asked))

    def call(self, function, **asked):
        """Send a contract call, and its receipt."""
        data = function._encode_transaction_data()
        digest = self.send(to=function.address, data=data, **asked)
        return self.w3.eth.get_transaction_receipt(digest)

    def deploy(self):
        """Put a token on the chain and hold it as `token`; its receipt."""
        receipt = self.w3.eth.get_transaction_receipt(
            self.send(data=self.compiled.bytecode, gas=5_000_000)
        )
        self.token = self.w3.eth.contract(receipt["contractAddress"], abi=self.compiled.abi)
        return receipt

    def rpc(self, method, *params):
        """The raw answer of the ledger."""
        return self.w3.provider.make_request(method, list(params))

    def ok(self, method, *params):
        answer = self.rpc(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    def refused(self, method, *params):
        answer = self.rpc(method, *params)
        assert "error" in answer, answer
        return answer["error"]

    def reopen(self):
        """Join the ledger anew; one in this process is closed and opened again."""
        if self.served:
            self.w3 = node.open_ledger(self.home, linger_seconds=LINGER)
        else:
            self.close()
            self.w3 = Web3(Direct(place.chain_path(self.home)))
        self.opened.append(self.w3)
        return self.w3

    def close(self):
        for w3 in self.opened:
            w3.provider.close()
        self.opened.clear()

    def kill(self, number=signal.SIGKILL):
        """End the ledger process and wait until it is gone."""
        if running := node.status(self.home):
            os.kill(running["process"], number)
        while node.status(self.home):
            time.sleep(0.01)


@pytest.fixture(scope="session")
def compiled():
    compiler = pytest.importorskip("vyper", reason="pip install vyper==0.4.3")
    source = Path(__file__).with_name("token.vy").read_text()
    built = compiler.compile_code(source, output_formats=["abi", "bytecode"])
    return SimpleNamespace(abi=built["abi"], bytecode=built["bytecode"])


@pytest.fixture
def make_world(tmp_path, compiled):
    worlds = []

    def make(served=False, **genesis):
        home = tmp_path / f"home{len(worlds)}"
        node.create_ledger(home, **{"funded": [RICH.address], "seconds": 1_700_000_000, **genesis})
        worlds.append(World(home, compiled, served))
        worlds[-1].reopen()
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()
        if world.served:
            world.kill(signal.SIGTERM)


@pytest.fixture
def world(make_world):
    """A development ledger with a simulated clock and the token."""
    world = make_world(development=True, simulated_clock=True)
    world.deploy()
    return world


@pytest.fixture
def plain(make_world):
    """A ledger as users get it, with the token."""
    world = make_world()
    world.deploy()
    return world


@pytest.fixture
def served(make_world):
    """The same as a process of its own."""
    world = make_world(served=True)
    world.deploy()
    return world
