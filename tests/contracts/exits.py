"""A waterfall on the contracts' world: two classes, a creditor, a plan, as an operator makes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from freehold.core.actions.exit_plan import (
    ExitPlan,
    class_part,
    part_number,
    payee_part,
    pot_number,
    stage_word,
)
from freehold.core.actions.pages import heads
from freehold.core.units import allocate
from tests.contracts.engine import Contract
from tests.contracts.payments import M128, PURSE, TAX_OFFICE, row
from tests.contracts.world import AGENT, DOC, ISSUER, NOTE, OFFICER, World, wallet

BANK = wallet("bank")
COMMON, PREFERRED, DEBT = range(3)
CLAIM_DAYS = 30
Held = Mapping[str, int]


@dataclass
class Exits:
    """The contract, money of six decimals, two classes at their record instants."""

    world: World
    place: Contract
    cash: Contract
    tokens: list[Contract] = field(default_factory=list)

    def recorded(self) -> tuple[int, int]:
        """One record instant for both classes, announced and passed; their numbers."""
        for token in self.tokens:
            token.announce_record(self.world.engine.seconds + 100, by=ISSUER)
        self.world.engine.forward(100)
        first, second = (int(token.ask("last_record")) for token in self.tokens)
        return first, second

    def plan(self, *stages: Sequence[int], **changed: Any) -> ExitPlan:
        """A plan of what common, preferred and the bank get in each stage, of a record that passes now."""
        records = self.recorded()
        classes = [
            class_part(token.address, record)
            for token, record in zip(self.tokens, records, strict=True)
        ]
        now = self.world.engine.seconds
        plan = ExitPlan(
            cash=self.cash.address, pays_from=now, claim_until=now + CLAIM_DAYS * 86_400,
            purse=PURSE, tax_office=TAX_OFFICE, document="0x" + DOC.hex(),
            parts=(*classes, payee_part(BANK)), stages=tuple(stage_word(sum(one)) for one in stages),
            amounts=tuple(amount for stage in stages for amount in stage),
        )  # fmt: skip
        return replace(plan, **changed)

    def propose(self, plan: ExitPlan, by: str = AGENT) -> int:
        self.place.propose(NOTE, plan.words, by=by)
        return int(self.place.ask("count"))

    def agreed(self, plan: ExitPlan) -> int:
        number = self.propose(plan)
        self.place.confirm(number, plan.words, by=OFFICER)
        return number

    def fund(self, number: int, amount: int, cash: Contract | None = None) -> None:
        coin = cash or self.cash
        coin.issue(ISSUER, amount, by=ISSUER)
        coin.approve(self.place.address, amount, by=ISSUER)
        self.place.fund(number, amount, by=ISSUER)

    def open(
        self, number: int, plan: ExitPlan, *classes: tuple[int, bytes, bytes], by: str = AGENT
    ) -> Any:
        """Open the next stage; a class is units, hash of pages, root of claims; the bank has none."""
        given = [*classes, (0, bytes(32), bytes(32))]
        return self.place.open(number, plan.words, given, DOC, by=by)

    def ready(self, plan: ExitPlan, *held: Held) -> int:
        """An agreed plan whose whole pot is here and whose first stage is open, one page a class."""
        number = self.agreed(plan)
        self.fund(number, plan.total)
        self.open(number, plan, *self.classes(plan, 0, *held))
        return number

    def classes(self, plan: ExitPlan, stage: int, *held: Held) -> list[tuple[int, bytes, bytes]]:
        """The openings of the classes, whose holders of record have these units."""
        cut = [self.rows(plan.of_stage(stage)[place], one) for place, one in enumerate(held)]
        units = [sum(one.values()) for one in held]
        pages = [heads([page])[0] if page else bytes(32) for page in cut]
        return [
            (count, page, bytes(32)) if count else (0, bytes(32), bytes(32))
            for count, page in zip(units, pages, strict=True)
        ]

    def rows(self, amount: int, held: Held) -> list[int]:
        """A page that pays an amount to holders of units exactly, by largest remainder."""
        if not held:
            return []
        parts = allocate(amount, list(held.values()))
        total = sum(held.values())
        more = [
            part - units * amount // total for part, units in zip(parts, held.values(), strict=True)
        ]
        return [row(who, flags=one << 160) for who, one in zip(held, more, strict=True)]

    def pay(self, number: int, plan: ExitPlan, stage: int, place: int, held: Held) -> Any:
        """Push the one page of a class."""
        rows = self.rows(plan.of_stage(stage)[place], held)
        return self.place.pay(part_number(number, stage, place), rows, bytes(32), by=AGENT)

    # ---- what is asked ----

    def got(self, who: str) -> int:
        return int(self.cash.ask("balanceOf", who))

    def pot(self, number: int) -> tuple[int, int]:
        """Money of a waterfall not yet divided, and what its plan still misses."""
        inside = int(self.place.ask("pot", pot_number(number))[3])
        return inside, int(self.place.ask("progress", number)[3])

    def money(self, number: int, stage: int, place: int) -> tuple[int, int]:
        """Unspent and held of a part."""
        word = int(self.place.ask("pot", part_number(number, stage, place))[3])
        return word & M128, word >> 128


def set_up(world: World) -> Exits:
    """Waterfall and its money on a world."""
    place, cash = world.deploy("Waterfall"), world.deploy("Cash", "Euro", "EUR", 6)
    return Exits(world, place, cash, [world.token, world.sister])
