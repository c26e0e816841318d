"""Transfers that an issuer's rules hold: they become proposals, which the agent approves.

An ordinary transfer needs nobody besides the rules. Where an issuer set that transfers of an instrument
need two persons, whoever asks for one proposes it, and the worker posts it once somebody else agreed.
"""

import secrets
from datetime import datetime

from freehold.book import approvals, audit, identities, restraints
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.chain import send
from freehold.core.approvals import TRANSFER, Act, Difference, Person, Proposal
from freehold.core.audit import Entry
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks.access import deciding
from freehold.desks.office import Office
from freehold.desks.parties import Party
from freehold.desks.permits import Actor
from freehold.desks.rules import restraining
from freehold.desks.securities import differences


def act_of(
    owner: KnownIssuer, instrument: KnownInstrument, sender: str, receiver: str, units: int
) -> Act:
    """A transfer between two holders (by id) as an act that persons agree to."""
    amount = format_units(units, instrument.decimals)
    named = {"sender": sender, "receiver": receiver, "units": amount}
    return Act(TRANSFER, owner.id, named, str(instrument.token), amount)


def is_held(tx: Transaction, act: Act, now: datetime) -> bool:
    """Whether nobody may transfer this alone: by the issuer's rules, or because the sender's address
    changed so lately that a second person has to look."""
    sender = act.arguments["sender"]
    if not restraints.anything_about(tx, act.issuer, sender):
        return False
    if restraining.address_held(tx, act.issuer, sender, now):
        return True
    return approvals.rules(tx, act.issuer).persons(act) > 1


def difference_of(
    office: Office,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    sender: Party,
    receiver: Party,
    units: int,
) -> Difference:
    """What the transfer would change now."""
    moves = {sender.holder.id: (sender, -units), receiver.holder.id: (receiver, units)}
    block = send.head(office.w3)
    return Difference(tuple(differences.of_moves(office, owner, instrument, moves)), block)


def hold(office: Office, tx: Transaction, who: Actor, act: Act, found: Difference) -> Proposal:
    """Write the transfer as a proposal of whoever asked for it."""
    now, rules = office.clock.now(), approvals.rules(tx, act.issuer)
    proposer = Person(who.id, identities.find(tx, who.id).person)
    id, until = f"ap_{secrets.token_hex(12)}", now + rules.lapse
    made = approvals.add(tx, Proposal(id, act, 2, proposer, now, until, found))
    content = {**act.arguments, "token": act.token, "difference": found.digest}
    audit.record(tx, Entry(who.id, f"propose {TRANSFER}", id, content=content), now)
    deciding.tell_approvers(tx, made, "Transfer", Power.REQUEST_TRANSFER, now)
    return made
