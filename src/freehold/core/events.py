"""What the contracts say happened: one frozen class for each event of `contracts/interfaces/*.vyi`.

The fields are the event's arguments in their order, named as in the interface (test_tidy compares
them). `Logged` adds where on the chain it stands. Addresses are checksummed strings, 32-byte values
0x-strings, everything else plain integers.

How to read a register from them (core/register.py does):

- A wallet opens an *account*, a number given by the issuer's `Holders` contract (`Admitted`);
  `Replaced` lets a new wallet open the same account and kills the old one for ever.
- Balances change by `Transfer` alone (sender zero: issued; receiver zero: redeemed).
- `Issued`, `Passed`, `Redeemed`, `SplitApplied` are headers: they stand before the `Transfer` logs
  they explain (`Issued` before as many as it names `receivers`, the others before one) in the same
  transaction, and carry the *legal day*. A `Transfer` without a header has its block's day.
  `Forced` stands behind its `Transfer` and tells the reason; it changes nothing by itself.
- An `Issued` with a vintage puts the units into that lot. Every other change of lots is a
  `LotMoved`: take `units` from (from_account, from_vintage), add them to (to_account, to_vintage).
  Vintage 0 is "free units", account 0 is "nobody": nothing to do on that side.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Position(NamedTuple):
    """Where a log stands: block, place in the block, the block's time in seconds, its hash."""

    block: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which no position needs
    seconds: int
    block_hash: str
    transaction: str


# ---- Holders: the register of accounts of one issuer -------------------------------------------


@dataclass(frozen=True, slots=True)
class Admitted:
    wallet: str
    account: int
    facts: int


@dataclass(frozen=True, slots=True)
class FactsSet:
    wallet: str
    account: int
    facts: int


@dataclass(frozen=True, slots=True)
class Replaced:
    account: int
    old_wallet: str
    new_wallet: str
    reason: int
    document: str


@dataclass(frozen=True, slots=True)
class Linked:
    account: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Committed:
    wallet: str
    commitment: str
    registrar: str


@dataclass(frozen=True, slots=True)
class RecoveryProposed:
    account: int
    old_wallet: str
    new_wallet: str
    effective: int
    document: str


@dataclass(frozen=True, slots=True)
class RecoveryEnded:
    account: int
    by: str


@dataclass(frozen=True, slots=True)
class EpochRaised:
    epoch: int
    document: str


@dataclass(frozen=True, slots=True)
class InstrumentListed:
    token: str


@dataclass(frozen=True, slots=True)
class PowersAnnounced:
    account: str
    powers: int
    effective: int


@dataclass(frozen=True, slots=True)
class FlagsOrdered:
    wallet: str
    flags: int
    document: str


# ---- SecurityToken: one class of one instrument ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transfer:
    sender: str
    receiver: str
    amount: int


@dataclass(frozen=True, slots=True)
class Issued:
    instruction: str
    vintage: int
    day: int
    units: int
    receivers: int


@dataclass(frozen=True, slots=True)
class Passed:
    instruction: str
    sender: str
    receiver: str
    units: int
    kind: int
    proofs: int
    day: int


@dataclass(frozen=True, slots=True)
class Forced:
    instruction: str
    sender: str
    receiver: str
    units: int
    reason: int
    document: str


@dataclass(frozen=True, slots=True)
class Redeemed:
    instruction: str
    holder: str
    units: int
    reason: int
    document: str
    day: int


@dataclass(frozen=True, slots=True)
class LotMoved:
    accounts: int
    vintages: int
    units: int

    @property
    def from_account(self) -> int:
        return self.accounts >> 32

    @property
    def to_account(self) -> int:
        return self.accounts & 0xFFFFFFFF

    @property
    def from_vintage(self) -> int:
        return self.vintages >> 16

    @property
    def to_vintage(self) -> int:
        return self.vintages & 0xFFFF


@dataclass(frozen=True, slots=True)
class VintageOpened:
    vintage: int
    terms: int


@dataclass(frozen=True, slots=True)
class VintageAmended:
    vintage: int
    terms: int
    document: str


@dataclass(frozen=True, slots=True)
class Frozen:
    account: str
    amount: int


@dataclass(frozen=True, slots=True)
class FreezeOrdered:
    instruction: str
    account: str
    reason: int
    document: str


@dataclass(frozen=True, slots=True)
class AddressFrozen:
    wallet: str
    frozen: bool
    agent: str


@dataclass(frozen=True, slots=True)
class RecordAnnounced:
    record: int
    instant: int


@dataclass(frozen=True, slots=True)
class RecordWithdrawn:
    """The newest record comes at `instant`, sooner than announced: nothing is due by it."""

    record: int
    instant: int


@dataclass(frozen=True, slots=True)
class RulesAnnounced:
    policy: str
    content: str
    effective: int


@dataclass(frozen=True, slots=True)
class RulesActivated:
    policy: str
    version: int


@dataclass(frozen=True, slots=True)
class AuthorisedSet:
    units: int
    document: str


@dataclass(frozen=True, slots=True)
class SplitAnnounced:
    instruction: str
    numerator: int
    denominator: int
    document: str
    day: int


@dataclass(frozen=True, slots=True)
class SplitApplied:
    account: int
    before: int
    after: int
    remainder: int
    day: int


@dataclass(frozen=True, slots=True)
class SplitCancelled:
    instruction: str
    reason: int
    document: str


@dataclass(frozen=True, slots=True)
class SplitFinished:
    instruction: str
    supply: int


@dataclass(frozen=True, slots=True)
class Converted:
    instruction: str
    holder: str
    to_token: str
    units_in: int
    units_out: int


@dataclass(frozen=True, slots=True)
class TakeOverOpened:
    document: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class TakeOverClosed:
    document: str
    supply: int


@dataclass(frozen=True, slots=True)
class Corrected:
    instruction: str
    corrects: str
    reason: int
    document: str


@dataclass(frozen=True, slots=True)
class Approval:
    owner: str
    spender: str
    amount: int


@dataclass(frozen=True, slots=True)
class AuthorizationUsed:
    authorizer: str
    nonce: str


@dataclass(frozen=True, slots=True)
class AuthorizationCanceled:
    authorizer: str
    nonce: str


@dataclass(frozen=True, slots=True)
class ForcedTransfer:
    sender: str
    receiver: str
    amount: int


@dataclass(frozen=True, slots=True)
class TokensFrozen:
    wallet: str
    amount: int


@dataclass(frozen=True, slots=True)
class TokensUnfrozen:
    wallet: str
    amount: int


@dataclass(frozen=True, slots=True)
class Paused:
    agent: str


@dataclass(frozen=True, slots=True)
class Unpaused:
    agent: str


@dataclass(frozen=True, slots=True)
class RecoverySuccess:
    lost: str
    fresh: str
    identity: str


@dataclass(frozen=True, slots=True)
class UpdatedTokenInformation:
    name: str
    symbol: str
    decimals: int
    version: str
    onchain_id: str


@dataclass(frozen=True, slots=True)
class IdentityRegistryAdded:
    registry: str


@dataclass(frozen=True, slots=True)
class ComplianceAdded:
    compliance: str


@dataclass(frozen=True, slots=True)
class HaltOrdered:
    halted: bool
    reason: int
    document: str


@dataclass(frozen=True, slots=True)
class MandateGiven:
    call_hash: str
    reason: int
    document: str


@dataclass(frozen=True, slots=True)
class InformedSet:
    until: int
    document: str


# ---- Assets: titles and documents --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TitleTransfer:
    sender: str
    receiver: str
    token_id: int


@dataclass(frozen=True, slots=True)
class TitleApproval:
    owner: str
    approved: str
    token_id: int


@dataclass(frozen=True, slots=True)
class TitleIssued:
    asset: int
    issuer: str
    holder: str
    kind: int
    record: str


@dataclass(frozen=True, slots=True)
class TitleBound:
    asset: int
    token: str


@dataclass(frozen=True, slots=True)
class DocumentAdded:
    subject: str
    name: str
    version: int
    document: str
    uri: str


@dataclass(frozen=True, slots=True)
class ApprovalForAll:
    owner: str
    operator: str
    approved: bool


@dataclass(frozen=True, slots=True)
class TitleForced:
    asset: int
    reason: int
    document: str


class Logged(NamedTuple):
    """An event, the contract that logged it, and where."""

    position: Position
    contract: str
    event: object
