"""Carries a corporate action out: funds its pot, pays in pages, delivers units, proves, closes, ends.

Everything has a key under which it happens once, and the pages of a payment are written down before the
first is sent: whoever was killed in the middle asks again, and the contract itself says which page is
next. Register and contract must agree about the record before anybody is paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.actions import pages
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import Step
from freehold.core.actions.plan import Plan
from freehold.core.actions.terms import Terms
from freehold.core.clock import to_seconds
from freehold.core.errors import Broken, Conflict, Invalid
from freehold.core.events_paying import (
    DistributionDeclared,
    DistributionHeld,
    DistributionPaid,
)
from freehold.core.ids import Address, record_hash
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import delivering, entitlements, noting, servicing, taxes
from freehold.desks.servicing.servicing import Case
from freehold.indexer import journal

RATED, LISTED = 0, 1
_STARTED, _ENDED = 4, 8


@dataclass(frozen=True, slots=True)
class Proof:
    """What a payment came to, from the chain's events, beside what was due; `differences` in words."""

    paid: int
    held: int
    withheld: int
    accounts: int
    differences: tuple[str, ...]


@noting.noted("fund action", noting.itself)
def fund(
    office: Office, actor: Actor, id: str, amount: int | None = None, reference: str = ""
) -> ActOutcome:
    """Declare the pot on chain and put money into it: what is due, or `amount` of smallest units.

    The actor's own wallet pays; `reference` says what for, and is kept with the step. Raises NotFound,
    Conflict where it is not the time, Invalid for a pot smaller than declared.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.FUND)
    recorded = servicing.now_of(office) >= of.terms.record
    if of.terms.revenue and amount is None:
        raise Invalid(f"{id} is fed by revenue: `freehold action feed {id}`", field="amount")
    if amount is None or (recorded and not of.terms.revenue):
        due = servicing.planned(office, of).money
        if amount is not None and amount < due:
            raise Invalid(
                f"the pot {amount} is smaller than declared: {due} is due; fund {due - amount} more",
                field="amount",
            )
        amount = due if amount is None else amount
    place = servicing.distribution(office)
    if not of.left(Step.FUND):
        done = servicing.carry(
            office, actor, of, [(place, "declare", "declare", _declare(actor, of))]
        )
        if done.refused:
            return done
    number = _number(office, of, actor, place)
    again = len([one for one in of.taken if one.step == Step.FUND])
    coin = _coin(of.terms)
    calls = [
        (coin, "approve the coin", f"approve {again}", call("Cash", "approve", place, amount)),
        (place, "fund", f"fund {again}", call("Distribution", "fund", number, amount)),
    ]
    done = servicing.carry(office, actor, of, calls)
    if not done.refused:
        left = {"distribution": number, "amount": str(amount), "terms": _hash(of.terms).hex()}
        left |= {"reference": reference} if reference else {}
        servicing.record_step(office, actor, id, Step.FUND, left)
    return done


@noting.noted("pay action", noting.itself)
def pay(office: Office, actor: Actor, id: str) -> ActOutcome:
    """Pay everybody and deliver the units; stopped in the middle, the same again goes on.

    Raises NotFound, Conflict where it is not the time, Broken where register and contract disagree.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.PAY)
    if Step.PAY not in of.steps:
        number = int(of.left(Step.ANNOUNCE)["record"])
        entitlements.require_agreement(office, of.instrument.token, number)
    if of.terms.work is Work.OFFER:
        of = delivering.subscribers(office, actor, of)
    found = servicing.planned(office, of)
    if Step.PAY not in of.steps and (of.terms.work is Work.SPLIT or not found.money):
        servicing.record_step(office, actor, id, Step.PAY, delivering.before(office, of))
        of = servicing.case(office, id)
    if of.terms.work is Work.SPLIT:
        done, found = delivering.split(office, actor, of, found)
        if done.refused:
            return done
    if of.terms.pays and found.money:
        done = _pay_out(office, actor, of, found)
        if done.refused:
            return done
    if of.terms.work not in (Work.SPLIT, Work.PAY):
        done = delivering.deliver(office, actor, of, found)
        if done.refused:
            return done
    if Step.DELIVER not in of.steps:
        servicing.record_step(office, actor, id, Step.DELIVER, {})
    return ActOutcome("pay", id, actor.name, Ended.DONE)


@noting.noted("reconcile action", noting.itself)
def reconcile(office: Office, actor: Actor, id: str) -> Proof:
    """Compare what the chain's events say with what was due; a step only where all agrees.

    Raises NotFound, Conflict before everything is paid, Broken with the first differences.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.RECONCILE)
    found = proof(office, of)
    if found.differences:
        raise Broken(f"{id} does not reconcile: {'; '.join(found.differences[:3])}", action=id)
    left = {"paid": str(found.paid), "held": str(found.held), "withheld": str(found.withheld)}
    _record_payments(office, actor, of)
    servicing.record_step(office, actor, id, Step.RECONCILE, left)
    return found


@noting.noted("close action", noting.itself)
def close(office: Office, actor: Actor, id: str) -> ActOutcome:
    """Send tax to its office and dust back to the purse, and end the action.

    Money that is held for an account stays in the pot under its name; the pot then ends by two persons,
    after its time. Raises NotFound, Conflict.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.CLOSE)
    fund = of.left(Step.FUND)
    done = ActOutcome("close", id, actor.name, Ended.DONE)
    if fund and servicing.from_pot(of):
        place, number = servicing.distribution(office), int(fund["distribution"])
        done = _remit(office, actor, of, number)
        if done.refused:
            return done
        _, held, _ = money(office, place, number)
        if not held and not _pot(office, place, number)[0] >> 184 & _ENDED:
            data = call("Distribution", "finish", number, _hash(of.terms))
            calls = [(place, "return the dust", "finish", data)]
            done = servicing.carry(office, actor, of, calls)
        if done.refused:
            return done
    elif fund:
        done = _cancel_pot(office, actor, of, int(fund["distribution"]))
    servicing.record_step(office, actor, id, Step.CLOSE, {})
    return done


@noting.noted("cancel action", noting.itself)
def cancel(office: Office, actor: Actor, id: str) -> ActOutcome:
    """Call an action off: before anybody was paid all money goes back; after that two persons give back
    what is not yet paid, and who was paid keeps it.

    Raises NotFound, Conflict once everybody has got what was due, NotPermitted without a second person.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.CANCEL)
    fund = of.left(Step.FUND)
    done = ActOutcome("cancel", id, actor.name, Ended.DONE)
    if Step.PAY in of.steps and of.terms.work is Work.SPLIT:
        done = delivering.call_off_split(office, actor, of)
        if done.refused:
            return done
    paid: dict[int, tuple[int, int]] = {}
    if fund:
        number = int(fund["distribution"])
        done = _cancel_pot(office, actor, of, number)
        if not done.refused:
            done = _remit(office, actor, of, number)
        if done.refused:
            return done
        paid, _ = payments(office, servicing.distribution(office), number)
    if Step.PAY in of.steps:
        done = delivering.even_out(office, actor, of, frozenset(paid))
        if done.refused:
            return done
    _record_payments(office, actor, of)
    gross = sum(amount for amount, _ in paid.values())
    left = {"paid": str(gross), "accounts": len(paid)}
    servicing.record_step(office, actor, id, Step.CANCEL, left)
    return ActOutcome("cancel", id, actor.name, Ended.DONE)


@noting.noted("release action", noting.itself)
def release(office: Office, actor: Actor, id: str, account: int) -> ActOutcome:
    """Send the money that is held for an account to the wallet that opens it now.

    Raises NotFound, Conflict where nothing was paid yet. What still stands against it refuses.
    """
    of = servicing.case(office, id)
    fund = of.left(Step.FUND)
    if not fund:
        raise Conflict(f"the action {id} has no pot: nothing is held", action=id)
    wallet = servicing.wallets(office, of.instrument.token).get(account)
    if wallet is None:
        raise Invalid(f"account {account} is not in the register", field="account")
    place = servicing.distribution(office)
    data = call("Distribution", "release", int(fund["distribution"]), wallet)
    return servicing.carry(office, actor, of, [(place, "release", f"release {account}", data)])


def proof(office: Office, of: Case) -> Proof:
    """What was paid and delivered, from events alone, beside the plan."""
    found = servicing.planned(office, of)
    differences = list(delivering.differences(office, of, found))
    fund = of.left(Step.FUND)
    if not fund or not servicing.from_pot(of):
        return Proof(0, 0, 0, 0, tuple(differences))
    place, number = servicing.distribution(office), int(fund["distribution"])
    paid, held = payments(office, place, number)
    due = {
        int(account): (int(gross), int(tax))
        for account, (gross, tax) in of.left(Step.OPEN)["due"].items()
    }
    for account in sorted(due.keys() | paid.keys()):
        if due.get(account) != paid.get(account):
            said = f"{due.get(account)} is due and {paid.get(account)} was paid"
            differences.append(f"account {account}: {said}")
    unspent, inside, tax = money(office, place, number)
    gross = sum(part for part, _ in paid.values())
    withheld = sum(part for _, part in paid.values())
    funded = sum(int(one.content["amount"]) for one in of.taken if one.step == Step.FUND)
    ended = _pot(office, place, number)[0] >> 184 & _ENDED
    if not ended and unspent + gross != funded:
        differences.append(f"the pot has {unspent} left of {funded} after paying {gross}")
    if tax not in (0, withheld):
        differences.append(f"the pot keeps {tax} of {withheld} tax")
    return Proof(
        gross - withheld - sum(held.values()), inside, withheld, len(paid), tuple(differences)
    )


def payments(
    office: Office, place: Address, number: int
) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
    """Gross and withheld by account, and what was held when it was paid, from the chain's events."""
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [place], (DistributionPaid, DistributionHeld))
    paid: dict[int, tuple[int, int]] = {}
    held: dict[int, int] = {}
    for logged in said:
        event = logged.event
        if isinstance(event, DistributionPaid) and event.distribution == number:
            paid |= {account: (gross, tax) for account, gross, tax in event.payments}
        if isinstance(event, DistributionHeld) and event.distribution == number:
            held[event.account] = event.amount
    return paid, held


def money(office: Office, place: Address, number: int) -> tuple[int, int, int]:
    """Unspent, held and tax of a pot, as the contract says."""
    pot = _pot(office, place, number)
    return pot[3] & (1 << 128) - 1, pot[3] >> 128, pot[4]


# ---- parts ----


def _pot(office: Office, place: Address, number: int) -> Any:
    return contracts.read(office.w3, "Distribution", place, "pot", number)


def _declare(actor: Actor, of: Case) -> bytes:
    terms = of.terms
    listed = terms.work is not Work.PAY and terms.work is not Work.REDEEM
    id = orders.instruction_bytes(servicing.act_id(of, actor, "declare"))
    own = actor.signer.address
    words = (
        of.instrument.token, int(of.left(Step.ANNOUNCE)["record"]), _coin(terms), 0, 0,
        to_seconds(terms.payment), to_seconds(terms.claim_until), own, own, 0,
        LISTED if listed else RATED, _hash(terms),
    )  # fmt: skip
    return call("Distribution", "declare", id, words)


def _number(office: Office, of: Case, actor: Actor, place: Address) -> int:
    """The number of the pot that was declared for the action."""
    if known := of.left(Step.FUND):
        return int(known["distribution"])
    bring_up(office)
    wanted = servicing.act_id(of, actor, "declare")
    with office.index.connect() as view:
        for logged in journal.events_of(view, [place], (DistributionDeclared,)):
            event = logged.event
            if isinstance(event, DistributionDeclared) and event.instruction == wanted:
                return event.distribution
    raise Broken(f"the pot declared for {of.known.id} is not in the chain's events")


def _pay_out(office: Office, actor: Actor, of: Case, found: Plan) -> ActOutcome:
    """Open the pot with its pages, and push page after page from the one the contract waits for."""
    place, number = servicing.distribution(office), int(of.left(Step.FUND)["distribution"])
    opened = of.left(Step.OPEN) or _written(office, actor, of, found)
    cut = pages.paged([int(row, 16) for row in opened["rows"]])
    heads = pages.heads(cut)
    if not _pot(office, place, number)[0] >> 184 & _STARTED:
        rate = int(opened["numerator"]), int(opened["denominator"])
        fixed = (number, *rate, int(opened["total"]), heads[0], bytes(32), heads[0])
        data = call("Distribution", "open", *fixed)
        key = f"open {of.version}"
        done = servicing.carry(office, actor, of, [(place, "open the pot", key, data)])
        if done.refused:
            return done
    if Step.PAY not in of.steps:
        servicing.record_step(office, actor, of.known.id, Step.PAY, {"pages": len(cut)})
    waiting = bytes.fromhex(str(_pot(office, place, number)[5])[2:])
    done = ActOutcome("pay", of.known.id, actor.name, Ended.DONE)
    for at in range(heads.index(waiting), len(cut)):
        data = call("Distribution", "pay", number, cut[at], heads[at + 1])
        what = f"pay page {at + 1} of {len(cut)}"
        done = servicing.carry(office, actor, of, [(place, what, f"page {at}", data)])
        if done.refused:
            return done
    return done


def _written(office: Office, actor: Actor, of: Case, found: Plan) -> Mapping[str, Any]:
    """The pages and what is due by them, written down before anything is sent."""
    wallets = servicing.wallets(office, of.instrument.token)
    numerator, denominator = 0, 0
    if found.taxed:
        rate = found.taxed.entitlement.rate
        numerator, denominator = rate.numerator, rate.denominator
        shares = [one for one in found.taxed.shares() if one.gross]
        again = frozenset(one for one, (what, _) in of.elections.items() if what == "reinvest")
        rows = pages.rated(shares, wallets, rate, again)
        due = {one.account: (one.gross, one.withheld) for one in shares}
    else:
        rows = pages.listed(found.amounts, wallets)
        due = {account: (amount, 0) for account, amount in found.amounts.items()}
    left = {
        "rows": [hex(row) for row in rows],
        "due": {str(one): [str(gross), str(tax)] for one, (gross, tax) in due.items()},
        "numerator": str(numerator),
        "denominator": str(denominator),
        "total": str(found.money),
        "taxed": taxes.written(found.taxed, found.amounts),
    }
    servicing.record_step(office, actor, of.known.id, Step.OPEN, left)
    return left


def _cancel_pot(office: Office, actor: Actor, of: Case, number: int) -> ActOutcome:
    place, document = servicing.distribution(office), _hash(of.terms)
    state = _pot(office, place, number)[0] >> 184
    if state & _ENDED:
        return ActOutcome("cancel", of.known.id, actor.name, Ended.DONE)
    if not state & _STARTED:
        data = call("Distribution", "cancel", number, document)
        return servicing.carry(office, actor, of, [(place, "cancel the pot", "cancel", data)])
    ended = (number, actor.signer.address, document)
    data = call("Distribution", "propose_end", *ended)
    done = servicing.carry(office, actor, of, [(place, "propose the end", "propose end", data)])
    if done.refused:
        return done
    data = call("Distribution", "confirm_end", *ended)
    second = orders.second(office)
    return servicing.carry(office, second, of, [(place, "confirm the end", "confirm end", data)])


def _remit(office: Office, actor: Actor, of: Case, number: int) -> ActOutcome:
    """Send the tax that the pot keeps to its office: it was withheld of those who were paid."""
    place = servicing.distribution(office)
    if not money(office, place, number)[2]:
        return ActOutcome("remit", of.known.id, actor.name, Ended.DONE)
    data = call("Distribution", "remit_tax", number, _hash(of.terms))
    return servicing.carry(office, actor, of, [(place, "remit the tax", "remit", data)])


def _record_payments(office: Office, actor: Actor, of: Case) -> None:
    """Write down who was paid what, for the statements and the files of the year."""
    opened, fund = of.left(Step.OPEN), of.left(Step.FUND)
    if opened.get("taxed") and fund:
        place, number = servicing.distribution(office), int(fund["distribution"])
        paid, _ = payments(office, place, number)
        taxes.record_action(office, of.owner, of.terms, opened, paid, actor.name)


def _coin(terms: Terms) -> Address:
    assert terms.cash is not None, "an action with a pot names its coin"
    return Address(terms.cash.coin)


def _hash(terms: Terms) -> bytes:
    """What the chain knows the terms by."""
    return bytes.fromhex(record_hash({"action": terms.id, "kind": str(terms.kind)})[2:])
