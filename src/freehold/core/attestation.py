"""What a registrar signs away from the chain, for anybody to bring there: EIP-712 messages.

An *attestation* states the facts of a wallet to an issuer's register (`Holders.attest`): it names the
register, the word it replaces (so a stale one fails) and a deadline, and works once. A *passage*
states of one transfer what kind it is and what was proved about it (`transfer_attested` of a token).
Both bind to the chain and the contract through the EIP-712 domain. No personal data is in either: a
row of facts, an opaque identity, a salted commitment. Deadlines are Unix seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.facts import Kind
from freehold.core.identifiers import parse_address
from freehold.core.ids import JSON, ZERO_ADDRESS, Address

REGISTER_NAME = "Freehold Holders"
_Members = tuple[tuple[str, str], ...]
_DOMAIN: _Members = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)
_ATTESTATION: _Members = (
    ("wallet", "address"),
    ("row", "uint256"),
    ("identity", "address"),
    ("commitment", "bytes32"),
    ("previous", "uint256"),
    ("deadline", "uint256"),
)
_PASSAGE: _Members = (
    ("from", "address"),
    ("to", "address"),
    ("units", "uint256"),
    ("kind", "uint256"),
    ("proofs", "uint256"),
    ("instruction", "bytes32"),
    ("day", "uint256"),
    ("deadline", "uint256"),
)
ATTESTABLE = frozenset(
    {
        Kind.SALE,
        Kind.GIFT,
        Kind.TRUST,
        Kind.ESTATE,
        Kind.DIVORCE,
        Kind.PLEDGE,
        Kind.FORECLOSE,
        Kind.TO_ISSUER,
        Kind.PUBLIC_SALE,
    }
)
"""Kinds of transfer that a registrar may vouch for; the others belong to their own functions."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """The facts of one wallet. `row` holds the wallet and the facts; `previous` is the word now."""

    chain: int
    contract: Address
    wallet: Address
    row: int
    identity: Address
    commitment: str
    previous: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One transfer. `name` is the token's; `day` its legal day number, 0 for today."""

    chain: int
    contract: Address
    name: str
    sender: Address
    receiver: Address
    units: int
    kind: int
    proofs: int
    instruction: str
    day: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A message with who signed it: `signature` are 65 bytes r, s, v as 0x-text."""

    message: Attestation | Passage
    registrar: Address
    signature: str


def typed_data(message: Attestation | Passage) -> dict[str, Any]:
    """The full EIP-712 message, ready for any wallet that signs typed data."""
    if isinstance(message, Attestation):
        kind, members, name = "Attestation", _ATTESTATION, REGISTER_NAME
        content = {member: getattr(message, member) for member, _ in members}
    else:
        kind, members, name = "Passage", _PASSAGE, message.name
        own = {"from": "sender", "to": "receiver"}
        content = {member: getattr(message, own.get(member, member)) for member, _ in members}
    domain = {
        "name": name,
        "version": "1",
        "chainId": message.chain,
        "verifyingContract": message.contract,
    }
    types = {kind: _listed(members), "EIP712Domain": _listed(_DOMAIN)}
    return {"types": types, "primaryType": kind, "domain": domain, "message": content}


def message_json(message: Attestation | Passage) -> dict[str, JSON]:
    """A message as a JSON document; quantities as decimal text, because they pass 53 bits."""
    content: dict[str, JSON] = {
        name: str(value) if isinstance(value, int) else value
        for name, value in asdict(message).items()
    }
    kind = "attestation" if isinstance(message, Attestation) else "passage"
    return {"kind": kind, "message": content}


def as_json(signed: Signed) -> dict[str, JSON]:
    """A signed message as a JSON document."""
    signature: dict[str, JSON] = {"registrar": signed.registrar, "signature": signed.signature}
    return message_json(signed.message) | signature


def read_message(document: object) -> Attestation | Passage:
    """Read what `message_json` wrote. Raises Invalid with every mistake."""
    message, _ = _read(document)
    return message


def read_signed(document: object) -> Signed:
    """Read what `as_json` wrote. Raises Invalid with every mistake; whether it counts, the chain
    decides."""
    wanted = {"registrar", "signature"}
    if isinstance(document, Mapping) and not wanted <= set(document):
        raise Invalid("this is not signed yet: it has no registrar and no signature")
    message, signed = _read(document, signed=True)
    return Signed(message, *signed)


def _read(
    document: object, *, signed: bool = False
) -> tuple[Attestation | Passage, tuple[Address, str]]:
    if not isinstance(document, Mapping) or document.get("kind") not in _SHAPES:
        raise Invalid("this is no attestation: its `kind` is attestation or passage")
    content = document.get("message")
    if not isinstance(content, Mapping):
        raise Invalid("this is no attestation: it has no `message`")
    mistakes: list[Mistake] = []
    shape = _SHAPES[document["kind"]]
    values = {
        field.name: _value(field.name, content.get(field.name), mistakes) for field in fields(shape)
    }
    mistakes += [
        Mistake(f"message {name}", "there is no such field")
        for name in content
        if name not in values
    ]
    registrar, signature = ZERO_ADDRESS, str(document.get("signature"))
    if signed:
        registrar = _value("registrar", document["registrar"], mistakes)
        if not re.fullmatch(r"0x[0-9a-f]{130}", signature):
            mistakes.append(Mistake("signature", "is not 0x and 130 hexadecimal digits"))
    if mistakes:
        raise Invalid("the attestation cannot be read; nothing was done", mistakes)
    return shape(**values), (registrar, signature)


_SHAPES: Mapping[object, type[Attestation] | type[Passage]] = {
    "attestation": Attestation,
    "passage": Passage,
}
_ADDRESSES = frozenset({"contract", "wallet", "identity", "sender", "receiver", "registrar"})


def _value(name: str, given: object, mistakes: list[Mistake]) -> Any:
    try:
        if name in _ADDRESSES:
            return parse_address(str(given), name)
        if name in ("commitment", "instruction"):
            return _matched(name, given, r"0x[0-9a-f]{64}", "0x and 64 hexadecimal digits")
        if name == "name":
            return _matched(name, given, r".{1,64}", "a token's name")
        return int(_matched(name, given, r"\d{1,78}", "a whole number as text"))
    except Invalid as wrong:
        mistakes.append(Mistake(f"message {name}", wrong.message))
        return None


def _matched(name: str, given: object, pattern: str, wanted: str) -> str:
    if not isinstance(given, str) or not re.fullmatch(pattern, given):
        raise Invalid(f"{name} {given!r} is not {wanted}", field=name)
    return given


def _listed(members: _Members) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in members]
