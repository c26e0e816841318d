"""Real nodes that change their mind: the outbox and the projection follow, as far as finality goes.

The embedded ledger and anvil replace their last blocks when told to (`freehold_reorg`, `anvil_reorg`);
what stood in them is gone, as after a fork that lost. Each act stands in a block of its own.
"""

from contextlib import ExitStack

import pytest

from freehold import config
from freehold.chain import contracts, node, rpc
from freehold.chain.anvil.genesis import ETHER, Genesis
from freehold.chain.anvil.scratch import scratch
from freehold.chain.logs import source_of_node
from freehold.core.errors import Broken
from freehold.core.instruction import State
from freehold.desks.register.verification import answers_of_node, verify
from freehold.doors.bench import gas_ledger, gas_world
from freehold.doors.bench.gas_ledger import party
from freehold.doors.bench.gas_world import SENDERS
from freehold.indexer import follow, tables
from freehold.indexer.memory import Memory, load
from tests.chain import gate_world

FINALITY = 16
ENGINES = ["embedded", pytest.param("anvil", marks=pytest.mark.needs("anvil"))]


def replace_blocks(w3, depth):
    """Replace the last blocks by empty ones."""
    is_anvil = "anvil" in rpc.ask(w3, "web3_clientVersion")
    asked = ("anvil_reorg", depth, []) if is_anvil else ("freehold_reorg", hex(depth))
    before = rpc.ask(w3, "eth_getBlockByNumber", "latest", False)["hash"]
    rpc.ask(w3, *asked)
    assert rpc.ask(w3, "eth_getBlockByNumber", "latest", False)["hash"] != before


# ---- the outbox --------------------------------------------------------------------------------


@pytest.fixture(params=ENGINES)
def gate(request, tmp_path):
    """The world of gate_world.py on either ledger."""
    book_url = f"sqlite:///{tmp_path}/book.db"
    with ExitStack() as opened:
        if request.param == "embedded":
            world = gate_world.build(tmp_path / "home", book_url)
        else:
            funded = tuple((address, 1_000 * ETHER) for address in gate_world.FUNDED)
            genesis = Genesis(gate_world.CHAIN, funded=funded)
            url = opened.enter_context(scratch(config.load().home, genesis))
            w3 = node.open_ledger(tmp_path, url, chain_id=gate_world.CHAIN)
            world = gate_world.build_on(w3, tmp_path, book_url)
        yield world
        world.book.close()
        node.close(world.w3)


def enter(gate, count):
    """So many instructions, each in a block of its own."""
    asked = []
    for _ in range(count):
        asked.append(gate.ask("enter(bytes32)"))
        gate.send(finality=FINALITY)
    return asked


def state_of(gate, asked):
    return {gate.found(one).state for one in asked}


@pytest.mark.parametrize("depth", [1, 12])
def test_what_a_reorganisation_drops_is_sent_again_and_happens_once(gate, depth):
    asked = enter(gate, depth + 1)
    gate.follow(finality=FINALITY)
    assert state_of(gate, asked) == {State.MINED}
    signed = [gate.signed(one) for one in asked]
    replace_blocks(gate.w3, depth)
    assert gate.entered() == [asked[0].id]
    gate.follow(finality=FINALITY)
    assert gate.found(asked[0]).state is State.MINED
    gate.follow(finality=FINALITY)
    rpc.ask(gate.w3, "anvil_mine", hex(FINALITY + 1))
    gate.follow(finality=FINALITY)
    assert state_of(gate, asked) == {State.SETTLED}
    assert gate.entered() == [one.id for one in asked]
    assert [gate.signed(one) for one in asked] == signed


def test_a_chain_that_drops_what_was_final_stops_the_outbox_until_a_person_decides(gate):
    asked = enter(gate, 2)
    rpc.ask(gate.w3, "anvil_mine", hex(FINALITY + 1))
    gate.follow(finality=FINALITY)
    assert state_of(gate, asked) == {State.SETTLED}
    replace_blocks(gate.w3, FINALITY + 3)
    one = gate.ask("enter(bytes32)")
    [held] = gate.send(finality=FINALITY).held
    assert "is 2 in this book and 0 on chain: the chain lost" in held.message
    assert "adopt" in held.message
    assert gate.found(one).state is State.APPROVED
    assert gate.entered() == []


# ---- the projection ----------------------------------------------------------------------------


@pytest.fixture(scope="module", params=ENGINES)
def world(request):
    """An issuer with holders, on either ledger."""
    home = config.load().home
    opening = gas_ledger.embedded() if request.param == "embedded" else gas_ledger.anvil(home)
    with opening as ledger:
        made = gas_world.World(ledger)
        for part in (
            gas_world.platform,
            gas_world.ruled_instrument,
            gas_world.admission_and_issue,
        ):
            list(part(made))
        yield made


@pytest.fixture
def projection(tmp_path):
    engine = tables.open_projection(f"sqlite:///{tmp_path}/index.db")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def transfer(world, count, units):
    """So many transfers, each in a block of its own."""
    for number in range(count):
        receiver = party(gas_world.ADMITTED + number % 7).address
        asked = contracts.call("SecurityToken", "transfer", receiver, units + number)
        gas_ledger.post(world.ledger, party(SENDERS), asked, world.tokens[0])


def drop(world, depth):
    """Replace the last blocks, each with one transfer of the sender."""
    replace_blocks(world.ledger.w3, depth)
    world.ledger.nonces[party(SENDERS).address] -= depth


def read_on(world, projection, memory):
    course = follow.Course((world.register,), finality=FINALITY)
    return follow.follow(projection, source_of_node(world.ledger.w3), course, memory)


def proved(world, projection):
    """Events alone, contracts and projection agree on every figure."""
    w3 = world.ledger.w3
    course = follow.Course((world.register,), finality=FINALITY)
    found = verify(source_of_node(w3), course, lambda *at: answers_of_node(w3, *at), projection)
    projection.rollback()
    assert found.differences == []
    return found


@pytest.mark.parametrize("depth", [1, 12, FINALITY])
def test_the_projection_undoes_what_a_node_dropped_and_reads_what_came_instead(
    world, projection, depth
):
    memory = Memory()
    transfer(world, depth + 2, 5)
    read_on(world, projection, memory)
    before = proved(world, projection)
    drop(world, depth)
    assert read_on(world, projection, memory).undone == depth
    assert proved(world, projection).events < before.events
    transfer(world, 3, 11)
    assert read_on(world, projection, memory).undone == 0
    proved(world, projection)


def test_a_branch_that_was_longer_when_it_came_is_read_whole(world, projection):
    memory = Memory()
    transfer(world, 6, 5)
    read_on(world, projection, memory)
    drop(world, 4)
    transfer(world, 9, 13)
    progress = read_on(world, projection, memory)
    assert (progress.undone, progress.events) == (4, 9)
    proved(world, projection)


def test_a_change_deeper_than_finality_stops_the_follower_which_says_what_to_do(world, projection):
    memory = Memory()
    transfer(world, FINALITY + 3, 5)
    read_on(world, projection, memory)
    stood = load(projection)
    projection.rollback()
    drop(world, FINALITY + 1)
    for _ in range(2):
        with pytest.raises(Broken, match="final is not; find out what happened, then remove"):
            read_on(world, projection, memory)
    assert load(projection) == stood
    projection.rollback()
    tables.drop(projection.engine)
    read_on(world, projection, Memory())
    proved(world, projection)
