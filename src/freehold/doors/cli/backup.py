"""`freehold backup` and `freehold restore`: a copy of everything that cannot be made again."""

from pathlib import Path

import click

from freehold.desks.office import open_office
from freehold.desks.platform import backups
from freehold.desks.platform.backups import Manifest
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@json_option
def backup(target: Path, as_json: bool) -> None:
    """Copy book, keys and embedded ledger into the new folder TARGET, while everything runs."""
    known = settings()
    with open_office(known, followed=True) as office:
        made = backups.backup(office, known, target)
    _show(made, target, as_json, "Copied")


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--check", is_flag=True, help="Compare every file with its hash, and restore nothing."
)
@json_option
def restore(source: Path, check: bool, as_json: bool) -> None:
    """Put the copy in SOURCE into the home of the settings, which must be empty."""
    found = backups.read(source) if check else backups.restore(settings(), source)
    _show(found, source, as_json, "Every file is as it was copied" if check else "Restored")


def _show(made: Manifest, place: Path, as_json: bool, title: str) -> None:
    rows = [
        ("folder", str(place)),
        ("as of", made.made_at),
        ("book", made.book),
        ("audit entries", f"{made.entries:,}"),
        ("audit head", made.head),
        (
            "instructions",
            ", ".join(f"{n:,} {state}" for state, n in made.accepted.items()) or "none",
        ),
        ("ledger", "not here" if made.block is None else f"to block {made.block:,}"),
        ("files", str(len(made.files))),
    ]
    document = {"folder": place, **{name: getattr(made, name) for name in Manifest.__slots__}}
    show(document, as_json, Table(title, [Column("what"), Column("value")], rows))
