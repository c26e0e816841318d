"""What differs between two notices, and whether the meeting goes on or is called anew."""

import pytest

from freehold.core.actions.notice_change import How, differences, how
from freehold.core.actions.notice_file import read_notice

NOTICE = """
name = "Annual meeting"
place = "Main Hall"
record = 2040-01-01T00:00:00Z
opens = 2040-01-02T00:00:00Z
closes = 2040-01-09T00:00:00Z
[[resolution]]
id = "accounts"
title = "Adopt the accounts"
quorum = "1/3"
"""


def read(text):
    return read_notice(text, ["common", "series-a"])


@pytest.mark.parametrize(
    ("old", "new", "what", "followed"),
    [
        ("Main Hall", "Room 4", ["Place"], How.SUPPLEMENT),
        ('place = "Main Hall"\n', "", ["Place"], How.SUPPLEMENT),
        ("Annual", "Ordinary", ["Name"], How.SUPPLEMENT),
        ("Adopt the accounts", "Adopt the accounts of 2039", ["Item accounts"], How.ANEW),
        ("01-09", "01-10", ["Closes"], How.ANEW),
        ("2040-01-01", "2040-01-02", ["Record"], How.ANEW),
        ('"1/3"', '"1/2"', ["Item accounts"], How.ANEW),
        ('id = "accounts"', 'id = "books"', ["Item accounts", "Item books"], How.ANEW),
        ("[[res", "changeable = true\n[[res", ["Votes"], How.ANEW),
        ("[[res", "revealed_until = 2040-01-12T00:00:00Z\n[[res", ["Votes"], How.ANEW),
    ],
)  # fmt: skip
def test_each_thing_that_a_notice_says(old, new, what, followed):
    before, after = read(NOTICE), read(NOTICE.replace(old, new))
    assert [one.what for one in differences(before, after)] == what
    assert how(before, after) is followed


def test_another_order_of_the_agenda_is_another_agenda():
    two = NOTICE + '[[resolution]]\nid = "board"\nquorum = 0\n'
    parts = two.split("[[resolution]]")
    turned = "[[resolution]]".join([parts[0], parts[2], parts[1]])
    found = differences(read(two), read(turned))
    assert [one.what for one in found] == ["Order of the agenda"]
    assert how(read(two), read(turned)) is How.ANEW


def test_the_same_notice_differs_in_nothing():
    assert differences(read(NOTICE), read(NOTICE + "# and nothing else\n")) == ()
