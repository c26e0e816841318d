"""The ledger over HTTP on loopback: what wallets get, and what web pages do not."""

import json
import os
import signal
import subprocess
import sys

import pytest
import requests
from eth_account import Account
from web3 import HTTPProvider, Web3

from freehold.chain import node
from freehold.chain.embedded import http
from freehold.core.errors import NotFound, Unavailable

SERVE = (
    "import sys; from pathlib import Path; from freehold.chain.embedded import http\n"
    "http.serve(Path(sys.argv[1]), 0, lambda port: print(port, flush=True))\n"
)


RICH = Account.from_key("0x" + "11" * 32)
POOR = "0x" + "00" * 18 + "1234"


def offer(home, development=False):
    """Start serving a new ledger of `home`; the process and its URL."""
    node.create_ledger(home, [RICH.address], development=development)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", SERVE, str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def stop(process, home):
    process.terminate()
    process.wait()
    process.stdout.close()
    os.kill(node.status(home)["process"], signal.SIGTERM)


@pytest.fixture(scope="module")
def offered(tmp_path_factory):
    """(home, url) of a ledger that is served over HTTP."""
    home = tmp_path_factory.mktemp("served") / "home"
    process, url = offer(home)
    yield home, url
    stop(process, home)


ASKED = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}


def test_a_wallet_reads_sends_and_batches_over_http(offered):
    home, url = offered
    w3 = node.open_ledger(home, url, chain_id=31337)
    assert isinstance(w3.provider, HTTPProvider)
    fees = {"maxFeePerGas": 20 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337}
    asked = {"to": POOR, "value": 1, "gas": 21_000, "nonce": 0, **fees}
    digest = w3.eth.send_raw_transaction(RICH.sign_transaction(asked).raw_transaction)
    assert w3.eth.wait_for_transaction_receipt(digest)["status"] == 1
    both = requests.post(url, json=[ASKED, {**ASKED, "id": 2}], timeout=5).json()
    assert [answer["id"] for answer in both] == [1, 2]
    os.kill(node.status(home)["process"], signal.SIGKILL)
    assert w3.eth.block_number == 1


def test_methods_that_steer_the_ledger_are_offered_by_a_development_one_only(offered, tmp_path):
    _, url = offered
    for method in ("evm_mine", "evm_setAutomine", "freehold_info", "hardhat_mine"):
        for asked in ({**ASKED, "method": method}, [ASKED, {**ASKED, "method": method}]):
            answer = requests.post(url, json=asked, timeout=5).json()
            assert answer["error"]["code"] == -32601
    process, url = offer(tmp_path / "home", development=True)
    assert "result" in requests.post(url, json={**ASKED, "method": "evm_mine"}, timeout=5).json()
    stop(process, tmp_path / "home")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8545", "127.0.0.1.evil.example", ""]
)
def test_a_request_for_another_host_name_is_refused(offered, host):
    _, url = offered
    answer = requests.post(url, json=ASKED, headers={"Host": host}, timeout=5)
    assert answer.status_code == 403
    assert "result" not in answer.text


def test_pages_read_answers_only_from_a_local_origin(offered):
    _, url = offered
    for origin in ("http://localhost:3000", "http://127.0.0.1", "chrome-extension://abc"):
        answer = requests.post(url, json=ASKED, headers={"Origin": origin}, timeout=5)
        assert answer.json()["result"] == "0x7a69"
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert requests.options(url, headers={"Origin": origin}, timeout=5).status_code == 204
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        for method in ("POST", "OPTIONS"):
            answer = requests.request(
                method, url, json=ASKED, headers={"Origin": origin}, timeout=5
            )
            assert answer.status_code == 403
            assert "Access-Control-Allow-Origin" not in answer.headers


def test_bad_requests_are_answered_and_the_next_one_works(offered):
    _, url = offered
    assert requests.get(url, timeout=5).status_code == 405
    assert requests.post(url, data=b"{", timeout=5).json()["error"]["code"] == -32700
    assert requests.post(url, json=[1], timeout=5).json()["error"]["code"] == -32600
    text = json.dumps({**ASKED, "params": []}, indent=2)
    assert requests.post(url, data=text, timeout=5).json()["result"] == "0x7a69"
    big = requests.post(url, headers={"Content-Length": str(1 << 40)}, timeout=5)
    assert big.status_code == 413
    chunked = requests.post(url, data=iter([b"{}"]), timeout=5)
    assert chunked.status_code == 411
    assert Web3(HTTPProvider(url)).eth.chain_id == 31337


def test_a_port_in_use_and_a_home_without_ledger_are_named(offered, tmp_path):
    home, url = offered
    port = int(url.rsplit(":", 1)[1])
    with pytest.raises(Unavailable, match=f"port {port} cannot be used"):
        node.serve(home, port)
    with pytest.raises(NotFound, match="there is no ledger"):
        http.serve(tmp_path / "nothing", 0)


def test_a_body_of_open_brackets_is_refused_and_the_ledger_lives_on(offered):
    _home, url = offered
    answer = requests.post(url, data="[" * 200_000, timeout=5).json()
    assert "nested too deeply" in answer["error"]["message"]
    assert requests.post(url, json=ASKED, timeout=5).json()["result"] == "0x7a69"
