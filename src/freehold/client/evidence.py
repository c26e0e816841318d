"""Evidence about persons, and its reviews."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.evidence import (
    EvidenceApproval,
    EvidenceApproved,
    EvidenceFile,
    EvidenceIn,
    EvidenceOut,
    EvidenceQueue,
    EvidenceRejection,
    YardstickOut,
    Yardsticks,
)
from freehold.wire.reviews import Question

ONE = "/v1/evidence/{number}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence that comes in, and what a reviewer makes of it."""

    connection: Connection

    def waiting(self) -> Iterator[EvidenceOut]:
        """What nobody has decided yet, in the order it came."""
        return self.connection.items("/v1/evidence", EvidenceQueue)

    def yardsticks(self) -> list[YardstickOut]:
        """By what evidence can be judged: policies in force, then regimes of law."""
        return self.connection.get("/v1/evidence/yardsticks", Yardsticks).items

    def submit(self, given: EvidenceIn) -> EvidenceOut:
        """Put evidence into the queue. Raises Conflicting where the same is there already."""
        return self.connection.post("/v1/evidence", EvidenceOut, given)

    def file(self, number: int, by: str | None = None) -> EvidenceFile:
        """Everything that decides a review, judged by a yardstick."""
        asked: dict[str, str | int | list[str] | None] = {"by": by}
        return self.connection.get(ONE, EvidenceFile, asked, number=str(number))

    def approve(self, number: int, by: str, why: str) -> EvidenceApproved:
        """Make the claims that the yardstick finds. Raises Conflicting where it finds none."""
        asked = EvidenceApproval(by=by, why=why)
        path = f"{ONE}/approval"
        return self.connection.post(path, EvidenceApproved, asked, number=str(number))

    def reject(self, number: int, why: str) -> EvidenceFile:
        """End a review without claims."""
        asked = EvidenceRejection(why=why)
        return self.connection.post(f"{ONE}/rejection", EvidenceFile, asked, number=str(number))

    def ask(self, number: int, question: str) -> EvidenceFile:
        """Ask something about the evidence; the review waits on."""
        asked = Question(question=question)
        return self.connection.post(f"{ONE}/question", EvidenceFile, asked, number=str(number))
