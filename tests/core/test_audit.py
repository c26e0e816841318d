"""The chain of hashes: whole, altered, shortened, reordered; and lines that cannot be read."""

from datetime import UTC, datetime, timedelta

import pytest

from freehold.core.audit import FIRST, Entry, Link, Outcome, check, from_json, hash_of, to_json
from freehold.core.errors import Invalid

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def chain(*acts: str) -> list[Link]:
    links, before = [], FIRST
    for number, act in enumerate(acts, 1):
        at = NOON + timedelta(seconds=number)
        entry = Entry("agent", act, "0x01", Outcome.DONE, None, {"units": "60000"})
        before = hash_of(number, at, entry, before)
        links.append(Link(number, at, entry, before))
    return links


def test_a_whole_chain_checks_up_to_its_head():
    links = chain("issue", "transfer", "freeze")
    found = check(links)
    assert found.ok
    assert (found.entries, found.head) == (3, links[-1].hash)


def test_nothing_recorded_is_a_whole_chain_too():
    assert check([]).head == FIRST


def test_the_hash_is_the_one_anybody_can_compute():
    """SHA-256 over RFC 8785 JSON, written out by hand."""
    import hashlib

    entry = Entry("agent", "issue", "0x01", Outcome.REFUSED, 140, {"b": 1, "a": None})
    said = f'["{FIRST}",1,"2026-11-26T12:00:00Z","agent","issue","0x01","REFUSED",140,'
    said += '{"a":null,"b":1}]'
    assert hash_of(1, NOON, entry, FIRST) == hashlib.sha256(said.encode()).hexdigest()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", "somebody else"),
        ("act", "burn"),
        ("subject", "0x02"),
        ("outcome", Outcome.REFUSED),
        ("code", 140),
        ("content", {"units": "60001"}),
    ],
)
def test_an_altered_field_is_found_at_its_entry(field, value):
    from dataclasses import replace

    links = chain("issue", "transfer", "freeze")
    links[1] = replace(links[1], entry=replace(links[1].entry, **{field: value}))
    found = check(links)
    assert found.entries == 1
    assert "entry 2 does not hang" in found.fault


def test_an_altered_instant_is_found():
    from dataclasses import replace

    links = chain("issue", "transfer")
    links[0] = replace(links[0], at=links[0].at + timedelta(days=1))
    assert "entry 1 does not hang" in check(links).fault


def test_an_entry_that_was_rehashed_is_found_at_the_next_one():
    links = chain("issue", "transfer", "freeze")
    other = chain("issue", "gift")[1]
    assert "entry 3 does not hang" in check([links[0], other, links[2]]).fault


def test_a_dropped_and_a_swapped_entry_are_found():
    links = chain("issue", "transfer", "freeze")
    assert check([links[0], links[2]]).fault == "entry 2 is missing"
    assert check([links[1], links[0]]).fault == "entry 1 is missing"


def test_a_part_of_the_chain_checks_from_the_hash_before_it():
    links = chain("issue", "transfer", "freeze")
    assert check(links[1:], before=links[0].hash, first=2).ok
    assert not check(links[1:], before=FIRST, first=2).ok


def test_an_entry_reads_back_from_its_line_as_it_was():
    for link in chain("issue", "transfer"):
        assert from_json(to_json(link), "line 2") == link


@pytest.mark.parametrize(
    "line",
    [
        None,
        [],
        {},
        {"number": 1},
        to_json(chain("issue")[0]) | {"outcome": "MAYBE"},
        to_json(chain("issue")[0]) | {"number": "one"},
        to_json(chain("issue")[0]) | {"content": 5},
        to_json(chain("issue")[0]) | {"more": 1},
    ],
)
def test_a_line_that_is_no_entry_is_named_by_its_place(line):
    with pytest.raises(Invalid, match="line 7 is no entry"):
        from_json(line, "line 7")


def test_an_instant_without_a_zone_in_a_line_is_refused():
    line = to_json(chain("issue")[0]) | {"at": "2026-11-26T12:00:00"}
    with pytest.raises(Invalid, match="no time zone"):
        from_json(line, "line 7")
