"""`freehold version`: what is running, for a report of a problem."""

import platform
from importlib.metadata import version as installed

import click

from freehold import __version__
from freehold.doors.cli.output import Column, Table, json_option, show

ENGINES = ("web3", "py-evm", "lmdb", "sqlalchemy")  # whose version explains most surprises


@click.command()
@json_option
def version(as_json: bool) -> None:
    """Print the version and what it runs on."""
    document = {
        "freehold": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    } | {name: installed(name) for name in ENGINES}
    show(document, as_json, Table("", [Column("part"), Column("version")], list(document.items())))
