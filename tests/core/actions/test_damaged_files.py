"""Damaged files of terms: whatever is changed in an example, it is read or refused in a sentence."""

import random
from fractions import Fraction
from pathlib import Path

import pytest

from freehold.core.actions import fields
from freehold.core.actions.ballot import tally
from freehold.core.actions.bond_file import read_bond
from freehold.core.actions.coupon import flows
from freehold.core.actions.exit_file import read_exit
from freehold.core.actions.irr import irr
from freehold.core.actions.meeting_file import read_meeting
from freehold.core.actions.partnership import distribute, flows_of, investors, tier_limits
from freehold.core.actions.partnership_file import read_partnership
from freehold.core.actions.waterfall import breakpoints, outcome, settle
from freehold.core.errors import PlatformError
from tests.parts import ROOT

ODD = [
    "0",
    "-1",
    "1e400",
    "nan",
    "true",
    '""',
    '"x"',
    '"1/3"',
    '"0.5%"',
    "[]",
    "[1]",
    '["a", "a"]',
    "{}",
    "{ a = 1 }",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-05-04T08:00:00",
    "12:00:00",
    "9" * 70,
    '"common"',
    '"series-a"',
    '"full"',
    '"capped"',
]


def pay_bond(text: str) -> None:
    read = read_bond(text)
    flows(read.bond, read.fixings)


def pay_exit(text: str) -> None:
    read = read_exit(fields.parse_toml(text))
    bends = breakpoints(read.terms)
    for exit in (0, 10**9, int(bends[-1].exit) + 10**9):
        assert sum(outcome(read.terms, Fraction(exit)).payouts.values()) == exit
    assert sum(settle(read.terms, 10**12, read.tranches)[0].payouts.values()) <= 10**12


def pay_partnership(text: str) -> None:
    read = read_partnership(fields.parse_toml(text))
    tier_limits(read.terms, read.on)
    paid = distribute(read.terms, 10**9, read.on)
    assert sum(tier.amount for tier in paid[-1].tiers) == 10**9
    for who in investors(read.terms):
        irr(flows_of(read.terms, who, paid))


def count_meeting(text: str) -> None:
    read = read_meeting(text)
    for one in read.agenda:
        tally(read.meeting, one, read.ballots)


def damaged(lines: list[str], draw: random.Random) -> str:
    """One to three lines lost, doubled, moved, or with an odd value."""
    changed = list(lines)
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(changed))
        how = draw.randrange(5)
        if how == 0:
            del changed[place]
        elif how == 1:
            changed.insert(draw.randrange(len(changed)), changed[place])
        elif " = " in changed[place]:
            key = changed[place].partition(" = ")[0]
            changed[place] = f"{key} = {draw.choice(ODD)}"
    return "\n".join(changed)


@pytest.mark.parametrize(
    ("example", "use"),
    [
        ("bonds/harbour-floating.toml", pay_bond),
        ("bonds/mill-loan.toml", pay_bond),
        ("waterfalls/venture-exit.toml", pay_exit),
        ("waterfalls/building.toml", pay_partnership),
        ("meetings/annual-meeting.toml", count_meeting),
    ],
    ids=lambda one: Path(one).stem if isinstance(one, str) else "",
)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(example: str, use) -> None:
    lines = (ROOT / "examples" / example).read_text().splitlines()
    draw, refused = random.Random(example), 0
    for _ in range(150):
        text = damaged(lines, draw)
        try:
            use(text)
        except PlatformError as error:
            refused += 1
            assert error.message
        except Exception as bug:
            raise AssertionError(text) from bug
    assert 0 < refused < 150 or "floating" in example
