"""A network that reorganises under a platform on PostgreSQL with two workers; the bench does it oftener."""

import pytest

from freehold.doors.bench import reorganisations

SEED = 20261127


@pytest.mark.needs("anvil")
@pytest.mark.needs("postgresql")
def test_what_the_api_told_goes_back_with_the_chain_and_everything_happens_once(tmp_path):
    with reorganisations.world_on_network(tmp_path / "home") as (world, network):
        rows = {row.name: row for row in reorganisations.reorganised(world, network, 2, SEED)}
    assert all(row.met for row in rows.values()), rows
    assert rows["requests accepted while it reorganised"].value > 20
