"""A machine that funds, pays, claims, releases, recovers and ends pots, and a model that says who is owed
what. Whatever happens, a pot pays an account once, never more than it was funded with, by what was
held at the record and not now, and money is either in the pot, with a holder, or where it is said to be.

Sizes: `FREEHOLD_STATEFUL_RUNS` histories of `FREEHOLD_STATEFUL_STEPS` acts, as for the register.
"""

import os
from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from freehold.core.facts import Flags
from tests.contracts.engine import Refused
from tests.contracts.payments import (
    ESCHEAT,
    PURSE,
    TAX_OFFICE,
    heads,
    row,
    set_up,
)
from tests.contracts.world import AGENT, DOC, OFFICER, OUTSIDER, fresh, wallet

RUNS = int(os.environ.get("FREEHOLD_STATEFUL_RUNS", "4"))
STEPS = int(os.environ.get("FREEHOLD_STATEFUL_STEPS", "30"))
SEED = int(os.environ.get("FREEHOLD_STATEFUL_SEED", "20261127"))
PICK = st.integers(0, 50)
PEOPLE = 6


@dataclass
class Model:
    """One pot as it has to be: by account what is owed, what is held, what was paid out."""

    number: int
    due: dict[int, tuple[int, int]]
    pages: list[list[int]]
    next: int = 0
    funded: int = 0
    settled: set[int] = field(default_factory=set)
    held: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)
    tax: int = 0
    remitted: int = 0
    returned: int = 0
    ended: bool = False

    @property
    def unspent(self) -> int:
        gone = sum(self.due[one][0] for one in self.settled)
        return 0 if self.ended else self.funded - gone


class Pots(RuleBasedStateMachine):
    """Six holders, one treasury, any number of pots one after another or side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.world = fresh()
        self.pots = set_up(self.world)
        self.models: list[Model] = []
        self.people: dict[int, str] = {}
        self.accounts: dict[int, int] = {}
        self.stopped: set[int] = set()
        self.made = 0

    @initialize()
    def admit(self) -> None:
        for number in range(1, PEOPLE + 1):
            self.people[number] = self.world.holder(f"p{number}", 100 * number)
            self.accounts[int(self.people[number], 16)] = number
        self.own = self.world.holder("own", 500, flags=Flags.TREASURY)

    def some(self, pick: int) -> int:
        return 1 + pick % PEOPLE

    def one(self, pick: int) -> Model:
        return self.models[pick % len(self.models)]

    # ---- the issuer ----

    @rule(
        up=st.integers(1, 9), down=st.integers(1, 9), taxed=st.integers(0, 10), short=st.booleans()
    )
    def begin(self, up, down, taxed, short):
        record = self.pots.record(50)
        at = {one: self.world.balance(who) for one, who in self.people.items()}
        due = {
            one: (held * up // down, held * up // down * taxed // 10) for one, held in at.items()
        }
        rows = [row(self.people[one], due[one][1]) for one in sorted(due)]
        pages = [rows[:2], [*rows[2:5], row(self.own)], rows[5:]]
        number = self.pots.declare(record, (up, down))
        total = sum(gross for gross, _ in due.values())
        amount = total - 1 if short and total else total + 5
        self.pots.fund(number, amount)
        try:
            self.pots.open(number, (up, down), total, pages)
        except Refused as refused:
            assert short and str(refused) == "pot: smaller than declared"
            self.pots.place.cancel(number, DOC, by=AGENT)
            return
        assert not (short and total)
        self.models.append(Model(number, due, pages, funded=amount))

    @precondition(lambda self: self.models)
    @rule(pick=PICK, skip=st.booleans())
    def push(self, pick, skip):
        pot = self.one(pick)
        wanted = min(pot.next + skip, len(pot.pages) - 1)
        after = heads(pot.pages)[wanted + 1]
        try:
            self.pots.pay(pot.number, pot.pages[wanted], after)
        except Refused:
            assert pot.ended or wanted != pot.next
            return
        assert not pot.ended and wanted == pot.next
        pot.next += 1
        for account in self.accounts_of(pot.pages[wanted]):
            if account in pot.settled:
                continue
            self.settle(pot, account)
            net = pot.due[account][0] - pot.due[account][1]
            if account in self.stopped and net:
                pot.held[account] = net
            elif account not in self.stopped:
                pot.paid[account] = net

    def accounts_of(self, page):
        wallets = [r & (1 << 160) - 1 for r in page]
        return [self.accounts[one] for one in wallets if one in self.accounts]

    def settle(self, pot, account):
        pot.settled.add(account)
        pot.tax += pot.due[account][1]

    @precondition(lambda self: self.models)
    @rule(pick=PICK, who=PICK)
    def release(self, pick, who):
        pot, account = self.one(pick), self.some(who)
        may = account in pot.held and account not in self.stopped and not pot.ended
        try:
            self.pots.place.release(pot.number, self.people[account], by=OUTSIDER)
        except Refused:
            assert not may
            return
        assert may
        pot.paid[account] = pot.held.pop(account)

    @precondition(lambda self: self.models)
    @rule(pick=PICK)
    def remit(self, pick):
        pot = self.one(pick)
        try:
            self.pots.place.remit_tax(pot.number, DOC, by=AGENT)
        except Refused:
            assert pot.tax == 0
            return
        pot.remitted, pot.tax = pot.remitted + pot.tax, 0

    @precondition(lambda self: self.models)
    @rule(pick=PICK)
    def finish(self, pick):
        pot = self.one(pick)
        dust = pot.unspent
        try:
            self.pots.place.finish(pot.number, DOC, by=AGENT)
        except Refused:
            assert pot.ended or pot.next < len(pot.pages) or pot.held
            return
        assert not pot.ended and pot.next == len(pot.pages) and not pot.held
        pot.returned, pot.ended = dust, True

    @precondition(lambda self: self.models)
    @rule(pick=PICK, late=st.booleans(), away=st.booleans())
    def end(self, pick, late, away):
        pot = self.one(pick)
        if late:
            self.world.engine.forward(days=40)
        over = self.world.engine.seconds > (self.pots.place.ask("pot", pot.number)[1] >> 200)
        left = pot.unspent + sum(pot.held.values())
        try:
            self.pots.end(pot.number, ESCHEAT if away else PURSE)
        except Refused:
            assert pot.ended or (away and not over)
            return
        assert not pot.ended and (over or not away)
        pot.returned, pot.ended, pot.held = left, True, {}

    # ---- holders, and what befalls them ----

    @rule(a=PICK, b=PICK, share=st.integers(0, 3))
    def trade(self, a, b, share):
        giver, taker = self.people[self.some(a)], self.people[self.some(b)]
        self.world.transfer(giver, taker, self.world.balance(giver) * share // 3)

    @rule(a=PICK, stopped=st.booleans())
    def mark(self, a, stopped):
        account = self.some(a)
        flags = int(Flags.FROZEN) << 239 if stopped else 0
        self.world.holders.set_flags(self.people[account], flags, DOC, by=OFFICER)
        self.stopped = self.stopped | {account} if stopped else self.stopped - {account}

    @rule(a=PICK)
    def recover(self, a):
        account = self.some(a)
        self.made += 1
        if self.made <= 6:
            fresh_wallet = wallet(f"fresh {self.made}")
            self.world.recover(self.people[account], fresh_wallet)
            self.people[account] = fresh_wallet
            self.accounts[int(fresh_wallet, 16)] = account

    @precondition(lambda self: self.models)
    @rule(pick=PICK, amount=st.integers(1, 9))
    def feed(self, pick, amount):
        pot = self.one(pick)
        if not pot.ended:
            self.pots.fund(pot.number, amount)
            pot.funded += amount

    # ---- what must hold ----

    @invariant()
    def every_pot_is_as_the_model_says(self):
        for pot in self.models:
            assert self.pots.money(pot.number) == (pot.unspent, sum(pot.held.values()), pot.tax)
            out = sum(pot.paid.values()) + pot.remitted + pot.returned
            assert out + pot.unspent + sum(pot.held.values()) + pot.tax == pot.funded
            for account, net in pot.paid.items():
                assert net <= pot.due[account][0]
                assert self.pots.place.ask("is_paid", pot.number, account)

    @invariant()
    def money_is_where_it_is_said_to_be(self):
        holders = [f"0x{one:040x}" for one in self.accounts]
        assert sum(map(self.pots.got, holders)) == sum(sum(p.paid.values()) for p in self.models)
        inside = sum(p.unspent + sum(p.held.values()) + p.tax for p in self.models)
        assert self.pots.got(self.pots.place.address) == inside
        assert self.pots.got(TAX_OFFICE) == sum(p.remitted for p in self.models)
        assert self.pots.got(self.own) == 0


def test_pots_stay_as_the_model_says_whatever_happens():
    machine = seed(SEED)(Pots)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
