"""Two processes of the server and two workers over one PostgreSQL, raced over HTTP.

What is asked at both doors at the same moment happens once, what is ended at one is ended at the other,
and the database may die under all of them: they say so, and go on by themselves.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from freehold.book import audit, schema_live
from freehold.client import signing
from freehold.core.roles import Role
from freehold.desks import parties
from freehold.desks.access import proofs
from freehold.desks.register import registers
from freehold.doors.bench.api import lost_and_doubled
from freehold.doors.bench.postgresql import Server
from freehold.doors.platform import gate
from freehold.wire.relays import SigningDomain
from tests.doors.platform.servers import Answer, Door, moved, started
from tests.doors.running import (
    ISSUER,
    Platform,
    form_token,
    office_of,
    people,
    serve,
    until,
)
from tests.parts import ROOT

AGENT, SECOND, AUDITOR = Role.TRANSFER_AGENT, Role.COMPLIANCE_OFFICER, Role.AUDITOR
SALE = {"sender": "tobias-brandt", "receiver": "wei-ling-tan", "units": "1"}
AT_ONCE, ROUNDS, SEED = 6, 3, 20261127
ASK_AGAIN = ("at this moment", "being answered")
pytestmark = pytest.mark.needs("postgresql")


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    with started() as server:
        yield server


@pytest.fixture(scope="module")
def running(
    database: Server, northwind_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The example company on PostgreSQL, two processes at its address, and another worker."""
    home = tmp_path_factory.mktemp("two") / "home"
    moved(database, northwind_home, home)
    with serve(home, {"FREEHOLD_SERVERS": "2"}) as platform, another_worker(home):
        people(platform)
        yield platform


@contextmanager
def another_worker(home: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "freehold.doors.platform.processes", "worker"]
    environment = {**os.environ, "FREEHOLD_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    with (home.parent / "worker.log").open("w") as log:
        worker = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log)
        try:
            assert worker.stdout
            assert worker.stdout.readline() == b"ready\n", "the second worker works"
            yield
            assert worker.poll() is None, "it lived through everything"
        finally:
            worker.terminate()
            worker.wait(60)
            worker.stdout.close()


@pytest.fixture(scope="module")
def doors(running: Platform) -> tuple[Door, Door]:
    return Door(running, running.processes["server"]), Door(running, running.processes["server-2"])


@pytest.fixture(scope="module")
def token(doors: tuple[Door, Door]) -> str:
    listed = doors[0].ask(AGENT, "GET", "/instruments").json()["items"]
    return str(next(one["token"] for one in listed if one["class_id"] == "common"))


def at_once(asks: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """What is heard by so many who ask at the same moment."""
    start, heard = threading.Barrier(len(asks)), []

    def one(ask: Callable[[], Answer]) -> None:
        start.wait()
        heard.append(ask())

    threads = [threading.Thread(target=one, args=(ask,)) for ask in asks]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(heard) == len(asks)
    return heard


def told_to_ask_again(answer: Answer) -> bool:
    said = answer.json()["detail"]
    return answer.status == 409 and any(words in said for words in ASK_AGAIN)


def sale(door: Door, token: str, key: str) -> Answer:
    return door.ask(AGENT, "POST", f"/instruments/{token}/transfers", SALE, key)


def final(doors: tuple[Door, Door], ids: set[str]) -> None:
    """Every instruction is final at both doors."""
    for door in doors:
        until(
            lambda door=door: all(  # type: ignore[misc]
                door.ask(AUDITOR, "GET", f"/instructions/{id}").json()["state"] == "final"
                for id in ids
            )
        )


def sold_once(platform: Platform, doors: tuple[Door, Door], ids: set[str]) -> None:
    """Every sale is final, and once on the chain."""
    final(doors, ids)
    with office_of(platform.home) as office:
        assert lost_and_doubled(office, tuple(ids)) == (0, 0)


def test_the_same_key_at_both_doors_at_once_is_one_act(running, doors, token):
    chance, ids = random.Random(SEED), set()
    for number in range(ROUNDS):
        key = f"raced-{number}"
        mixed = [*doors] * (AT_ONCE // 2)
        chance.shuffle(mixed)
        heard = at_once([lambda d=door, k=key: sale(d, token, k) for door in mixed])
        done = {one.json()["instruction"] for one in heard if one.status == 202}
        assert all(one.status == 202 or told_to_ask_again(one) for one in heard), heard
        assert {sale(door, token, key).json()["instruction"] for door in doors} == done
        assert len(done) == 1
        ids |= done
    assert len(ids) == ROUNDS
    sold_once(running, doors, ids)


def signed_transfer(platform: Platform, door: Door, token: str) -> dict[str, object]:
    """A transfer that its holder has signed."""
    with office_of(platform.home) as office:
        owner = parties.owner(office, ISSUER)
        party = parties.party(office, owner, "tobias-brandt")
        secret = office.keys.custody(party.holder.custody)._key.secret
        to = parties.party(office, owner, "wei-ling-tan").wallet
    domain = SigningDomain(**door.ask(AGENT, "GET", f"/instruments/{token}/relays").json())
    until = datetime(2096, 1, 1, tzinfo=UTC)
    signed = signing.sign_transfer(signing.key_from(secret), domain, to, "1", until)
    return signed.model_dump(mode="json")


@pytest.mark.parametrize("keys", [("one", "one"), ("one", "another")], ids=" ".join)
def test_the_same_signed_act_at_both_doors_at_once_is_relayed_once(running, doors, token, keys):
    body, path = signed_transfer(running, doors[0], token), f"/instruments/{token}/relays/transfer"

    def ask(place: int) -> Answer:
        return doors[place].ask(
            AGENT, "POST", path, body, f"signed {keys} {keys[place]}".replace(" ", "")
        )

    heard = at_once([lambda n=n: ask(n % 2) for n in range(AT_ONCE)])
    done = {one.json()["instruction"] for one in heard if one.status == 202}
    assert len(done) == 1, heard
    for one in heard:
        known = one.status == 202 or told_to_ask_again(one)
        assert known or (one.status == 409 and "relayed already" in one.json()["detail"]), one
    after = [ask(place) for place in (0, 1)]
    states = sorted(one.status for one in after)
    assert states == ([202, 202] if len(set(keys)) == 1 else [202, 409]), after
    with office_of(running.home) as office, office.book.reading() as tx:
        of = schema_live.relayed_act.c
        (id,) = done
        assert len(tx.execute(select(of.digest).where(of.instruction == id)).all()) == 1
    final(doors, done)


def approving(door: Door, role: Role, path: str, seen: object) -> Callable[[], Answer]:
    return lambda: door.ask(role, "POST", f"{path}/approval", seen)


def test_two_persons_who_approve_at_once_at_two_doors_approve_once(running, doors):
    move = {
        "instrument": "common",
        "sender": "priya-raman",
        "receiver": "jonas-keller",
        "units": "1",
    }
    asked = {"kind": "force-transfer", "arguments": move}
    asked |= {"grounds": {"reason": "court-order", "document": "9c" * 32}}
    for number in range(ROUNDS):
        key = f"approved-at-once-{number}"
        made = doors[0].ask(Role.REGISTRAR, "POST", "/approvals", asked, key).json()
        path, seen = f"/approvals/{made['id']}", {"difference": made["difference"]["digest"]}
        persons = ((AGENT, doors[number % 2]), (SECOND, doors[1 - number % 2]))
        heard = at_once([approving(door, role, path, seen) for role, door in persons])
        assert sorted(one.status for one in heard) == [200, 409], heard
        until(lambda path=path: doors[1].ask(AUDITOR, "GET", path).json()["state"] == "carried-out")
        ids = doors[0].ask(AUDITOR, "GET", path).json()["instructions"]
        assert len(ids) == 1
        final(doors, set(ids))
        with office_of(running.home) as office, office.book.reading() as tx:
            acts = Counter(one.entry.act for one in audit.entries(tx, subject=made["id"]))
        assert acts["approve force-transfer"] == 1, acts


def test_a_session_that_is_ended_at_one_door_is_ended_at_the_other(running, doors):
    here, there = doors
    session = running.cookies[AUDITOR]
    cookie = f"freehold={session}"
    assert {door.browse("/", cookie).status for door in doors} == {200}
    mine = form_token(there.browse("/", cookie).text)
    assert here.browse("/sign-out", cookie, {"token": mine}).status == 303
    for door in (there, here):
        assert door.browse("/", cookie).headers["location"].startswith("/sign-in")


def test_a_key_that_is_ended_at_one_door_is_ended_at_the_other(doors):
    wanted = {"label": "two doors", "powers": ["key:own"], "days": 1}
    made = doors[0].ask(AGENT, "POST", "/api-keys", wanted).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert doors[1].send("GET", "/api/v1/me", None, bearer).status == 200
    assert doors[0].ask(AGENT, "DELETE", f"/api-keys/{made['id']}").status == 204
    assert doors[1].send("GET", "/api/v1/me", None, bearer).status == 401


def test_failures_and_requests_are_counted_over_both_doors(running, doors):
    """Five wrong passwords, three here and two there, lock a name at both; and an address has one
    allowance for signing in, wherever it asks."""
    cookie = "freehold=two-doors"
    form = {"token": form_token(doors[0].browse("/sign-in", cookie).text)}
    form |= {"name": "somebody@two-doors.example", "password": "no"}
    began, answered = time.monotonic(), 0

    def tried(number: int) -> Answer:
        return doors[number % 2].browse("/sign-in", cookie, form)

    for number in range(proofs.TRIES_OF_A_NAME):
        wrong = tried(number)
        assert wrong.status == 422 and "is wrong" in wrong.text, wrong.text[:500]
        answered += 1
    for number in (0, 1):
        assert "too many failed tries" in tried(number).text
        answered += 1
    turned = set()
    for number in range(200):
        found = tried(number)
        answered += found.status != 429
        turned |= {number % 2} if found.status == 429 else set()
        if len(turned) == 2:
            break
    assert turned == {0, 1}
    refilled = (time.monotonic() - began) * gate.SIGN_INS_A_SECOND
    assert answered <= gate.SIGN_IN_BURST + refilled + 2


def test_the_feed_at_one_door_tells_of_an_act_at_the_other(running, doors, token):
    here, there = doors
    heard: list[dict[str, str]] = []
    connection = there.connect()
    headers = {"Authorization": f"Bearer {running.keys[AGENT]}"}
    connection.request("GET", "/api/v1/changes/stream?kinds=instruction.changed", headers=headers)
    stream = connection.getresponse()
    assert stream.status == 200 and b"retry" in stream.readline()
    began = time.monotonic()
    id = sale(here, token, "told-at-the-other").json()["instruction"]
    while not any(one["subject"] == id and one["content"]["state"] == "final" for one in heard):
        assert time.monotonic() - began < 20, heard
        line = stream.readline().decode()
        if line.startswith("data: "):
            heard.append(json.loads(line.removeprefix("data: ")))
    connection.close()
    numbers = [one["number"] for one in heard]
    assert numbers == sorted(set(numbers)), "each is told once, in its order"


def test_a_database_that_dies_is_told_and_nothing_is_lost(running, doors, token, database):
    accepted = {f"before-{n}": sale(doors[n % 2], token, f"before-{n}") for n in range(4)}
    assert {one.status for one in accepted.values()} == {202}
    database.stop()
    try:
        for door in doors:
            assert door.send("GET", "/ready").status == 503
            assert door.send("GET", "/health").status == 200
            told = sale(door, token, "while-it-was-dead")
            assert (told.status, told.json()["type"]) == (503, "/problems/unavailable"), told
            register = door.ask(AGENT, "GET", f"/instruments/{token}/register")
            assert register.status == 503, register
            page = door.browse("/", f"freehold={running.cookies[AGENT]}")
            assert page.status == 503 and "cannot be reached now" in page.text, page.text[:500]
            for said in (told, register, page):
                assert "127.0.0.1:" not in said.text and "book@" not in said.text, said.text
        time.sleep(2.5)  # rounds of the workers: none of them ends one
    finally:
        database.start()
    for door in doors:
        until(lambda door=door: door.send("GET", "/ready").status == 200)
    keys = [*accepted, "while-it-was-dead", "after"]
    asked = {key: {sale(door, token, key).json()["instruction"] for door in doors} for key in keys}
    assert all(len(ids) == 1 for ids in asked.values()), asked
    for key, one in accepted.items():
        assert asked[key] == {one.json()["instruction"]}
    sold_once(running, doors, {id for ids in asked.values() for id in ids})
    with office_of(running.home) as office:
        assert registers.verify(office).differences == []
    verified = doors[0].ask(AUDITOR, "POST", "/audit/verifications")
    assert verified.status == 200 and verified.json()["ok"], verified.text
    for name, process in running.processes.items():
        assert Path(f"/proc/{process}").is_dir(), f"the {name} died with the database"
