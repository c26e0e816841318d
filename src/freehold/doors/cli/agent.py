"""`freehold agent`: the transfer agent's desk."""

import click

from freehold.doors.cli import agent_restraints


@click.group()
def agent() -> None:
    """The transfer agent's desk: registrations, stops, legends, records, reports."""


for _command in agent_restraints.COMMANDS:
    agent.add_command(_command)
