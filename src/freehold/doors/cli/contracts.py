"""`freehold contracts`: the compiled contracts that ship, and making them anew from the sources."""

from pathlib import Path

import click

from freehold.core.errors import NotFound
from freehold.doors.cli.output import Column, Table, json_option, show

ROOT = Path(__file__).resolve().parents[4]


@click.group()
def contracts() -> None:
    """See the compiled contracts, or compile them from their sources."""


@contracts.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The contracts that ship: size of the code, compiler, hash of the sources."""
    from freehold.desks.securities.artifacts import shipped

    found = shipped()
    rows = [(one.contract, f"{one.runtime_bytes:,}", one.compiler) for one in found]
    columns = [Column("contract"), Column("bytes", number=True), Column("compiler")]
    title = f"sources {found[0].source_hash}"
    show({"contracts": found}, as_json, Table(title, columns, rows))


@contracts.command("compile")
@json_option
def compile_(as_json: bool) -> None:
    """Compile contracts/ and write the artifacts; needs the repository and vyper==0.4.3."""
    from freehold.desks.securities.artifacts import compile_sources

    folder = ROOT / "contracts"
    if not folder.is_dir():
        raise NotFound(f"there are no contract sources at {folder}: run this in the repository")
    changed = compile_sources(folder)
    rows = [(name,) for name in changed] or [("nothing changed",)]
    show({"changed": changed}, as_json, Table("", [Column("compiled")], rows))
