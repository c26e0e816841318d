"""Logs to events and back, by hand: static words, and strings at the end.

A decoder library reads some thousand logs a second, this module some hundred thousand. The table
gives the types of each event's arguments in their order, `*` for an indexed one (an indexed string
is known by its hash only), and must equal `contracts/interfaces/*.vyi` (a test compares them). A
log's *body* is its indexed words followed by its data, in hex: with the event's name it is all that
the log said.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import NamedTuple

from eth_hash.auto import keccak

from freehold.core import events as e
from freehold.core.errors import Broken
from freehold.core.events import Logged, Position
from freehold.core.ids import checksummed
from freehold.core.rawlog import RawLog

Word = str | int | bool
_WORD = 64

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
}
CHAIN_NAMES: Mapping[type, str] = {e.TitleTransfer: "Transfer", e.TitleApproval: "Approval"}
"""Events of a title that bear the name of an event of units; more indexed words tell them apart."""


class Shape(NamedTuple):
    """How one event's body is laid out: where each argument's word starts, and its type."""

    event: type
    topic: str
    indexed: int
    places: tuple[int, ...]
    types: tuple[str, ...]
    readers: tuple[Callable[[str], Word], ...]
    exact: bool

    @property
    def length(self) -> int:
        """Hex digits of the body, without the tail of a string."""
        return _WORD * len(self.places)


def decode(raw: RawLog, seconds: int) -> Logged | None:
    """The event of a log in a block of time `seconds`; None if it is none of ours.

    Raises Broken if the log bears the name of an event of ours and not its length.
    """
    found = decode_with_body(raw, seconds)
    return found[0] if found else None


def decode_with_body(raw: RawLog, seconds: int) -> tuple[Logged, str] | None:
    """As `decode`, with the log's body beside the event."""
    shape = _BY_TOPIC.get((raw.topics[0], len(raw.topics))) if raw.topics else None
    if shape is None:
        return None
    body = body_of(raw)
    if len(body) != shape.length and (shape.exact or len(body) < shape.length):
        raise Broken(
            f"log {raw.log} of block {raw.block} has the name of {shape.event.__name__}"
            f" and {len(body) // 2} bytes instead of {shape.length // 2}",
            block=raw.block,
        )
    # tuple.__new__: a named tuple by its name takes twice as long, and here it counts
    place = (raw.block, raw.log, seconds, raw.block_hash, raw.transaction)
    position = tuple.__new__(Position, place)
    contract = checksummed(raw.contract)
    if shape.event is e.Transfer:
        return tuple.__new__(Logged, (position, contract, _transfer(body))), body
    event = shape.event(*[read(body) for read in shape.readers])
    return Logged(position, contract, event), body


def body_of(raw: RawLog) -> str:
    """The indexed words and the data of a log, in hex without 0x."""
    return "".join(raw.topics[1:]).replace("0x", "") + raw.data[2:]


def event_of(name: str, body: str) -> object:
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
        if kind == "string" and place >= _WORD * shape.indexed:
            words[place // _WORD] = (
                f"{(shape.length - _WORD * shape.indexed + len(tail)) // 2:064x}"
            )
            tail += _text_words(value)
        else:
            words[place // _WORD] = _word(value, kind)
    topics = (shape.topic, *("0x" + word for word in words[: shape.indexed]))
    data = "0x" + "".join(words[shape.indexed :]) + tail
    block, log, _, block_hash, transaction = position
    return RawLog(block, log, block_hash, transaction, contract.lower(), topics, data)


def topic_of(event: type) -> str:
    """The first topic of an event's logs."""
    return _BY_NAME[event.__name__].topic


def _word(value: Word, kind: str) -> str:
    if kind == "address":
        return str(value)[2:].lower().rjust(_WORD, "0")
    if kind in ("bytes32", "string"):
        return str(value)[2:]
    return f"{int(value):064x}"


def _text_words(text: str) -> str:
    written = text.encode().hex()
    return f"{len(written) // 2:064x}" + written + "0" * (-len(written) % _WORD)


def _shape(event: type, arguments: str) -> Shape:
    given = arguments.split()
    indexed = sum(kind.endswith("*") for kind in given)
    upcoming = {True: 0, False: indexed}
    places = []
    for kind in given:
        places.append(_WORD * upcoming[kind.endswith("*")])
        upcoming[kind.endswith("*")] += 1
    types = tuple(kind.rstrip("*") for kind in given)
    name = f"{CHAIN_NAMES.get(event, event.__name__)}({','.join(types)})"
    topic = "0x" + keccak(name.encode()).hex()
    base = _WORD * indexed
    readers = tuple(_reader(kind, at, base) for kind, at in zip(types, places, strict=True))
    return Shape(event, topic, indexed, tuple(places), types, readers, "string" not in given)


def _reader(kind: str, at: int, base: int) -> Callable[[str], Word]:
    end = at + _WORD
    if kind == "address":
        return lambda body: _address(body[end - 40 : end])
    if kind == "bytes32" or (kind == "string" and at < base):
        return lambda body: "0x" + body[at:end]
    if kind == "bool":
        return lambda body: body[end - 1] == "1"
    if kind == "string":
        return lambda body: _text(body, base + 2 * int(body[at:end], 16))
    return lambda body: int(body[at:end], 16)


@lru_cache(maxsize=1 << 18)
def _address(digits: str) -> str:
    return checksummed("0x" + digits)


def _transfer(body: str) -> e.Transfer:
    """Four logs of five are these; read in one step they cost half."""
    sender, receiver = _address(body[24:64]), _address(body[88:128])
    return e.Transfer(sender, receiver, int(body[128:192], 16))


def _text(body: str, at: int) -> str:
    start = at + _WORD
    length = 2 * int(body[at:start] or "0", 16)
    return bytes.fromhex(body[start : start + length]).decode(errors="replace")


_BY_NAME = {event.__name__: _shape(event, given) for event, given in ARGUMENTS.items()}
_BY_TOPIC = {(shape.topic, shape.indexed + 1): shape for shape in _BY_NAME.values()}
