"""The fast evaluator answers as the compiled rules do; trades over a register keep it exact."""

from datetime import date
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from freehold.core.errors import Invalid
from freehold.core.policy import prove
from freehold.core.policy.case import Case
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.fast import evaluator
from freehold.core.policy.simulate import read_register, read_trades, simulate
from freehold.desks.rules.policies import read_policy
from freehold.doors.bench.policy import seat_of, tally_of

SAMPLE = 3


@pytest.fixture(scope="module")
def dual() -> Compiled:
    return compile_policy(
        read_policy(Path("examples/policies/dual.toml"), date(2026, 11, 26)).policy
    )


def fast_code(dual: Compiled, case: Case) -> int:
    rules = prove.rules_of(dual, case)
    sides = seat_of(case.sender), seat_of(case.receiver)
    tally = tally_of(dual, case)
    return evaluator(rules)(*sides, case.units, int(case.kind), int(case.proofs), tally)


@pytest.mark.parametrize("part", ["rule_cases", "standing_cases", "limit_cases"])
def test_the_fast_evaluator_answers_as_the_compiled_rules(dual: Compiled, part: str) -> None:
    for case in islice(getattr(prove, part)(dual), 0, None, SAMPLE):
        assert fast_code(dual, case) == prove.compiled_code(dual, case), case


REGISTER = """holder,class,country,units,family,acquired,flags
ana,1,US,100,D,2026-06-01,
ana,1,US,50,,,
ben,3,DE,0,,,
cat,us qib,US,10,,,
"""


def test_trades_happen_in_order_and_refused_ones_change_nothing(dual: Compiled) -> None:
    seats = read_register(dual, REGISTER.splitlines())
    trades = read_trades(
        """day,sender,receiver,units,kind,proofs
2026-11-26,ana,ben,60,sale,
2026-11-26,ana,ben,50,sale,
2026-11-26,ana,ben,10,sale,offshore
2026-11-26,ana,cat,40,sale,
2026-11-26,ben,cat,5,sale,
2027-06-02,ana,ben,50,sale,
""".splitlines()
    )
    outcome = simulate(dual, seats, trades)
    assert [(one.trade.line, one.code) for one in outcome.refused] == [(2, 125)]
    assert (outcome.passed, outcome.units) == (5, 155)
    assert {name: seat.units for name, seat in seats.items()} == {"ana": 0, "ben": 105, "cat": 55}
    assert outcome.holders == 2


def test_a_random_market_never_makes_or_loses_units(dual: Compiled) -> None:
    draw = Random(5)
    lines = ["holder,class,country,units,family,acquired,flags"]
    for n in range(60):
        family = draw.choice(["D", "S", ""])
        acquired = f"2026-0{draw.randint(1, 9)}-11" if family else ""
        of = draw.choice([1, 2, 3, 4])
        flags = draw.choice(["", "", "affiliate", "treasury"])
        lines.append(f"h{n},{of},,{draw.randint(0, 90)},{family},{acquired},{flags}")
    seats = read_register(dual, lines)
    before, trades = sum(seat.units for seat in seats.values()), []
    day = date(2026, 11, 1)
    for _ in range(3000):
        a, b = draw.sample(range(60), 2)
        trades.append(f"{day},h{a},h{b},{draw.randint(0, 60)},sale,{draw.choice(['', 'offshore'])}")
        day = date.fromordinal(day.toordinal() + (draw.random() < 0.05))
    outcome = simulate(dual, seats, read_trades(["day,sender,receiver,units,kind,proofs", *trades]))
    assert sum(seat.units for seat in seats.values()) == before
    for seat in seats.values():
        assert sum(lot.units for lot in seat.lots.values()) <= seat.units
        assert len(seat.lots) <= 8
    held = [seat for seat in seats.values() if seat.units and not seat.flags & 64]
    assert outcome.holders == len(held)
    assert {0, 101} < set(outcome.codes)


def test_every_mistake_of_the_files_is_told_with_its_line(dual: Compiled) -> None:
    bad = REGISTER + "dan,77,US,1,,,\neve,1,US,-1,,,\nfay,1,US,1,Q,2026-01-01,\n"
    with pytest.raises(Invalid) as told:
        read_register(dual, bad.splitlines())
    assert [one.place for one in told.value.mistakes] == ["register:6", "register:7", "register:8"]
    with pytest.raises(Invalid) as told:
        read_trades(["day,sender,receiver,units,kind,proofs", "2026-01-02,a,b,1,swap,",
                     "2026-01-01,a,b,x,sale,", "2025-01-01,a,b,1,sale,magic"])  # fmt: skip
    assert len(told.value.mistakes) == 3
    seats = read_register(dual, REGISTER.splitlines())
    stranger = read_trades(["day,sender,receiver,units,kind,proofs", "2026-01-01,zoe,ana,1,sale,"])
    with pytest.raises(Invalid, match="cannot be used"):
        simulate(dual, seats, stranger)
