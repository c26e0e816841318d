"""A platform whose node is dead for a while says so, takes nothing it may lose, and goes on by itself."""

import pytest

from freehold import config
from freehold.chain.anvil import node as fast
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.install import executable
from freehold.chain.signer import from_mnemonic
from freehold.desks.office import local_words
from freehold.desks.register import registers
from freehold.doors.bench import platform_world
from freehold.doors.bench.api import lost_and_doubled
from tests.doors.running import free_port, until

BODY = {"sender": platform_world.SENDER, "receiver": platform_world.RECEIVER, "units": "1"}


@pytest.fixture
def home(tmp_path):
    """A home with a fast node whose port stays the same; the node keeps what was mined."""
    made = tmp_path / "home"
    (made / "anvil").mkdir(parents=True)
    program = executable(config.load().home)
    engine = next(parent for parent in program.parents if parent.name == "engine")
    (made / "anvil" / "engine").symlink_to(engine)
    people = [from_mnemonic(local_words(made), index).address for index in (0, 1)]
    fast.start(made, Genesis(funded=tuple((one, 10**24) for one in people)), free_port())
    yield made
    fast.stop(made)


def state_of(world, key, path):
    return platform_world.ask(world, key, path)[1]["state"]


@pytest.mark.needs("anvil")
def test_what_is_asked_while_the_node_is_dead_is_refused_with_a_way_out_and_happens_once(home):
    running = fast.status(home)
    assert running is not None
    port = int(running.url.rsplit(":", 1)[1])
    world = platform_world.build(home, {"ledger": "anvil", "servers": "1"})
    with platform_world.office_of(world) as office:
        key = platform_world.key_of_agent(office)
    accepted = {}
    with platform_world.serving(world) as process:
        token = platform_world.token_of(world, key)
        path = f"/instruments/{token}/transfers"

        def ask(mark):
            status, said = platform_world.ask(world, key, path, BODY, Idempotency_Key=mark)
            if status == 202:
                accepted.setdefault(mark, set()).add(said["instruction"])
            return status, said

        assert [ask(f"before-{n}")[0] for n in range(5)] == [202] * 5
        fast.stop(home)
        for mark in ("dead-1", "dead-2", "dead-1"):
            status, said = ask(mark)
            assert (status, said["type"]) == (503, "/problems/unavailable"), said
            assert "node" in said["detail"] or "ledger" in said["detail"], said
        assert not platform_world.is_ready(world)
        assert platform_world.ask(world, key, "/me")[0] == 200
        fast.start(home, None, port)
        until(lambda: platform_world.is_ready(world), 60)
        platform_world.until_ready(world, process)
        for mark in ("dead-1", "dead-2", "before-0", "after-1"):
            assert ask(mark)[0] == 202
            assert ask(mark)[0] == 202
        assert all(len(ids) == 1 for ids in accepted.values())
        ids = tuple(id for [id] in accepted.values())
        each = [f"/instructions/{id}" for id in ids]
        until(lambda: {state_of(world, key, one) for one in each} == {"final"}, 60)
    with platform_world.office_of(world, followed=False) as office:
        assert len(ids) == 8
        assert lost_and_doubled(office, ids) == (0, 0)
        assert registers.verify(office).differences == []
