"""Routes of evidence about persons: submit it, read what a yardstick finds in it, decide, ask."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from freehold.core.evidence import Fact
from freehold.core.policy.recognition import Recognition
from freehold.desks.onboarding import evidence_reviews
from freehold.desks.onboarding.evidence_reviews import EvidenceFile as Seen
from freehold.desks.onboarding.evidence_reviews import Review
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, Limit, OfficeOf
from freehold.wire.evidence import (
    By,
    ClaimMade,
    EvidenceApproval,
    EvidenceApproved,
    EvidenceFile,
    EvidenceIn,
    EvidenceOut,
    EvidenceQueue,
    EvidenceRejection,
    JudgedOut,
    PaperSeen,
    QuestionOut,
    YardstickOut,
    Yardsticks,
)
from freehold.wire.reviews import Question

router = APIRouter(prefix="/v1/evidence")
Number = Annotated[int, Path(ge=1, lt=1 << 53, description="A review's number")]
Judge = Annotated[
    By | None, Query(description="By what it is judged; the first yardstick if left out")
]


@router.get("", responses=responses(400))
def list_evidence(
    office: OfficeOf, actor: Caller, cursor: Cursor = None, limit: Limit = 100
) -> EvidenceQueue:
    """Evidence that nobody has decided yet."""
    after = int(cursor or 0)
    found = [one for one in evidence_reviews.queue(office, actor) if one.number > after]
    following = str(found[limit - 1].number) if len(found) > limit else None
    return EvidenceQueue(items=[EvidenceOut(**_out(one)) for one in found[:limit]], next=following)


@router.post("", status_code=201, responses=responses(400, 404, 409))
def submit_evidence(office: OfficeOf, actor: Caller, given: EvidenceIn) -> EvidenceOut:
    """Put evidence about a person into the queue; 409 where the same is there already."""
    record = {"examiner": given.examiner, "dated": given.dated, "facts": given.facts}
    made = evidence_reviews.submit(office, actor, given.person, record, given.papers)
    return EvidenceOut(**_out(made))


@router.get("/yardsticks", responses=responses())
def list_yardsticks(office: OfficeOf, actor: Caller) -> Yardsticks:
    """By what evidence can be judged."""
    found = evidence_reviews.yardsticks(office, actor)
    return Yardsticks(items=[YardstickOut(id=one.id, name=one.name) for one in found])


@router.get("/{number}", responses=responses(400, 404, 409))
def one_evidence(office: OfficeOf, actor: Caller, number: Number, by: Judge = None) -> EvidenceFile:
    """Everything that decides a review, and what the yardstick finds; nothing is changed."""
    return EvidenceFile(**_file(evidence_reviews.file(office, actor, number, by or "")))


@router.post("/{number}/approval", responses=responses(400, 404, 409))
def approve_evidence(
    office: OfficeOf, actor: Caller, number: Number, asked: EvidenceApproval
) -> EvidenceApproved:
    """Make a claim of each attribute that is found; 409 where nothing is."""
    seen, made = evidence_reviews.approve(office, actor, number, asked.by, asked.why)
    names = ClaimMade.model_fields
    claims = [ClaimMade(**{name: getattr(one, name) for name in names}) for one in made]
    return EvidenceApproved(**_file(seen), claims=claims)


@router.post("/{number}/rejection", responses=responses(400, 404, 409))
def reject_evidence(
    office: OfficeOf, actor: Caller, number: Number, asked: EvidenceRejection
) -> EvidenceFile:
    """End a review without claims."""
    return EvidenceFile(**_file(evidence_reviews.reject(office, actor, number, asked.why)))


@router.post("/{number}/question", responses=responses(400, 404, 409))
def ask_about_evidence(
    office: OfficeOf, actor: Caller, number: Number, asked: Question
) -> EvidenceFile:
    """Ask something; the review waits on, and whoever signs in for the person hears it."""
    return EvidenceFile(**_file(evidence_reviews.ask(office, actor, number, asked.question)))


def said(fact: Fact) -> str:
    """A fact in words: yes or no, a day, an exact decimal number."""
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if isinstance(fact, Fraction):
        return format(Decimal(fact.numerator) / Decimal(fact.denominator), "f")
    return fact.isoformat() if isinstance(fact, date) else str(fact)


def _out(one: Review) -> dict[str, Any]:
    state = "waiting" if one.approved is None else "approved" if one.approved else "rejected"
    return {
        "number": one.number,
        "person": one.person,
        "state": state,
        "at": one.created_at,
        "reviewer": one.reviewer or None,
        "ended_at": one.ended_at,
    }


def _file(one: Seen) -> dict[str, Any]:
    seen = one.found.evidence
    return {
        **_out(one.found.review),
        "examiner": seen.examiner,
        "dated": seen.dated,
        "facts": {name: said(fact) for name, fact in seen.facts.items()},
        "papers": [PaperSeen(name=each.name, digest=each.digest) for each in seen.papers],
        "by": YardstickOut(id=one.by.id, name=one.by.name),
        "judged": [_judged(each) for each in one.found.judged],
        "questions": [QuestionOut(by=q.by, question=q.question, at=q.at) for q in one.asked],
        "heard": one.heard,
        "why": one.why,
    }


def _judged(one: Recognition) -> JudgedOut:
    found = one.finding
    return JudgedOut(
        attribute=one.name,
        found=found.found,
        missing=sorted(found.missing),
        rule=found.source.rule,
        cite=found.source.cite,
        unverified=found.source.is_unverified,
        expires=one.expires,
    )
