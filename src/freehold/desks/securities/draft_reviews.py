"""A draft with a policy of its own is agreed to by a second person before it is put on chain.

An issuer's approval rules say how many persons a change of policy takes; the first policy of an instrument
takes as many. What is agreed to is exactly what stood in the draft: another word, and it is asked for anew.
"""

from dataclasses import dataclass

from freehold.book import audit, drafts, identities
from freehold.book.drafts import Draft, Reviewed
from freehold.book.drafts import Review as Review
from freehold.core.approvals import Person, require_other_person
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, Invalid, NotPermitted, Plain
from freehold.core.letters import Kind
from freehold.core.roles import Power
from freehold.desks import notices, permits
from freehold.desks.access import deciding
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.securities import deployments

LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as its reviewer sees it: who asked, by sign-in name, and whether that is he himself;
    whether he may decide, if not why."""

    draft: Draft
    review: Review | None
    author: str
    own: bool
    may_decide: bool
    why_not: str

    @property
    def named(self) -> str:
        """What the instrument will be called, or whose it is."""
        content = self.draft.content
        return str(content.get("terms", {}).get("name") or content["issuer"]["name"])


def ask(office: Office, actor: Actor, id: str) -> Draft:
    """Ask another person to agree to one's own draft; asked again while it waits is no change.

    Raises Invalid while anything in it is missing or wrong, Conflict once it is being carried out.
    """
    draft, now = deployments.find(office, actor, id), office.clock.now()
    if draft.work_order:
        raise Conflict("this draft is being carried out: begin a new one for another instrument")
    deployments.require_complete(draft.content, now)
    owner = draft.content["issuer"]
    permits.require(actor, Power.ESTABLISH, owner["id"])
    before = drafts.review_of(draft.content)
    if before is not None and before.state is not Reviewed.DECLINED:
        return draft
    review = Review(Reviewed.ASKED, drafts.digest_of(draft.content), now)
    with office.book.transaction() as tx:
        drafts.save(tx, id, drafts.reviewed(draft.content, review), now)
        content: dict[str, Plain] = {"issuer": owner["id"], "digest": review.digest}
        audit.record(tx, Entry(actor.id, "ask for a review", id, content=content), now)
        author = Person(actor.id, identities.find(tx, actor.id).person)
        told = {"issuer": owner["name"], "act": "Put an instrument on chain with its own policy"}
        told |= {"link": f"/assets/drafts/{id}/second", "until": "it is decided"}
        for one in deciding.deciders(tx, owner["id"], author, Power.CHANGE_POLICY):
            once = f"waits {id} {review.digest}"
            notices.tell(tx, one, Kind.APPROVAL, told, now, once=once)
    return deployments.find(office, actor, id)


def waiting(office: Office, actor: Actor) -> list[DraftView]:
    """The drafts of others that this person could agree to now; none without the powers."""
    if not permits.allows(actor, Power.APPROVE):
        return []
    return [one for one in queue(office, actor) if one.may_decide]


def queue(office: Office, actor: Actor) -> list[DraftView]:
    """The drafts that wait for a second person: one's own, and those that one may read as a reviewer."""
    with office.book.reading() as tx:
        every = drafts.waiting(tx)
    readable = [one for one in every if one.identity == actor.id or _reads(actor, one)]
    return [_view(office, actor, one) for one in readable]


def shown(office: Office, actor: Actor, id: str) -> DraftView:
    """A draft for which a review was asked. Raises NotFound, NotPermitted."""
    permits.require(actor, Power.CHANGE_POLICY)
    permits.require(actor, Power.APPROVE)
    with office.book.reading() as tx:
        found = drafts.asked_for(tx, id)
    permits.require(actor, Power.CHANGE_POLICY, found.content["issuer"]["id"])
    return _view(office, actor, found)


def decide(
    office: Office, actor: Actor, id: str, seen: str, *, agree: bool, note: str = ""
) -> DraftView:
    """Agree to somebody else's draft, on the content whose digest was `seen`, or decline it with a note.

    Raises NotFound, NotPermitted for the author himself under whatever identity, a missing power or a
    session without a fresh proof, Invalid without a note, Conflict where the draft changed or was decided.
    """
    found, now = shown(office, actor, id), office.clock.now()
    permits.require_fresh_session(actor, now)
    act = "agree to a draft" if agree else "decline a draft"
    if found.why_not:
        with office.book.transaction() as tx:
            refused = Entry(actor.id, act, id, Outcome.REFUSED, content={"why": found.why_not})
            audit.record(tx, refused, now)
        raise NotPermitted(found.why_not)
    if not agree and not note.strip():
        raise Invalid("say why it is declined", field="note")
    state = Reviewed.AGREED if agree else Reviewed.DECLINED
    with office.book.transaction() as tx:
        fresh = drafts.asked_for(tx, id)
        review = drafts.review_of(fresh.content)
        if review is None or review.digest != seen or fresh.work_order:
            raise Conflict("the draft was changed since you saw it: look at it again")
        if not review.waits:
            raise Conflict(f"{review.by} has decided this already")
        by, said = actor.name, note.strip()[:LONGEST_NOTE]
        decided = Review(state, seen, now, by, said)
        drafts.save(tx, id, drafts.reviewed(fresh.content, decided), now)
        content: dict[str, Plain] = {"digest": seen, "note": said}
        audit.record(tx, Entry(actor.id, act, id, content=content), now)
        told = {"issuer": fresh.content["issuer"]["name"], "act": "Your draft"}
        how = f"was agreed to by {by}" if agree else f"was declined by {by}: {said}"
        told |= {"how": how, "link": f"/assets/drafts/{id}/review"}
        notices.tell(tx, fresh.identity, Kind.DECIDED, told, now, f"{how} {id} {seen}")
    return shown(office, actor, id)


def review_of(draft: Draft) -> Review | None:
    """The review of what stands in a draft now; None where none was asked for since it changed."""
    return drafts.review_of(draft.content)


def is_needed(office: Office, draft: Draft) -> bool:
    """Whether a draft, as it stands, needs a second person."""
    with office.book.reading() as tx:
        return deployments.needs_second(tx, draft.content)


def _reads(actor: Actor, draft: Draft) -> bool:
    owner = draft.content["issuer"]["id"]
    powers = (Power.APPROVE, Power.CHANGE_POLICY)
    return all(permits.allows(actor, power, owner) for power in powers)


def _view(office: Office, actor: Actor, draft: Draft) -> DraftView:
    owner, why_not = draft.content["issuer"]["id"], ""
    with office.book.reading() as tx:
        author = identities.find(tx, draft.identity)
        try:
            permits.require(actor, Power.APPROVE, owner)
            permits.require(actor, Power.CHANGE_POLICY, owner)
            me = Person(actor.id, identities.find(tx, actor.id).person)
            require_other_person(Person(author.id, author.person), me)
        except NotPermitted as fault:
            why_not = fault.message
    review = drafts.review_of(draft.content)
    waits = review is not None and review.waits and not draft.work_order
    own = draft.identity == actor.id
    return DraftView(draft, review, author.sign_in_name, own, waits and not why_not, why_not)
