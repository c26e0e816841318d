"""kill -9 of worker and server while requests arrive; the bench itself does it 200 times."""

from freehold.doors.bench import crash, platform_world

SEED = 20261127


def test_every_accepted_request_is_on_chain_once_after_ten_kills(tmp_path, monkeypatch):
    monkeypatch.setattr(crash, "BETWEEN_SECONDS", 2.4)
    world = platform_world.build(tmp_path / "home", {"servers": "1"})
    rows = {row.name: row for row in crash.killed(world, 10, SEED)}
    assert all(row.met for row in rows.values()), rows
    assert rows["requests accepted meanwhile"].value > 20
