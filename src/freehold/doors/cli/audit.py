"""`freehold audit`: the log of every act, decision and refusal, verified and taken away."""

from pathlib import Path

import click

from freehold.core.errors import Invalid
from freehold.core.identifiers import parse_address
from freehold.desks.office import open_office
from freehold.desks.platform import auditing
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def audit() -> None:
    """Verify and export the log of every act and refusal."""


@audit.command()
@json_option
def verify(as_json: bool) -> Outcome:
    """Recompute every hash of the log and compare it with what is anchored on the chain.

    Exit code 1 if anything differs; the first entry that does is named.
    """
    with open_office(settings()) as office:
        found = auditing.verify(office)
    document = {
        "ok": found.ok,
        "entries": found.checked.entries,
        "head": found.checked.head,
        "anchors": len(found.anchors),
        "fault": found.fault,
    }
    rows = [(str(found.checked.entries), str(len(found.anchors)), found.fault or "none")]
    columns = [
        Column("entries that agree", number=True),
        Column("anchors", number=True),
        Column("fault"),
    ]
    show(document, as_json, Table("", columns, rows))
    return Outcome.DONE if found.ok else Outcome.FAILED


@audit.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def export(file: Path, as_json: bool) -> None:
    """Write the whole log to FILE, a line of JSON for each entry, with what re-checking needs."""
    with open_office(settings()) as office, file.open("w", encoding="utf-8") as writing:
        lines = sum(1 for line in auditing.export(office) if writing.write(line))
    columns = [Column("file"), Column("entries", number=True)]
    document = {"file": file, "entries": lines - 1}
    show(document, as_json, Table("", columns, [(str(file), str(lines - 1))]))


@audit.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--node", help="URL of a node of your own, whose chain is compared with the file.")
@click.option("--contract", help="The contract that keeps the anchors, as you know it elsewhere.")
@json_option
def check(file: Path, node: str | None, contract: str | None, as_json: bool) -> Outcome:
    """Check an exported log by itself: no book, no ledger, no trust in who exported it.

    Without --node whoever wrote every hash anew, the anchors too, is not found. Exit code 1 if an entry
    was altered, dropped or added, or if the chain keeps another hash of it.
    """
    known = None if contract is None else parse_address(contract, "contract")
    if known and not node:
        raise Invalid("--contract is compared on a ledger: name it with --node URL", field="node")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise Invalid(f"{file} is no audit export: it is not UTF-8") from None
    compared = auditing.compare_export(lines, node, known) if node else None
    found = compared.checked if compared else auditing.check_export(lines)
    document = {
        "ok": found.ok,
        "entries": found.entries,
        "head": found.head,
        "fault": found.fault,
        "anchors_compared": compared.anchors if compared else None,
        "contract": compared.contract if compared else None,
    }
    told = f"{compared.anchors} of {compared.contract}" if compared else "not with a ledger"
    rows = [(str(found.entries), found.head, found.fault or "none", told)]
    columns = [
        Column("entries that agree", number=True),
        Column("head"),
        Column("fault"),
        Column("anchors compared"),
    ]
    show(document, as_json, Table("", columns, rows))
    return Outcome.DONE if found.ok else Outcome.FAILED
