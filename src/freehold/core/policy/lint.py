"""What is wrong with a policy as a whole, though each of its parts can be read.

The ids L1 to L18 are those of docs/reference/lints.md; all stop a policy except those that warn. What
only a profile knows (L1, L3, L4, L5, L8, L15, L16) stands in the profile's `[[lints]]`; L9, L10, L12 and
L13 are found while the file is read. Here are those that look at all rules together.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import combinations

from freehold.core.facts import Kind
from freehold.core.policy.case import Case, Law
from freehold.core.policy.compiled import ISSUER, Moment, Party
from freehold.core.policy.decide import prohibitions
from freehold.core.policy.model import Clock, Family, Offering, Policy
from freehold.core.policy.persons import Person, persons, read_of_persons
from freehold.core.policy.profile import Lint

STALE = timedelta(days=180)
APART = timedelta(days=30)
"""Offerings no further apart may be counted as one (17 CFR 230.152(b)(1))."""
FEW = 5
"""A class shown with its country tells who is meant if fewer persons are in it."""


def lint(policy: Policy, of_profiles: Iterable[Lint], today: date) -> list[Lint]:
    """All findings, those that stop first."""
    found = [
        *of_profiles,
        *_admitted(policy),
        *_lots(policy),
        *_offerings(policy.offerings, today),
        *_old(policy, today),
    ]
    return sorted(found, key=lambda one: not one.stops)


def lint_published(policy: Policy, populations: Mapping[int, int]) -> list[Lint]:
    """L14: classes that are shown with their country and have fewer than five persons.

    `populations` are the persons in the register by class.
    """
    if "country" not in policy.published:
        return []
    text = "is shown with its country and has so few persons that one can tell who they are"
    few = [one for one in policy.classes if 0 < populations.get(one.id, 0) < FEW]
    return [
        Lint("L14", f"classes.{one.name}", f"{populations[one.id]} persons: {text}", stops=False)
        for one in few
    ]


# ---- who gets in ----


def _admitted(policy: Policy) -> Iterator[Lint]:
    used = {use.id for use in policy.uses}
    if "us.reg_d.506c" in used and _gets(policy, (Kind.ISSUE,), {"us_person"}, {"accredited"}):
        text = "units may be issued to US persons who are not accredited: 506(c) knows none"
        yield Lint("L2", "profile.us.reg_d.506c", text)
    employees = {"knowledgeable_employee"} if _excepts_employees(policy) else set()
    lacks = {"qp"} | employees
    if "us.ica.3c7" in used and _gets(policy, (Kind.ISSUE, Kind.SALE), {"us_person"}, lacks):
        text = "units may go to persons who are no qualified purchasers: 3(c)(7) knows none"
        yield Lint("L7", "profile.us.ica.3c7", text)


def _excepts_employees(policy: Policy) -> bool:
    return any(one.name == "knowledgeable_employee" for one in policy.attributes)


def _gets(policy: Policy, kinds: Iterable[Kind], having: set[str], lacking: set[str]) -> bool:
    """Whether somebody with the one and without the other attributes may come by units."""
    law, read = Law(policy), read_of_persons(policy) | having | lacking
    asked = [
        person
        for person in persons(policy, read)
        if having <= person.attributes and not lacking & person.attributes
    ]
    return any(not _hit(law, kind, person) for kind in kinds for person in asked)


def _hit(law: Law, kind: Kind, buying: Person) -> bool:
    selling = Person() if kind == Kind.ISSUE else buying
    case = Case(ISSUER, Party(), 1, Moment(0), kind, selling=selling, buying=buying)
    return bool(prohibitions(law, case))


# ---- lots and clocks ----


def _lots(policy: Policy) -> Iterator[Lint]:
    for family in policy.families:
        place = f"vintages.{family.id}"
        ways = [path for path in policy.paths if not path.families or family.id in path.families]
        if Clock.RULE_144 in family.clocks and not ways:
            text = "restricted units would have no path out: name paths, or give them no clock"
            yield Lint("L11", place, text)
        equity = policy.issuer.get("domestic") and policy.issuer.get("security") == "equity"
        if equity and Clock.REG_S in family.clocks and Clock.RULE_144 not in family.clocks:
            text = "a domestic issuer's equity sold offshore is restricted (905): give rule_144"
            yield Lint("L6", place, text)
        for clock in sorted(family.clocks - {Clock.RULE_144} - _kept(policy, family)):
            name = clock.name.lower()
            text = (
                f'its clock keeps nobody: add a prohibition with until = "{name}", or leave it out'
            )
            yield Lint("L10", f"{place}.{name}", text)
    clocks = {clock for family in policy.families for clock in family.clocks}
    for rule in policy.prohibitions:
        if rule.until is not None and rule.until not in clocks:
            text = f"ends with the clock {rule.until.name.lower()}, which no units have"
            yield Lint("L10", f"prohibitions.{rule.id}", text)


def _kept(policy: Policy, family: Family) -> set[Clock]:
    """The clocks with which some prohibition about these units ends."""
    return {
        rule.until
        for rule in policy.prohibitions
        if rule.until is not None and (not rule.families or family.id in rule.families)
    }


# ---- days ----


def _offerings(offerings: Iterable[Offering], today: date) -> Iterator[Lint]:
    for one, other in combinations(sorted(offerings, key=lambda each: each.began), 2):
        ended = one.ended or max(today, other.began)
        if one.solicited is not other.solicited and other.began - ended <= APART:
            text = f"begins {other.began}, not more than 30 days after {one.name}; only one of"
            text += " them is solicited: they may be counted as one offering"
            yield Lint("L17", f"offerings.{other.name}", text, stops=False)


def _old(policy: Policy, today: date) -> Iterator[Lint]:
    text = "is older than 180 days: check that the law has not changed"
    for use in policy.uses:
        if today - use.as_of > STALE:
            place = f"profile.{use.id}"
            yield Lint("L18", place, f"as of {use.as_of} {text}", stops=False)
