"""A policy as the data that a token stores: matrices of classes, ways out of clocks, limits.

On chain nobody has attributes: a person has a class, and everything a rule says of persons must
follow from it. So compiling first asks whether the classes tell apart all that the rules tell apart;
if not, it says which rule needs which class to be divided. The rest is enumeration: for each kind,
seller, buyer and proof what `decide` would say, written as bits.

`Compiled.rules` is what `rows.py` turns into the token's words and what `compiled.py` evaluates.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, product
from typing import NamedTuple

from iso3166 import countries as iso_countries

from freehold.core.errors import Invalid, Mistake
from freehold.core.facts import Kind, Proof, Vintage
from freehold.core.policy.case import Case, Law, LotRules
from freehold.core.policy.compiled import FAST_CLASSES, ISSUER, Group, Moment, Party, Rules
from freehold.core.policy.decide import grouped, prohibitions
from freehold.core.policy.expression import TRUE, names_in
from freehold.core.policy.identity import policy_id
from freehold.core.policy.model import (
    PROOF_NAMES,
    Cap,
    Clock,
    Countries,
    Family,
    Policy,
    class_of,
    terms,
)
from freehold.core.policy.persons import NOBODY, Person, persons, read_by_classes, read_of_persons
from freehold.core.policy.resale import lot_rules
from freehold.core.reasons import Reason

CONTRACT_CODES = {
    Clock.REG_S: Reason.REGS_US_PERSON,
    Clock.REG_CF: Reason.REGCF_ONE_YEAR,
}
"""The codes the contract gives by itself while a clock runs, where no other one is stored."""

Exits = dict[tuple[int, int, int, int], tuple[frozenset[int], ...]]


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


def compile_policy(policy: Policy) -> Compiled:
    """The policy as data for the chain.

    Raises Invalid with every place where the chain could not tell what the policy tells.
    """
    law = Law(policy)
    members = class_members(policy)
    mistakes = [*_class_mistakes(policy, members), *_cap_mistakes(policy)]
    if mistakes:
        raise _refused(policy, mistakes)
    kinds = _kinds(policy)
    sellers = {0: (NOBODY,), **members}
    sellable, why = _matrices(law, sellers, members, kinds, mistakes)
    exits, lot_why = _exits(law, members, kinds, mistakes)
    if mistakes:
        raise _refused(policy, mistakes)
    fast = {family.number: _fast_exits(exits, family.number, members) for family in policy.families}
    rules = _rules(law, members, sellable, why, exits, lot_why)
    return Compiled(policy, policy_id(policy), rules, members, fast)


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
    counted = [cap for cap in policy.caps if not cap.per_person and not _is_of_all(cap)]
    if len(counted) > 8:
        mistakes.append(Mistake("caps", f"{len(counted)} groups are counted: the chain has 8"))
    if sum(cap.per_person for cap in policy.caps) > 1:
        mistakes.append(Mistake("caps", "one limit of units in one hand is all the chain has"))
    return mistakes


def _is_of_all(cap: Cap) -> bool:
    return not cap.per_person and cap.group == TRUE and cap.code == Reason.MAX_HOLDERS


# ---- kinds and proofs ----


def _kinds(policy: Policy) -> tuple[Kind, ...]:
    return tuple(kind for kind in Kind if kind < Kind.RECOVER)


def _proofs_read(policy: Policy) -> tuple[Proof, ...]:
    texts = [rule.when for rule in policy.prohibitions] + [path.needs for path in policy.paths]
    named = {
        name.partition(".")[2] for text in texts for name in names_in(text) if "proof." in name
    }
    return tuple(proof for name, proof in PROOF_NAMES.items() if name in named)


def _number(proof: Proof) -> int:
    return int(proof).bit_length()


def _case(kind: Kind, selling: Person, buying: Person, proofs: Proof) -> Case:
    nobody = Party()
    return Case(ISSUER, nobody, 1, Moment(0), kind, proofs, selling, buying)


# ---- matrices of classes ----


class _Pair(NamedTuple):
    seller: int
    buyer: int
    kind: Kind


def _matrices(
    law: Law,
    sellers: Mapping[int, tuple[Person, ...]],
    buyers: Mapping[int, tuple[Person, ...]],
    kinds: Iterable[Kind],
    mistakes: list[Mistake],
) -> tuple[dict[tuple[int, int, int], frozenset[int]], dict[tuple[int, int, int], int]]:
    sellable: dict[tuple[int, int, int], set[int]] = {}
    why: dict[tuple[int, int, int], int] = {}
    proofs = _proofs_read(law.policy)
    for kind in kinds:
        for seller, buyer in product(sellers, buyers):
            if (kind == Kind.ISSUE) is (seller == 0):
                codes = _codes(law, kind, sellers[seller], buyers[buyer], proofs)
                pair = _Pair(seller, buyer, kind)
                _told_apart(law.policy, pair, codes, mistakes)
                for proof in (Proof(0), *proofs):
                    if not codes[proof][0] and (proof == Proof(0) or codes[Proof(0)][0]):
                        sellable.setdefault((kind, seller, _number(proof)), set()).add(buyer)
                if codes[Proof(0)][0]:
                    why[kind, seller, buyer] = codes[Proof(0)][0]
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
    for held in _subsets(proofs):
        cases = (_case(kind, one, two, held) for one, two in product(selling, buying))
        found[held] = tuple(dict.fromkeys(_class_code(law, case) for case in cases))
    return found


def _subsets(proofs: tuple[Proof, ...]) -> Iterator[Proof]:
    for size in range(len(proofs) + 1):
        for some in combinations(proofs, size):
            held = Proof(0)
            for proof in some:
                held |= proof
            yield held


def _class_code(law: Law, case: Case) -> int:
    hit = prohibitions(law, case)
    return int(hit[0].code) if hit else 0


def _told_apart(
    policy: Policy, pair: _Pair, codes: Mapping[Proof, tuple[int, ...]], mistakes: list[Mistake]
) -> None:
    """Every person of a class must get the same answer, and each proof must count by itself."""
    names = {0: "the issuer"} | {one.id: one.name for one in policy.classes}
    place = f"{pair.kind.name.lower()} from {names[pair.seller]} to {names[pair.buyer]}"
    if any(len(found) > 1 for found in codes.values()):
        told = next(found for found in codes.values() if len(found) > 1)
        mistakes.append(
            Mistake(place, f"the class does not settle it (codes {told}): divide the class")
        )
        return
    open_by = {proof for proof, found in codes.items() if not found[0]}
    for held in codes:
        single = any(one in held for one in open_by if _is_single(one)) or Proof(0) in open_by
        if single is not (held in open_by):
            mistakes.append(
                Mistake(
                    place, f"proofs {held!r} count only together: the chain looks at each alone"
                )
            )
            return


def _is_single(proof: Proof) -> bool:
    return bool(proof) and int(proof) & int(proof) - 1 == 0


# ---- ways out of clocks ----


def _exits(
    law: Law,
    members: Mapping[int, tuple[Person, ...]],
    kinds: Iterable[Kind],
    mistakes: list[Mistake],
) -> tuple[Exits, dict[tuple[int, int, int, int, int], int]]:
    found: dict[tuple[int, int, int, int], list[set[int]]] = {}
    lot_why: dict[tuple[int, int, int, int, int], int] = {}
    proofs = _proofs_read(law.policy)
    kinds = [kind for kind in kinds if kind != Kind.ISSUE]
    for family, kind, seller, buyer in product(law.policy.families, kinds, members, members):
        ways = _ways_out(law, family, kind, members[seller], members[buyer], proofs)
        pair = _Pair(seller, buyer, kind)
        for clock in family.clocks:
            by_clock = {
                held: tuple(dict.fromkeys(w[clock] for w in way)) for held, way in ways.items()
            }
            _told_apart(law.policy, pair, by_clock, mistakes)
            for proof in (Proof(0), *proofs):
                if not by_clock[proof][0] and (proof == Proof(0) or by_clock[Proof(0)][0]):
                    key = (family.number, int(kind), seller, _number(proof))
                    found.setdefault(key, [set(), set(), set(), set()])[clock].add(buyer)
            code = by_clock[Proof(0)][0]
            if code and code != _default_code(family, clock):
                lot_why[family.number, int(kind), seller, int(clock), buyer] = code
    exits = {key: tuple(map(frozenset, four)) for key, four in found.items()}
    return exits, lot_why


def _default_code(family: Family, clock: Clock) -> int:
    """What the contract says of itself; for the Rule 144 clock 140 or 144, by the day."""
    if clock is Clock.LOCK:
        return int(family.lock_code)
    return int(CONTRACT_CODES.get(clock, Reason.RULE144_HOLDING))


def _ways_out(
    law: Law,
    family: Family,
    kind: Kind,
    selling: tuple[Person, ...],
    buying: tuple[Person, ...],
    proofs: tuple[Proof, ...],
) -> dict[Proof, list[tuple[int, int, int, int]]]:
    """For each set of proofs and pair of persons: the code each clock refuses with, 0 if it lets go."""
    found: dict[Proof, list[tuple[int, int, int, int]]] = {}
    for held in _subsets(proofs):
        cases = (_case(kind, one, two, held) for one, two in product(selling, buying))
        rules = (lot_rules(law, family.number, case) for case in cases)
        found[held] = [_by_clock(family, one) for one in rules]
    return found


def _by_clock(family: Family, rules: LotRules) -> tuple[int, int, int, int]:
    first = 0 if rules.open_paths else int(rules.nearest or Reason.RULE144_HOLDING)
    codes = [first]
    for clock in (Clock.REG_S, Clock.REG_CF, Clock.LOCK):
        hit = rules.hits[clock]
        code = int(hit.code) if hit else 0
        codes.append(int(family.lock_code) if hit and clock is Clock.LOCK else code)
    a, b, c, d = codes
    return a, b, c, d


def _fast_exits(
    exits: Exits, family: int, members: Mapping[int, tuple[Person, ...]]
) -> tuple[int, int, int, int]:
    """Buyers, of the eight common classes, to whom every seller may sell while a clock runs."""
    masks = []
    for clock in Clock:
        everywhere = [
            exits.get((family, int(Kind.SALE), seller, 0), (frozenset(),) * 4)[clock]
            for seller in members
        ]
        shared = frozenset.intersection(*everywhere) if everywhere else frozenset()
        masks.append(sum(1 << buyer for buyer in shared if buyer in FAST_CLASSES))
    a, b, c, d = masks
    return a, b, c, d


# ---- all of it together ----


def _rules(
    law: Law,
    members: Mapping[int, tuple[Person, ...]],
    sellable: Mapping[tuple[int, int, int], frozenset[int]],
    why: Mapping[tuple[int, int, int], int],
    exits: Exits,
    lot_why: Mapping[tuple[int, int, int, int, int], int],
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
        mind_affiliates=policy.resets_affiliate_sales,
        sale={seller: buyers for seller, buyers in sale.items() if buyers},
        sellable=stored,
        why=dict(why),
        exits={key: (four[0], four[1], four[2], four[3]) for key, four in exits.items()},
        lot_why=dict(lot_why),
        most_holders=next((cap.limit for cap in policy.caps if _is_of_all(cap)), None),
        most_units=next((cap.limit for cap in policy.caps if cap.per_person), None),
        groups=_groups(law, members),
        check_countries=where.limited,
        countries=_country_numbers(where) if where.limited else frozenset(),
        country_code=int(_country_code(where)),
    )


def _groups(law: Law, members: Mapping[int, tuple[Person, ...]]) -> tuple[Group, ...]:
    groups = []
    for cap in law.policy.caps:
        if not cap.per_person and not _is_of_all(cap):
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
