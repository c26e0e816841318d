"""What proves that money is somebody's to claim."""

from datetime import datetime

from pydantic import BaseModel


class ClaimOut(BaseModel):
    """A holder's claim with its proof; amounts in the coin's smallest unit, hashes from below.

    `examples/check_claim.py` reads this document and checks it against the root the contract shows.
    """

    action: str
    currency: str
    chain: int
    place: str
    distribution: int
    account: int
    wallet: str
    gross: str
    withheld: str
    proof: list[str]
    root: str
    claim_from: datetime
    claim_until: datetime
    paid: bool
    part: str = ""


class ClaimsOut(BaseModel):
    """A holder's claims in a winding-up; `part` says of each which stage and class it is of."""

    items: list[ClaimOut]
