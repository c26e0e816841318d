"""What a ledger acknowledged is on disk, and what is on disk is never overwritten."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from eth_account import Account

from freehold.chain import node
from freehold.chain.embedded import chain, place, store
from freehold.core.errors import Broken, Conflict, Invalid, NotFound, Unavailable
from tests.size import times

POOR = Account.from_key("0x" + "22" * 32)


def payments(world, count):
    """`count` raw payments of 1 wei from the sender's next nonce on."""
    world.nonce = world.w3.eth.get_transaction_count("0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A")
    return [world.sign(to=POOR.address, value=1, gas=21_000).to_0x_hex() for _ in range(count)]


@pytest.mark.parametrize("seed", range(times(5)))
def test_a_kill_at_a_random_moment_loses_no_acknowledged_block(served, seed):
    random.seed(seed)
    raws = payments(served, 400)
    acknowledged = []

    def send():
        try:
            while raws:
                part = [("eth_sendRawTransaction", [raw]) for raw in raws[: random.choice([1, 7])]]
                del raws[: len(part)]
                answers = served.w3.provider.make_batch_request(part)
                acknowledged.extend(answer["result"] for answer in answers)
        except Unavailable:
            pass

    sender = threading.Thread(target=send)
    sender.start()
    while not acknowledged:
        time.sleep(0.001)
    time.sleep(random.random() * 0.2)
    served.kill()
    sender.join()
    w3 = served.reopen()
    for digest in acknowledged:
        assert w3.eth.get_transaction_receipt(digest)["status"] == 1
    count = w3.eth.get_balance(POOR.address)
    assert len(acknowledged) <= count <= len(acknowledged) + 7
    assert served.send(to=POOR.address, value=1, nonce=count + 1, gas=21_000)
    assert w3.eth.get_balance(POOR.address) == count + 1


def test_a_transaction_acknowledged_into_the_pool_survives_a_kill(served):
    served.ok("evm_setAutomine", False)
    first = served.send(to=POOR.address, value=1)
    served.nonce += 1
    ahead = served.send(to=POOR.address, value=2)
    served.kill()
    w3 = served.reopen()
    assert served.ok("freehold_info")["waiting"] == 2
    served.ok("evm_mine")
    assert w3.eth.get_transaction_receipt(first)["status"] == 1
    assert w3.eth.get_transaction(ahead)["blockNumber"] is None
    served.nonce -= 2
    served.send(to=POOR.address, value=4)
    assert w3.eth.get_balance(POOR.address) == 7


def test_a_reopened_ledger_stands_where_it_stood(world):
    world.ok("freehold_setClock", 1_800_000_000)
    receipt = world.call(world.token.functions.transfer(POOR.address, 9))
    block = world.w3.eth.get_block("latest")
    for _ in range(2):
        w3 = world.reopen()
        assert w3.eth.get_block("latest") == block
        assert w3.eth.get_transaction_receipt(receipt["transactionHash"]) == receipt
        assert int(world.ok("freehold_info")["clock"], 16) == 1_800_000_000


# ---- one process ----


def test_commands_join_the_process_that_runs_and_the_last_one_ends_it(served):
    second = node.open_ledger(served.home)
    assert node.status(served.home)["process"] != os.getpid()
    served.send(to=POOR.address, value=1)
    assert second.eth.get_balance(POOR.address) == 1
    second.provider.close()
    assert node.status(served.home)
    served.close()
    time.sleep(1.5)
    assert node.status(served.home) is None
    assert served.reopen().eth.get_balance(POOR.address) == 1


def test_commands_that_start_together_share_one_process(make_world):
    world = make_world(served=True)
    world.close()
    world.kill(signal.SIGTERM)
    found = []

    def join():
        w3 = node.open_ledger(world.home, linger_seconds=0.3)
        world.opened.append(w3)
        found.append(int(w3.provider.make_request("freehold_info", [])["result"]["process"]))

    threads = [threading.Thread(target=join) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_the_socket_is_private(served):
    path = place.socket_path(served.home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (place.chain_path(served.home) / "data.mdb").stat().st_mode & 0o077 == 0


def test_a_second_process_on_the_same_ledger_is_told_which_one_has_it(served):
    command = [sys.executable, "-m", "freehold.chain.embedded.server", str(served.home), "1"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    second = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert second.returncode == place.EXIT_LOCKED
    process = node.status(served.home)["process"]
    assert second.stderr == f"the ledger in {served.home} is already open in process {process}\n"
    assert served.w3.eth.block_number == 1


def test_a_home_whose_path_is_too_long_for_a_socket_works(tmp_path):
    home = tmp_path / ("long" * 30)
    node.create_ledger(home)
    w3 = node.open_ledger(home, linger_seconds=0.1)
    assert w3.eth.block_number == 0
    w3.provider.close()


# ---- bad homes ----


def test_a_home_without_a_ledger_is_named(tmp_path):
    with pytest.raises(NotFound, match="there is no ledger in"):
        node.open_ledger(tmp_path)
    assert node.status(tmp_path) is None
    assert not node.has_ledger(tmp_path)


def test_a_ledger_is_never_created_twice(plain):
    with pytest.raises(Conflict, match="never overwritten"):
        node.create_ledger(plain.home)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"funded": ["0x12"]}, "is not an address"),
        ({"funded": {"0x" + "00" * 20: 1}}, "is not an address"),
        ({"funded": {POOR.address: -1}}, "give 0 to"),
        ({"chain_id": 0}, "chain id 0"),
        ({"gas_limit": 1}, "gas limit 1"),
        ({"seconds": -1}, "genesis time"),
    ],
)
def test_a_genesis_out_of_range_is_refused_and_leaves_nothing(tmp_path, given, words):
    with pytest.raises(Invalid, match=words):
        node.create_ledger(tmp_path / "home", **given)
    assert not (tmp_path / "home").exists()


def test_a_creation_that_was_interrupted_is_begun_anew(tmp_path):
    draft = place.chain_path(tmp_path).with_name("chain.new")
    draft.mkdir()
    (draft / "data.mdb").write_bytes(b"half")
    node.create_ledger(tmp_path)
    assert not draft.exists()
    store.close(chain.open_chain(place.chain_path(tmp_path)).store)


def damage(name):
    """A way to damage the file data.mdb."""

    def cut(file, size):
        os.truncate(file, size)

    def smear(file, start, stop):
        with file.open("r+b") as out:
            out.seek(start)
            out.write(os.urandom(stop - start))

    def middle(file):
        smear(file, 2 * 4096, file.stat().st_size)

    return {
        "gone": lambda file: file.unlink(),
        "empty": lambda file: cut(file, 0),
        "one byte": lambda file: cut(file, 1),
        "one page": lambda file: cut(file, 4096),
        "half": lambda file: cut(file, file.stat().st_size // 2 // 4096 * 4096),
        "most of it": lambda file: cut(file, file.stat().st_size // 4096 // 4 * 4096 * 3),
        "no database": lambda file: file.write_bytes(b"something else" * 1000),
        "first pages": lambda file: smear(file, 0, 8192),
        "content": middle,
    }[name]


@pytest.mark.parametrize(
    "how",
    [
        "gone",
        "empty",
        "one byte",
        "one page",
        "half",
        "most of it",
        "no database",
        "first pages",
        "content",
    ],
)
def test_a_damaged_database_gives_one_sentence_and_is_left_alone(plain, how):
    for _ in range(3):
        plain.call(plain.token.functions.transfer(POOR.address, 1))
    plain.close()
    file = place.chain_path(plain.home) / "data.mdb"
    damage(how)(file)
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(Unavailable, match="database .*data.mdb is (damaged|missing or empty)"):
        node.open_ledger(plain.home)
    assert (file.read_bytes() if file.exists() else None) == before


def test_an_altered_state_node_is_found_when_it_is_read(plain):
    address = plain.token.address
    plain.close()
    path = place.chain_path(plain.home)
    opened = chain.open_chain(path)
    with opened.store.env.begin(write=True) as act:
        for digest, content in act.cursor(db=opened.store.tables["node"]):
            if len(content) > 1000:  # the token's code
                act.put(digest, content[:-1] + b"\0", db=opened.store.tables["node"])
                break
    store.close(opened.store)
    plain.opened.clear()
    plain.reopen()
    fault = plain.refused("eth_getCode", address)
    assert fault["code"] == -32603
    assert "missing or altered" in fault["message"]


def test_two_ledgers_created_alike_in_the_same_second_have_different_first_blocks(make_world):
    first, second = (make_world().ok("eth_getBlockByNumber", "0x0", False) for _ in range(2))
    assert first["timestamp"] == second["timestamp"]
    assert first["stateRoot"] == second["stateRoot"]
    assert first["hash"] != second["hash"]


def test_a_database_beside_another_genesis_is_refused(plain, make_world):
    other = make_world(chain_id=5)
    plain.close()
    genesis = place.chain_path(other.home) / "genesis.json"
    shutil.copy(genesis, place.chain_path(plain.home) / "genesis.json")
    with pytest.raises(Broken, match="does not belong to the genesis"):
        chain.open_chain(place.chain_path(plain.home))
    (place.chain_path(plain.home) / "genesis.json").write_text("{}")
    with pytest.raises(Broken, match="cannot be read as a genesis"):
        chain.open_chain(place.chain_path(plain.home))


# ---- a full disk ----


def test_a_full_database_refuses_the_block_and_stays_whole(plain):
    plain.close()
    path = place.chain_path(plain.home)
    size = (path / "data.mdb").stat().st_size
    opened = chain.open_chain(path, map_size=size + 20 * 4096)
    raws = [bytes(plain.sign(to=POOR.address, value=1, gas=21_000)) for _ in range(200)]
    results = []
    for raw in raws:
        results.append(chain.submit(opened, [raw])[0])
        if isinstance(results[-1], Unavailable):
            break
    done = len(results) - 1
    assert done >= 1
    assert "disk refused a block" in results[-1].message
    assert opened.head.header.number == done + 1
    assert not opened.pool.by_hash
    store.close(opened.store)
    plain.opened.clear()
    w3 = plain.reopen()
    assert w3.eth.get_balance(POOR.address) == done
    assert w3.eth.send_raw_transaction(raws[done])
    assert w3.eth.get_balance(POOR.address) == done + 1


def test_a_full_disk_is_reported_and_nothing_acknowledged_is_lost(plain):
    plain.close()
    path = place.chain_path(plain.home)
    raws = [bytes(plain.sign(to=POOR.address, value=1, gas=21_000)).hex() for _ in range(300)]
    limit = (path / "data.mdb").stat().st_size + 10 * 4096
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from freehold.chain.embedded import chain\n"
        "opened = chain.open_chain(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)\n"
        "for number, raw in enumerate(sys.stdin.read().split()):\n"
        "    result = chain.submit(opened, [bytes.fromhex(raw)])[0]\n"
        "    if not isinstance(result, bytes):\n"
        "        print(number, result.message, flush=True); break\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(path), str(limit)],
        input="\n".join(raws),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    done, words = ran.stdout.split(" ", 1)
    assert "disk refused a block" in words, ran
    plain.opened.clear()
    assert plain.reopen().eth.get_balance(POOR.address) == int(done)


# ---- other nodes ----


def test_another_chain_than_expected_is_refused(served):
    for url in (None, str(place.socket_path(served.home))):
        with pytest.raises(Conflict, match="is chain 31337, the settings say chain 1"):
            node.open_ledger(served.home, url, chain_id=1)
        w3 = node.open_ledger(served.home, url, chain_id=31337)
        assert w3.eth.block_number == 1
        w3.provider.close()


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("http://127.0.0.1:1", Unavailable, "does not answer"),
        ("https://127.0.0.1:1", Unavailable, "does not answer"),
        ("/nowhere/node.ipc", Unavailable, "no node listens at /nowhere/node.ipc"),
        ("ftp://127.0.0.1", Invalid, "is not http://"),
    ],
)
def test_a_node_that_is_down_is_named(tmp_path, url, kind, words):
    with pytest.raises(kind, match=words):
        node.open_ledger(tmp_path, url)


def test_a_kill_between_requests_is_reported_once_and_then_joined_anew(served):
    assert served.w3.eth.block_number == 1
    served.kill()
    with pytest.raises(Unavailable, match="whether the request was carried out is open"):
        _ = served.w3.eth.block_number
    assert served.w3.eth.block_number == 1


def test_sixteen_senders_at_once_lose_nothing(served):
    keys = [Account.from_key(f"0x{n:064x}") for n in range(100, 116)]
    for key in keys:
        served.send(to=key.address, value=10**18)
    before = served.w3.eth.block_number

    def pay(key):
        w3 = node.open_ledger(served.home)
        served.opened.append(w3)
        fees = {"maxFeePerGas": 20 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337}
        for nonce in range(10):
            asked = {"to": POOR.address, "value": 1, "gas": 21_000, "nonce": nonce, **fees}
            digest = w3.eth.send_raw_transaction(key.sign_transaction(asked).raw_transaction)
            assert w3.eth.get_transaction_receipt(digest)["status"] == 1

    threads = [threading.Thread(target=pay, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served.w3.eth.get_balance(POOR.address) == 160
    assert served.w3.eth.block_number - before < 160, "senders that arrive together share blocks"


def test_no_file_of_the_ledger_is_open_to_others(served):
    for path in Path(place.chain_path(served.home)).iterdir():
        if path.suffix == ".mdb":
            assert path.stat().st_mode & 0o077 == 0
