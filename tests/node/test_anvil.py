"""The fast node as a client sees it: what it answers, and what it refuses in which words."""

import http.client
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from freehold.chain.anvil import node
from freehold.chain.anvil.engine import room_of
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.scratch import scratch
from freehold.core.errors import Conflict, NotFound, Unavailable
from freehold.doors.bench.ledger_anvil import Line, Refusal, wait_for_receipt
from tests.node.conftest import BROKE, GENESIS, RECEIVER, SENDER, signed

pytestmark = pytest.mark.needs("anvil")


def test_a_signed_transfer_is_mined_and_its_block_journalled(start, home: Path, connect) -> None:
    line = connect(start())
    (accepted,) = line.send_raw([signed(0)])
    receipt = wait_for_receipt(line, accepted)
    assert (receipt["status"], receipt["blockNumber"]) == ("0x1", "0x1")
    assert line.call("eth_getBalance", RECEIVER, "latest") == "0x1"


def test_a_batch_is_answered_in_its_own_order_whatever_is_in_it(start) -> None:
    batch = [
        ("eth_chainId", []),
        ("eth_sendRawTransaction", [signed(0)]),
        ("anvil_setBalance", [RECEIVER, "0x1"]),
        ("eth_sendRawTransaction", ["0x00"]),
        ("eth_sendRawTransaction", [signed(1)]),
    ]
    answers = post(start().url, [
        {"jsonrpc": "2.0", "id": f"n{place}", "method": method, "params": params}
        for place, (method, params) in enumerate(batch)
    ])  # fmt: skip
    assert [answer["id"] for answer in answers] == ["n0", "n1", "n2", "n3", "n4"]
    assert ["result" in answer for answer in answers] == [True, True, False, False, True]


def test_the_same_bytes_sent_again_are_answered_with_the_same_hash(start, connect) -> None:
    line = connect(start())
    (waiting,) = line.send_raw([signed(1)])
    assert line.send_raw([signed(1)]) == [waiting]
    (first,) = line.send_raw([signed(0)])
    wait_for_receipt(line, first)
    assert line.send_raw([signed(0), signed(1)]) == [first, waiting]
    assert line.call("eth_blockNumber") == wait_for_receipt(line, waiting)["blockNumber"]


def test_a_gap_in_the_nonces_waits_until_it_is_filled(start, connect) -> None:
    line = connect(start())
    late = line.send_raw([signed(2), signed(1)])
    assert line.call("txpool_status") == {"pending": "0x0", "queued": "0x2"}
    assert line.call("eth_blockNumber") == "0x0"
    line.send_raw([signed(0)])
    receipts = [wait_for_receipt(line, it) for it in late]
    assert [it["status"] for it in receipts] == ["0x1", "0x1"]
    assert line.call("eth_getTransactionCount", SENDER.address, "latest") == "0x3"


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (signed(0, chainId=5), "invalid chain id for signer: sign for chain id 31337"),
        (signed(0, by=BROKE), "Insufficient funds"),
        (signed(0, gas=20_000), "intrinsic gas too low"),
        ("0x02", "Failed to decode"),
        ("beef", "write 0x and the hex digits"),
        ("0xbee", "not an even number of hex digits"),
        ("0x", "0 bytes, 1 to 131072"),
        (17, "write 0x and the hex digits"),
    ],
)
def test_a_transaction_that_cannot_be_taken_is_refused_with_its_reason(
    start, sent, why, connect
) -> None:
    line = connect(start())
    with pytest.raises(Refusal, match=why):
        line.send_raw([sent])
    assert line.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_a_used_nonce_is_refused(start, connect) -> None:
    line = connect(start())
    wait_for_receipt(line, line.send_raw([signed(0)])[0])
    with pytest.raises(Refusal, match="nonce too low"):
        line.send_raw([signed(0, value=2)])


@pytest.mark.parametrize(
    "method",
    ["evm_snapshot", "evm_revert", "anvil_reorg", "anvil_setBalance", "anvil_impersonateAccount",
     "hardhat_setCode", "anvil_mine", "evm_setAutomine", "debug_setHead", "miner_start"],
)  # fmt: skip
def test_what_could_not_be_replayed_is_refused(start, method: str, connect) -> None:
    with pytest.raises(Refusal, match=f"{method}: not on a node with a journal"):
        connect(start()).call(method)


def test_a_node_without_keys_says_that_one_must_sign(start, connect) -> None:
    with pytest.raises(Refusal, match="holds no keys; sign it and use eth_sendRawTransaction"):
        connect(start()).call("eth_sendTransaction", {"from": SENDER.address, "to": RECEIVER})


def test_time_can_be_moved_forwards_only(start, connect) -> None:
    line = connect(start())
    line.call("evm_setNextBlockTimestamp", 1_900_000_000)
    line.call("evm_mine")
    assert seconds(line) == 1_900_000_000
    line.call("evm_mine", {"timestamp": 1_900_000_500})
    assert seconds(line) == 1_900_000_500
    assert line.call("evm_increaseTime", 86_400) > 0
    line.call("evm_mine")
    assert 1_900_086_900 <= seconds(line) < 1_900_087_000
    with pytest.raises(Refusal, match="timestamp 1900000000 lies before that of the last block"):
        line.call("evm_mine", 1_900_000_000)
    with pytest.raises(Refusal, match="time goes only forwards"):
        line.call("evm_increaseTime", -1)
    with pytest.raises(Refusal, match="give one whole number of seconds"):
        line.call("evm_increaseTime", "soon")
    assert line.call("eth_blockNumber") == "0x3"


def test_blocks_follow_the_wall_clock_unless_it_is_moved(start, connect) -> None:
    line = connect(start())
    for nonce in range(20):
        wait_for_receipt(line, line.send_raw([signed(nonce)])[0])
    assert abs(seconds(line) - time.time()) < 3


def test_a_second_process_on_the_same_home_is_told_so_and_the_first_goes_on(
    start, home, connect
) -> None:
    first = start()
    with pytest.raises(
        Conflict, match=r"already runs on .*: use it, or stop it with `freehold node"
    ):
        start()
    assert node.status(home) == first
    assert connect(first).call("eth_chainId") == "0x7a69"


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"port {port} is taken"):
            node.start(home, GENESIS, port)
    assert node.status(home) is None


def test_another_chain_id_on_the_same_home_is_refused(start, home: Path) -> None:
    start()
    node.stop(home)
    with pytest.raises(Conflict, match=r"chain id 5: .* belongs to chain 31337"):
        node.start(home, Genesis(chain_id=5), 0)


def test_stopping_what_does_not_run_says_so(home: Path) -> None:
    with pytest.raises(NotFound, match="no fast node runs on"):
        node.stop(home)
    assert node.status(home) is None


def test_a_stopped_node_leaves_nothing_running(start, home: Path, connect) -> None:
    running = start()
    assert room_of(home / "anvil").stat().st_mode & 0o777 == 0o700
    node.stop(home)
    assert node.status(home) is None
    assert not room_of(home / "anvil").exists()
    with pytest.raises(OSError, match="refused"):
        connect(running).call("eth_chainId")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "freehold.example:8545"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn"}, 200),
    ],
)
def test_web_pages_of_other_sites_are_not_served(start, headers, status: int) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    assert plain_post(start().url, json.dumps(request), headers)[0] == status


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "the body is not JSON"),
        ("[]", "a batch holds 1 to 1000 requests"),
        ("7", "a request is an object with a method"),
        ('{"id":1,"method":"eth_chainId","params":{}}', "an id and its params as a list"),
        ('{"method":"eth_chainId"}', "an id and its params as a list"),
    ],
)
def test_what_is_no_request_is_answered_as_an_error(start, body: str, why: str) -> None:
    status, answer = plain_post(start().url, body, {})
    assert status == 200
    assert why in answer


def test_a_browser_that_only_looks_is_told_what_this_is(start) -> None:
    line = http.client.HTTPConnection(start().url.removeprefix("http://"))
    line.request("GET", "/")
    answer = line.getresponse()
    assert (answer.status, b"POST a request" in answer.read()) == (405, True)
    line.close()


def test_without_anvil_the_way_to_get_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="anvil is not installed: run `freehold node install`"):
        node.start(tmp_path)


def test_a_scratch_node_has_snapshots_and_reorganisations(home: Path, connect) -> None:
    with scratch(home, GENESIS) as url:
        line = connect(url)
        kept = line.call("evm_snapshot")
        (sent,) = line.send_raw([signed(0)])
        old = wait_for_receipt(line, sent)["blockHash"]
        line.call("evm_mine")
        line.call("anvil_reorg", 2, [])
        assert line.call("eth_getBlockByNumber", "0x1", False)["hash"] != old
        assert line.call("evm_revert", kept) is True
        assert line.call("eth_blockNumber") == "0x0"


def seconds(line: Line) -> int:
    return int(line.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def post(url: str, request: object) -> Any:
    return json.loads(plain_post(url, json.dumps(request), {})[1])


def plain_post(url: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
    line = http.client.HTTPConnection(url.removeprefix("http://"))
    line.request("POST", "/", body, headers)
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, text


def test_a_node_started_again_answers_calls_at_the_present_and_not_at_its_genesis(
    start, home: Path, connect
) -> None:
    line = connect(start())
    wait_for_receipt(line, line.send_raw([signed(0)])[0])
    node.stop(home)
    pending = connect(start()).call("eth_getBlockByNumber", "pending", False)
    assert abs(int(pending["timestamp"], 16) - time.time()) < 60
