"""Ways out of running clocks, as the chain stores them: by family, kind, seller, proof and buyer."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

from freehold.core.errors import Mistake
from freehold.core.facts import Kind, Proof
from freehold.core.policy.case import NO_PROOFS, Law, LotRules
from freehold.core.policy.compiled import FAST_CLASSES
from freehold.core.policy.enumeration import (
    BY_RULES,
    Pair,
    alike_as_read,
    case_of,
    proof_number,
    proofs_of_lots,
    read_of_lots,
    subsets,
    told_apart,
)
from freehold.core.policy.model import Clock, Family
from freehold.core.policy.persons import Person
from freehold.core.policy.resale import lot_rules
from freehold.core.reasons import Reason

Masks = tuple[frozenset[int], frozenset[int], frozenset[int], frozenset[int]]
"""Receivers let through clocks A, B, C, D."""
NO_WAY: Masks = (frozenset(), frozenset(), frozenset(), frozenset())
CLOCK_CODES = {
    Clock.RULE_144: Reason.RULE144_HOLDING,
    Clock.REG_S: Reason.REGS_US_PERSON,
    Clock.REG_CF: Reason.REGCF_ONE_YEAR,
}
"""The codes the contract gives by itself while a clock runs; the first becomes 144 by the day."""


class WaysOut(NamedTuple):
    """`exits`: (family, kind, from, proof) -> receivers let through each clock; from 0 is any seller.
    `why`: (family, kind, clock, to) -> the code of a running clock where it is not its own."""

    exits: Mapping[tuple[int, int, int, int], Masks]
    why: Mapping[tuple[int, int, int, int], int]


def ways_out(
    law: Law, members: Mapping[int, tuple[Person, ...]], mistakes: list[Mistake]
) -> WaysOut:
    """For each family, kind, seller, buyer and proof: which running clocks let the units go."""
    found: dict[tuple[int, int, int, int], list[set[int]]] = {}
    why: dict[tuple[int, int, int, int], set[int]] = {}
    alike = alike_as_read(members, read_of_lots(law.policy))
    for family, kind in product(law.policy.families, BY_RULES):
        if kind == Kind.ISSUE:
            continue
        for (sellers, selling), (buyers, buying) in product(alike.items(), repeat=2):
            pair = Pair(sellers[0], buyers[0], kind)
            for clock, by_proof in _by_clock_and_proof(
                law, family, pair, selling, buying, mistakes
            ):
                alone = by_proof[NO_PROOFS]
                for proof, code in by_proof.items():
                    if not code and (proof == NO_PROOFS or alone):
                        for seller in sellers:
                            key = (family.number, int(kind), seller, proof_number(proof))
                            four = found.setdefault(key, [set(), set(), set(), set()])
                            four[clock].update(buyers)
                if alone:
                    for buyer in buyers:
                        key = (family.number, int(kind), int(clock), buyer)
                        why.setdefault(key, set()).add(alone)
    exits = {key: _masks(four) for key, four in found.items()}
    return WaysOut(_shared(exits, members), _reasons(law, why, mistakes))


def _by_clock_and_proof(
    law: Law,
    family: Family,
    pair: Pair,
    selling: tuple[Person, ...],
    buying: tuple[Person, ...],
    mistakes: list[Mistake],
) -> Iterator[tuple[Clock, dict[Proof, int]]]:
    """For each clock of the family the code with no proof and with each single one."""
    proofs = proofs_of_lots(law.policy)
    codes = _codes(law, family, pair.kind, selling, buying, proofs)
    for clock in family.clocks:
        by_proof = {
            held: tuple(dict.fromkeys(c[clock] for c in some)) for held, some in codes.items()
        }
        told_apart(law.policy, pair, by_proof, mistakes)
        yield clock, {proof: by_proof[proof][0] for proof in (NO_PROOFS, *proofs)}


def _masks(four: Iterable[Iterable[int]]) -> Masks:
    a, b, c, d = map(frozenset, four)
    return a, b, c, d


def _shared(
    exits: Mapping[tuple[int, int, int, int], Masks], members: Iterable[int]
) -> dict[tuple[int, int, int, int], Masks]:
    """The same ways out with what every seller has under seller 0, so that they need few rows."""
    found: dict[tuple[int, int, int, int], Masks] = {}
    sellers = list(members)
    for family, kind, proof in dict.fromkeys((f, k, p) for f, k, _, p in exits):
        of = {one: exits.get((family, kind, one, proof), NO_WAY) for one in sellers}
        common = [frozenset.intersection(*(four[clock] for four in of.values())) for clock in Clock]
        if any(common):
            found[family, kind, 0, proof] = _masks(common)
        for seller, four in of.items():
            own = [mine - all_have for mine, all_have in zip(four, common, strict=True)]
            if any(own):
                found[family, kind, seller, proof] = _masks(own)
    return found


def _reasons(
    law: Law, why: Mapping[tuple[int, int, int, int], set[int]], mistakes: list[Mistake]
) -> dict[tuple[int, int, int, int], int]:
    """The codes to store: one for all sellers, and only where the clock says another by itself."""
    kept = {}
    for (family, kind, clock, buyer), codes in why.items():
        named = law.policy.family(family)
        assert named is not None, "the families of the policy were enumerated"
        if len(codes) > 1:
            place = f"{Kind(kind).name.lower()} of {named.id} units to class {buyer}"
            mistakes.append(Mistake(place, f"the code depends on the seller ({sorted(codes)})"))
        code = min(codes)
        if code != _default_code(named, Clock(clock)):
            kept[family, kind, clock, buyer] = code
    return kept


def _default_code(family: Family, clock: Clock) -> int:
    """What the contract says of itself; for the Rule 144 clock 140 or 144, by the day."""
    if clock is Clock.LOCK:
        return int(family.lock_code)
    return int(CLOCK_CODES[clock])


def _codes(
    law: Law,
    family: Family,
    kind: Kind,
    selling: tuple[Person, ...],
    buying: tuple[Person, ...],
    proofs: tuple[Proof, ...],
) -> dict[Proof, list[tuple[int, int, int, int]]]:
    """For each set of proofs and pair of persons: the code each clock refuses with, 0 if it lets go."""
    found: dict[Proof, list[tuple[int, int, int, int]]] = {}
    for held in subsets(proofs):
        cases = (case_of(kind, one, two, held) for one, two in product(selling, buying))
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


def fast_exits(
    exits: Mapping[tuple[int, int, int, int], Masks], family: int
) -> tuple[int, int, int, int]:
    """Buyers, of the eight common classes, to whom every seller may sell while a clock runs."""
    shared = exits.get((family, int(Kind.SALE), 0, 0), NO_WAY)
    a, b, c, d = (sum(1 << buyer for buyer in mask if buyer in FAST_CLASSES) for mask in shared)
    return a, b, c, d
