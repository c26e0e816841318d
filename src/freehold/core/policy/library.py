"""Policies that vectors bring with them: expanded and compiled once, however many vectors use them.

A vector's `policy` is a table with the keys of a policy file; `use` may stand at its top, and name and
date may be left out. Facts arrive as TOML gives them and become what conditions read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.expression import Fact
from freehold.core.policy.model import Policy
from freehold.core.policy.parse import Profiles, expand
from freehold.core.policy.profile import Lint
from freehold.core.policy.reading import Report, Table
from freehold.core.policy.vectors import Field, Form
from freehold.core.tomltext import TomlText

POLICY = Field(
    "policy",
    Form.TABLE,
    "the rules: the keys of a policy file, with `use` and `public_marketing` at the top if nothing else"
    " of [policy] is needed",
)
_HEAD = ("name", "as_of", "use", "public_marketing", "acknowledge")
AS_OF = date(2026, 11, 22)
"""The day that a policy without a date is of."""


@dataclass(frozen=True, slots=True)
class Library:
    """The texts of the profiles, and what was made of them."""

    profiles: Profiles
    _expanded: dict[str, tuple[Policy, list[Lint]]] = field(default_factory=dict)
    _compiled: dict[str, Compiled] = field(default_factory=dict)


def expanded(library: Library, table: Mapping[str, Any], today: date) -> tuple[Policy, list[Lint]]:
    """The policy of a vector, with every lint. Raises Invalid with the mistakes in reading it."""
    key = f"{today} {table!r}"
    if key not in library._expanded:
        values = _whole(table)
        report = Report("policy", TomlText(values, {}))
        library._expanded[key] = expand(Table(values, (), report), library.profiles, today)
    return library._expanded[key]


def usable(library: Library, table: Mapping[str, Any]) -> Policy:
    """The policy of a vector that is about something else: it has to be without fault."""
    policy, lints = expanded(library, table, AS_OF)
    wrong = [Mistake(f"policy {one.place}", f"{one.id}: {one.text}") for one in lints if one.stops]
    if wrong:
        raise Invalid("the policy contradicts itself or the law", wrong)
    return policy


def compiled(library: Library, table: Mapping[str, Any]) -> Compiled:
    """The policy of a vector as data for the chain."""
    key = repr(table)
    if key not in library._compiled:
        library._compiled[key] = compile_policy(usable(library, table))
    return library._compiled[key]


def _whole(table: Mapping[str, Any]) -> dict[str, Any]:
    head = {"name": "vector", "as_of": AS_OF, **table.get("policy", {})}
    head |= {key: value for key, value in table.items() if key in _HEAD}
    rest = {key: value for key, value in table.items() if key not in (*_HEAD, "policy")}
    return {"policy": head, **rest}


def facts_of(policy: Policy, given: Mapping[str, Any], besides: Iterable[str]) -> dict[str, Fact]:
    """The facts of a vector for a policy's conditions; `besides` are names that are none of them.

    Raises Invalid for a name that no profile in use describes.
    """
    known = set(policy.fact_words) | {one.name for one in policy.attributes}
    wanted = {name: value for name, value in given.items() if name not in set(besides)}
    mistakes = []
    for name in wanted.keys() - known:
        near = get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        mistakes.append(Mistake(name, f"is no fact that this policy asks for{hint}"))
    if mistakes:
        raise Invalid("the facts are not those of the policy", mistakes)
    return {name: fact(name, value) for name, value in wanted.items()}


def fact(name: str, value: Any) -> Fact:
    """One TOML value as a fact. Raises Invalid where it is none."""
    if isinstance(value, Decimal):
        return Fraction(value)
    if isinstance(value, list):
        return tuple(_entry(name, one) for one in value)
    if isinstance(value, bool | int | str | date) and not isinstance(value, datetime):
        return value
    raise Invalid(f"{name} = {value!r} is no number, text, date, yes or no, or dated list", [])


def _entry(name: str, value: Any) -> tuple[date, int]:
    day, amount = value if isinstance(value, list) and len(value) == 2 else (value, 1)
    if not isinstance(day, date) or isinstance(amount, bool) or not isinstance(amount, int):
        wrong = f"{value!r} is neither a day nor [day, whole number]"
        raise Invalid(f"{name}: {wrong}", [Mistake(name, wrong)])
    return day, amount
