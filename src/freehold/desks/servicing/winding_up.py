"""Pays a winding-up out: opens a stage, pushes each class in pages, settles who is outside, proves, closes.

The pages of a stage are written down before the first act of it is sent, and the contract itself says
which page is next: whoever was killed in the middle asks again. Register and contract must agree about
the record of every class before anybody is paid, and the units must be those that were agreed to.
"""

from collections.abc import Mapping
from typing import Any

from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.actions import claim_file, pages
from freehold.core.actions.exit_plan import part_number, pot_number
from freehold.core.actions.options import Payout
from freehold.core.actions.windup import Step, why_not
from freehold.core.errors import Broken, Conflict, Invalid
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import (
    claiming,
    entitlements,
    holders_of,
    holding,
    noting,
    remains,
    servicing,
    taxes,
    windup_pots,
    windups,
)
from freehold.desks.servicing.windup_pots import Proof, class_pots
from freehold.desks.servicing.windups import Call, Case

NOTHING = (0, bytes(32), bytes(32))
_NO_CLAIMS = "0x" + "00" * 32


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
    found = windup_pots.proof(office, of)
    if found.differences:
        raise Broken(f"{id} does not reconcile: {'; '.join(found.differences[:3])}", windup=id)
    windup_pots.record_payments(office, of, actor.name)
    left = {
        "paid": str(found.paid), "held": str(found.held), "withheld": str(found.withheld),
        "settled": str(found.settled), "accounts": found.accounts,
        "unclaimed": str(found.unclaimed),
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
            windup_pots.record_payments(office, of, actor.name, called_off=True)
    if not done.refused:
        left = {"stages": of.course.paid, "back": str(of.funded - of.course.needed(of.course.paid))}
        windups.record_step(office, actor, id, Step.CANCEL, left)
    return done


@noting.noted("release windup", noting.itself)
def release(office: Office, actor: Actor, id: str, account: int) -> ActOutcome:
    """Send the money that is held for an account, in whatever class, to the wallet that opens it now.

    Raises NotFound, Conflict where nothing is held or the holder is lost, Invalid for an unknown account.
    What still stands against it refuses.
    """
    of = windups.case(office, id)
    place = windups.waterfall(office)
    wallet = servicing.wallets(office, of.instruments[0].token).get(account)
    if wallet is None:
        raise Invalid(f"account {account} is not in the register", field="account")
    known = holders_of.by_account(office, of.owner, of.instruments[0].token).get(account)
    if known is not None:
        holding.require_found(office, of.owner, known.id)
    calls: list[Call] = []
    for part, _, class_id in class_pots(of):
        if contracts.read(office.w3, "Waterfall", place, "held_for", part, account):
            data = call("Waterfall", "release", part, wallet)
            calls.append((place, f"release {class_id}", f"release {part} {account}", data))
    calls += claiming.of_the_found(office, remains.find(office, id), account, wallet)
    if not calls:
        raise Conflict(f"{id} holds nothing for account {account}", windup=id)
    done = windups.carry(office, actor, of.scope, calls)
    if not done.refused and any(one.step == Step.RECONCILE for one in of.taken):
        windup_pots.record_payments(office, of, actor.name, only=frozenset({account}))
    return _finish(office, actor, of) if not done.refused else done


# ---- a stage ----


def _pay_stage(office: Office, actor: Actor, of: Case) -> ActOutcome:
    """Open a stage, or go on with the one that is open, and pay everybody in it."""
    stage = of.course.paid
    if of.course.opened == stage:
        _write(office, actor, of, stage)
        of = windups.case(office, of.id)
    rows = windup_pots.opened(of, stage)["rows"]
    cut = {one: pages.paged([int(row, 16) for row in listed]) for one, listed in rows.items()}
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
    """The pages of a stage, the roots of its claims and what is due, written down before all is sent."""
    rows: dict[str, list[str]] = {}
    due: dict[str, dict[str, list[str]]] = {}
    kinds: dict[str, list[dict[str, Any]]] = {}
    units: dict[str, str] = {}
    roots: dict[str, str] = {}
    out: dict[str, list[int]] = {}
    lost = holding.lost(office, of.owner, of.instruments[0].token)
    wallets = servicing.wallets(office, of.instruments[0].token)
    records = of.taken[0].content["records"]
    for one in of.instruments:
        id, record = one.class_id, int(records[one.class_id])
        held = entitlements.holdings(office, one.token, record)
        entitlements.require_agreement(office, one.token, record)
        windups.require_units(office, of, {id: held})
        if not of.stages[stage].payouts[id]:
            continue
        found = windup_pots.taxed(office, of, id, held, stage)
        shares = [each for each in found.shares() if each.gross]
        amounts = {each.account: (each.gross, each.withheld) for each in shares}
        pushed = [each for each in shares if each.account not in lost]
        pushed = pushed if of.terms.payout is not Payout.CLAIM else []
        out[id] = [each.account for each in shares if each.account in lost]
        rows[id] = [hex(row) for row in pages.rated(pushed, wallets, found.entitlement.rate)]
        if of.terms.payout is not Payout.PUSH or out[id]:
            roots[id] = claim_file.tree(windup_pots.claims_of(amounts)).root
        due[id] = {str(account): [str(part) for part in each] for account, each in amounts.items()}
        units[id], kinds[id] = str(held.total), taxes.written(found)["kinds"]
    left = {"stage": of.stages[stage].id, "rows": rows, "due": due, "units": units, "taxed": kinds}
    left |= {"roots": roots} if roots else {}
    if any(out.values()) and of.terms.payout is not Payout.CLAIM:
        left["lost"] = out
    windups.record_step(office, actor, of.id, Step.OPEN, left)


def _open(
    office: Office, actor: Actor, of: Case, stage: int, cut: Mapping[str, list[list[int]]]
) -> ActOutcome:
    place = windups.waterfall(office)
    progress = contracts.read(office.w3, "Waterfall", place, "progress", of.number)
    if progress[2] >> 8 & 0xFF > stage:
        return ActOutcome("open", of.id, actor.name, Ended.DONE)
    written = windup_pots.opened(of, stage)
    units, roots = written["units"], written.get("roots", {})
    classes = [
        (int(units[id]), pages.heads(cut[id])[0], bytes.fromhex(roots.get(id, _NO_CLAIMS)[2:]))
        if id in units
        else NOTHING
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
    waiting = bytes.fromhex(str(windup_pots.pot(office, part)[5])[2:])
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
        if of.stages[stage].payouts[of.parts[at]] and windup_pots.money(office, part)[0]:
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
        pot = windup_pots.pot(office, part)
        if not pot[3] and not pot[0] >> 184 & windup_pots.ENDED:
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
        if windup_pots.money(office, part)[2]:
            data = call("Waterfall", "remit_tax", part, document)
            calls.append((place, f"remit tax of {class_id}", f"remit {part}", data))
    if not calls:
        return ActOutcome("close", of.id, actor.name, Ended.DONE)
    return windups.carry(office, actor, of.scope, calls)
