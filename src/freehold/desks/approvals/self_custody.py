"""The agent's consent that a holder takes his units from the agent's key under his own.

Somebody of the agent saw who the holder is, on a paper; what moves the account is the recovery of the
register, which two persons agree to and which waits for the register's delay (`desks/agent/custody.py`).
"""

from freehold.core.errors import Conflict
from freehold.core.grounds import Ground, Grounds
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.agent import custody, restraints
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import Proposed, ProposeRequest
from freehold.desks.office import Office
from freehold.desks.permits import Actor


def consent(office: Office, who: Actor, exit: str, document: str) -> Proposed:
    """Note on what the holder's identity was checked (a SHA-256), and propose that his wallet opens the
    account; asked again it is the same proposal.

    Raises NotPermitted, Invalid, Conflict where the wallet's key was not shown, the identity was checked
    before, or the register would refuse it.
    """
    permits.require(who, Power.KEEP_FILES)
    one = custody.proved(office, who, exit)
    paper = restraints.hash_text(document)
    asked = ProposeRequest(
        "recovery",
        {"holder": one.holder, "wallet": one.wallet},
        one.id,
        one.issuer,
        Grounds(Ground.OWN_KEY, bytes.fromhex(paper)),
    )
    made = approvals.propose(office, who, asked)
    if made.proposal is None:
        raise Conflict(f"it would be refused: {made.tried.reason}", code=made.tried.code)
    custody.check_identity(office, who, exit, paper)
    return made
