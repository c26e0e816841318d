"""`freehold screening`: everybody against a list; hits are decided by a person, and remembered."""

from pathlib import Path

import click

from freehold.core.screening import THRESHOLD
from freehold.desks.office import open_office
from freehold.desks.onboarding import screening as desk
from freehold.desks.onboarding.screening import Decided
from freehold.doors.cli.onboard import FILE, reviewer_option, why_option
from freehold.doors.cli.output import Column, Table, json_option, plain, show
from freehold.doors.cli.settings import settings


@click.group()
def screening() -> None:
    """Sanctions screening: compare everybody with a list, decide the hits, see what is due."""


@screening.command()
@click.argument("list_file", metavar="LIST", type=FILE)
@click.option(
    "--threshold",
    type=int,
    default=THRESHOLD,
    show_default=True,
    help="From how many points of 100 two are called alike; 50 to 100.",
)
@json_option
def run(list_file: Path, threshold: int, as_json: bool) -> None:
    """Compare everybody with a LIST (.csv or .json); new hits go to the review queue."""
    text = list_file.read_text(encoding="utf-8", errors="replace")
    json_file = list_file.suffix.lower() == ".json"
    with open_office(settings()) as office:
        found = desk.screen(office, text, json_file, list_file.name, threshold)
    document = {
        "persons": found.persons,
        "entries": found.entries,
        "threshold": found.threshold,
        "known_hits": found.known,
        "hits": [
            {
                "review": one.review,
                "person": one.person,
                "entry": one.hit.entry.id,
                "score": one.hit.score,
                "reasons": list(one.hit.reasons),
            }
            for one in found.hits
        ],
    }
    rows = [
        (
            str(one.review),
            one.person,
            one.hit.entry.id,
            str(one.hit.score),
            "; ".join(one.hit.reasons),
        )
        for one in found.hits
    ]
    title = (
        f"{found.persons} persons against {found.entries} entries, threshold {threshold}:"
        f" {len(rows)} new hits, {found.known} known"
    )
    show(document, as_json, Table(title, _HIT_COLUMNS, rows))


@screening.command()
@json_option
def queue(as_json: bool) -> None:
    """Hits that wait for a decision."""
    with open_office(settings()) as office:
        waiting = desk.waiting(office)
    document = [{"review": one.number, "person": one.person, **hit} for one, hit in waiting]
    rows = [
        (str(one.number), one.person, hit["entry"], str(hit["score"]), "; ".join(hit["reasons"]))
        for one, hit in waiting
    ]
    show({"waiting": document}, as_json, Table("Hits to decide", _HIT_COLUMNS, rows))


@screening.command()
@click.argument("review", type=int)
@reviewer_option
@why_option
@json_option
def confirm(review: int, reviewer: str, why: str, as_json: bool) -> None:
    """It is the person: mark the accounts sanctioned, and note the report that is due."""
    with open_office(settings()) as office:
        done = desk.decide(office, review, confirmed=True, reviewer=reviewer, why=why)
    _show(done, as_json)


@screening.command()
@click.argument("review", type=int)
@reviewer_option
@why_option
@json_option
def clear(review: int, reviewer: str, why: str, as_json: bool) -> None:
    """It is somebody else: the same entry does not come again for this person."""
    with open_office(settings()) as office:
        done = desk.decide(office, review, confirmed=False, reviewer=reviewer, why=why)
    _show(done, as_json)


@screening.command()
@click.argument("person")
@reviewer_option
@why_option
@json_option
def lift(person: str, reviewer: str, why: str, as_json: bool) -> None:
    """Take the mark off a PERSON's accounts; a freeze for another reason stays."""
    with open_office(settings()) as office:
        done = desk.lift(office, person, reviewer=reviewer, why=why)
    _show(done, as_json)


@screening.command()
@click.option("--done", "done_id", help="Note that the task with this id is done.")
@json_option
def tasks(done_id: str | None, as_json: bool) -> None:
    """Reports that are due, the most urgent first."""
    with open_office(settings()) as office:
        found = desk.tasks(office, done_id)
    rows = [(one.id[:18], one.what, one.rule, str(one.due), one.about[:18]) for one in found]
    columns = [Column(name) for name in ("task", "what", "rule", "due", "about")]
    document = [{**plain(one)} for one in found]
    show({"tasks": document}, as_json, Table("Due", columns, rows))


_HIT_COLUMNS = [
    Column("review", True),
    Column("person"),
    Column("entry"),
    Column("score", True),
    Column("because"),
]


def _show(done: Decided, as_json: bool) -> None:
    due = done.task.due if done.task else None
    document = {
        "review": done.review.number,
        "person": done.review.person,
        "about": str(done.review.about),
        "approved": done.review.approved,
        "accounts": list(done.accounts),
        "report_due": due,
    }
    rows = [(str(done.review.number), done.review.person, str(len(done.accounts)), str(due or ""))]
    columns = [
        Column("review", True),
        Column("person"),
        Column("accounts", True),
        Column("report due"),
    ]
    show(document, as_json, Table("", columns, rows))
