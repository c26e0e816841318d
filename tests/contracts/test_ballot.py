"""Meetings on chain: what is announced, who votes, what counts, what is refused."""

from datetime import timedelta

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from freehold.core.actions.ballot import Mark
from freehold.core.actions.ballot_words import (
    VOTE_SENTENCES,
    Terms,
    VoteRefusal,
    pack_resolution,
    pack_terms,
    seal,
)
from freehold.core.clock import from_seconds
from tests.contracts.ballots import (
    ACCOUNTS,
    AGAINST,
    APPOINT,
    CLASSES,
    FOR,
    NO,
    YES,
    Hall,
    appoint,
    key_of,
    refusal,
)
from tests.contracts.signing import sign
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    OFFICER,
    OUTSIDER,
)

SALT = b"\7" * 32


# ---- votes ----


def test_a_vote_counts_the_units_of_the_record_instant_whatever_is_held_now(hall):
    meeting = hall.open()
    hall.world.token.transfer(hall.wallet("bob"), 2999, by=hall.wallet("ann"))
    outcome = hall.vote(meeting, "ann", YES)
    assert hall.total(meeting, 0, 1) == 3000
    (event,) = hall.ballot.log(outcome, "Voted")
    assert (event["meeting"], event["choices"]) == (meeting, 1)


def test_one_vote_settles_the_whole_agenda_and_what_is_left_out_is_not_voted(hall):
    meeting = hall.open()
    said = {
        ("accounts", None): [AGAINST],
        ("articles", None): [FOR],
        ("chair", None): [Mark(("cedar", "ash"))],
    }
    hall.vote(meeting, "nominee", said)
    assert hall.total(meeting, 0, 2) == 250
    assert [hall.total(meeting, 1, 1, of) for of in (0, 1)] == [250, 350]
    assert [hall.total(meeting, 3, 3, of) for of in (0, 1)] == [250, 350]
    assert sum(hall.total(meeting, 2, choice) for choice in range(4)) == 0


def test_a_nominee_divides_its_units_and_the_rest_goes_where_it_says(hall):
    meeting = hall.open()
    common = [Mark(("for",), 100), Mark(("against",), 30), Mark(("abstain",))]
    said = {("articles", "common"): common, ("articles", "preferred"): [AGAINST]}
    hall.vote(meeting, "nominee", said)
    assert [hall.total(meeting, 1, choice) for choice in (1, 2, 3)] == [100, 30, 120]
    assert hall.total(meeting, 1, 2, 1) == 350


def test_cumulative_votes_are_units_times_seats_and_present_are_the_units(hall):
    meeting = hall.open()
    hall.vote(meeting, "ann", {("board", None): [Mark(("ash",), 4000), Mark(("cedar",))]})
    hall.vote(meeting, "bob", {("board", None): [Mark(("birch",))]})
    assert [hall.total(meeting, 2, choice) for choice in range(4)] == [4500, 4000, 3000, 2000]


def test_a_batch_takes_good_ballots_and_tells_of_each_other_one_why(hall):
    meeting = hall.open(changeable=False)
    now = hall.world.engine.seconds
    forged = hall.signed(meeting, "bob", YES, now)[0]
    forged = (*forged[:2], 2, *forged[3:])
    early = hall.signed(meeting, "bob", YES, now + 1)
    cat = hall.signed(meeting, "cat", YES, now)
    unknown = (OUTSIDER, *hall.signed(meeting, "bob", YES, now)[0][1:])
    good, again = (hall.signed(meeting, "ann", YES, now) for _ in range(2))
    outcome = hall.send(meeting, [(forged, []), early, cat, (unknown, []), good, again])
    assert hall.skipped(outcome) == [6, 6, 3, 6, 9]
    assert hall.total(meeting, 0, 1) == 3000


def test_a_signature_is_for_one_meeting_and_one_contract(hall):
    other = Hall(hall.world)
    other.keys, other.held = hall.keys, hall.held
    other.announce()
    first, second = hall.announce(), hall.announce()
    hall.world.engine.forward(60)
    now = hall.world.engine.seconds
    ballot = hall.signed(first, "ann", YES, now)
    assert hall.skipped(hall.send(second, [ballot])) == [6]
    assert other.skipped(other.send(1, [ballot])) == [6]
    assert hall.skipped(hall.send(first, [ballot])) == []


def test_marks_of_a_batch_belong_to_their_ballots(hall):
    meeting = hall.open(changeable=True)
    now = hall.world.engine.seconds
    divided = {("articles", "common"): [Mark(("for",), 7), AGAINST]}
    rows = [hall.signed(meeting, who, divided, now) for who in ("ann", "nominee", "bob")]
    rows[1] = (rows[1][0], [rows[1][1][0] + 1, rows[1][1][1]])
    outcome = hall.send(meeting, rows)
    assert hall.skipped(outcome) == [6]
    assert [hall.total(meeting, 1, choice) for choice in (1, 2)] == [14, 4486]


@pytest.mark.parametrize(
    ("choices", "marks", "code"),
    [
        (0, [], 3),
        (4, [], 4),
        (4 << 4, [], 4),
        (1 << 16, [], 4),
        (1 << 128, [], 4),
        (15, [], 4),
        (15, [1 | 3001 << 128], 5),
        (15, [1], 5),
        (15, [1 | 2000 << 128, 2 | 1001 << 128], 5),
        (15, [1 | 5 << 128 | 1 << 224], 5),
        (15, [1 | 5 << 128 | 2 << 224], 5),
        (15, [0x0201 | 5 << 128], 5),
        (15, [4 | 5 << 128], 5),
        (1, [1 | 5 << 128], 5),
        (15 << 12, [0x0101 | 5 << 128 | 3 << 232], 5),
        (15 << 12, [0x010002 | 5 << 128 | 3 << 232], 5),
        (15 << 12 | 15, [1 | 5 << 128 | 3 << 232, 1 | 5 << 128], 5),
        (15, [1 | 5 << 128 | 1 << 240], 5),
    ],
)
@pytest.mark.parametrize("changeable", [False, True])
def test_a_malformed_vote_is_refused_whole_and_changes_nothing(
    hall, changeable, choices, marks, code
):
    meeting = hall.open(changeable=changeable)
    voter = hall.wallet("ann")
    said = refusal(hall.ballot.vote, meeting, voter, choices, marks, by=voter)
    assert said == f"vote refused: {code}"
    assert VOTE_SENTENCES[VoteRefusal(code)].endswith(".")
    totals = [hall.total(meeting, place, choice) for place in range(4) for choice in range(16)]
    assert not any(totals)
    hall.vote(meeting, "ann", YES)


def test_a_vote_stands_for_good_unless_the_meeting_lets_it_change(hall):
    fixed, open_ = hall.announce(), hall.announce(changeable=True)
    hall.world.engine.forward(60)
    for meeting in (fixed, open_):
        hall.vote(meeting, "ann", YES)
    hall.world.engine.forward(5)
    assert refusal(hall.vote, fixed, "ann", NO) == "vote refused: 9"
    assert hall.ballot.ask("has_voted", fixed, hall.world.number(hall.wallet("ann")))
    divided = {("accounts", "common"): [Mark(("for",), 1), AGAINST]}
    hall.vote(open_, "ann", divided)
    assert [hall.total(open_, 0, one) for one in (1, 2)] == [1, 2999]
    hall.world.engine.forward(5)
    hall.vote(open_, "ann", {("board", None): [Mark(("ash",))]})
    assert [hall.total(open_, 0, one) for one in (1, 2)] == [0, 0]
    assert hall.total(open_, 2, 1) == 6000
    account = hall.world.number(hall.wallet("ann"))
    assert hall.ballot.ask("ballot_of", open_, account) & 0xFFFF == 1 << 8


def test_an_older_signature_never_replaces_a_later_vote_and_none_works_twice(hall):
    meeting = hall.open(changeable=True)
    start = hall.world.engine.seconds
    hall.world.engine.forward(100)
    old, new = (
        hall.signed(meeting, "ann", said, at) for said, at in ((YES, start), (NO, start + 50))
    )
    assert hall.skipped(hall.send(meeting, [new, old, new])) == [10, 10]
    assert (hall.total(meeting, 0, 1), hall.total(meeting, 0, 2)) == (0, 3000)


def test_treasury_units_vote_nothing_and_are_not_among_those_entitled(hall):
    meeting = hall.open()
    assert hall.ballot.ask("entitled", meeting, 0) == 5250
    assert refusal(hall.ballot.vote, meeting, ISSUER, 1, [], by=ISSUER) == "vote refused: 2"
    assert refusal(hall.ballot.vote, meeting, ISSUER, 1, [1], by=ISSUER) == "vote refused: 2"
    hall.ballot.set_aside(meeting, [ISSUER], by=OUTSIDER)
    assert [hall.ballot.ask("entitled", meeting, of) for of in (0, 1)] == [4750, 1250]
    again = refusal(hall.ballot.set_aside, meeting, [ISSUER], by=OUTSIDER)
    assert again == "treasury: counted already"
    hall.vote(meeting, "bob", YES)
    bob = hall.wallet("bob")
    said = refusal(hall.ballot.set_aside, meeting, [bob], by=OUTSIDER)
    assert said == "treasury: not the issuer's own"
    hall.world.set_facts(ISSUER)
    assert refusal(hall.ballot.vote, meeting, ISSUER, 1, [], by=ISSUER) == "vote refused: 9"
    assert refusal(hall.ballot.set_aside, meeting, [OUTSIDER], by=AGENT) == "wallet: unknown"


def test_a_recovered_account_votes_with_the_new_wallet_alone(hall):
    meeting = hall.open()
    lost = hall.wallet("ann")
    hall.world.holders.propose_recovery(lost, OUTSIDER, 1, DOC, by=AGENT)
    hall.world.engine.forward(200)
    assert refusal(hall.ballot.vote, meeting, OUTSIDER, 1, [], by=OUTSIDER) == "vote refused: 1"
    now = from_seconds(hall.world.engine.seconds)
    long = Terms(now + timedelta(minutes=1), now + timedelta(days=9))
    token = int(hall.world.token.address, 16) | 1 << 160
    later = hall.call(pack_terms(long), [token], [pack_resolution(ACCOUNTS, CLASSES[:1])])
    hall.world.engine.forward(days=4)
    hall.world.holders.recover(lost, by=OFFICER)
    stale = hall.signed(later, "ann", YES, hall.world.engine.seconds)
    assert hall.skipped(hall.send(later, [stale])) == [1]
    hall.ballot.vote(later, OUTSIDER, 1, [], by=OUTSIDER)
    assert hall.total(later, 0, 1) == 3000


# ---- proxies ----


def test_a_proxy_votes_until_the_holder_does_and_loses_his_vote_with_his_power(hall):
    meeting = hall.open(changeable=True)
    assert refusal(hall.vote, meeting, "ann", YES, by="bob") == "vote refused: 7"
    appoint(hall, meeting, "ann", "bob")
    outcome = hall.vote(meeting, "ann", YES, by="bob")
    (event,) = hall.ballot.log(outcome, "VotedByProxy")
    assert event["proxy"] == hall.wallet("bob").lower()
    assert hall.total(meeting, 0, 1) == 3000
    outcome = appoint(hall, meeting, "ann", None)
    assert len(hall.ballot.log(outcome, "VoteWithdrawn")) == 1
    assert hall.total(meeting, 0, 1) == 0
    appoint(hall, meeting, "ann", "cat")
    hall.vote(meeting, "ann", YES, by="cat")
    hall.world.engine.forward(1)
    hall.vote(meeting, "ann", NO)
    assert (hall.total(meeting, 0, 1), hall.total(meeting, 0, 2)) == (0, 3000)
    hall.world.engine.forward(1)
    assert refusal(hall.vote, meeting, "ann", YES, by="cat") == "vote refused: 8"


def test_a_substitute_votes_where_the_proxy_may_pass_it_on(hall):
    meeting = hall.open(changeable=True)
    appoint(hall, meeting, "ann", "bob", substitute=True)
    appoint(hall, meeting, "ann", "cat", by="bob")
    assert hall.ballot.ask("voter_of", meeting, hall.wallet("ann")) == hall.wallet("cat").lower()
    assert refusal(hall.vote, meeting, "ann", YES, by="bob") == "vote refused: 7"
    hall.vote(meeting, "ann", YES, by="cat")
    said = refusal(appoint, hall, meeting, "ann", "nominee", by="cat")
    assert said == "proxy: no power to substitute"
    stranger = refusal(appoint, hall, meeting, "ann", "cat", by="nominee")
    assert stranger == "proxy: no power to substitute"


def test_a_proxy_who_may_no_longer_substitute_votes_himself(hall):
    meeting = hall.open(changeable=True)
    appoint(hall, meeting, "ann", "bob", substitute=True)
    appoint(hall, meeting, "ann", "cat", by="bob")
    hall.vote(meeting, "ann", YES, by="cat")
    outcome = appoint(hall, meeting, "ann", "bob")
    assert len(hall.ballot.log(outcome, "VoteWithdrawn")) == 1
    assert hall.ballot.ask("voter_of", meeting, hall.wallet("ann")) == hall.wallet("bob").lower()


@pytest.mark.parametrize("end", ["ann", "bob", "cat"])
def test_proxies_never_run_in_a_circle(hall, end):
    meeting = hall.open(changeable=True)
    appoint(hall, meeting, "ann", "bob", substitute=True)
    appoint(hall, meeting, "ann", "cat", by="bob", substitute=True)
    said = refusal(appoint, hall, meeting, "ann", end, by="cat", substitute=True)
    assert said == "proxy: runs in a circle"


def test_a_chain_of_proxies_has_an_end(hall):
    meeting = hall.open(changeable=True)
    names = [f"proxy {number}" for number in range(9)]
    hall.keys |= {name: key_of(name) for name in names}
    givers = ["ann", *names]
    for giver, proxy in zip(givers, names[:7], strict=False):
        appoint(hall, meeting, "ann", proxy, by=giver, substitute=True)
    said = refusal(appoint, hall, meeting, "ann", names[7], by=names[6], substitute=True)
    assert said == "proxy: chain too long"


def test_where_votes_are_final_a_cast_vote_ends_the_right_to_appoint(hall):
    meeting = hall.open()
    appoint(hall, meeting, "ann", "bob")
    hall.vote(meeting, "ann", YES, by="bob")
    assert refusal(appoint, hall, meeting, "ann", None) == "proxy: the vote is cast"


def test_an_appointment_by_signature_is_dated_and_works_once(hall):
    meeting = hall.open(changeable=True)
    at = hall.world.engine.seconds
    types = ["bytes32", "uint256", "address", "address", "bool", "uint256"]
    ann, bob = hall.wallet("ann"), hall.wallet("bob")
    content = keccak(encode(types, [APPOINT, meeting, ann, bob, False, at]))
    made = sign(hall.keys["ann"], hall.digest(content))
    parts = (made[64], int.from_bytes(made[:32], "big"), int.from_bytes(made[32:64], "big"))
    given = (meeting, ann, ann, bob, False)
    hall.ballot.appoint_signed(*given, at, *parts, by=OUTSIDER)
    hall.vote(meeting, "ann", YES, by="bob")
    again = refusal(hall.ballot.appoint_signed, *given, at, *parts, by=OUTSIDER)
    assert again == "proxy: older than the one given"
    forged = refusal(hall.ballot.appoint_signed, *given, at - 1, *parts, by=OUTSIDER)
    assert forged == "signature: not the owner's"
    ahead = refusal(hall.ballot.appoint_signed, *given, at + 10**6, *parts, by=OUTSIDER)
    assert ahead == "proxy: signed in the future"
    unknown = refusal(hall.ballot.appoint, meeting, OUTSIDER, bob, False, by=OUTSIDER)
    assert unknown == "wallet: unknown"


# ---- secret votes ----


def secret(hall):
    now = from_seconds(hall.world.engine.seconds)
    meeting = hall.announce(revealed_until=now + timedelta(days=2))
    hall.world.engine.forward(60)
    return meeting


def sealed(hall, meeting, name, said):
    choices, marks = hall.words(name, said)
    account = hall.world.number(hall.wallet(name))
    return int.from_bytes(seal(meeting, account, choices, marks, SALT), "big"), choices, marks


def test_a_secret_vote_adds_nothing_until_it_is_revealed_and_then_once(hall):
    meeting = secret(hall)
    said = {("accounts", None): [FOR], ("chair", "common"): [Mark(("cedar", "ash"))]}
    word, choices, marks = sealed(hall, meeting, "ann", said)
    outcome = hall.ballot.vote(meeting, hall.wallet("ann"), word, [], by=hall.wallet("ann"))
    assert hall.ballot.names(outcome) == ["VoteSealed"]
    ann, reveal = hall.wallet("ann"), hall.ballot.reveal
    assert refusal(reveal, meeting, ann, choices, marks, SALT, by=ann) == "reveal: the vote is open"
    hall.close()
    assert hall.total(meeting, 0, 1) == 0
    other = refusal(reveal, meeting, ann, 2, [], SALT, by=ann)
    assert other == "reveal: not what was sealed"
    reveal(meeting, ann, choices, marks, SALT, by=OUTSIDER)
    assert (hall.total(meeting, 0, 1), hall.total(meeting, 3, 3)) == (3000, 3000)
    again = refusal(reveal, meeting, ann, choices, marks, SALT, by=ann)
    assert again == "reveal: not what was sealed"
    hall.close()
    assert refusal(reveal, meeting, ann, choices, marks, SALT, by=ann) == "reveal: too late"


def test_a_seal_of_a_malformed_vote_cannot_be_opened(hall):
    meeting = secret(hall)
    ann = hall.wallet("ann")
    word = int.from_bytes(seal(meeting, hall.world.number(ann), 4, [], SALT), "big")
    now = hall.world.engine.seconds
    rows = [(hall.sign(meeting, "ann", word, [], now, None), [])]
    assert hall.skipped(hall.send(meeting, rows)) == []
    assert refusal(hall.vote, meeting, "ann", YES) == "vote refused: 9"
    hall.close()
    assert refusal(hall.ballot.reveal, meeting, ann, 4, [], SALT, by=ann) == "vote refused: 4"
    plain = hall.open()
    said = refusal(hall.ballot.reveal, plain, ann, 4, [], SALT, by=ann)
    assert said == "reveal: nothing is sealed"
