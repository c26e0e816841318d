"""A meeting's file: the example counts as its comments say, and every mistake is told at once."""

from fractions import Fraction

import pytest

from freehold.core.actions.ballot import Basis, Mark, Method, Threshold, tally
from freehold.core.actions.meeting_file import read_meeting
from freehold.core.errors import Invalid
from tests.parts import ROOT

HEAD = """
name = "Meeting"
opens = 2026-05-04T08:00:00Z
closes = 2026-05-11T16:00:00+02:00
[[holder]]
id = "ada"
units = { common = 10, "class b" = 5 }
[[resolution]]
id = "accounts"
"""


def test_the_example_counts_as_printed() -> None:
    read = read_meeting((ROOT / "examples/meetings/annual-meeting.toml").read_text())
    found = {one.id: tally(read.meeting, one, read.ballots) for one in read.agenda}
    assert found["accounts"].carried
    assert found["articles"].count.votes["for"] == 4_387_500
    assert found["articles"].not_counted == (("000006", "was cast after the close"),)
    assert found["board"].elected == ("lindgren", "okafor")
    assert [len(found["auditor"].rounds), *found["auditor"].elected] == [2, "birch"]


def test_an_agenda_item_has_usual_terms_unless_it_says_more() -> None:
    more = """
[[resolution]]
id = "merger"
votes_per_unit = { common = 1, "class b" = "0.1" }
quorum = "50%"
majority = "3/4"
basis = "entitled"
separate = ["class b"]
"""
    plain, merger = read_meeting(HEAD + more).agenda
    assert plain.votes_per_unit == {"common": 1, "class b": 1}
    assert (plain.majority, plain.quorum) == (
        Threshold(Fraction(1, 2), True),
        Threshold(Fraction(0)),
    )
    assert merger.votes_per_unit == {"common": 1, "class b": Fraction(1, 10)}
    assert (merger.majority, merger.basis) == (Threshold(Fraction(3, 4)), Basis.ENTITLED)
    assert (merger.separate, merger.method) == (("class b",), Method.ORDINARY)


def test_a_ballot_marks_all_units_or_divides_them() -> None:
    ballots = """
[[ballot]]
resolution = "accounts"
holder = "ada"
at = 2026-05-05T08:00:00Z
vote = "for"
[[ballot]]
id = "second"
resolution = "accounts"
holder = "ada"
voter = "ben"
class = "common"
at = 2026-05-05T08:00:00Z
split = { for = 4, against = 6 }
[[ballot]]
resolution = "accounts"
holder = "ada"
at = 2026-05-05T08:00:00Z
ranking = ["a", "b"]
"""
    first, second, third = read_meeting(HEAD + ballots).ballots
    assert (first.id, first.voter, first.marks) == ("000001", "ada", (Mark(("for",)),))
    assert (second.id, second.voter, second.class_id) == ("second", "ben", "common")
    assert second.marks == (Mark(("for",), 4), Mark(("against",), 6))
    assert third.marks == (Mark(("a", "b")),)


def test_every_mistake_is_told_at_once() -> None:
    wrong = """
name = "Meeting"
opens = 2026-05-04T08:00:00Z
closes = 2026-05-01T08:00:00Z
[[holder]]
id = "ada"
units = { common = -1 }
[[holder]]
id = "ada"
[[proxy]]
holder = "ada"
proxy = "ada"
at = 2026-05-04
[[resolution]]
id = "accounts"
candidates = ["x"]
separate = ["gold"]
quorum = "120%"
majority = 0
[[resolution]]
id = "board"
method = "ranked choice"
candidates = ["x", "x"]
seats = 2
[[ballot]]
resolution = "budget"
holder = "ada"
at = "2026-05-04T10:00:00"
vote = "for"
split = { for = 1 }
"""
    with pytest.raises(Invalid) as caught:
        read_meeting(wrong)
    said = "\n".join(map(str, caught.value.mistakes))
    for one in (
        "closes: is not after the vote opens",
        "holder 1: units: common: -1 is negative",
        "holder 2: id: 'ada' stands twice",
        "holder 2: units: is missing: write { common = 100 }",
        "proxy 1: at: 2026-05-04 is no instant such as",
        "proxy 1: proxy: ada cannot be its own proxy",
        "resolution 1: candidates: an ordinary resolution is for or against",
        "resolution 1: separate: 'gold' has no vote on this",
        "resolution 1: quorum: 120% is more than the whole",
        "resolution 1: majority: is nothing: without it every resolution is carried",
        "resolution 2: candidates: must be at least two, each once",
        "resolution 2: seats: 2 of 2 candidates leaves no choice",
        "resolution 2: seats: a ranked choice fills one seat",
        "ballot 1: resolution: 'budget' is not on the agenda",
        "ballot 1: at: at 2026-05-04T10:00:00 has no time zone",
        "ballot 1: vote: says vote and split: write one of",
    ):
        assert one in said


def test_a_meeting_without_an_agenda_has_nothing_to_count() -> None:
    with pytest.raises(Invalid) as caught:
        read_meeting(HEAD.split("[[resolution]]")[0])
    assert "resolution: there is none" in str(caught.value.mistakes[0])
