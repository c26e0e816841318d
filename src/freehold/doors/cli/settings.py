"""The settings for the command that is running, read when it first asks for them."""

import click

from freehold import config
from freehold.config import Config


def settings() -> Config:
    """What `--config`, the environment and freehold.toml say. Raises NotFound, Invalid."""
    return config.load(click.get_current_context().find_root().obj)
