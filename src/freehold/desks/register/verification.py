"""`freehold verify`: is the register what the chain says, by every way there is to ask?

The register is built anew from the logs alone, through nothing but `core/register.py`. Then every
figure is asked of the contracts at the same block, many questions at once, and the SQL projection is
compared with it, its tables and the lines that people are shown. Who runs this need trust neither the
projection nor us.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from freehold.chain.artifacts import artifact
from freehold.chain.contracts import call
from freehold.chain.logs import Node, call_all, storage_words
from freehold.core import standing
from freehold.core.errors import Conflict, NotFound, Unavailable
from freehold.core.rawlog import Source
from freehold.core.register import Register, apply, end_transaction
from freehold.indexer import read
from freehold.indexer.follow import Course, read_events
from freehold.indexer.memory import load
from freehold.indexer.reconcile import (
    Answers,
    Compared,
    Difference,
    Group,
    Totals,
    compare_contracts,
    compare_projection,
)
from freehold.indexer.tables import View

_WORD = 64
_WALLETS = 200
"""Wallets in one question, as many as `Holders` takes."""
_LAYOUT: Mapping[str, int] = artifact("SecurityToken")["storage"]
"""Where the token keeps what, by name; tests compare it with what the compiler says."""
_COUNTS_GROUPS = 1 << 72
_M32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared at which block, how many figures of each kind, and what differed."""

    block: int
    block_hash: str
    events: int
    counts: Mapping[str, int]
    differences: Sequence[Difference]

    @property
    def ok(self) -> bool:
        return not self.differences


def verify(
    source: Source,
    course: Course,
    answers_at: Callable[[str, int], Answers],
    projection: View | None = None,
    block: int | None = None,
) -> Verification:
    """Rebuild the registers of `course` up to `block` (the last); compare them with the contracts.

    `answers_at(holders, block)` asks the contracts (`answers_of_node`); `projection` is compared if
    given. Raises Broken if the logs contradict each other, Conflict if the projection stands at
    another block, Unavailable if the chain changes meanwhile.
    """
    last = source.last_block() if block is None else block
    (head,) = source.heads([last])
    if head is None:
        raise NotFound(f"the chain has no block {last}", block=last)
    registers = [Register(holders) for holders in course.holders]
    events = _build(registers, source, course, last)
    compared, projected = Compared(), Compared(asked="projection")
    for register in registers:
        compare_contracts(compared, register, answers_at(register.holders, last))
    if projection is not None:
        _compare_projection(projected, projection, registers, last)
    if source.heads([last])[0] != head:
        raise Unavailable(f"block {last} was replaced while it was verified: try again")
    counts = compared.counts | {f"projection {k}": n for k, n in projected.counts.items()}
    return Verification(
        last, head.block_hash, events, counts, compared.differences + projected.differences
    )


def answers_of_node(node: Node, holders: str, block: int) -> Answers:
    """Ask the contracts of one issuer behind `node`, as of `block`, in batches.

    Account words are read from the token's storage, where `account_word` would read them: a hundred
    times as many a second, and every account has one.
    """
    accounts = _LAYOUT["book.accounts"]

    def ask(contract: str, function: str, to: str, given: Sequence[object]) -> list[str]:
        calls = [(to, "0x" + call(contract, function, each).hex()) for each in given]
        return call_all(node, calls, block)

    def words(function: str, token: str, given: Sequence[object]) -> list[int]:
        return [int(answer, 16) for answer in ask("SecurityToken", function, token, given)]

    def number(contract: str, to: str, function: str) -> int:
        asked = (to, "0x" + call(contract, function).hex())
        return int(call_all(node, [asked], block)[0], 16)

    def totals(token: str) -> Totals:
        supply = number("SecurityToken", token, "totalSupply")
        state = number("SecurityToken", token, "state")
        groups = _groups(node, token, block) if state & _COUNTS_GROUPS else []
        return Totals(supply, state >> 140 & (1 << 28) - 1, groups)

    def facts(wallets: Sequence[str]) -> list[int]:
        pages = [wallets[at : at + _WALLETS] for at in range(0, len(wallets), _WALLETS)]
        return [word for answer in ask("Holders", "page", holders, pages) for word in _list(answer)]

    return Answers(
        last_account=lambda: number("Holders", holders, "last_account"),
        totals=totals,
        words=lambda token, numbers: storage_words(
            node, token, [accounts + number for number in numbers], block
        ),
        balances=lambda token, wallets: words("balanceOf", token, wallets),
        lots=lambda token, numbers: [
            _list(answer) for answer in ask("SecurityToken", "lots_of", token, numbers)
        ],
        vintages=lambda token, numbers: words("vintages", token, numbers),
        records=lambda token, numbers: words("record", token, numbers),
        facts=facts,
    )


def _groups(node: Node, token: str, block: int) -> list[Group]:
    """The groups that have a limit. Which classes they have, only the storage says."""
    slots = [_LAYOUT[name] for name in ("book.groups_of", "book.group_counts", "book.group_limits")]
    members, counts, limits = storage_words(node, token, slots, block)
    return [
        Group(
            place,
            frozenset(one for one in range(32) if members >> 8 * one + place & 1),
            counts >> 32 * place & _M32,
        )
        for place in range(8)
        if limits >> 32 * place & _M32 != _M32
    ]


def _list(answer: str) -> list[int]:
    """The numbers of an encoded list of words: where it starts, how many, the words."""
    words = [int(answer[at : at + _WORD], 16) for at in range(2, len(answer), _WORD)]
    return words[2 : 2 + words[1]]


def _build(registers: Sequence[Register], source: Source, course: Course, last: int) -> int:
    events = 0
    for page in read_events(source, course, last):
        events += len(page)
        for logged in page:
            for register in registers:
                apply(register, logged)
    for register in registers:
        end_transaction(register)
    return events


def _compare_lines(compared: Compared, projection: View, register: Register) -> None:
    """The lines that people are shown: the same holders with the same figures."""
    for token in register.rolls:
        lines = standing.lines(register, standing.now(register, token))
        found = {line.account: line for line in read.lines(projection, token)}
        expected = {line.account: line for line in lines}
        compared.note_all("lines", token + " account {}", "line", expected, found)


def _compare_projection(
    compared: Compared, projection: View, registers: Sequence[Register], last: int
) -> None:
    stands = read.last_block(projection)
    if stands != last:
        raise Conflict(
            f"the projection stands at block {stands}, not {last}: follow the chain first"
        )
    projected = load(projection).registers
    for register in registers:
        compare_projection(compared, register, projected[register.holders])
        _compare_lines(compared, projection, register)
