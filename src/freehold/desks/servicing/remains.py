"""What payments left in their pots, of a corporate action or of a winding-up: one shape for both.

Both contracts keep what is left the same way (contracts/modules/remains.vy), so whoever asks for money that
is held or unclaimed, or sweeps it, need not know which of them it is in.
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
from freehold.core.actions.windup import Step as WindupStep
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.outbox.orders import Actor
from freehold.desks.servicing import pots, servicing, windup_pots, windups

ENDED = pots.ENDED


@dataclass(frozen=True, slots=True)
class Pot:
    """A pot that accounts are paid out of. `key` tells it from the others of the same payment.

    `due` is gross and tax by account, in the coin's smallest unit; `held` is who had money held when it was
    paid.
    """

    number: int
    key: str
    currency: str
    decimals: int
    due: Mapping[int, tuple[int, int]]
    paid: frozenset[int]
    held: frozenset[int]
    claimable: bool
    paid_on: date


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
    until: datetime
    taken: tuple[Taken, ...]
    pots: tuple[Pot, ...]

    def stored(self, office: Office, number: int) -> Any:
        """Everything about a pot, as the contract keeps it."""
        return contracts.read(office.w3, self.contract, self.place, "pot", number)

    def is_ended(self, office: Office, number: int) -> bool:
        """Whether a pot has ended."""
        return bool(self.stored(office, number)[0] >> 184 & ENDED)

    def held_for(self, office: Office, number: int, account: int) -> int:
        """What a pot holds in the name of an account now."""
        said = contracts.read(office.w3, self.contract, self.place, "held_for", number, account)
        return int(said)

    def swept(self) -> Mapping[str, Any]:
        """What the sweep left; nothing where there was none."""
        found = [one.content for one in self.taken if one.step == Step.SWEEP]
        return found[-1] if found else {}


def find(office: Office, id: str) -> Remains:
    """An action or a winding-up by its id. Raises NotFound."""
    with office.book.reading() as tx:
        winds_up = windup_book.maybe(tx, id) is not None
    return _of_windup(office, id) if winds_up else _of_action(office, id)


def ids(office: Office, issuer: str) -> list[str]:
    """All actions and winding-ups of an issuer."""
    with office.book.reading() as tx:
        known = [one.id for one in action_book.every(tx, issuer)]
        return known + [one.id for one in windup_book.every(tx, issuer)]


def record_sweep(office: Office, actor: Actor, one: Remains, content: Mapping[str, Any]) -> None:
    """Write down what is swept, and to whom."""
    if one.contract == "Waterfall":
        windups.record_step(office, actor, one.id, WindupStep.SWEEP, content)
    else:
        servicing.record_step(office, actor, one.id, Step.SWEEP, content)


def _of_action(office: Office, id: str) -> Remains:
    of = servicing.case(office, id)
    opened, found = pots.opened(of), []
    for code, number in pots.numbers(of).items():
        if (part := opened.get(code)) is None:
            continue
        paid, held = pots.payments(office, number)
        places, root = pots.coin_of(of.terms, code)[1], "root" in part
        who = (frozenset(paid), frozenset(held))
        day = of.terms.payment.date()
        found.append(Pot(number, code, code, places, pots.due_of(part), *who, root, day))
    return Remains(
        id, of.owner, of.instrument, of.scope, "Distribution", servicing.distribution(office),
        pots.hash_of(of.terms), of.terms.claim_until, of.taken, tuple(found),
    )  # fmt: skip


def _of_windup(office: Office, id: str) -> Remains:
    of = windups.case(office, id)
    said, found = windup_pots.paid_parts(office, of), []
    for part, stage, class_id in windup_pots.class_pots(of):
        due, root = windup_pots.due(of, stage, class_id), windup_pots.claimable(of, stage, class_id)
        who = (frozenset(said[part].due), frozenset(said[part].held))
        day = windup_pots.day_of(of, stage)
        found.append(Pot(part, str(part), "", of.coin.decimals, due, *who, root, day))
    return Remains(
        id, of.owner, of.instruments[0], of.scope, "Waterfall", windups.waterfall(office),
        bytes.fromhex(of.plan.document[2:]), of.terms.claim_until, of.taken, tuple(found),
    )  # fmt: skip
