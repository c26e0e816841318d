"""What a holder signs with his own key so that somebody else may send it: EIP-712 messages.

The shape of each is the one that the contracts recover from; see `contracts/SecurityToken.vy` with
ERC-3009, `contracts/Distribution.vy` and `contracts/Ballot.vy`. Nothing here signs or sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BALLOT_NAME, DISTRIBUTION_NAME = "Freehold Ballot", "Freehold Distribution"
"""The names that the domains of these contracts carry; a token's is its own name."""
_DOMAIN = "string name,string version,uint256 chainId,address verifyingContract"
_TRANSFER = (
    "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
)
_CANCEL = "address authorizer,bytes32 nonce"
_CLAIM = "uint256 distribution,uint256 account,address payee,uint256 deadline"
_VOTE = "uint256 meeting,address holder,uint256 choices,uint256[] marks,uint256 at"


@dataclass(frozen=True, slots=True)
class SignedTransfer:
    """A transfer as its holder authorises it (ERC-3009): base units, instants in seconds, a nonce of
    32 bytes (0x and 64 digits) that he uses once."""

    token: str
    sender: str
    receiver: str
    units: int
    valid_after: int
    valid_before: int
    nonce: str


@dataclass(frozen=True, slots=True)
class SignedCancel:
    """A holder takes the nonce of an authorised transfer back before it is used (ERC-3009)."""

    token: str
    sender: str
    nonce: str


@dataclass(frozen=True, slots=True)
class SignedClaim:
    """A holder claims his money of a distribution and says to whom it goes, until `deadline` (seconds).

    `gross`, `withheld` (smallest units of the money) and `proof` (words of 32 bytes, 0x and 64 digits)
    are those of the claim file; the holder signs neither, because the contract proves them.
    """

    place: str
    distribution: int
    account: int
    wallet: str
    gross: int
    withheld: int
    proof: tuple[str, ...]
    payee: str
    deadline: int


@dataclass(frozen=True, slots=True)
class SignedVote:
    """A vote for `holder` that `voter` signed (himself, or his proxy) in the second `at`.

    `choices` and `marks` are the words of docs/reference/words.md.
    """

    place: str
    meeting: int
    holder: str
    voter: str
    choices: int
    marks: tuple[int, ...]
    at: int


SignedAct = SignedTransfer | SignedCancel | SignedClaim | SignedVote


def transfer_message(asked: SignedTransfer, name: str, chain: int) -> Mapping[str, Any]:
    """The EIP-712 message to sign; `name` is the token's own, which its domain carries."""
    said = {
        "from": asked.sender,
        "to": asked.receiver,
        "value": asked.units,
        "validAfter": asked.valid_after,
        "validBefore": asked.valid_before,
        "nonce": asked.nonce,
    }
    return _typed("TransferWithAuthorization", _TRANSFER, said, name, chain, asked.token)


def cancel_message(asked: SignedCancel, name: str, chain: int) -> Mapping[str, Any]:
    """The same for a cancellation."""
    said = {"authorizer": asked.sender, "nonce": asked.nonce}
    return _typed("CancelAuthorization", _CANCEL, said, name, chain, asked.token)


def claim_message(asked: SignedClaim, chain: int) -> Mapping[str, Any]:
    """The EIP-712 message of a claim."""
    said = {
        "distribution": asked.distribution,
        "account": asked.account,
        "payee": asked.payee,
        "deadline": asked.deadline,
    }
    return _typed("Claim", _CLAIM, said, DISTRIBUTION_NAME, chain, asked.place)


def vote_message(asked: SignedVote, chain: int) -> Mapping[str, Any]:
    """The EIP-712 message of a vote."""
    said = {
        "meeting": asked.meeting,
        "holder": asked.holder,
        "choices": asked.choices,
        "marks": list(asked.marks),
        "at": asked.at,
    }
    return _typed("Vote", _VOTE, said, BALLOT_NAME, chain, asked.place)


def _typed(
    kind: str, shape: str, said: Mapping[str, Any], name: str, chain: int, place: str
) -> Mapping[str, Any]:
    domain = {"name": name, "version": "1", "chainId": chain, "verifyingContract": place}
    types = {"EIP712Domain": _members(_DOMAIN), kind: _members(shape)}
    return {"types": types, "primaryType": kind, "domain": domain, "message": dict(said)}


def _members(shape: str) -> list[dict[str, str]]:
    pairs = (member.split(" ") for member in shape.split(","))
    return [{"name": name, "type": kind} for kind, name in pairs]
