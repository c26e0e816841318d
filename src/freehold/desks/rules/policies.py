"""Policies: the shipped profiles, and what may be asked of a policy before it goes on chain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from freehold.book import issuers
from freehold.core.actions.tax import KIND as WITHHOLDING
from freehold.core.errors import Invalid
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.coverage import Row as Covered
from freehold.core.policy.coverage import coverage
from freehold.core.policy.expression import Fact
from freehold.core.policy.gate import Judgement, judge, with_attributes
from freehold.core.policy.judges import kinds
from freehold.core.policy.model import Policy, Stage
from freehold.core.policy.parse import Parsed, Profiles, parse_policy
from freehold.core.policy.rows import Row, policy_rows
from freehold.core.policy.vectors import Kind
from freehold.desks.office import Office


@cache
def shipped_profiles() -> Profiles:
    """The text of every profile that ships with Freehold, by its id."""
    folder = files("freehold.core.policy") / "profiles"
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {entry.name.removesuffix(".toml"): entry.read_text() for entry in found}


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy with the text it was read from, and the day as of which it was linted."""

    parsed: Parsed
    text: str
    read_on: datetime


def read_file(path: Path, now: datetime) -> PolicyFile:
    """A policy file. Raises Invalid with every mistake in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Invalid(f"{path} cannot be read: {problem}", file=str(path)) from None
    return read_text(text, path.name, now)


def read_text(text: str, name: str, now: datetime) -> PolicyFile:
    """A policy from its text; `name` stands in messages. Raises Invalid with every mistake in it."""
    return PolicyFile(parse_policy(text, shipped_profiles(), now.date(), name), text, now)


def read_policy(path: Path, today: date) -> Parsed:
    """The policy in a file. Raises Invalid with every mistake in it."""
    return read_file(path, datetime(today.year, today.month, today.day, tzinfo=UTC)).parsed


def compiled(policy: Policy) -> tuple[Compiled, list[Row]]:
    """The policy as data, and the rows that put it on chain where no other is in force."""
    found = compile_policy(policy)
    return found, policy_rows(found.rules)


def judged(policy: Policy, stage: Stage, facts: Mapping[str, Fact]) -> Judgement:
    """What the gate of a stage says to these facts, and to what they make of the person."""
    return judge(policy, stage, with_attributes(policy, facts))


@cache
def vector_kinds() -> Mapping[str, Kind]:
    """Every kind of test vector, over the shipped profiles."""
    return {**kinds(shipped_profiles()), WITHHOLDING.name: WITHHOLDING}


def decimals_of(office: Office, issuer: str | None, named: str) -> int:
    """How many decimal places quantities of an instrument have."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        return issuers.instrument_named(tx, owner.id, named).decimals


def catalogue() -> tuple[Covered, ...]:
    """Every row of the catalogue of rules with its home and what keeps it."""
    text = (files("freehold.core.policy") / "catalogue.toml").read_text()
    return coverage(text, shipped_profiles())
