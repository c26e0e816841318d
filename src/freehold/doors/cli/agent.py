"""`freehold agent`: the transfer agent's desk."""

import click

from freehold.doors.cli import (
    agent_control,
    agent_custody,
    agent_letters,
    agent_records,
    agent_restraints,
)


@click.group()
def agent() -> None:
    """The transfer agent's desk: registrations, stops, legends, records, reports."""


for _group in (agent_control, agent_custody, agent_letters, agent_records, agent_restraints):
    for _command in _group.COMMANDS:
        agent.add_command(_command)
