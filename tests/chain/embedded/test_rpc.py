"""The JSON-RPC surface, through web3.py where it has a method and raw where the shape matters."""

import json
import time

import pytest
from eth_account import Account
from web3 import Web3
from web3.exceptions import (
    BlockNotFound,
    ContractCustomError,
    ContractLogicError,
    ContractPanicError,
    TransactionNotFound,
)

RICH = Account.from_key("0x" + "11" * 32)
POOR = Account.from_key("0x" + "22" * 32)
FEES = {"maxFeePerGas": 20 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337}
TRANSFER = Web3.keccak(text="Transfer(address,address,uint256)").to_0x_hex()
NOBODY = "0x" + "00" * 20


def topic(address):
    return "0x" + address[2:].lower().rjust(64, "0")


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


# ---- calls ----


def test_calls_say_why_they_were_refused_as_geth_does(plain):
    functions = plain.token.functions
    with pytest.raises(ContractLogicError, match="execution reverted: transfer: zero receiver"):
        functions.transfer(NOBODY, 1).call({"from": RICH.address})
    with pytest.raises(ContractCustomError) as raised:
        functions.refuse_raw(140).call()
    selector = Web3.keccak(text="Refused(uint256)")[:4].hex()
    assert raised.value.data == "0x" + selector + f"{140:064x}"
    asked = {"to": plain.token.address, "data": functions.refuse_raw(1)._encode_transaction_data()}
    fault = plain.refused("eth_call", asked, "latest")
    assert (fault["code"], fault["message"]) == (3, "execution reverted")
    assert plain.refused("eth_estimateGas", asked) == fault
    with pytest.raises(ContractLogicError):
        functions.transfer(POOR.address, 10**30).call({"from": RICH.address})


def test_a_panic_is_named(plain):
    code = "0x" + "634e487b7160e01b600052601160045260246000fd"
    fault = plain.refused("eth_call", {"data": code})
    assert (fault["code"], fault["message"]) == (3, "execution reverted: panic code 0x11")
    with pytest.raises(ContractPanicError):
        plain.w3.eth.call({"data": code})
    assert plain.refused("eth_call", {"data": "0xfe"}) == {
        "code": -32000,
        "message": "invalid opcode",
    }
    assert (
        plain.refused("eth_call", {"data": "0x5b600056", "gas": "0x186a0"})["message"]
        == "out of gas"
    )


def test_old_blocks_keep_their_state(plain):
    first = plain.w3.eth.block_number
    for amount in (5, 6):
        plain.call(plain.token.functions.transfer(POOR.address, amount))
    balances = [
        plain.token.functions.balanceOf(POOR.address).call(block_identifier=number)
        for number in (first, first + 1, first + 2, "latest", "safe", "finalized", "pending")
    ]
    assert balances == [0, 5, 11, 11, 11, 11, 11]
    at = plain.w3.eth.get_block(first + 1)["hash"].to_0x_hex()
    data = plain.token.functions.balanceOf(POOR.address)._encode_transaction_data()
    for block in (at, {"blockHash": at, "requireCanonical": True}, {"blockNumber": hex(first + 1)}):
        answer = plain.ok("eth_call", {"to": plain.token.address, "data": data}, block)
        assert int(answer, 16) == 5
    assert plain.w3.eth.get_balance(RICH.address, "earliest") == 10**24
    assert plain.w3.eth.get_code(plain.token.address, 0) == b""
    assert plain.w3.eth.get_transaction_count(RICH.address, first + 1) == plain.nonce - 1
    with pytest.raises(BlockNotFound):
        plain.w3.eth.get_block(first + 9)


def test_a_call_changes_nothing_and_overrides_pretend(plain):
    functions = plain.token.functions
    functions.transfer(POOR.address, 5).call({"from": RICH.address})
    assert functions.balanceOf(POOR.address).call() == 0
    balance = functions.totalSupply()._encode_transaction_data()
    asked = {"to": plain.token.address, "data": balance}
    slot = "0x2"
    assert (
        int(
            plain.ok(
                "eth_call", asked, "latest", {plain.token.address: {"stateDiff": {slot: "0x7"}}}
            ),
            16,
        )
        == 7
    )
    code = {POOR.address: {"code": "0x4760005260206000f3", "balance": "0x63"}}
    assert int(plain.ok("eth_call", {"to": POOR.address}, "latest", code), 16) == 99
    assert plain.refused("eth_call", {"to": POOR.address, "from": POOR.address, "value": "0x1"})[
        "message"
    ].startswith("insufficient funds")


def test_code_sees_its_block(plain):
    number, seconds, coinbase, fee, chain, parent = plain.token.functions.context().call()
    block = plain.w3.eth.get_block("latest")
    assert (number, seconds, fee) == (block["number"], block["timestamp"], block["baseFeePerGas"])
    assert (coinbase, chain, parent) == (NOBODY, 31337, bytes(block["parentHash"]))
    pending = plain.token.functions.context().call(block_identifier="pending")
    assert pending[0] == block["number"] + 1
    assert pending[5] == bytes(block["hash"])


def test_the_estimate_is_the_smallest_limit_that_succeeds(plain):
    functions = plain.token.functions
    inner = functions.transfer(POOR.address, 0)._encode_transaction_data()
    asks = [
        {"to": POOR.address, "value": 1},
        {
            "to": plain.token.address,
            "data": functions.transfer(POOR.address, 1)._encode_transaction_data(),
        },
        {"to": plain.token.address, "data": functions.burn(10**24)._encode_transaction_data()},
        {
            "to": plain.token.address,
            "data": functions.make(2, bytes(32))._encode_transaction_data(),
        },
        {"to": POOR.address, "data": "0x" + "ff" * 400},
    ]
    for ask in asks:
        found = plain.w3.eth.estimate_gas({"from": RICH.address, **ask})
        plain.w3.eth.call({"from": RICH.address, **ask, "gas": found})
        with pytest.raises(Exception, match="out of gas|intrinsic|revert|OutOfGas"):
            plain.w3.eth.call({"from": RICH.address, **ask, "gas": found - 1})
    forward = functions.forward(plain.token.address, inner)._encode_transaction_data()
    found = plain.w3.eth.estimate_gas(
        {"from": RICH.address, "to": plain.token.address, "data": forward}
    )
    assert plain.call(functions.forward(plain.token.address, inner), gas=found)["status"] == 1
    assert plain.w3.eth.estimate_gas({"to": POOR.address}) == 21_000


def test_the_access_list_names_what_a_call_touches(plain):
    data = plain.token.functions.transfer(POOR.address, 1)._encode_transaction_data()
    asked = {"from": RICH.address, "to": plain.token.address, "data": data}
    found = plain.ok("eth_createAccessList", asked)
    assert [line["address"] for line in found["accessList"]] == [plain.token.address.lower()]
    assert len(found["accessList"][0]["storageKeys"]) == 2


def test_a_proof_of_a_slot_leads_to_the_state_root(plain):
    import rlp
    from trie import HexaryTrie

    proof = plain.w3.eth.get_proof(plain.token.address, [2], "latest")
    root = bytes(plain.w3.eth.get_block("latest")["stateRoot"])
    nodes = [rlp.decode(bytes(node)) for node in proof["accountProof"]]
    account = rlp.decode(
        HexaryTrie.get_from_proof(root, Web3.keccak(hexstr=plain.token.address), nodes)
    )
    assert account[2] == bytes(proof["storageHash"])
    slot = proof["storageProof"][0]
    nodes = [rlp.decode(bytes(node)) for node in slot["proof"]]
    found = HexaryTrie.get_from_proof(account[2], Web3.keccak(b"\x02".rjust(32, b"\0")), nodes)
    assert int.from_bytes(rlp.decode(found), "big") == 10**24
    assert int(slot["value"].to_0x_hex(), 16) == 10**24
    assert int(plain.ok("eth_getStorageAt", plain.token.address, "0x2"), 16) == 10**24


# ---- fees ----


def test_the_base_fee_follows_eip_1559_and_the_history_shows_it(plain):
    plain.send(to=POOR.address, value=1)
    newest = plain.w3.eth.block_number
    history = plain.w3.eth.fee_history(newest + 1, "latest", [0, 50, 100])
    fees = history["baseFeePerGas"]
    assert history["oldestBlock"] == 0
    assert len(fees) == newest + 2
    for number in range(newest + 1):
        block = plain.w3.eth.get_block(number)
        assert fees[number] == block["baseFeePerGas"]
        target = block["gasLimit"] // 2
        step = block["baseFeePerGas"] * (target - block["gasUsed"]) // target // 8
        assert fees[number + 1] == block["baseFeePerGas"] - step
    assert history["reward"][0] == [0, 0, 0]
    assert history["reward"][-1] == [10**9] * 3
    assert plain.w3.eth.gas_price == fees[-1] + plain.w3.eth.max_priority_fee


# ---- logs ----


def test_logs_are_found_by_address_topics_alternatives_and_range(plain):
    first, token = plain.w3.eth.block_number, plain.token
    others = [f"0x{n:040x}" for n in (1, 2, 3)]
    for n, other in enumerate(others):
        plain.call(token.functions.transfer(Web3.to_checksum_address(other), n))
    plain.deploy()
    last = plain.w3.eth.block_number

    def amounts(**asked):
        asked = {"fromBlock": hex(first), "toBlock": "latest", **asked}
        return [int(log["data"], 16) for log in plain.ok("eth_getLogs", asked)]

    assert amounts() == [10**24, 0, 1, 2, 10**24]
    assert amounts(address=token.address) == [10**24, 0, 1, 2]
    assert amounts(address=[token.address, plain.token.address]) == [10**24, 0, 1, 2, 10**24]
    assert amounts(address=NOBODY) == []
    assert amounts(topics=[TRANSFER, topic(RICH.address)]) == [0, 1, 2]
    assert amounts(topics=[None, None, [topic(others[0]), topic(others[2])]]) == [0, 2]
    assert amounts(topics=[[TRANSFER], [], topic(others[1])]) == [1]
    assert amounts(topics=["0x" + "11" * 32]) == []
    assert amounts(topics=[None, None, None, None]) == []
    assert amounts(fromBlock=hex(first + 2), toBlock=hex(first + 3)) == [1, 2]
    assert amounts(fromBlock=hex(last + 5), toBlock=hex(last + 9)) == []
    at = plain.w3.eth.get_block(first + 1)["hash"].to_0x_hex()
    (log,) = plain.ok("eth_getLogs", {"blockHash": at})
    receipt = plain.ok("eth_getTransactionReceipt", log["transactionHash"])
    assert receipt["logs"] == [log]
    assert (log["blockNumber"], log["logIndex"]) == (hex(first + 1), "0x0")
    assert plain.refused("eth_getLogs", {"fromBlock": "0x2", "toBlock": "0x1"})["code"] == -32602
    assert plain.refused("eth_getLogs", {"blockHash": at, "toBlock": "0x1"})["code"] == -32602


def test_filters_tell_only_what_is_new(plain):
    logs = plain.w3.eth.filter({"address": plain.token.address, "topics": [TRANSFER]})
    blocks = plain.w3.eth.filter("latest")
    assert (logs.get_new_entries(), blocks.get_new_entries()) == ([], [])
    receipt = plain.call(plain.token.functions.transfer(POOR.address, 3))
    plain.ok("evm_mine")
    assert [log["transactionHash"] for log in logs.get_new_entries()] == [
        receipt["transactionHash"]
    ]
    assert blocks.get_new_entries()[0] == receipt["blockHash"]
    assert (logs.get_new_entries(), blocks.get_new_entries()) == ([], [])
    whole = plain.w3.eth.filter({"fromBlock": 0, "address": plain.token.address})
    assert len(whole.get_all_entries()) == 2
    assert plain.w3.eth.uninstall_filter(logs.filter_id)
    assert plain.refused("eth_getFilterChanges", logs.filter_id)["message"].startswith(
        "filter not found"
    )


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
