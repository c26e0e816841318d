"""Policies: the shipped profiles, and what may be asked of a policy before it goes on chain."""

from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from freehold.core.errors import Invalid
from freehold.core.policy.parse import Parsed, Profiles, parse_policy


@cache
def shipped_profiles() -> Profiles:
    """The text of every profile that ships with Freehold, by its id."""
    folder = files("freehold.core.policy") / "profiles"
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {entry.name.removesuffix(".toml"): entry.read_text() for entry in found}


def read_policy(path: Path, today: date) -> Parsed:
    """The policy in a file. Raises Invalid with every mistake in it."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise Invalid(f"{path} cannot be read: {problem}", file=str(path)) from None
    return parse_policy(text, shipped_profiles(), today, path.name)
