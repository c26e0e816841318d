"""What is wrong with a policy as a whole, though each of its parts can be read.

The ids L1 to L18 are those of docs/reference/lints.md; all stop a policy except those that warn.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from freehold.core.policy.model import Clock, Policy
from freehold.core.policy.profile import Draft

STALE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Lint:
    """One finding; `stops` says whether the policy cannot be used with it."""

    id: str
    place: str
    text: str
    stops: bool = True


def lint(policy: Policy, draft: Draft, today: date, *, public_marketing: bool) -> list[Lint]:
    """All findings, those that stop first."""
    found = [*_lots(policy), *_old(policy, today)]
    return sorted(found, key=lambda one: not one.stops)


def _lots(policy: Policy) -> list[Lint]:
    found = []
    for family in policy.families:
        ways = [path for path in policy.paths if not path.families or family.id in path.families]
        if Clock.RULE_144 in family.clocks and not ways:
            text = "restricted units would have no path out: name paths, or give them no clock"
            found.append(Lint("L11", f"vintages.{family.id}", text))
    clocks = {clock for family in policy.families for clock in family.clocks}
    for rule in policy.prohibitions:
        if rule.until is not None and rule.until not in clocks:
            text = f"ends with the clock {rule.until.name.lower()}, which no units have"
            found.append(Lint("L10", f"prohibitions.{rule.id}", text))
    return found


def _old(policy: Policy, today: date) -> list[Lint]:
    text = "is older than 180 days: check that the law has not changed"
    old = [use for use in policy.uses if today - use.as_of > STALE]
    return [
        Lint("L18", f"profile.{use.id}", f"as of {use.as_of} {text}", stops=False) for use in old
    ]
