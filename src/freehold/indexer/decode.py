"""Logs to events and back, by hand: static words, and strings and lists of numbers at the end.

A decoder library reads some thousand logs a second, this module some hundred thousand. The table
gives the types of each event's arguments in their order, `*` for an indexed one (an indexed string
is known by its hash only), and must equal `contracts/interfaces/*.vyi` (a test compares them). A
log's *body* is its indexed words followed by its data: with the event's name it is all that the log
said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import NamedTuple

from eth_hash.auto import keccak

from freehold.core import events as e
from freehold.core import events_paying as paying
from freehold.core import events_voting as voting
from freehold.core import events_waterfall as exits
from freehold.core.errors import Broken
from freehold.core.events import Logged, Position
from freehold.core.ids import checksummed
from freehold.core.rawlog import RawLog

Word = str | int | bool | tuple[int, ...]
_WORD = 32
_HEX = 2 * _WORD
_LONG = frozenset({"string", "uint256[]"})
_fromhex, _number, _new = bytes.fromhex, int.from_bytes, tuple.__new__

ARGUMENTS: Mapping[type, str] = {
    e.Admitted: "address* uint256* uint256",
    e.FactsSet: "address* uint256* uint256",
    e.Replaced: "uint256* address* address* uint256 bytes32",
    e.Linked: "uint256* uint256",
    e.Committed: "address* bytes32 address*",
    e.FlagsOrdered: "address* uint256 bytes32",
    e.RecoveryProposed: "uint256* address* address* uint256 bytes32",
    e.RecoveryEnded: "uint256* address*",
    e.EpochRaised: "uint256 bytes32",
    e.InstrumentListed: "address*",
    e.PowersAnnounced: "address* uint256 uint256",
    e.Transfer: "address* address* uint256",
    e.Issued: "bytes32* uint256* uint256 uint256 uint256",
    e.Passed: "bytes32* address* address* uint256 uint256 uint256 uint256",
    e.Forced: "bytes32* address* address* uint256 uint256 bytes32",
    e.Redeemed: "bytes32* address* uint256 uint256 bytes32 uint256",
    e.LotMoved: "uint256 uint256 uint256",
    e.VintageOpened: "uint256* uint256",
    e.VintageAmended: "uint256* uint256 bytes32",
    e.Frozen: "address* uint256",
    e.FreezeOrdered: "bytes32* address* uint256 bytes32",
    e.AddressFrozen: "address* bool* address*",
    e.RecordAnnounced: "uint256* uint256",
    e.RecordWithdrawn: "uint256* uint256",
    e.RulesAnnounced: "bytes32* bytes32 uint256",
    e.RulesActivated: "bytes32* uint256",
    e.AuthorisedSet: "uint256 bytes32",
    e.SplitAnnounced: "bytes32* uint256 uint256 bytes32 uint256",
    e.SplitApplied: "uint256* uint256 uint256 uint256 uint256",
    e.SplitCancelled: "bytes32* uint256 bytes32",
    e.SplitFinished: "bytes32* uint256",
    e.Converted: "bytes32* address* address* uint256 uint256",
    e.TakeOverOpened: "bytes32* address address",
    e.TakeOverClosed: "bytes32* uint256",
    e.Corrected: "bytes32* bytes32* uint256 bytes32",
    e.Approval: "address* address* uint256",
    e.AuthorizationUsed: "address* bytes32*",
    e.AuthorizationCanceled: "address* bytes32*",
    e.ForcedTransfer: "address* address* uint256",
    e.TokensFrozen: "address* uint256",
    e.TokensUnfrozen: "address* uint256",
    e.Paused: "address",
    e.Unpaused: "address",
    e.RecoverySuccess: "address* address* address*",
    e.UpdatedTokenInformation: "string* string* uint8 string address*",
    e.IdentityRegistryAdded: "address*",
    e.ComplianceAdded: "address*",
    e.HaltOrdered: "bool uint256 bytes32",
    e.MandateGiven: "bytes32* uint256 bytes32",
    e.InformedSet: "uint256 bytes32",
    e.TitleTransfer: "address* address* uint256*",
    e.TitleApproval: "address* address* uint256*",
    e.TitleIssued: "uint256* address* address* uint256 bytes32",
    e.TitleBound: "uint256* address*",
    e.ApprovalForAll: "address* address* bool",
    e.TitleForced: "uint256* uint256 bytes32",
    e.DocumentAdded: "bytes32* bytes32* uint256 bytes32 string",
    voting.MeetingAnnounced: "uint256* address* bytes32 uint256",
    voting.ClassCalled: "uint256* uint256 address* uint256",
    voting.ResolutionPut: "uint256* uint256 uint256 uint256",
    voting.Appointed: "uint256* uint256* address address bool",
    voting.Voted: "uint256* uint256* uint256",
    voting.VotedByProxy: "uint256* uint256* address uint256",
    voting.Marked: "uint256* uint256* uint256",
    voting.VoteSealed: "uint256* uint256* address bytes32",
    voting.VoteWithdrawn: "uint256* uint256*",
    voting.VoteSkipped: "uint256* address* uint256",
    voting.TreasurySetAside: "uint256* uint256*",
    voting.MeetingEnded: "uint256* bool bytes32",
    paying.DistributionDeclared: "uint256* address* bytes32* uint256 address uint256 bytes32",
    paying.DistributionFunded: "uint256* address* uint256",
    paying.DistributionAmended: "uint256* uint256 uint256 uint256 bytes32",
    paying.DistributionOpened: "uint256* uint256 uint256 bytes32 bytes32 bytes32",
    paying.DistributionPaid: "uint256* uint256[]",
    paying.DistributionHeld: "uint256* uint256* uint256 uint256",
    paying.DistributionReleased: "uint256* uint256* uint256",
    paying.DistributionReinvested: "uint256* uint256* uint256",
    paying.DistributionRedirected: "uint256* uint256* address* uint256",
    paying.DistributionSkipped: "uint256* uint256 uint256",
    paying.TaxRemitted: "uint256* address* uint256 bytes32",
    paying.DistributionEndProposed: "uint256* address* bytes32",
    paying.DistributionEnded: "uint256* address* uint256 uint256 bytes32",
    exits.WaterfallProposed: (
        "uint256* bytes32* bytes32 address bytes32 uint256[] uint256[] uint256[]"
    ),
    exits.WaterfallConfirmed: "uint256* bytes32",
    exits.WaterfallFunded: "uint256* address* uint256",
    exits.WaterfallOpened: "uint256* uint256* uint256 bytes32",
    exits.WaterfallSettled: "uint256* address* uint256",
}
CHAIN_NAMES: Mapping[type, str] = {e.TitleTransfer: "Transfer", e.TitleApproval: "Approval"}
"""Events of a title that bear the name of an event of units; more indexed words tell them apart."""


class Shape(NamedTuple):
    """How one event's body is laid out: the place of each argument's word, and its type.

    `length` are the bytes of the body without the tails of strings, which `exact` says there is no
    place for.
    """

    event: type
    length: int
    exact: bool
    readers: tuple[Callable[[bytes], Word], ...]
    topic: str
    indexed: int
    places: tuple[int, ...]
    types: tuple[str, ...]


def decode(raw: RawLog, seconds: int) -> Logged | None:
    """The event of a log in a block of time `seconds`; None if it is none of ours.

    Raises Broken if the log bears the name of an event of ours and not its length.
    """
    found = decode_with_body(raw, seconds)
    return found[0] if found else None


def decode_with_body(raw: RawLog, seconds: int) -> tuple[Logged, bytes] | None:
    """As `decode`, with the log's body beside the event.

    The whole chain passes through here: named tuples are made by `tuple.__new__`, which takes half
    the time of their names, and four logs of five are Transfers, which are read in one step.
    """
    block, log, block_hash, transaction, contract, topics, _ = raw
    shape = _BY_TOPIC.get((topics[0], len(topics))) if topics else None
    if shape is None:
        return None
    event, length, exact, readers, *_ = shape
    body = body_of(raw)
    if len(body) != length and (exact or len(body) < length):
        raise _misshapen(raw, shape, len(body))
    told: object
    if event is e.Transfer:
        told = e.Transfer(
            address_of(body[12:32]), address_of(body[44:64]), _number(body[64:], "big")
        )
    else:
        told = event(*[read(body) for read in readers])
    position = _new(Position, (block, log, seconds, block_hash, transaction))
    return _new(Logged, (position, checksummed(contract), told)), body


def body_of(raw: RawLog) -> bytes:
    """The indexed words and the data of a log. Raises Broken where they are no hex digits."""
    try:
        return _fromhex("".join(raw.topics[1:]).replace("0x", "") + raw.data[2:])
    except ValueError:
        raise Broken(f"log {raw.log} of block {raw.block} is not hex", block=raw.block) from None


def event_of(name: str, body: bytes) -> object:
    """The event of a stored name and body."""
    shape = _BY_NAME[name]
    return shape.event(*[read(body) for read in shape.readers])


def encode(logged: Logged) -> RawLog:
    """The log that a node would have given for this event: the inverse of `decode`."""
    position, contract, event = logged
    shape = _BY_NAME[type(event).__name__]
    words = [""] * len(shape.types)
    tail = ""
    for field, place, kind in zip(fields(shape.event), shape.places, shape.types, strict=True):
        value = getattr(event, field.name)
        if kind in _LONG and place >= shape.indexed:
            words[place] = f"{(len(words) - shape.indexed) * _WORD + len(tail) // 2:064x}"
            tail += _list_words(value) if isinstance(value, tuple) else _text_words(str(value))
        else:
            words[place] = _word(value, kind)
    topics = (shape.topic, *("0x" + word for word in words[: shape.indexed]))
    data = "0x" + "".join(words[shape.indexed :]) + tail
    block, log, _, block_hash, transaction = position
    return RawLog(block, log, block_hash, transaction, contract.lower(), topics, data)


def topic_of(event: type) -> str:
    """The first topic of an event's logs."""
    return _BY_NAME[event.__name__].topic


def _misshapen(raw: RawLog, shape: Shape, length: int) -> Broken:
    return Broken(
        f"log {raw.log} of block {raw.block} has the name of {shape.event.__name__}"
        f" and {length} bytes instead of {shape.length}",
        block=raw.block,
    )


def _word(value: Word, kind: str) -> str:
    if kind == "address":
        return str(value)[2:].lower().rjust(_HEX, "0")
    if kind in ("bytes32", "string"):
        return str(value)[2:]
    assert not isinstance(value, tuple), "a list has its own words"
    return f"{int(value):064x}"


def _text_words(text: str) -> str:
    written = text.encode().hex()
    return f"{len(written) // 2:064x}" + written + "0" * (-len(written) % _HEX)


def _list_words(values: Sequence[int]) -> str:
    return "".join(f"{value:064x}" for value in (len(values), *values))


def _shape(event: type, arguments: str) -> Shape:
    given = arguments.split()
    indexed = sum(kind.endswith("*") for kind in given)
    upcoming = {True: 0, False: indexed}
    places = []
    for kind in given:
        places.append(upcoming[kind.endswith("*")])
        upcoming[kind.endswith("*")] += 1
    types = tuple(kind.rstrip("*") for kind in given)
    name = f"{CHAIN_NAMES.get(event, event.__name__)}({','.join(types)})"
    topic = "0x" + keccak(name.encode()).hex()
    readers = tuple(_reader(kind, at, indexed) for kind, at in zip(types, places, strict=True))
    length, exact = _WORD * len(places), not _LONG & set(given)
    return Shape(event, length, exact, readers, topic, indexed, tuple(places), types)


def _reader(kind: str, place: int, indexed: int) -> Callable[[bytes], Word]:
    at, end = _WORD * place, _WORD * (place + 1)
    if kind == "address":
        return lambda body: address_of(body[end - 20 : end])
    if kind == "bytes32" or (kind == "string" and place < indexed):
        return lambda body: "0x" + body[at:end].hex()
    if kind == "bool":
        return lambda body: body[end - 1] == 1
    if kind == "string":
        return lambda body: _text(body, _WORD * indexed + _number(body[at:end], "big"))
    if kind == "uint256[]":
        return lambda body: _list(body, _WORD * indexed + _number(body[at:end], "big"))
    return lambda body: _number(body[at:end], "big")


@cache
def address_of(raw: bytes) -> str:
    """An address of 20 bytes, checksummed; each is worked out once."""
    return checksummed("0x" + raw.hex())


def _text(body: bytes, at: int) -> str:
    start = at + _WORD
    length = _number(body[at:start], "big")
    return body[start : start + length].decode(errors="replace")


def _list(body: bytes, at: int) -> tuple[int, ...]:
    first = at + _WORD
    last = first + _WORD * _number(body[at:first], "big")
    return tuple(_number(body[one : one + _WORD], "big") for one in range(first, last, _WORD))


_BY_NAME = {event.__name__: _shape(event, given) for event, given in ARGUMENTS.items()}
_BY_TOPIC = {(shape.topic, shape.indexed + 1): shape for shape in _BY_NAME.values()}
