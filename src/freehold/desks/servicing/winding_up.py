"""Pays a winding-up out: opens a stage, pushes each class in pages, settles who is outside, proves, closes.

The pages of a stage are written down before the first act of it is sent, and the contract itself says
which page is next: whoever was killed in the middle asks again. Register and contract must agree about
the record of every class before anybody is paid, and the units must be those that were agreed to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.actions import entitlement, pages
from freehold.core.actions.entitlement import Holdings, Taxed
from freehold.core.actions.exit_plan import part_number, pot_number
from freehold.core.actions.plan import UNTAXED
from freehold.core.actions.tax import Payee, Treatment
from freehold.core.actions.tax_regimes import regime
from freehold.core.actions.windup import Step, why_not
from freehold.core.errors import Broken, Conflict, Invalid
from freehold.core.events_paying import DistributionHeld, DistributionPaid, DistributionReleased
from freehold.core.events_waterfall import WaterfallSettled
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import entitlements, noting, servicing, taxes, windups
from freehold.desks.servicing.windups import Call, Case, Draft
from freehold.indexer import journal

_ENDED = 8
_LOW = (1 << 128) - 1
NOTHING = (0, bytes(32), bytes(32))


@dataclass(frozen=True, slots=True)
class Proof:
    """What a winding-up came to, from the chain's events, beside what was due; `differences` in words.

    Amounts in the coin's smallest unit: `paid` to holders, `settled` outside the register.
    """

    paid: int
    held: int
    withheld: int
    settled: int
    accounts: int
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paid:
    """What the chain's events say of a class's part of a stage: gross and tax by account, what was held
    when it was paid, and what of that was released since."""

    due: Mapping[int, tuple[int, int]]
    held: Mapping[int, int]
    released: Mapping[int, int]


@noting.noted("pay windup", noting.itself)
def pay(office: Office, actor: Actor, id: str) -> ActOutcome:
    """Pay every stage whose money is here and whose time has come; stopped in the middle, the same again
    goes on.

    Raises NotFound, Conflict where no stage can be paid or the units of a class are not those agreed to,
    Broken where register and contract disagree.
    """
    of = windups.case(office, id)
    windups.require(office, of, Step.PAY)
    done = ActOutcome("pay", id, actor.name, Ended.DONE)
    while not why_not(of.course, servicing.now_of(office), Step.PAY):
        done = _pay_stage(office, actor, of)
        if done.refused:
            return done
        of = windups.case(office, id)
    return done


@noting.noted("reconcile windup", noting.itself)
def reconcile(office: Office, actor: Actor, id: str) -> Proof:
    """Compare what the chain's events say with what was due; a step only where all agrees.

    Raises NotFound, Conflict before everything is paid, Broken with the first differences.
    """
    of = windups.case(office, id)
    windups.require(office, of, Step.RECONCILE)
    found = proof(office, of)
    if found.differences:
        raise Broken(f"{id} does not reconcile: {'; '.join(found.differences[:3])}", windup=id)
    _record_taxes(office, of, actor.name)
    left = {
        "paid": str(found.paid), "held": str(found.held), "withheld": str(found.withheld),
        "settled": str(found.settled), "accounts": found.accounts,
    }  # fmt: skip
    windups.record_step(office, actor, id, Step.RECONCILE, left)
    return found


@noting.noted("close windup", noting.itself)
def close(office: Office, actor: Actor, id: str) -> ActOutcome:
    """Send the tax to its office and end the winding-up.

    Money that is held for an account stays in its pot under its name. Raises NotFound, Conflict.
    """
    of = windups.case(office, id)
    windups.require(office, of, Step.CLOSE)
    done = _remit(office, actor, of)
    if not done.refused:
        windups.record_step(office, actor, id, Step.CLOSE, {})
    return done


@noting.noted("cancel windup", noting.itself)
def cancel(office: Office, actor: Actor, id: str) -> ActOutcome:
    """Call a winding-up off: before a stage is open all money goes back; after that two persons give back
    what no stage has taken, and who was paid keeps it.

    Raises NotFound, Conflict once everybody has got what was due or while a stage is being paid,
    NotPermitted without a second person.
    """
    of = windups.case(office, id)
    windups.require(office, of, Step.CANCEL)
    place, document = windups.waterfall(office), bytes.fromhex(of.plan.document[2:])
    root = pot_number(of.number)
    if not of.course.opened:
        data = call("Waterfall", "cancel", of.number, document)
        done = windups.carry(office, actor, of.scope, [(place, "call it off", "cancel", data)])
    else:
        ended = (root, of.plan.purse, document)
        data = call("Waterfall", "propose_end", *ended)
        done = windups.carry(office, actor, of.scope, [(place, "propose the end", "end", data)])
        if not done.refused:
            data = call("Waterfall", "confirm_end", *ended)
            second = orders.second(office)
            calls = [(place, "confirm the end", "confirm end", data)]
            done = windups.carry(office, second, of.scope, calls)
        if not done.refused:
            done = _remit(office, actor, of)
    if not done.refused:
        left = {"stages": of.course.paid, "back": str(of.funded - of.course.needed(of.course.paid))}
        windups.record_step(office, actor, id, Step.CANCEL, left)
    return done


@noting.noted("release windup", noting.itself)
def release(office: Office, actor: Actor, id: str, account: int) -> ActOutcome:
    """Send the money that is held for an account, in whatever class, to the wallet that opens it now.

    Raises NotFound, Conflict where nothing is held, Invalid for an unknown account. What still stands
    against it refuses.
    """
    of = windups.case(office, id)
    place = windups.waterfall(office)
    wallet = servicing.wallets(office, of.instruments[0].token).get(account)
    if wallet is None:
        raise Invalid(f"account {account} is not in the register", field="account")
    calls: list[Call] = []
    for part, _, class_id in class_pots(of):
        if contracts.read(office.w3, "Waterfall", place, "held_for", part, account):
            data = call("Waterfall", "release", part, wallet)
            calls.append((place, f"release {class_id}", f"release {part} {account}", data))
    if not calls:
        raise Conflict(f"{id} holds nothing for account {account}", windup=id)
    done = windups.carry(office, actor, of.scope, calls)
    return _finish(office, actor, of) if not done.refused else done


def proof(office: Office, of: Case) -> Proof:
    """What was paid, from events alone, beside what was due; and the pots beside both."""
    place, differences = windups.waterfall(office), []
    said, settled = paid_parts(office, of), _settled(office, of)
    gross = withheld = held = accounts = 0
    for part, stage, class_id in class_pots(of):
        due, found = _due(of, stage, class_id), said.get(part, Paid({}, {}, {}))
        differences += _unequal(f"{of.stages[stage].id}, {class_id}", due, found.due)
        amount = of.stages[stage].payouts[class_id]
        paid = sum(each for each, _ in found.due.values())
        if paid != amount:
            differences.append(f"{class_id} got {paid} of {amount} in {of.stages[stage].id}")
        tax = sum(each for _, each in found.due.values())
        unspent, inside, kept = money(office, place, part)
        still = sum(found.held.values()) - sum(found.released.values())
        if (unspent, inside) != (0, still) or kept not in (0, tax):
            differences.append(f"the pot {part} has {unspent} left, {inside} held and {kept} tax")
        gross, withheld, held = gross + paid, withheld + tax, held + inside
        accounts += len(found.due)
    for part, amount in _outside_pots(of):
        if settled.get(part, 0) != amount:
            differences.append(
                f"{amount} is due to part {part}, and {settled.get(part, 0)} was paid"
            )
    left = money(office, place, pot_number(of.number))[0]
    if left + gross + sum(settled.values()) != of.funded:
        paid_out = gross + sum(settled.values())
        differences.append(f"the pot has {left} left of {of.funded} after paying {paid_out}")
    net = gross - withheld - held
    return Proof(net, held, withheld, sum(settled.values()), accounts, tuple(differences))


def money(office: Office, place: Address, part: int) -> tuple[int, int, int]:
    """Unspent, held and tax of a pot, as the contract says."""
    pot = _pot(office, place, part)
    return pot[3] & _LOW, pot[3] >> 128, pot[4]


def taxed(office: Office, of: Case | Draft, class_id: str, held: Holdings, amount: int) -> Taxed:
    """What each account of a class gets of an amount, with tax. Raises Invalid where nobody holds."""
    instrument = next(one for one in of.instruments if one.class_id == class_id)
    day = of.terms.payment.date()
    what = entitlement.from_pot(held, amount)
    if not of.terms.tax:
        return entitlement.taxed(what, entitlement.Forms((taxes.NOBODY,), {}), day, _untaxed)
    on_file, _ = taxes.forms(office, of.owner, instrument.token, day)
    return entitlement.taxed(what, on_file, day, regime(of.terms.tax))


def paid_parts(office: Office, of: Case) -> dict[int, Paid]:
    """What the chain's events say of each class's part of each stage, by the part's number."""
    bring_up(office)
    place = windups.waterfall(office)
    kinds = (DistributionPaid, DistributionHeld, DistributionReleased)
    with office.index.connect() as view:
        said = journal.events_of(view, [place], kinds)
    pots = [part for part, _, _ in class_pots(of)]
    due: dict[int, dict[int, tuple[int, int]]] = {part: {} for part in pots}
    held: dict[int, dict[int, int]] = {part: {} for part in pots}
    released: dict[int, dict[int, int]] = {part: {} for part in pots}
    for logged in said:
        event = logged.event
        if isinstance(event, DistributionPaid) and event.distribution in due:
            paid = {account: (gross, tax) for account, gross, tax in event.payments}
            due[event.distribution].update(paid)
        if isinstance(event, DistributionHeld) and event.distribution in held:
            held[event.distribution][event.account] = event.amount
        if isinstance(event, DistributionReleased) and event.distribution in released:
            released[event.distribution][event.account] = event.amount
    return {part: Paid(due[part], held[part], released[part]) for part in pots}


def class_pots(of: Case) -> Iterator[tuple[int, int, str]]:
    """Number, stage and class of every pot of a class in the stages that were opened."""
    for stage in range(of.course.opened):
        for place, one in enumerate(of.instruments):
            if of.stages[stage].payouts[one.class_id]:
                yield part_number(of.number, stage, place), stage, one.class_id


def settled_parts(office: Office, of: Case) -> Iterator[tuple[str, int]]:
    """What was paid outside the register, by the part's id, from the chain's events."""
    for part, amount in _settled(office, of).items():
        yield of.parts[(part & 0xFF) - 1], amount


# ---- a stage ----


def _pay_stage(office: Office, actor: Actor, of: Case) -> ActOutcome:
    """Open a stage, or go on with the one that is open, and pay everybody in it."""
    stage = of.course.paid
    if of.course.opened == stage:
        _write(office, actor, of, stage)
        of = windups.case(office, of.id)
    rows = _opened(of, stage)["rows"]
    cut = {one: pages.paged([int(row, 16) for row in rows.get(one, [])]) for one in rows}
    done = _open(office, actor, of, stage, cut)
    for place, one in enumerate(of.instruments):
        if not done.refused and cut.get(one.class_id):
            part = part_number(of.number, stage, place)
            done = _push(office, actor, of, part, one.class_id, cut[one.class_id])
    if not done.refused:
        done = _settle(office, actor, of, stage)
    if not done.refused:
        done = _finish(office, actor, of)
    if not done.refused:
        windups.record_step(office, actor, of.id, Step.PAY, {"stage": of.stages[stage].id})
    return done


def _write(office: Office, actor: Actor, of: Case, stage: int) -> None:
    """The pages of a stage and what is due by them, written down before anything is sent."""
    rows: dict[str, list[str]] = {}
    due: dict[str, dict[str, list[str]]] = {}
    kinds: dict[str, list[dict[str, Any]]] = {}
    units: dict[str, str] = {}
    wallets = servicing.wallets(office, of.instruments[0].token)
    records = of.taken[0].content["records"]
    for one in of.instruments:
        record = int(records[one.class_id])
        held = entitlements.holdings(office, one.token, record)
        entitlements.require_agreement(office, one.token, record)
        windups.require_units(office, of, {one.class_id: held})
        amount = of.stages[stage].payouts[one.class_id]
        if not amount:
            continue
        found = taxed(office, of, one.class_id, held, amount)
        shares = [each for each in found.shares() if each.gross]
        listed = pages.rated(shares, wallets, found.entitlement.rate)
        rows[one.class_id] = [hex(row) for row in listed]
        due[one.class_id] = {
            str(each.account): [str(each.gross), str(each.withheld)] for each in shares
        }
        units[one.class_id] = str(held.total)
        kinds[one.class_id] = taxes.written(found)["kinds"] if of.terms.tax else []
    left = {"stage": of.stages[stage].id, "rows": rows, "due": due, "units": units, "taxed": kinds}
    windups.record_step(office, actor, of.id, Step.OPEN, left)


def _open(
    office: Office, actor: Actor, of: Case, stage: int, cut: Mapping[str, list[list[int]]]
) -> ActOutcome:
    place = windups.waterfall(office)
    progress = contracts.read(office.w3, "Waterfall", place, "progress", of.number)
    if progress[2] >> 8 & 0xFF > stage:
        return ActOutcome("open", of.id, actor.name, Ended.DONE)
    units = _opened(of, stage)["units"]
    classes = [
        (int(units[id]), pages.heads(cut[id])[0], bytes(32)) if id in units else NOTHING
        for id in of.parts
    ]
    document = bytes.fromhex(of.plan.document[2:])
    data = call("Waterfall", "open", of.number, of.plan.words, classes, document)
    what = f"open {of.stages[stage].id}"
    return windups.carry(office, actor, of.scope, [(place, what, f"open {stage}", data)])


def _push(
    office: Office, actor: Actor, of: Case, part: int, class_id: str, cut: list[list[int]]
) -> ActOutcome:
    """Push page after page of a class from the one the contract waits for."""
    place, heads = windups.waterfall(office), pages.heads(cut)
    waiting = bytes.fromhex(str(_pot(office, place, part)[5])[2:])
    done = ActOutcome("pay", of.id, actor.name, Ended.DONE)
    for at in range(heads.index(waiting), len(cut)):
        data = call("Waterfall", "pay", part, cut[at], heads[at + 1])
        what = f"pay {class_id}, page {at + 1} of {len(cut)}"
        done = windups.carry(office, actor, of.scope, [(place, what, f"page {part} {at}", data)])
        if done.refused:
            return done
    return done


def _settle(office: Office, actor: Actor, of: Case, stage: int) -> ActOutcome:
    """Pay whoever the plan pays outside the register."""
    place, calls = windups.waterfall(office), []
    for at in range(len(of.instruments), len(of.parts)):
        part = part_number(of.number, stage, at)
        if of.stages[stage].payouts[of.parts[at]] and money(office, place, part)[0]:
            data = call("Waterfall", "settle", part)
            calls.append((place, f"settle {of.parts[at]}", f"settle {part}", data))
    if not calls:
        return ActOutcome("settle", of.id, actor.name, Ended.DONE)
    return windups.carry(office, actor, of.scope, calls)


def _finish(office: Office, actor: Actor, of: Case) -> ActOutcome:
    """End the pot of every class whose money is all paid and of which nothing is held."""
    place, document = windups.waterfall(office), bytes.fromhex(of.plan.document[2:])
    calls = []
    for part, _, class_id in class_pots(of):
        pot = _pot(office, place, part)
        if not pot[3] and not pot[0] >> 184 & _ENDED:
            data = call("Waterfall", "finish", part, document)
            calls.append((place, f"finish {class_id}", f"finish {part}", data))
    if not calls:
        return ActOutcome("finish", of.id, actor.name, Ended.DONE)
    return windups.carry(office, actor, of.scope, calls)


def _remit(office: Office, actor: Actor, of: Case) -> ActOutcome:
    """Send the tax that is kept to its office."""
    place, document = windups.waterfall(office), bytes.fromhex(of.plan.document[2:])
    calls = []
    for part, _, class_id in class_pots(of):
        if money(office, place, part)[2]:
            data = call("Waterfall", "remit_tax", part, document)
            calls.append((place, f"remit tax of {class_id}", f"remit {part}", data))
    if not calls:
        return ActOutcome("close", of.id, actor.name, Ended.DONE)
    return windups.carry(office, actor, of.scope, calls)


# ---- parts ----


def _untaxed(payee: Payee, day: object) -> Treatment:
    return UNTAXED


def _pot(office: Office, place: Address, part: int) -> Any:
    return contracts.read(office.w3, "Waterfall", place, "pot", part)


def _opened(of: Case, stage: int) -> Mapping[str, Any]:
    """What was written down when a stage was opened."""
    found = [one.content for one in of.taken if one.step == Step.OPEN]
    return found[stage]


def _due(of: Case, stage: int, class_id: str) -> dict[int, tuple[int, int]]:
    written = _opened(of, stage)["due"].get(class_id, {})
    return {int(account): (int(gross), int(tax)) for account, (gross, tax) in written.items()}


def _outside_pots(of: Case) -> Iterator[tuple[int, int]]:
    """Number and amount of every pot of a payee outside the register in the stages that were opened."""
    for stage in range(of.course.opened):
        for at in range(len(of.instruments), len(of.parts)):
            if amount := of.stages[stage].payouts[of.parts[at]]:
                yield part_number(of.number, stage, at), amount


def _settled(office: Office, of: Case) -> dict[int, int]:
    """What was paid outside the register, by part, from the chain's events."""
    with office.index.connect() as view:
        said = journal.events_of(view, [windups.waterfall(office)], (WaterfallSettled,))
    mine = {part for part, _ in _outside_pots(of)}
    return {
        one.event.part: one.event.amount
        for one in said
        if isinstance(one.event, WaterfallSettled) and one.event.part in mine
    }


def _unequal(
    where: str, due: Mapping[int, tuple[int, int]], paid: Mapping[int, tuple[int, int]]
) -> list[str]:
    return [
        f"{where}, account {account}: {due.get(account)} is due and {paid.get(account)} was paid"
        for account in sorted(due.keys() | paid.keys())
        if due.get(account) != paid.get(account)
    ]


def _record_taxes(office: Office, of: Case, by: str) -> None:
    """Write down what was paid and withheld, for the files of the year; once."""
    if not of.terms.tax:
        return
    tokens = {one.class_id: one.token for one in of.instruments}
    day = of.terms.payment.date()
    for part, stage, class_id in class_pots(of):
        opened = _opened(of, stage)
        kinds, due = opened["taxed"][class_id], opened["due"][class_id]
        name, coin = f"{of.id} {part & 0xFFFF}", of.coin
        taken = taxes.Taken(name, tokens[class_id], coin.address, coin.decimals, day, kinds, due)
        taxes.record_taken(office, of.owner, taken, by)
