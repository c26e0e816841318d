"""What the contract of winding-ups and sales says happened (contracts/interfaces/IWaterfall.vyi).

As in core/events_paying.py, whose events tell how the parts of its stages are paid: there
`distribution` is the number of a part's pot (core/actions/exit_plan.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WaterfallProposed:
    waterfall: int
    instruction: str
    plan: str
    cash: str
    document: str
    parts: tuple[int, ...]
    stages: tuple[int, ...]
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WaterfallConfirmed:
    waterfall: int
    plan: str


@dataclass(frozen=True, slots=True)
class WaterfallFunded:
    waterfall: int
    funder: str
    amount: int


@dataclass(frozen=True, slots=True)
class WaterfallOpened:
    waterfall: int
    stage: int
    amount: int
    document: str


@dataclass(frozen=True, slots=True)
class WaterfallSettled:
    part: int
    payee: str
    amount: int
