"""One decision on a transfer, from the policy as it is written, with everything that led to it.

`decide` is the reference: the compiled rules (`compiled.py`) and the contracts must give the same
code on every input, which `prove.py` shows. It answers with *all* rules that refuse, in the order
in which the chain looks (docs/reference/reasons.md), the paths tried for restricted lots, the first
day on which the transfer would pass, and how many units would pass now.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from freehold.core.clock import LAST_DAY, day_of
from freehold.core.facts import Flags, Kind
from freehold.core.policy.case import (
    Case,
    Decision,
    Failure,
    Law,
    PathTried,
    built_in,
    by_rule,
    lens_of,
    seen,
    situation,
)
from freehold.core.policy.compiled import Lot, is_same_person, leaves
from freehold.core.policy.expression import Fact, holds
from freehold.core.policy.model import Prohibition
from freehold.core.policy.persons import Person
from freehold.core.policy.resale import choose, lot_failure, lot_rules, lots_refused
from freehold.core.reasons import Reason, sentence


def decide(law: Law, case: Case) -> Decision:
    """Decide a transfer in full. Raises Invalid if a rule reads a fact that nobody has defined."""
    failures = tuple(_failures(law, case))
    if not failures:
        return Decision((), (), None, largest(law, case))
    tried = _paths_tried(law, case)
    return Decision(failures, tried, _would_pass_on(law, case, failures), largest(law, case))


def first_code(law: Law, case: Case) -> int:
    """The code of the first rule that refuses, 0 if none does."""
    return next((int(failure.code) for failure in _failures(law, case)), 0)


def _failures(law: Law, case: Case) -> Iterator[Failure]:
    """Every rule that refuses, in the chain's order."""
    yield from _standing(case)
    yield from _admission(case)
    yield from _country(law, case)
    yield from lots_refused(law, case)
    yield from _prohibited(law, case)
    yield from _over_caps(law, case)


# ---- what holds for every policy ----


def _standing(case: Case) -> Iterator[Failure]:
    sender, receiver = case.sender, case.receiver
    if not case.active:
        yield built_in(Reason.NO_ACTIVE_POLICY)
    if case.moment.paused:
        yield built_in(Reason.PAUSED)
    if case.units > sender.units or (case.units and case.units > sender.units - sender.frozen):
        facts = {"units": sender.units, "frozen": sender.frozen, "asked": case.units}
        yield built_in(Reason.INSUFFICIENT_BALANCE, facts)
    if sender.has(Flags.SANCTIONED):
        yield built_in(Reason.SENDER_SANCTIONED)
    if receiver.has(Flags.SANCTIONED):
        yield built_in(Reason.RECEIVER_SANCTIONED)
    if sender.stopped or sender.has(Flags.FROZEN):
        yield built_in(Reason.SENDER_FROZEN)
    if receiver.stopped or receiver.has(Flags.FROZEN):
        yield built_in(Reason.RECEIVER_FROZEN)


def _admission(case: Case) -> Iterator[Failure]:
    if case.sender.facts is None:
        yield built_in(Reason.SENDER_UNKNOWN)
    known = case.receiver.facts
    if known is None:
        yield built_in(Reason.RECEIVER_UNKNOWN)
        return
    if known.until < case.moment.today:
        facts: dict[str, Fact] = {"eligible_until": day_of(known.until)}
        yield built_in(Reason.RECEIVER_CLAIM_EXPIRED, facts)
    if known.epoch < case.moment.epoch:
        yield built_in(Reason.KYC_MISSING)


def _country(law: Law, case: Case) -> Iterator[Failure]:
    code = law.policy.countries.refusal(case.buying.country)
    if code and case.receiver.facts is not None:
        yield built_in(code, {"country": case.buying.country})


# ---- classes of persons ----


def _prohibited(law: Law, case: Case) -> Iterator[Failure]:
    if is_same_person(case.sender, case.receiver):
        return
    for rule in prohibitions(law, case):
        text = rule.text or sentence(rule.code)
        yield by_rule(rule.source, rule.code, text, {}, rule.way_out)


def prohibitions(law: Law, case: Case) -> tuple[Prohibition, ...]:
    """The prohibitions without a clock that hit these persons, kind and proofs."""
    lens = law._lenses.get((-1, case.kind))
    if lens is None:
        rules = _unclocked(law, case.kind)
        lens = law._lenses[-1, case.kind] = lens_of(rule.when for rule in rules)
    key = (case.kind, *seen(law, lens, case))
    found = law._hits.get(key)
    if found is None:
        facts = situation(law.policy, *key)
        rules = _unclocked(law, case.kind)
        found = law._hits[key] = tuple(rule for rule in rules if holds(rule.when, facts))
    return found


def _unclocked(law: Law, kind: Kind) -> list[Prohibition]:
    return [rule for rule in law.policy.prohibitions if rule.until is None and kind in rule.kinds]


# ---- caps ----


def _over_caps(law: Law, case: Case) -> Iterator[Failure]:
    sender, receiver = case.sender, case.receiver
    exempt = is_same_person(sender, receiver) or receiver.has(Flags.TREASURY)
    if exempt or not case.units:
        return
    held = receiver.units + receiver.elsewhere
    for cap in law.policy.caps:
        if cap.per_person and held + case.units > cap.limit:
            facts: dict[str, Fact] = {"would_hold": held + case.units, "limit": cap.limit}
            yield by_rule(cap.source, cap.code, sentence(cap.code), facts, "")
    if held:
        return
    gone = leaves(sender, case.units)
    for cap in law.policy.caps:
        makes_room = gone and grouped(law, cap.id, case.selling)
        enters = not cap.per_person and grouped(law, cap.id, case.buying) and not makes_room
        count = case.counts.get(cap.id, 0)
        if enters and count >= cap.limit:
            facts = {"holders": count, "limit": cap.limit}
            yield by_rule(cap.source, cap.code, sentence(cap.code), facts, "")


def grouped(law: Law, cap_id: str, person: Person) -> bool:
    """Whether a person counts towards a cap."""
    key = (cap_id, person)
    found = law._grouped.get(key)
    if found is None:
        cap = next(one for one in law.policy.caps if one.id == cap_id)
        facts: dict[str, Fact] = {one.name: False for one in law.policy.attributes}
        facts |= dict.fromkeys(person.attributes, True) | {"country": person.country}
        found = law._grouped[key] = holds(cap.group, facts)
    return found


# ---- when, and how much ----


def _paths_tried(law: Law, case: Case) -> tuple[PathTried, ...]:
    """Every path for the kind of the transfer, looked at for the oldest lot that is held back."""
    for lot in sorted(case.sender.lots, key=lambda one: (one.terms.acquired, one.vintage)):
        if lot_failure(law, case, lot):
            rules = lot_rules(law, lot.terms.family, case)
            shown = [(path, True) for path in rules.open_paths]
            shown += [(path, False) for path in rules.closed_paths]
            return tuple(
                PathTried(path.id, is_open, path.code, path.source.cite, path.needs.text)
                for path, is_open in shown
            )
    return ()


def _would_pass_on(law: Law, case: Case, failures: tuple[Failure, ...]) -> date | None:
    """The first day on which clocks that end make the transfer pass."""
    if not any("over_on" in failure.facts for failure in failures):
        return None
    today = case.moment.today
    for day in sorted({day for lot in case.sender.lots for day in _ends(lot) if day > today}):
        later = replace(case, moment=replace(case.moment, today=day))
        if not first_code(law, later):
            return day_of(day)
    return None


def _ends(lot: Lot) -> tuple[int, ...]:
    terms = lot.terms
    days = (terms.a_release, terms.a_free, terms.b_over, terms.c_over, terms.d_over)
    return tuple(day for day in days if day != LAST_DAY)


def largest(law: Law, case: Case) -> int:
    """The most units of this sender that pass now, all else being as in the case.

    A smaller sale passes wherever a larger one does, but for a sale of everything, which may give
    up a holder's place.
    """
    whole = case.sender.units
    if case.units != whole and not first_code(law, replace(case, units=whole)):
        return whole
    one = replace(case, units=1)
    if not whole or first_code(law, one):
        return whole if whole and not first_code(law, replace(case, units=whole)) else 0
    held = case.receiver.units + case.receiver.elsewhere
    room = [cap.limit - held for cap in law.policy.caps if cap.per_person]
    if case.receiver.has(Flags.TREASURY) or is_same_person(case.sender, case.receiver):
        room = []
    loose = whole - case.sender.frozen
    movable = choose(law, replace(case, units=min(loose, whole))).movable
    return min([whole, loose, movable, *room])
