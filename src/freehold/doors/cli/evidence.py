"""`freehold evidence`: papers come in, somebody looks, and what a policy finds becomes claims."""

import tomllib
from pathlib import Path

import click

from freehold.core.errors import Invalid
from freehold.desks.office import open_office
from freehold.desks.onboarding import examining
from freehold.doors.cli.onboard import (
    FILE,
    claim_table,
    policy_option,
    read_policy,
    reviewer_option,
    why_option,
)
from freehold.doors.cli.output import Column, Table, json_option, plain, show
from freehold.doors.cli.settings import settings


@click.group()
def evidence() -> None:
    """Evidence about persons: submit it, look at the queue, approve or reject it."""


@evidence.command()
@click.argument("person")
@click.argument("record", type=FILE)
@json_option
def submit(person: str, record: Path, as_json: bool) -> None:
    """Put a RECORD (TOML: examiner, dated, documents, [facts]) about a PERSON into the queue.

    Its documents are files beside it; they are hashed, not kept.
    """
    given = _record(record)
    listed = given.get("documents")
    named = [str(one) for one in listed] if isinstance(listed, list) else []
    papers = {
        name: (record.parent / name).read_bytes()
        for name in named
        if (record.parent / name).is_file()
    }
    with open_office(settings()) as office:
        seen, review = examining.submit(office, person, given, papers)
    document = {"review": review.number, "digest": seen.digest}
    rows = [(str(review.number), seen.digest)]
    show(document, as_json, Table("", [Column("review", True), Column("digest")], rows))


@evidence.command()
@json_option
def queue(as_json: bool) -> None:
    """What waits to be looked at."""
    with open_office(settings()) as office:
        waiting = examining.waiting(office)
    rows = [(str(one.number), one.person, str(one.created_at)) for one in waiting]
    columns = [Column("review", True), Column("person"), Column("since")]
    document = [
        {"review": one.number, "person": one.person, "since": one.created_at} for one in waiting
    ]
    show({"waiting": document}, as_json, Table("Evidence to look at", columns, rows))


@evidence.command("show")
@click.argument("review", type=int)
@policy_option(required=True)
@json_option
def show_one(review: int, policy_file: Path, as_json: bool) -> None:
    """The evidence of a REVIEW, and what a policy finds in it; nothing is changed."""
    with open_office(settings()) as office:
        found = examining.examine(office, review, read_policy(policy_file))
    seen = found.evidence
    judged = [
        {
            "attribute": one.name,
            "found": one.finding.found,
            "missing": sorted(one.finding.missing),
            "rule": one.finding.source.rule,
            "cite": one.finding.source.cite,
            "unverified": one.finding.source.is_unverified,
            "expires": one.expires,
        }
        for one in found.judged
    ]
    document = {
        "review": review,
        "person": seen.subject,
        "examiner": seen.examiner,
        "dated": seen.dated,
        "facts": dict(seen.facts),
        "papers": list(seen.papers),
        "judged": judged,
    }
    facts = [(name, str(plain(value))) for name, value in seen.facts.items()]
    words = {True: "yes", False: "no", None: "not known"}
    rows = [
        (
            one.name,
            words[one.finding.found],
            ", ".join(sorted(one.finding.missing)),
            one.finding.source.cite,
            str(one.expires or ""),
        )
        for one in found.judged
    ]
    names = ("attribute", "found", "missing facts", "rule", "until")
    show(
        document,
        as_json,
        Table(f"Review {review}: {seen.subject}", [Column("fact"), Column("shown")], facts),
        Table("Findings", [Column(name) for name in names], rows),
    )


@evidence.command()
@click.argument("review", type=int)
@policy_option(required=True)
@reviewer_option
@why_option
@json_option
def approve(review: int, policy_file: Path, reviewer: str, why: str, as_json: bool) -> None:
    """Make a claim of each attribute that the policy finds in the evidence of a REVIEW."""
    with open_office(settings()) as office:
        done = examining.approve(office, review, read_policy(policy_file), reviewer, why)
    document = {"review": review, "claims": [plain(one) for one in done.claims]}
    show(document, as_json, claim_table(done.claims, {}))


@evidence.command()
@click.argument("review", type=int)
@reviewer_option
@why_option
@json_option
def reject(review: int, reviewer: str, why: str, as_json: bool) -> None:
    """End a REVIEW without claims."""
    with open_office(settings()) as office:
        examining.reject(office, review, reviewer, why)
    rows = [(str(review), reviewer)]
    columns = [Column("rejected review", True), Column("by")]
    show({"review": review, "approved": False}, as_json, Table("", columns, rows))


@evidence.command()
@click.argument("review", type=int)
@click.argument("question")
@reviewer_option
@json_option
def ask(review: int, question: str, reviewer: str, as_json: bool) -> None:
    """Ask something about the evidence of a REVIEW, which waits on; the person's sign-in hears it."""
    with open_office(settings()) as office:
        heard = examining.ask(office, review, reviewer, question)
    rows = [(str(review), "yes" if heard else "no")]
    columns = [Column("asked about review", True), Column("heard")]
    show({"review": review, "heard": heard}, as_json, Table("", columns, rows))


def _record(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Invalid(f"{file} is no TOML: {wrong}", file=str(file)) from None
