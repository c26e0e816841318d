"""What is asked before a subscription, an attestation, a payment or a filing: money, dates, limits.

A transfer is decided on chain by classes and clocks. What the chain cannot know (income, what an
offering has raised, how old a letter is) is asked here, from facts that somebody states with
evidence. Each test is a line of the policy: concerned, and met or not. A test whose facts are
missing is neither; its missing facts are named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from freehold.core.policy.case import Failure
from freehold.core.policy.expression import Expression, Fact, Unknown, evaluate, names_in
from freehold.core.policy.model import Attribute, Policy, Source, Stage, Test
from freehold.core.reasons import Reason, sentence


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a gate: what refuses, and which facts are missing to know."""

    failures: tuple[Failure, ...]
    missing: frozenset[str]

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


def judge(policy: Policy, stage: Stage, facts: Mapping[str, Fact]) -> Judgement:
    """Ask every test of a stage. Raises Invalid where a fact is of the wrong kind."""
    failures: list[Failure] = []
    missing: frozenset[str] = frozenset()
    for test in policy.tests:
        if test.stage is stage:
            failure, lacks = _asked(test, facts)
            failures += [failure] if failure else []
            missing |= lacks
    return Judgement(tuple(failures), missing)


def _asked(test: Test, facts: Mapping[str, Fact]) -> tuple[Failure | None, frozenset[str]]:
    concerned = evaluate(test.when, facts)
    if isinstance(concerned, Unknown):
        return None, concerned.names
    if not concerned:
        return None, frozenset()
    met = evaluate(test.needs, facts)
    if isinstance(met, Unknown):
        return None, met.names
    return (None if met else _failure(test, facts)), frozenset()


def _failure(test: Test, facts: Mapping[str, Fact]) -> Failure:
    source = test.source
    used = {name: facts[name] for name in sorted(_read(test.needs, test.when)) if name in facts}
    return Failure(
        test.code,
        source.rule,
        test.text or sentence(test.code),
        source.cite,
        source.as_of,
        source.is_unverified,
        used,
    )


def _read(*conditions: Expression) -> frozenset[str]:
    return frozenset().union(*map(names_in, conditions))


def findings(policy: Policy, facts: Mapping[str, Fact]) -> Iterator[Finding]:
    """For each attribute whether the facts make a person it, those that come with others too."""
    direct = {one.name: _found(one, facts) for one in policy.attributes}
    for attribute in policy.attributes:
        own = direct[attribute.name]
        stronger = [one for one in policy.attributes if attribute.name in one.implies]
        by_others = any(direct[one.name].found for one in stronger)
        yield own if not by_others else Finding(own.attribute, True, own.code, own.source)


def _found(attribute: Attribute, facts: Mapping[str, Fact]) -> Finding:
    found = evaluate(attribute.when, facts)
    if isinstance(found, Unknown):
        return Finding(attribute.name, None, attribute.code, attribute.source, found.names)
    return Finding(attribute.name, bool(found), attribute.code, attribute.source)
