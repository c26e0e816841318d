"""Cases of the proof put to the real contracts: persons admitted, lots issued, clocks run, rules in force.

`prove.py` makes cases out of the policy; here each becomes a situation on the in-process EVM that the
register could be in: accounts of the case's class, country, flags and last day, lots with exactly its
terms (issued fifty days before, because a lot begins on the day it is acquired), linked accounts where
both sides are one person. Counts of holders cannot be had by the thousand, so the limits are moved
instead: what is left up to a limit is what the case says. Then the contract is asked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from eth_abi import encode
from eth_hash.auto import keccak

from freehold.core.clock import LAST_DAY
from freehold.core.facts import FLAGS_AT, Flags, Kind, Vintage, pack_vintage
from freehold.core.policy.case import NO_PROOFS, Case
from freehold.core.policy.compile import Compiled
from freehold.core.policy.compiled import Party, Rules
from freehold.core.policy.prove import TODAY
from freehold.core.policy.rows import policy_rows
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    CHANGES,
    DOC,
    FAR,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    POWER_DELAY,
    REGISTRAR,
    World,
    fresh,
    refused_code,
    wallet,
)  # fmt: skip

HELD_FOR = 50
"""Days between the issue of a case's lots and its question."""
STOPS = Flags.FROZEN | Flags.SANCTIONED
OPEN = Rules(active=True, sellable={(Kind.ISSUE, 0, 0): frozenset(range(1, 32))})
"""Before the policy comes into force anybody may be issued to."""
Changed = Callable[[Rules], Rules]


class Standing(NamedTuple):
    """What a case says of the instrument itself."""

    active: bool
    paused: bool
    informed_until: int
    counts: tuple[tuple[str, int], ...]


class Seat(NamedTuple):
    """One side of cases: a party, whether it is the seller, whether the register's epoch is its own;
    for an account linked with the seller's that one."""

    party: Party
    sells: bool
    current: bool = True
    beside: Party | None = None


@dataclass
class Stage:
    """A world with the accounts that some cases need; `rules` are in force."""

    world: World
    compiled: Compiled
    shift: int
    rules: Rules = OPEN
    faulty: Changed = lambda rules: rules
    wallets: dict[Seat, str] = field(default_factory=dict)
    standing: Standing | None = None
    holders: int = 0
    grouped: tuple[int, ...] = ()
    answers: dict[tuple[object, ...], int] = field(default_factory=dict)
    asked: int = 0


def is_possible(case: Case) -> bool:
    """Whether the register can be in the situation of a case: all accounts of a person have one class,
    a wallet that it does not know cannot be stopped, and an issue knows no attested facts."""
    if case.kind == Kind.ISSUE:
        return case.proofs == NO_PROOFS
    if any(side.facts is None and side.stopped for side in (case.sender, case.receiver)):
        return False
    linked = case.sender.person == case.receiver.person and case.sender.facts is not None
    return not linked or case.sender.of_class == case.receiver.of_class


def staged(
    compiled: Compiled, cases: Sequence[Case], faulty: Changed = lambda rules: rules
) -> Stage:
    """A world in which the cases can be asked; `faulty` changes the rules before they are put there."""
    world = fresh()
    stage = Stage(world, compiled, world.engine.today + HELD_FOR - TODAY, faulty=faulty)
    start = world.engine.seconds
    _activate(stage, OPEN, world.rules)
    world.engine.at(start)
    _people(stage, cases)
    return stage


def asked(stage: Stage, cases: Sequence[Case]) -> Iterator[tuple[Case, int]]:
    """Each case with the contract's code, in the order that changes the instrument least.

    Persons of one class are one to the chain, so many cases are one question; it is asked once.
    """
    for case in sorted(cases, key=_standing):
        if stage.standing != _standing(case):
            stage.answers.clear()
        _stand(stage, _standing(case))
        question = (*_wallets(stage, case), case.units, case.kind, case.proofs)
        if question not in stage.answers:
            stage.answers[question] = _code(stage, case)
            stage.asked += 1
        yield case, stage.answers[question]


# ---- persons and lots ----


def _people(stage: Stage, cases: Sequence[Case]) -> None:
    """Everybody who takes part: first who was admitted under the epoch before."""
    found = dict.fromkeys(seat for case in cases for seat in _seats(case))
    seats = sorted(found, key=lambda seat: (seat.current, seat.beside is not None))
    past = [seat for seat in seats if not seat.current]
    for seat in past:
        _admit(stage, seat)
    if past:
        stage.world.holders.raise_epoch(DOC, by=OFFICER)
    for seat in seats[len(past) :]:
        _admit(stage, seat)


def _seats(case: Case) -> Iterator[Seat]:
    sender, receiver = _plain(case.sender), _plain(case.receiver)
    if case.kind != Kind.ISSUE:
        yield Seat(sender, True)
    facts = case.receiver.facts
    current = facts is None or facts.epoch >= case.moment.epoch
    linked = case.sender.facts is not None and case.sender.person == case.receiver.person
    yield Seat(receiver, False, current, sender if linked else None)


def _plain(party: Party) -> Party:
    """A party without the numbers that the register gives."""
    if party.facts is None:
        return Party()
    lots = tuple(lot._replace(vintage=0) for lot in party.lots)
    return replace(party, facts=replace(party.facts, account=0, epoch=0), lots=lots, person=0)


def _admit(stage: Stage, seat: Seat) -> None:
    world, party = stage.world, seat.party
    name = f"seat {len(stage.wallets)}"
    who = stage.wallets[seat] = wallet(name)
    if party.facts is None:
        return
    if seat.beside is not None:
        world.holders.admit_linked(
            int(who, 16), stage.wallets[Seat(seat.beside, True)], by=REGISTRAR
        )
    else:
        facts, until = party.facts, party.facts.until
        until = FAR if until == LAST_DAY else until + stage.shift
        flags = int(facts.flags & ~STOPS)
        row = facts.holder_class << 192 | facts.country << 197 | until << 207 | flags << FLAGS_AT
        world.holders.admit([int(who, 16) | row], by=REGISTRAR)
    _hold(stage, who, party)
    if party.elsewhere:
        world.issue(world.link(who, f"{name} elsewhere"), party.elsewhere)
    if party.facts.flags & STOPS:
        stops = int(party.facts.flags & STOPS) << FLAGS_AT
        world.holders.set_flags(who, stops, DOC, by=OFFICER)
    if party.stopped:
        world.token.stop_account(NOTE, who, True, 1, DOC, by=OFFICER)


def _hold(stage: Stage, who: str, party: Party) -> None:
    """The units of an account, free ones and lots."""
    world = stage.world
    free = party.units - sum(lot.units for lot in party.lots)
    if free:
        world.issue(who, free)
    for lot in party.lots:
        word = pack_vintage(_moved(stage, lot.terms))
        opened = world.token.open_vintage(word, by=ISSUER)
        world.issue(who, lot.units, int.from_bytes(opened.output, "big"))
    if party.frozen:
        world.token.freeze(NOTE, who, party.frozen, 1, DOC, by=OFFICER)


def _moved(stage: Stage, terms: Vintage) -> Vintage:
    """The terms with their days moved from the proof's calendar to the world's."""
    days = {
        name: day + stage.shift if day not in (0, LAST_DAY) else day
        for name in ("acquired", "a_release", "a_free", "b_over", "c_over", "d_over")
        for day in [getattr(terms, name)]
    }
    return replace(terms, **days)


# ---- the instrument ----


def _standing(case: Case) -> Standing:
    counts = tuple(sorted(case.counts.items()))
    return Standing(case.active, case.moment.paused, case.informed_until, counts)


def _stand(stage: Stage, wanted: Standing) -> None:
    """Bring the instrument into the state that a case asks for, on the day of the question."""
    if stage.standing == wanted:
        return
    world, before = stage.world, stage.standing
    rules = replace(stage.compiled.rules, active=wanted.active)
    if before is None:
        _activate(stage, rules)
        stage.holders = world.holder_count()
        stage.grouped = tuple(map(world.group_count, range(len(rules.groups))))
    _activate(stage, stage.faulty(_limited(stage, rules, dict(wanted.counts))))
    if before is not None and before.paused:
        world.token.resume(1, DOC, by=AGENT)
    if wanted.paused:
        world.token.halt(1, DOC, by=AGENT)
    informed = wanted.informed_until
    world.token.set_informed(informed and informed + stage.shift, DOC, by=OFFICER)
    world.engine.at((TODAY + stage.shift) * 86_400 + 43_200)
    stage.standing = wanted


def _limited(stage: Stage, rules: Rules, counts: dict[str, int]) -> Rules:
    """Limits that leave as much room over the holders there are as the case leaves over its own."""
    policy = stage.compiled.policy
    caps = [cap for cap in policy.caps if not cap.per_person and not cap.is_of_all]
    groups = tuple(
        group._replace(limit=max(0, there + cap.limit - counts.get(cap.id, 0)))
        for group, cap, there in zip(rules.groups, caps, stage.grouped, strict=True)
    )
    for cap in policy.caps:
        if cap.is_of_all:
            most = max(0, stage.holders + cap.limit - counts.get(cap.id, 0))
            rules = replace(rules, most_holders=most)
    return replace(rules, groups=groups)


def _activate(stage: Stage, rules: Rules, before: Rules | None = None) -> None:
    """Put rules in force in place of those that are, and nothing of these left behind."""
    if rules == stage.rules and before is None:
        return
    world = stage.world
    changes = policy_rows(rules, before or stage.rules)
    content = keccak(encode([CHANGES], [changes]))
    world.token.announce_rules(DOC, content, by=ISSUER)
    world.engine.forward(POWER_DELAY)
    world.token.activate_rules(changes, by=OUTSIDER)
    stage.rules = rules


def _wallets(stage: Stage, case: Case) -> tuple[str, ...]:
    """The seller's wallet, but for an issue, and the buyer's."""
    return tuple(stage.wallets[seat] for seat in _seats(case))


def _code(stage: Stage, case: Case) -> int:
    """What the contract says; an issue is tried and taken back."""
    world = stage.world
    *seller, buyer = _wallets(stage, case)
    if case.kind != Kind.ISSUE:
        kind, proofs = int(case.kind), int(case.proofs)
        return int(world.token.ask("restriction", seller[0], buyer, case.units, kind, proofs))
    kept = world.engine.snapshot()
    try:
        world.issue(buyer, case.units)
    except Refused as refused:
        return refused_code(refused)
    finally:
        world.engine.restore(kept)
    return 0
