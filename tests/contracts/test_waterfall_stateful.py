"""Random histories of waterfalls, side by side, and a twin in plain numbers that says who is owed what.

Whatever happens, each account is paid its exact part of each class once, no stage opens without two
persons and its money, and money is in the pot, with a holder, or where it is said to be.
`FREEHOLD_STATEFUL_RUNS` histories of `FREEHOLD_STATEFUL_STEPS` acts, as for the register.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from freehold.core.actions.exit_plan import ExitPlan, part_number, pot_number
from freehold.core.facts import Flags
from freehold.core.units import allocate
from tests.contracts.exits import BANK, DEBT, set_up
from tests.contracts.payments import PURSE, said
from tests.contracts.world import AGENT, DOC, OFFICER, OUTSIDER, fresh, wallet

RUNS = int(os.environ.get("FREEHOLD_STATEFUL_RUNS", "4"))
STEPS = int(os.environ.get("FREEHOLD_STATEFUL_STEPS", "30"))
NAMES = "ann bob cid dee".split()


@dataclass
class Part:
    """What one part of an open stage owes to whom, and what has become of it."""

    due: dict[int, int]
    left: int
    held: dict[int, int] = field(default_factory=dict)
    pushed: bool = False
    ended: bool = False


@dataclass
class Twin:
    """One waterfall as it has to be."""

    number: int
    plan: ExitPlan
    held: list[dict[int, int]]
    confirmed: bool = False
    opened: int = 0
    inside: int = 0
    missing: int = 0
    ended: bool = False
    parts: dict[tuple[int, int], Part] = field(default_factory=dict)


class Life:
    """Four persons with two classes, and everything that can befall their waterfalls."""

    def __init__(self, draw: Random) -> None:
        self.draw, self.world = draw, fresh()
        self.exits = set_up(self.world)
        self.wallets = {n: self.world.holder(name, 100 * n) for n, name in enumerate(NAMES, 1)}
        for account, who in self.wallets.items():
            self.world.issue(who, 7 * account, token=self.world.sister)
        self.twins: list[Twin] = []
        self.stopped: set[int] = set()
        self.got: Counter[int] = Counter()
        self.bank = self.purse = self.recovered = 0

    def one(self) -> Twin | None:
        return self.draw.choice(self.twins) if self.twins else None

    def by_wallet(self, held: dict[int, int]) -> dict[str, int]:
        return {self.wallets[account]: units for account, units in held.items()}

    # ---- the issuer ----

    def propose(self) -> None:
        stages = [[self.draw.randint(1, 5_000) for _ in range(3)] for _ in range(2)]
        stages[self.draw.randrange(2)][self.draw.randrange(3)] = 0
        plan = self.exits.plan(*stages)
        held = [
            {
                a: units
                for a, who in self.wallets.items()
                if (units := self.world.balance(who, token))
            }
            for token in self.exits.tokens
        ]
        number = self.exits.propose(plan)
        self.twins.append(Twin(number, plan, held, missing=plan.total))

    def confirm(self) -> None:
        if twin := self.one():
            words, by = twin.plan.words, self.draw.choice([AGENT, OFFICER])
            why = said(lambda: self.exits.place.confirm(twin.number, words, by=by))
            assert (not why) == (by == OFFICER and not twin.confirmed and not twin.ended), why
            twin.confirmed |= not why

    def fund(self) -> None:
        if twin := self.one():
            amount = self.draw.choice([twin.missing, self.draw.randint(1, 9_000)])
            why = said(lambda: self.exits.fund(twin.number, amount))
            assert (not why) == (amount <= twin.missing and not twin.ended), why
            if not why:
                twin.inside, twin.missing = twin.inside + amount, twin.missing - amount

    def open(self) -> None:
        if twin := self.one():
            at = min(twin.opened, 1)
            amounts = twin.plan.of_stage(at)
            held = [self.by_wallet(one) for one in twin.held]
            classes = self.exits.classes(twin.plan, at, *held)
            why = said(lambda: self.exits.open(twin.number, twin.plan, *classes))
            ready = twin.confirmed and not twin.ended and twin.opened < 2
            assert (not why) == (ready and twin.inside >= sum(amounts)), why
            if not why:
                twin.opened, twin.inside = at + 1, twin.inside - sum(amounts)
                for place, amount in enumerate(amounts):
                    units = {0: 1} if place == DEBT else twin.held[place]
                    owed = dict(zip(units, allocate(amount, list(units.values())), strict=True))
                    twin.parts[at, place] = Part(owed, amount, ended=not amount)

    def push(self) -> None:
        twin = self.one()
        if twin and twin.opened:
            stage, place = self.draw.randrange(twin.opened), self.draw.randrange(3)
            part = twin.parts[stage, place]
            if place == DEBT:
                self.settle(twin, stage, part)
                return
            held = self.by_wallet(twin.held[place])
            why = said(lambda: self.exits.pay(twin.number, twin.plan, stage, place, held))
            assert (not why) == (not part.pushed and not part.ended), why
            if not why:
                part.pushed, part.left = True, 0
                for account, amount in part.due.items():
                    if account in self.stopped and amount:
                        part.held[account] = amount
                    else:
                        self.got[account] += amount

    def settle(self, twin: Twin, stage: int, part: Part) -> None:
        number = part_number(twin.number, stage, DEBT)
        why = said(lambda: self.exits.place.settle(number, by=OUTSIDER))
        assert (not why) == (not part.ended), why
        self.bank += part.left
        part.left, part.ended = 0, True

    def release(self) -> None:
        twin, account = self.one(), self.draw.randint(1, len(NAMES))
        for (stage, place), part in twin.parts.items() if twin else ():
            if place != DEBT and not part.ended:
                number, who = part_number(twin.number, stage, place), self.wallets[account]
                why = said(lambda: self.exits.place.release(number, who, by=OUTSIDER))  # noqa: B023
                assert (not why) == (account in part.held and account not in self.stopped), why
                if not why:
                    self.got[account] += part.held.pop(account)

    def finish(self) -> None:
        twin = self.one()
        for (stage, place), part in twin.parts.items() if twin else ():
            if place != DEBT and not part.ended:
                number = part_number(twin.number, stage, place)
                why = said(lambda: self.exits.place.finish(number, DOC, by=AGENT))  # noqa: B023
                assert (not why) == (part.left == 0 and not part.held), why
                part.ended = not why

    def call_off(self) -> None:
        if twin := self.one():
            if self.draw.random() < 0.5:
                why = said(lambda: self.exits.place.cancel(twin.number, DOC, by=AGENT))
                assert (not why) == (not twin.opened and not twin.ended), why
            else:
                root = pot_number(twin.number)
                why = said(lambda: self.exits.place.propose_end(root, PURSE, DOC, by=AGENT))
                assert (not why) == (not twin.ended), why
                if not why:
                    self.exits.place.confirm_end(root, PURSE, DOC, by=OFFICER)
            if not why:
                self.purse += twin.inside
                twin.ended, twin.inside = True, 0

    # ---- holders, and what befalls them ----

    def trade(self) -> None:
        giver, taker = self.draw.sample(list(self.wallets.values()), 2)
        token = self.draw.choice(self.exits.tokens)
        units = self.world.balance(giver, token) * self.draw.randint(0, 3) // 3
        said(lambda: token.transfer(taker, units, by=giver))

    def mark(self) -> None:
        account = self.draw.randint(1, len(NAMES))
        flags = int(Flags.FROZEN) << 239 if account not in self.stopped else 0
        self.world.holders.set_flags(self.wallets[account], flags, DOC, by=OFFICER)
        self.stopped ^= {account}

    def recover(self) -> None:
        if self.recovered < 4:
            self.recovered += 1
            account, new = self.draw.randint(1, len(NAMES)), wallet(f"fresh {self.recovered}")
            paid = self.exits.got(self.wallets[account])
            self.world.recover(self.wallets[account], new)
            self.exits.cash.transfer(new, paid, by=self.wallets[account])
            self.wallets[account] = new

    # ---- what must hold ----

    def compare(self) -> None:
        for twin in self.twins:
            assert self.exits.pot(twin.number) == (twin.inside, twin.missing)
            for (stage, place), part in twin.parts.items():
                kept = (part.left, sum(part.held.values()))
                assert self.exits.money(twin.number, stage, place) == kept
        for account, who in self.wallets.items():
            assert self.exits.got(who) == self.got[account]
        assert (self.exits.got(BANK), self.exits.got(PURSE)) == (self.bank, self.purse)
        parts = [part for twin in self.twins for part in twin.parts.values()]
        inside = sum(twin.inside for twin in self.twins)
        inside += sum(part.left + sum(part.held.values()) for part in parts)
        assert self.exits.got(self.exits.place.address) == inside


ACTS = {
    Life.propose: 2, Life.confirm: 4, Life.fund: 4, Life.open: 5, Life.push: 8, Life.release: 3,
    Life.finish: 2, Life.call_off: 1, Life.trade: 3, Life.mark: 3, Life.recover: 1,
}  # fmt: skip


@pytest.mark.parametrize("run", range(RUNS))
def test_waterfalls_stay_as_the_twin_says_whatever_happens(run):
    life = Life(Random(f"waterfall {run}"))
    life.propose()
    for _ in range(STEPS):
        life.draw.choices(list(ACTS), list(ACTS.values()))[0](life)
        life.compare()
