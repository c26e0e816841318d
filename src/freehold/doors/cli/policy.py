"""`freehold policy`: the rules as data. Each group of its commands is a file of its own."""

import click

from freehold.doors.cli.policy_adopt import activate, adopt, call_off, diff, explain, propose
from freehold.doors.cli.policy_ask import ask
from freehold.doors.cli.policy_coverage import show_coverage
from freehold.doors.cli.policy_file import check, compile_file, expand
from freehold.doors.cli.policy_inform import inform
from freehold.doors.cli.policy_prove import prove_file
from freehold.doors.cli.policy_simulate import simulate
from freehold.doors.cli.vectors import try_vectors


@click.group()
def policy() -> None:
    """The rules as data: check, compile and prove them, put them in force, ask them."""


COMMANDS = (
    check, expand, compile_file, ask, prove_file, show_coverage, try_vectors,
    diff, simulate, propose, adopt, activate, call_off, explain, inform,
)  # fmt: skip
for command in COMMANDS:
    policy.add_command(command)
