"""The compiled policy: the rules of one instrument as data, and the decision that follows from them.

This is the model of what the contracts do (`contracts/modules/rules.vy`), written from the documents:
one decision for every transfer, in the order of docs/reference/reasons.md, first refusal wins. It
also picks the lots that go and what they become. `policy_rows` turns rules into what the token stores.
All is pure; days are UTC day numbers, units are base units.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple

from freehold.core.clock import LAST_DAY, anniversary, day_number, day_of, release_day
from freehold.core.facts import Facts, Flags, Kind, Vintage
from freehold.core.reasons import Reason

SLOTS = 8
"""Live vintages that one account may hold."""
FAST_CLASSES = range(8)

Classes = frozenset[int]


class Group(NamedTuple):
    """A counted group of classes; `limit` None is no limit, `code` refuses one holder too many."""

    classes: Classes
    limit: int | None = None
    code: int = Reason.MAX_NONACCREDITED_HOLDERS


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules as data. `proof` 0 in a key means "by class alone", 1..6 one proven fact (`Proof` bit).

    sale: seller's class -> classes that may buy, classes 1..7. sellable: (kind, from, proof) -> to,
    for other kinds, other classes and proven sales. why: (kind, from, to) -> code. exits: (family,
    kind, from, proof) -> receivers let through clocks A, B, C, D. lot_why: (family, kind, clock, to)
    -> the code of a running clock where it is not the clock's own. In exits a `from` of 0 is any seller.
    most_holders, most_units None: no limit; holding_code refuses
    a person who would hold more than most_units. reacquired: the standing terms of units bought from
    an affiliate, its days being *months* from the end of the month.
    """

    active: bool = False
    check_countries: bool = False
    mind_affiliates: bool = False
    ask_outside: bool = False
    sale: Mapping[int, Classes] = field(default_factory=dict)
    sellable: Mapping[tuple[int, int, int], Classes] = field(default_factory=dict)
    why: Mapping[tuple[int, int, int], int] = field(default_factory=dict)
    exits: Mapping[tuple[int, int, int, int], tuple[Classes, Classes, Classes, Classes]] = field(
        default_factory=dict
    )
    lot_why: Mapping[tuple[int, int, int, int], int] = field(default_factory=dict)
    most_holders: int | None = None
    most_units: int | None = None
    holding_code: int = Reason.MAX_HOLDING
    groups: tuple[Group, ...] = ()
    countries: Classes = frozenset()
    country_code: int = Reason.JURISDICTION_NOT_ALLOWED
    informed_until: int = 0
    reacquired: Vintage | None = None


class Lot(NamedTuple):
    """Units of one vintage in one account."""

    vintage: int
    units: int
    terms: Vintage


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a transfer. `facts` None is an unknown wallet; `person` the first account number
    of the person, `elsewhere` the units in his other accounts."""

    facts: Facts | None = None
    units: int = 0
    frozen: int = 0
    stopped: bool = False
    lots: tuple[Lot, ...] = ()
    person: int = 0
    elsewhere: int = 0

    @property
    def of_class(self) -> int:
        return self.facts.holder_class if self.facts else 0

    def has(self, flag: Flags) -> bool:
        return bool(self.facts and self.facts.flags & flag)


ISSUER = Party(Facts(account=0, holder_class=0, flags=Flags.TREASURY), units=1 << 96, person=-1)
"""The sender of an issue: class 0, nobody's account, never counted."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What else a decision looks at: the day, halts, the register's epoch and the counts."""

    today: int
    paused: bool = False
    epoch: int = 0
    holders: int = 0
    counts: tuple[int, ...] = (0,) * 8


REACQUIRED = -1
"""What units become that an affiliate sells: the vintage of the month, opened by the first sale."""


class Taken(NamedTuple):
    """Units that leave one vintage and what they become; vintage 0 is free units, REACQUIRED the
    vintage that has the terms of `reacquired_terms`."""

    vintage: int
    units: int
    becomes: int


class Selection(NamedTuple):
    """The units that go, in order; or why not enough may go."""

    code: int
    taken: tuple[Taken, ...] = ()


def refusal(
    rules: Rules,
    sender: Party,
    receiver: Party,
    units: int,
    kind: Kind,
    moment: Moment,
    proofs: int = 0,
    picks: Iterable[int] = (),
) -> int:
    """The reason code of the first rule that refuses, 0 if none does.

    `picks` are the vintages that the holder names (none: free units, then by age).
    """
    return (
        _halted(rules, moment)
        or _short(sender, units)
        or _stopped(sender, receiver)
        or _unknown(sender)
        or _not_admitted(receiver, moment)
        or _abroad(rules, receiver)
        or select_lots(rules, sender, receiver, units, kind, moment, proofs, picks).code
        or _wrong_class(rules, sender, receiver, kind, proofs)
        or _beyond_limits(rules, sender, receiver, units, moment)
    )


def step_codes(
    rules: Rules,
    sender: Party,
    receiver: Party,
    units: int,
    kind: Kind,
    moment: Moment,
    proofs: int = 0,
) -> tuple[int, ...]:
    """What each step of `refusal` says by itself, in its order, countries with the receiver's standing."""
    return (
        _halted(rules, moment),
        _short(sender, units),
        _stopped(sender, receiver),
        _unknown(sender),
        _not_admitted(receiver, moment) or _abroad(rules, receiver),
        select_lots(rules, sender, receiver, units, kind, moment, proofs).code,
        _wrong_class(rules, sender, receiver, kind, proofs),
        _beyond_limits(rules, sender, receiver, units, moment),
    )


def _halted(rules: Rules, moment: Moment) -> int:
    if not rules.active:
        return Reason.NO_ACTIVE_POLICY
    return Reason.PAUSED if moment.paused else Reason.OK


def _short(sender: Party, units: int) -> int:
    loose = sender.units - sender.frozen
    if units > sender.units or (units and units > loose):
        return Reason.INSUFFICIENT_BALANCE
    return Reason.OK


def _stopped(sender: Party, receiver: Party) -> int:
    if sender.has(Flags.SANCTIONED):
        return Reason.SENDER_SANCTIONED
    if receiver.has(Flags.SANCTIONED):
        return Reason.RECEIVER_SANCTIONED
    if sender.stopped or sender.has(Flags.FROZEN):
        return Reason.SENDER_FROZEN
    if receiver.stopped or receiver.has(Flags.FROZEN):
        return Reason.RECEIVER_FROZEN
    return Reason.OK


def _unknown(sender: Party) -> int:
    return Reason.OK if sender.facts else Reason.SENDER_UNKNOWN


def _not_admitted(receiver: Party, moment: Moment) -> int:
    if receiver.facts is None:
        return Reason.RECEIVER_UNKNOWN
    if receiver.facts.until < moment.today:
        return Reason.RECEIVER_CLAIM_EXPIRED
    return Reason.KYC_MISSING if receiver.facts.epoch < moment.epoch else Reason.OK


def _abroad(rules: Rules, receiver: Party) -> int:
    country = receiver.facts.country if receiver.facts else 0
    return rules.country_code if rules.check_countries and country not in rules.countries else 0


# ---- lots ----


def select_lots(
    rules: Rules,
    sender: Party,
    receiver: Party,
    units: int,
    kind: Kind,
    moment: Moment,
    proofs: int = 0,
    picks: Iterable[int] = (),
) -> Selection:
    """The units that go: free ones, then the oldest lots whose clocks allow it, or the named lots.

    Between two accounts of one person nothing is sold: clocks do not matter and no clock starts anew.
    An act of a power (force, conversion) ignores the clocks too and carries every vintage.
    """
    named = set(picks)
    bound = not is_same_person(sender, receiver) and kind < Kind.RECOVER
    anew = 0
    if starts_anew(rules, sender, receiver, kind):
        if rules.reacquired is None:
            return Selection(Reason.NO_RESALE_PATH)
        anew = REACQUIRED
    free = sender.units - sum(lot.units for lot in sender.lots)
    taken = [] if named or not min(free, units) else [Taken(0, min(free, units), anew)]
    live = {_known_as(lot, anew, rules, moment) for lot in receiver.lots}
    if anew and len(live | {anew}) > SLOTS:
        return Selection(Reason.VINTAGE_SLOTS_FULL)
    need = units - sum(part.units for part in taken)
    held = [lot for lot in sender.lots if not named or lot.vintage in named]
    held.sort(key=lambda lot: (lot.terms.acquired, lot.vintage))
    codes = {
        lot: clock_refusal(rules, lot.terms, sender, receiver, kind, moment, proofs) if bound else 0
        for lot in held
    }
    for lot in (lot for lot in held if not codes[lot]):
        if not need:
            break
        becomes = anew or _kept(rules, lot, kind, moment)
        live |= {becomes} - {0}
        if len(live) > SLOTS:
            return Selection(Reason.VINTAGE_SLOTS_FULL)
        taken.append(Taken(lot.vintage, min(lot.units, need), becomes))
        need -= taken[-1].units
    if need:
        return Selection(next((code for code in codes.values() if code), Reason.NO_RESALE_PATH))
    return Selection(0, tuple(taken))


def _known_as(lot: Lot, anew: int, rules: Rules, moment: Moment) -> int:
    """A lot that has the terms of this month's vintage already is that vintage."""
    if not anew or rules.reacquired is None:
        return lot.vintage
    return anew if lot.terms == reacquired_terms(rules.reacquired, moment.today) else lot.vintage


def _kept(rules: Rules, lot: Lot, kind: Kind, moment: Moment) -> int:
    """A public sale and an ended clock free the units; any other transfer carries the vintage."""
    if kind == Kind.PUBLIC_SALE or not running_clocks(rules, lot.terms, moment.today):
        return 0
    return lot.vintage


def starts_anew(rules: Rules, sender: Party, receiver: Party, kind: Kind) -> bool:
    """Whether a sale by an affiliate starts the holding period anew (230.144(d)(3))."""
    sells = kind in (Kind.SALE, Kind.VENUE) and not is_same_person(sender, receiver)
    return rules.mind_affiliates and sells and sender.has(Flags.AFFILIATE)


def is_same_person(sender: Party, receiver: Party) -> bool:
    """Whether both accounts, or the one account, belong to one person."""
    return sender.facts is not None and sender.person == receiver.person


def clock_refusal(
    rules: Rules,
    terms: Vintage,
    sender: Party,
    receiver: Party,
    kind: Kind,
    moment: Moment,
    proofs: int = 0,
) -> int:
    """0 if every clock of the vintage is over or lets these parties through, else its code."""
    running = running_clocks(rules, terms, moment.today)
    if kind == Kind.SALE and receiver.of_class in FAST_CLASSES:
        running -= {c for c in running if terms.exits[c] >> receiver.of_class & 1}
    for proof in _proof_numbers(proofs):
        for seller in {0, sender.of_class}:
            exits = rules.exits.get((terms.family, kind, seller, proof))
            if exits:
                running -= {clock for clock in running if receiver.of_class in exits[clock]}
    if not running:
        return Reason.OK
    first = next(clock for clock in (1, 2, 3, 0) if clock in running)
    stored = rules.lot_why.get((terms.family, kind, first, receiver.of_class), 0)
    return stored or _code_of_clock(rules, terms, first, moment)


def _code_of_clock(rules: Rules, terms: Vintage, clock: int, moment: Moment) -> int:
    """What a clock says of itself; an issuer that does not report is never informed (144(c))."""
    if clock == 0:
        waits = rules.informed_until and 0 < terms.a_release <= moment.today
        return Reason.NO_CURRENT_INFORMATION if waits else Reason.RULE144_HOLDING
    if clock == 3:
        return terms.reason or Reason.CONTRACT_LOCKUP
    return Reason.REGS_US_PERSON if clock == 1 else Reason.REGCF_ONE_YEAR


def running_clocks(rules: Rules, terms: Vintage, today: int) -> set[int]:
    """The clocks not over yet: 0 Rule 144, 1 Regulation S, 2 Regulation CF, 3 another lock."""
    running = {1: today < terms.b_over, 2: today < terms.c_over, 3: today < terms.d_over}
    if terms.a_release or terms.a_free:
        unconditional = terms.a_free and today >= terms.a_free
        informed = rules.informed_until >= today
        released = terms.a_release and today >= terms.a_release and informed
        running[0] = not (unconditional or released)
    return {clock for clock, runs in running.items() if runs}


def reacquired_terms(standing: Vintage, today: int) -> Vintage:
    """The vintage "re-acquired this month": the standing terms dated at the end of the month, so that
    a clock is never over early (17 CFR 230.144(d)(3)); their months are counted from there."""
    bought = anniversary(day_of(today).replace(day=1), 1) - timedelta(days=1)

    def over(months: int) -> int:
        counted = months not in (0, LAST_DAY)
        return day_number(release_day(bought, months)) if counted else months

    return replace(
        standing,
        acquired=day_number(bought),
        a_release=over(standing.a_release),
        a_free=over(standing.a_free),
        b_over=over(standing.b_over),
        c_over=over(standing.c_over),
        d_over=over(standing.d_over),
    )


# ---- classes and limits ----


def _wrong_class(rules: Rules, sender: Party, receiver: Party, kind: Kind, proofs: int) -> int:
    if is_same_person(sender, receiver):
        return Reason.OK
    seller, buyer = sender.of_class, receiver.of_class
    fast = kind == Kind.SALE and seller in FAST_CLASSES and buyer in FAST_CLASSES
    if fast and buyer in rules.sale.get(seller, ()):
        return Reason.OK
    for proof in _proof_numbers(proofs):
        skipped = fast and proof == 0 and not proofs
        if not skipped and buyer in rules.sellable.get((kind, seller, proof), ()):
            return Reason.OK
    return rules.why.get((kind, seller, buyer), Reason.NO_RESALE_PATH)


def _proof_numbers(proofs: int) -> list[int]:
    return [0, *(bit + 1 for bit in range(6) if proofs >> bit & 1)]


def _beyond_limits(rules: Rules, sender: Party, receiver: Party, units: int, moment: Moment) -> int:
    if is_same_person(sender, receiver) or receiver.has(Flags.TREASURY) or not units:
        return Reason.OK
    held = receiver.units + receiver.elsewhere
    if rules.most_units is not None and held + units > rules.most_units:
        return rules.holding_code
    if held:
        return Reason.OK
    gone = leaves(sender, units)
    if rules.most_holders is not None and moment.holders >= rules.most_holders and not gone:
        return Reason.MAX_HOLDERS
    for number, group in enumerate(rules.groups):
        makes_room = gone and sender.of_class in group.classes
        entered = receiver.of_class in group.classes and not makes_room
        if entered and group.limit is not None and moment.counts[number] >= group.limit:
            return group.code
    return Reason.OK


def leaves(sender: Party, units: int) -> bool:
    """Whether the person holds nothing any more once `units` have gone; the issuer never counts."""
    counts = not sender.has(Flags.TREASURY)
    return counts and units > 0 and sender.units == units and not sender.elsewhere


def enters(sender: Party, receiver: Party, units: int) -> bool:
    """Whether the receiver becomes a holder by these units."""
    if is_same_person(sender, receiver):
        return leaves(sender, units) and not receiver.units
    new = not receiver.units and not receiver.elsewhere
    return units > 0 and new and not receiver.has(Flags.TREASURY)
