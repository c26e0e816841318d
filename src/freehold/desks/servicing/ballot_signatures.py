"""What speaks against a signed vote when it is given, before it waits to be brought to the chain.

`Ballot.vy` skips in silence what is not signed by the voter for this meeting on this chain, and what is
dated in the future. Whoever votes hears so at once, and what cannot count never stands in a batch. A
wallet that is a contract answers for itself on chain (ERC-1271): only its date is looked at here.
"""

from collections.abc import Mapping
from typing import Any

from freehold.book.meetings import GivenVote
from freehold.chain import messages, signer
from freehold.core.clock import to_seconds
from freehold.core.reasons import Reason
from freehold.desks.office import Office, now_on_chain


def against(office: Office, vote: GivenVote, typed: Mapping[str, Any]) -> Reason | None:
    """The reason that stands against the vote's signature over `typed`, its EIP-712 message; None if it
    is good. Raises Invalid for what is no signature."""
    assert vote.signature is not None, (
        "a vote that the agent's key signs is signed when it is brought"
    )
    by = messages.signer_of_digest(signer.typed_data_digest(typed), vote.signature)
    is_contract = bool(office.w3.eth.get_code(office.w3.to_checksum_address(vote.voter)))
    if by != vote.voter and not is_contract:
        return Reason.SIGNATURE_WRONG
    return Reason.SIGNATURE_EARLY if vote.at > to_seconds(now_on_chain(office)) else None
