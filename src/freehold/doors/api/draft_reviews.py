"""Routes of the second person who agrees to a draft with a policy of its own, or declines it."""

from fastapi import APIRouter

from freehold.desks.office import Office
from freehold.desks.securities import draft_reviews
from freehold.desks.securities.draft_reviews import DraftView
from freehold.doors.api.drafts import DraftId, draft_out, review_out
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf
from freehold.wire.drafts import DraftDecision, DraftReviewOut, DraftReviews

router = APIRouter(prefix="/v1/draft-reviews")


@router.get("", responses=responses(400))
def list_draft_reviews(office: OfficeOf, actor: Caller) -> DraftReviews:
    """The drafts of others that the caller may decide now."""
    found = [review_document(office, one) for one in draft_reviews.waiting(office, actor)]
    return DraftReviews(items=found, next=None)


@router.get("/{id}", responses=responses(400, 404))
def one_draft_review(office: OfficeOf, actor: Caller, id: DraftId) -> DraftReviewOut:
    """A draft for which a review was asked."""
    return review_document(office, draft_reviews.shown(office, actor, id))


@router.post("/{id}/decision", responses=responses(400, 404, 409))
def decide_draft(
    office: OfficeOf, actor: Caller, id: DraftId, given: DraftDecision
) -> DraftReviewOut:
    """Agree to exactly the draft that was seen, or decline it with a note."""
    decided = draft_reviews.decide(
        office, actor, id, given.seen, agree=given.agree, note=given.note
    )
    return review_document(office, decided)


def review_document(office: Office, one: DraftView) -> DraftReviewOut:
    """A draft as its reviewer sees it; the command line prints the same."""
    return DraftReviewOut(
        draft=draft_out(office, one.draft),
        review=review_out(one.review),
        author=one.author,
        may_decide=one.may_decide,
        why_not=one.why_not,
    )
