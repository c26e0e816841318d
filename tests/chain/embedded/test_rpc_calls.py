"""JSON-RPC that runs code or searches: calls, estimates, proofs, fees, logs and filters."""

import pytest
from eth_account import Account
from web3 import Web3
from web3.exceptions import (
    BlockNotFound,
    ContractCustomError,
    ContractLogicError,
    ContractPanicError,
)

RICH = Account.from_key("0x" + "11" * 32)
POOR = Account.from_key("0x" + "22" * 32)
TRANSFER = Web3.keccak(text="Transfer(address,address,uint256)").to_0x_hex()
NOBODY = "0x" + "00" * 20


def topic(address):
    return "0x" + address[2:].lower().rjust(64, "0")


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


def test_the_estimate_succeeds_and_is_little_above_the_smallest_limit_that_does(plain):
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
    for number, ask in enumerate(asks):
        least = 960 if number == 3 else 985  # it creates contracts, which keeps gas back
        found = plain.w3.eth.estimate_gas({"from": RICH.address, **ask})
        plain.w3.eth.call({"from": RICH.address, **ask, "gas": found})
        with pytest.raises(Exception, match="out of gas|intrinsic|revert|OutOfGas"):
            plain.w3.eth.call({"from": RICH.address, **ask, "gas": found * least // 1_000 - 1})
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
