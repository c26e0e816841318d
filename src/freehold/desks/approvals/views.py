"""A proposal as somebody sees it: what it is called, where it stands, whether he may decide it."""

from dataclasses import dataclass

from freehold.book import approvals, identities
from freehold.book.session import Transaction
from freehold.core.approvals import Person, Proposal, State, require_another
from freehold.core.audit import Link
from freehold.core.errors import Invalid, NotPermitted
from freehold.core.ids import InstructionId
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.approvals.approvable import kind_named
from freehold.desks.office import Office
from freehold.desks.permits import Actor

LONGEST_NAME = 32
"""Letters of the name under which somebody with the keys of the home folder acts."""


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal for somebody: its title, its state now, whether he may decide and if not why, who
    proposed and decided by sign-in name, the instructions made of it, and what is waited for."""

    proposal: Proposal
    title: str
    state: State
    may_decide: bool
    why_not: str
    own: bool
    may_break_glass: bool
    proposer: str
    decider: str
    instructions: tuple[InstructionId, ...]
    log: tuple[Link, ...]


def view(office: Office, tx: Transaction, who: Actor, found: Proposal) -> ProposalView:
    """A proposal as `who` sees it, without its log."""
    kind = kind_named(found.act.kind)
    state = found.at(office.clock.now())
    why_not = ""
    try:
        require_another(found, person(tx, who))
        require_power(who, found)
    except NotPermitted as fault:
        why_not = fault.message
    waits = state is State.PROPOSED
    breaks = all(
        permits.allows(who, power, found.act.issuer) for power in (Power.BREAK_GLASS, kind.power)
    )
    return ProposalView(
        found,
        kind.title,
        state,
        waits and not why_not,
        why_not,
        found.proposer.identity == who.id,
        waits and breaks,
        _called(tx, found.proposer),
        _called(tx, found.decider) if found.decider else "",
        tuple(approvals.instructions_of(tx, found.id)),
        (),
    )


def require_power(who: Actor, found: Proposal) -> None:
    """Raises NotPermitted unless somebody may decide proposals of this kind for its issuer."""
    permits.require(who, Power.APPROVE, found.act.issuer)
    permits.require(who, kind_named(found.act.kind).power, found.act.issuer)


def person(tx: Transaction, who: Actor) -> Person:
    """The identity and the human behind it; of who has the keys of the home folder it is not known."""
    if permits.signs_in(who.id):
        return Person(who.id, identities.find(tx, who.id).person)
    if len(who.id) > LONGEST_NAME:
        said = f"a name has at most {LONGEST_NAME} letters, {who.id[:40]!r} has {len(who.id)}"
        raise Invalid(said, field="by")
    return Person(who.id, None)


def _called(tx: Transaction, person: Person) -> str:
    if permits.signs_in(person.identity):
        return identities.find(tx, person.identity).sign_in_name
    return person.identity
