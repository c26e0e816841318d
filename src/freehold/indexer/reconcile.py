"""Comparing a register with what the contracts answer, and with what the projection says.

Three ways lead to every figure: adding up what was logged, asking the contract, reading the
projection. Here each account's units, frozen units, stop and lots, each wallet's word of facts, each
instrument's supply, units outstanding, holders, groups, vintages and record instants are compared one
by one, and what differs is named. Whoever calls pins the questions to the block up to which the
register was read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeVar

from freehold.core import standing
from freehold.core.facts import Flags, has_flag, tombstone, unpack_facts
from freehold.core.ids import Address
from freehold.core.register import Register
from freehold.core.roll import Account, Roll

_PAGE = 1_000
_UNITS = (1 << 96) - 1
_STOPPED = 1 << 216
_SLOTS = 0xFF << 192
Item = TypeVar("Item")
Key = TypeVar("Key", int, str)


class Group(NamedTuple):
    """A group of holders as the contract counts it: its number, its classes, how many persons."""

    number: int
    classes: frozenset[int]
    persons: int


class Totals(NamedTuple):
    """What an instrument says of itself: units in all, holders by person, groups with a limit.

    A group without a limit may lack those who held before it was counted (core/policy/rows.py).
    """

    supply: int
    holders: int
    groups: Sequence[Group]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the contracts answer, all at one block, for lists of questions.

    `words` are account words by account number (contracts/modules/words.vy), `lots` for account
    numbers each lot as vintage << 96 | units, `balances` and `facts` for wallets.
    """

    last_account: Callable[[], int]
    totals: Callable[[str], Totals]
    words: Callable[[str, Sequence[int]], Sequence[int]]
    balances: Callable[[str, Sequence[str]], Sequence[int]]
    lots: Callable[[str, Sequence[int]], Sequence[Sequence[int]]]
    vintages: Callable[[str, Sequence[int]], Sequence[int]]
    records: Callable[[str, Sequence[int]], Sequence[int]]
    facts: Callable[[Sequence[str]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that two ways disagree about; `where` names instrument, account or wallet."""

    where: str
    what: str
    register: str
    other: str
    asked: str = "chain"

    def __str__(self) -> str:
        ours, theirs = f"{self.register} in the register", f"{self.other} on the {self.asked}"
        if self.asked == "projection":
            theirs = f"{self.other} in the projection"
        return f"{self.where}: {self.what} is {ours}, {theirs}"


@dataclass(slots=True)
class Compared:
    """How many figures of each kind were compared, and what differed."""

    counts: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    asked: str = "chain"

    def note(self, kind: str, where: str, what: str, ours: object, theirs: object) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if ours != theirs:
            self.differences.append(Difference(where, what, str(ours), str(theirs), self.asked))

    def note_all(
        self, kind: str, where: str, what: str, ours: Mapping[Key, object], theirs: object
    ) -> None:
        """One figure for every key that either side has; `where` and `what` are told the key."""
        assert isinstance(theirs, Mapping), "both sides say it by the same key"
        for key in sorted(ours.keys() | theirs.keys()):
            place, figure = where.format(key), what.format(key)
            self.note(kind, place, figure, ours.get(key, "nothing"), theirs.get(key, "nothing"))


# ---- the contracts -----------------------------------------------------------------------------


def compare_contracts(compared: Compared, register: Register, answers: Answers) -> None:
    """Compare every figure of a register and its instruments with what the contracts answer."""
    accounts = register.accounts
    last = answers.last_account()
    compared.note("accounts", register.holders, "last account", max(accounts, default=0), last)
    _compare_facts(compared, accounts, answers)
    for roll in register.rolls.values():
        _compare_totals(compared, register, roll, answers)
        _compare_terms(compared, roll, answers)
        _compare_holdings(compared, register, roll, answers)


def _compare_facts(compared: Compared, accounts: Mapping[int, Account], answers: Answers) -> None:
    """The facts of every living wallet, and the tombstone of every dead one."""
    expected = [pair for number in sorted(accounts) for pair in _expected_words(accounts[number])]
    for page in _pages(expected):
        theirs = answers.facts([wallet for wallet, _ in page])
        for (wallet, word), found in zip(page, theirs, strict=True):
            compared.note("wallets", f"wallet {wallet}", "word of facts", hex(word), hex(found))


def _expected_words(account: Account) -> Iterator[tuple[str, int]]:
    yield account.wallet, account.facts
    opened = (*account.former, account.wallet)
    for old, new in pairwise(opened):
        yield old, tombstone(Address(new))


def _compare_totals(compared: Compared, register: Register, roll: Roll, answers: Answers) -> None:
    supply, holders, groups = answers.totals(roll.token)
    compared.note("supplies", roll.token, "supply", roll.supply, supply)
    total = sum(roll.units.values())
    compared.note("supplies", roll.token, "sum of holdings", total, supply)
    count = standing.holder_count(register, roll.units)
    compared.note("holder counts", roll.token, "holders", count, holders)
    for group in groups:
        inside = {
            account: units
            for account, units in roll.units.items()
            if unpack_facts(register.accounts[account].facts).holder_class in group.classes
        }
        count = standing.holder_count(register, inside)
        what = f"persons in group {group.number}"
        compared.note("group counts", roll.token, what, count, group.persons)


def _compare_terms(compared: Compared, roll: Roll, answers: Answers) -> None:
    for kind, ours, ask in (
        ("vintage", roll.vintages, answers.vintages),
        ("record", roll.records, answers.records),
    ):
        numbers = sorted(ours)
        for number, theirs in zip(numbers, ask(roll.token, numbers), strict=True):
            compared.note(f"{kind}s", roll.token, f"{kind} {number}", ours[number], theirs)


def _compare_holdings(compared: Compared, register: Register, roll: Roll, answers: Answers) -> None:
    """Every account's word, the balance that its wallet shows to everybody, and its lots."""
    outside = 0
    for page in _pages(sorted(register.accounts)):
        words = dict(zip(page, answers.words(roll.token, page), strict=True))
        for account, word in words.items():
            _compare_word(compared, roll, account, word)
            if not has_flag(register.accounts[account].facts, Flags.TREASURY):
                outside += word & _UNITS
        holding = [one for one in page if one in roll.units or words[one] & _UNITS]
        wallets = [register.accounts[account].wallet for account in holding]
        shown = answers.balances(roll.token, wallets)
        for account, balance in zip(holding, shown, strict=True):
            where = _place(roll, account)
            compared.note("balances", where, "balance", roll.units.get(account, 0), balance)
        in_lots = [one for one in page if one in roll.lots or words[one] & _SLOTS]
        for account, held in zip(in_lots, answers.lots(roll.token, in_lots), strict=True):
            ours = sorted(roll.lots.get(account, {}).items())
            theirs = sorted((word >> 96, word & _UNITS) for word in held)
            compared.note("lots", _place(roll, account), "lots", ours, theirs)
    expected = standing.outstanding(register, standing.now(register, roll.token))
    compared.note("supplies", roll.token, "units outstanding", expected, outside)


def _compare_word(compared: Compared, roll: Roll, account: int, word: int) -> None:
    where, frozen, stopped = _place(roll, account), word >> 96 & _UNITS, bool(word & _STOPPED)
    compared.note("units", where, "units", roll.units.get(account, 0), word & _UNITS)
    compared.note("frozen units", where, "frozen units", roll.frozen.get(account, 0), frozen)
    compared.note("stops", where, "stopped", account in roll.stopped, stopped)


def _place(roll: Roll, account: int) -> str:
    return f"{roll.token} account {account}"


# ---- the projection ----------------------------------------------------------------------------


def compare_projection(compared: Compared, register: Register, projected: Register) -> None:
    """Compare every figure of a register with the one that was read from the projection."""
    ours, theirs = register, projected
    accounts = "account {}"
    compared.note_all("accounts", accounts, "account", ours.accounts, theirs.accounts)
    compared.note_all("persons", accounts, "accounts of the person", ours.persons, theirs.persons)
    for token in sorted(ours.rolls.keys() | theirs.rolls.keys()):
        roll, other = ours.rolls.get(token, Roll(token)), theirs.rolls.get(token, Roll(token))
        totals, others = (roll.issued, roll.redeemed), (other.issued, other.redeemed)
        compared.note("supplies", token, "issued and redeemed", totals, others)
        compared.note_all("vintages", token, "vintage {}", roll.vintages, other.vintages)
        compared.note_all("records", token, "record {}", roll.records, other.records)
        where = token + " account {}"
        compared.note_all("units", where, "units", roll.units, other.units)
        compared.note_all("frozen units", where, "frozen units", roll.frozen, other.frozen)
        compared.note_all("lots", where, "lots", roll.lots, other.lots)
        stops, others_stops = dict.fromkeys(roll.stopped, True), dict.fromkeys(other.stopped, True)
        compared.note_all("stops", where, "stopped", stops, others_stops)


def _pages(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), _PAGE):
        yield items[first : first + _PAGE]
