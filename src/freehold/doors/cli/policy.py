"""`freehold policy`: the rules as data. Each group of its commands is a file of its own."""

import click

from freehold.doors.cli.policy_ask import ask
from freehold.doors.cli.policy_file import check, compile_file, expand
from freehold.doors.cli.policy_prove import prove_file
from freehold.doors.cli.vectors import try_vectors


@click.group()
def policy() -> None:
    """The rules as data: check, expand and compile them, ask them, prove them."""


for command in (check, expand, compile_file, ask, prove_file, try_vectors):
    policy.add_command(command)
