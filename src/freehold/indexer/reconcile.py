"""Comparing a register with what the contracts themselves answer.

Two ways lead to every figure: adding up what was logged, and asking the contract. Here every
balance, lot, supply, vintage and word of facts is asked for, and what differs is listed; whoever
calls pins the questions to the block up to which the register was read. They are functions, passed
in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from sqlalchemy import Connection

from freehold.core.errors import Broken
from freehold.core.facts import tombstone
from freehold.core.ids import Address
from freehold.core.roll import Account
from freehold.core.standing import Line
from freehold.indexer import read

_PAGE = 500
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the contracts answer, all at one block, for lists of questions.

    `lots` answers for account numbers, each with its lots as vintage << 96 | units.
    """

    supply: Callable[[str], int]
    balances: Callable[[str, Sequence[str]], Sequence[int]]
    lots: Callable[[str, Sequence[int]], Sequence[Sequence[int]]]
    vintages: Callable[[str, Sequence[int]], Sequence[int]]
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


def reconcile(connection: Connection, answers: Answers) -> Compared:
    """Compare the projection's every instrument with the chain. Raises Broken if they differ."""
    compared = Compared()
    for token in read.instruments(connection):
        units = read.supply(connection, token).units
        terms = read.vintages(connection, token)
        compare_roll(compared, token, units, read.lines(connection, token), terms, answers)
    if compared.differences:
        first = compared.differences[0]
        raise Broken(f"the projection differs from the chain, first: {first}", where=first.where)
    return compared


def compare_roll(
    compared: Compared,
    token: str,
    supply: int,
    lines: Sequence[Line],
    vintages: Mapping[int, int],
    answers: Answers,
) -> None:
    """Compare one instrument: supply, the terms of vintages, every holder's units and lots."""
    compared.note("supplies", token, "supply", supply, answers.supply(token))
    total = sum(line.units for line in lines)
    compared.note("supplies", token, "sum of holdings", total, answers.supply(token))
    numbers = sorted(vintages)
    for number, terms in zip(numbers, answers.vintages(token, numbers), strict=True):
        compared.note("vintages", token, f"vintage {number}", vintages[number], terms)
    for page in _pages(lines):
        balances = answers.balances(token, [line.wallet for line in page])
        lots = answers.lots(token, [line.account for line in page])
        for line, balance, held in zip(page, balances, lots, strict=True):
            where = f"{token} account {line.account}"
            compared.note("balances", where, "balance", line.units, balance)
            ours = sorted((lot.vintage, lot.units) for lot in line.lots)
            theirs = sorted((word >> 96, word & (1 << 96) - 1) for word in held)
            compared.note("lots", where, "lots", ours, theirs)


def compare_accounts(compared: Compared, accounts: Mapping[int, Account], answers: Answers) -> None:
    """Compare the facts of every living wallet, and the tombstone of every dead one."""
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


def _pages(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), _PAGE):
        yield items[first : first + _PAGE]
