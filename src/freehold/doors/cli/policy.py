"""`freehold policy`: the rules as data. Each group of its commands is a file of its own."""

import click

from freehold.doors.cli.vectors import try_vectors


@click.group()
def policy() -> None:
    """The rules as data: try them on test vectors."""


policy.add_command(try_vectors)
