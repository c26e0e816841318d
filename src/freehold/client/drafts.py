"""Drafts of assets: from the record to the instrument on chain."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.drafts import (
    DeploymentOut,
    DocumentsIn,
    DraftDecision,
    DraftIn,
    DraftOut,
    DraftReviewOut,
    DraftReviews,
    PolicyChosen,
    RecordIn,
    TermsIn,
)
from freehold.wire.drafts import Drafts as Listed


@dataclass(frozen=True, slots=True)
class Drafts:
    """One's own drafts. A wrong part is kept and raises Mistaken with every mistake."""

    connection: Connection

    def mine(self) -> Iterator[DraftOut]:
        """One's own drafts, the last changed first."""
        return self.connection.items("/v1/drafts", Listed)

    def begin(self, asked: DraftIn, key: str | None = None) -> DraftOut:
        """Begin a draft."""
        return self.connection.act("/v1/drafts", DraftOut, asked, key)

    def draft(self, id: str) -> DraftOut:
        """One draft, and everything that it lacks."""
        return self.connection.get("/v1/drafts/{id}", DraftOut, id=id)

    def discard(self, id: str) -> None:
        """Throw a draft away."""
        self.connection.delete("/v1/drafts/{id}", id=id)

    def put_record(self, id: str, given: RecordIn) -> DraftOut:
        """What the asset is."""
        return self.connection.put("/v1/drafts/{id}/record", DraftOut, given, id=id)

    def put_documents(self, id: str, given: DocumentsIn) -> DraftOut:
        """Its documents, by their hashes."""
        return self.connection.put("/v1/drafts/{id}/documents", DraftOut, given, id=id)

    def put_terms(self, id: str, given: TermsIn) -> DraftOut:
        """The class of units that is issued against it."""
        return self.connection.put("/v1/drafts/{id}/terms", DraftOut, given, id=id)

    def put_policy(self, id: str, given: PolicyChosen) -> DraftOut:
        """The rules that are in force from the first unit on."""
        return self.connection.put("/v1/drafts/{id}/policy", DraftOut, given, id=id)

    def ask_review(self, id: str) -> DraftOut:
        """Ask a second person to agree to it."""
        return self.connection.post("/v1/drafts/{id}/review", DraftOut, id=id)

    def to_review(self) -> Iterator[DraftReviewOut]:
        """The drafts of others that one may decide now."""
        return self.connection.items("/v1/draft-reviews", DraftReviews)

    def review(self, id: str) -> DraftReviewOut:
        """Somebody's draft for which a review was asked."""
        return self.connection.get("/v1/draft-reviews/{id}", DraftReviewOut, id=id)

    def decide(self, id: str, seen: str, *, agree: bool, note: str = "") -> DraftReviewOut:
        """Agree to exactly the draft that was seen, or decline it with a note."""
        given = DraftDecision(agree=agree, seen=seen, note=note)
        path = "/v1/draft-reviews/{id}/decision"
        return self.connection.post(path, DraftReviewOut, given, id=id)

    def deploy(self, id: str) -> DeploymentOut:
        """Put it on chain; asked again, it is the same work."""
        return self.connection.post("/v1/drafts/{id}/deployment", DeploymentOut, id=id)

    def deployment(self, id: str) -> DeploymentOut:
        """How far the work is, and the token once it is done."""
        return self.connection.get("/v1/drafts/{id}/deployment", DeploymentOut, id=id)

    def deploy_again(self, id: str) -> DeploymentOut:
        """Carry failed work out again."""
        return self.connection.post("/v1/drafts/{id}/deployment/retry", DeploymentOut, id=id)
