"""The settings for the command that is running, and `freehold settings`, which shows them."""

import re

import click

from freehold import config
from freehold.config import Config
from freehold.doors.cli.output import Column, Table, json_option, show

PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


def settings() -> Config:
    """What `--config`, the environment and freehold.toml say. Raises NotFound, Invalid."""
    return config.load(click.get_current_context().find_root().obj)


@click.command("settings")
@json_option
def show_settings(as_json: bool) -> None:
    """Print the settings in force."""
    in_force = settings()
    document = {name: getattr(in_force, name) for name in config.SETTINGS}
    document |= {name: _without_password(document[name]) for name in ("book_url", "index_url")}
    rows = [(name, "" if value is None else str(value)) for name, value in document.items()]
    show(document, as_json, Table("", [Column("setting"), Column("value")], rows))


def _without_password(url: str) -> str:
    return PASSWORD.sub(r"\1***@", url)
