"""What policies cost: reading, deciding, proving, simulating. Rates are for one core (CPU time)."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import TypeVar

from freehold import config
from freehold.core.errors import Unavailable
from freehold.core.policy import prove
from freehold.core.policy.case import Case, Law
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.compiled import Party
from freehold.core.policy.decide import decide
from freehold.core.policy.fast import Holding, Seat, Tally, evaluator
from freehold.core.policy.simulate import read_register, read_trades, simulate
from freehold.desks.rules.policies import read_policy
from freehold.doors.bench import policy_mutants
from freehold.doors.bench.gas_ledger import anvil
from freehold.doors.bench.histories import CHAIN_CODES
from freehold.doors.bench.histories_ledger import Compared, run
from freehold.doors.bench.report import Options, Row

EXAMPLES = Path(__file__).resolve().parents[4] / "examples" / "policies"
TYPICAL = "dual.toml"
HOLDERS, TRADES = 100_000, 1_000_000
HISTORIES, STEPS, TOGETHER = 2_000, 50, 250
"""So many histories share a node: a node with fewer contracts is faster, and nodes work side by side."""
ASKED = 20_000
Result = TypeVar("Result")


def rows(options: Options) -> Iterator[Row]:
    """The figures of the topic."""
    compiled, slowest = _compiled()
    yield Row("compiling the slowest example policy", round(slowest, 3), "s", 1)
    yield from _proof(compiled)
    yield from _rates(compiled)
    yield _simulation(compiled)
    yield from policy_mutants.rows()
    yield from _histories()


def _histories() -> Iterator[Row]:
    """Random histories on anvil, every outcome, code and lot compared with the policy as written."""
    name = f"{HISTORIES:,} histories of {STEPS} steps on anvil"
    began = time.perf_counter()
    try:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as workers:
            found = list(workers.map(_together, range(HISTORIES // TOGETHER)))
    except Unavailable as missing:
        yield Row(f"{name}: not run, {missing}", 1, "part", 0)
        return
    steps = sum(one.steps for one in found)
    yield Row(f"{name}: steps compared", steps, "steps", HISTORIES * STEPS, "higher")
    differences = sum(len(one.differences) for one in found)
    yield Row(f"{name}: differences", differences, "differences", 0)
    reached = set().union(*(one.codes for one in found))
    yield Row(f"{name}: codes of the chain not reached", len(CHAIN_CODES - reached), "codes", 0)
    codes = " ".join(str(code) for code in sorted(reached))
    yield Row(f"{name}: outcomes reached ({codes})", len(reached), "codes")
    yield Row(f"{name}: time", round(time.perf_counter() - began), "s")


def _together(seed: int) -> Compared:
    with anvil(config.load().home) as ledger:
        return run(ledger, TOGETHER, STEPS, seed)


def cpu(work: Callable[[], Result]) -> tuple[Result, float]:
    """What the work returns and the CPU seconds it took."""
    before = time.process_time()
    result = work()
    return result, time.process_time() - before


def _compiled() -> tuple[Compiled, float]:
    """The typical policy, and the time that the slowest example takes from its text to its rows."""
    today, slowest, typical = datetime.now(UTC).date(), 0.0, None
    for file in sorted(EXAMPLES.glob("*.toml")):
        found, took = cpu(lambda file=file: compile_policy(read_policy(file, today).policy))  # type: ignore[misc]
        slowest = max(slowest, took)
        typical = found if file.name == TYPICAL else typical
    assert typical is not None, f"{TYPICAL} is among the examples"
    return typical, slowest


def _proof(compiled: Compiled) -> Iterator[Row]:
    """Every example policy is proved; the typical one's cases are put to the fast evaluator too."""
    today, cases, mismatches, slowest = datetime.now(UTC).date(), 0, 0, 0.0
    files = sorted(EXAMPLES.glob("*.toml"))
    for file in files:
        one = compile_policy(read_policy(file, today).policy)
        proven, took = cpu(partial(prove.prove, one))
        cases += sum(proven.cases.values())
        mismatches += len(proven.mismatches)
        slowest = max(slowest, took)
    yield Row(f"proof of {len(files)} example policies: cases compared", cases, "cases")
    yield Row("proof: mismatches", mismatches, "cases", 0)
    yield Row("proof: time of the slowest policy", round(slowest, 1), "s", 60)
    different = sum(
        _fast_code(compiled, one) != prove.compiled_code(compiled, one) for one in _cases(compiled)
    )
    yield Row("fast evaluator: mismatches on every case", different, "cases", 0)


def _cases(compiled: Compiled) -> Iterator[Case]:
    yield from prove.rule_cases(compiled)
    yield from prove.standing_cases(compiled)
    yield from prove.limit_cases(compiled)


def _fast_code(compiled: Compiled, case: Case) -> int:
    rules = prove.rules_of(compiled, case)
    sides = seat_of(case.sender), seat_of(case.receiver)
    tally = tally_of(compiled, case)
    return evaluator(rules)(*sides, case.units, int(case.kind), int(case.proofs), tally)


def seat_of(party: Party) -> Seat:
    """A side of a case as the fast evaluator takes it."""
    if party.facts is None:
        return Seat(0, 0, stopped=party.stopped, known=False, person=-9)
    facts = party.facts
    lots = {
        lot.vintage: Holding((lot.terms.acquired, lot.vintage), lot.terms, lot.units)
        for lot in party.lots
    }
    return Seat(
        facts.account, facts.holder_class, int(facts.flags), facts.country, facts.until,
        facts.epoch, party.units, party.frozen, party.stopped, True, party.person,
        party.elsewhere, lots,
    )  # fmt: skip


def tally_of(compiled: Compiled, case: Case) -> Tally:
    """The moment of a case as the fast evaluator takes it."""
    moment = prove.moment_of(compiled, case)
    return Tally(moment.today, moment.paused, moment.epoch, moment.holders, list(moment.counts))


def _rates(compiled: Compiled) -> Iterator[Row]:
    law = Law(compiled.policy)
    cases = list(islice(prove.rule_cases(compiled), 0, None, 7))[:ASKED]
    for case in cases:
        decide(law, case)  # what depends on persons alone is kept from here on
    _, took = cpu(lambda: [decide(law, case) for case in cases])
    yield Row("decisions in full", round(len(cases) / took), "a second", 5_000, "higher")
    ask, asked = evaluator(compiled.rules), []
    for case in cases:
        sides = seat_of(case.sender), seat_of(case.receiver)
        asked.append(
            (*sides, case.units, int(case.kind), int(case.proofs), tally_of(compiled, case))
        )
    _, took = cpu(lambda: [ask(*one) for one in asked for _ in range(5)])
    rate = round(len(asked) * 5 / took)
    yield Row("codes from the compiled rules", rate, "a second", 100_000, "higher")


def _simulation(compiled: Compiled) -> Row:
    register, trades = _market()

    def work() -> int:
        seats = read_register(compiled, register)
        return simulate(compiled, seats, read_trades(trades)).passed

    _, took = cpu(work)
    name = f"simulating {TRADES:,} trades over {HOLDERS:,} holders, reading the files included"
    return Row(name, round(took, 1), "s", 60)


def _market() -> tuple[list[str], list[str]]:
    """A seeded register and trades: two fifths of the holders have restricted lots."""
    draw, first = Random(20_261_126), date(2025, 6, 1)
    register = ["holder,class,country,units,family,acquired,flags"]
    for number in range(HOLDERS):
        family = draw.choice(["D", "S", "", "", ""])
        acquired = (first + timedelta(days=draw.randint(0, 500))).isoformat() if family else ""
        of = draw.choice([1, 1, 2, 3, 3, 4])
        register.append(f"h{number},{of},,{draw.randint(1, 1000)},{family},{acquired},")
    trades, day = ["day,sender,receiver,units,kind,proofs"], date(2026, 11, 1)
    for number in range(TRADES):
        day += timedelta(days=number % 10_000 == 0)
        a, b, units = draw.randrange(HOLDERS), draw.randrange(HOLDERS), draw.randint(1, 300)
        trades.append(f"{day},h{a},h{b},{units},sale,{draw.choice(['', '', 'offshore'])}")
    return register, trades
