"""Sanctions screening: everybody against a list, hits into the review queue, freezes on chain.

A hit is kept with its score and reasons, sealed with the person's data, and asked about once: the
same entry does not come again for the same person, whoever publishes the list. A person of the
office ends it. Confirmed, the person's accounts are marked sanctioned: they neither send nor receive,
nothing is returned, and a report is due in ten business days (31 CFR 501.603; unverified). The chain
shows the mark and an opaque document; neither the list nor the reason.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from freehold.book import audit, issuers, people, reviews
from freehold.book.people import Wallet
from freehold.book.reviews import Review, Task
from freehold.book.schema_people import About
from freehold.chain.contracts import call
from freehold.core.audit import Entry
from freehold.core.calendar import add_business_days, calendar
from freehold.core.errors import Conflict, Invalid, Plain
from freehold.core.facts import FLAGS_AT, Flags, unpack_facts
from freehold.core.ids import JSON, record_hash
from freehold.core.roles import EVERYWHERE, Power
from freehold.core.screening import THRESHOLD, Hit, hits_in, prepared, read_list
from freehold.desks import parties, permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.onboarding import persons
from freehold.desks.outbox.carrying import Asked, carry_out
from freehold.desks.permits import Actor

REPORT_DAYS = 10
REPORT = "report blocked property"
RULE = "US-OFAC"


@dataclass(frozen=True, slots=True)
class FoundHit:
    """A person who may be an entry of the list, and the review in which that is decided."""

    person: str
    hit: Hit
    review: int


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screening found: how many persons against how many entries, and the new hits."""

    persons: int
    entries: int
    threshold: int
    hits: tuple[FoundHit, ...]
    known: int


@dataclass(frozen=True, slots=True)
class Decided:
    """How a hit was decided; the accounts marked anew or freed, and the task of the report."""

    review: Review
    accounts: tuple[str, ...]
    task: Task | None


def screen(
    office: Office, text: str, json_file: bool, name: str, threshold: int = THRESHOLD
) -> Screened:
    """Compare everybody with a list; what is new goes to the review queue.

    Raises Invalid for a list with mistakes (nobody is screened then) or a threshold out of range.
    """
    if not 50 <= threshold <= 100:
        raise Invalid(f"threshold {threshold} is not between 50 and 100", field="threshold")
    entries = prepared(read_list(text, json_file, name))
    vault, found, known = office.people.vault(), [], 0
    with office.book.transaction() as tx:
        everybody = people.all_particulars(tx, vault)
        for person, who in everybody.items():
            for hit in hits_in(who, entries, threshold):
                id = people.blind(tx, vault, person, hit.entry.content)
                content = _content(hit, name, threshold)
                review = reviews.keep_hit(tx, vault, person, id, content, office.clock.now())
                if review is None:
                    known += 1
                else:
                    found.append(FoundHit(person, hit, review.number))
    return Screened(len(everybody), len(entries.entries), threshold, tuple(found), known)


def decide(office: Office, number: int, *, confirmed: bool, reviewer: str, why: str) -> Decided:
    """End the review of a hit. Confirmed: the person's accounts are frozen in every register first.

    Raises NotFound, Conflict if it ended already or is no screening, Invalid without a name or reason.
    """
    _require_words(reviewer, why)
    vault = office.people.vault()
    with office.book.reading() as tx:
        review = reviews.find(tx, number)
        if review.about is not About.SCREENING:
            raise Conflict(f"review {number} is about {review.about}, not about screening")
        if review.approved is not None:
            raise Conflict(f"review {number} ended already, by {review.reviewer}")
        owned = people.wallets(tx, review.person)
    frozen = _mark(office, review, owned, sanctioned=True) if confirmed else ()
    now, task = office.clock.now(), None
    with office.book.transaction() as tx:
        ended = reviews.end(tx, vault, review, confirmed, reviewer, why, now)
        if confirmed:
            due = report_due(now_on_chain(office).date())
            task = reviews.add_task(tx, REPORT, review.subject, RULE, due, now)
    return Decided(ended, frozen, task)


def waiting(office: Office) -> list[tuple[Review, dict[str, Any]]]:
    """Hits that wait for a decision, with what each says."""
    vault = office.people.vault()
    with office.book.reading() as tx:
        found = reviews.reviews(tx, open_alone=True)
        return [
            (one, reviews.hit(tx, vault, one.subject))
            for one in found
            if one.about is About.SCREENING
        ]


def waiting_for(office: Office, actor: Actor) -> list[tuple[Review, dict[str, Any]]]:
    """As `waiting`, for somebody who came through a door. Raises NotPermitted."""
    permits.require(actor, Power.REVIEW_INVESTORS, EVERYWHERE)
    return waiting(office)


def decide_as(office: Office, actor: Actor, number: int, *, confirmed: bool, why: str) -> Decided:
    """As `decide`, for somebody who came through a door: he needs the power (and in a session a fresh
    proof), and is recorded. Raises NotPermitted besides."""
    permits.require(actor, Power.REVIEW_INVESTORS, EVERYWHERE)
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    done = decide(office, number, confirmed=confirmed, reviewer=actor.name, why=why)
    with office.book.transaction() as tx:
        content: dict[str, Plain] = {"confirmed": confirmed}
        audit.record(tx, Entry(actor.id, "decide screening hit", str(number), content=content), now)
    return done


def tasks(office: Office, done: str | None = None) -> list[Task]:
    """Tasks that are due, the most urgent first; `done` notes first that one is done.

    Raises NotFound for an unknown task.
    """
    with office.book.transaction() as tx:
        if done is not None:
            reviews.finish_task(tx, done, office.clock.now())
        return reviews.tasks(tx, open_alone=True)


def report_due(confirmed: date) -> date:
    """The last day for the report of a person confirmed on a day: ten US business days later."""
    return add_business_days(calendar("US"), confirmed, REPORT_DAYS)


def lift(office: Office, person: str, *, reviewer: str, why: str) -> Decided:
    """Take the mark of sanctions off a person's accounts; a freeze for another reason stays.

    Raises NotFound, Conflict if the person is not sanctioned, Invalid without a name or reason.
    """
    _require_words(reviewer, why)
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        people.find(tx, person)
        if not persons.is_sanctioned(tx, person):
            raise Conflict(f"{person} is not sanctioned", person=person)
        review = reviews.open_review(tx, person, About.LIFTING, secrets.token_hex(32), now)
        ended = reviews.end(tx, vault, review, True, reviewer, why, now)
        owned = people.wallets(tx, person)
    return Decided(ended, _mark(office, ended, owned, sanctioned=False), None)


def _mark(
    office: Office, review: Review, owned: Sequence[Wallet], *, sanctioned: bool
) -> tuple[str, ...]:
    """Set or take away the mark; the document on chain is the review's opaque subject."""
    document = bytes.fromhex(record_hash({"review": review.subject})[2:])
    marked = []
    for one in owned:
        with office.book.reading() as tx:
            owner = issuers.find(tx, one.issuer)
        wallet, word = parties.living(office, owner, one.wallet)
        if not word:
            continue
        kept = unpack_facts(word).flags & (Flags.FROZEN | Flags.SANCTIONED)
        wanted = kept | Flags.SANCTIONED if sanctioned else kept & ~Flags.SANCTIONED
        if wanted != kept:
            data = call("Holders", "set_flags", wallet, int(wanted) << FLAGS_AT, document)
            key = f"mark {review.subject} {wallet}"
            asked = Asked(office.keys.agent, owner.register, data, "mark an account", key)
            carry_out(office, f"marks {one.issuer}", [asked])
        marked.append(str(wallet))
    return tuple(marked)


def _content(hit: Hit, name: str, threshold: int) -> dict[str, JSON]:
    return {
        "list": name,
        "entry": hit.entry.id,
        "name": hit.entry.name,
        "score": hit.score,
        "threshold": threshold,
        "reasons": list(hit.reasons),
    }


def _require_words(reviewer: str, why: str) -> None:
    for field, text in (("reviewer", reviewer), ("why", why)):
        if not text.strip():
            raise Invalid(f"{field} is missing: a review is ended by somebody, for a reason")
