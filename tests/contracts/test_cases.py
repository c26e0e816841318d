"""The cases of the proof, put to the contracts: the chain refuses with the code of the policy as written.

`freehold policy prove` compares the written policy with its compiled rules on every case; here the same
cases meet the contracts. A seeded sample by day, with every code in it; all of them where
`FREEHOLD_EVERY_CASE` is set. The last test is about leaving: a policy that takes another's place leaves
no entry of it behind.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from freehold.core.facts import Kind
from freehold.core.policy import prove, starter
from freehold.core.policy.case import Case, Law
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.compiled import Rules
from freehold.core.policy.decide import first_code
from freehold.core.policy.parse import parse_policy
from freehold.core.policy.rows import policy_rows
from freehold.core.reasons import Reason
from freehold.desks.rules.policies import shipped_profiles
from tests.contracts.staged import asked, is_possible, staged
from tests.contracts.world import CHANGES, DOC, ISSUER, OUTSIDER, POWER_DELAY, World, fresh

EVERY = bool(os.environ.get("FREEHOLD_EVERY_CASE"))
SEED, DRAWN, OF_EACH = 20_261_126, 2_500, 2
TODAY = date(2026, 11, 26)
LIMITED = """
[policy]
name = "limited"
as_of = 2026-11-26
use = ["us.reg_d.506b", "us.reg_cf"]
[issuer]
reporting = true
[countries]
allowed = ["US", "DE", "KP"]
forbidden = ["KP"]
[vintages.L]
number = 40
lock = "P3M"
lock_code = "SFA_SIX_MONTHS"
[caps]
holders = {group = "all", limit = 40, code = "MAX_HOLDERS"}
nonaccredited = {group = "not accredited", limit = 9, code = "MAX_NONACCREDITED_HOLDERS"}
holding = {limit = 4000, code = "THRESHOLD_CHECK_REQUIRED", per_person = true}
[[prohibitions]]
id = "lock"
families = ["L"]
until = "lock"
kinds = ["transfers"]
when = "not receiver.accredited"
"""
PARTS = ("rule_cases", "standing_cases", "limit_cases")


@cache
def policy(name: str) -> Compiled:
    text = LIMITED if name == "limited" else Path(f"examples/policies/{name}.toml").read_text()
    return compile_policy(parse_policy(text, shipped_profiles(), TODAY, name).policy)


@cache
def _sample(name: str, part: str) -> list[Case]:
    """All cases of a part; or some of each code, kind of transfer and class of buyer."""
    compiled = policy(name)
    possible = [case for case in getattr(prove, part)(compiled) if is_possible(case)]
    if EVERY:
        return possible
    law, found = Law(compiled.policy), []
    seen = Counter[tuple[int, ...]]()
    for case in Random(SEED).sample(possible, min(DRAWN, len(possible))):
        alike = (first_code(law, case), case.kind, case.receiver.of_class, bool(case.sender.lots))
        seen[alike] += 1
        found += [case] if seen[alike] <= OF_EACH else []
    return found


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["dual", "limited"])
def test_the_contract_gives_the_code_of_the_policy_as_written(name: str, part: str) -> None:
    compiled = policy(name)
    law, cases = Law(compiled.policy), _sample(name, part)
    stage, codes = staged(compiled, cases), Counter[int]()
    for case, code in asked(stage, cases):
        codes[code] += 1
        assert code == first_code(law, case), case
    print(f"\n{name}, {part}: {len(cases)} cases, {stage.asked} questions, codes {dict(codes)}")
    assert len(codes) >= 3


def _buyer_too_few(rules: Rules) -> Rules:
    return replace(rules, sale={of: buyers - {3} for of, buyers in rules.sale.items()})


def _way_out_too_many(rules: Rules) -> Rules:
    every = frozenset(range(1, 32))
    return replace(rules, exits={key: (every, *four[1:]) for key, four in rules.exits.items()})


def _other_code(rules: Rules) -> Rules:
    return replace(rules, lot_why=dict.fromkeys(rules.lot_why, int(Reason.NOT_QIB)))


def _holder_too_many(rules: Rules) -> Rules:
    return replace(rules, most_holders=(rules.most_holders or 0) + 1)


def _open_border(rules: Rules) -> Rules:
    return replace(rules, countries=rules.countries | {408})


FAULTS = (
    ("limited", "rule_cases", _buyer_too_few),
    ("dual", "rule_cases", _way_out_too_many),
    ("dual", "rule_cases", _other_code),
    ("dual", "limit_cases", _holder_too_many),
    ("limited", "standing_cases", _open_border),
)


@pytest.mark.skipif(EVERY, reason="the sample finds them; all cases would say no more")
@pytest.mark.parametrize(("name", "part", "fault"), FAULTS)
def test_a_fault_in_the_rows_is_found_by_the_sample(name, part, fault) -> None:  # type: ignore[no-untyped-def]
    compiled = policy(name)
    law, cases = Law(compiled.policy), _sample(name, part)
    answers = asked(staged(compiled, cases, fault), cases)
    assert any(code != first_code(law, case) for case, code in answers)


# ---- a policy that takes another's place ----


def _various() -> Iterator[Rules]:
    yield policy("dual").rules
    yield policy("limited").rules
    yield starter.rules()
    yield Rules(active=True, sellable={(Kind.ISSUE, 0, 0): frozenset({1, 31})})


def _stored(world: World) -> dict[int, int]:
    """Every word that the token keeps and that is not zero."""
    slots = world.engine.state.slots[bytes.fromhex(world.token.address[2:])]
    return {place: word for place, word in slots.items() if word}


def _activate(world: World, rules: Rules, before: Rules) -> None:
    changes = policy_rows(rules, before)
    world.token.announce_rules(DOC, keccak(encode([CHANGES], [changes])), by=ISSUER)
    world.engine.forward(POWER_DELAY)
    world.token.activate_rules(changes, by=OUTSIDER)


def _after(*rules: Rules) -> dict[int, int]:
    world = fresh()
    before = world.rules
    for one in rules:
        _activate(world, one, before)
        before = one
    return _stored(world)


def test_a_new_policy_leaves_no_entry_of_the_one_before_on_the_chain() -> None:
    for one, other in permutations(_various(), 2):
        assert _after(one, other) == _after(other, other)


def test_entries_of_the_policy_before_stay_if_it_is_not_named() -> None:
    one, other = policy("dual").rules, starter.rules()
    world = fresh()
    _activate(world, one, world.rules)
    _activate(world, other, other)
    assert _stored(world) != _after(other, other)
