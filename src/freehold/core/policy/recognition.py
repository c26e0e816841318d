"""From evidence to claims: which attributes of a policy the facts show, and until when.

The policy says what a person is when which facts hold (`income > 200_000 ...`) and how long such a
finding lasts. What is found becomes a claim that begins on the day the facts speak for and ends with
the policy's period: a letter of 1 June that counts for three months still counts on 1 September.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from freehold.core.evidence import Evidence, Fact
from freehold.core.holder import HolderKind
from freehold.core.policy.gate import Finding, findings
from freehold.core.policy.model import Policy

DERIVED = frozenset({"us_person", "non_us_person", "us_tax_person", "natural", "entity"})
"""What follows from where a person lives and what he is: never a claim of its own."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """One attribute judged by evidence; `expires` the last day of the claim where it was found."""

    finding: Finding
    expires: date | None

    @property
    def name(self) -> str:
        return self.finding.attribute


def recognise(policy: Policy, evidence: Evidence, kind: HolderKind) -> list[Recognition]:
    """Each attribute that evidence can show, judged: found, not found, or not known for want of facts.

    An attribute without a period is bounded by nothing, so it makes no claim: its `expires` is None.
    Raises Invalid where a fact is of the wrong kind.
    """
    facts = {"today": evidence.dated, **facts_of(kind, evidence.facts)}
    periods = {one.name: one.lapses for one in policy.attributes}
    judged = []
    for finding in findings(policy, facts):
        period = periods[finding.attribute]
        if finding.attribute in DERIVED:
            continue
        last = period.over(evidence.dated) - timedelta(days=1) if period and finding.found else None
        judged.append(Recognition(finding, last))
    return judged


def facts_of(kind: HolderKind, shown: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts of a person for a gate: what was shown, and whether it is a natural person."""
    person = kind is HolderKind.PERSON
    return {"natural": person, "entity": not person, **shown}
