"""Faults planted into the contracts, one at a time: each must make some contract test fail.

A fault is a text of one source file that is replaced by another. Many are the mistakes that peers made
(freezes lifted by force, counts moved by nothing, a period that looks at the wrong day), some are ours.
"""

from tests.contracts.faults import (
    in_ballots,
    in_contracts,
    in_distribution,
    in_modules,
    in_waterfall,
)

FAULTS = [
    *in_modules.FAULTS,
    *in_contracts.FAULTS,
    *in_distribution.FAULTS,
    *in_ballots.FAULTS,
    *in_waterfall.FAULTS,
]
