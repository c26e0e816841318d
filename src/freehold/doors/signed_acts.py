"""Signed acts as they come in at a door, and as the relay takes them: addresses checked, units whole."""

from freehold.core.ids import checksummed
from freehold.core.signed_acts import (
    SignedAct,
    SignedCancel,
    SignedClaim,
    SignedTransfer,
    SignedVote,
)
from freehold.core.units import parse_units
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.securities import transfers
from freehold.wire.relays import CancelSigned, ClaimSigned, TransferSigned, VoteSigned

Coming = TransferSigned | CancelSigned | ClaimSigned | VoteSigned


def read(office: Office, actor: Actor, asked: Coming, token: str = "") -> SignedAct:
    """What was signed; `token` is the instrument's, for transfers and cancellations.

    Raises Invalid for an address or for units that cannot be, NotFound.
    """
    match asked:
        case TransferSigned():
            return _transfer(office, actor, asked, checksummed(token))
        case CancelSigned():
            return SignedCancel(checksummed(token), checksummed(asked.sender), asked.nonce)
        case ClaimSigned():
            return _claim(asked)
        case VoteSigned():
            return _vote(asked)


def _transfer(office: Office, actor: Actor, asked: TransferSigned, token: str) -> SignedTransfer:
    units = parse_units(asked.units, transfers.decimals_of(office, actor, token))
    sender, receiver = checksummed(asked.sender), checksummed(asked.receiver)
    instants = (asked.valid_after, asked.valid_before)
    return SignedTransfer(token, sender, receiver, units, *instants, asked.nonce)


def _claim(asked: ClaimSigned) -> SignedClaim:
    return SignedClaim(
        checksummed(asked.place),
        asked.distribution,
        asked.account,
        checksummed(asked.wallet),
        int(asked.gross),
        int(asked.withheld),
        tuple(asked.proof),
        checksummed(asked.payee),
        asked.deadline,
    )


def _vote(asked: VoteSigned) -> SignedVote:
    return SignedVote(
        checksummed(asked.place),
        asked.meeting,
        checksummed(asked.holder),
        checksummed(asked.voter),
        int(asked.choices),
        tuple(int(one) for one in asked.marks),
        asked.at,
    )
