"""Why somebody with a power acts against a holder or for the issuer: the codes of grounds.

Acts of power (redemption, force, freeze, halt, recovery) carry one of these numbers and the hash of a
document on chain, so that anybody who reads the register sees on what it was done. The numbers never
change meaning; `docs/reference/grounds.md` lists them.
"""

from dataclasses import dataclass
from enum import IntEnum

from freehold.core.errors import Invalid


class Ground(IntEnum):
    """One reason for an act of power, as the chain keeps it."""

    CANCELLATION = 1
    REPURCHASE = 2
    RETRACTION = 3
    FRACTION = 4
    STOP = 5
    COURT_ORDER = 6
    CORRECTION = 7
    LOST_WALLET = 8
    SUCCESSION = 9
    SANCTIONS = 10
    SUPERVISOR_ORDER = 11
    ISSUER_DECISION = 12
    CONVERSION = 13
    SUSPECTED_FRAUD = 14
    RELEASE = 15
    OWN_KEY = 16


_MEANING = {
    Ground.CANCELLATION: "units cancelled by agreement or by their terms",
    Ground.REPURCHASE: "units bought back by the issuer",
    Ground.RETRACTION: "an issue taken back as if it had not been",
    Ground.FRACTION: "a fraction that a split leaves, paid in cash",
    Ground.STOP: "a stop order or an adverse claim",
    Ground.COURT_ORDER: "an order of a court or of an arbitrator",
    Ground.CORRECTION: "an entry that was wrong is put right",
    Ground.LOST_WALLET: "the key of a wallet is lost or stolen",
    Ground.SUCCESSION: "death, merger or another succession in law",
    Ground.SANCTIONS: "a sanctions list names the person",
    Ground.SUPERVISOR_ORDER: "an order of a supervisor or of tax authorities",
    Ground.ISSUER_DECISION: "a decision of the issuer's board or members",
    Ground.CONVERSION: "units that become units of another class",
    Ground.SUSPECTED_FRAUD: "a suspicion of fraud or of a stolen key",
    Ground.RELEASE: "the ground of an earlier stop or halt is gone",
    Ground.OWN_KEY: "a holder takes his units from the agent's key under his own",
}


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why an act of power is done, and the SHA-256 of the document that says so (32 bytes)."""

    reason: Ground
    document: bytes


def meaning(ground: Ground) -> str:
    """What the code stands for, in a few words."""
    return _MEANING[ground]


def name_of(ground: Ground) -> str:
    """The code as people write it: court-order."""
    return ground.name.lower().replace("_", "-")


def parse_ground(text: str, field: str = "reason") -> Ground:
    """Read a code by its number or its name. Raises Invalid with the codes there are."""
    for ground in Ground:
        if text.strip().lower().replace("_", "-") in (str(int(ground)), name_of(ground)):
            return ground
    there = ", ".join(f"{int(ground)} {name_of(ground)}" for ground in Ground)
    raise Invalid(f"{field} {text!r} is none of {there}", field=field, value=text)
