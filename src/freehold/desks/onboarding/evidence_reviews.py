"""Evidence in the review queue, for people who came through a door: read, approve, reject, ask.

What is found is found by `examining.py`, under the policy of an instrument or one regime of law. Whoever
decides needs the power to review investors everywhere, as for hits of screening: a person may stand in the
registers of several issuers. Nobody reviews evidence about himself; every act is in the audit log, without
what the evidence says.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from freehold.book import (
    audit,
    identities,
    issuers,
    reviews,
)
from freehold.book.reviews import Asked
from freehold.book.reviews import Review as Review
from freehold.core.audit import Entry, Outcome
from freehold.core.claims import Claim
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound, NotPermitted, Plain
from freehold.core.evidence import read_fact
from freehold.core.policy.model import Policy
from freehold.core.policy.parse import parse_policy
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.onboarding import examining, persons
from freehold.desks.onboarding.examining import Examined
from freehold.desks.permits import Actor
from freehold.desks.rules import policies

Act = Callable[[], tuple[Claim, ...]]
LONGEST_WORDS = 2_000
STARTING = "us.persons"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Yardstick:
    """By what evidence may be judged: an instrument's policy (`id` its token) or a regime of law."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A review as its reviewer sees it: judged by `by`, and what was asked so far.

    `heard` says whether somebody signs in for the person, who hears a question.
    """

    found: Examined
    by: Yardstick
    asked: tuple[Asked, ...]
    why: str
    heard: bool


def queue(office: Office, actor: Actor) -> list[Review]:
    """Evidence that waits, in the order it came. Raises NotPermitted."""
    permits.require(actor, Power.REVIEW_INVESTORS, EVERYWHERE)
    return examining.waiting(office)


def yardsticks(office: Office, actor: Actor) -> list[Yardstick]:
    """By what evidence can be judged: policies in force that say what a person is, then regimes of law."""
    permits.require(actor, Power.REVIEW_INVESTORS, EVERYWHERE)
    with office.book.reading() as tx:
        listed = [
            one
            for owner in issuers.issuers(tx)
            if owner.chain == office.chain
            for one in issuers.instruments(tx, owner.id)
        ]
        found = [(one, persons.policy_in_force(office, tx, one)) for one in listed]
    own = [
        Yardstick(str(one.token), f"{policy.name}, in force for {one.name}")
        for one, policy in found
        if policy and policy.attributes
    ]
    return [*own, *_regimes()]


def submit(
    office: Office, actor: Actor, person: str, record: Mapping[str, Any], papers: Mapping[str, str]
) -> Review:
    """Put evidence about a person into the queue; `papers` are digests by name (sha256: and 64 digits).

    Raises NotPermitted, Invalid with every mistake, NotFound, Conflict where it is here already.
    """
    permits.require(actor, Power.REVIEW_INVESTORS, EVERYWHERE)
    wrong = [
        Mistake(f"papers.{name}", "is no digest such as sha256: and 64 hexadecimal digits")
        for name, digest in papers.items()
        if not DIGEST.fullmatch(digest)
    ]
    if wrong:
        raise Invalid("the evidence cannot be recorded; nothing was done", wrong)
    said = record.get("facts")
    facts = {name: _fact(value) for name, value in said.items()} if said else said
    known = {**record, "facts": facts, "documents": list(papers)}
    seen, review = examining.submit_hashed(office, person, known, papers)
    content: dict[str, Plain] = {"digest": seen.digest}
    with office.book.transaction() as tx:
        entry = Entry(actor.id, "submit evidence", str(review.number), content=content)
        audit.record(tx, entry, office.clock.now())
    return review


def file(office: Office, actor: Actor, number: int, by: str = "") -> EvidenceFile:
    """Everything that decides a review, judged by a yardstick (the first one if left out).

    Raises NotPermitted, NotFound, Conflict where the review is about something else.
    """
    permits.require(actor, Power.REVIEW_INVESTORS, EVERYWHERE)
    chosen = _chosen(office, actor, by)
    found = examining.examine(office, number, _policy(office, chosen))
    vault = office.people.vault()
    with office.book.reading() as tx:
        asked = reviews.questions(tx, vault, found.review)
        why = reviews.why(tx, vault, found.review)
        heard = bool(examining.hearing(tx, found.review.person))
    return EvidenceFile(found, chosen, tuple(asked), why, heard)


def approve(
    office: Office, actor: Actor, number: int, by: str, why: str
) -> tuple[EvidenceFile, tuple[Claim, ...]]:
    """Make a claim of each attribute that the yardstick finds in the evidence.

    Raises as `file`; NotPermitted without a fresh proof in a session, or about oneself; Conflict where it
    finds nothing or the review ended, Invalid without a reason.
    """

    def act() -> tuple[Claim, ...]:
        said, chosen = _words(why, "why"), _chosen(office, actor, by)
        policy = _policy(office, chosen)
        return examining.approve(office, number, policy, actor.name, said).claims

    claims = _decided(office, actor, "approve evidence", number, act)
    return file(office, actor, number, by), claims


def reject(office: Office, actor: Actor, number: int, why: str) -> EvidenceFile:
    """End a review without claims. Raises as `approve`."""

    def act() -> tuple[Claim, ...]:
        return examining.reject(office, number, actor.name, _words(why, "why")).claims

    _decided(office, actor, "reject evidence", number, act)
    return file(office, actor, number)


def ask(office: Office, actor: Actor, number: int, question: str) -> EvidenceFile:
    """Ask something about the evidence; the review waits on. Whoever signs in for the person hears it.

    Raises as `approve`.
    """

    def act() -> tuple[Claim, ...]:
        examining.ask(office, number, actor.name, _words(question, "question"))
        return ()

    _decided(office, actor, "ask about evidence", number, act)
    return file(office, actor, number)


# ---- parts ----


def _fact(value: Any) -> Any:
    """A fact as people write it: `yes`, a day, a whole number, a word; decimal numbers stay text."""
    try:
        found = read_fact(value) if isinstance(value, str) else value
    except ValueError:  # it looks like a day or a number, and is none: a word
        return value
    return value if isinstance(found, Fraction) else found


def _decided(office: Office, actor: Actor, name: str, number: int, act: Act) -> tuple[Claim, ...]:
    """Do it, and record it or its refusal; the claims that were made."""
    permits.require(actor, Power.REVIEW_INVESTORS, EVERYWHERE)
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    try:
        _require_another(office, actor, number)
        done = act()
    except (Conflict, Invalid, NotPermitted) as fault:
        content: dict[str, Plain] = {"why": fault.message}
        with office.book.transaction() as tx:
            entry = Entry(actor.id, name, str(number), Outcome.REFUSED, content=content)
            audit.record(tx, entry, now)
        raise
    with office.book.transaction() as tx:
        audit.record(tx, Entry(actor.id, name, str(number)), now)
    return done


def _require_another(office: Office, actor: Actor, number: int) -> None:
    with office.book.reading() as tx:
        review = examining.evidence_review(tx, number)
        mine = None if actor.id == permits.OPERATOR else identities.find(tx, actor.id).person
    if mine is not None and mine == review.person:
        raise NotPermitted("nobody reviews evidence about himself")


def _words(text: str, field: str) -> str:
    said = text.strip()
    if not 0 < len(said) <= LONGEST_WORDS:
        what = "ask something" if field == "question" else "say why"
        wrong = Mistake(field, f"{what}, in at most {LONGEST_WORDS:,} letters")
        raise Invalid(f"{what}, in at most {LONGEST_WORDS:,} letters: it is kept", [wrong])
    return said


def _chosen(office: Office, actor: Actor, by: str) -> Yardstick:
    """The yardstick with this id. Raises NotFound with what there is."""
    every = yardsticks(office, actor)
    found = next((one for one in every if by in ("", one.id)), None)
    if found is None:
        ids = ", ".join(one.id for one in every)
        raise NotFound(f"evidence cannot be judged by {by[:64]}; there are {ids}", by=by[:64])
    return found


def _policy(office: Office, by: Yardstick) -> Policy:
    if not by.id.startswith("0x"):
        return _regime(by.id, office.clock.now().date())
    with office.book.reading() as tx:
        _, instrument = issuers.instrument_at(tx, office.chain, by.id)
        found = persons.policy_in_force(office, tx, instrument)
    assert found, "a yardstick has a policy of its own"
    return found


@cache
def _regimes() -> tuple[Yardstick, ...]:
    """The regimes of law that say what a person is, with their titles; first the starting rules' own."""
    found = [
        Yardstick(id, str(tomllib.loads(text)["title"]))
        for id, text in sorted(policies.shipped_profiles().items())
        if "[[attributes]]" in text
    ]
    return tuple(sorted(found, key=lambda one: one.id != STARTING))


@cache
def _regime(id: str, day: date) -> Policy:
    """A regime alone, as a policy."""
    text = f'[policy]\nname = "{id.replace(".", "-").replace("_", "-")}"\nas_of = {day}\nuse = ["{id}"]\n'
    return parse_policy(text, policies.shipped_profiles(), day, id).policy
