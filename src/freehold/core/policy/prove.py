"""Proof by enumeration that a policy as written and as compiled are one and the same.

A decision looks at a finite number of things, and each rule at few of them. `prove` runs through all
that the policy can tell apart and compares `decide` with the compiled rules, code by code:

- *rules*: every pair of persons (by the attributes and countries that rules read) x every kind x
  every set of proofs that rules read, with free units and with each clock of each family; and every
  state of all clocks, each on the day before its end, on its end and on the day after, with and without
  current information;
- *standing*: halts, freezes, sanctions, expiry, epochs, unknown wallets, affiliates, treasury,
  countries, too few units, linked accounts, all of them against each other;
- *limits*: every cap one below, at and above its limit x new and old holders x sellers who leave
  and who stay x treasury;
- *left out*: what no rule reads (other attributes, other proofs, the number of a vintage) is changed
  at random, and the code must stay.

What the chain adds to this (that the contract computes the same as the compiled rules) is shown by
tests that put the same cases to the real contract.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import NamedTuple

from freehold.core.facts import NO_FLAGS, Facts, Flags, Kind, Proof, Vintage
from freehold.core.identifiers import country_number
from freehold.core.policy.case import NO_PROOFS, Case, Law
from freehold.core.policy.compile import Compiled
from freehold.core.policy.compiled import ISSUER, Lot, Moment, Party, Rules, refusal
from freehold.core.policy.decide import first_code
from freehold.core.policy.enumeration import BY_RULES, proofs_read, subsets
from freehold.core.policy.model import Cap, Clock, Family, class_of
from freehold.core.policy.persons import NOBODY, Person, persons, read_of_persons

TODAY = 20_000
"""Any day will do: only differences of days matter."""
HELD = 100


class Mismatch(NamedTuple):
    """A case in which the two differ."""

    part: str
    written: int
    compiled: int
    case: Case


@dataclass(frozen=True, slots=True)
class Proven:
    """How many cases were compared in each part, how often each code came, and what differed."""

    cases: Mapping[str, int]
    codes: Mapping[int, int]
    mismatches: tuple[Mismatch, ...]
    read: frozenset[str]
    proofs: tuple[Proof, ...]

    @property
    def holds(self) -> bool:
        return not self.mismatches


@dataclass
class _Count:
    cases: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    mismatches: list[Mismatch] = field(default_factory=list)


def prove(compiled: Compiled, most: int = 20) -> Proven:
    """Compare the policy with its compiled form on everything it can tell apart.

    Stops collecting after `most` mismatches; the counts go on.
    """
    law, count = Law(compiled.policy), _Count()
    parts = (("rules", rule_cases), ("standing", standing_cases), ("limits", limit_cases))
    for part, cases in parts:
        for case in cases(compiled):
            _compare(law, compiled, part, case, count, most)
    everything = (case for _, cases in parts for case in cases(compiled))
    for case in islice(everything, 0, None, 97):
        _leave_out(law, compiled, case, count, most)
    read, proofs = read_of_persons(compiled.policy), proofs_read(compiled.policy)
    return Proven(dict(count.cases), dict(count.codes), tuple(count.mismatches), read, proofs)


def _compare(law: Law, compiled: Compiled, part: str, case: Case, count: _Count, most: int) -> int:
    written, by_rules = first_code(law, case), compiled_code(compiled, case)
    count.cases[part] += 1
    count.codes[written] += 1
    if written != by_rules and len(count.mismatches) < most:
        count.mismatches.append(Mismatch(part, written, by_rules, case))
    return written


def compiled_code(compiled: Compiled, case: Case) -> int:
    """What the compiled rules answer to a case."""
    rules, moment = rules_of(compiled, case), moment_of(compiled, case)
    sender, receiver, kind = case.sender, case.receiver, case.kind
    return int(refusal(rules, sender, receiver, case.units, kind, moment, case.proofs, case.picks))


def rules_of(compiled: Compiled, case: Case) -> Rules:
    """The compiled rules with what a case says of the instrument's own state."""
    return replace(
        compiled.rules,
        active=case.active,
        informed_until=case.informed_until,
        reacquired=case.standing,
    )


def moment_of(compiled: Compiled, case: Case) -> Moment:
    """The moment of a case with its counts in the places that the compiled rules have for them."""
    caps = [cap for cap in compiled.policy.caps if not cap.per_person]
    groups = [case.counts.get(cap.id, 0) for cap in caps if not cap.is_of_all]
    holders = max((case.counts.get(cap.id, 0) for cap in caps if cap.is_of_all), default=0)
    return replace(case.moment, holders=holders, counts=(*groups, *(0,) * (8 - len(groups))))


# ---- who ----


class Side(NamedTuple):
    """A person as rules see him and as the register keeps him."""

    person: Person
    facts: Facts


def sides(compiled: Compiled, account: int) -> list[Side]:
    """Every person that rules can tell apart, with the class and country he is registered with."""
    policy = compiled.policy
    found = []
    where = policy.countries
    home = sorted(where.allowed - where.forbidden)[:1] if where.allowed is not None else [""]
    for person in persons(policy, read_of_persons(policy)):
        of = class_of(policy, person.attributes, person.country)
        if of is not None:
            country = person.country or (home[0] if home else "")
            number = country_number(country) if country else 0
            found.append(Side(replace(person, country=country), Facts(account, of.id, number)))
    return found


# ---- rules ----


def rule_cases(compiled: Compiled) -> Iterator[Case]:
    """Every pair of persons, kind and set of proofs, with free units and with each clock running alone;
    and every state of all clocks for each way in which those may come out.

    A lot's outcome follows from what each of its clocks does to the pair, so pairs with the same
    outcomes for free units and for each clock alone need the combinations and days only once.
    """
    sellers, buyers = sides(compiled, 1), sides(compiled, 2)
    proofs = list(subsets(proofs_read(compiled.policy)))
    for buyer, held in product(buyers, proofs):
        receiver = Party(buyer.facts, person=2)
        yield Case(ISSUER, receiver, 1, Moment(TODAY), Kind.ISSUE, held, NOBODY, buyer.person)
    law, alone, together = Law(compiled.policy), single_clocks(compiled), list(lot_states(compiled))
    resales = [kind for kind in BY_RULES if kind != Kind.ISSUE]
    seen: set[tuple[int, ...]] = set()
    for pair in product(sellers, buyers, resales, proofs):
        probes = [_resale(compiled, *pair, lots, 0) for lots in alone]
        yield from probes
        outcome = (pair[2], *(first_code(law, one) for one in probes))
        outcome += tuple(compiled_code(compiled, one) for one in probes)
        if outcome not in seen:
            seen.add(outcome)
            yield from (_resale(compiled, *pair, lots, until) for lots, until in together)


def _resale(
    compiled: Compiled,
    seller: Side,
    buyer: Side,
    kind: Kind,
    held: Proof,
    lots: tuple[Lot, ...],
    informed: int,
) -> Case:
    sender = Party(seller.facts, HELD, lots=lots, person=1)
    receiver = Party(buyer.facts, person=2)
    return Case(
        sender, receiver, HELD, Moment(TODAY), kind, held, seller.person, buyer.person,
        informed_until=informed, standing=compiled.rules.reacquired,
    )  # fmt: skip


def single_clocks(compiled: Compiled) -> list[tuple[Lot, ...]]:
    """Free units, and for each family a lot with one of its clocks running."""
    found: list[tuple[Lot, ...]] = [()]
    for family in compiled.policy.families:
        reason = int(family.lock_code) if family.lock else 0
        fast = compiled.fast_exits[family.number]
        for clock in sorted(family.clocks):
            a, b, c, d = _one(clock)
            terms = Vintage(TODAY - 50, 0, a, b, c, d, family.number, fast, reason)
            found.append((Lot(3, HELD, terms),))
    return found


def lot_states(compiled: Compiled) -> Iterator[tuple[tuple[Lot, ...], int]]:
    """Free units; then, for each family, a lot in every state of its clocks, and whether the issuer
    is informed: never, until today, no longer."""
    yield (), 0
    for family in compiled.policy.families:
        ends = [_ends(family, clock) for clock in Clock]
        for a, b, c, d in product(*ends):
            release, free = a
            terms = Vintage(
                TODAY - 50, release, free, b[0], c[0], d[0], family.number,
                compiled.fast_exits[family.number], int(family.lock_code) if family.lock else 0,
            )  # fmt: skip
            informed = (0, TODAY, TODAY - 1) if release else (0,)
            for until in informed:
                yield (Lot(3, HELD, terms),), until
    for a_free, b_over, c_over, d_over in (_one(None), *map(_one, Clock)):
        yield (Lot(3, HELD, Vintage(TODAY - 50, 0, a_free, b_over, c_over, d_over, 255)),), 0


def _one(clock: Clock | None) -> tuple[int, int, int, int]:
    """A family that the policy does not have, with one clock running, or all of them."""
    a, b, c, d = (TODAY + 1 if clock in (one, None) else 0 for one in Clock)
    return a, b, c, d


def _ends(family: Family, clock: Clock) -> list[tuple[int, int]]:
    """The days on which a clock may end, around today; a family without the clock has none."""
    around = [TODAY - 1, TODAY, TODAY + 1]
    if clock not in family.clocks:
        return [(0, 0)]
    if clock is not Clock.RULE_144:
        return [(day, 0) for day in around]
    only_free = [(0, day) for day in around]
    return (
        only_free + [(day, TODAY + 100) for day in around] + [(TODAY - 100, day) for day in around]
    )


# ---- standing ----


def standing_cases(compiled: Compiled) -> Iterator[Case]:
    """All that holds for every policy, against each other, for one allowed pair of persons."""
    people = sides(compiled, 1)
    seller, buyer = people[0], sides(compiled, 2)[-1]
    flags = (NO_FLAGS, Flags.FROZEN, Flags.SANCTIONED, Flags.AFFILIATE, Flags.TREASURY)
    countries = _countries(compiled)
    for active, paused, of, to, stopped, place, units in product(
        (True, False), (True, False), flags, flags, (0, 1, 2), countries, (0, 1, HELD, HELD + 1)
    ):
        for receiver in _receivers(buyer.facts, to, place):
            sender = Party(
                replace(seller.facts, flags=of),
                HELD,
                frozen=HELD // 2,
                stopped=stopped == 1,
                person=1,
            )
            receiver = replace(receiver, stopped=stopped == 2)
            buying = replace(buyer.person, country=place)
            yield Case(
                sender, receiver, units, Moment(TODAY, paused, epoch=1), Kind.SALE,
                selling=seller.person, buying=buying, active=active,
                standing=compiled.rules.reacquired,
            )  # fmt: skip
    yield from _unknown_sender(compiled, seller, buyer)
    yield from _linked(compiled, seller)


def _countries(compiled: Compiled) -> list[str]:
    where = compiled.policy.countries
    named = sorted((where.allowed or frozenset()) | where.forbidden)
    return [*dict.fromkeys([*named[:2], "AQ"])] if where.limited else [""]


def _receivers(known: Facts, flags: Flags, place: str) -> Iterator[Party]:
    number = country_number(place) if place else 0
    facts = replace(known, flags=flags, country=number, epoch=1)
    yield Party(facts, person=2)
    yield Party(replace(facts, until=TODAY - 1), person=2)
    yield Party(replace(facts, until=TODAY), person=2)
    yield Party(replace(facts, epoch=0), person=2)
    yield Party(None)


def _unknown_sender(compiled: Compiled, seller: Side, buyer: Side) -> Iterator[Case]:
    for units in (0, 1):
        yield Case(
            Party(), Party(buyer.facts, person=2), units, Moment(TODAY),
            selling=seller.person, buying=buyer.person,
        )  # fmt: skip


def _linked(compiled: Compiled, seller: Side) -> Iterator[Case]:
    """Between two accounts of one person nothing is sold."""
    for lots, informed in lot_states(compiled):
        for other in sides(compiled, 2):
            sender = Party(seller.facts, HELD, lots=lots, person=1)
            receiver = Party(other.facts, person=1)
            yield Case(
                sender, receiver, HELD, Moment(TODAY), selling=seller.person, buying=other.person,
                informed_until=informed,
            )  # fmt: skip


# ---- limits ----


def limit_cases(compiled: Compiled) -> Iterator[Case]:
    """Every cap around its limit, for every pair of persons who may or may not count."""
    caps = compiled.policy.caps
    around = [_around(cap) for cap in caps]
    wide = product(*around) if len(caps) <= 3 else _one_at_a_time(around)
    states = [dict(zip((cap.id for cap in caps), counts, strict=True)) for counts in wide]
    for seller, buyer, counts in product(sides(compiled, 1), sides(compiled, 2), states):
        for units, held, elsewhere, flags in product(
            (0, 1, HELD), (0, 1), (0, 1), (NO_FLAGS, Flags.TREASURY)
        ):
            for cap_units in _units_near(caps, units, held + elsewhere):
                sender = Party(seller.facts, max(HELD, cap_units), person=1)
                facts = replace(buyer.facts, flags=flags)
                receiver = Party(facts, held, elsewhere=elsewhere, person=2)
                yield Case(
                    sender, receiver, cap_units, Moment(TODAY), selling=seller.person,
                    buying=buyer.person, counts=counts,
                )  # fmt: skip


def _around(cap: Cap) -> list[int]:
    return [0] if cap.per_person else [cap.limit - 1, cap.limit, cap.limit + 1]


def _one_at_a_time(around: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """Each cap around its limit while the others have room, and all of them at it."""
    roomy = tuple(values[0] for values in around)
    for place, values in enumerate(around):
        for value in values:
            yield (*roomy[:place], value, *roomy[place + 1 :])
    yield tuple(values[min(1, len(values) - 1)] for values in around)


def _units_near(caps: Iterable[Cap], units: int, held: int) -> Iterator[int]:
    yield units
    for cap in caps:
        if cap.per_person and units:
            yield from (
                cap.limit - held + more for more in (-1, 0, 1) if cap.limit - held + more > 0
            )


# ---- what no rule reads ----


def _leave_out(law: Law, compiled: Compiled, case: Case, count: _Count, most: int) -> None:
    """Change what no rule reads; the code must not change."""
    before = first_code(law, case)
    unread = frozenset(one.name for one in law.policy.attributes) - read_of_persons(law.policy)
    other_proofs = NO_PROOFS
    for proof in Proof:
        if proof not in proofs_read(law.policy):
            other_proofs |= proof
    changed = replace(
        case,
        selling=_with(case.selling, unread),
        buying=_with(case.buying, unread),
        proofs=case.proofs | other_proofs,
        sender=replace(
            case.sender, lots=tuple(lot._replace(vintage=9) for lot in case.sender.lots)
        ),
    )
    after = _compare(law, compiled, "left out", changed, count, most)
    if before != after and len(count.mismatches) < most:
        count.mismatches.append(Mismatch("left out", after, before, changed))


def _with(person: Person, attributes: frozenset[str]) -> Person:
    return replace(person, attributes=person.attributes | attributes)
