"""Evidence comes in, somebody looks at it, and what a policy finds in it becomes claims.

The facts are judged by the policy's own conditions, so no threshold stands here. An approval makes
one claim for each attribute that is found, each with the policy's last day; a rejection makes none.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from freehold.book import applications, issuers, people, reviews, security_notices
from freehold.book.reviews import Asked, Review
from freehold.book.schema_people import About, Fate
from freehold.book.session import Transaction
from freehold.core.claims import Claim, read_claim
from freehold.core.errors import Conflict, Invalid
from freehold.core.evidence import Evidence, evidence_from_json, evidence_json, read_evidence
from freehold.core.letters import Kind, plain
from freehold.core.policy.model import Policy
from freehold.core.policy.recognition import Recognition, recognise
from freehold.desks import notices
from freehold.desks.office import Office, now_on_chain
from freehold.desks.onboarding import persons


@dataclass(frozen=True, slots=True)
class Examined:
    """Evidence in the queue: the review, the record, and how a policy judges it."""

    review: Review
    evidence: Evidence
    judged: tuple[Recognition, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a review ended, and the claims that came of it."""

    review: Review
    claims: tuple[Claim, ...]


def digest_of(content: bytes) -> str:
    """How a paper is named for ever: by its SHA-256."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def submit(
    office: Office, person: str, record: Mapping[str, Any], papers: Mapping[str, bytes]
) -> tuple[Evidence, Review]:
    """Record evidence about a person and put it into the queue; `papers` are contents by name.

    The papers are hashed, not kept. Raises Invalid with every mistake, NotFound, Conflict where the
    same evidence is here already.
    """
    digests = {name: digest_of(content) for name, content in papers.items()}
    return submit_hashed(office, person, record, digests)


def submit_hashed(
    office: Office, person: str, record: Mapping[str, Any], digests: Mapping[str, str]
) -> tuple[Evidence, Review]:
    """As `submit`, of papers that somebody has hashed already."""
    seen = read_evidence(record, person, now_on_chain(office).date(), digests)
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        people.find(tx, person)
        id = people.blind(tx, vault, person, seen.digest)
        if any(one.subject == id for one in reviews.reviews(tx, person, open_alone=False)):
            raise Conflict("this evidence is here already: see the review queue", person=person)
        review = reviews.keep_evidence(tx, vault, person, id, evidence_json(seen), now)
    return seen, review


def examine(office: Office, number: int, policy: Policy) -> Examined:
    """The evidence of a review, judged by a policy; nothing is changed.

    Raises NotFound, Conflict if the review is about something else.
    """
    vault = office.people.vault()
    with office.book.reading() as tx:
        review = evidence_review(tx, number)
        person, content = reviews.evidence(tx, vault, review.subject)
        kind = people.find(tx, person).kind
    seen = evidence_from_json(content)
    return Examined(review, seen, tuple(recognise(policy, seen, kind)))


def approve(office: Office, number: int, policy: Policy, reviewer: str, why: str) -> Outcome:
    """Make claims of what the policy finds in the evidence.

    Raises Conflict where it finds nothing (reject it then, or record other evidence), Invalid for a
    finding that would never lapse, and as `examine`.
    """
    found = examine(office, number, policy)
    shown = [one for one in found.judged if one.finding.found]
    if not shown:
        lacking = sorted({fact for one in found.judged for fact in one.finding.missing})
        hint = f"; missing are {', '.join(lacking)}" if lacking else ""
        raise Conflict(f"{policy.name} finds nothing in the evidence of review {number}{hint}")
    endless = [one.name for one in shown if one.expires is None]
    if endless:
        raise Invalid(f"{policy.name} gives {', '.join(endless)} no period (`lapses`): add one")
    given = [_claim(found.evidence, one) for one in shown]
    own = [one.name for one in policy.attributes]
    was = found.evidence.facts.get("affiliate_until")
    until = was if isinstance(was, date) else None
    return _end(office, found.review, reviewer, why, given, own, until, approved=True)


def reject(office: Office, number: int, reviewer: str, why: str) -> Outcome:
    """End a review without claims. Raises NotFound, Conflict, Invalid without a name or reason."""
    with office.book.reading() as tx:
        review = evidence_review(tx, number)
    return _end(office, review, reviewer, why, approved=False)


def ask(office: Office, number: int, reviewer: str, question: str) -> bool:
    """Ask something about the evidence of a review, which waits on; whether somebody hears it. The last
    question again is the same question, and nobody is written to twice.

    Raises NotFound, Conflict where the review ended, Invalid without a name or a question.
    """
    _require_words(reviewer=reviewer, question=question)
    vault, now = office.people.vault(), office.clock.now()
    with office.book.transaction() as tx:
        review = evidence_review(tx, number)
        if review.approved is not None:
            raise Conflict(f"review {number} ended already, by {review.reviewer}")
        heard, before = hearing(tx, review.person), reviews.questions(tx, vault, review)
        if before and (before[-1].by, before[-1].question) == (reviewer, question.strip()):
            return bool(heard)
        reviews.ask(tx, vault, review, Asked(reviewer, question.strip(), now))
        for identity, issuer in heard:
            security_notices.add(tx, identity, "evidence has a question", {}, now)
            how = f"A question about your evidence: {plain(question)}"
            facts = {"issuer": issuer, "how": how, "link": "/"}
            notices.tell(tx, identity, Kind.ADMISSION, facts, now)
    return bool(heard)


def hearing(tx: Transaction, person: str) -> list[tuple[str, str]]:
    """Who signs in for a person, each with the name of the issuer at which he applied."""
    return [
        (one.identity, issuers.find(tx, one.issuer).name)
        for one in applications.of_person(tx, person)
    ]


def waiting(office: Office) -> list[Review]:
    """Evidence that nobody has looked at yet, in the order it came."""
    with office.book.reading() as tx:
        found = reviews.reviews(tx, open_alone=True)
    return [one for one in found if one.about is About.EVIDENCE]


def evidence_review(tx: Transaction, number: int) -> Review:
    """A review of evidence. Raises NotFound, Conflict if it is about something else."""
    review = reviews.find(tx, number)
    if review.about is not About.EVIDENCE:
        raise Conflict(f"review {number} is about {review.about}, not about evidence")
    return review


def _end(
    office: Office,
    review: Review,
    reviewer: str,
    why: str,
    given: Sequence[dict[str, str]] = (),
    own: Sequence[str] = (),
    until: date | None = None,
    *,
    approved: bool,
) -> Outcome:
    """End a review; the claims it makes come into being with it. `until` is the last day on which
    the person was an affiliate, where the evidence shows one."""
    _require_words(reviewer=reviewer, why=why)
    vault, now, claims = office.people.vault(), office.clock.now(), []
    with office.book.transaction() as tx:
        ended = reviews.end(tx, vault, review, approved, reviewer, why, now)
        for one in given:
            id = people.blind(tx, vault, review.person, f"{review.subject} {one['name']}")
            claim = read_claim({**one, "id": f"c-{id[:16]}"}, now_on_chain(office).date(), own)
            people.add_claim(tx, vault, claim, now)
            if claim.name == "affiliate" and until:
                people.end_claim(tx, vault, claim.id, Fate.ENDED, until, why, now)
            claims.append(claim)
    return Outcome(ended, tuple(claims))


def _require_words(**given: str) -> None:
    for field, text in given.items():
        if not text.strip():
            raise Invalid(f"{field} is missing: a review is somebody's, in words", field=field)


def _claim(seen: Evidence, one: Recognition) -> dict[str, str]:
    return {
        "name": one.name,
        "subject": seen.subject,
        "issuer": persons.OFFICE,
        "evidence": seen.digest,
        "issued": seen.dated.isoformat(),
        "expires": str(one.expires),
    }
