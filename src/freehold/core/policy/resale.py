"""Restricted units: which lots of a holder may go in a transfer, and why the others may not.

A lot whose clocks are over goes as free units. While a clock runs, the policy's prohibitions that
end with it hit; while the Rule 144 clock runs, one resale path has to be open besides.
"""

from collections.abc import Iterator
from typing import NamedTuple

from freehold.core.clock import LAST_DAY, day_of
from freehold.core.facts import Flags, Kind, Proof
from freehold.core.policy.case import (
    BUILT_IN,
    Case,
    Failure,
    Law,
    LotRules,
    built_in,
    by_rule,
    lens_of,
    seen,
    situation,
)
from freehold.core.policy.compiled import REACQUIRED, SLOTS, Lot, is_same_person, reacquired_terms
from freehold.core.policy.expression import Fact, holds
from freehold.core.policy.model import BY_RULES, PROOF_NAMES, Clock, Path, Prohibition
from freehold.core.policy.persons import Person
from freehold.core.reasons import Reason, sentence


def lots_refused(law: Law, case: Case) -> Iterator[Failure]:
    """Why not enough units may go: a failure for each code that holds lots back."""
    chosen = choose(law, case)
    if not chosen.short and not chosen.full:
        return
    if chosen.full:
        yield built_in(Reason.VINTAGE_SLOTS_FULL)
        return
    seen: set[Reason] = set()
    for _, failure in chosen.held_back:
        if failure.code not in seen:
            seen.add(failure.code)
            yield failure
    if not seen:
        yield built_in(Reason.NO_RESALE_PATH)


class Choice(NamedTuple):
    short: int
    full: bool
    held_back: tuple[tuple[Lot, Failure], ...]
    movable: int


def choose(law: Law, case: Case) -> Choice:
    """Walk free units, then lots from the oldest, as the move itself does."""
    sender, receiver = case.sender, case.receiver
    same = is_same_person(sender, receiver)
    anew = REACQUIRED if _starts_anew(law, case, same) else 0
    if anew and case.standing is None:
        return Choice(case.units, False, (), 0)
    live = {_known_as(case, lot, anew) for lot in receiver.lots}
    if anew and len(live | {anew}) > SLOTS:
        return Choice(case.units, True, (), 0)
    loose = 0 if case.picks else sender.units - sum(lot.units for lot in sender.lots)
    need, movable, held_back = case.units - min(loose, case.units), loose, []
    lots = [lot for lot in sender.lots if not case.picks or lot.vintage in case.picks]
    for lot in sorted(lots, key=lambda one: (one.terms.acquired, one.vintage)):
        failure = None if same else lot_failure(law, case, lot)
        if failure:
            held_back.append((lot, failure))
            continue
        becomes = anew or _kept(case, lot)
        if len(live | ({becomes} - {0})) > SLOTS:
            return Choice(need, need > 0, tuple(held_back), movable)
        live |= {becomes} - {0}
        movable += lot.units
        need -= min(lot.units, need)
    return Choice(need, False, tuple(held_back), movable)


def _known_as(case: Case, lot: Lot, anew: int) -> int:
    """A lot with the terms of what affiliates sell this month already is that vintage."""
    if not anew or case.standing is None:
        return lot.vintage
    this_month = reacquired_terms(case.standing, case.moment.today)
    return anew if lot.terms == this_month else lot.vintage


def _kept(case: Case, lot: Lot) -> int:
    if case.kind == Kind.PUBLIC_SALE or not _running(case, lot):
        return 0
    return lot.vintage


def _starts_anew(law: Law, case: Case, same: bool) -> bool:
    sells = case.kind in (Kind.SALE, Kind.VENUE) and not same
    return bool(law.policy.resets_affiliate_sales) and sells and case.sender.has(Flags.AFFILIATE)


def _running(case: Case, lot: Lot) -> frozenset[Clock]:
    """The clocks of the lot that are not over on the day of the case."""
    today, terms = case.moment.today, lot.terms
    running = {
        Clock.REG_S: today < terms.b_over,
        Clock.REG_CF: today < terms.c_over,
        Clock.LOCK: today < terms.d_over,
    }
    if terms.a_release or terms.a_free:
        in_any_case = terms.a_free != 0 and today >= terms.a_free
        released = terms.a_release != 0 and today >= terms.a_release
        running[Clock.RULE_144] = not (in_any_case or (released and case.informed_until >= today))
    return frozenset(clock for clock, runs in running.items() if runs)


def lot_failure(law: Law, case: Case, lot: Lot) -> Failure | None:
    """Why this lot may not go in this transfer; None if it may. Acts of a power ignore clocks."""
    if case.kind not in BY_RULES:
        return None
    running = _running(case, lot)
    if not running:
        return None
    rules, family = lot_rules(law, lot.terms.family, case), law.policy.family(lot.terms.family)
    known = family.clocks if family else frozenset()
    for clock in (Clock.REG_S, Clock.REG_CF, Clock.LOCK):
        hit = rules.hits[clock]
        if clock in running and clock not in known:
            return _unregulated(clock, lot)
        if clock in running and hit:
            return _failure(hit, lot, case)
    if Clock.RULE_144 not in running or (rules.open_paths and Clock.RULE_144 in known):
        return None
    if Clock.RULE_144 not in known:
        rules = LotRules((), (), rules.closed_paths, Reason.OK)
    return _unresolved(law, rules, lot, case)


def _unregulated(clock: Clock, lot: Lot) -> Failure:
    """A clock of which the policy says nothing lets nobody through until it is over."""
    own = {Clock.REG_S: Reason.REGS_US_PERSON, Clock.REG_CF: Reason.REGCF_ONE_YEAR}
    code = own.get(clock) or Reason(lot.terms.reason or Reason.CONTRACT_LOCKUP)
    return built_in(code, _lot_facts(lot) | {"over_on": _day(_over(lot)[clock])})


def lot_rules(law: Law, family: int, case: Case) -> LotRules:
    """What the policy says of lots of one family between these persons, kind and proofs."""
    lens = law._lenses.get((family, case.kind))
    if lens is None:
        clocked, ways = _rules_of(law, family, case.kind)
        read = [rule.when for rule in clocked] + [path.needs for path in ways]
        lens = law._lenses[family, case.kind] = lens_of(read)
    key = (family, case.kind, *seen(law, lens, case))
    found = law._lots.get(key)
    if found is None:
        _, kind, selling, buying, proofs = key
        found = law._lots[key] = _lot_rules(law, family, kind, selling, buying, proofs)
    return found


def _rules_of(law: Law, number: int, kind: Kind) -> tuple[list[Prohibition], list[Path]]:
    """The prohibitions with a clock and the paths that concern lots of a family and a kind."""
    family = law.policy.family(number)
    name = family.id if family else ""
    clocked = [rule for rule in law.policy.prohibitions if rule.until is not None]
    return (
        [r for r in clocked if kind in r.kinds and (not r.families or name in r.families)],
        [p for p in law.policy.paths if kind in p.kinds and (not p.families or name in p.families)],
    )


def _lot_rules(
    law: Law, number: int, kind: Kind, selling: Person, buying: Person, proofs: Proof
) -> LotRules:
    clocked, ways = _rules_of(law, number, kind)
    facts = situation(law.policy, kind, selling, buying, proofs)
    hitting = [rule for rule in clocked if holds(rule.when, facts)]
    hits = tuple(next((r for r in hitting if r.until is clock), None) for clock in Clock)
    open_paths = tuple(path for path in ways if holds(path.needs, facts))
    closed = tuple(path for path in ways if path not in open_paths)
    nearest = _nearest(law, closed, kind, selling, buying)
    return LotRules(hits, open_paths, closed, nearest)


def _nearest(
    law: Law, closed: tuple[Path, ...], kind: Kind, selling: Person, buying: Person
) -> Reason:
    """The code of the first path that one attested fact would open; OK if there is none."""
    for path in closed:
        for proof in PROOF_NAMES.values():
            facts = situation(law.policy, kind, selling, buying, proof)
            if path.code != Reason.NO_RESALE_PATH and holds(path.needs, facts):
                return path.code
    return Reason.OK


def _failure(rule: Prohibition, lot: Lot, case: Case) -> Failure:
    assert rule.until is not None, "rules about lots name their clock"
    facts = _lot_facts(lot) | ({"over_on": _day(_over(lot)[rule.until])})
    code = Reason(lot.terms.reason) if rule.until is Clock.LOCK and lot.terms.reason else rule.code
    return by_rule(rule.source, code, rule.text or sentence(code), facts, rule.way_out)


def _unresolved(law: Law, rules: LotRules, lot: Lot, case: Case) -> Failure:
    """The Rule 144 clock runs and no path is open."""
    terms, today = lot.terms, case.moment.today
    waits = terms.a_release and today >= terms.a_release and case.informed_until
    code = rules.nearest or (Reason.NO_CURRENT_INFORMATION if waits else Reason.RULE144_HOLDING)
    family = law.policy.family(terms.family)
    facts = _lot_facts(lot) | {"over_on": _day(terms.a_release or terms.a_free)}
    if family is None:
        return Failure(code, BUILT_IN, sentence(code), facts=facts)
    return by_rule(family.source, code, sentence(code), facts, "")


def _over(lot: Lot) -> tuple[int, int, int, int]:
    """The day on which each clock is over."""
    return lot.terms.a_free, lot.terms.b_over, lot.terms.c_over, lot.terms.d_over


def _lot_facts(lot: Lot) -> dict[str, Fact]:
    return {"acquired": day_of(lot.terms.acquired), "vintage": lot.vintage, "units": lot.units}


def _day(number: int) -> Fact:
    return "until further notice" if number == LAST_DAY else day_of(number)
