"""`freehold howey`: is a token a security? Questions, a reasoned memo, and test vectors."""

import click

from freehold.doors.cli.vectors import try_vectors


@click.group()
def howey() -> None:
    """Is a token a security? Answer questions, read a reasoned memo."""


howey.add_command(try_vectors)
