"""The powers in Python are those of the contracts."""

import re
from pathlib import Path

from freehold.core.powers import ALL_POWERS, NO_POWERS, Powers

SOURCE = Path(__file__).parents[2] / "contracts" / "modules" / "powers.vy"


def test_every_power_has_the_bit_that_the_contracts_give_it() -> None:
    found = re.findall(r"^([A-Z]+): constant\(uint256\) = 1 << (\d+)$", SOURCE.read_text(), re.M)
    assert {name: 1 << int(bit) for name, bit in found} == {p.name: p.value for p in Powers}


def test_all_powers_are_every_one_of_them() -> None:
    assert list(ALL_POWERS) == list(Powers)
    assert not NO_POWERS
