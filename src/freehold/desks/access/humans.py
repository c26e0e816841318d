"""Which identities are one human being: nobody agrees to what he proposed under another name.

Who applied belongs to the person of his file. Everybody else belongs to nobody until an administrator says
that two identities are the same human; both then carry the same mark, and so do his proposals that wait.
"""

from freehold.book import approvals, audit, identities
from freehold.book.identities import Identity
from freehold.book.session import Transaction
from freehold.core.approvals import Person
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.access import proofs
from freehold.desks.office import Office
from freehold.desks.permits import Actor

MARK = "id_"
"""How the mark of a human without a file begins: it is the id of his first identity."""


def same(office: Office, actor: Actor, which: str, other: str) -> Identity:
    """Say that two identities, by id or sign-in name, are the same human being; again is no change.

    Raises NotPermitted, NotFound, Invalid for one and the same identity, Conflict where they belong to two
    persons already.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES)
    permits.require_fresh_session(actor, office.clock.now())
    with office.book.transaction() as tx:
        return join(office, tx, actor, _there(tx, actor, which), other)


def join(office: Office, tx: Transaction, actor: Actor, known: Identity, other: str) -> Identity:
    """As `same`, in the transaction in which an identity is entered."""
    found, now = _there(tx, actor, other), office.clock.now()
    if found.id == known.id:
        raise Invalid("this is one identity: name another one of the same person", field="same_as")
    marks = {known.person, found.person} - {None}
    if len(marks) == 2:
        raise Conflict("the two belong to two persons already: part one of them first")
    human = known.person or found.person or found.id
    for one in (known, found):
        if one.person != human:
            identities.link_person(tx, one.id, human)
            approvals.belongs(tx, one.id, human)
            content = {"what": human}
            audit.record(tx, Entry(actor.id, "same person", one.id, content=dict(content)), now)
            proofs.tell(tx, one.id, "linked with another identity of yours", now)
    return identities.find(tx, known.id)


def part(office: Office, actor: Actor, which: str) -> Identity:
    """Say that an identity is of nobody else after all. Raises as `same`, NotPermitted about oneself,
    Conflict where it is the identity of somebody who applied, which his file says."""
    permits.require(actor, Power.MANAGE_IDENTITIES)
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    with office.book.transaction() as tx:
        known = _there(tx, actor, which)
        if known.id == actor.id:
            raise NotPermitted("nobody may part his own identities: ask another administrator")
        if known.person is None:
            return known
        if not known.person.startswith(MARK):
            raise Conflict(f"{known.sign_in_name} belongs to a file of the register")
        identities.link_person(tx, known.id, None)
        content = {"what": known.person}
        audit.record(tx, Entry(actor.id, "another person", known.id, content=dict(content)), now)
        return identities.find(tx, known.id)


def others(tx: Transaction, known: Identity) -> tuple[Identity, ...]:
    """The other identities of the same human being."""
    if known.person is None:
        return ()
    everyone = identities.everyone(tx)
    return tuple(one for one in everyone if one.person == known.person and one.id != known.id)


def person(tx: Transaction, which: str) -> Person:
    """An identity and the human being behind it; of who has keys of the home folder it is not known."""
    signs_in = which.startswith(MARK)
    return Person(which, identities.find(tx, which).person if signs_in else None)


def require_another(tx: Transaction, before: str, now: str, said: str) -> None:
    """Raises NotPermitted with a sentence where two identities, by id, are one human being."""
    one, other = person(tx, before), person(tx, now)
    if before == now or (one.human is not None and one.human == other.human):
        raise NotPermitted(said)


def _there(tx: Transaction, actor: Actor, which: str) -> Identity:
    """An identity by id or sign-in name whose access the actor administers."""
    name = which.strip().lower()
    known = identities.find(tx, name) if name.startswith(MARK) else identities.named(tx, name)
    if known is None or known.ended_at:
        raise NotFound(f"nobody signs in as {which.strip()[:128]!r}", field="same_as")
    permits.require_over(actor, [(one.role, one.scope) for one in identities.roles(tx, known.id)])
    return known
