"""`freehold verify`: is the register what the chain says, by every way there is to ask?

The register is built anew from the logs alone, through nothing but `core/register.py`. Then every
balance, lot, supply, vintage and word of facts is asked of the contracts at the same block, and the
SQL projection is compared line by line. Who runs this need trust neither the projection nor us.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from freehold.chain.contracts import call
from freehold.chain.logs import Node, call_all
from freehold.core import standing
from freehold.core.errors import Conflict, NotFound, Unavailable
from freehold.core.rawlog import Source
from freehold.core.register import Register, apply, end_transaction
from freehold.indexer import read
from freehold.indexer.follow import Course, read_events
from freehold.indexer.reconcile import (
    Answers,
    Compared,
    Difference,
    compare_accounts,
    compare_roll,
)
from freehold.indexer.tables import View

_WORD = 64


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
        _compare_chain(compared, register, answers_at(register.holders, last))
    if projection is not None:
        _compare_projection(projected, projection, registers, last)
    if source.heads([last])[0] != head:
        raise Unavailable(f"block {last} was replaced while it was verified: try again")
    counts = compared.counts | projected.counts
    return Verification(
        last, head.block_hash, events, counts, compared.differences + projected.differences
    )


def answers_of_node(node: Node, holders: str, block: int) -> Answers:
    """Ask the contracts of one issuer behind `node`, as of `block`, in batches."""

    def words(contract: str, function: str, to: str, given: Sequence[object]) -> list[int]:
        return [int(answer, 16) for answer in ask(contract, function, to, given)]

    def ask(contract: str, function: str, to: str, given: Sequence[object]) -> list[str]:
        calls = [(to, "0x" + call(contract, function, each).hex()) for each in given]
        return call_all(node, calls, block)

    def supply(token: str) -> int:
        asked = (token, "0x" + call("SecurityToken", "totalSupply").hex())
        return int(call_all(node, [asked], block)[0], 16)

    return Answers(
        supply,
        lambda token, wallets: words("SecurityToken", "balanceOf", token, wallets),
        lambda token, numbers: [
            _list(answer) for answer in ask("SecurityToken", "lots_of", token, numbers)
        ],
        lambda token, numbers: words("SecurityToken", "vintages", token, numbers),
        lambda wallets: words("Holders", "facts", holders, wallets),
    )


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


def _compare_chain(compared: Compared, register: Register, answers: Answers) -> None:
    compare_accounts(compared, register.accounts, answers)
    for token, roll in register.rolls.items():
        lines = standing.lines(register, standing.now(register, token))
        compare_roll(compared, token, roll.supply, lines, roll.vintages, answers)


def _compare_projection(
    compared: Compared, projection: View, registers: Sequence[Register], last: int
) -> None:
    stands = read.last_block(projection)
    if stands != last:
        raise Conflict(
            f"the projection stands at block {stands}, not {last}: follow the chain first"
        )
    for register in registers:
        for token, roll in register.rolls.items():
            expected = {
                line.account: line
                for line in standing.lines(register, standing.now(register, token))
            }
            found = {line.account: line for line in read.lines(projection, token)}
            for account in sorted(expected.keys() | found.keys()):
                ours, theirs = expected.get(account), found.get(account)
                where = f"{token} account {account}"
                compared.note("projection lines", where, "line", ours, theirs)
            supply = read.supply(projection, token)
            totals = (supply.issued, supply.redeemed)
            ours_too = (roll.issued, roll.redeemed)
            compared.note("projection supplies", token, "issued and redeemed", ours_too, totals)
            terms = read.vintages(projection, token)
            compared.note("projection vintages", token, "vintages", roll.vintages, terms)
