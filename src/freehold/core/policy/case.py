"""What a decision is about and what it answers: the case, the failures, the decision, the law.

Conditions read `sender.x` and `receiver.x` for each attribute x (and `country`), `kind`, and
`proof.x` for each attested fact. Days are UTC day numbers, units base units.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from freehold.core.facts import Kind, Proof, Vintage
from freehold.core.policy.compiled import Moment, Party
from freehold.core.policy.expression import Expression, Fact, names_in
from freehold.core.policy.model import (
    KIND_NAMES,
    PROOF_NAMES,
    Path,
    Policy,
    Prohibition,
    Source,
)
from freehold.core.policy.persons import NOBODY, Person
from freehold.core.reasons import Reason, sentence

BUILT_IN = "built-in"
NO_PROOFS = Proof(0)
_NAME_OF_KIND = {kind: name for name, kind in KIND_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Case:
    """One transfer asked about. `counts` are holders by cap id; `informed_until` is the last day of
    current public information, 0 where the issuer does not report.
    `standing` are the terms that units get which an affiliate sells, None where none are set.
    """

    sender: Party
    receiver: Party
    units: int
    moment: Moment
    kind: Kind = Kind.SALE
    proofs: Proof = NO_PROOFS
    selling: Person = NOBODY
    buying: Person = NOBODY
    picks: frozenset[int] = frozenset()
    active: bool = True
    informed_until: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    standing: Vintage | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One rule that refuses: its code, where it stands in the law, and how to get past it."""

    code: Reason
    rule: str
    text: str
    cite: str = ""
    as_of: date | None = None
    unverified: bool = False
    facts: Mapping[str, Fact] = field(default_factory=dict)
    way_out: str = ""


class PathTried(NamedTuple):
    """A resale path for restricted lots: open, or refused with the code it stands for."""

    id: str
    open: bool
    code: Reason
    cite: str
    lacks: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome; `code` is the first failure's, as the chain gives it, 0 if allowed.

    `would_pass_on` is the first later day on which the same transfer passes, if time alone helps;
    `largest` the most units of this sender that pass now.
    """

    failures: tuple[Failure, ...]
    paths: tuple[PathTried, ...]
    would_pass_on: date | None
    largest: int

    @property
    def allowed(self) -> bool:
        return not self.failures

    @property
    def code(self) -> int:
        return self.failures[0].code if self.failures else Reason.OK


class LotRules(NamedTuple):
    """How a policy looks at lots of one family between two persons: what hits while a clock runs,
    and which paths are open."""

    hits: tuple[Prohibition | None, ...]
    open_paths: tuple[Path, ...]
    closed_paths: tuple[Path, ...]
    nearest: Reason


class Lens(NamedTuple):
    """What some rules read of a transfer: of the seller, of the buyer, and attested facts."""

    selling: frozenset[str]
    buying: frozenset[str]
    proofs: Proof


def lens_of(conditions: Iterable[Expression]) -> Lens:
    """The lens through which these conditions look."""
    named = [name.partition(".") for one in conditions for name in names_in(one)]
    proofs = NO_PROOFS
    for _, _, name in (one for one in named if one[0] == "proof"):
        proofs |= PROOF_NAMES.get(name, NO_PROOFS)
    selling = frozenset(name for side, _, name in named if side == "sender")
    return Lens(selling, frozenset(name for side, _, name in named if side == "receiver"), proofs)


@dataclass(frozen=True, slots=True)
class Law:
    """A policy made ready to decide with: what depends on persons and kinds alone is kept.

    Answers are kept by what the rules concerned read of the persons, through a `Lens`, so that they
    are few however many persons there are.
    """

    policy: Policy
    _lenses: dict[tuple[int, Kind], Lens] = field(default_factory=dict)
    _seen: dict[tuple[Person, frozenset[str]], Person] = field(default_factory=dict)
    _hits: dict[tuple[Kind, Person, Person, Proof], tuple[Prohibition, ...]] = field(
        default_factory=dict
    )
    _lots: dict[tuple[int, Kind, Person, Person, Proof], LotRules] = field(default_factory=dict)
    _grouped: dict[tuple[str, Person], bool] = field(default_factory=dict)


def seen(law: Law, lens: Lens, case: Case) -> tuple[Person, Person, Proof]:
    """The persons and proofs of the case as rules see them through the lens."""
    found = []
    for person, read in ((case.selling, lens.selling), (case.buying, lens.buying)):
        key = person, read
        if key not in law._seen:
            law._seen[key] = person.seen_by(read)
        found.append(law._seen[key])
    return found[0], found[1], case.proofs & lens.proofs


def situation(
    policy: Policy, kind: Kind, selling: Person, buying: Person, proofs: Proof
) -> dict[str, Fact]:
    """All names that a rule about a transfer may read."""
    facts: dict[str, Fact] = {"kind": _NAME_OF_KIND[kind]}
    for side, person in (("sender", selling), ("receiver", buying)):
        facts[f"{side}.country"] = person.country
        for attribute in policy.attributes:
            facts[f"{side}.{attribute.name}"] = attribute.name in person.attributes
    for name, proof in PROOF_NAMES.items():
        facts[f"proof.{name}"] = bool(proofs & proof)
    return facts


def built_in(code: Reason, facts: Mapping[str, Fact] | None = None) -> Failure:
    """A failure of what holds for every policy."""
    return Failure(code, BUILT_IN, sentence(code), facts=facts or {})


def by_rule(
    source: Source, code: Reason, text: str, facts: Mapping[str, Fact], way_out: str
) -> Failure:
    """A failure of a rule that has a source."""
    unverified = source.is_unverified
    return Failure(code, source.rule, text, source.cite, source.as_of, unverified, facts, way_out)
