"""Policies: the shipped profiles, and what may be asked of a policy before it goes on chain."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from freehold.core.errors import Invalid
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.expression import Fact
from freehold.core.policy.gate import Judgement, judge
from freehold.core.policy.model import Policy, Stage
from freehold.core.policy.parse import Parsed, Profiles, parse_policy
from freehold.core.policy.rows import Row, policy_rows


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


def compiled(policy: Policy) -> tuple[Compiled, list[Row]]:
    """The policy as data, and the rows that put it on chain where no other is in force."""
    found = compile_policy(policy)
    return found, policy_rows(found.rules)


def judged(policy: Policy, stage: Stage, facts: Mapping[str, Fact]) -> Judgement:
    """What the gate of a stage says to these facts."""
    return judge(policy, stage, facts)
