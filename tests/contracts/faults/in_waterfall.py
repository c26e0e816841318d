"""Faults in what pays every class of an issuer from one pot."""

from tests.contracts.faults.fault import Fault

TESTS = "test_waterfall.py"
FAULTS = [
    Fault(
        "Waterfall.vy",
        '    assert state & plans.CONFIRMED != 0, "plan: not confirmed"\n',
        "",
        "one person divides the money alone",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        '    assert plans.of[waterfall].proposer != msg.sender, "plan: second person needed"\n',
        "",
        "who proposes a plan agrees with himself",
        TESTS,
    ),
    Fault(
        "modules/plans.vy",
        '    assert self._hash(plan) == self.of[waterfall].plan, "plan: not the proposed"\n',
        "",
        "another plan is carried out than was agreed to",
        TESTS,
    ),
    Fault(
        "modules/plans.vy",
        '        assert sum == amount, "amounts: not the pot"\n',
        "",
        "classes are promised more than the pot",
        TESTS,
    ),
    Fault(
        "modules/plans.vy",
        "    for part: uint256 in parts:\n        if part >> 160 != 0:\n",
        "    for part: uint256 in parts:\n        if part == parts[0]:\n",
        "a power over one class divides the money of all",
        TESTS,
    ),
    Fault(
        "modules/plans.vy",
        '        assert register == empty(address) or register == owner, "part: another issuer"\n',
        "",
        "holders of another issuer share the pot",
        TESTS,
    ),
    Fault(
        "modules/plans.vy",
        '            assert parts[before] & words.M160 != part & words.M160, "part: named twice"\n',
        "            pass\n",
        "a class that stands twice in a plan is paid twice",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        '    assert amount <= pots.of[root].money, "pot: smaller than the stage"\n'
        "    plans.of[waterfall].state = state + (1 << 8)\n"
        "    pots.of[root].money -= amount\n",
        "    plans.of[waterfall].state = state + (1 << 8)\n",
        "a stage opens with the money of other waterfalls",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        '    assert amount <= missing, "pot: more than the plan"\n',
        "    missing = max(missing, amount)\n",
        "more money goes in than anybody is due",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        "    plans.of[waterfall].state = state + (1 << 8)\n",
        "    plans.of[waterfall].state = state | (1 << 8)\n",
        "the last stage opens for ever",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        '    assert block.timestamp >= plan.stages[stage] >> 128, "stage: opens later"\n',
        "",
        "an escrow is released before its time",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        "    pots.of[id].group = id\n",
        "    pots.of[id].group = root\n",
        "who is paid as one class's holder is passed over in the other",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        "    pots.of[part].money = 0\n    pots.of[part].source = source | (pots.ENDED << 184)\n",
        "",
        "a creditor is paid twice",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        '    assert pots.of[part].money & words.M128 == 0, "part: left to pay"\n',
        "",
        "a class is closed in which somebody was left out",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        '    assert plans.of[waterfall].state >> 8 == 0, "pot: paying already"\n',
        "",
        "one person calls off what is being paid",
        TESTS,
    ),
    Fault(
        "Waterfall.vy",
        " and opening.units <= held,",
        " and opening.units <= held + 1,",
        "a class's money is shared by units that do not exist",
        TESTS,
    ),
]
