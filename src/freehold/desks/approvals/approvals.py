"""Two-person approvals: propose, see what would change, approve, decline, withdraw, break the glass.

Whoever decides does so on the difference that he saw, and only while it is still true. What is approved is
recorded here and carried out by the worker (`desks/approvals/carrying_out.py`); this desk signs nothing.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from freehold.book import approvals, audit, instructions, issuers, requests
from freehold.book.approvals import Announcement, Correction
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.chain import send
from freehold.core.approvals import (
    Act,
    Difference,
    Person,
    Proposal,
    State,
    require_another,
    require_open,
    require_seen,
)
from freehold.core.audit import Outcome
from freehold.core.errors import Invalid, NotFound, NotPermitted, Plain, PlatformError
from freehold.core.grounds import Grounds
from freehold.core.ids import JSON, record_hash
from freehold.core.instruction import State as Stage
from freehold.core.reasons import Refusal, message_for
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.access import deciding
from freehold.desks.approvals import minutes
from freehold.desks.approvals.approvable import KINDS, PROPOSABLE, kind_named
from freehold.desks.approvals.carrying_out import carry_out_at_once
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Texts, require_fields
from freehold.desks.approvals.views import ProposalView as ProposalView
from freehold.desks.approvals.views import person as person_of
from freehold.desks.approvals.views import require_power
from freehold.desks.approvals.views import view as view_of
from freehold.desks.office import Office
from freehold.desks.permits import Actor

SHOWN_FOR = timedelta(days=7)
"""How long pages show that somebody broke the glass."""
Decide = Callable[[], Proposal]
_PROPOSING = tuple((power, None) for power in dict.fromkeys(one.power for one in KINDS.values()))
TRIED = "a dry run"
"""The key of an act that is only tried."""


@dataclass(frozen=True, slots=True)
class ProposeRequest:
    """What somebody proposes: an act's kind, its texts by field, why. `key` makes it one proposal."""

    kind: str
    texts: Texts
    key: str
    issuer: str | None = None
    grounds: Grounds | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a dry run found: the act as it was read, the difference; or the reason why it is refused."""

    act: Act
    difference: Difference
    code: int = 0
    reason: str = ""

    @property
    def refused(self) -> bool:
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of what was asked: the proposal, or the refusal of its dry run."""

    tried: Tried
    proposal: Proposal | None


def dry_run(office: Office, who: Actor, asked: ProposeRequest) -> Tried:
    """What an act would change now; nothing is kept. Raises as `propose`."""
    return _try(office, _read(office, who, asked))


def propose(office: Office, who: Actor, asked: ProposeRequest) -> Proposed:
    """Propose an act, once under a key; what its dry run refuses is not proposed.

    An act that needs one person alone is approved at once. Raises NotPermitted, NotFound, Invalid with
    every mistake, Conflict where the key was used for something else.
    """
    digest = _digest(asked)
    with office.book.reading() as tx:
        known = requests.earlier(tx, who.id, asked.key, digest)
        if known:
            found = approvals.find(tx, str(known.outcome["proposal"]))
            return Proposed(Tried(found.act, found.difference), found)
    act = _read(office, who, asked)
    tried = _try(office, act)
    now = office.clock.now()
    with office.book.transaction() as tx:
        if tried.refused:
            content = {"why": tried.reason}
            minutes.record(
                tx, who, f"propose {act.kind}", act, now, content, Outcome.REFUSED, tried.code
            )
            return Proposed(tried, None)
        if known := requests.claim(tx, who.id, asked.key, digest):
            return Proposed(tried, approvals.find(tx, str(known.outcome["proposal"])))
        made = enter(office, tx, who, tried)
        kept = Request(who.id, asked.key, digest, act.issuer, None, {"proposal": made.id}, now)
        requests.keep(tx, kept)
    return Proposed(tried, made)


def enter(office: Office, tx: Transaction, who: Actor, tried: Tried) -> Proposal:
    """Write what was tried as a proposal, approved at once where one person is enough."""
    now, act = office.clock.now(), tried.act
    rules = approvals.rules(tx, act.issuer)
    persons = rules.persons(act)
    made = approvals.add(
        tx,
        Proposal(
            f"ap_{secrets.token_hex(12)}",
            act,
            persons,
            person_of(tx, who),
            now,
            now + rules.lapse,
            tried.difference,
        ),
    )
    minutes.record_on(tx, who, f"propose {act.kind}", made, now, minutes.content_of(made))
    if persons == 1:
        made = approvals.decide(tx, made, State.APPROVED, None, now)
        minutes.record_on(tx, who, f"approve {act.kind}", made, now, {"persons": 1})
        made = carry_out_at_once(office, tx, made)
    else:
        kind = kind_named(act.kind)
        deciding.tell_approvers(tx, made, kind.title, kind.power, now)
    return made


def approve(office: Office, who: Actor, which: str, seen: str, note: str = "") -> Proposal:
    """Approve what somebody else proposed, on the difference whose digest was `seen`.

    Raises NotFound, NotPermitted for the proposer himself under whatever identity, a missing power or a
    session without a fresh proof,
    Conflict where it was decided, has lapsed, or the register moved so that the difference changed.
    """
    permits.require(who, Power.APPROVE)
    found = _open(office, who, which)
    now = office.clock.now()
    permits.require_fresh_session(who, now)
    with office.book.reading() as tx:
        person = person_of(tx, who)
    require_power(who, found)
    minutes.guarded(office, who, "approve", found, lambda: require_another(found, person))
    require_open(found, now)
    fresh = _try(office, found.act)
    minutes.guarded(
        office, who, "approve", found, lambda: require_seen(found, seen, fresh.difference)
    )
    if fresh.refused:
        raise Invalid(f"it would be refused now: {fresh.reason}", code=fresh.code)
    with office.book.transaction() as tx:
        decided = approvals.decide(tx, found, State.APPROVED, person, now, minutes.note(note))
        content: dict[str, Plain] = {"difference": seen, "note": minutes.note(note)}
        minutes.record_on(tx, who, f"approve {found.act.kind}", decided, now, content)
        title = kind_named(found.act.kind).title
        deciding.tell_proposer(tx, decided, title, f"was approved by {who.name}", now)
        return carry_out_at_once(office, tx, decided)


def decline(office: Office, who: Actor, which: str, note: str) -> Proposal:
    """Decline what somebody else proposed, with a note. Raises as `approve`, Invalid without a note."""
    permits.require(who, Power.APPROVE)
    if not note.strip():
        raise Invalid("say why it is declined", field="note")
    found = _open(office, who, which)
    with office.book.reading() as tx:
        person = person_of(tx, who)
    require_power(who, found)
    minutes.guarded(office, who, "decline", found, lambda: require_another(found, person))
    return _decide(office, who, found, State.DECLINED, person, note)


def withdraw(office: Office, who: Actor, which: str, note: str = "") -> Proposal:
    """Take back what one proposed oneself. Raises NotFound, NotPermitted, Conflict."""
    permits.require_any(who, *_PROPOSING)
    found = _open(office, who, which)
    if found.proposer.identity != who.id:
        raise NotPermitted("only whoever proposed it may withdraw it: decline it instead")
    with office.book.reading() as tx:
        person = person_of(tx, who)
    return _decide(office, who, found, State.WITHDRAWN, person, note)


def dry_run_again(office: Office, who: Actor, which: str) -> Tried:
    """Try a proposal anew and keep the newer difference. Raises as `approve`."""
    permits.require_any(who, (Power.APPROVE, None), *_PROPOSING)
    found = _open(office, who, which)
    require_open(found, office.clock.now())
    fresh = _try(office, found.act)
    if not fresh.refused and fresh.difference.digest != found.difference.digest:
        with office.book.transaction() as tx:
            newer = approvals.dry_run_again(tx, found, fresh.difference)
            content: dict[str, Plain] = {"difference": fresh.difference.digest}
            act = f"dry run {found.act.kind} again"
            minutes.record_on(tx, who, act, newer, office.clock.now(), content)
    return fresh


def break_glass(office: Office, who: Actor, which: str, seen: str, reason: str) -> Proposal:
    """Approve alone, one's own proposal or another's, with a reason that everybody concerned hears.

    Raises NotPermitted without the power for it, Invalid without a reason of ten letters, Conflict as
    `approve`.
    """
    permits.require(who, Power.BREAK_GLASS)
    permits.require_fresh_session(who, office.clock.now())
    if len(reason.strip()) < 10:
        raise Invalid("write the reason why one person has to act alone", field="reason")
    found = _open(office, who, which)
    permits.require(who, Power.BREAK_GLASS, found.act.issuer)
    permits.require(who, kind_named(found.act.kind).power, found.act.issuer)
    now = office.clock.now()
    require_open(found, now)
    fresh = _try(office, found.act)
    minutes.guarded(
        office, who, "break glass", found, lambda: require_seen(found, seen, fresh.difference)
    )
    if fresh.refused:
        raise Invalid(f"it would be refused now: {fresh.reason}", code=fresh.code)
    kind = kind_named(found.act.kind)
    with office.book.transaction() as tx:
        person = person_of(tx, who)
        decided = approvals.decide(
            tx, found, State.APPROVED, person, now, minutes.note(reason), True
        )
        content: dict[str, Plain] = {"difference": seen, "reason": minutes.note(reason)}
        minutes.record_on(tx, who, "break glass", decided, now, content)
        told = f"{who.name} broke the glass: {kind.title} was approved by one person alone."
        row = Announcement(0, "break-glass", found.act.issuer, found.id, told, now, now + SHOWN_FOR)
        approvals.announce(tx, row)
        deciding.warn_of_broken_glass(tx, decided, kind.title, kind.power, who, now)
        return carry_out_at_once(office, tx, decided)


def proposals(
    office: Office,
    who: Actor,
    states: Sequence[State],
    before: int | None,
    limit: int,
    kind: str | None = None,
    issuer: str | None = None,
) -> list[ProposalView]:
    """The last proposals first, of the issuers whose approvals one may read, and one's own; of a kind, of
    an issuer."""
    permits.require_any(who, (Power.READ_APPROVALS, None), (Power.REQUEST_TRANSFER, None))
    with office.book.reading() as tx:
        found = approvals.newest(tx, _readable(who), states, before, limit, who.id, kind, issuer)
        return [view_of(office, tx, who, one) for one in found]


def seek(
    office: Office, who: Actor, states: Sequence[State], kind: str, first: int, limit: int
) -> tuple[list[ProposalView], int]:
    """Proposals in some states and of a kind (empty: of any), from the `first` on, the last ones before the
    others, and how many there are. Raises as `proposals`."""
    permits.require_any(who, (Power.READ_APPROVALS, None), (Power.REQUEST_TRANSFER, None))
    with office.book.reading() as tx:
        seen = _readable(who)
        found, total = approvals.sought(tx, seen, states, kind, first, limit, who.id)
        return [view_of(office, tx, who, one) for one in found], total


def about(office: Office, who: Actor, token: str, kind: str) -> list[ProposalView]:
    """The proposals of one kind about an instrument that the actor may read, the last one first."""
    with office.book.reading() as tx:
        found = approvals.about(tx, token, kind)
        return [
            view_of(office, tx, who, one)
            for one in found
            if permits.allows(who, Power.READ_APPROVALS, one.act.issuer)
        ]


def queue(office: Office, who: Actor) -> list[ProposalView]:
    """What waits for a decision, what lapses first at the front."""
    permits.require(who, Power.READ_APPROVALS)
    now = office.clock.now()
    with office.book.reading() as tx:
        found = [one for one in approvals.waiting(tx, _readable(who)) if one.lapses_at > now]
        return [view_of(office, tx, who, one) for one in found]


def waiting_for(office: Office, who: Actor) -> int:
    """How many proposals this person could decide now; 0 without the power."""
    if not permits.allows(who, Power.APPROVE):
        return 0
    with office.book.reading() as tx:
        if not approvals.any_waiting(tx):
            return 0
    return sum(one.may_decide for one in queue(office, who))


def proposal(office: Office, who: Actor, which: str) -> ProposalView:
    """One proposal with its log. Raises NotFound, also for what one may not see."""
    permits.require_any(who, (Power.READ_APPROVALS, None), (Power.REQUEST_TRANSFER, None))
    with office.book.reading() as tx:
        found = _seen(tx, who, which)
        view = view_of(office, tx, who, found)
        log = tuple(audit.entries(tx, subject=found.id))
    return replace(view, log=log)


def names_of(office: Office, who: Actor, issuer: str) -> dict[str, str]:
    """Holders' names by id, for somebody who may read the register; nothing for others."""
    if not permits.allows(who, Power.READ_REGISTER, issuer):
        return {}
    with office.book.reading() as tx:
        return {one.id: one.name for one in issuers.holders(tx, issuer)}


def corrections_of(office: Office, who: Actor, instruction: str) -> list[Correction]:
    """The corrections in which an entry stands, for somebody who may read approvals."""
    if not permits.allows(who, Power.READ_APPROVALS):
        return []
    with office.book.reading() as tx:
        return approvals.corrections(tx, instruction)


def proposable(who: Actor) -> list[Kind]:
    """The kinds of act that somebody may propose for anybody at all."""
    return [kind for kind in PROPOSABLE if permits.allows(who, kind.power)]


def kind_of(who: Actor, name: str) -> Kind | None:
    """A kind that somebody may propose; None if there is no such act. Raises NotPermitted."""
    kind = next((one for one in PROPOSABLE if one.name == name), None)
    if kind is not None:
        permits.require(who, kind.power)
    return kind


def is_stale(office: Office, found: Proposal) -> bool:
    """Whether the register moved on so that the difference is another one now."""
    try:
        fresh = kind_named(found.act.kind).difference(office, found.act)
    except PlatformError:
        return True
    return Difference(tuple(fresh), 0).digest != found.difference.digest


def waits_for(office: Office, found: Proposal) -> str:
    """What an approved proposal waits for, as a sentence; empty if the worker is at it."""
    with office.book.reading() as tx:
        ids = approvals.instructions_of(tx, found.id)
        done = [instructions.find(tx, id) for id in ids]
    if any(one.state is not Stage.SETTLED for one in done):
        return ""
    kind = kind_named(found.act.kind)
    return kind.carry_out(office, Planned(found.act, found.id, tuple(done))).waits


def announcements(office: Office, who: Actor) -> list[Announcement]:
    """What has to be heard now by somebody who may read approvals. Raises NotPermitted."""
    permits.require(who, Power.READ_APPROVALS)
    with office.book.reading() as tx:
        found = approvals.announcements(tx, office.clock.now())
    return [one for one in found if permits.allows(who, Power.READ_APPROVALS, one.issuer)]


# ---- parts ----


def _read(office: Office, who: Actor, asked: ProposeRequest) -> Act:
    """The act, after the power for it was required."""
    kind = kind_named(asked.kind)
    if not kind.direct:
        raise Invalid(f"{kind.name} is not proposed by itself: ask for it", field="kind")
    permits.require(who, kind.power)
    with office.book.reading() as tx:
        owner = issuers.find(tx, asked.issuer)
    permits.require(who, kind.power, owner.id)
    require_fields(kind, asked.texts, asked.grounds)
    if len(asked.reference) > 128 or not (asked.reference.isprintable() or not asked.reference):
        raise Invalid("a file number has at most 128 letters", field="reference")
    grounds = asked.grounds if kind.grounds else None
    return kind.read(office, Asking(owner, dict(asked.texts), grounds, asked.reference))


def _try(office: Office, act: Act) -> Tried:
    """Difference and refusal of an act now."""
    kind = kind_named(act.kind)
    block = send.head(office.w3)
    difference = Difference(tuple(kind.difference(office, act)), block)
    step = kind.carry_out(office, Planned(act, TRIED))
    if step.refused:
        return Tried(act, difference, step.code, step.refused)
    if step.order is not None:
        first = step.order.asked[0]
        assert first.target, "an act calls a contract"
        why = send.attempt(office.w3, first.signer.address, first.target, first.data)
        if isinstance(why, Refusal):
            return Tried(act, difference, why.code, message_for(why.code))
        if why is not None:
            return Tried(act, difference, 0, why.message)
    return Tried(act, difference)


def _open(office: Office, who: Actor, which: str) -> Proposal:
    permits.require_any(who, (Power.READ_APPROVALS, None), (Power.REQUEST_TRANSFER, None))
    with office.book.reading() as tx:
        return _seen(tx, who, which)


def _seen(tx: Transaction, who: Actor, which: str) -> Proposal:
    found = approvals.find(tx, which)
    reads = permits.allows(who, Power.READ_APPROVALS, found.act.issuer)
    if not reads and found.proposer.identity != who.id:
        raise NotFound(f"there is no proposal {which}", proposal=which)
    return found


def _decide(
    office: Office, who: Actor, found: Proposal, to: State, person: Person, note: str
) -> Proposal:
    now = office.clock.now()
    require_open(found, now)
    word = {State.DECLINED: "decline", State.WITHDRAWN: "withdraw"}[to]
    with office.book.transaction() as tx:
        decided = approvals.decide(tx, found, to, person, now, minutes.note(note))
        content: dict[str, Plain] = {"note": minutes.note(note)}
        minutes.record_on(tx, who, f"{word} {found.act.kind}", decided, now, content)
        if to is State.DECLINED:
            how = f"was declined by {who.name}: {note.strip()}"
            deciding.tell_proposer(tx, decided, kind_named(found.act.kind).title, how, now)
    return decided


def _readable(who: Actor) -> list[str] | None:
    scopes = permits.scopes(who, Power.READ_APPROVALS)
    return None if EVERYWHERE in scopes else sorted(scopes)


def _digest(asked: ProposeRequest) -> str:
    grounds = asked.grounds
    why: list[JSON] = [int(grounds.reason), grounds.document.hex()] if grounds else []
    texts: dict[str, JSON] = dict(asked.texts)
    return record_hash([asked.kind, asked.issuer, texts, why, asked.reference])[2:]
