"""A meeting counted again by a stranger, from a node alone: by the command and by the script."""

import json
import os
import subprocess
import sys

import pytest
from eth_hash.auto import keccak

from freehold.chain import node
from freehold.core.actions.ballot import Mark
from freehold.core.clock import parse
from freehold.core.errors import Broken, Conflict, Invalid, NotFound
from freehold.desks import ledgers
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.servicing import assembly, meetings, recounting, voting
from freehold.desks.servicing.meetings import MeetingRequest
from freehold.desks.servicing.voting import ProxyRequest, VoteRequest
from freehold.indexer import decode
from tests.parts import ROOT

SCRIPT = ROOT / "examples/count_meeting.py"
NOTICE = """
name = "Every way to vote"
record = 2024-06-01T00:00:00Z
opens = 2024-06-01T08:00:00Z
closes = 2024-06-08T08:00:00Z
changeable = true
[[resolution]]
id = "articles"
title = "The articles are changed"
quorum = "1/3"
majority = "2/3"
separate = ["series-a"]

[[resolution]]
id = "weighted"
quorum = "1/10"
basis = "entitled"
votes_per_unit = { common = 1, series-a = "3/2", series-seed = 2 }

[[resolution]]
id = "board"
method = "cumulative"
quorum = 0
candidates = ["ash", "birch", "cedar"]
seats = 2

[[resolution]]
id = "auditor"
method = "ranked choice"
quorum = 0
candidates = ["alder", "beech", "cherry"]
"""
PLAIN = ("mara-lindqvist", "tobias-brandt", "straits-growth", "northgate-seed", "alpenrand")
SERVE = (
    "import sys; from pathlib import Path; from freehold.chain.embedded import http\n"
    "http.serve(Path(sys.argv[1]), 0, lambda port: print(port, flush=True))\n"
)


def at(office, instant):
    ledgers.set_clock(office, parse(instant))


@pytest.fixture
def held(company, company_home):
    """A meeting with votes of every kind, open: office, number, and the URL of a node."""
    at(company, "2024-05-07T09:00:00Z")
    done = meetings.announce(company, orders.agent(company), MeetingRequest(NOTICE, "every-way"))
    assert done.act.ended is Ended.DONE
    at(company, "2024-06-01T09:00:00Z")
    cast(company, done.number)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", SERVE, str(company_home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    yield company, done.number, f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.terminate()
    process.wait()
    process.stdout.close()


def cast(office, number):
    """Plain, divided, cumulated and ranked votes, one replaced, one by a proxy, one that fell with him."""
    said = {
        "mara-lindqvist": ["for", "for", "ash", ("alder", "beech")],
        "tobias-brandt": ["against", "for", "birch", ("beech",)],
        "straits-growth": ["for", "abstain", "cedar", ("cherry", "alder")],
        "alpenrand": ["for", "against", "birch", ("alder", "cherry")],
    }
    for holder, (articles, weighted, board, auditor) in said.items():
        words = {"articles": articles, "weighted": weighted, "board": board}
        vote(office, number, holder, {
            **{(id, None): (Mark((side,)),) for id, side in words.items()},
            ("auditor", None): (Mark(auditor),),
        })  # fmt: skip
    vote(office, number, "northgate-seed", {
        ("weighted", "series-seed"): (Mark(("for",), 300_000), Mark(("against",))),
        ("board", "series-seed"): (Mark(("cedar",), 500_001), Mark(("ash",))),
        ("auditor", "series-seed"): (Mark(("cherry",), 7), Mark(("alder", "cherry"))),
    })  # fmt: skip
    agent = orders.agent(office)
    for holder, key in (("jonas-keller", "stays"), ("wei-ling-tan", "falls")):
        voting.appoint(office, agent, ProxyRequest(number, holder, "tobias-brandt", key))
    at(office, "2024-06-01T09:05:00Z")
    for holder in ("jonas-keller", "wei-ling-tan"):
        vote(office, number, holder, {("articles", None): (Mark(("for",)),)}, "tobias-brandt")
    voting.appoint(office, agent, ProxyRequest(number, "wei-ling-tan", None, "ended"))
    at(office, "2024-06-01T09:10:00Z")
    vote(office, number, "mara-lindqvist", {
        ("articles", None): (Mark(("against",)),), ("board", None): (Mark(("birch",)),),
    })  # fmt: skip


def vote(office, number, holder, said, proxy=None):
    key = f"{holder} {len(said)} {proxy}"
    done = voting.vote(office, "operator", VoteRequest(number, holder, key, said, proxy))
    assert done.given is voting.Given.COUNTED, done


def by_script(url, ballot, *more):
    asked = [sys.executable, str(SCRIPT), url, ballot, *map(str, more)]
    return subprocess.run(asked, capture_output=True, text=True, timeout=120)


def test_a_stranger_counts_a_real_meeting_with_the_command_and_with_a_script_of_his_own(
    held, tmp_path, run
):
    office, number, url = held
    one, standing = meetings.show(office, None, number)
    notice = tmp_path / "notice.toml"
    notice.write_text(one.kept.notice)
    at_home = [meetings.tally_document(t, r.method) for t, r in zip(
        standing.tallies, one.agenda, strict=True)]  # fmt: skip
    elected = {each["resolution"]: each.get("elected") for each in at_home}
    assert elected["board"] == ["birch", "cedar"] and len(at_home[3]["rounds"]) > 1
    asked = ("tally", "--node", url, "--ballot", one.ballot, "--notice", notice)
    told = run(*asked).document
    assert told["compared"] > standing.compared
    assert (told["meeting"], told["notice"]) == (number, one.kept.digest)
    counted = json.loads(by_script(url, one.ballot, number, notice).stdout)
    assert counted["block"] == told["block"]
    for ours, stranger, script in zip(
        at_home, told["resolutions"], counted["resolutions"], strict=True
    ):
        assert ours["resolution"] == stranger["id"] == script["resolution"]
        for name in ("present", "entitled"):
            assert ours[name] == stranger["all"][name] == str(script[name])
        assert ours["votes"] == stranger["all"]["votes"] == texts(script["votes"])
        classes = [each["votes"] for each in stranger["by_class"].values()]
        assert classes == list(ours["by_class"].values())
        voting_classes = [one for one in script["by_class"] if texts(one) in classes]
        assert len(voting_classes) == len(classes)
        decided = (ours["quorum"], ours["carried"])
        assert decided == (stranger["quorum_met"], stranger["carried"])
        assert decided == (script["quorum_met"], script["carried"])
        assert ours.get("elected", []) == stranger["elected"] == script.get("elected", [])
        rounds = [texts(one) for one in script.get("rounds", [])]
        assert rounds == ours.get("rounds", []) == stranger["rounds"]
    without = recounting.recount(url, one.ballot)
    assert [each.resolution for each in without.tallies] == ["1", "2", "3", "4"]


def texts(votes):
    return {name: str(units) for name, units in votes.items()}


def test_a_recount_finds_what_differs_and_says_what_it_cannot_count(held, monkeypatch):
    office, number, url = held
    one = assembly.find(office, None, number)
    with pytest.raises(Invalid, match="byte for byte"):
        recounting.recount(url, one.ballot, number, one.kept.notice + " ")
    with pytest.raises(Invalid, match="no address"):
        recounting.recount(url, "0x12")
    with pytest.raises(NotFound, match="no call of meeting 9"):
        recounting.recount(url, one.ballot, 9)
    with pytest.raises(NotFound, match="no call of a meeting"):
        recounting.recount(url, one.instruments[0].token)
    stranger = by_script(url, one.ballot, number, ROOT / "examples/meetings/notice.toml")
    assert "not the notice" in stranger.stderr and stranger.returncode
    follow = recounting.follow

    def short(events):
        found = follow(events)
        found[number].cast.pop(min(found[number].cast))
        return found

    monkeypatch.setattr(recounting, "follow", short)
    with pytest.raises(Broken, match="in the contract and"):
        recounting.recount(url, one.ballot, number)


def test_a_meeting_whose_record_lies_ahead_is_not_counted_yet(company, company_home):
    at(company, "2024-05-07T09:00:00Z")
    asked = MeetingRequest(NOTICE, "every-way")
    number = meetings.announce(company, orders.agent(company), asked).number
    one = assembly.find(company, None, number)
    ledger = node.open_ledger(company_home)
    try:
        with pytest.raises(Conflict, match="comes at 2024-06-01T00:00:00Z"):
            recounting._recount(ledger, one.ballot, number, "", 0)
    finally:
        node.close(ledger)


def test_the_hashes_in_the_script_are_those_of_the_events():
    text = SCRIPT.read_text()
    for event in (each for each in decode.ARGUMENTS if each.__module__.endswith("events_voting")):
        shape = decode._BY_NAME[event.__name__]
        named = f"{event.__name__}({','.join(shape.types)})"
        assert f"# {named}\n" not in text or shape.topic in text, named
    for function in ("held_at_account(uint256,uint256)", "supply_at(uint256)"):
        assert function in text and f'"0x{keccak(function.encode())[:4].hex()}"' in text
