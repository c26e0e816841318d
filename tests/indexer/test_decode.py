"""Logs are read as the contracts write them: same arguments, same words as the ABI library's."""

import re
from dataclasses import fields

import pytest
from eth_abi.abi import encode as abi_encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from freehold.core import events as e
from freehold.core.errors import Broken
from freehold.core.events import Logged, Position
from freehold.core.ids import checksummed
from freehold.core.rawlog import RawLog
from freehold.doors.bench import stream
from freehold.indexer.decode import ARGUMENTS, CHAIN_NAMES, body_of, decode, encode, event_of
from tests.parts import ROOT

CONTRACT = checksummed("0x" + "c0" * 20)
VALUES = {
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: checksummed("0x" + raw.hex())),
    "bytes32": st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
    "bool": st.booleans(),
    "string": st.text(max_size=80),
    "uint256": st.integers(0, 2**256 - 1),
    "uint8": st.integers(0, 255),
    "uint256[]": st.lists(st.integers(0, 2**256 - 1), max_size=5).map(tuple),
}
SPELLED = {"String": "string", "DynArray": "uint256[]"}


def declared():
    """Name and arguments (`type*` if indexed) of every event in the interface files."""
    for file in sorted(ROOT.glob("contracts/interfaces/*.vyi")):
        for name, body in re.findall(r"^event (\w+):\n((?:[ \t]+.*\n)+)", file.read_text(), re.M):
            given = re.findall(r"^\s+\w+: (indexed\()?(\w+)", body, re.M)
            kinds = [SPELLED.get(k, k) + "*" * bool(i) for i, k in given]
            yield name, " ".join(kinds)


def test_every_event_has_the_types_of_its_interface():
    ours = {(CHAIN_NAMES.get(event, event.__name__), kinds) for event, kinds in ARGUMENTS.items()}
    theirs = set(declared())
    assert theirs
    assert ours == theirs


def test_every_event_of_the_core_can_be_read():
    known = {value for value in vars(e).values() if isinstance(value, type)}
    assert known - {Position, Logged} - set(ARGUMENTS) == set()


@pytest.mark.parametrize("event", ARGUMENTS, ids=lambda event: event.__name__)
@given(data=st.data())
def test_a_log_made_by_the_abi_library_is_read_as_the_event_it_tells(event, data):
    given = ARGUMENTS[event].split()
    values = [
        data.draw(VALUES["bytes32" if kind == "string*" else kind.rstrip("*")]) for kind in given
    ]
    raw = as_the_library_writes(event, given, values)
    logged = decode(raw, 5)
    assert logged == Logged(Position(7, 3, 5, "0xb", "0xt"), CONTRACT, event(*values))
    assert event_of(event.__name__, body_of(raw)) == logged.event
    assert encode(logged) == raw


def as_the_library_writes(event, given, values):
    name = CHAIN_NAMES.get(event, event.__name__)
    kinds = [kind.rstrip("*") for kind in given]
    topics = ["0x" + keccak(f"{name}({','.join(kinds)})".encode()).hex()]
    data = []
    for kind, value in zip(given, values, strict=True):
        plain = bytes.fromhex(value[2:]) if kind.startswith(("bytes32", "string*")) else value
        if kind == "string*":
            topics.append(value)
        elif kind.endswith("*"):
            topics.append("0x" + abi_encode([kind[:-1]], [plain]).hex())
        else:
            data.append((kind, plain))
    encoded = abi_encode([kind for kind, _ in data], [value for _, value in data])
    return RawLog(7, 3, "0xb", "0xt", CONTRACT.lower(), tuple(topics), "0x" + encoded.hex())


def test_logs_of_others_are_none_of_ours():
    unknown = RawLog(1, 0, "0xb", "0xt", CONTRACT, ("0x" + "ee" * 32,), "0x")
    anonymous = RawLog(1, 0, "0xb", "0xt", CONTRACT, (), "0x")
    assert decode(unknown, 0) is None
    assert decode(anonymous, 0) is None


def test_a_log_with_a_name_of_ours_and_another_length_breaks():
    raw = encode(Logged(Position(9, 4, 0, "0xb", "0xt"), CONTRACT, e.Frozen(CONTRACT, 5)))
    with pytest.raises(Broken, match="log 4 of block 9 has the name of Frozen and 63 bytes"):
        decode(raw._replace(data=raw.data[:-2]), 0)


def test_a_transfer_of_a_title_is_not_a_transfer_of_units():
    title = e.TitleTransfer(CONTRACT, CONTRACT, 5)
    logged = Logged(Position(9, 4, 0, "0xb", "0xt"), CONTRACT, title)
    assert decode(encode(logged), 0).event == title


def test_a_stream_written_as_logs_reads_as_itself():
    events = list(stream.stream(4, 10, 2000))
    assert [decode(encode(one), one.position.seconds) for one in events] == events
    assert [field.name for field in fields(events[0].event)] == ["token"]
