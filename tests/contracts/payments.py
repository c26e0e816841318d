"""A pot on the contracts' world: money, distribution, pages and proofs, as an operator makes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_hash.auto import keccak

from tests.contracts.engine import Contract, Refused
from tests.contracts.world import (
    ACTION,
    AGENT,
    CONFIRM,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    REGISTRAR,
    World,
    wallet,
)
from tests.contracts.world import row as facts_row

__all__ = ("REGISTRAR", "facts_row")

PURSE, TAX_OFFICE, ESCHEAT = wallet("purse"), wallet("tax office"), wallet("unclaimed property")
NOTHING = bytes(32)
EXTRA, REINVEST = 1 << 160, 1 << 161
RATED, LISTED = 0, 1
OPENED, PAGED, STARTED, ENDED = 1, 2, 4, 8
UNKNOWN, TREASURY, BEFORE, STOPPED, LAPSED, REFUSED = range(1, 7)
CANCELLED, FINISHED, ABANDONED, UNCLAIMED = range(1, 5)
M112, M128 = (1 << 112) - 1, (1 << 128) - 1
CLAIM_DAYS = 30
BOTH = ACTION | CONFIRM


@dataclass
class Payments:
    """The distribution contract, money of six decimals in the purse, and the world they serve."""

    world: World
    place: Contract
    cash: Contract

    def record(self, ahead: int = 100) -> int:
        """A record instant announced and passed; its number."""
        token = self.world.token
        token.announce_record(self.world.engine.seconds + ahead, by=ISSUER)
        self.world.engine.forward(ahead)
        return int(token.ask("last_record"))

    def declare(self, record: int, rate: tuple[int, int] = (0, 0), **changed: Any) -> int:
        now = self.world.engine.seconds
        terms = {
            "token": self.world.token.address, "record": record, "cash": self.cash.address,
            "numerator": rate[0], "denominator": rate[1], "pays_from": now,
            "claim_until": now + CLAIM_DAYS * 86_400, "purse": PURSE, "tax_office": TAX_OFFICE,
            "group": 0, "mode": RATED, "document": DOC,
        } | changed  # fmt: skip
        self.place.declare(NOTE, tuple(terms.values()), by=AGENT)
        return int(self.place.ask("count"))

    def fund(self, pot: int, amount: int, cash: Contract | None = None) -> None:
        coin = cash or self.cash
        coin.issue(ISSUER, amount, by=ISSUER)
        coin.approve(self.place.address, amount, by=ISSUER)
        self.place.fund(pot, amount, by=ISSUER)

    def open(
        self,
        pot: int,
        rate: tuple[int, int],
        total: int,
        pages: Sequence[Sequence[int]] = (),
        claims: bytes = NOTHING,
    ) -> None:
        self.place.open(pot, *rate, total, heads(pages)[0], claims, DOC, by=AGENT)

    def ready(self, rate: tuple[int, int], rows: Sequence[int], amount: int, **changed: Any) -> int:
        """A pot for a record that passes now, funded and opened with one page."""
        pot = self.declare(self.record(), rate, **changed)
        self.fund(pot, amount)
        self.open(pot, rate, amount, [rows])
        return pot

    def pay(self, pot: int, rows: Sequence[int], after: bytes = NOTHING, by: str = AGENT) -> Any:
        return self.place.pay(pot, list(rows), after, by=by)

    def end(self, pot: int, payee: str) -> None:
        self.place.propose_end(pot, payee, DOC, by=AGENT)
        self.place.confirm_end(pot, payee, DOC, by=OFFICER)

    # ---- what is asked ----

    def got(self, who: str) -> int:
        return int(self.cash.ask("balanceOf", who))

    def money(self, pot: int) -> tuple[int, int, int]:
        """Unspent, held, tax kept."""
        found = self.place.ask("pot", pot)
        return found[3] & M128, found[3] >> 128, found[4]

    def held(self, pot: int, who: str) -> int:
        return int(self.place.ask("held_for", pot, self.world.number(who)))

    def paid(self, outcome: Any) -> list[tuple[int, int, int]]:
        """Account, gross, withheld of each payment in the logs."""
        logs = self.place.log(outcome, "DistributionPaid")
        parts = [part for one in logs for part in one["parts"]]
        return [(part >> 224, part >> 112 & M112, part & M112) for part in parts]


def row(who: str, withheld: int = 0, flags: int = 0) -> int:
    """A row of a page."""
    return int(who, 16) | flags | withheld << 164


def heads(pages: Sequence[Sequence[int]]) -> list[bytes]:
    """The hash before each page, and none behind the last."""
    found = [NOTHING]
    for page in reversed(pages):
        found.insert(0, keccak(encode(["uint256[]", "bytes32"], [list(page), found[0]])))
    return found


def said(call: Any) -> str:
    """Why a call was refused; empty where it was not."""
    try:
        call()
    except Refused as refused:
        return str(refused)
    return ""


def set_up(world: World) -> Payments:
    """Distribution and its money on a world."""
    place, cash = world.deploy("Distribution"), world.deploy("Cash", "Euro", "EUR", 6)
    return Payments(world, place, cash)
