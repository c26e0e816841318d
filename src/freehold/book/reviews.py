"""What a person of the office has to look at, and by when: evidence, screening hits, dated tasks.

A review is opened once for its subject and ended once, by somebody named, with a reason. Subject and
reason are sealed with the data of the person they are about; tasks carry no personal data.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from freehold.book import schema_people as schema
from freehold.book.people import open_document, seal_document
from freehold.book.schema_people import About
from freehold.book.session import Transaction
from freehold.book.vault import Vault
from freehold.core.errors import Conflict, NotFound
from freehold.core.ids import JSON, record_hash


@dataclass(frozen=True, slots=True)
class Review:
    """Something to look at; `approved` None while nobody has."""

    number: int
    person: str
    about: About
    subject: str
    created_at: datetime
    approved: bool | None = None
    reviewer: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about what is looked at, and who asked it."""

    by: str
    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do by the end of a day, under a rule; `about` is an opaque id."""

    id: str
    what: str
    about: str
    rule: str
    due: date
    done_at: datetime | None = None


def keep_evidence(
    tx: Transaction, vault: Vault, person: str, id: str, content: dict[str, JSON], now: datetime
) -> Review:
    """Keep a record of evidence, and put it into the queue."""
    sealed = seal_document(tx, vault, person, f"evidence {id}", content)
    row = {"id": id, "person": person, "sealed": sealed, "created_at": now}
    tx.execute(insert(schema.evidence).values(**row))
    return open_review(tx, person, About.EVIDENCE, id, now)


def evidence(tx: Transaction, vault: Vault, id: str) -> tuple[str, dict[str, Any]]:
    """A record of evidence: whom it is about, and its content. Raises NotFound."""
    of = schema.evidence.c
    row = tx.execute(select(of.person, of.sealed).where(of.id == id)).first()
    if row is None:
        raise NotFound(f"there is no evidence {id}", evidence=id)
    return row.person, open_document(tx, vault, row.person, f"evidence {id}", row.sealed)


def keep_hit(
    tx: Transaction, vault: Vault, person: str, id: str, content: dict[str, JSON], now: datetime
) -> Review | None:
    """Keep a screening hit and put it into the queue; None if it is known already, open or ended."""
    of = schema.screening_hit.c
    if tx.execute(select(of.id).where(of.id == id)).first():
        return None
    sealed = seal_document(tx, vault, person, f"hit {id}", content)
    row = {"id": id, "person": person, "sealed": sealed, "created_at": now}
    tx.execute(insert(schema.screening_hit).values(**row))
    return open_review(tx, person, About.SCREENING, id, now)


def hit(tx: Transaction, vault: Vault, id: str) -> dict[str, Any]:
    """What a screening hit says. Raises NotFound."""
    of = schema.screening_hit.c
    row = tx.execute(select(of.person, of.sealed).where(of.id == id)).first()
    if row is None:
        raise NotFound(f"there is no screening hit {id}", hit=id)
    return open_document(tx, vault, row.person, f"hit {id}", row.sealed)


def open_review(tx: Transaction, person: str, about: About, subject: str, now: datetime) -> Review:
    """Put something into the queue."""
    row = {"person": person, "about": str(about), "subject": subject, "created_at": now}
    tx.execute(insert(schema.review).values(**row))
    return _reviews(tx, schema.review.c.about == str(about), schema.review.c.subject == subject)[0]


def find(tx: Transaction, number: int) -> Review:
    """A review by number. Raises NotFound."""
    found = _reviews(tx, schema.review.c.number == number)
    if not found:
        raise NotFound(f"there is no review {number}", review=number)
    return found[0]


def reviews(tx: Transaction, person: str | None = None, *, open_alone: bool) -> list[Review]:
    """Reviews in the order they came, of a person or of all, open ones or all."""
    conditions = [schema.review.c.person == person] if person is not None else []
    if open_alone:
        conditions.append(schema.review_end.c.review.is_(None))
    return _reviews(tx, *conditions)


def end(
    tx: Transaction,
    vault: Vault,
    review: Review,
    approved: bool,
    reviewer: str,
    why: str,
    now: datetime,
) -> Review:
    """Write how a review ended. Raises Conflict if it ended already."""
    if review.approved is not None:
        how = "approved" if review.approved else "rejected"
        raise Conflict(
            f"review {review.number} was {how} by {review.reviewer}", review=review.number
        )
    place = f"review {review.number}"
    sealed = seal_document(tx, vault, review.person, place, {"why": why})
    row = {"review": review.number, "approved": int(approved), "reviewer": reviewer}
    tx.execute(insert(schema.review_end).values(**row, sealed=sealed, created_at=now))
    return find(tx, review.number)


def why(tx: Transaction, vault: Vault, review: Review) -> str:
    """The reason that was given when the review ended; empty while it is open."""
    of = schema.review_end.c
    sealed = tx.execute(select(of.sealed).where(of.review == review.number)).scalar()
    if sealed is None:
        return ""
    place = f"review {review.number}"
    return str(open_document(tx, vault, review.person, place, sealed)["why"])


def ask(tx: Transaction, vault: Vault, review: Review, asked: Asked) -> None:
    """Keep a question about a review, sealed."""
    table = schema.review_question
    rows = select(func.count()).select_from(table).where(table.c.review == review.number)
    place = int(tx.execute(rows).scalar() or 0) + 1
    sealed = seal_document(tx, vault, review.person, _asked(review, place), {"q": asked.question})
    row = {"review": review.number, "place": place, "asked_by": asked.by}
    tx.execute(insert(table).values(**row, sealed=sealed, created_at=asked.at))


def questions(tx: Transaction, vault: Vault, review: Review) -> list[Asked]:
    """The questions that were asked about a review, in their order."""
    of = schema.review_question.c
    rows = select(of.place, of.asked_by, of.sealed, of.created_at).where(of.review == review.number)
    found = []
    for row in tx.execute(rows.order_by(of.place)):
        said = open_document(tx, vault, review.person, _asked(review, row.place), row.sealed)
        found.append(Asked(row.asked_by, str(said["q"]), row.created_at))
    return found


def _asked(review: Review, place: int) -> str:
    return f"review {review.number} question {place}"


def add_task(tx: Transaction, what: str, about: str, rule: str, due: date, now: datetime) -> Task:
    """Note something to do by a day; the same thing about the same subject once."""
    id, of = record_hash([what, about]), schema.dated_task.c
    if not tx.execute(select(of.id).where(of.id == id)).first():
        row = {"id": id, "what": what, "about": about, "rule": rule, "due": due.isoformat()}
        tx.execute(insert(schema.dated_task).values(**row, created_at=now))
    return next(one for one in tasks(tx, open_alone=False) if one.id == id)


def tasks(tx: Transaction, *, open_alone: bool) -> list[Task]:
    """Dated tasks, the most urgent first."""
    of = schema.dated_task.c
    rows = select(of.id, of.what, of.about, of.rule, of.due, of.done_at).order_by(of.due, of.id)
    if open_alone:
        rows = rows.where(of.done_at.is_(None))
    found = tx.execute(rows)
    return [Task(*row[:4], date.fromisoformat(row.due), row.done_at) for row in found]


def finish_task(tx: Transaction, id: str, now: datetime) -> None:
    """Note that a task is done, once. Raises NotFound."""
    of = schema.dated_task.c
    if not tx.execute(select(of.id).where(of.id == id)).first():
        raise NotFound(f"there is no task {id}", task=id)
    undone = update(schema.dated_task).where(of.id == id, of.done_at.is_(None))
    tx.execute(undone.values(done_at=now))


def _reviews(tx: Transaction, *conditions: Any) -> list[Review]:
    of, end = schema.review.c, schema.review_end.c
    rows = select(
        of.number, of.person, of.about, of.subject, of.created_at,
        end.approved, end.reviewer, end.created_at.label("ended_at"),
    ).outerjoin(schema.review_end, end.review == of.number)  # fmt: skip
    found = tx.execute(rows.where(*conditions).order_by(of.number))
    return [
        Review(
            row.number,
            row.person,
            About(row.about),
            row.subject,
            row.created_at,
            None if row.approved is None else bool(row.approved),
            row.reviewer or "",
            row.ended_at,
        )
        for row in found
    ]
