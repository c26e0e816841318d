"""A machine that does whatever holders and officers may do, and compares the chain with the model.

Sizes: `FREEHOLD_STATEFUL_RUNS` histories of `FREEHOLD_STATEFUL_STEPS` acts (a small number by day, the
night run takes more). The directed histories below it reach what chance seldom does, and the last test
counts that every reason code the chain can give was given.
"""

import os
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # fmt: skip

from freehold.core.facts import Flags, Kind, Vintage
from freehold.core.policy.compiled import Group
from freehold.core.reasons import Reason
from tests.contracts.twin import REACHED, Twin
from tests.contracts.world import CLASSES, FAR, basic_rules, fresh, wallet

RUNS = int(os.environ.get("FREEHOLD_STATEFUL_RUNS", "8"))
STEPS = int(os.environ.get("FREEHOLD_STATEFUL_STEPS", "40"))
SEED = int(os.environ.get("FREEHOLD_STATEFUL_SEED", "20261122"))
EVERYONE = frozenset(CLASSES.values())
WHY = {(0, seller, 2): int(Reason.NOT_ACCREDITED) for seller in EVERYONE}
PROVEN = ((Kind.GIFT, 5), (Kind.SALE, 2), (Kind.PUBLIC_SALE, 3))
FAMILY = {
    (family, int(kind), one, proof): (EVERYONE,) * 4
    for family in (0, 1)
    for kind, proof in PROVEN
    for one in EVERYONE
}
STANDING = Vintage(acquired=0, a_release=6, a_free=12, exits=(0xFF, 0, 0, 0))
RULES = [
    basic_rules(),
    basic_rules(exits=FAMILY, mind_affiliates=True, reacquired=STANDING),
    basic_rules(most_holders=4, most_units=3000, holding_code=158, exits=FAMILY),
    basic_rules(sale={1: frozenset({1, 3}), 3: frozenset({1, 3, 4})}, why=WHY),
    basic_rules(countries=frozenset({840}), mind_affiliates=True),
    basic_rules(
        mind_affiliates=True, reacquired=Vintage(acquired=0, c_over=1, exits=(0, 0, 1 << 3, 0))
    ),
    basic_rules(groups=(Group(frozenset({2}), 1, 151), Group(frozenset({1, 2, 3}), 4, 152))),
    basic_rules(
        groups=(Group(frozenset({1, 9}), 2, 157), Group(frozenset({4}), None, 150)), most_holders=5
    ),
    basic_rules(active=False),
]
MASKS = st.tuples(*[st.sampled_from([0, 0xFF, 1 << 3, 1 << 1])] * 4)
DAYS = st.sampled_from([0, 1, 2, 10, 40, 400])
UNITS = st.sampled_from([0, 1, 7, 500, 1000, 5000])
SHARE = st.sampled_from([0, 1, 1, 2, 3, 3])
ROLES = st.sampled_from(sorted(CLASSES))
MARKS = st.sampled_from([Flags(0), Flags(0), Flags.AFFILIATE, Flags.TREASURY])
KINDS = st.sampled_from([Kind.GIFT, Kind.SALE, Kind.PUBLIC_SALE])
PROOFS = st.sampled_from([0, 2, 4, 16])
CLOCK = st.sampled_from(["a_free", "b_over", "c_over", "d_over"])
PROFILE = st.integers(0, 1)
PICK = st.integers(0, 50)
TRADES = st.lists(st.tuples(PICK, PICK, SHARE), min_size=1, max_size=5)


class Register(RuleBasedStateMachine):
    """Acts on a twin; people are chosen by a number among those admitted."""

    def __init__(self) -> None:
        super().__init__()
        self.twin = Twin(fresh())
        self.made = 0

    def who(self, pick: int) -> str:
        people = sorted(self.twin.accounts, key=self.twin.accounts.__getitem__)
        return people[pick % len(people)]

    def owner(self, pick: int) -> str:
        """Somebody who holds units, where anybody does."""
        holders = [who for who in self.twin.accounts if self.twin.holding(who).units]
        return sorted(holders)[pick % len(holders)] if holders else self.who(pick)

    def part(self, who: str, share: int) -> int:
        held = self.twin.holding(who).units
        return (0, held // 3, held, max(held // 2, 1))[share]

    def name(self) -> str:
        self.made += 1
        return wallet(f"person {self.made}")

    @initialize()
    def people(self) -> None:
        for role in [*CLASSES, "us_accredited"]:
            self.twin.admit(self.name(), role)
        for pick in range(3):
            self.twin.issue(self.who(pick), 1000)
        clocks = ["a_free", "b_over", "c_over", "d_over", "a_release", "d_over"]
        for pick, clock in enumerate(clocks):
            exits = (1 << 3, 1 << 4, 1 << 1, 0) if pick % 2 else (0xFF, 0, 0, 0xFF)
            reason = 148 * (pick % 2)
            vintage = self.twin.open_vintage(**{clock: 5 + 9 * pick}, exits=exits, reason=reason)
            self.twin.issue(self.who(pick), 800, vintage)

    # ---- holders ----

    @rule(trades=TRADES)
    def sell(self, trades):
        for a, b, share in trades:
            seller = self.owner(a)
            self.twin.move(seller, self.who(b), self.part(seller, share))

    @rule(trades=TRADES)
    def sell_again(self, trades):
        self.sell(trades)

    @rule(trades=TRADES, lot=PICK)
    def sell_lots(self, trades, lot):
        for a, b, share in trades:
            self.sell_a_lot(a, b, share, lot)

    def sell_a_lot(self, a, b, share, lot):
        lots = [slot[0] for slot in self.twin.holding(self.who(a)).slots if slot]
        if lots:
            picks = [lots[lot % len(lots)]]
            self.twin.move(
                self.who(a), self.who(b), self.part(self.who(a), share) // 2, picks=picks
            )

    @rule(a=PICK, b=PICK, share=SHARE, kind=KINDS, proofs=PROOFS)
    def pass_on(self, a, b, share, kind, proofs):
        giver = self.owner(a)
        self.twin.move(giver, self.who(b), self.part(giver, share), kind, proofs)

    @rule(a=PICK)
    def to_a_stranger(self, a):
        self.twin.move(self.who(a), wallet("outsider"), 0)
        for old in self.twin.dead[-1:]:
            self.twin.move(self.who(a), old, 1)
            self.twin.move(old, self.who(a), 0)

    @rule(a=PICK)
    def settle(self, a):
        self.twin.settle(self.who(a))

    # ---- officers ----

    @rule(a=PICK, units=UNITS)
    def issue(self, a, units):
        self.twin.issue(self.who(a), units)

    @rule(
        a=PICK,
        units=UNITS,
        clock=CLOCK,
        days=DAYS,
        release=st.booleans(),
        exits=MASKS,
        family=PROFILE,
    )
    def issue_restricted(self, a, units, clock, days, release, exits, family):
        terms = {clock: days, "exits": exits, "family": family}
        if release:
            terms["a_release"] = days // 2
        self.twin.issue(self.who(a), units, self.twin.open_vintage(**terms))

    @rule(a=PICK, share=SHARE)
    def redeem(self, a, share):
        self.twin.redeem(self.who(a), self.part(self.who(a), share))

    @rule(a=PICK, b=PICK, share=SHARE)
    def force(self, a, b, share):
        if a % len(self.twin.accounts) != b % len(self.twin.accounts):
            self.twin.force(self.who(a), self.who(b), self.part(self.who(a), share))

    @rule(a=PICK, share=SHARE)
    def freeze(self, a, share):
        self.twin.freeze(self.who(a), self.part(self.who(a), share))

    @rule(a=PICK, stopped=st.sampled_from([True, False, False]))
    def stop(self, a, stopped):
        self.twin.stop(self.who(a), stopped)

    @rule(a=PICK, flags=st.sampled_from([Flags(0)] * 4 + [Flags.FROZEN, Flags.SANCTIONED]))
    def mark(self, a, flags):
        self.twin.mark(self.who(a), flags)

    @rule(a=PICK, role=ROLES, flags=MARKS, until=st.sampled_from([FAR, FAR, FAR, 20_500]))
    def set_facts(self, a, role, flags, until):
        self.twin.set_facts(self.who(a), role, flags, until)

    @precondition(lambda self: len(self.twin.accounts) < 14)
    @rule(a=PICK)
    def link(self, a):
        self.twin.link(self.who(a), self.name())

    @precondition(lambda self: len(self.twin.accounts) < 14)
    @rule(role=ROLES, flags=MARKS)
    def admit(self, role, flags):
        self.twin.admit(self.name(), role, flags)

    @rule(a=PICK)
    def recover(self, a):
        self.twin.recover(self.who(a), self.name())

    @rule(days=DAYS)
    def inform(self, days):
        self.twin.inform(days)

    @rule(trades=TRADES)
    def halt(self, trades):
        self.twin.halt(True)
        self.sell(trades[:1])
        self.twin.halt(False)

    @rule(which=st.sampled_from(RULES), trades=TRADES)
    def set_rules(self, which, trades):
        self.twin.set_rules(which)
        self.sell(trades)
        if not which.active:
            self.twin.set_rules(RULES[0])

    @rule(late=PICK, role=ROLES)
    def raise_epoch(self, late, role):
        """Most people are admitted again at once, some are late."""
        self.twin.raise_epoch()
        for place, who in enumerate(sorted(self.twin.accounts)):
            if place % 5 != late % 5:
                self.twin.set_facts(who, role, Flags(0), FAR)

    @rule(
        ratio=st.sampled_from([(2, 1), (3, 2), (1, 3), (1, 10)]),
        seconds=st.sampled_from([0, 0, 100, 300_000]),
    )
    def split(self, ratio, seconds):
        if sum(held.units for held in self.twin.holdings.values()) < 10**8:
            self.twin.split(*ratio, seconds)

    @rule(lot=PICK, clock=CLOCK, days=DAYS)
    def amend(self, lot, clock, days):
        numbers = sorted(self.twin.terms)
        self.twin.amend(numbers[lot % len(numbers)], clock, days)

    @rule(a=PICK, share=SHARE)
    def convert(self, a, share):
        self.twin.convert(self.who(a), self.part(self.who(a), share))

    @rule(seconds=st.integers(1, 300_000))
    def announce_record(self, seconds):
        self.twin.announce_record(seconds)

    @rule()
    def withdraw_record(self):
        self.twin.withdraw_record()

    @rule(seconds=st.sampled_from([1, 3600, 86_400, 172_800, 4_000_000]))
    def wait(self, seconds):
        self.twin.forward(seconds)

    @invariant()
    def chain_and_model_agree(self):
        self.twin.check()


def test_chain_and_model_agree_over_random_histories():
    quiet = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(SEED)(Register), settings=quiet)


# ---- directed histories ----

CODES = {
    100, 101, 103, 104, 106, 110, 111, 112, 114, 115, 116, 118, 120, 124, 128, 140, 142, 143, 144,
    148, 149, 150, 151, 154, 158,
}  # fmt: skip
"""All that the rules themselves refuse with; 102 and 199 depend on a spender and a foreign contract
and are in test_signatures.py and test_transfer.py."""


@pytest.fixture
def twin():
    made = Twin(fresh())
    for name in ("a", "b", "c"):
        made.admit(wallet(name), "us_accredited")
    made.issue(wallet("a"), 1000)
    made.check()
    yield made
    made.check()


A, B, C = wallet("a"), wallet("b"), wallet("c")


def test_every_clock_gives_its_code(twin):
    for clock, reason, code in (
        ("a_free", 0, 140), ("b_over", 0, 124), ("c_over", 0, 142),
        ("d_over", 0, 143), ("d_over", 148, 148),
    ):  # fmt: skip
        vintage = twin.open_vintage(**{clock: 50}, reason=reason)
        twin.issue(A, 10, vintage)
        assert twin.move(A, B, 5, picks=[vintage]) == code
    released = twin.open_vintage(a_release=1, a_free=90)
    twin.issue(A, 10, released)
    twin.forward(86_400)
    assert twin.move(A, B, 5, picks=[released]) == 140
    twin.inform(-1)
    assert twin.move(A, B, 5, picks=[released]) == 144
    twin.inform(5)
    assert twin.move(A, B, 5, picks=[released]) == 0


def test_every_mark_gives_its_code(twin):
    for who, flags, code in ((A, 1, 103), (A, 2, 116), (B, 1, 104), (B, 2, 115)):
        twin.mark(who, Flags(flags))
        assert twin.move(A, B, 1) == code
        twin.mark(who, Flags(0))
    twin.set_facts(B, "us_accredited", Flags(0), 1)
    assert twin.move(A, B, 1) == 112
    twin.raise_epoch()
    assert twin.move(A, C, 1) == 114
    assert twin.move(A, wallet("outsider"), 1) == 110
    assert twin.move(wallet("outsider"), A, 0) == 111


def test_every_limit_gives_its_code(twin):
    twin.set_facts(B, "us_retail", Flags(0), FAR)
    rules = replace(RULES[3], most_units=100)
    twin.set_rules(rules)
    assert twin.move(A, B, 1) == 120 and twin.move(A, C, 101) == 154
    twin.set_rules(replace(rules, holding_code=158))
    assert twin.move(A, C, 101) == 158
    twin.set_rules(basic_rules(groups=(Group(frozenset({2}), 0, 151),), most_holders=9))
    assert twin.move(A, B, 1) == 151
    twin.set_rules(basic_rules(most_holders=1))
    assert twin.move(A, B, 1) == 150 and twin.move(A, B, 1000) == 0
    twin.set_rules(basic_rules(countries=frozenset()))
    assert twin.move(B, A, 1) == 118
    twin.set_rules(basic_rules(sale={}))
    assert twin.move(B, A, 1) == 128 and twin.move(B, A, 1001) == 101
    twin.halt(True)
    assert twin.move(B, A, 1) == 100
    twin.set_rules(basic_rules(active=False))
    assert twin.move(B, A, 1) == 106


def test_eight_vintages_are_the_most(twin):
    for days in range(20, 29):
        vintage = twin.open_vintage(a_free=days, exits=(0xFF,) * 4)
        twin.issue(B if days < 28 else C, 3, vintage)
    assert twin.move(C, B, 1) == 149
    assert twin.issue(B, 1, vintage) == 149
    assert twin.force(C, B, 1) == 149
    twin.forward(21 * 86_400)
    twin.settle(B)
    assert twin.move(C, B, 1) == 0


def test_every_code_of_the_rules_was_reached():
    missing = CODES - set(REACHED)
    assert not missing, f"never refused with {sorted(missing)}"
    assert REACHED[0] > 50 and len(CODES) == 25
