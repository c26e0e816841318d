"""The minutes of approvals: what the audit log and letters say of proposals, decisions and refusals."""

from collections.abc import Callable, Mapping
from datetime import datetime

from freehold.book import audit, identities, issuers
from freehold.book.session import Transaction
from freehold.core.approvals import Act, Person, Proposal, require_another
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, Invalid, NotPermitted, Plain
from freehold.core.grounds import name_of
from freehold.core.letters import Kind
from freehold.core.roles import EVERYWHERE, GRANTED, Power
from freehold.desks import notices, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

LONGEST_NOTE = 2_000
Check = Callable[[], None]


def guarded(office: Office, who: Actor, act: str, found: Proposal, check: Check) -> None:
    """Run a check; its refusal is audited before it is raised."""
    try:
        check()
    except (NotPermitted, Conflict) as fault:
        with office.book.transaction() as tx:
            content: dict[str, Plain] = {"why": fault.message}
            outcome = Outcome.DENIED if isinstance(fault, NotPermitted) else Outcome.REFUSED
            now = office.clock.now()
            record_on(tx, who, f"{act} {found.act.kind}"[:64], found, now, content, outcome)
        raise


def note(text: str) -> str:
    """A note as it is kept. Raises Invalid where it is too long."""
    if len(text) > LONGEST_NOTE:
        raise Invalid(f"a note has at most {LONGEST_NOTE} letters", field="note")
    return text.strip()


def content_of(made: Proposal) -> dict[str, Plain]:
    """What an entry says of a proposal."""
    act = made.act
    content: dict[str, Plain] = {name: text[:256] for name, text in act.arguments.items()}
    content |= {"token": act.token, "difference": made.difference.digest, "persons": made.persons}
    if act.grounds:
        content |= {"reason": name_of(act.grounds.reason), "document": act.grounds.document.hex()}
    return content


def record(
    tx: Transaction,
    who: Actor,
    what: str,
    act: Act,
    now: datetime,
    content: Mapping[str, Plain],
    outcome: Outcome,
    code: int,
) -> None:
    """Record what was asked of an act that is no proposal."""
    subject = act.token or act.issuer
    audit.record(tx, Entry(who.id, what[:64], subject, outcome, code or None, content), now)


def record_on(
    tx: Transaction,
    who: Actor,
    what: str,
    found: Proposal,
    now: datetime,
    content: Mapping[str, Plain],
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Record what was done to a proposal."""
    audit.record(tx, Entry(who.id, what[:64], found.id, outcome, None, content), now)


def tell_approvers(tx: Transaction, made: Proposal, title: str, power: Power, now: datetime) -> int:
    """Write to everybody who could approve a proposal that it waits; how many letters."""
    facts = _facts(tx, made, title) | {"until": f"{made.lapses_at:%Y-%m-%d %H:%M} UTC"}
    told = 0
    for one in _deciders(tx, made, power):
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
    for one in sorted({*_deciders(tx, found, power), found.proposer.identity, who.id}):
        if one != permits.OPERATOR:
            notices.warn(tx, one, "the glass was broken", now, said)


def _deciders(tx: Transaction, found: Proposal, power: Power) -> list[str]:
    """Who could decide a proposal that somebody else made."""
    able = [role for role, powers in GRANTED.items() if Power.APPROVE in powers]
    held = [
        identities.with_role(tx, role, scope)
        for role in able
        for scope in (found.act.issuer, EVERYWHERE)
    ]
    others = frozenset().union(*held) - {found.proposer.identity}
    return [one for one in sorted(others) if _may_decide(tx, one, found, power)]


def _may_decide(tx: Transaction, which: str, found: Proposal, power: Power) -> bool:
    known = identities.find(tx, which)
    try:
        require_another(found, Person(known.id, known.person))
    except NotPermitted:
        return False
    actor, issuer = permits.actor_of(tx, known), found.act.issuer
    return all(permits.allows(actor, one, issuer) for one in (Power.APPROVE, power))


def _facts(tx: Transaction, found: Proposal, title: str) -> dict[str, str]:
    issuer = issuers.find(tx, found.act.issuer).name
    return {"issuer": issuer, "act": title, "link": f"/approvals/{found.id}"}
