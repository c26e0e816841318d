"""What a policy would have said to a file of trades over a register: who passes, who is refused, why.

Files are CSV with a header. The register has a line for each lot (or for free units):

    holder,class,country,units,family,acquired,flags
    ana,1,US,1000,D,2026-03-01,
    ben,3,DE,250,,,affiliate

`class` is a number or a name of the policy's classes, `flags` words separated by spaces (affiliate,
treasury, frozen, sanctioned). Trades happen in the order of the file, each after the ones before it:

    day,sender,receiver,units,kind,proofs
    2026-11-26,ana,ben,100,sale,offshore

A trade that is refused changes nothing. Days never go back.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from freehold.core.clock import day_number
from freehold.core.errors import Invalid, Mistake, PlatformError
from freehold.core.facts import Flags, Vintage
from freehold.core.identifiers import country_number
from freehold.core.policy.compile import Compiled
from freehold.core.policy.fast import Holding, LotRules, Seat, Tally, evaluator, move
from freehold.core.policy.model import KIND_NAMES, PROOF_NAMES

REGISTER_COLUMNS = ("holder", "class", "country", "units", "family", "acquired", "flags")
TRADE_COLUMNS = ("day", "sender", "receiver", "units", "kind", "proofs")
MOST_MISTAKES = 100
_FLAGS = {"affiliate", "treasury", "frozen", "sanctioned"}


@dataclass(frozen=True, slots=True)
class Trade:
    """One line of the file of trades; `line` is its place in the file."""

    line: int
    day: int
    sender: str
    receiver: str
    units: int
    kind: int
    proofs: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A trade that the policy refuses, with its code."""

    trade: Trade
    code: int


@dataclass
class Outcome:
    """What became of the trades, and the register after them."""

    passed: int = 0
    units: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    seats: Mapping[str, Seat] = field(default_factory=dict)
    holders: int = 0


def read_register(
    compiled: Compiled, lines: Iterable[str], *, reporting: bool = False, source: str = "register"
) -> dict[str, Seat]:
    """The seats of a register file. Raises Invalid with every mistake and its line."""
    mistakes: list[Mistake] = []
    seats: dict[str, Seat] = {}
    classes = {one.name: one.id for one in compiled.policy.classes}
    classes |= {str(one.id): one.id for one in compiled.policy.classes}
    terms = _Terms(compiled, reporting)
    for line, row in _rows(lines, REGISTER_COLUMNS, source, mistakes):
        try:
            _seat(seats, row, classes, terms)
        except (ValueError, PlatformError) as problem:
            mistakes.append(Mistake(f"{source}:{line}", str(problem)))
    _refuse(mistakes, source)
    return seats


def read_trades(lines: Iterable[str], source: str = "trades") -> list[Trade]:
    """The trades of a file, in its order. Raises Invalid with every mistake and its line."""
    mistakes: list[Mistake] = []
    trades: list[Trade] = []
    days: dict[str, int] = {}
    for line, row in _rows(lines, TRADE_COLUMNS, source, mistakes):
        try:
            trades.append(_trade(line, row, days))
        except ValueError as problem:
            mistakes.append(Mistake(f"{source}:{line}", str(problem)))
        if len(trades) > 1 and trades[-1].day < trades[-2].day:
            mistakes.append(Mistake(f"{source}:{line}", "is earlier than the trade before it"))
    _refuse(mistakes, source)
    return trades


def simulate(
    compiled: Compiled, seats: Mapping[str, Seat], trades: Sequence[Trade], most: int = 1_000
) -> Outcome:
    """Let the trades happen in their order; `most` refused ones are kept with their lines.

    Raises Invalid for a trade of a holder whom the register does not have.
    """
    _known(seats, trades)
    rules = compiled.rules
    code_of, lots = evaluator(rules), LotRules(rules)
    tally = _tally(compiled, seats, trades[0].day if trades else 0)
    outcome = Outcome(seats=seats)
    codes, refused = outcome.codes, outcome.refused
    for trade in trades:
        sender, receiver, units = seats[trade.sender], seats[trade.receiver], trade.units
        tally.today = trade.day
        code = code_of(sender, receiver, units, trade.kind, trade.proofs, tally)
        codes[code] += 1
        if code:
            if len(refused) < most:
                refused.append(Refused(trade, code))
            continue
        same = sender.person == receiver.person
        parts = lots.select(sender, receiver, units, trade.kind, trade.proofs, tally, same)
        assert isinstance(parts, list), "what is allowed has units that may go"
        if sender is not receiver:
            move(sender, receiver, units, parts, tally, rules)
        outcome.passed += 1
        outcome.units += units
    outcome.holders = tally.holders
    return outcome


def _tally(compiled: Compiled, seats: Mapping[str, Seat], today: int) -> Tally:
    tally = Tally(today)
    groups = compiled.rules.groups
    for seat in seats.values():
        if seat.units and not seat.flags & Flags.TREASURY:
            tally.holders += 1
            for number, group in enumerate(groups):
                tally.counts[number] += seat.of_class in group.classes
    return tally


def _known(seats: Mapping[str, Seat], trades: Sequence[Trade]) -> None:
    mistakes = [
        Mistake(f"trades:{trade.line}", f"{who} is not in the register")
        for trade in trades
        for who in (trade.sender, trade.receiver)
        if who not in seats
    ]
    _refuse(mistakes, "trades")


# ---- reading ----


def _rows(
    lines: Iterable[str], columns: tuple[str, ...], source: str, mistakes: list[Mistake]
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines)
    header = tuple(next(reader, ()))
    if header != columns:
        mistakes.append(Mistake(f"{source}:1", f"the header must be {','.join(columns)}"))
        return
    for row in reader:
        if len(row) == len(columns):
            yield reader.line_num, row
        elif row and len(mistakes) < MOST_MISTAKES:
            text = f"has {len(row)} values for {len(columns)} columns"
            mistakes.append(Mistake(f"{source}:{reader.line_num}", text))


class _Terms:
    """The terms of lots by family and day, each computed once."""

    def __init__(self, compiled: Compiled, reporting: bool) -> None:
        self.compiled, self.reporting = compiled, reporting
        self.known: dict[tuple[str, str], Vintage] = {}

    def of(self, family: str, acquired: str) -> Vintage:
        found = self.known.get((family, acquired))
        if found is None:
            day = date.fromisoformat(acquired)
            found = self.compiled.vintage(family, day, reporting=self.reporting, ended=day)
            self.known[family, acquired] = found
        return found


def _seat(
    seats: dict[str, Seat], row: list[str], classes: Mapping[str, int], terms: _Terms
) -> None:
    holder, of_class, country, text, family, acquired, flags = row
    if of_class not in classes:
        raise ValueError(f"class {of_class!r} is none of the policy's: {', '.join(classes)}")
    units, words = _whole(text), flags.split()
    if set(words) - _FLAGS:
        raise ValueError(f"flags {flags!r}: known are {', '.join(sorted(_FLAGS))}")
    seat = seats.get(holder)
    if seat is None:
        number = len(seats) + 1
        bits = sum(Flags[word.upper()] for word in words)
        where = country_number(country) if country else 0
        seat = seats[holder] = Seat(number, classes[of_class], bits, where, person=number)
    elif seat.of_class != classes[of_class]:
        raise ValueError(f"{holder} has another class in an earlier line")
    seat.units += units
    if family:
        _add_lot(seat, terms.of(family, acquired), units)


def _add_lot(seat: Seat, terms: Vintage, units: int) -> None:
    for vintage, holding in seat.lots.items():
        if holding.terms == terms:
            seat.lots[vintage] = holding._replace(units=holding.units + units)
            return
    if len(seat.lots) == 8:
        raise ValueError("has more than eight different lots: a register keeps eight")
    vintage = len(seat.lots) + 1
    seat.lots[vintage] = Holding((terms.acquired, vintage), terms, units)


def _trade(line: int, row: list[str], days: dict[str, int]) -> Trade:
    day, sender, receiver, units, kind, proofs = row
    number = days.get(day)
    if number is None:
        number = days[day] = day_number(date.fromisoformat(day))
    if kind not in KIND_NAMES:
        raise ValueError(f"kind {kind!r} is none of {', '.join(KIND_NAMES)}")
    shown = 0
    for proof in proofs.split():
        if proof not in PROOF_NAMES:
            raise ValueError(f"proof {proof!r} is none of {', '.join(PROOF_NAMES)}")
        shown |= PROOF_NAMES[proof]
    return Trade(line, number, sender, receiver, _whole(units), int(KIND_NAMES[kind]), int(shown))


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"units {text!r} is not a whole number of base units, 0 or more")
    return int(text)


def _refuse(mistakes: list[Mistake], source: str) -> None:
    if mistakes:
        raise Invalid(f"{source} cannot be used", mistakes=mistakes[:MOST_MISTAKES])
