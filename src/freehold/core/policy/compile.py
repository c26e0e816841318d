"""A policy as the data that a token stores: matrices of classes, ways out of clocks, limits.

On chain nobody has attributes: a person has a class, and everything a rule says of persons must
follow from it. So compiling first asks whether the classes tell apart all that the rules tell apart;
if not, it says which rule needs which class to be divided. The rest is enumeration: for each kind,
seller, buyer and proof what `decide` would say, written as bits.

`Compiled.rules` is what `rows.py` turns into the token's words and what `compiled.py` evaluates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from iso3166 import countries as iso_countries

from freehold.core.errors import Invalid, Mistake
from freehold.core.facts import Kind, Proof, Vintage
from freehold.core.policy.case import NO_PROOFS, Case, Law
from freehold.core.policy.compiled import FAST_CLASSES, Group, Rules
from freehold.core.policy.decide import grouped, prohibitions
from freehold.core.policy.enumeration import (
    BY_RULES,
    Pair,
    alike_as_read,
    case_of,
    proof_number,
    proofs_of_classes,
    read_of_classes,
    subsets,
    told_apart,
)
from freehold.core.policy.identity import policy_id
from freehold.core.policy.model import (
    Cap,
    Clock,
    Countries,
    Policy,
    class_of,
    terms,
)
from freehold.core.policy.persons import NOBODY, Person, persons, read_by_classes, read_of_persons
from freehold.core.policy.ways_out import WaysOut, fast_exits, ways_out
from freehold.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Compiled:
    """A policy on its way to the chain; `members` are persons who stand for each class."""

    policy: Policy
    id: str
    rules: Rules
    members: Mapping[int, tuple[Person, ...]]
    fast_exits: Mapping[int, tuple[int, int, int, int]]

    def vintage(
        self, family: str, acquired: date, *, reporting: bool, ended: date | None = None
    ) -> Vintage:
        """The terms of a lot of `family`, with the classes that may buy while its clocks run."""
        found = next((one for one in self.policy.families if one.id == family), None)
        if found is None:
            known = ", ".join(one.id for one in self.policy.families) or "none"
            raise Invalid(f"no family {family!r} in {self.policy.name}: {known}", family=family)
        started = terms(found, acquired, reporting=reporting, distribution_ended=ended)
        return replace(started, exits=self.fast_exits[found.number])

    def reterm(self, terms: Vintage) -> Vintage:
        """A lot's terms under this policy: its clocks stay, whom they let through is the policy's.

        A family that the policy does not have lets nobody through while a clock of it runs.
        """
        return replace(terms, exits=self.fast_exits.get(terms.family, (0, 0, 0, 0)))


def compile_policy(policy: Policy) -> Compiled:
    """The policy as data for the chain.

    Raises Invalid with every place where the chain could not tell what the policy tells.
    """
    law = Law(policy)
    members = class_members(policy)
    mistakes = [*_unanswered(policy), *_standing_mistakes(policy)]
    mistakes += [*_class_mistakes(policy, members), *_cap_mistakes(policy)]
    if mistakes:
        raise _refused(policy, mistakes)
    sellers = {0: (NOBODY,), **members}
    sellable, why = _matrices(law, sellers, members, mistakes)
    ways = ways_out(law, members, mistakes)
    if mistakes:
        raise _refused(policy, mistakes)
    fast = {family.number: fast_exits(ways.exits, family.number) for family in policy.families}
    rules = _rules(law, members, sellable, why, ways)
    found = Compiled(policy, policy_id(policy), rules, members, fast)
    return replace(found, rules=replace(rules, reacquired=_standing(found)))


def with_unit_limit(compiled: Compiled, limit: int) -> Compiled:
    """The policy as a token obeys it whose splits have scaled the most units in one hand since."""
    policy = compiled.policy
    caps = tuple(replace(cap, limit=limit) if cap.per_person else cap for cap in policy.caps)
    rules = replace(compiled.rules, most_units=limit)
    return replace(compiled, policy=replace(policy, caps=caps), rules=rules)


def _unanswered(policy: Policy) -> list[Mistake]:
    text = "has no answer yet: write yes or no into [questions], after a lawyer has looked"
    open_ones = sorted(name for name, answer in policy.answers.items() if answer == "?")
    return [Mistake(f"questions.{name}", text) for name in open_ones]


def _standing_mistakes(policy: Policy) -> list[Mistake]:
    """Units that an affiliate sells start the Rule 144 clock anew, and no other."""
    name = policy.resets_affiliate_sales
    family = next((one for one in policy.families if one.id == name), None)
    if not name or (family is not None and family.clocks == {Clock.RULE_144}):
        return []
    text = "takes what affiliates sell: give it `rule_144` and no other clock"
    return [Mistake(f"vintages.{name}", text)]


def _refused(policy: Policy, mistakes: list[Mistake]) -> Invalid:
    return Invalid(f"{policy.name} cannot be put on chain", mistakes=mistakes)


# ---- who stands for a class ----


def class_members(policy: Policy) -> dict[int, tuple[Person, ...]]:
    """For each class the persons that rules can tell apart within it, by what rules read of them."""
    read = read_of_persons(policy)
    found: dict[int, dict[Person, None]] = {one.id: {} for one in policy.classes}
    for person in persons(policy, read | read_by_classes(policy)):
        of = class_of(policy, person.attributes, person.country)
        if of is not None:
            found[of.id].setdefault(person.seen_by(read))
    return {number: tuple(members) for number, members in found.items()}


def _class_mistakes(policy: Policy, members: Mapping[int, tuple[Person, ...]]) -> list[Mistake]:
    mistakes = []
    numbers = [one.id for one in policy.classes]
    if len(numbers) != len(set(numbers)) or not all(0 < number < 32 for number in numbers):
        mistakes.append(Mistake("classes", "each class has a number of its own, 1 to 31"))
    nobody = [one.name for one in policy.classes if not members.get(one.id)]
    mistakes += [
        Mistake(f"classes.{name}", "takes nobody: an earlier class has all") for name in nobody
    ]
    known = {attribute.name for attribute in policy.attributes} | {"country"}
    unknown = sorted((read_of_persons(policy) | read_by_classes(policy)) - known)
    mistakes += [Mistake("rules", f"{name} is no attribute of this policy") for name in unknown]
    return mistakes


def _cap_mistakes(policy: Policy) -> list[Mistake]:
    mistakes = []
    counted = [cap for cap in policy.caps if not cap.per_person and not cap.is_of_all]
    if len(counted) > 8:
        mistakes.append(Mistake("caps", f"{len(counted)} groups are counted: the chain has 8"))
    if sum(cap.per_person for cap in policy.caps) > 1:
        mistakes.append(Mistake("caps", "one limit of units in one hand is all the chain has"))
    return mistakes


# ---- matrices of classes ----


def _matrices(
    law: Law,
    sellers: Mapping[int, tuple[Person, ...]],
    buyers: Mapping[int, tuple[Person, ...]],
    mistakes: list[Mistake],
) -> tuple[dict[tuple[int, int, int], frozenset[int]], dict[tuple[int, int, int], int]]:
    sellable: dict[tuple[int, int, int], set[int]] = {}
    why: dict[tuple[int, int, int], int] = {}
    proofs, read = proofs_of_classes(law.policy), read_of_classes(law.policy)
    givers, takers = alike_as_read(sellers, read), alike_as_read(buyers, read)
    for kind in BY_RULES:
        for (some, selling), (others, buying) in product(givers.items(), takers.items()):
            from_here = [seller for seller in some if (kind == Kind.ISSUE) is (seller == 0)]
            if not from_here:
                continue
            codes = _codes(law, kind, selling, buying, proofs)
            told_apart(law.policy, Pair(from_here[0], others[0], kind), codes, mistakes)
            alone = codes[NO_PROOFS][0]
            for proof in (NO_PROOFS, *proofs):
                if not codes[proof][0] and (proof == NO_PROOFS or alone):
                    for seller in from_here:
                        key = (kind, seller, proof_number(proof))
                        sellable.setdefault(key, set()).update(others)
            if alone:
                why |= {(kind, seller, buyer): alone for seller in from_here for buyer in others}
    return {key: frozenset(found) for key, found in sellable.items()}, why


def _codes(
    law: Law,
    kind: Kind,
    selling: Iterable[Person],
    buying: Iterable[Person],
    proofs: tuple[Proof, ...],
) -> dict[Proof, tuple[int, ...]]:
    """For each set of proofs the codes that persons of the two classes get."""
    selling, buying = tuple(selling), tuple(buying)
    found = {}
    for held in subsets(proofs):
        cases = (case_of(kind, one, two, held) for one, two in product(selling, buying))
        found[held] = tuple(dict.fromkeys(_class_code(law, case) for case in cases))
    return found


def _class_code(law: Law, case: Case) -> int:
    hit = prohibitions(law, case)
    return int(hit[0].code) if hit else 0


# ---- all of it together ----


def _rules(
    law: Law,
    members: Mapping[int, tuple[Person, ...]],
    sellable: Mapping[tuple[int, int, int], frozenset[int]],
    why: Mapping[tuple[int, int, int], int],
    ways: WaysOut,
) -> Rules:
    policy = law.policy
    fast = {number for number in members if number in FAST_CLASSES}
    sale = {
        seller: sellable.get((Kind.SALE, seller, 0), frozenset()) & fast for seller in sorted(fast)
    }
    stored = {}
    for key, buyers in sellable.items():
        kind, seller, proof = key
        in_state = kind == Kind.SALE and seller in fast and proof == 0
        left = buyers - fast if in_state else buyers
        if left:
            stored[key] = left
    where = policy.countries
    return Rules(
        active=True,
        mind_affiliates=bool(policy.resets_affiliate_sales),
        holding_code=next(
            (int(cap.code) for cap in policy.caps if cap.per_person), Reason.MAX_HOLDING
        ),
        sale={seller: buyers for seller, buyers in sale.items() if buyers},
        sellable=stored,
        why=dict(why),
        exits=ways.exits,
        lot_why=ways.why,
        most_holders=next((cap.limit for cap in policy.caps if cap.is_of_all), None),
        most_units=next((cap.limit for cap in policy.caps if cap.per_person), None),
        groups=_groups(law, members),
        check_countries=where.limited,
        countries=_country_numbers(where) if where.limited else frozenset(),
        country_code=int(_country_code(where)),
    )


def _standing(compiled: Compiled) -> Vintage | None:
    """The terms of what affiliates sell: the family's clocks as months from the month's end."""
    policy = compiled.policy
    family = next((one for one in policy.families if one.id == policy.resets_affiliate_sales), None)
    if family is None:
        return None
    assert family.rule_144 is not None and family.clocks == {Clock.RULE_144}, "linted before"
    sooner, later = family.rule_144
    release = sooner if policy.issuer.get("reporting") and sooner < later else 0
    return Vintage(
        0, release, later, family=family.number, exits=compiled.fast_exits[family.number]
    )


def _groups(law: Law, members: Mapping[int, tuple[Person, ...]]) -> tuple[Group, ...]:
    groups = []
    for cap in law.policy.caps:
        if not cap.per_person and not cap.is_of_all:
            inside = {number for number, some in members.items() if _all_grouped(law, cap, some)}
            groups.append(Group(frozenset(inside), cap.limit, int(cap.code)))
    return tuple(groups)


def _all_grouped(law: Law, cap: Cap, some: tuple[Person, ...]) -> bool:
    counted = {grouped(law, cap.id, person) for person in some}
    if len(counted) > 1:
        raise Invalid(
            f"cap {cap.id} counts some persons of a class and not others: divide the class",
            cap=cap.id,
        )
    return counted == {True}


def _country_numbers(where: Countries) -> frozenset[int]:
    numbers = {one.alpha2: int(one.numeric) for one in iso_countries}
    allowed = where.allowed if where.allowed is not None else frozenset(numbers)
    return frozenset(numbers[one] for one in allowed - where.forbidden)


def _country_code(where: Countries) -> Reason:
    """The chain has one code for all countries: that of the list which decides."""
    only_forbids = where.allowed is None and where.forbidden
    return Reason.JURISDICTION_FORBIDDEN if only_forbids else Reason.JURISDICTION_NOT_ALLOWED
