"""The server process holds no signing key, needs none, and can reach none."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
import requests

from freehold import config
from freehold.chain import signer
from freehold.core.errors import NotPermitted, Unavailable
from freehold.core.roles import Role
from freehold.desks.office import local_words, open_office
from freehold.desks.outbox import orders
from tests.company import office_of, sell
from tests.doors.running import HOLDER, Platform, people, serve, until


def keys_of(home: Path) -> list[bytes]:
    """The words of the home's keys, and the agent's key itself."""
    words = local_words(home)
    return [words.encode(), bytes.fromhex(signer.from_mnemonic(words, 0)._key.to_hex())]


def memory(pid: int) -> bytes:
    """Everything that a process may write to in its memory."""
    found = []
    process = Path(f"/proc/{pid}")
    with (process / "maps").open() as maps, (process / "mem").open("rb", 0) as content:
        for line in maps:
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if place is None or "[v" in line:
                continue
            start, end = (int(one, 16) for one in place.groups())
            content.seek(start)
            try:
                found.append(content.read(end - start))
            except OSError:  # pages that are only reserved
                continue
    return b"".join(found)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_keys_are_in_the_workers_memory_and_not_in_the_servers(platform):
    token = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"][0]["token"]
    body = {"sender": HOLDER, "receiver": "jonas-keller", "units": "1"}
    asked = platform.ask(
        Role.TRANSFER_AGENT, "POST", f"/v1/instruments/{token}/transfers/ask", body
    )
    assert asked.status_code == 200  # the server has done what touches on holders and the agent
    words, key = keys_of(platform.home)
    worker, server = (memory(platform.processes[one]) for one in ("worker", "server"))
    assert words in worker and key in worker  # so the search finds what is there
    assert words not in server and key not in server


def test_a_server_starts_and_works_where_the_keys_cannot_be_read(company_home: Path):
    with serve(company_home, {"FREEHOLD_SERVERS": "1"}) as platform:
        people(platform)
        hidden = company_home.parent / "keys elsewhere"
        (company_home / "local-keys").rename(hidden)
        try:
            os.kill(platform.processes["server"], signal.SIGKILL)
            until(lambda: answers(platform), 60)
            listed = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"]
            token = next(one["token"] for one in listed if one["class_id"] == "common")
            sent = platform.ask(
                Role.TRANSFER_AGENT,
                "POST",
                f"/v1/instruments/{token}/transfers",
                {"sender": "tobias-brandt", "receiver": "jonas-keller", "units": "1"},
                {"Idempotency-Key": "without-keys"},
            )
            assert sent.status_code == 202, sent.text
            id = sent.json()["instruction"]
            state = f"/v1/instructions/{id}"
            until(lambda: platform.ask(Role.AUDITOR, "GET", state).json()["state"] == "final")
            assert not (company_home / "local-keys").exists()
        finally:
            hidden.rename(company_home / "local-keys")


def answers(platform: Platform) -> bool:
    try:
        return requests.get(f"{platform.url}/ready", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


def test_the_secret_of_a_key_is_in_the_workers_environment_alone(tmp_path, monkeypatch):
    from freehold.doors.platform import supervisor

    monkeypatch.setenv("PASSPHRASE_OF_AGENT", "open")
    monkeypatch.setenv("FREEHOLD_SIGNER_SECRET", "env:PASSPHRASE_OF_AGENT")
    monkeypatch.setenv("FREEHOLD_HOME", str(tmp_path))
    known = config.load()
    for part in ("ledger", "worker", "server"):
        given = supervisor._environment(known, None, part)
        assert ("PASSPHRASE_OF_AGENT" in given) == (part == "worker")


def test_an_office_without_keys_knows_who_signs_and_cannot(company_home: Path):
    with office_of(company_home) as office:
        told = [office.keys.agent.address, office.keys.second.address]
        custody = office.keys.custody(3).address
    settings = config.load(environment={"FREEHOLD_HOME": str(company_home)})
    (company_home / "local-keys").rename(company_home / "elsewhere")
    with open_office(settings, signing=False) as office:
        assert [office.keys.agent.address, office.keys.second.address] == told
        assert office.keys.custody(3).address == custody
        assert office.posting.signers == []
        with pytest.raises(NotPermitted, match="holds no signing keys"):
            orders.agent(office).signer.sign_transaction({})
    assert not (company_home / "local-keys").exists()


def test_an_act_asked_without_keys_and_without_a_worker_says_that_it_is_on_its_way(
    company_home: Path, monkeypatch
):
    from freehold.desks.outbox import carrying

    monkeypatch.setattr(carrying, "WORKER_PATIENCE_SECONDS", 0.2)
    with office_of(company_home):
        pass
    settings = config.load(environment={"FREEHOLD_HOME": str(company_home)})
    with (
        open_office(settings, signing=False) as office,
        pytest.raises(Unavailable, match="nothing is done twice"),
    ):
        sell(office, "tobias-brandt", "jonas-keller", 1, "nobody sends it")


def test_a_home_that_nobody_with_keys_has_opened_is_named(tmp_path, monkeypatch):
    from freehold.chain import node
    from freehold.desks import office

    monkeypatch.setattr(office, "TOLD_WITHIN_SECONDS", 0.2)
    office.create_local_ledger(tmp_path)
    settings = config.load(environment={"FREEHOLD_HOME": str(tmp_path)})
    with pytest.raises(Unavailable, match="start the worker"), open_office(settings, signing=False):
        pass
    node.stop(tmp_path)
    (tmp_path / "empty").mkdir()
    bare = config.load(environment={"FREEHOLD_HOME": str(tmp_path / "empty")})
    with pytest.raises(Unavailable, match="no ledger"), open_office(bare, signing=False):
        pass
