"""Votes: the last word with authority counts, thresholds are exact, elections say when they tie."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.actions.ballot import (
    Ballot,
    Basis,
    Mark,
    Meeting,
    Method,
    Resolution,
    Tally,
    Threshold,
    tally,
)
from freehold.core.actions.proxy import Appointment, appointment_mistakes, chain, voter_for

OPENS = datetime(2026, 5, 4, 8, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=7)
ONE = {"common": Fraction(1)}
ACCOUNTS = Resolution("accounts", ONE)
HELD = {"ada": {"common": 60}, "ben": {"common": 30}, "cyd": {"common": 10}}


def at(hours: int) -> datetime:
    return OPENS + timedelta(hours=hours)


def says(holder: str, *ranking: str, hours: int = 1, voter: str = "", **more) -> Ballot:
    """A ballot of one mark for all units; its id is who, for whom, and when."""
    voter = voter or holder
    marks = more.pop("marks", (Mark(ranking),))
    return Ballot(
        f"{voter} for {holder} at {hours}", "accounts", voter, holder, at(hours), marks, **more
    )


def counted(
    *ballots: Ballot,
    held: Mapping[str, Mapping[str, int]] = HELD,
    proxies: tuple[Appointment, ...] = (),
    **terms,
) -> Tally:
    return tally(Meeting(OPENS, CLOSES, held, proxies), replace(ACCOUNTS, **terms), ballots)


def votes(found: Tally) -> list[int]:
    return [int(one) for one in found.count.votes.values()]


def test_one_unit_is_one_vote_and_who_is_silent_is_not_present() -> None:
    found = counted(says("ada", "for"), says("ben", "against"))
    assert votes(found) == [60, 30, 0]
    assert (found.count.present, found.count.entitled) == (90, 100)
    assert found.carried


@pytest.mark.parametrize(
    ("part", "more_than", "carried"),
    [("2/3", False, True), ("2/3", True, False), ("66.7/100", False, False), ("1/2", True, True)],
)
def test_a_bare_two_thirds_is_two_thirds(part: str, more_than: bool, carried: bool) -> None:
    numerator, denominator = part.split("/")
    threshold = Threshold(Fraction(numerator) / Fraction(denominator), more_than)
    found = counted(says("ada", "for"), says("ben", "against"), majority=threshold)
    assert found.carried is carried


@pytest.mark.parametrize(
    ("basis", "carried"), [(Basis.CAST, True), (Basis.PRESENT, False), (Basis.ENTITLED, False)]
)
def test_what_a_majority_is_of_decides(basis: Basis, carried: bool) -> None:
    ballots = says("ben", "for"), says("ada", "abstain"), says("cyd", "against")
    assert counted(*ballots, basis=basis).carried is carried


def test_without_a_quorum_nothing_is_carried() -> None:
    third = Threshold(Fraction(1, 3))
    assert not counted(says("ben", "for"), quorum=third).carried
    forty = counted(says("ben", "for"), says("cyd", "abstain"), quorum=third)
    assert forty.quorum_met and forty.carried
    exactly = {"ada": {"common": 2}, "ben": {"common": 1}}
    assert counted(says("ben", "for"), held=exactly, quorum=third).quorum_met
    assert not counted(
        says("ben", "for"), held=exactly, quorum=Threshold(Fraction(1, 3), True)
    ).quorum_met


def test_nobody_votes_and_nothing_is_carried() -> None:
    assert not counted().carried
    assert not counted(quorum=Threshold(Fraction(1, 100))).quorum_met
    assert not counted(says("ada", "abstain"), majority=Threshold(Fraction(0))).carried


def test_classes_weigh_and_carry_apart() -> None:
    held = {"ada": {"common": 100}, "fund": {"preferred": 10}}
    both = {"common": Fraction(1), "preferred": Fraction(5, 2)}
    ballots = says("ada", "for"), says("fund", "against")
    found = counted(*ballots, held=held, votes_per_unit=both)
    assert votes(found) == [100, 25, 0]
    assert found.count.entitled == 125
    assert found.by_class["preferred"].votes["against"] == 25
    assert found.carried
    apart = counted(*ballots, held=held, votes_per_unit=both, separate=("preferred",))
    assert not apart.carried
    without = counted(*ballots, held=held)
    assert without.not_counted == (
        ("fund for fund at 1", "is for fund, who held no units that vote at the record instant"),
    )


def test_the_last_word_counts_until_the_close() -> None:
    found = counted(
        says("ada", "for", hours=1),
        says("ada", "against", hours=100),
        says("ada", "for", hours=7 * 24),
        says("ada", "for", hours=-1),
    )
    assert votes(found) == [0, 60, 0]
    assert dict(found.not_counted) == {
        "ada for ada at 1": "is replaced by another ballot",
        "ada for ada at 168": "was cast after the close",
        "ada for ada at -1": "was cast before the vote opened",
    }


def test_a_nominee_divides_its_units_and_the_rest_is_not_voted() -> None:
    marks = (Mark(("for",), 25), Mark(("against",), 20), Mark(("abstain",), 5))
    found = counted(says("ada", marks=marks))
    assert votes(found) == [25, 20, 5]
    assert found.count.present == 50
    rest = counted(says("ada", marks=(Mark(("against",), 20), Mark(("for",)))))
    assert votes(rest) == [40, 20, 0]


@pytest.mark.parametrize(
    ("marks", "why"),
    [
        ((Mark(("for",), 61),), "divides 61 votes, and there are 60"),
        ((Mark(("maybe",)),), "names maybe; there is for, against, abstain"),
        ((Mark(()),), "names nobody"),
        ((Mark(("for", "against")),), "ranks several, and this vote asks for one"),
        ((Mark(("for", "for")),), "ranks somebody twice"),
        ((Mark(("for",), -1),), "has a negative number"),
        ((Mark(("for",)), Mark(("against",))), "leaves open twice"),
    ],
)
def test_a_ballot_that_makes_no_sense_does_not_count_and_says_why(marks, why: str) -> None:
    found = counted(says("ada", marks=marks))
    assert found.count.present == 0
    assert why in found.not_counted[0][1]


def test_units_of_several_classes_are_divided_class_by_class() -> None:
    held = {"ada": {"common": 60, "preferred": 40}}
    both = {"common": Fraction(1), "preferred": Fraction(1)}
    split = (Mark(("for",), 10),)
    vague = counted(says("ada", marks=split), held=held, votes_per_unit=both)
    assert "divides units of several classes: name the class" in vague.not_counted[0][1]
    found = counted(
        says("ada", "against", hours=1),
        says("ada", marks=split, class_id="preferred", hours=2),
        held=held,
        votes_per_unit=both,
    )
    assert votes(found) == [10, 60, 0]
    assert found.not_counted == ()


# ---- proxies ------------------------------------------------------------------------------------


def appoints(holder: str, proxy: str, hours: int = -9, **more) -> Appointment:
    return Appointment(holder, more.pop("giver", holder), proxy, at(hours), **more)


def test_a_proxy_votes_and_the_holder_in_person_outvotes_it() -> None:
    proxies = (appoints("ada", "ben"),)
    by_proxy = says("ada", "for", voter="ben", hours=5)
    assert votes(counted(by_proxy, proxies=proxies)) == [60, 0, 0]
    in_person = counted(by_proxy, says("ada", "against", hours=2), proxies=proxies)
    assert votes(in_person) == [0, 60, 0]
    assert in_person.not_counted == (("ben for ada at 5", "is replaced by another ballot"),)


def test_who_was_not_appointed_may_not_vote_for_another() -> None:
    found = counted(says("ada", "for", voter="ben"))
    why = "is by ben, who may not vote for ada when it was cast"
    assert found.not_counted == (("ben for ada at 1", why),)
    later = counted(says("ada", "for", voter="ben"), proxies=(appoints("ada", "ben", hours=2),))
    assert later.not_counted[0][1] == why


@pytest.mark.parametrize(
    "proxies",
    [
        (appoints("ada", "ben", revoked_at=at(20)),),
        (appoints("ada", "ben"), appoints("ada", "cyd", hours=20)),
    ],
    ids=["revoked", "replaced"],
)
def test_a_proxy_that_ends_before_the_close_takes_its_vote_away(proxies) -> None:
    found = counted(says("ada", "for", voter="ben", hours=5), proxies=proxies)
    assert found.not_counted[0][1] == "is by ben, who may not vote for ada any more at the close"


def test_a_substitute_votes_only_where_the_holder_allowed_one() -> None:
    given = appoints("ada", "ben", may_substitute=True)
    passed_on = appoints("ada", "cyd", giver="ben", hours=-8)
    found = counted(says("ada", "for", voter="cyd"), proxies=(given, passed_on))
    assert votes(found) == [60, 0, 0]
    assert chain("ada", [given, passed_on], OPENS) == ["ada", "ben", "cyd"]
    kept = replace(given, may_substitute=False)
    assert voter_for("ada", [kept, passed_on], OPENS) == "ben"


@pytest.mark.parametrize(
    ("appointments", "mistake"),
    [
        ((appoints("ada", "ada"),), "proxy 1: proxy: ada cannot be its own proxy"),
        (
            (
                appoints("ada", "ben", may_substitute=True),
                appoints("ada", "cyd", giver="ben", hours=-8, may_substitute=True),
                appoints("ada", "ben", giver="cyd", hours=-7),
            ),
            "proxy 3: proxy: proxies run in a circle: ada > ben > cyd > ben",
        ),
        (
            (
                appoints("ada", "ben", may_substitute=True),
                appoints("ada", "ada", giver="ben", hours=-8),
            ),
            "proxy 2: proxy: proxies run in a circle: ada > ben > ada",
        ),
        (
            (appoints("ada", "ben"), appoints("ada", "cyd", giver="ben", hours=-8)),
            "proxy 2: giver: ben has no power to substitute for ada at 2026-05-04T00:00:00Z",
        ),
        (
            (appoints("ada", "cyd", giver="ben"),),
            "proxy 1: giver: ben has no power to substitute for ada",
        ),
        (
            (appoints("ada", "ben", revoked_at=at(-10)),),
            "proxy 1: until: 2026-05-03T22:00:00Z is before it is given",
        ),
    ],
)
def test_appointments_that_lead_nowhere_are_named(appointments, mistake: str) -> None:
    (found,) = appointment_mistakes(appointments)
    assert mistake in str(found)


def test_two_holders_may_be_each_others_proxy() -> None:
    mutual = (appoints("ada", "ben"), appoints("ben", "ada"))
    assert appointment_mistakes(mutual) == []
    found = counted(
        says("ada", "for", voter="ben"), says("ben", "for", voter="ada"), proxies=mutual
    )
    assert votes(found) == [90, 0, 0]


# ---- elections ----------------------------------------------------------------------------------

BOARD = {"method": Method.CUMULATIVE, "candidates": ("x", "y", "z"), "seats": 2}


def test_cumulated_votes_let_a_minority_win_a_seat() -> None:
    found = counted(
        says("ada", marks=(Mark(("x",), 61), Mark(("y",), 59))),
        says("ben", "z"),
        says("cyd", "z"),
        **BOARD,
    )
    assert votes(found) == [61, 59, 80]
    assert found.elected == ("z", "x")
    assert (found.count.present, found.count.entitled, found.carried) == (100, 100, True)


def test_a_tie_for_the_last_seat_elects_nobody_to_it() -> None:
    ballots = says("ada", "x"), says("ben", marks=(Mark(("y",), 30), Mark(("z",), 30)))
    found = counted(*ballots, **BOARD)
    assert (found.elected, found.tied, found.carried) == (("x",), ("y", "z"), False)


def test_candidates_without_a_vote_are_not_elected() -> None:
    found = counted(says("ada", "x"), **BOARD)
    assert (found.elected, found.tied, found.carried) == (("x",), (), False)


def test_a_unit_has_as_many_votes_as_there_are_seats_and_not_more() -> None:
    found = counted(says("cyd", marks=(Mark(("x",), 21),)), **BOARD)
    assert found.not_counted[0][1] == "divides 21 votes, and there are 20"


RANKED = {"method": Method.RANKED, "candidates": ("x", "y", "z")}
SPLIT = {"a": {"common": 40}, "b": {"common": 35}, "c": {"common": 25}}


def test_votes_of_the_last_go_to_the_next_choice() -> None:
    ballots = says("a", "x"), says("b", "y"), says("c", "z", "y")
    found = counted(*ballots, held=SPLIT, **RANKED)
    assert found.rounds == ({"x": 40, "y": 35, "z": 25}, {"x": 40, "y": 60})
    assert (found.elected, found.tied, found.carried) == (("y",), (), True)


def test_a_ranking_that_is_used_up_no_longer_counts() -> None:
    ballots = says("a", "x"), says("b", "y"), says("c", "z")
    found = counted(*ballots, held=SPLIT, **RANKED)
    assert found.rounds[-1] == {"x": 40, "y": 35}
    assert found.elected == ("x",)


def test_of_two_last_the_one_with_fewer_votes_before_goes() -> None:
    held = {"a": {"common": 40}, "b": {"common": 30}, "c": {"common": 20}, "d": {"common": 10}}
    ballots = says("a", "x"), says("b", "y"), says("c", "z"), says("d", "w", "z")
    found = counted(*ballots, held=held, method=Method.RANKED, candidates=("w", "x", "y", "z"))
    assert [dict(one) for one in found.rounds] == [
        {"w": 10, "x": 40, "y": 30, "z": 20},
        {"x": 40, "y": 30, "z": 30},
        {"x": 40, "y": 30},
    ]
    assert found.elected == ("x",)


def test_a_tie_that_nothing_breaks_is_told() -> None:
    held = {"a": {"common": 5}, "b": {"common": 5}}
    found = counted(says("a", "x"), says("b", "y"), held=held, **RANKED)
    assert (found.elected, found.tied, found.carried) == ((), ("x", "y"), False)


def test_several_last_who_cannot_decide_together_go_together() -> None:
    held = {"a": {"common": 50}, "b": {"common": 40}, "c": {"common": 10}}
    ballots = says("a", "x"), says("b", "y"), says("c", "y")
    tied = counted(*ballots, held=held, method=Method.RANKED, candidates=("x", "y", "v", "w"))
    assert tied.rounds[-1] == {"x": 50, "y": 50}
    assert tied.tied == ("x", "y")


def naive_run_off(papers: list[tuple[int, tuple[str, ...]]], names: list[str]) -> str | None:
    """Instant run-off once more, plainly; None where two share the last place."""
    while True:
        held = dict.fromkeys(names, 0)
        for units, ranking in papers:
            for name in ranking:
                if name in held:
                    held[name] += units
                    break
        best = max(held, key=lambda name: held[name])
        if held[best] * 2 > sum(held.values()):
            return best
        fewest = min(held.values())
        last = [name for name in names if held[name] == fewest]
        if len(last) > 1:
            return None
        names = [name for name in names if name not in last]


@given(st.integers(0, 10**9).map(random.Random))
def test_a_ranked_choice_equals_a_plain_count(draw: random.Random) -> None:
    names = ["p", "q", "r", "s", "t"][: draw.randrange(2, 6)]
    papers = [
        (draw.randrange(1, 10**6), tuple(draw.sample(names, draw.randrange(1, len(names) + 1))))
        for _ in range(draw.randrange(1, 12))
    ]
    held = {f"h{n}": {"common": units} for n, (units, _) in enumerate(papers)}
    ballots = [says(f"h{n}", *ranking) for n, (_, ranking) in enumerate(papers)]
    found = counted(*ballots, held=held, method=Method.RANKED, candidates=tuple(names))
    expected = naive_run_off(papers, names)
    if expected is not None:
        assert found.elected == (expected,)
    draw.shuffle(ballots)
    assert (
        counted(*ballots, held=held, method=Method.RANKED, candidates=tuple(names)).elected
        == found.elected
    )


@given(st.integers(0, 10**9).map(random.Random))
def test_every_unit_is_counted_once_whatever_the_order(draw: random.Random) -> None:
    held = {f"h{n}": {"common": draw.randrange(100)} for n in range(6)}
    ballots = [
        replace(
            says(draw.choice(list(held)), draw.choice(["for", "against"])), id=f"{n:03d}", at=at(n)
        )
        for n in range(draw.randrange(12))
    ]
    found = counted(*ballots, held=held)
    who = {one.holder for one in ballots}
    assert sum(votes(found)) == found.count.present == sum(held[one]["common"] for one in who)
    draw.shuffle(ballots)
    assert counted(*ballots, held=held) == found
