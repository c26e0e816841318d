"""The compiled rules, prepared for asking very often: only whether, and with which code if not.

`evaluator` answers exactly as `compiled.refusal` does (a test and the bench compare the two over
every case of the proof) from plain integers: classes are bits, ways out of clocks are masks. A
`Seat` is a holder's place in a register that changes while it is asked; `move` changes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from freehold.core.clock import LAST_DAY
from freehold.core.facts import Flags, Kind, Vintage
from freehold.core.policy.compiled import SLOTS, Rules, reacquired_terms
from freehold.core.reasons import Reason

_FROZEN, _SANCTIONED = int(Flags.FROZEN), int(Flags.SANCTIONED)
_AFFILIATE, _TREASURY = int(Flags.AFFILIATE), int(Flags.TREASURY)
_STOPPED = _FROZEN | _SANCTIONED
_SELLS = (Kind.SALE, Kind.VENUE)
FREE = 0
"""The vintage of units that are not in a lot."""


class Holding(NamedTuple):
    """Units of one vintage; `order` sorts lots as the chain takes them: by day, then by vintage."""

    order: tuple[int, int]
    terms: Vintage
    units: int


@dataclass(slots=True)
class Seat:
    """One account: what the register knows of it and what it holds. `lots` are by vintage."""

    account: int
    of_class: int
    flags: int = 0
    country: int = 0
    until: int = LAST_DAY
    epoch: int = 0
    units: int = 0
    frozen: int = 0
    stopped: bool = False
    known: bool = True
    person: int = 0
    elsewhere: int = 0
    lots: dict[int, Holding] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What a decision looks at besides the two sides: the day, halts, counts of holders."""

    today: int
    paused: bool = False
    epoch: int = 0
    holders: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * 8)


Evaluator = Callable[[Seat, Seat, int, int, int, Tally], int]
"""(sender, receiver, units, kind, proofs, tally) -> the code, 0 if the transfer passes."""


class Part(NamedTuple):
    """Units of a vintage that go (FREE: free ones), and the terms they have then (None: free)."""

    vintage: int
    units: int
    becomes: Vintage | None
    number: int


def evaluator(rules: Rules) -> Evaluator:
    """The rules as one function."""
    if not rules.active:
        return lambda *_: int(Reason.NO_ACTIVE_POLICY)
    allowed = _allowed(rules)
    lots = LotRules(rules)
    countries = rules.countries if rules.check_countries else None
    country_code = int(rules.country_code)
    limits = _limits(rules)

    def code(sender: Seat, receiver: Seat, units: int, kind: int, proofs: int, tally: Tally) -> int:
        if tally.paused:
            return 100
        if units > sender.units or (units and units > sender.units - sender.frozen):
            return 101
        if (sender.flags | receiver.flags) & _STOPPED or sender.stopped or receiver.stopped:
            return _stopped(sender, receiver)
        if not sender.known:
            return 111
        if not receiver.known:
            return 110
        if receiver.until < tally.today:
            return 112
        if receiver.epoch < tally.epoch:
            return 114
        if countries is not None and receiver.country not in countries:
            return country_code
        same = sender.person == receiver.person
        if sender.lots or sender.flags & _AFFILIATE:
            refused = lots.refusal(sender, receiver, units, kind, proofs, tally, same)
            if refused:
                return refused
        if same:
            return 0
        key = kind << 5 | sender.of_class
        if not allowed.get(key, 0) >> receiver.of_class & 1 and not _proven(
            rules, allowed, key, receiver.of_class, proofs
        ):
            return int(rules.why.get((kind, sender.of_class, receiver.of_class), 128))
        return limits(sender, receiver, units, tally)

    return code


def _allowed(rules: Rules) -> dict[int, int]:
    """Receivers as bits, by kind << 5 | seller; with a proof's number << 16 those it lets through."""
    found: dict[int, int] = {}
    for (kind, seller, proof), buyers in rules.sellable.items():
        key = proof << 16 | kind << 5 | seller
        found[key] = found.get(key, 0) | sum(1 << one for one in buyers)
    for seller, buyers in rules.sale.items():
        found[seller] = found.get(seller, 0) | sum(1 << one for one in buyers)
    return found


def _proven(rules: Rules, allowed: Mapping[int, int], key: int, buyer: int, proofs: int) -> bool:
    return any(
        proofs >> bit & 1 and allowed.get(bit + 1 << 16 | key, 0) >> buyer & 1 for bit in range(6)
    )


def _stopped(sender: Seat, receiver: Seat) -> int:
    if sender.flags & _SANCTIONED:
        return 116
    if receiver.flags & _SANCTIONED:
        return 115
    return 103 if sender.stopped or sender.flags & _FROZEN else 104


def _limits(rules: Rules) -> Callable[[Seat, Seat, int, Tally], int]:
    most_units, holding_code = rules.most_units, int(rules.holding_code)
    most_holders = rules.most_holders
    groups = [
        (number, sum(1 << one for one in group.classes), group.limit, int(group.code))
        for number, group in enumerate(rules.groups)
        if group.limit is not None
    ]

    def refusal(sender: Seat, receiver: Seat, units: int, tally: Tally) -> int:
        if not units or receiver.flags & _TREASURY:
            return 0
        held = receiver.units + receiver.elsewhere
        if most_units is not None and held + units > most_units:
            return holding_code
        if held:
            return 0
        gone = leaves(sender, units)
        if most_holders is not None and tally.holders >= most_holders and not gone:
            return 150
        for number, classes, limit, code in groups:
            makes_room = gone and classes >> sender.of_class & 1
            full = limit is not None and tally.counts[number] >= limit
            if full and classes >> receiver.of_class & 1 and not makes_room:
                return code
        return 0

    return refusal


def leaves(sender: Seat, units: int) -> bool:
    """Whether the person holds nothing any more once `units` have gone; the issuer never counts."""
    return (
        sender.units == units
        and units > 0
        and not sender.elsewhere
        and not sender.flags & _TREASURY
    )


class LotRules:
    """Which lots of a seat may go, and in which order."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.exits: dict[tuple[int, int, int, int], tuple[int, ...]] = {
            key: tuple(sum(1 << one for one in mask) for mask in four)
            for key, four in rules.exits.items()
        }
        self.standing: dict[int, Vintage] = {}

    def refusal(
        self,
        sender: Seat,
        receiver: Seat,
        units: int,
        kind: int,
        proofs: int,
        tally: Tally,
        same: bool,
    ) -> int:
        """The code with which the sender's lots refuse, 0 if enough units may go."""
        found = self.select(sender, receiver, units, kind, proofs, tally, same)
        return found if isinstance(found, int) else 0

    def select(
        self,
        sender: Seat,
        receiver: Seat,
        units: int,
        kind: int,
        proofs: int,
        tally: Tally,
        same: bool,
    ) -> int | list[Part]:
        """The parts that go, or the code that refuses them."""
        anew: Vintage | None = None
        if self.rules.mind_affiliates and sender.flags & _AFFILIATE and kind in _SELLS and not same:
            if self.rules.reacquired is None:
                return 128
            anew = self._this_month(tally.today)
        live = {holding.terms for holding in receiver.lots.values()}
        if anew is not None and len(live | {anew}) > SLOTS:
            return 149
        free = sender.units - sum(holding.units for holding in sender.lots.values())
        loose = min(free, units)
        parts = [Part(FREE, loose, anew, 0)] if loose else []
        need, first_code = units - loose, 0
        for vintage, holding in sorted(sender.lots.items(), key=lambda one: one[1].order):
            if not need:
                break
            code, runs = self._clocks(holding.terms, sender, receiver, kind, proofs, tally.today)
            if code and not same and kind < Kind.RECOVER:
                first_code = first_code or code
                continue
            becomes = anew or (holding.terms if runs and kind != Kind.PUBLIC_SALE else None)
            if becomes is not None and len(live | {becomes}) > SLOTS:
                return 149
            live |= {becomes} if becomes else set()
            parts.append(Part(vintage, min(holding.units, need), becomes, vintage))
            need -= parts[-1].units
        if need:
            return first_code or 128
        return parts

    def _this_month(self, today: int) -> Vintage:
        found = self.standing.get(today)
        if found is None:
            assert self.rules.reacquired is not None, "asked before"
            found = self.standing[today] = reacquired_terms(self.rules.reacquired, today)
        return found

    def _clocks(
        self, terms: Vintage, sender: Seat, receiver: Seat, kind: int, proofs: int, today: int
    ) -> tuple[int, int]:
        """The code of the first running clock that holds back, and the clocks that run, as bits."""
        runs = (
            (today < terms.b_over) << 1 | (today < terms.c_over) << 2 | (today < terms.d_over) << 3
        )
        if terms.a_release or terms.a_free:
            informed = self.rules.informed_until >= today
            released = terms.a_release and today >= terms.a_release and informed
            if not (released or (terms.a_free and today >= terms.a_free)):
                runs |= 1
        if not runs:
            return 0, 0
        held, buyer = runs, receiver.of_class
        if kind == 0 and buyer < 8:
            for clock in range(4):
                if terms.exits[clock] >> buyer & 1:
                    held &= ~(1 << clock)
        for proof in (0, *(bit + 1 for bit in range(6) if proofs >> bit & 1)):
            for seller in (0, sender.of_class):
                masks = self.exits.get((terms.family, kind, seller, proof))
                if held and masks:
                    for clock in range(4):
                        if masks[clock] >> buyer & 1:
                            held &= ~(1 << clock)
        return (self._code(terms, held, kind, buyer, today) if held else 0), runs

    def _code(self, terms: Vintage, held: int, kind: int, buyer: int, today: int) -> int:
        clock = next(one for one in (1, 2, 3, 0) if held >> one & 1)
        stored = self.rules.lot_why.get((terms.family, kind, clock, buyer), 0)
        if stored:
            return stored
        if clock == 0:
            waits = self.rules.informed_until and 0 < terms.a_release <= today
            return 144 if waits else 140
        return (0, 124, 142, terms.reason or 143)[clock]


def move(
    sender: Seat, receiver: Seat, units: int, parts: list[Part], tally: Tally, rules: Rules
) -> None:
    """Carry out a transfer that was allowed: balances, lots, counts of holders."""
    if units and sender.person != receiver.person:
        _count(sender, receiver, units, tally, rules)
    for part in parts:
        if part.vintage != FREE:
            _less(sender, part.vintage, part.units)
        if part.becomes is not None:
            _more(receiver, part.number, part.becomes, part.units)
    sender.units -= units
    receiver.units += units


def _count(sender: Seat, receiver: Seat, units: int, tally: Tally, rules: Rules) -> None:
    gone = leaves(sender, units)
    comes = not receiver.flags & _TREASURY and not receiver.units and not receiver.elsewhere
    tally.holders += comes - gone
    for number, group in enumerate(rules.groups):
        tally.counts[number] += (comes and receiver.of_class in group.classes) - (
            gone and sender.of_class in group.classes
        )


def _less(seat: Seat, vintage: int, units: int) -> None:
    holding = seat.lots[vintage]
    if holding.units == units:
        del seat.lots[vintage]
    else:
        seat.lots[vintage] = holding._replace(units=holding.units - units)


def _more(seat: Seat, number: int, terms: Vintage, units: int) -> None:
    """Equal terms are one vintage: units join the lot that has them."""
    for vintage, holding in seat.lots.items():
        if holding.terms == terms:
            seat.lots[vintage] = holding._replace(units=holding.units + units)
            return
    vintage = number or max(seat.lots, default=0) + (1 << 16)
    seat.lots[vintage] = Holding((terms.acquired, vintage), terms, units)
