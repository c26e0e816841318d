"""The JSON-RPC surface, through web3.py where it has a method and raw where the shape matters."""

import json
import time

import pytest
from eth_account import Account
from web3 import Web3
from web3.exceptions import TransactionNotFound

RICH = Account.from_key("0x" + "11" * 32)
POOR = Account.from_key("0x" + "22" * 32)
FEES = {"maxFeePerGas": 20 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337}


# ---- who are you ----


def test_a_ledger_says_what_it_is_and_which_liberties_it_takes(world, plain):
    assert "simulated-clock/development" in world.w3.client_version
    assert world.ok("freehold_info")["simulatedClock"] is True
    assert "simulated" not in plain.w3.client_version
    assert plain.ok("freehold_info")["development"] is False
    assert bytes(world.w3.eth.get_block(0)["extraData"]) == b"freehold simulated development"
    assert plain.w3.eth.chain_id == 31337
    assert plain.w3.net.version == "31337"
    assert plain.w3.net.listening
    assert plain.w3.eth.syncing is False
    assert plain.w3.eth.accounts == []
    assert plain.ok("web3_sha3", "0x68656c6c6f") == Web3.keccak(b"hello").to_0x_hex()


def test_an_unknown_method_and_wrong_parameters_are_named(plain):
    assert plain.refused("eth_mistake") == {
        "code": -32601,
        "message": "the method eth_mistake does not exist on this ledger",
    }
    assert plain.refused("eth_getBalance")["code"] == -32602
    assert plain.refused("eth_getBalance", "0x12", "latest")["code"] == -32602
    assert plain.refused("eth_getBalance", RICH.address, "yesterday")["code"] == -32602
    assert plain.refused("eth_getBlockByNumber", "0xzz", False)["code"] == -32602
    assert plain.refused("eth_getBalance", RICH.address, "0xffff")["code"] == -32000


# ---- transactions and receipts ----


def test_a_plain_payment_costs_21000_and_its_receipt_adds_up(plain):
    before = plain.w3.eth.get_balance(RICH.address)
    digest = plain.send(to=POOR.address, value=7)
    receipt = plain.w3.eth.get_transaction_receipt(digest)
    block = plain.w3.eth.get_block(receipt["blockNumber"], full_transactions=True)
    assert (receipt["gasUsed"], receipt["status"], receipt["type"]) == (21_000, 1, 2)
    assert receipt["effectiveGasPrice"] == block["baseFeePerGas"] + FEES["maxPriorityFeePerGas"]
    paid = 21_000 * receipt["effectiveGasPrice"] + 7
    assert plain.w3.eth.get_balance(RICH.address) == before - paid
    assert plain.w3.eth.get_balance(POOR.address) == 7
    sent = block["transactions"][0]
    assert sent == plain.w3.eth.get_transaction(digest)
    assert sent == plain.w3.eth.get_transaction_by_block(block["hash"], 0)
    assert (sent["from"], sent["to"], sent["value"]) == (RICH.address, POOR.address, 7)
    assert sent["gasPrice"] == receipt["effectiveGasPrice"]
    assert plain.w3.eth.get_block_receipts(block["number"]) == [receipt]
    assert plain.w3.eth.get_block_transaction_count(block["number"]) == 1
    assert plain.w3.eth.get_raw_transaction(digest)[0] == 2


def test_the_block_hash_is_the_keccak_of_its_header(plain):
    from freehold.chain.embedded.blocks import Header, header_hash

    block = plain.w3.eth.get_block("latest")
    numbers = {
        "difficulty": 0,
        "number": block["number"],
        "gas_limit": block["gasLimit"],
        "gas_used": block["gasUsed"],
        "seconds": block["timestamp"],
        "base_fee": block["baseFeePerGas"],
        "blob_gas_used": 0,
        "excess_blob_gas": 0,
    }
    content = {
        "parent_hash": block["parentHash"],
        "uncles_hash": block["sha3Uncles"],
        "coinbase": bytes(20),
        "state_root": block["stateRoot"],
        "transactions_root": block["transactionsRoot"],
        "receipts_root": block["receiptsRoot"],
        "bloom": block["logsBloom"],
        "extra": block["extraData"],
        "mix_hash": block["mixHash"],
        "nonce": bytes(8),
        "withdrawals_root": block["withdrawalsRoot"],
        "beacon_root": block["parentBeaconBlockRoot"],
        "requests_hash": bytes.fromhex(block["requestsHash"].hex()),
    }
    header = Header(**numbers, **{name: bytes(value) for name, value in content.items()})
    assert header_hash(header) == bytes(block["hash"])


def test_creation_gives_the_address_and_the_code(plain):
    receipt = plain.deploy()
    code = plain.w3.eth.get_code(receipt["contractAddress"])
    assert len(code) > 500
    assert receipt["to"] is None
    assert plain.w3.eth.get_transaction_count(receipt["contractAddress"]) == 1
    assert plain.w3.eth.get_code(RICH.address) == b""


def test_legacy_and_access_list_transactions_are_shown_as_their_type(plain):
    asked = {"to": POOR.address, "value": 1, "gas": 50_000, "gasPrice": 10**10, "chainId": 31337}
    legacy = RICH.sign_transaction({**asked, "nonce": plain.nonce})
    lines = [{"address": POOR.address, "storageKeys": ["0x" + "00" * 31 + "05"]}]
    listed = RICH.sign_transaction({**asked, "nonce": plain.nonce + 1, "accessList": lines})
    first, second = (
        plain.w3.eth.get_transaction(plain.w3.eth.send_raw_transaction(item.raw_transaction))
        for item in (legacy, listed)
    )
    assert (first["type"], first["gasPrice"], first["v"]) == (0, 10**10, legacy.v)
    assert second["type"] == 1
    assert second["accessList"][0]["storageKeys"][0] == "0x" + "00" * 31 + "05"
    assert plain.w3.eth.get_transaction_receipt(second["hash"])["gasUsed"] == 21_000 + 2_400 + 1_900


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"chainId": 1}, "invalid chain id: the transaction is signed for chain 1"),
        ({"nonce": 0}, "nonce too low"),
        ({"nonce": 1_000_000}, "nonce too high"),
        ({"gas": 20_999}, "intrinsic gas too low"),
        ({"gas": 30_000_001}, "exceeds block gas limit"),
        ({"value": 10**30}, "insufficient funds"),
        ({"maxFeePerGas": 1, "maxPriorityFeePerGas": 0}, "less than block base fee"),
    ],
)
def test_a_transaction_that_can_never_stand_is_refused_with_its_reason(plain, change, words):
    before = plain.w3.eth.block_number
    raw = plain.sign(to=POOR.address, **change).to_0x_hex()
    fault = plain.refused("eth_sendRawTransaction", raw)
    assert fault["code"] == -32000
    assert words in fault["message"]
    assert plain.w3.eth.block_number == before
    assert plain.w3.eth.get_transaction_count(RICH.address, "pending") == plain.nonce - 1


def test_a_sender_without_funds_is_told_the_address_and_what_is_missing(plain):
    raw = POOR.sign_transaction({"to": RICH.address, "value": 0, "gas": 21_000, "nonce": 0, **FEES})
    fault = plain.refused("eth_sendRawTransaction", raw.raw_transaction.to_0x_hex())
    assert f"{POOR.address.lower()} has 0 wei" in fault["message"]
    assert "fund the address first" in fault["message"]


def test_a_nonce_ahead_waits_until_the_gap_is_filled(plain):
    gap = plain.nonce
    plain.nonce += 1
    later = plain.send(to=POOR.address, value=1)
    assert plain.w3.eth.get_transaction(later)["blockNumber"] is None
    with pytest.raises(TransactionNotFound):
        plain.w3.eth.get_transaction_receipt(later)
    first = plain.send(to=POOR.address, value=1, nonce=gap)
    blocks = {plain.w3.eth.get_transaction(item)["blockNumber"] for item in (first, later)}
    assert len(blocks) == 1
    assert plain.ok("freehold_info")["waiting"] == 0


def test_the_same_nonce_again_needs_ten_percent_more(plain):
    plain.ok("evm_setAutomine", False)
    nonce = plain.nonce
    plain.send(to=POOR.address, value=1)
    again = plain.sign(to=POOR.address, value=2, nonce=nonce).to_0x_hex()
    assert "underpriced" in plain.refused("eth_sendRawTransaction", again)["message"]
    dearer = {"maxFeePerGas": 22 * 10**9, "maxPriorityFeePerGas": 11 * 10**8}
    replaced = plain.send(to=POOR.address, value=3, nonce=nonce, **dearer)
    repeated = plain.sign(to=POOR.address, value=3, nonce=nonce, **dearer).to_0x_hex()
    assert "already known" in plain.refused("eth_sendRawTransaction", repeated)["message"]
    plain.ok("evm_mine")
    assert plain.w3.eth.get_transaction_receipt(replaced)["status"] == 1
    assert plain.w3.eth.get_balance(POOR.address) == 3


def test_a_batch_of_fifty_goes_into_one_block(plain):
    before = plain.w3.eth.block_number
    calls = plain.token.functions.transfer(POOR.address, 1)._encode_transaction_data()
    raws = [plain.sign(to=plain.token.address, data=calls).to_0x_hex() for _ in range(50)]
    answers = plain.w3.provider.make_batch_request([("eth_sendRawTransaction", [r]) for r in raws])
    assert [len(answer["result"]) for answer in answers] == [66] * 50
    assert plain.w3.eth.block_number == before + 1
    block = plain.w3.eth.get_block("latest")
    receipts = plain.w3.eth.get_block_receipts("latest")
    assert [r["transactionHash"].to_0x_hex() for r in receipts] == [a["result"] for a in answers]
    assert (
        receipts[-1]["cumulativeGasUsed"] == block["gasUsed"] == sum(r["gasUsed"] for r in receipts)
    )
    assert [log["logIndex"] for r in receipts for log in r["logs"]] == list(range(50))
    assert plain.token.functions.balanceOf(POOR.address).call() == 50


def test_one_bad_transaction_in_a_batch_spoils_nothing_else(plain):
    raws = [plain.sign(to=POOR.address, value=1).to_0x_hex() for _ in range(3)]
    asked = [raws[0], "0x00", raws[1], raws[1], raws[2]]
    answers = plain.w3.provider.make_batch_request([("eth_sendRawTransaction", [r]) for r in asked])
    assert ["result" in answer for answer in answers] == [True, False, True, False, True]
    assert plain.w3.eth.get_balance(POOR.address) == 3


def test_more_than_a_block_can_hold_goes_into_several(make_world):
    small = make_world(gas_limit=5_000_000)
    small.deploy()
    start = small.w3.eth.block_number
    raws = [small.sign(to=POOR.address, value=1, gas=2_000_000).to_0x_hex() for _ in range(5)]
    small.w3.provider.make_batch_request([("eth_sendRawTransaction", [r]) for r in raws])
    numbers = range(start + 1, small.w3.eth.block_number + 1)
    # A block takes a transaction while its whole limit fits beside what the others used.
    counts = [small.w3.eth.get_block_transaction_count(number) for number in numbers]
    assert sum(counts) == 5
    assert small.w3.eth.get_balance(POOR.address) == 5


def test_without_automine_a_transaction_waits_for_evm_mine(plain):
    plain.ok("evm_setAutomine", False)
    digest = plain.send(to=POOR.address, value=1)
    assert plain.w3.eth.get_transaction_count(RICH.address) == plain.nonce - 1
    assert plain.w3.eth.get_transaction_count(RICH.address, "pending") == plain.nonce
    assert plain.w3.eth.get_block("pending")["transactions"] == [digest]
    number = plain.w3.eth.block_number
    plain.ok("evm_mine")
    plain.ok("evm_mine")
    assert plain.w3.eth.block_number == number + 2
    assert plain.w3.eth.get_transaction_receipt(digest)["blockNumber"] == number + 1


# ---- liberties ----


def test_a_ledger_in_real_time_refuses_to_travel(plain):
    for method, params in (
        ("evm_setNextBlockTimestamp", ["0x1"]),
        ("evm_increaseTime", ["0x1"]),
        ("freehold_setClock", ["0x1"]),
        ("evm_snapshot", []),
        ("evm_revert", ["0x1"]),
        ("freehold_reorg", ["0x1", []]),
    ):
        fault = plain.refused(method, *params)
        assert fault["code"] == -32000
        assert "genesis does not declare" in fault["message"]
    assert abs(plain.w3.eth.get_block("latest")["timestamp"] - time.time()) < 60


def test_a_simulated_clock_stands_where_it_is_put_and_never_goes_back(world):
    assert world.w3.eth.get_block("latest")["timestamp"] == 1_700_000_000
    world.ok("evm_setNextBlockTimestamp", hex(1_700_086_400))
    world.send(to=POOR.address, value=1)
    world.send(to=POOR.address, value=1)
    assert world.w3.eth.get_block("latest")["timestamp"] == 1_700_086_400
    assert world.token.functions.today().call() == 1_700_086_400 // 86_400
    assert "time never goes back" in world.refused("freehold_setClock", "0x5")["message"]
    world.ok("evm_increaseTime", 60)
    assert world.token.functions.today().call(block_identifier="pending") == 1_700_086_460 // 86_400
    world.ok("evm_mine")
    assert world.w3.eth.get_block("latest")["timestamp"] == 1_700_086_460
    world.ok("freehold_setClock", None)
    world.ok("evm_mine")
    assert abs(world.w3.eth.get_block("latest")["timestamp"] - time.time()) < 60


def test_a_snapshot_brings_back_state_head_nonce_and_clock(world):
    mark = world.ok("evm_snapshot")
    head, nonce = world.w3.eth.get_block("latest")["hash"], world.nonce
    digest = world.send(to=POOR.address, value=1)
    world.ok("evm_increaseTime", 5)
    later = world.ok("evm_snapshot")
    assert world.ok("evm_revert", mark) is True
    assert world.w3.eth.get_block("latest")["hash"] == head
    assert world.w3.eth.get_balance(POOR.address) == 0
    assert world.w3.eth.get_transaction_count(RICH.address) == nonce
    with pytest.raises(TransactionNotFound):
        world.w3.eth.get_transaction(digest)
    assert world.ok("evm_revert", later) is False
    assert world.ok("evm_revert", mark) is False
    world.nonce = nonce
    world.send(to=POOR.address, value=2)
    assert world.w3.eth.get_balance(POOR.address) == 2
    assert world.w3.eth.get_block("latest")["timestamp"] == 1_700_000_000


@pytest.mark.parametrize("depth", [1, 12])
def test_a_reorganisation_replaces_the_last_blocks(world, depth):
    nonce, start = world.nonce, world.w3.eth.block_number
    gone = [world.send(to=POOR.address, value=1) for _ in range(depth)]
    old = [world.w3.eth.get_block(start + 1 + n) for n in range(depth)]
    new = world.sign(to=POOR.address, value=1000, nonce=nonce).to_0x_hex()
    hashes = world.ok("freehold_reorg", depth, [new])
    assert len(hashes) == depth
    assert world.w3.eth.block_number == start + depth
    assert world.w3.eth.get_balance(POOR.address) == 1000
    for n, block in enumerate(old):
        found = world.w3.eth.get_block(start + 1 + n)
        assert found["hash"].to_0x_hex() == hashes[n] != block["hash"].to_0x_hex()
        stale = block["hash"].to_0x_hex()
        assert world.ok("eth_getBlockByHash", stale, False)["hash"] == stale
        named = {"blockHash": stale, "requireCanonical": True}
        assert "not on the chain" in world.refused("eth_getBalance", RICH.address, named)["message"]
    for digest in gone:
        assert world.ok("eth_getTransactionReceipt", digest.to_0x_hex()) is None
    world.nonce = nonce + 1
    assert world.call(world.token.functions.transfer(POOR.address, 1))["status"] == 1
    assert world.reopen().eth.get_balance(POOR.address) == 1000


def test_an_impossible_reorganisation_changes_nothing(world):
    head = world.w3.eth.get_block("latest")["hash"]
    assert "depth" in world.refused("freehold_reorg", 99, [])["message"]
    bad = world.sign(to=POOR.address, nonce=50).to_0x_hex()
    assert "cannot stand" in world.refused("freehold_reorg", 1, [bad])["message"]
    assert world.w3.eth.get_block("latest")["hash"] == head


def test_the_pending_block_counts_what_waits(plain):
    assert plain.ok("eth_getBlockTransactionCountByNumber", "pending") == "0x0"
    plain.ok("evm_setAutomine", False)
    plain.ok("eth_sendRawTransaction", plain.sign(to=POOR.address).to_0x_hex())
    assert plain.ok("eth_getBlockTransactionCountByNumber", "pending") == "0x1"
    assert plain.ok("eth_getBlockReceipts", "pending") is None
    plain.ok("evm_mine")
    assert plain.ok("eth_getBlockTransactionCountByNumber", "pending") == "0x0"


# ---- the wire ----


def test_raw_json_on_the_socket_is_answered_like_geth_ipc(served):
    from freehold.chain.embedded import place

    def exchange(*parts):
        with place.connect(place.socket_path(served.home)) as link:
            for part in parts:
                link.sendall(part)
                time.sleep(0.02)
            return json.loads(link.recv(1 << 20))

    asked = b'{"jsonrpc":"2.0","id":"a","method":"eth_chainId"}'
    assert exchange(asked) == {"jsonrpc": "2.0", "id": "a", "result": "0x7a69"}
    assert exchange(asked[:20], asked[20:])["result"] == "0x7a69"
    assert exchange(b"[" + asked + b",1]")[1]["error"]["code"] == -32600
    assert exchange(b"{nonsense}")["error"]["code"] == -32700
    assert exchange(b"[]")["error"]["code"] == -32600
    assert exchange(b"7")["error"]["code"] == -32600
    assert exchange(b'{"id":1,"method":"eth_call","params":{"a":1}}')["error"]["code"] == -32602
