"""Acts that a holder signs offline: his key stays in this process, anybody may send what he signed.

Each function returns the document that the relay takes (`freehold.client.relay`). Nothing here asks the
network: what has to be known (`SigningDomain`, `RelayTerms`) is asked for beforehand, perhaps on another
machine. Base units and words are computed as the contracts compute them, in `freehold.core.signed_acts`.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from freehold.core.clock import to_seconds
from freehold.core.ids import Address, checksummed
from freehold.core.signed_acts import (
    SignedCancel,
    SignedClaim,
    SignedTransfer,
    SignedVote,
    cancel_message,
    claim_message,
    transfer_message,
    vote_message,
)
from freehold.core.units import parse_units
from freehold.wire.relays import (
    CancelSigned,
    ClaimSigned,
    SigningDomain,
    TransferSigned,
    VoteSigned,
)


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A secp256k1 key of a wallet, in this process alone: it stands in no repr, message or request."""

    address: Address
    _secret: bytes = field(repr=False, compare=False)

    def sign(self, message: Mapping[str, Any]) -> str:
        """r, s and v over an EIP-712 message, as 0x and 130 digits."""
        signable = encode_typed_data(full_message=dict(message))
        return "0x" + bytes(Account.sign_message(signable, self._secret).signature).hex()


def key_from(secret: str | bytes) -> HolderKey:
    """A key of 32 bytes, or of 64 hexadecimal digits with or without 0x. Raises ValueError."""
    try:
        raw = secret if isinstance(secret, bytes) else bytes.fromhex(secret.removeprefix("0x"))
        address = Account.from_key(raw).address
    except Exception:  # whatever it is, its words may repeat the key
        raise ValueError("this is no key: it needs 32 bytes in range") from None
    return HolderKey(Address(address), raw)


def sign_transfer(
    key: HolderKey,
    domain: SigningDomain,
    receiver: str,
    units: str,
    until: datetime,
    after: datetime | None = None,
    nonce: str | None = None,
) -> TransferSigned:
    """A transfer of whole `units` (decimal text) to a wallet, good from `after` (or at once) to `until`.

    `nonce` is used once; a cancellation names it. Raises Invalid for units that the token cannot have.
    """
    used, start = nonce or new_nonce(), to_seconds(after) if after else 0
    to = checksummed(receiver)
    said = (int(parse_units(units, domain.decimals)), start, to_seconds(until), used)
    signed = SignedTransfer(domain.token, key.address, to, *said)
    return TransferSigned(
        sender=key.address,
        receiver=to,
        units=units,
        valid_after=start,
        valid_before=to_seconds(until),
        nonce=used,
        signature=key.sign(transfer_message(signed, domain.name, domain.chain)),
    )


def sign_cancel(key: HolderKey, domain: SigningDomain, nonce: str) -> CancelSigned:
    """Take back a transfer that was signed under this nonce and not used yet."""
    signed = SignedCancel(domain.token, key.address, nonce)
    signature = key.sign(cancel_message(signed, domain.name, domain.chain))
    return CancelSigned(sender=key.address, nonce=nonce, signature=signature)


def sign_claim(
    key: HolderKey,
    chain: int,
    place: str,
    distribution: int,
    claim: tuple[int, int, int],
    proof: Sequence[str],
    payee: str,
    until: datetime,
) -> ClaimSigned:
    """A claim of one's money of a distribution, to be paid to `payee`, good until an instant.

    `claim` is the line of the claim file: account, gross, withheld; `proof` its proof.
    """
    account, gross, withheld = claim
    at, to, deadline = checksummed(place), checksummed(payee), to_seconds(until)
    money = (gross, withheld, tuple(proof))
    signed = SignedClaim(at, distribution, account, key.address, *money, to, deadline)
    return ClaimSigned(
        place=at,
        distribution=distribution,
        account=account,
        wallet=key.address,
        gross=str(gross),
        withheld=str(withheld),
        proof=list(proof),
        payee=to,
        deadline=deadline,
        signature=key.sign(claim_message(signed, chain)),
    )


def sign_vote(
    key: HolderKey,
    chain: int,
    place: str,
    meeting: int,
    choices: int,
    at: datetime,
    marks: Sequence[int] = (),
    holder: str | None = None,
) -> VoteSigned:
    """A vote, in the contract's words (docs/reference/words.md), signed at an instant of the ledger.

    `holder` is somebody else's wallet, where the key is his proxy's.
    """
    whose, seconds = checksummed(holder) if holder else key.address, to_seconds(at)
    signed = SignedVote(
        checksummed(place), meeting, whose, key.address, choices, tuple(marks), seconds
    )
    return VoteSigned(
        place=signed.place,
        meeting=meeting,
        holder=whose,
        voter=key.address,
        choices=str(choices),
        marks=[str(one) for one in marks],
        at=seconds,
        signature=key.sign(vote_message(signed, chain)),
    )


def new_nonce() -> str:
    """A nonce of 32 bytes that nobody has used."""
    return "0x" + secrets.token_hex(32)
