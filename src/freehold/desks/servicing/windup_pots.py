"""The pots of a winding-up, one for each class in each stage: what was due, and what became of it.

What is due is written down before anything is sent; what was paid, held and released is read from the
contract's events, and compared with that and with the contract's own storage.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from freehold.chain import contracts
from freehold.core.actions import entitlement
from freehold.core.actions.claim_file import Claim
from freehold.core.actions.entitlement import Holdings, Taxed
from freehold.core.actions.exit_plan import part_number, pot_number
from freehold.core.actions.incomes import Income
from freehold.core.actions.options import Payout
from freehold.core.actions.plan import UNTAXED
from freehold.core.actions.tax import Payee, Treatment
from freehold.core.actions.tax_regimes import regime
from freehold.core.actions.windup import Step
from freehold.core.events_waterfall import WaterfallSettled
from freehold.desks.office import Office
from freehold.desks.servicing import taxes, windups
from freehold.desks.servicing.pot_events import Amounts, Paid, paid_of
from freehold.desks.servicing.windups import Case, Draft
from freehold.indexer import journal

ENDED = 8
_LOW = (1 << 128) - 1


@dataclass(frozen=True, slots=True)
class Proof:
    """What a winding-up came to, from the chain's events, beside what was due; `differences` in words.

    Amounts in the coin's smallest unit: `paid` to holders, `settled` outside the register, `unclaimed`
    before tax.
    """

    paid: int
    held: int
    withheld: int
    settled: int
    accounts: int
    differences: tuple[str, ...]
    unclaimed: int = 0


# ---- what is due ----


def day_of(of: Case | Draft, stage: int) -> date:
    """The day on which a stage is paid for tax: the first on which it may be."""
    return max(of.terms.payment, windups.opens(of.terms, of.stages[stage].id)).date()


def taxed(office: Office, of: Case | Draft, class_id: str, held: Holdings, stage: int) -> Taxed:
    """What each account of a class gets of a stage, with tax. Raises Invalid where nobody holds."""
    instrument = next(one for one in of.instruments if one.class_id == class_id)
    day = day_of(of, stage)
    what = entitlement.from_pot(held, of.stages[stage].payouts[class_id])
    if not of.terms.tax:
        return entitlement.taxed(what, entitlement.Forms((taxes.NOBODY,), {}), day, _untaxed)
    on_file, _ = taxes.forms(office, of.owner, instrument.token, day)
    return entitlement.taxed(what, on_file, day, regime(of.terms.tax))


def opened(of: Case, stage: int) -> Mapping[str, Any]:
    """What was written down when a stage was opened."""
    found = [one.content for one in of.taken if one.step == Step.OPEN]
    return found[stage]


def due(of: Case, stage: int, class_id: str) -> dict[int, tuple[int, int]]:
    """Gross and tax by account, as they were written down for a class of a stage."""
    written = opened(of, stage)["due"].get(class_id, {})
    return {int(account): (int(gross), int(tax)) for account, (gross, tax) in written.items()}


def claims_of(amounts: Amounts) -> list[Claim]:
    """The claims of a pot, accounts ascending."""
    return [Claim(account, *each) for account, each in sorted(amounts.items())]


def class_pots(of: Case) -> Iterator[tuple[int, int, str]]:
    """Number, stage and class of every pot of a class in the stages that were opened."""
    for stage in range(of.course.opened):
        for place, one in enumerate(of.instruments):
            if of.stages[stage].payouts[one.class_id]:
                yield part_number(of.number, stage, place), stage, one.class_id


def outside_pots(of: Case) -> Iterator[tuple[int, int]]:
    """Number and amount of every pot of a payee outside the register in the stages that were opened."""
    for stage in range(of.course.opened):
        for at in range(len(of.instruments), len(of.parts)):
            if amount := of.stages[stage].payouts[of.parts[at]]:
                yield part_number(of.number, stage, at), amount


# ---- what the chain says ----


def pot(office: Office, part: int) -> Any:
    """Everything about a pot, as the contract keeps it."""
    return contracts.read(office.w3, "Waterfall", windups.waterfall(office), "pot", part)


def money(office: Office, part: int) -> tuple[int, int, int]:
    """Unspent, held and tax of a pot, as the contract says."""
    said = pot(office, part)
    return said[3] & _LOW, said[3] >> 128, said[4]


def is_ended(office: Office, part: int) -> bool:
    """Whether a pot has ended."""
    return bool(pot(office, part)[0] >> 184 & ENDED)


def paid_parts(office: Office, of: Case) -> dict[int, Paid]:
    """What the chain's events say of each class's part of each stage, by the part's number."""
    return paid_of(office, windups.waterfall(office), [part for part, _, _ in class_pots(of)])


def settled_parts(office: Office, of: Case) -> Iterator[tuple[str, int]]:
    """What was paid outside the register, by the part's id, from the chain's events."""
    for part, amount in _settled(office, of).items():
        yield of.parts[(part & 0xFF) - 1], amount


# ---- both beside each other ----


def proof(office: Office, of: Case) -> Proof:
    """What was paid, from events alone, beside what was due; and the pots beside both."""
    differences: list[str] = []
    said, settled = paid_parts(office, of), _settled(office, of)
    gross = withheld = held = accounts = unclaimed = 0
    for part, stage, class_id in class_pots(of):
        found, amount = said[part], of.stages[stage].payouts[class_id]
        wanted = due(of, stage, class_id)
        if claimable(of, stage, class_id):
            away, pushed = left_out(of, stage, class_id), of.terms.payout is Payout.PUSH
            wanted = {
                one: each
                for one, each in wanted.items()
                if one in found.due or (pushed and one not in away)
            }
        differences += _unequal(f"{of.stages[stage].id}, {class_id}", wanted, found.due)
        paid, tax = (sum(each[at] for each in found.due.values()) for at in (0, 1))
        left = amount - paid
        if left and not claimable(of, stage, class_id):
            differences.append(f"{class_id} got {paid} of {amount} in {of.stages[stage].id}")
        unspent, inside, kept = money(office, part)
        still = sum(map(found.still, found.held))
        if (unspent, inside) != (left, still) or not 0 <= kept <= tax:
            differences.append(f"the pot {part} has {unspent} left, {inside} held and {kept} tax")
        gross, withheld, held = gross + paid, withheld + tax, held + inside
        accounts, unclaimed = accounts + len(found.due), unclaimed + left
    for part, amount in outside_pots(of):
        if settled.get(part, 0) != amount:
            differences.append(
                f"{amount} is due to part {part}, and {settled.get(part, 0)} was paid"
            )
    left = money(office, pot_number(of.number))[0]
    out = gross + unclaimed + sum(settled.values())
    if left + out != of.funded:
        differences.append(f"the pot has {left} left of {of.funded} after paying {out}")
    net, outside = gross - withheld - held, sum(settled.values())
    return Proof(net, held, withheld, outside, accounts, tuple(differences), unclaimed)


def claimable(of: Case, stage: int, class_id: str) -> bool:
    """Whether a class's part of a stage can be claimed by proof."""
    return class_id in opened(of, stage).get("roots", {})


def left_out(of: Case, stage: int, class_id: str) -> frozenset[int]:
    """The accounts of a class that the pages of a stage left out because their holders were lost."""
    return frozenset(opened(of, stage).get("lost", {}).get(class_id, ()))


def record_payments(
    office: Office,
    of: Case,
    by: str,
    *,
    called_off: bool = False,
    only: frozenset[int] | None = None,
) -> None:
    """Write down what was paid and withheld, for statements and the files of the year, once: all to whom
    it is due but the lost, or where the winding-up is called off those who were paid; of them `only` some.

    Raises Conflict for other amounts.
    """
    tokens = {one.class_id: one.token for one in of.instruments}
    said = paid_parts(office, of)
    for part, stage, class_id in class_pots(of):
        written = opened(of, stage)
        owed: Mapping[str, Sequence[str]] = written["due"][class_id]
        waits = left_out(of, stage, class_id) - said[part].due.keys()
        if called_off:
            waits = frozenset(due(of, stage, class_id)) - said[part].due.keys()
        now = frozenset(map(int, owed)) - waits
        now = now if only is None else now & only
        owed = {one: each for one, each in owed.items() if int(one) in now}
        kinds = written["taxed"][class_id] or taxes.written(None, due(of, stage, class_id))["kinds"]
        taken = taxes.Taken(
            name=f"{of.id} {part & 0xFFFF}",
            token=tokens[class_id],
            coin=of.coin.address,
            decimals=of.coin.decimals,
            day=day_of(of, stage),
            kinds=kinds,
            due=owed,
            income=Income.LIQUIDATION,
            part=f"{of.stages[stage].id}, {class_id}",
            days=said[part].days,
        )
        taxes.record_taken(office, of.owner, taken, by)


# ---- parts ----


def _untaxed(payee: Payee, day: object) -> Treatment:
    return UNTAXED


def _settled(office: Office, of: Case) -> dict[int, int]:
    """What was paid outside the register, by part, from the chain's events."""
    with office.index.connect() as view:
        said = journal.events_of(view, [windups.waterfall(office)], (WaterfallSettled,))
    mine = {part for part, _ in outside_pots(of)}
    return {
        one.event.part: one.event.amount
        for one in said
        if isinstance(one.event, WaterfallSettled) and one.event.part in mine
    }


def _unequal(where: str, wanted: Amounts, paid: Amounts) -> list[str]:
    return [
        f"{where}, account {account}: {wanted.get(account)} is due and {paid.get(account)} was paid"
        for account in sorted(wanted.keys() | paid.keys())
        if wanted.get(account) != paid.get(account)
    ]
