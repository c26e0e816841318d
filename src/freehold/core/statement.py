"""A holder's statement: what he held, what came and went, what he holds, and on what terms.

A statement is a plain document that PDF, CSV and JSON show alike. Its digest is SHA-256 over the
canonical JSON (RFC 8785) of the whole, so that whoever has the JSON can tell whether a paper says the
same. A statement of uncertificated securities says what the register said then and is no security
itself (UCC 8-106, official comment; 17 CFR 240.17Ad-2 speaks of statements in place of certificates).
"""

import hashlib
from dataclasses import asdict, dataclass, replace

from freehold.core.ids import JSON, canonical


@dataclass(frozen=True, slots=True)
class Movement:
    """Units that came or went; `change` is signed. Quantities are exact decimal text."""

    instant: str
    block: int
    day: str
    what: str
    change: str
    balance: str
    transaction: str


@dataclass(frozen=True, slots=True)
class HeldLot:
    """Units of one acquisition, the first day on which all of them move freely (empty: not foreseen),
    and the legends on them."""

    vintage: int
    units: str
    acquired: str
    free_from: str
    legends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restraint:
    """A stop, claim, pledge or lien; `units` empty: all of them."""

    kind: str
    units: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Account:
    """What one holder has of one instrument. `free` is what is neither frozen nor in a running lot."""

    class_id: str
    name: str
    symbol: str
    token: str
    opening: str
    closing: str
    free: str
    locked: str
    frozen: str
    movements: tuple[Movement, ...]
    lots: tuple[HeldLot, ...]
    restraints: tuple[Restraint, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as of a block: `opened` and `closed` are the instants it speaks of, the first before
    every block at or after it. `kept` says under whose key the account stands."""

    issuer: str
    issuer_name: str
    holder: str
    holder_name: str
    address: tuple[str, ...]
    registration: str
    kept: str
    account: int
    wallet: str
    opened: str
    closed: str
    block: int
    block_hash: str
    accounts: tuple[Account, ...]
    digest: str = ""


DISCLAIMERS = (
    "This statement says what the register of holders said at the instant and block above. It is not a"
    " security, not a negotiable instrument and no evidence of value.",
    "The register on the ledger is the record. Compare this statement with it: the digest is SHA-256"
    " over the canonical JSON (RFC 8785) of the statement, which the same desk gives out.",
    "Tell the transfer agent within 30 days if an entry is wrong.",
)


def to_json(statement: Statement) -> dict[str, JSON]:
    """The statement as the document that is hashed, without the digest itself."""
    plain = asdict(replace(statement, digest=""))
    del plain["digest"]
    return {name: _listed(value) for name, value in plain.items()}


def sealed(statement: Statement) -> Statement:
    """The statement with its digest."""
    text = canonical(to_json(statement))
    return replace(statement, digest=hashlib.sha256(text).hexdigest())


def _listed(value: object) -> JSON:
    """Tuples as arrays, as JSON has them."""
    if isinstance(value, dict):
        return {str(key): _listed(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_listed(one) for one in value]
    assert value is None or isinstance(value, str | int | bool), "statements hold plain values"
    return value
