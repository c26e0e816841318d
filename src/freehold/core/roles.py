"""Who may ask the platform for what: the roles people have, and the powers that come with each.

A role is given for one issuer, for one holder of an issuer (an investor's), or for the platform.
These powers are about the doors; what a key may do on chain is `core/powers.py`. The table `GRANTED`
is the whole of it, and docs/reference/permissions.md shows the same as a matrix that a test walks.
Duties stay apart: who administers identities cannot move units, and who reads for an audit changes
nothing.
"""

from collections.abc import Mapping
from enum import StrEnum

EVERYWHERE = "*"
"""The scope of a role that is given for the whole platform."""


class Power(StrEnum):
    """What may be asked of the platform."""

    READ_REGISTER = "register:read"  # every position of an issuer's instruments
    READ_OWN = "own:read"  # the positions and instructions of one holder
    ASK_TRANSFER = "transfer:ask"  # would it pass?
    REQUEST_TRANSFER = "transfer:request"
    READ_INSTRUCTIONS = "instruction:read"
    VERIFY = "register:verify"
    READ_CHAIN = "chain:read"  # blocks, transactions, decoded events
    READ_AUDIT = "audit:read"
    MANAGE_IDENTITIES = "identity:manage"
    READ_FILES = "file:read"  # registrations, restraints, records and reports of the agent's desk
    KEEP_FILES = "file:keep"
    OWN_KEYS = "key:own"  # API keys for oneself


class Role(StrEnum):
    """The kinds of people who work with the platform."""

    ADMINISTRATOR = "administrator"
    ISSUER = "issuer"
    TRANSFER_AGENT = "transfer-agent"
    COMPLIANCE_OFFICER = "compliance-officer"
    REGISTRAR = "registrar"
    INVESTOR = "investor"
    VENUE_OPERATOR = "venue-operator"
    FUND_MANAGER = "fund-manager"
    AUDITOR = "auditor"
    DEVELOPER = "developer"


_READING = frozenset(
    {Power.READ_REGISTER, Power.READ_INSTRUCTIONS, Power.VERIFY, Power.READ_CHAIN, Power.OWN_KEYS}
)
GRANTED: Mapping[Role, frozenset[Power]] = {
    Role.ADMINISTRATOR: frozenset(
        {Power.MANAGE_IDENTITIES, Power.READ_AUDIT, Power.READ_CHAIN, Power.OWN_KEYS}
    ),
    Role.ISSUER: _READING | {Power.ASK_TRANSFER, Power.READ_FILES},
    Role.TRANSFER_AGENT: _READING
    | {
        Power.ASK_TRANSFER,
        Power.REQUEST_TRANSFER,
        Power.READ_AUDIT,
        Power.READ_FILES,
        Power.KEEP_FILES,
    },
    Role.COMPLIANCE_OFFICER: _READING | {Power.ASK_TRANSFER, Power.READ_AUDIT, Power.READ_FILES},
    Role.REGISTRAR: _READING | {Power.ASK_TRANSFER, Power.REQUEST_TRANSFER, Power.READ_FILES},
    Role.INVESTOR: frozenset(
        {Power.READ_OWN, Power.ASK_TRANSFER, Power.REQUEST_TRANSFER, Power.OWN_KEYS}
    ),
    Role.VENUE_OPERATOR: frozenset(
        {Power.ASK_TRANSFER, Power.READ_INSTRUCTIONS, Power.READ_CHAIN, Power.OWN_KEYS}
    ),
    Role.FUND_MANAGER: _READING | {Power.ASK_TRANSFER},
    Role.AUDITOR: _READING | {Power.READ_AUDIT, Power.READ_FILES},
    Role.DEVELOPER: frozenset({Power.READ_CHAIN, Power.OWN_KEYS}),
}


def holder_scope(issuer: str, holder: str) -> str:
    """The scope of a role that concerns one holder of an issuer."""
    return f"{issuer}/{holder}"
