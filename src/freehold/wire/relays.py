"""Acts that a holder signed with his own key and somebody else sends: EIP-712 messages with signatures."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from freehold.wire import documents as w

STRICT: Any = {"extra": "forbid"}
Seconds = Annotated[int, Field(ge=0, lt=1 << 53, strict=True), BeforeValidator(w.whole)]
Number = Annotated[int, Field(ge=1, lt=1 << 53, strict=True), BeforeValidator(w.whole)]
Count = Annotated[int, Field(ge=0, lt=1 << 53, strict=True), BeforeValidator(w.whole)]
Word = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]
Signature = Annotated[
    str,
    StringConstraints(pattern=r"^0x[0-9a-f]{130}$"),
    Field(description="r, s and v in 65 bytes"),
]
Digits = Annotated[
    str,
    StringConstraints(pattern=r"^(0|[1-9][0-9]{0,76})$"),
    Field(description="A whole number as text"),
]


class TransferSigned(BaseModel):
    """A transfer that its holder signed (ERC-3009, EIP-712)."""

    model_config = STRICT

    sender: w.Address
    receiver: w.Address
    units: w.Quantity
    valid_after: Seconds
    valid_before: Seconds
    nonce: Word
    signature: Signature


class CancelSigned(BaseModel):
    """A signed cancellation of an authorised transfer that was not used yet (ERC-3009)."""

    model_config = STRICT

    sender: w.Address
    nonce: Word
    signature: Signature


class ClaimSigned(BaseModel):
    """A claim of one's money of a distribution, with the wallet to which it goes.

    `gross`, `withheld` and `proof` are those of the claim file, in the smallest unit of the money.
    """

    model_config = STRICT

    place: w.Address = Field(description="The contract of distributions")
    distribution: Number
    account: Number
    wallet: w.Address
    gross: Digits
    withheld: Digits
    proof: Annotated[list[Word], Field(max_length=64)]
    payee: w.Address
    deadline: Seconds
    signature: Signature


class VoteSigned(BaseModel):
    """A vote that the holder, or his proxy, signed. `choices` and `marks` are the contract's words."""

    model_config = STRICT

    place: w.Address = Field(description="The contract of meetings")
    meeting: Number
    holder: w.Address
    voter: w.Address
    choices: Digits
    marks: Annotated[list[Digits], Field(max_length=32)] = Field(default_factory=list)
    at: Seconds
    signature: Signature


class RelayAccepted(BaseModel):
    """A signed act that is on its way at our cost."""

    instruction: w.Hash
    state: str
    gas: int


class SigningDomain(BaseModel):
    """What the EIP-712 domain of a token's signed acts carries, and the token's decimals."""

    chain: int
    token: w.Address
    name: str
    decimals: int


class RelayTerms(BaseModel):
    """What is relayed for an issuer's holders: where, and for how much gas a day.

    `ballot` and `distribution` are null until the first meeting or payment of the chain.
    """

    issuer: str
    chain: int
    ballot: w.Address | None
    distribution: w.Address | None
    issuer_gas: int = Field(description="Gas a day for all holders of the issuer")
    holder_gas: int = Field(description="Gas a day for one holder")
    spent: int = Field(description="Gas spent for the issuer's holders in the last 24 hours")


class BudgetsWanted(BaseModel):
    """Gas a day to pay for relayed acts; 0 pays for none."""

    model_config = STRICT

    issuer_gas: Count
    holder_gas: Count
