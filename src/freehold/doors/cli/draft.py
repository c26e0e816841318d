"""`freehold draft`: drafts of assets, listed, agreed to by a second person, discarded.

As with `freehold approvals` each person proves who he is with an API key of his own, in a file. Drafts are
written on the pages or over the API; every command answers with the document that the API would give.
"""

from pathlib import Path
from typing import Any

import click

from freehold.core.errors import Invalid
from freehold.desks.office import Office, open_office
from freehold.desks.permits import Actor
from freehold.desks.securities import deployments, draft_reviews
from freehold.desks.securities.draft_reviews import DraftView
from freehold.doors.api.draft_reviews import review_document
from freehold.doors.api.drafts import draft_out
from freehold.doors.cli.approvals import key_of, person_of
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def draft() -> None:
    """Drafts of assets: list one's own, see what waits for a second person, agree, decline, discard."""


@draft.command("list")
@key_of
@json_option
def list_(key_file: Path, as_json: bool) -> None:
    """One's own drafts, the last changed first."""
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        found = [draft_out(office, one) for one in deployments.mine(office, who)]
    rows = [
        (one.id, (one.record or {}).get("name", ""), str(one.issuer.name), _stands(one))
        for one in found
    ]
    names = ("id", "asset", "issuer", "stands")
    table = Table("Drafts", [Column(name) for name in names], rows)
    show({"items": [one.model_dump(mode="json") for one in found]}, as_json, table)


@draft.command()
@key_of
@json_option
def waiting(key_file: Path, as_json: bool) -> None:
    """The drafts of others that wait for this person, with what is agreed to (`seen`)."""
    with open_office(settings()) as office:
        who = person_of(office, key_file)
        found = draft_reviews.waiting(office, who)
        documents = [_document(office, one) for one in found]
    rows = [(one.draft.id, one.named, one.author, _seen(one)) for one in found]
    names = ("id", "instrument", "drafted by", "seen")
    table = Table("Drafts to agree to", [Column(name) for name in names], rows)
    show({"items": documents}, as_json, table)


@draft.command()
@click.argument("id")
@click.option("--seen", required=True, help="What was seen; `waiting` prints it.")
@click.option("--note", default="", help="For the audit log.")
@key_of
@json_option
def agree(id: str, seen: str, note: str, key_file: Path, as_json: bool) -> None:
    """Agree to somebody else's draft, exactly as it was seen."""
    with open_office(settings()) as office:
        _decided(office, person_of(office, key_file), (id, seen, note), as_json, agree=True)


@draft.command()
@click.argument("id")
@click.option("--seen", required=True, help="What was seen; `waiting` prints it.")
@click.option("--note", required=True, help="Why; for the audit log.")
@key_of
@json_option
def decline(id: str, seen: str, note: str, key_file: Path, as_json: bool) -> None:
    """Decline somebody else's draft, with a note."""
    with open_office(settings()) as office:
        _decided(office, person_of(office, key_file), (id, seen, note), as_json, agree=False)


@draft.command()
@click.argument("id")
@click.option("--yes", is_flag=True, help="It is meant: nothing of the draft is kept.")
@key_of
@json_option
def discard(id: str, yes: bool, key_file: Path, as_json: bool) -> None:
    """Throw one's own draft away; what is being carried out stays."""
    if not yes:
        raise Invalid("everything entered would be gone for good: add --yes", field="yes")
    with open_office(settings()) as office:
        deployments.discard(office, person_of(office, key_file), id)
    show({"id": id, "discarded": True}, as_json, Table("", [Column("discarded")], [(id,)]))


def _decided(
    office: Office, who: Actor, said: tuple[str, str, str], as_json: bool, *, agree: bool
) -> None:
    id, seen, note = said
    found = draft_reviews.decide(office, who, id, seen, agree=agree, note=note)
    rows = [(id, found.named, str(found.review.state).lower() if found.review else "")]
    names = ("id", "instrument", "stands")
    table = Table("", [Column(name) for name in names], rows)
    show(_document(office, found), as_json, table)


def _document(office: Office, one: DraftView) -> dict[str, Any]:
    return review_document(office, one).model_dump(mode="json")


def _seen(one: DraftView) -> str:
    return one.review.digest if one.review else ""


def _stands(one: Any) -> str:
    if one.order:
        return "ordered"
    return str(one.review.state) if one.review else "draft"
