"""`freehold policy inform`: until when current public information about an issuer is available."""

from pathlib import Path

import click

from freehold.core.clock import parse_day
from freehold.desks.office import open_office
from freehold.desks.rules import information
from freehold.desks.rules.information import InformRequest
from freehold.doors.cli.acting import (
    FILE,
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    document_hash,
    ended,
)
from freehold.doors.cli.output import Outcome, json_option, show
from freehold.doors.cli.settings import settings


@click.command()
@click.argument("instrument")
@click.option(
    "--until",
    required=True,
    help="The last such day (2027-03-31), or `none`: the issuer does not report.",
)
@click.option(
    "--document", required=True, type=FILE, help="What says so; its SHA-256 goes on chain."
)
@act_options
@json_option
def inform(
    instrument: str,
    until: str,
    document: Path,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Say until when current public information about the issuer of INSTRUMENT is there (Rule 144(c))."""
    day = None if until == "none" else parse_day(until, "until")
    with open_office(settings()) as office:
        asked = InformRequest(instrument, day, document_hash(document), by.key, by.issuer)
        done = information.inform(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    told = act_document(done) | {"until": day.isoformat() if day else None}
    show(told, as_json, act_table(done, ("until", until)))
    return ended(done)
