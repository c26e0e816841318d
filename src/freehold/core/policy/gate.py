"""What is asked before a subscription, an attestation, a payment or a filing: money, dates, limits.

A transfer is decided on chain by classes and clocks. What the chain cannot know (income, what an
offering has raised, how old a letter is) is asked here, from facts that somebody states with
evidence. Each test is a line of the policy: concerned, and met or not. A test whose facts are
missing is neither; its missing facts are named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from freehold.core.policy.case import Failure
from freehold.core.policy.expression import Fact, Unknown, evaluate, names_in
from freehold.core.policy.model import Attribute, Period, Policy, Source, Stage, Test
from freehold.core.reasons import Reason, sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a gate: what refuses, which facts are missing to know, and what was worked out
    on the way (`limit`, `room` ...) by the names that the tests give it."""

    failures: tuple[Failure, ...]
    missing: frozenset[str]
    quantities: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        return not self.failures and not self.missing

    @property
    def code(self) -> int:
        """The first failure's code; 0 if nothing refuses, though facts may be missing."""
        return self.failures[0].code if self.failures else Reason.OK


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a person is what an attribute says: None while facts are missing."""

    attribute: str
    found: bool | None
    code: Reason
    source: Source
    missing: frozenset[str] = frozenset()
    presumed: bool = False
    lapses: Period | None = None

    def holds_until(self, found_on: date) -> date | None:
        """The last day of a finding made on a day; None where the policy sets no end."""
        return self.lapses.over(found_on) - timedelta(days=1) if self.lapses else None

    @property
    def counts(self) -> bool:
        """Whether the person counts as it: what is not shown counts only if it binds him."""
        return self.presumed if self.found is None else self.found


def judge(policy: Policy, stage: Stage, facts: Mapping[str, Fact]) -> Judgement:
    """Ask every test of a stage. Raises Invalid where a fact is of the wrong kind."""
    failures: list[Failure] = []
    missing: frozenset[str] = frozenset()
    quantities: dict[str, Fact] = {}
    for test in policy.tests:
        if test.stage is stage:
            failure, lacks = _asked(test, facts, quantities)
            failures += [failure] if failure else []
            missing |= lacks
    return Judgement(tuple(failures), missing, quantities)


def with_attributes(policy: Policy, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts, with what they make of the person; an attribute that is stated stays as stated."""
    found = {one.attribute: one.counts for one in findings(policy, facts)}
    return {**found, **facts}


def _asked(
    test: Test, facts: Mapping[str, Fact], quantities: dict[str, Fact]
) -> tuple[Failure | None, frozenset[str]]:
    concerned = evaluate(test.when, facts)
    if isinstance(concerned, Unknown):
        return None, concerned.names
    if not concerned:
        return None, frozenset()
    worked_out = _quantities(test, facts)
    quantities |= worked_out
    met = evaluate(test.needs, {**facts, **worked_out})
    if isinstance(met, Unknown):
        return None, _stated(test, met.names, facts)
    return (None if met else _failure(test, facts, worked_out)), frozenset()


def _quantities(test: Test, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for name, value in test.where:
        worked_out = evaluate(value, {**facts, **found})
        if not isinstance(worked_out, Unknown):
            found[name] = worked_out
    return found


def _stated(test: Test, names: frozenset[str], facts: Mapping[str, Fact]) -> frozenset[str]:
    """The facts that somebody has to state, in place of quantities that follow from them."""
    where = dict(test.where)
    for _ in test.where:
        inner = (names_in(where[name]) for name in names & where.keys())
        names = (names - where.keys()).union(*inner) - facts.keys()
    return names


def _failure(test: Test, facts: Mapping[str, Fact], worked_out: Mapping[str, Fact]) -> Failure:
    source = test.source
    read = sorted(names_in(test.needs).union(*(names_in(one) for _, one in test.where)))
    used = {name: facts[name] for name in read if name in facts} | dict(worked_out)
    return Failure(
        test.code,
        source.rule,
        test.text or sentence(test.code),
        source.cite,
        source.as_of,
        source.is_unverified,
        used,
        test.way_out,
    )


def findings(policy: Policy, facts: Mapping[str, Fact]) -> Iterator[Finding]:
    """For each attribute whether the facts make a person it, those that come with others too."""
    direct = {one.name: _found(one, facts) for one in policy.attributes}
    for attribute in policy.attributes:
        own = direct[attribute.name]
        stronger = [one for one in policy.attributes if attribute.name in one.implies]
        by_others = any(direct[one.name].found for one in stronger)
        yield own if not by_others else replace(own, found=True, missing=frozenset())


def _found(attribute: Attribute, facts: Mapping[str, Fact]) -> Finding:
    code, source, presumed = attribute.code, attribute.source, attribute.presumed
    stated = facts.get(attribute.name)
    found = stated if isinstance(stated, bool) else evaluate(attribute.when, facts)
    if isinstance(found, Unknown):
        return Finding(attribute.name, None, code, source, found.names, presumed, attribute.lapses)
    none: frozenset[str] = frozenset()
    return Finding(attribute.name, bool(found), code, source, none, presumed, attribute.lapses)
