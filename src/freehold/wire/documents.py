"""Registers, transfers, instructions, events, the audit log, keys: one model for each document.

Quantities are exact decimal text in whole units, instants ISO 8601 in UTC. A list answers with
`items` and a `next` cursor, which is null on the last page.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from freehold.core.roles import Power

Address = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]


Hash = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]


Quantity = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,40}(\.[0-9]{1,18})?$"),
    Field(description="Whole units as decimal text, exact", examples=["60000"]),
]


HolderName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f\x7f-\x9f/]+$"),
    Field(description="A holder's id, or the wallet he was admitted with"),
]


def whole(value: object) -> object:
    """JSON has one kind of number: 7.0 is the integer 7, and "7" is none."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


PersonName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]


PaperName = Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,32}$")]


class RoleGiven(BaseModel):
    """A role, and for what it is given: an issuer, issuer/holder, or * for everything."""

    role: str
    scope: str


class Me(BaseModel):
    """Who is asking, and what he may do."""

    id: str
    name: str
    roles: list[RoleGiven]
    powers: list[Power]


class Instrument(BaseModel):
    """A class of units."""

    issuer: str
    issuer_name: str
    token: Address
    class_id: str
    name: str
    symbol: str
    decimals: int
    asset: Hash
    issued: str
    redeemed: str
    outstanding: str
    holders: int = Field(description="Accounts that hold units, without the issuer's own")
    block: int = Field(description="The block as of which the quantities are")


class Instruments(BaseModel):
    """The instruments that the caller may see."""

    items: list[Instrument]


class LotOfUnits(BaseModel):
    """Units of one acquisition; `free_from` is null where no date can be told."""

    vintage: int
    units: str
    acquired: date
    free_from: date | None


class Position(BaseModel):
    """One line of a register of holders."""

    account: int
    wallet: Address
    holder: str = Field(description="The legal name; empty where it is not known")
    holder_class: str
    country: str
    units: str
    percent: str = Field(description="Of the units outstanding, four places; empty for treasury")
    frozen: str
    lots: list[LotOfUnits]


class Register(BaseModel):
    """A page of a register of holders as of a block."""

    token: Address
    block: int
    block_hash: str
    instant: datetime
    outstanding: str
    total: int = Field(description="Positions in the whole register")
    items: list[Position]
    next: str | None = Field(description="Cursor of the next page")


class Record(BaseModel):
    """An announced record instant."""

    record: int
    instant: datetime


class Records(BaseModel):
    """The record instants announced for an instrument."""

    items: list[Record]


class TransferAsked(BaseModel):
    """A transfer between two holders."""

    model_config = {"extra": "forbid"}

    sender: HolderName
    receiver: HolderName
    units: Quantity
    signed_by: list[PersonName] = Field(
        default_factory=list, max_length=32, description="Who signed the instruction, by name"
    )
    papers: list[PaperName] = Field(
        default_factory=list, max_length=16, description="Papers that came with it: medallion, ..."
    )
    representative: PersonName | None = Field(
        default=None, description="Who signs for the estate of an owner who died"
    )


class Decision(BaseModel):
    """What the rules say of a transfer."""

    allowed: bool
    code: int = Field(description="0, or the reason's number")
    reason: str
    passes_on: date | None = Field(
        description="The first day on which it would pass, if time helps"
    )
    waits: str = Field("", description="Why a second person would look at it first; empty: nobody")


class Change(BaseModel):
    """One change of an instruction's state."""

    state: str
    at: datetime
    note: str | None


class Instruction(BaseModel):
    """An act asked of the chain; `final` is the only state that is for good."""

    id: Hash
    number: int
    what: str
    said: str = Field(
        description="What was asked, as a sentence; holders by name where one may read them"
    )
    symbol: str = Field(
        description="The security it concerns; empty: a register, or another contract"
    )
    state: str
    issuer: str | None
    token: str | None
    asked_at: datetime
    transaction: str | None
    block: int | None
    confirmations: int
    needed: int
    code: int | None
    sentence: str | None
    changes: list[Change]


class Accepted(BaseModel):
    """A transfer that the rules allow: the worker posts it, or it is held for the agent's approval."""

    decision: Decision
    instruction: Hash | None
    approval: str | None = Field(description="The proposal that waits, where it is held")
    state: str


InstructionState = Literal[
    "waiting",
    "accepted",
    "sending",
    "seen",
    "confirmed",
    "final",
    "failed",
    "refused",
    "replaced",
    "cancelled",
]


class Instructions(BaseModel):
    """A page of instructions, the newest first."""

    items: list[Instruction]
    next: str | None


class AuditEntry(BaseModel):
    """An entry of the audit log, with the hash it has in the chain of hashes."""

    number: int
    at: datetime
    actor: str
    act: str
    subject: str
    outcome: str
    code: int | None
    content: dict[str, str | int | bool | None]
    hash: str


class Event(BaseModel):
    """An event of a contract, decoded; every argument as text."""

    block: int
    log: int
    instant: datetime
    name: str
    contract: Address
    transaction: Hash
    instruction: str | None
    arguments: dict[str, str]


class Events(BaseModel):
    """A page of events, the newest first."""

    items: list[Event]
    next: str | None


class Block(BaseModel):
    """A block: how many transactions it has, and how many events of the registers followed."""

    number: int
    hash: Hash
    parent: Hash
    instant: datetime
    transactions: int
    events: int


class Blocks(BaseModel):
    """A page of blocks, the newest first."""

    items: list[Block]
    next: str | None


class BlockPage(Block):
    """One block with its transactions and what the registers followed said in it; `last` is the chain's
    last block."""

    hashes: list[Hash]
    said: list[Event]
    last: int


class Transaction(BaseModel):
    """A mined transaction and the events of the registers followed that it left."""

    hash: Hash
    block: int
    sender: Address
    target: str | None
    succeeded: bool
    gas: int
    events: list[Event]


class AuditEntries(BaseModel):
    """A page of the audit log, the newest entry first."""

    items: list[AuditEntry]
    next: str | None


class Verification(BaseModel):
    """A comparison of the register with the chain, figure by figure."""

    ok: bool
    block: int
    block_hash: str
    events: int
    compared: dict[str, int]
    differences: list[str]


class AuditVerification(BaseModel):
    """A check of the audit log against its own hashes and those on the chain."""

    ok: bool
    entries: int
    head: str
    anchors: int
    fault: str | None


class KeyWanted(BaseModel):
    """An API key to make: some of one's own powers, for so many days."""

    model_config = {"extra": "forbid"}

    label: Annotated[
        str,
        StringConstraints(
            min_length=1,
            max_length=128,
            pattern=r"^[^\x00-\x1f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f]*$",
        ),
    ]
    powers: Annotated[list[Power], Field(min_length=1, max_length=len(Power))]
    days: Annotated[int, Field(ge=1, le=366, strict=True), BeforeValidator(whole)]


class Key(BaseModel):
    """An API key without its secret."""

    id: str
    label: str
    powers: list[str]
    created_at: datetime
    expires_at: datetime


class Keys(BaseModel):
    """One's own API keys."""

    items: list[Key]


class NewKey(Key):
    """An API key with its secret, which is shown this once."""

    token: str
