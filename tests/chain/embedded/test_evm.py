"""Our executor and state against py-evm's own: gas, logs and state root of every transaction."""

import random

import pytest
import rlp
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague.state import PragueState
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_account import Account
from web3 import Web3

from freehold.chain.embedded.encoding import decode
from freehold.chain.embedded.evm import ask_of, execute
from freehold.chain.embedded.state import LedgerState
from freehold.chain.embedded.transactions import least_gas, parse
from freehold.chain.embedded.trie import EMPTY_ROOT

RICH = Account.from_key("0x" + "11" * 32)
OTHER = Account.from_key("0x" + "22" * 32)
BASE_FEE = 10**9
FEES = {"maxFeePerGas": 20 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337}


def context():
    return ExecutionContext(
        coinbase=b"\xc0" * 20,
        timestamp=1_700_000_000,
        block_number=7,
        difficulty=0,
        mix_hash=b"\x07" * 32,
        gas_limit=30_000_000,
        prev_hashes=[b"\x06" * 32],
        chain_id=31337,
        base_fee_per_gas=BASE_FEE,
        excess_blob_gas=0,
    )


class Both:
    """The same transactions on py-evm's state and on ours."""

    def __init__(self):
        self.theirs = PragueState(AtomicDB(), context(), EMPTY_ROOT)
        self.nodes = {}
        self.ours = LedgerState(
            context(), EMPTY_ROOT, lambda d: decode(self.nodes[d]), lambda d: self.nodes[d]
        )
        for state in (self.theirs, self.ours):
            for key in (RICH, OTHER):
                state.set_balance(bytes.fromhex(key.address[2:]), 10**24)
        self.nonces = {RICH.address: 0, OTHER.address: 0}
        self.seal()

    def seal(self):
        root, nodes = self.ours.seal()
        self.nodes |= nodes
        self.theirs.persist()
        assert root == self.theirs.state_root
        if random.random() < 0.5:  # go on with nothing remembered
            self.ours = LedgerState(context(), root, self.ours._load, self.ours._load_code)

    def apply(self, key=RICH, **asked):
        asked = {"value": 0, "gas": 3_000_000, "nonce": self.nonces[key.address], **FEES, **asked}
        if "gasPrice" in asked:
            del asked["maxFeePerGas"], asked["maxPriorityFeePerGas"]
        self.nonces[key.address] += 1
        raw = bytes(key.sign_transaction(asked).raw_transaction)
        sent = parse(raw)
        assert sent.sender == bytes.fromhex(key.address[2:])
        outcome = execute(self.ours, ask_of(sent, BASE_FEE))
        builder = PragueTransactionBuilder
        theirs = builder.decode(raw)
        assert theirs.sender == sent.sender
        assert theirs.hash == sent.hash
        self.theirs.lock_changes()
        computation = self.theirs.apply_transaction(theirs)
        assert computation.is_error == (outcome.error is not None), outcome
        logs = tuple(
            (a, tuple(int.from_bytes(t, "big") for t in ts), d) for a, ts, d in outcome.logs
        )
        assert computation.get_log_entries() == logs
        for address in (sent.sender, b"\xc0" * 20):
            assert self.theirs.get_balance(address) == self.ours.get_balance(address), "gas"
        return outcome


@pytest.mark.parametrize("seed", range(4))
def test_random_transactions_give_the_state_root_and_gas_of_py_evm(compiled, seed):
    random.seed(seed)
    both = Both()
    made = [both.apply(data=compiled.bytecode).created for _ in range(2)]
    for _ in range(60):
        both.apply(**_something(random, made, compiled.abi))
        if random.random() < 0.3:
            both.seal()
    both.seal()


def _something(rng, made, abi):
    token = Web3().eth.contract(abi=abi)
    address = Web3.to_checksum_address(rng.choice(made))
    people = [RICH.address, OTHER.address, "0x" + "00" * 20, f"0x{rng.randrange(2**160):040x}"]
    who = Web3.to_checksum_address(rng.choice(people))
    inner = token.encode_abi("transfer", [who, rng.choice([0, 1, 10**30])])
    target = Web3.to_checksum_address(rng.choice([*made, b"\x00" * 19 + b"\x02", b"\x00" * 20]))
    calls = [
        inner,
        token.encode_abi("burn", [rng.choice([0, 10**24, 5])]),
        token.encode_abi("refuse_raw", [7]),
        token.encode_abi("forward", [target, bytes.fromhex(inner[2:])]),
        token.encode_abi("make", [rng.randrange(3), rng.randbytes(1).rjust(32, b"\0")]),
        token.encode_abi("digest", [rng.randbytes(rng.randrange(200))]),
    ]
    kinds = [
        {"to": address, "data": rng.choice(calls)},
        {"to": address, "data": rng.choice(calls), "key": OTHER},
        {"to": address, "data": rng.choice(calls), "gas": rng.randrange(40_000, 120_000)},
        {"to": who, "value": rng.randrange(3), "gasPrice": 2 * 10**9},
        {"to": who, "value": 1, "data": rng.randbytes(rng.randrange(300))},
        {"to": address, "data": calls[3], "value": rng.randrange(2)},
        {
            "to": address,
            "data": inner,
            "accessList": [
                {"address": address, "storageKeys": ["0x" + "00" * 32, "0x" + "11" * 32]}
            ],
        },
    ]
    return rng.choice(kinds)


def test_storage_set_and_cleared_over_blocks_refunds_as_py_evm_does(compiled):
    both = Both()
    token = Web3().eth.contract(abi=compiled.abi)
    address = Web3.to_checksum_address(both.apply(data=compiled.bytecode).created)
    for amount in (10**24, 0):
        both.seal()
        both.apply(to=address, data=token.encode_abi("transfer", [OTHER.address, amount]))
        both.apply(OTHER, to=address, data=token.encode_abi("transfer", [RICH.address, amount]))
    both.apply(to=address, data=token.encode_abi("burn", [10**24]))
    both.seal()


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT")
def test_a_contract_that_creates_and_destroys_itself_leaves_what_py_evm_leaves(compiled):
    both = Both()
    destroys_itself = bytes.fromhex("600160005560aa60bb5533ff")
    both.apply(data=destroys_itself, value=5)
    both.apply(to=OTHER.address, value=1)
    both.seal()
    stays = bytes.fromhex("6002600d60003960026000f333ff")
    made = both.apply(data=stays, value=9).created
    both.seal()
    both.apply(to=Web3.to_checksum_address(made), value=1)
    both.seal()


def test_an_authorization_lets_an_account_run_code_as_py_evm_does(compiled):
    both = Both()
    token = Web3().eth.contract(abi=compiled.abi)
    made = Web3.to_checksum_address(both.apply(data=compiled.bytecode).created)
    for nonce, address in ((0, made), (1, "0x" + "00" * 20), (9, made)):
        line = OTHER.sign_authorization({"chainId": 31337, "address": address, "nonce": nonce})
        call = token.encode_abi("transfer", [RICH.address, 0])
        both.apply(to=OTHER.address, data=call, authorizationList=[line])
        both.seal()
    assert both.ours.get_nonce(bytes.fromhex(OTHER.address[2:])) == 2


def test_every_known_failure_consumes_what_py_evm_consumes():
    both = Both()
    for code in (
        "fe",
        "5b600056",
        "60006000fd",
        "600160005260206000fd",
        "50",
        "60ff6000f3",
        "ef00",
    ):
        both.apply(data=bytes.fromhex(code), gas=200_000)
        both.apply(data=bytes.fromhex("6001600c60003960016000f3" + code[:2]), gas=200_000)
    both.seal()


def test_least_gas_is_the_limit_under_which_a_transaction_cannot_stand():
    sent = parse(bytes(_signed(data=b"\x01" * 100)))
    assert least_gas(sent) == 21_000 + 40 * 100  # the data floor of EIP-7623
    sent = parse(bytes(_signed(data=b"\x00\x01", to=None)))
    assert least_gas(sent) == 21_000 + 32_000 + 4 + 16 + 2


def _signed(**asked):
    asked = {"nonce": 0, "value": 0, "gas": 100_000, "to": OTHER.address, **FEES, **asked}
    return RICH.sign_transaction({k: v for k, v in asked.items() if v is not None}).raw_transaction


@pytest.mark.parametrize("change", ["cut", "tail", "field", "high_s", "blob", "type"])
def test_bytes_that_are_no_transaction_are_refused_with_a_sentence(change):
    from freehold.core.errors import Invalid

    raw = bytes(_signed())
    fields = rlp.decode(raw[1:])
    n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = (n - int.from_bytes(fields[-1], "big")).to_bytes(32, "big")
    broken = {
        "cut": raw[:-1],
        "tail": raw + b"\0",
        "field": b"\x02" + rlp.encode(fields[:-1]),
        "high_s": b"\x02" + rlp.encode([*fields[:-1], high]),
        "blob": b"\x03" + raw[1:],
        "type": b"\x7f" + raw[1:],
    }
    with pytest.raises(Invalid, match="transaction"):
        parse(broken[change])
