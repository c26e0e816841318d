"""Who may decide what somebody proposed, and what proposers and deciders are written about it.

Letters are written in the transaction of what they tell.
"""

from datetime import datetime

from freehold.book import identities, issuers
from freehold.book.session import Transaction
from freehold.core.approvals import Person, Proposal, require_other_person
from freehold.core.errors import NotPermitted
from freehold.core.letters import Kind
from freehold.core.roles import EVERYWHERE, GRANTED, Power
from freehold.desks import notices, permits
from freehold.desks.permits import Actor


def tell_approvers(tx: Transaction, made: Proposal, title: str, power: Power, now: datetime) -> int:
    """Write to everybody who could approve a proposal that it waits; how many letters."""
    facts = _facts(tx, made, title) | {"until": f"{made.lapses_at:%Y-%m-%d %H:%M} UTC"}
    told = 0
    for one in _deciders_of(tx, made, power):
        told += notices.tell(tx, one, Kind.APPROVAL, facts, now, once=f"waits {made.id}")
    return told


def tell_proposer(tx: Transaction, found: Proposal, title: str, how: str, now: datetime) -> None:
    """Write to whoever proposed it how it ended."""
    facts = _facts(tx, found, title) | {"how": how}
    notices.tell(tx, found.proposer.identity, Kind.DECIDED, facts, now, f"{how} {found.id}")


def warn_of_broken_glass(
    tx: Transaction, found: Proposal, title: str, power: Power, who: Actor, now: datetime
) -> None:
    """Warn everybody who would have been asked, the one who acted alone too."""
    said = {"act": title, "by": who.name, "where": found.act.issuer}
    for one in sorted({*_deciders_of(tx, found, power), found.proposer.identity, who.id}):
        if one != permits.OPERATOR:
            notices.warn(tx, one, "the glass was broken", now, said)


def deciders(tx: Transaction, issuer: str, proposer: Person, power: Power) -> list[str]:
    """Who could decide what somebody proposed for an issuer, by their identities."""
    able = [role for role, powers in GRANTED.items() if Power.APPROVE in powers]
    held = [
        identities.with_role(tx, role, scope) for role in able for scope in (issuer, EVERYWHERE)
    ]
    others = frozenset().union(*held) - {proposer.identity}
    return [one for one in sorted(others) if _may_decide(tx, one, issuer, proposer, power)]


def _deciders_of(tx: Transaction, found: Proposal, power: Power) -> list[str]:
    return deciders(tx, found.act.issuer, found.proposer, power)


def _may_decide(tx: Transaction, which: str, issuer: str, proposer: Person, power: Power) -> bool:
    known = identities.find(tx, which)
    try:
        require_other_person(proposer, Person(known.id, known.person))
    except NotPermitted:
        return False
    actor = permits.actor_of(tx, known)
    return all(permits.allows(actor, one, issuer) for one in (Power.APPROVE, power))


def _facts(tx: Transaction, found: Proposal, title: str) -> dict[str, str]:
    issuer = issuers.find(tx, found.act.issuer).name
    return {"issuer": issuer, "act": title, "link": f"/approvals/{found.id}"}
