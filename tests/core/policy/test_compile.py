"""A policy decided as written and decided as compiled: the same code on every input tried."""

from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from random import Random

import pytest

from freehold.core.clock import day_number
from freehold.core.facts import Facts, Flags, Kind, Proof
from freehold.core.policy.case import Case, Law
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.compiled import Lot, Moment, Party, refusal
from freehold.core.policy.decide import decide, first_code
from freehold.core.policy.model import Policy
from freehold.core.reasons import Reason
from freehold.desks.rules.policies import read_policy

DUAL = Path("examples/policies/dual.toml")
TODAY = date(2026, 11, 26)
DAY = day_number(TODAY)
_RESALES = [kind for kind in Kind if kind < Kind.RECOVER and kind != Kind.ISSUE]


@pytest.fixture(scope="module")
def dual() -> Policy:
    return read_policy(DUAL, TODAY).policy


@pytest.fixture(scope="module")
def compiled(dual: Policy) -> Compiled:
    return compile_policy(dual)


def test_every_pair_kind_and_lot_gets_the_same_code_written_and_compiled(
    dual: Policy, compiled: Compiled
) -> None:
    law, draw, seen = Law(dual), Random(1), set()
    classes = [(number, some[0]) for number, some in compiled.members.items()]
    for (seller, selling), (buyer, buying), kind in product(classes, classes, _RESALES):
        for _ in range(20):
            age = draw.choice([1, 100, 184, 185, 365, 366, 367, 500])
            lot = _lot(compiled, draw.choice("DS"), DAY - age)
            case = _case(draw, lot, seller, buyer)
            case = replace(case, kind=kind, selling=selling, buying=buying)
            case = replace(case, counts=_counts(dual, case, draw))
            got = _by_rules(compiled, dual, case)
            assert first_code(law, case) == got, case
            seen.add(got)
    assert {0, 100, 101, 103, 116, 124, 125, 140, 150, 151} <= seen


def test_a_decision_tells_all_failures_the_day_and_what_may_go_now(
    dual: Policy, compiled: Compiled
) -> None:
    lot = _lot(compiled, "D", DAY - 100)
    people = compiled.members
    seller = Party(Facts(1, 1), units=150, lots=(lot._replace(units=100),), person=1)
    buyer = Party(Facts(2, 2), person=2)
    case = Case(
        seller, buyer, 120, Moment(DAY), selling=people[1][0], buying=people[2][0],
        counts={"nonaccredited": 499},
    )  # fmt: skip
    decision = decide(Law(dual), case)
    assert [failure.code for failure in decision.failures] == [140, 151]
    assert decision.would_pass_on is None  # the cap does not end with time
    assert decision.largest == 0
    roomy = decide(Law(dual), replace(case, counts={}))
    assert roomy.would_pass_on == date(2027, 8, 19)
    assert roomy.largest == 50
    assert {path.id for path in roomy.paths} >= {"144A", "4a7", "904"}


def test_a_forbidden_country_is_refused_with_its_own_code(dual: Policy) -> None:
    from freehold.core.policy.model import Countries

    assert Countries(forbidden=frozenset({"KP"})).refusal("KP") == Reason.JURISDICTION_FORBIDDEN
    limited = Countries(frozenset({"DE"}))
    assert limited.refusal("FR") == Reason.JURISDICTION_NOT_ALLOWED
    assert not limited.refusal("DE")


def _lot(compiled: Compiled, family: str, acquired: int) -> Lot:
    day = date.fromordinal(date(1970, 1, 1).toordinal() + acquired)
    return Lot(7, 40, compiled.vintage(family, day, reporting=False, ended=day))


def _case(draw: Random, lot: Lot, seller: int, buyer: int) -> Case:
    flags = draw.choice([Flags(0), Flags(0), Flags.FROZEN, Flags.SANCTIONED])
    sender = Party(Facts(1, seller, flags=flags), units=100, lots=(lot,), person=1)
    receiver = Party(Facts(2, buyer), units=draw.choice([0, 5]), person=2)
    moment = Moment(DAY, paused=draw.random() < 0.1)
    proofs = Proof(draw.choice([0, 1, 2, 16]))
    return Case(sender, receiver, draw.choice([1, 60, 61, 100, 101]), moment, proofs=proofs)


def _counts(policy: Policy, case: Case, draw: Random) -> dict[str, int]:
    return {cap.id: draw.choice([0, cap.limit - 1, cap.limit]) for cap in policy.caps}


def _by_rules(compiled: Compiled, policy: Policy, case: Case) -> int:
    groups = [cap.id for cap in policy.caps if cap.id != "holders"]
    counts = tuple(case.counts[name] for name in groups) + (0,) * 7
    moment = replace(case.moment, holders=case.counts["holders"], counts=counts)
    return int(
        refusal(
            compiled.rules, case.sender, case.receiver, case.units, case.kind, moment, case.proofs
        )
    )
