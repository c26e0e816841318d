"""What the contract that pays holders of record says happened (contracts/interfaces/IDistribution.vyi).

As in core/events.py: one frozen class for each event, fields as in the interface. None of them changes a
register; they say who was paid, what is held for whom, and how a pot came to its end. `rate` packs
numerator | denominator << 128.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DistributionDeclared:
    distribution: int
    token: str
    instruction: str
    record: int
    cash: str
    rate: int
    terms: str


@dataclass(frozen=True, slots=True)
class DistributionFunded:
    distribution: int
    funder: str
    amount: int


@dataclass(frozen=True, slots=True)
class DistributionAmended:
    distribution: int
    rate: int
    pays_from: int
    claim_until: int
    terms: str


@dataclass(frozen=True, slots=True)
class DistributionOpened:
    distribution: int
    rate: int
    total: int
    pages: str
    claims: str
    document: str


@dataclass(frozen=True, slots=True)
class DistributionPaid:
    distribution: int
    parts: tuple[int, ...]

    @property
    def payments(self) -> list[tuple[int, int, int]]:
        """Account, gross, withheld of each account that was paid, or whose money is held now."""
        most = (1 << 112) - 1
        return [(one >> 224, one >> 112 & most, one & most) for one in self.parts]


@dataclass(frozen=True, slots=True)
class DistributionHeld:
    distribution: int
    account: int
    amount: int
    why: int


@dataclass(frozen=True, slots=True)
class DistributionReleased:
    distribution: int
    account: int
    amount: int


@dataclass(frozen=True, slots=True)
class DistributionReinvested:
    distribution: int
    account: int
    amount: int


@dataclass(frozen=True, slots=True)
class DistributionRedirected:
    distribution: int
    account: int
    payee: str
    amount: int


@dataclass(frozen=True, slots=True)
class DistributionSkipped:
    distribution: int
    row: int
    why: int


@dataclass(frozen=True, slots=True)
class TaxRemitted:
    distribution: int
    office: str
    amount: int
    document: str


@dataclass(frozen=True, slots=True)
class DistributionEndProposed:
    distribution: int
    payee: str
    document: str


@dataclass(frozen=True, slots=True)
class DistributionEnded:
    distribution: int
    payee: str
    amount: int
    how: int
    document: str
