"""What a change of policy would do: which transfers flip, and which holders it would strand.

Two policies are compared person by person, not class by class, because their classes may differ:
every pair of persons that either of them tells apart, every kind, free units and the lots of each
family while one of its clocks runs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from freehold.core.facts import Facts, Kind, Vintage
from freehold.core.policy.case import NO_PROOFS, Case, Law
from freehold.core.policy.compile import Compiled
from freehold.core.policy.compiled import Lot, Moment, Party
from freehold.core.policy.decide import first_code
from freehold.core.policy.enumeration import BY_RULES
from freehold.core.policy.model import Attribute, Clock, Policy
from freehold.core.policy.persons import Person, persons, read_of_persons

_TODAY = 20_000
_FAR = 30_000


class Flip(NamedTuple):
    """Transfers that one policy refuses with one code and the other with another (0: allows)."""

    kind: Kind
    seller: str
    buyer: str
    units: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Holding:
    """A holder as the register keeps him: his class number and what he holds."""

    holder: str
    of_class: int
    units: int


@dataclass(frozen=True, slots=True)
class Stranded:
    """A holder who could do nothing with his units under a policy, and why."""

    holder: str
    units: int
    why: str


def flips(before: Policy, after: Policy) -> Iterator[Flip]:
    """Every kind of transfer, between persons that either policy tells apart, whose outcome differs."""
    read = read_of_persons(before) | read_of_persons(after)
    both = replace(after, attributes=_all_attributes(before, after))
    people = list(persons(both, read))
    one, two = Law(replace(before, attributes=both.attributes)), Law(both)
    kinds = [kind for kind in BY_RULES if kind != Kind.ISSUE]
    states = list(_states(before, after))
    for kind, seller, buyer, (called, lots) in product(kinds, people, people, states):
        codes = [_code(law, kind, seller, buyer, lots.get(n)) for n, law in enumerate((one, two))]
        if codes[0] != codes[1]:
            yield Flip(kind, describe(seller), describe(buyer), called, codes[0], codes[1])


def _all_attributes(before: Policy, after: Policy) -> tuple[Attribute, ...]:
    known = {one.name for one in after.attributes}
    return (*after.attributes, *(one for one in before.attributes if one.name not in known))


def describe(person: Person) -> str:
    """A person in words."""
    said = [name for name in sorted(person.attributes) if name != "us_person"]
    where = "US" if "us_person" in person.attributes else "offshore"
    return ", ".join([where, *said, *([person.country] if person.country else [])])


def _states(before: Policy, after: Policy) -> Iterator[tuple[str, Mapping[int, Lot]]]:
    """Free units; then units of each family that both have, while each clock of theirs runs."""
    yield "free units", {}
    of_after = {family.id: family for family in after.families}
    for family in before.families:
        if family.id in of_after:
            other = of_after[family.id]
            for clock in sorted(family.clocks & other.clocks):
                called = f"{family.id} units, {clock.name.lower()} runs"
                yield called, {0: _lot(family.number, clock), 1: _lot(other.number, clock)}


def _lot(family: int, clock: Clock) -> Lot:
    a, b, c, d = (_FAR if one is clock else 0 for one in Clock)
    return Lot(1, 1, Vintage(1, 0, a, b, c, d, family))


def _code(law: Law, kind: Kind, selling: Person, buying: Person, lot: Lot | None) -> int:
    sender = Party(Facts(1, 1), 1, lots=(lot,) if lot else (), person=1)
    receiver = Party(Facts(2, 1), person=2)
    case = Case(
        sender, receiver, 1, Moment(_TODAY), kind, NO_PROOFS, selling,
        replace(buying, country=_somewhere(law.policy, buying)),
    )  # fmt: skip
    return first_code(law, case)


def _somewhere(policy: Policy, person: Person) -> str:
    """A country in which units may be held, where rules do not ask for a certain one."""
    allowed = policy.countries.allowed
    if person.country or allowed is None:
        return person.country
    return min(allowed - policy.countries.forbidden, default="")


def stranded(compiled: Compiled, holdings: Iterable[Holding]) -> list[Stranded]:
    """Holders whom the policy leaves nobody to sell to, not even the issuer, once units are free."""
    rules = compiled.rules
    known = compiled.members
    found = []
    for one in holdings:
        ways = rules.sale.get(one.of_class) or any(
            buyers
            for (kind, seller, _), buyers in rules.sellable.items()
            if seller == one.of_class and kind in (Kind.SALE, Kind.TO_ISSUER, Kind.PUBLIC_SALE)
        )
        if one.of_class not in known:
            text = f"class {one.of_class} is none of this policy: he could neither sell nor receive"
            found.append(Stranded(one.holder, one.units, text))
        elif not ways:
            found.append(Stranded(one.holder, one.units, "nobody may buy from his class"))
    return found
