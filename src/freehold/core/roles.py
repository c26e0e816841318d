"""Who may ask the platform for what: the roles people have, and the powers that come with each.

A role is given for one issuer, for one holder of an issuer (an investor's), or for the platform.
These powers are about the doors; what a key may do on chain is `core/powers.py`. The table `GRANTED`
is the whole of it, and docs/reference/permissions.md shows the same as a matrix that a test walks.
Duties stay apart: who administers identities cannot move units, who reads for an audit changes
nothing, and a registrar proposes what he cannot approve.
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
    INVITE_INVESTORS = "investor:invite"
    REVIEW_INVESTORS = "investor:review"  # papers, claims, screening hits; admits or declines
    APPLY = "application:own"  # to be admitted to one issuer's register
    READ_CASH = "cash:read"  # the cash book, reconciliations, tax on payments
    KEEP_CASH = "cash:keep"  # import statements, explain breaks, propose and release payments
    SERVICE = "action:service"  # corporate actions: announce, amend, fund, pay, close, call off
    HOLD_MEETINGS = "meeting:hold"  # call meetings, close them, take down votes given on paper
    ELECT = "election:own"  # what one holder elects, votes, and whom he lets vote for him
    OWN_KEYS = "key:own"  # API keys for oneself
    SET_CLOCK = "clock:set"  # of an example world
    ESTABLISH = "asset:establish"  # record an asset and put an instrument on chain
    ASK_POLICY = "policy:ask"  # read policies, try them on cases
    # acts on a register; each is proposed by whoever has it, and most need a second person
    ISSUE = "units:issue"
    FORCE = "units:force"
    CORRECT = "units:correct"
    FREEZE = "holder:freeze"
    RECOVER = "holder:recover"
    ADMIT = "holder:admit"  # admit and suspend; one person is enough
    CHANGE_POLICY = "policy:change"
    CHANGE_POWERS = "powers:change"  # who may do what on chain; who has to approve what
    READ_APPROVALS = "approval:read"
    APPROVE = "approval:decide"  # what somebody else proposed, with the power of the act besides
    BREAK_GLASS = "approval:break-glass"  # alone, with a reason that everybody hears


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
    {
        Power.READ_REGISTER,
        Power.READ_INSTRUCTIONS,
        Power.VERIFY,
        Power.READ_CHAIN,
        Power.OWN_KEYS,
        Power.ASK_POLICY,
    }
)
_ON_HOLDERS = frozenset({Power.FORCE, Power.CORRECT, Power.FREEZE, Power.RECOVER})
GRANTED: Mapping[Role, frozenset[Power]] = {
    Role.ADMINISTRATOR: frozenset(
        {Power.MANAGE_IDENTITIES, Power.READ_AUDIT, Power.READ_CHAIN, Power.OWN_KEYS}
    ),
    Role.ISSUER: _READING
    | {Power.ASK_TRANSFER, Power.READ_FILES, Power.ESTABLISH, Power.SET_CLOCK}
    | {Power.ISSUE, Power.CHANGE_POLICY, Power.CHANGE_POWERS}
    | {Power.READ_APPROVALS, Power.APPROVE, Power.READ_CASH, Power.KEEP_CASH}
    | {Power.INVITE_INVESTORS, Power.SERVICE, Power.HOLD_MEETINGS},
    Role.TRANSFER_AGENT: _READING
    | _ON_HOLDERS
    | {Power.ASK_TRANSFER, Power.REQUEST_TRANSFER, Power.READ_AUDIT}
    | {Power.READ_FILES, Power.KEEP_FILES, Power.ISSUE, Power.ADMIT}
    | {Power.ESTABLISH, Power.SET_CLOCK}
    | {Power.READ_APPROVALS, Power.APPROVE, Power.BREAK_GLASS}
    | {Power.READ_CASH, Power.KEEP_CASH, Power.INVITE_INVESTORS}
    | {Power.SERVICE, Power.HOLD_MEETINGS},
    Role.COMPLIANCE_OFFICER: _READING
    | _ON_HOLDERS
    | {Power.ASK_TRANSFER, Power.READ_AUDIT, Power.READ_FILES, Power.SET_CLOCK}
    | {Power.ISSUE, Power.CHANGE_POLICY, Power.CHANGE_POWERS}
    | {Power.READ_APPROVALS, Power.APPROVE, Power.REVIEW_INVESTORS},
    Role.REGISTRAR: _READING
    | _ON_HOLDERS
    | {Power.ASK_TRANSFER, Power.REQUEST_TRANSFER, Power.READ_FILES}
    | {Power.ISSUE, Power.ADMIT, Power.READ_APPROVALS}
    | {Power.INVITE_INVESTORS, Power.REVIEW_INVESTORS},
    Role.INVESTOR: frozenset(
        {
            Power.READ_OWN,
            Power.ASK_TRANSFER,
            Power.REQUEST_TRANSFER,
            Power.APPLY,
            Power.ELECT,
            Power.OWN_KEYS,
        }
    ),
    Role.VENUE_OPERATOR: frozenset(
        {Power.ASK_TRANSFER, Power.READ_INSTRUCTIONS, Power.READ_CHAIN, Power.OWN_KEYS}
    ),
    Role.FUND_MANAGER: _READING | {Power.ASK_TRANSFER, Power.READ_CASH},
    Role.AUDITOR: _READING
    | {Power.READ_AUDIT, Power.READ_FILES, Power.READ_APPROVALS, Power.READ_CASH},
    Role.DEVELOPER: frozenset({Power.READ_CHAIN, Power.OWN_KEYS}),
}


def holder_scope(issuer: str, holder: str) -> str:
    """The scope of a role that concerns one holder of an issuer."""
    return f"{issuer}/{holder}"
