"""What payments left in their pots, of a corporate action or of a winding-up: one shape for both.

Both contracts keep what is left the same way (contracts/modules/remains.vy, claiming.vy), so whoever claims
money, asks for what is held or unclaimed, or sweeps it, need not know which of them it is in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from freehold.book import actions as action_book
from freehold.book import windups as windup_book
from freehold.book.actions import Taken
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.core.actions.life import Step
from freehold.core.actions.options import Payout
from freehold.core.actions.windup import Step as WindupStep
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.outbox.orders import Actor
from freehold.desks.permits import Actor as Asking
from freehold.desks.servicing import (
    events,
    pot_events,
    pots,
    servicing,
    windup_pots,
    windup_reading,
    windups,
)
from freehold.desks.servicing.pot_events import Paid

ENDED = pots.ENDED
WATERFALL = "Waterfall"


@dataclass(frozen=True, slots=True)
class Pot:
    """A pot that accounts are paid out of. `key` tells it from the others of the same payment, `part` says
    in words which part of a winding-up it is, `currency` and `symbol` what it pays in (an action's own coin
    has no code).

    `due` is gross and tax by account, in the coin's smallest unit; `root` that of its claim file, nothing
    where all of it is pushed; `opens` is the instant from which it pays; `lost` are the accounts that its
    pages left out, `pushed` says that nobody else is to claim.
    """

    number: int
    key: str
    part: str
    currency: str
    symbol: str
    decimals: int
    due: Mapping[int, tuple[int, int]]
    root: str
    opens: datetime
    paid_on: date
    lost: frozenset[int] = frozenset()
    pushed: bool = False

    def is_claimed_by(self, account: int) -> bool:
        """Whether an account has its money by a claim, and not by a page."""
        return bool(self.root) and (not self.pushed or account in self.lost)


@dataclass(frozen=True, slots=True)
class Remains:
    """An action or a winding-up by what is left of it. `contract` is the one that has its pots."""

    id: str
    owner: KnownIssuer
    instrument: KnownInstrument
    scope: str
    contract: str
    place: Address
    document: bytes
    payment: datetime
    until: datetime
    taken: tuple[Taken, ...]
    pots: tuple[Pot, ...]

    @property
    def winds_up(self) -> bool:
        return self.contract == WATERFALL

    @property
    def subject(self) -> str:
        """What work orders about it are filed under."""
        return self.scope if self.winds_up else self.id

    def stored(self, office: Office, number: int) -> Any:
        """Everything about a pot, as the contract keeps it."""
        return contracts.read(office.w3, self.contract, self.place, "pot", number)

    def is_ended(self, office: Office, number: int) -> bool:
        """Whether a pot has ended."""
        return bool(self.stored(office, number)[0] >> 184 & ENDED)

    def is_paid(self, office: Office, number: int, account: int) -> bool:
        """Whether an account was paid by a pot, or its money is held there, as the contract says."""
        said = contracts.read(office.w3, self.contract, self.place, "is_paid", number, account)
        return bool(said)

    def held_for(self, office: Office, number: int, account: int) -> int:
        """What a pot holds in the name of an account now."""
        said = contracts.read(office.w3, self.contract, self.place, "held_for", number, account)
        return int(said)

    def paid(self, office: Office) -> dict[int, Paid]:
        """What the chain's events say of each pot, by its number."""
        return pot_events.paid_of(office, self.place, [pot.number for pot in self.pots])

    def swept(self) -> Mapping[str, Any]:
        """What the sweep left; nothing where there was none."""
        found = [one.content for one in self.taken if one.step == Step.SWEEP]
        return found[-1] if found else {}


def find(office: Office, id: str) -> Remains:
    """An action or a winding-up by its id. Raises NotFound."""
    return _of_windup(office, id) if _winds_up(office, id) else _of_action(office, id)


def readable(office: Office, who: Asking, id: str) -> Remains:
    """The same, where it may be read. Raises NotPermitted, NotFound."""
    if _winds_up(office, id):
        windup_reading.one(office, who, id)
    else:
        events.readable(office, who, id)
    return find(office, id)


def ids(office: Office, issuer: str) -> list[str]:
    """All actions and winding-ups of an issuer."""
    with office.book.reading() as tx:
        known = [one.id for one in action_book.every(tx, issuer)]
        return known + [one.id for one in windup_book.every(tx, issuer)]


def record_sweep(office: Office, actor: Actor, one: Remains, content: Mapping[str, Any]) -> None:
    """Write down what is swept, and to whom."""
    if one.winds_up:
        windups.record_step(office, actor, one.id, WindupStep.SWEEP, content)
    else:
        servicing.record_step(office, actor, one.id, Step.SWEEP, content)


def _winds_up(office: Office, id: str) -> bool:
    with office.book.reading() as tx:
        return windup_book.maybe(tx, id) is not None


def _of_action(office: Office, id: str) -> Remains:
    of = servicing.case(office, id)
    opened, found, start = pots.opened(of), [], of.terms.payment
    for code, number in pots.numbers(of).items():
        if (part := opened.get(code)) is None:
            continue
        places, symbol = pots.coin_of(of.terms, code)[1], code or events.symbol(office, of.terms)
        key, due, root = code or of.terms.options.base, pots.due_of(part), str(part.get("root", ""))
        lost, pushed = frozenset(part.get("lost", ())), of.terms.options.payout is Payout.PUSH
        found.append(
            Pot(
                number, key, "", code, symbol, places, due, root, start, start.date(), lost, pushed
            )
        )  # fmt: skip
    return Remains(
        id, of.owner, of.instrument, of.scope, "Distribution", servicing.distribution(office),
        pots.hash_of(of.terms), start, of.terms.claim_until, of.taken, tuple(found),
    )  # fmt: skip


def _of_windup(office: Office, id: str) -> Remains:
    of, found = windups.case(office, id), []
    for number, stage, class_id in windup_pots.class_pots(of):
        part, due = of.stages[stage].id, windup_pots.due(of, stage, class_id)
        root = str(windup_pots.opened(of, stage).get("roots", {}).get(class_id, ""))
        opens, day = windups.opens(of.terms, part), windup_pots.day_of(of, stage)
        found.append(
            Pot(
                number, str(number), f"{part}, {class_id}", "", of.coin.symbol, of.coin.decimals, due,
                root, max(opens, of.terms.payment), day, windup_pots.left_out(of, stage, class_id),
                of.terms.payout is Payout.PUSH,
            )
        )  # fmt: skip
    return Remains(
        id, of.owner, of.instruments[0], of.scope, WATERFALL, windups.waterfall(office),
        bytes.fromhex(of.plan.document[2:]), of.terms.payment, of.terms.claim_until, of.taken,
        tuple(found),
    )  # fmt: skip
