"""`freehold verify`: prove the register against the chain, figure by figure."""

import click

from freehold.desks.office import open_office
from freehold.desks.register import registers
from freehold.desks.register.verification import Verification
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.command()
@json_option
def verify(as_json: bool) -> Outcome:
    """Rebuild the register from the chain alone and compare every figure with contracts and index.

    Exit code 1 if anything differs; every difference is named.
    """
    with open_office(settings()) as office:
        found = registers.verify(office)
    show(verification_document(found), as_json, *verification_tables(found))
    return Outcome.DONE if found.ok else Outcome.FAILED


def verification_document(found: Verification) -> dict[str, object]:
    """The outcome for a program."""
    return {
        "ok": found.ok,
        "block": found.block,
        "block_hash": found.block_hash,
        "events": found.events,
        "compared": dict(found.counts),
        "differences": [str(one) for one in found.differences],
    }


def verification_tables(found: Verification) -> list[Table]:
    """The outcome for a person."""
    rows = [(name, f"{count:,}") for name, count in found.counts.items()]
    verdict = "everything agrees" if found.ok else f"{len(found.differences)} differences"
    title = f"Verified {found.events:,} events up to block {found.block}: {verdict}"
    made = [Table(title, [Column("compared"), Column("figures", number=True)], rows)]
    if not found.ok:
        listed = [(str(one),) for one in found.differences]
        made.append(Table("Differences", [Column("difference")], listed))
    return made
