"""What compiling runs over: pairs of classes, kinds of transfer, sets of proofs; and what must hold.

The chain sees a person's class and looks at each attested fact alone. So every person of a class
must get the same answer, and a set of proofs must let through exactly what one of them does.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from freehold.core.errors import Mistake
from freehold.core.facts import Kind, Proof
from freehold.core.policy.case import Case
from freehold.core.policy.compiled import ISSUER, Moment, Party
from freehold.core.policy.expression import Expression, names_in
from freehold.core.policy.model import PROOF_NAMES, Policy
from freehold.core.policy.persons import Person

BY_RULES = tuple(kind for kind in Kind if kind < Kind.RECOVER)


class Pair(NamedTuple):
    seller: int
    buyer: int
    kind: Kind


def proofs_read(policy: Policy) -> tuple[Proof, ...]:
    """The attested facts that rules read, by class or by lot."""
    return tuple(dict.fromkeys((*proofs_of_classes(policy), *proofs_of_lots(policy))))


def proofs_of_classes(policy: Policy) -> tuple[Proof, ...]:
    """Those that rules read which look at persons alone."""
    return _proofs_in(rule.when for rule in policy.prohibitions if rule.until is None)


def proofs_of_lots(policy: Policy) -> tuple[Proof, ...]:
    """Those that ways out of running clocks read."""
    clocked = [rule.when for rule in policy.prohibitions if rule.until is not None]
    return _proofs_in([*clocked, *(path.needs for path in policy.paths)])


def _proofs_in(texts: Iterable[Expression]) -> tuple[Proof, ...]:
    named = {
        name.partition(".")[2] for text in texts for name in names_in(text) if "proof." in name
    }
    return tuple(proof for name, proof in PROOF_NAMES.items() if name in named)


def read_of_classes(policy: Policy) -> frozenset[str]:
    """What rules read of persons that look at persons alone."""
    return _persons_in(rule.when for rule in policy.prohibitions if rule.until is None)


def read_of_lots(policy: Policy) -> frozenset[str]:
    """What ways out of running clocks read of persons."""
    clocked = [rule.when for rule in policy.prohibitions if rule.until is not None]
    return _persons_in([*clocked, *(path.needs for path in policy.paths)])


def _persons_in(texts: Iterable[Expression]) -> frozenset[str]:
    named = (name.partition(".") for text in texts for name in names_in(text))
    return frozenset(name for side, _, name in named if side in ("sender", "receiver"))


def alike_as_read(
    members: Mapping[int, tuple[Person, ...]], read: frozenset[str]
) -> dict[tuple[int, ...], tuple[Person, ...]]:
    """Classes together that rules which read only these names cannot tell apart, with their persons."""
    groups: dict[tuple[Person, ...], list[int]] = {}
    for number, some in members.items():
        as_read = tuple(dict.fromkeys(person.seen_by(read) for person in some))
        groups.setdefault(as_read, []).append(number)
    return {tuple(numbers): persons for persons, numbers in groups.items()}


def proof_number(proof: Proof) -> int:
    return int(proof).bit_length()


def case_of(kind: Kind, selling: Person, buying: Person, proofs: Proof) -> Case:
    nobody = Party()
    return Case(ISSUER, nobody, 1, Moment(0), kind, proofs, selling, buying)


def subsets(proofs: tuple[Proof, ...]) -> Iterator[Proof]:
    for size in range(len(proofs) + 1):
        for some in combinations(proofs, size):
            held = Proof(0)
            for proof in some:
                held |= proof
            yield held


def told_apart(
    policy: Policy, pair: Pair, codes: Mapping[Proof, tuple[int, ...]], mistakes: list[Mistake]
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
