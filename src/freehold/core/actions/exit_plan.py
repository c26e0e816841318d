"""The plan of a winding-up or a sale as `Waterfall.vy` takes it: words, their hash, numbers of its pots.

Two persons agree to a plan by its hash, which is all the contract keeps; it is reckoned here as
`abi.encode` lays the struct out, so that nobody needs a node to know what he agrees to. The words
stand in contracts/interfaces/IWaterfall.vyi.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from freehold.core.ids import checksummed

MOST_PARTS, MOST_STAGES = 16, 8
_WORD, _LISTS_FROM = 32, 9
_RECORD_AT, _OPENS_AT = 160, 128


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """Fields as in the contract's struct; instants in seconds, amounts in the coin's smallest unit.

    `amounts` stand stage by stage, in each part by part, and sum to each stage.
    """

    cash: str
    pays_from: int
    claim_until: int
    purse: str
    tax_office: str
    document: str
    parts: tuple[int, ...]
    stages: tuple[int, ...]
    amounts: tuple[int, ...]

    @property
    def words(self) -> tuple[object, ...]:
        """As a call to the contract brings it."""
        document = bytes.fromhex(self.document[2:])
        lists = (list(self.parts), list(self.stages), list(self.amounts))
        times = (self.pays_from, self.claim_until)
        return (self.cash, *times, self.purse, self.tax_office, document, *lists)

    @property
    def total(self) -> int:
        """The whole pot."""
        return sum(self.amounts)

    def of_stage(self, stage: int) -> tuple[int, ...]:
        """What each part gets of a stage, counted from 0."""
        return self.amounts[stage * len(self.parts) : (stage + 1) * len(self.parts)]


def class_part(token: str, record: int) -> int:
    """The word of a class: its holders at a record instant, whose number is never 0."""
    return int(token, 16) | record << _RECORD_AT


def class_tokens(parts: Sequence[int]) -> set[str]:
    """The tokens of the classes among a plan's parts, checksummed."""
    low = (1 << _RECORD_AT) - 1
    return {checksummed(f"0x{part & low:040x}") for part in parts if part >> _RECORD_AT}


def payee_part(wallet: str) -> int:
    """The word of a payee outside the register."""
    return int(wallet, 16)


def stage_word(amount: int, opens_from: int = 0) -> int:
    """The word of a stage; `opens_from` in seconds, 0 for at once."""
    return amount | opens_from << _OPENS_AT


def plan_hash(plan: ExitPlan) -> str:
    """What a plan is agreed to by."""
    lists = (plan.parts, plan.stages, plan.amounts)
    heads = [
        int(plan.cash, 16), plan.pays_from, plan.claim_until, int(plan.purse, 16),
        int(plan.tax_office, 16), int(plan.document, 16),
    ]  # fmt: skip
    at, tail = _LISTS_FROM, []
    for one in lists:
        heads.append(at * _WORD)
        tail += [len(one), *one]
        at += 1 + len(one)
    return "0x" + keccak(_encoded([_WORD, *heads, *tail])).hex()


def pot_number(waterfall: int) -> int:
    """The number of a waterfall's own pot, from which stages are opened."""
    return waterfall << 16


def part_number(waterfall: int, stage: int, place: int) -> int:
    """The number of the pot of one part of one stage, both counted from 0."""
    return waterfall << 16 | stage + 1 << 8 | place + 1


def _encoded(words: Sequence[int]) -> bytes:
    return b"".join(word.to_bytes(_WORD, "big") for word in words)
