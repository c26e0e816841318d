"""`freehold split`: n units for m, in steps that can be watched and taken up again."""

import re
from pathlib import Path
from typing import Any

import click

from freehold.core.errors import Invalid
from freehold.core.grounds import Grounds
from freehold.desks.office import open_office
from freehold.desks.securities import splits
from freehold.desks.securities.splits import SplitOutcome, SplitRequest, SplitStatus
from freehold.doors.cli.acting import (
    FILE,
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    as_option,
    document_hash,
    dry_run_option,
    ended,
    grounds_options,
    instrument_option,
    issuer_option,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def split() -> None:
    """Split an instrument's units: announce, run, cancel, see where it stands."""


@split.command()
@click.argument("ratio")
@instrument_option
@click.option(
    "--document",
    required=True,
    type=FILE,
    help="The decision behind it; its SHA-256 goes on chain.",
)
@act_options
@json_option
def announce(
    ratio: str,
    instrument: str,
    document: Path,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Begin a split by RATIO (3:2 is three new units for two old ones); transfers halt until it ends."""
    up, down = parse_ratio(ratio)
    with open_office(settings()) as office:
        asked = SplitRequest(instrument, up, down, document_hash(document), by.key, by.issuer)
        done = splits.announce(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    return _tell(done, as_json)


@split.command()
@instrument_option
@issuer_option
@dry_run_option
@as_option
@json_option
def run(instrument: str, issuer: str | None, dry_run: bool, acting: str, as_json: bool) -> Outcome:
    """Scale every account and end the halt; stopped in the middle, the same again goes on."""
    with open_office(settings()) as office:
        actor = actor_of(office, acting)
        done = splits.run(office, actor, issuer, instrument, dry_run=dry_run)
    return _tell(done, as_json)


@split.command()
@instrument_option
@grounds_options
@act_options
@json_option
def cancel(
    instrument: str,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Take an announced split back, while no account was scaled."""
    with open_office(settings()) as office:
        actor = actor_of(office, by.signer)
        done = splits.cancel(
            office, actor, by.issuer, instrument, grounds, by.key, dry_run=by.dry_run
        )
    return _tell(done, as_json)


@split.command()
@instrument_option
@issuer_option
@json_option
def status(instrument: str, issuer: str | None, as_json: bool) -> None:
    """Where the last split stands, and what fractions it left for cash in lieu."""
    with open_office(settings()) as office:
        found = splits.status(office, issuer, instrument)
    columns = [Column("what"), Column("value")]
    show(found, as_json, Table(f"Split of {found.class_id}", columns, _rows(found)))


def parse_ratio(text: str) -> tuple[int, int]:
    """New and old units of a ratio such as 3:2. Raises Invalid."""
    found = re.fullmatch(r"(\d{1,9}):(\d{1,9})", text)
    if not found or not int(found[1]) or not int(found[2]):
        raise Invalid(f"ratio {text!r} is not two numbers above zero such as 3:2", field="ratio")
    return int(found[1]), int(found[2])


def _tell(done: SplitOutcome, as_json: bool) -> Outcome:
    document: dict[str, Any] = act_document(done.act) | {"split": done.status}
    show(document, as_json, act_table(done.act, *_rows(done.status)))
    return ended(done.act)


def _rows(one: SplitStatus) -> list[tuple[str, str]]:
    if one.state == "none":
        return [("split", "none")]
    rows = [("split", f"{one.numerator}:{one.denominator}, {one.state}")]
    rows += [("accounts scaled", str(one.scaled)), ("accounts left", str(one.left))]
    rows += [(f"fraction of account {key}", str(part)) for key, part in one.fractions.items()]
    return rows
