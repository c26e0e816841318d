"""Meetings on chain: what is announced, what the votes decide, how a meeting ends."""

from datetime import timedelta
from fractions import Fraction

import pytest

from freehold.core.actions.ballot import Mark, Method, Resolution, Threshold
from freehold.core.actions.ballot_words import (
    Terms,
    pack_resolution,
    pack_terms,
)
from freehold.core.clock import from_seconds
from tests.contracts.ballots import (
    ACCOUNTS,
    AGAINST,
    AGENDA,
    BOARD,
    CLASSES,
    FOR,
    NOBODY,
    ONE,
    YES,
    appoint,
    refusal,
)
from tests.contracts.signing import separator
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    OUTSIDER,
    REGISTRAR,
    row,
)

# ---- what is decided ----


def test_quorum_and_majority_are_exact_fractions(hall):
    hall.agenda = (
        Resolution(
            "third",
            {"common": ONE},
            quorum=Threshold(Fraction(4500, 4750)),
            majority=Threshold(Fraction(2, 3)),
        ),
        Resolution(
            "more",
            {"common": ONE},
            quorum=Threshold(Fraction(4500, 4750), more_than=True),
            majority=Threshold(Fraction(2, 3), more_than=True),
        ),
        BOARD,
    )
    meeting = hall.open()
    hall.ballot.set_aside(meeting, [ISSUER], by=AGENT)
    assert hall.ballot.ask("decided", meeting, 0) == (False, False)
    both = {("third", None): [FOR], ("more", None): [FOR], ("board", None): [Mark(("ash",))]}
    hall.vote(meeting, "ann", both)
    assert hall.ballot.ask("decided", meeting, 0) == (False, False)
    hall.vote(meeting, "bob", {("third", None): [AGAINST], ("more", None): [AGAINST]})
    assert hall.ballot.ask("decided", meeting, 0) == (True, True)
    assert hall.ballot.ask("decided", meeting, 1) == (False, False)
    assert hall.ballot.ask("decided", meeting, 2) == (True, False)
    assert refusal(hall.ballot.ask, "decided", meeting, 3) == "resolution: unknown"


def test_a_class_that_must_agree_alone_can_stop_a_resolution(hall):
    meeting = hall.open(changeable=True)
    hall.ballot.set_aside(meeting, [ISSUER], by=AGENT)
    for name in ("ann", "bob"):
        hall.vote(meeting, name, {("articles", None): [FOR]})
    assert hall.ballot.ask("decided", meeting, 1) == (True, False)
    hall.vote(meeting, "cat", {("articles", None): [FOR]})
    assert hall.ballot.ask("decided", meeting, 1) == (True, True)


# ---- announcing and ending ----


def test_only_who_may_act_for_the_issuer_announces_and_ends_a_meeting(hall):
    meeting = hall.open()
    assert refusal(hall.ballot.cancel, meeting, DOC, by=OUTSIDER) == "power: not held"
    terms = pack_terms(Terms(*(from_seconds(2_000_000_000 + n) for n in (0, 9))))
    token = int(hall.world.token.address, 16) | 1 << 160
    put = [pack_resolution(ACCOUNTS, CLASSES)]
    assert refusal(hall.call, terms, [token], put, by=OUTSIDER) == "power: not held"


def test_a_vote_is_open_from_its_first_second_to_the_one_before_its_last(hall):
    meeting = hall.announce()
    start = hall.world.engine.seconds
    hall.world.engine.at(start + 59)
    assert refusal(hall.vote, meeting, "ann", YES) == "vote: not yet open"
    hall.world.engine.at(start + 60)
    hall.vote(meeting, "ann", YES)
    hall.world.engine.at(start + 86_399)
    hall.vote(meeting, "bob", YES)
    hall.world.engine.at(start + 86_400)
    assert refusal(hall.vote, meeting, "nominee", YES) == "vote: closed"
    assert refusal(appoint, hall, meeting, "nominee", "bob") == "vote: closed"


def test_a_meeting_ends_once_with_its_minutes_or_by_being_called_off(hall):
    first, second = hall.announce(), hall.announce()
    assert refusal(hall.ballot.conclude, first, DOC, by=AGENT) == "meeting: not yet closed"
    assert refusal(hall.ballot.conclude, 99, DOC, by=AGENT) == "meeting: unknown"
    assert refusal(hall.ballot.cancel, first, bytes(32), by=AGENT) == "document: missing"
    hall.ballot.cancel(second, DOC, by=AGENT)
    hall.close()
    hall.ballot.conclude(first, DOC, by=AGENT)
    for meeting in (first, second):
        assert refusal(hall.ballot.cancel, meeting, DOC, by=AGENT) == "meeting: ended"
        assert refusal(hall.vote, meeting, "ann", YES) == "meeting: ended"
        assert refusal(appoint, hall, meeting, "ann", "bob") == "meeting: ended"
        said = refusal(hall.ballot.set_aside, meeting, [ISSUER], by=AGENT)
        assert said == "meeting: ended"
    register, notice = hall.ballot.ask("meetings", first)[1:3]
    assert (register, notice) == (hall.world.holders.address.lower(), DOC)


def put(**changed) -> tuple[int, int]:
    return pack_resolution(Resolution("r", {"common": ONE}, **changed), CLASSES)


ELECTION = put(method=Method.CUMULATIVE, candidates=("a", "b"), seats=1)
PLAIN = put()
WRONG_RESOLUTIONS = [
    ((PLAIN[0] | 3, PLAIN[1]), "resolution: unknown method"),
    ((PLAIN[0] | 3 << 8, PLAIN[1]), "resolution: unknown method"),
    ((PLAIN[0] & ~(0xFFFFFFFF << 144), PLAIN[1]), "quorum: no part of the whole"),
    ((PLAIN[0] | 2 << 112, PLAIN[1]), "quorum: no part of the whole"),
    ((PLAIN[0] & ~(0xFFFFFFFF << 80), PLAIN[1]), "majority: no part of the whole"),
    ((PLAIN[0] + (1 << 24), PLAIN[1]), "resolution: no election"),
    ((ELECTION[0] - (1 << 24), ELECTION[1]), "resolution: candidates"),
    ((ELECTION[0] + (13 << 24), ELECTION[1]), "resolution: candidates"),
    ((ELECTION[0] + (1 << 32), ELECTION[1]), "resolution: seats"),
    ((ELECTION[0] + (1 << 24) + (1 << 32) + 1, ELECTION[1]), "resolution: seats"),
    ((PLAIN[0], 0), "resolution: nobody votes"),
    ((PLAIN[0], 1 << 64), "resolution: unknown class"),
    ((PLAIN[0] | 1 << 200, PLAIN[1]), "resolution: unknown terms"),
    ((PLAIN[0] | 2 << 16, PLAIN[1]), "resolution: no vote"),
]


@pytest.mark.parametrize(("words", "said"), WRONG_RESOLUTIONS)
def test_a_resolution_that_could_never_be_counted_is_refused_when_it_is_put(hall, words, said):
    now = from_seconds(hall.world.engine.seconds)
    terms = pack_terms(Terms(now + timedelta(minutes=1), now + timedelta(days=1)))
    tokens = [int(one.address, 16) | 1 << 160 for one in (hall.world.token, hall.world.sister)]
    assert refusal(hall.call, terms, tokens, [words]) == said


def test_a_meeting_that_makes_no_sense_is_refused(hall):
    now = hall.world.engine.seconds
    token = int(hall.world.token.address, 16)
    good, one = now + 60 | (now + 600) << 40, [pack_resolution(ACCOUNTS, CLASSES)]
    known = token | 1 << 160
    for terms, classes, resolutions, said in [
        (now | (now + 600) << 40, [known], one, "meeting: opens in the past"),
        (now + 60 | (now + 60) << 40, [known], one, "meeting: closes before it opens"),
        (good | 1 << 200, [known], one, "meeting: unknown terms"),
        (good | 1 << 137, [known], one, "meeting: time to reveal"),
        (good | (now + 700) << 80, [known], one, "meeting: time to reveal"),
        (good, [], one, "meeting: nothing to vote on"),
        (good, [known], [], "meeting: nothing to vote on"),
        (good, [known, known], one, "meeting: class twice"),
        (good, [token], one, "record: unknown"),
        (good, [token | 9 << 160], one, "record: unknown"),
        (good, [int(OUTSIDER, 16) | 1 << 160], one, "token: not this issuer's"),
    ]:
        assert refusal(hall.call, terms, classes, resolutions) == said
    hall.world.token.announce_record(now + 61, by=ISSUER)
    late = [token | 2 << 160]
    assert refusal(hall.call, good, late, one) == "record: after the vote opens"
    said = refusal(
        hall.ballot.announce,
        *(hall.world.holders.address, bytes(32), good, [known], one),
        by=AGENT,
    )
    assert said == "meeting: no notice"


def test_the_separator_is_the_domain_that_is_signed(hall):
    chain = hall.world.engine.chain_id
    ours = separator("Freehold Ballot", chain, hall.ballot.address)
    assert hall.ballot.ask("DOMAIN_SEPARATOR") == ours


def test_a_contract_that_holds_units_answers_for_itself_and_breaks_nothing_else(hall):
    """ERC-1271: a wallet that always says yes, and one that burns its gas."""
    yes = hall.world.deploy_code("7f1626ba7e" + "00" * 28 + "60005260206000f3")
    burns = hall.world.deploy_code("5b600056")
    for wallet, count in ((yes, 40), (burns, 60)):
        hall.world.holders.admit([row(wallet)], by=REGISTRAR)
        hall.world.issue(wallet, count)
    hall.world.token.announce_record(hall.world.engine.seconds + 10, by=ISSUER)
    hall.world.engine.forward(20)
    now = from_seconds(hall.world.engine.seconds)
    terms = pack_terms(Terms(now + timedelta(minutes=1), now + timedelta(days=1)))
    token = int(hall.world.token.address, 16) | 2 << 160
    meeting = hall.call(terms, [token], [pack_resolution(ACCOUNTS, CLASSES[:1])])
    hall.world.engine.forward(60)
    at = hall.world.engine.seconds
    rows = [((one, NOBODY, 1, at, 0, 27, 1, 1), []) for one in (burns, yes)]
    outcome = hall.send(meeting, [*rows, hall.signed(meeting, "ann", YES, at)])
    assert hall.skipped(outcome) == [6]
    assert hall.total(meeting, 0, 1) == 3040
    assert len(AGENDA) == 4
