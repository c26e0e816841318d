"""Carries a corporate action out: funds its pot, pays in pages, delivers units, proves, closes, ends.

Everything has a key under which it happens once, and the pages of a payment are written down before the
first is sent: whoever was killed in the middle asks again, and the contract itself says which page is
next. Register and contract must agree about the record before anybody is paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from freehold.chain.contracts import call
from freehold.core.actions.by_currency import BASE
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import Step
from freehold.core.actions.options import Payout
from freehold.core.actions.plan import Plan
from freehold.core.errors import Broken, Conflict, Invalid
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.outbox import repricing
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.securities import split_figures
from freehold.desks.servicing import (
    claiming,
    delivering,
    entitlements,
    holders_of,
    holding,
    noting,
    pots,
    recording,
    reinvesting,
    remains,
    servicing,
    tendering,
    transfer_books,
    undelivered,
    unit_checks,
)
from freehold.desks.servicing.servicing import Case


@dataclass(frozen=True, slots=True)
class Proof:
    """What a payment came to, from the chain's events, beside what was due; `differences` in words,
    `units_kept` base units that holders get once they may receive them."""

    paid: int
    held: int
    withheld: int
    accounts: int
    differences: tuple[str, ...]
    currency: str = ""
    others: tuple["Proof", ...] = ()
    units_kept: int = 0


@noting.noted("fund action", noting.itself)
def fund(
    office: Office, actor: Actor, id: str, amount: int | None = None, reference: str = ""
) -> ActOutcome:
    """Declare the pot on chain and put money into it: what is lacking of what is due, or `amount` of
    smallest units.

    The actor's own wallet pays; `reference` says what for, and is kept with the step. Raises NotFound,
    Conflict where it is not the time or nothing is lacking, Invalid for a pot smaller than declared.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.FUND)
    recorded = servicing.now_of(office) >= of.terms.record
    if of.terms.revenue and amount is None:
        raise Invalid(f"{id} is fed by revenue: `freehold action feed {id}`", field="amount")
    amounts: dict[str, int] = {}
    if amount is None or of.terms.options.currencies or (recorded and not of.terms.revenue):
        due = pots.due_by_currency(servicing.planned(office, of))
        _refuse_less(of, due[BASE], amount)
        lacks = _lacks(of, due)
        amounts = {code: lacks[code] for code in lacks if code}
        amount = lacks[BASE] if amount is None else amount
        if Step.FUND in of.steps and not amount and not any(amounts.values()):
            raise Conflict(f"the pot of {id} holds all that is due: nothing is lacking", action=id)
    numbers = pots.declared(office, actor, of, [BASE, *amounts])
    if isinstance(numbers, ActOutcome):
        return numbers
    done = pots.filled(office, actor, of, numbers, {BASE: amount} | amounts)
    if not done.refused:
        left = {"distribution": numbers[BASE], "amount": str(amount)}
        left |= {"terms": pots.hash_of(of.terms).hex()}
        left |= {"reference": reference} if reference else {}
        others = dict(of.left(Step.FUND).get("pots", {})) | {
            code: {"distribution": numbers[code], "amount": str(pots.funded(of, code) + more)}
            for code, more in amounts.items()
        }
        servicing.record_step(
            office, actor, id, Step.FUND, left | ({"pots": others} if others else {})
        )
    return done


def require_enough(office: Office, of: Case, amount: int) -> None:
    """Raises Invalid for a pot of `amount` smallest units that is smaller than what the record instant made
    due; before it, or where revenue feeds the pot, any amount is good."""
    if servicing.now_of(office) >= of.terms.record and not of.terms.revenue:
        _refuse_less(of, pots.due_by_currency(servicing.planned(office, of))[BASE], amount)


def _refuse_less(of: Case, due: int, amount: int | None) -> None:
    """`amount` comes to what is in the pot already."""
    if amount is None:
        return
    within = pots.funded(of, BASE) + amount
    if within < due:
        raise Invalid(
            f"the pot {within} is smaller than declared: {due} is due; fund {due - within} more",
            field="amount",
        )


def _lacks(of: Case, due: Mapping[str, int]) -> dict[str, int]:
    """What each pot still needs."""
    return {code: max(amount - pots.funded(of, code), 0) for code, amount in due.items()}


def _require_funded(of: Case, found: Plan) -> None:
    """Raises Conflict where the terms were amended after the pot was funded, and more is due by them."""
    if not of.terms.pays or of.terms.revenue:
        return
    for code, more in _lacks(of, pots.due_by_currency(found)).items():
        if more:
            coin = f" of {code}" if code else ""
            raise Conflict(
                f"the pot{coin} of {of.known.id} lacks {more} of what is due by the terms in force:"
                f" `freehold action fund {of.known.id}` adds it",
                action=of.known.id,
            )


@noting.noted("pay action", noting.itself)
def pay(office: Office, actor: Actor, id: str) -> ActOutcome:
    """Pay everybody and deliver the units; stopped in the middle, the same again goes on.

    Raises NotFound, Conflict where it is not the time, Broken where register and contract disagree.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.PAY)
    if Step.PAY not in of.steps:
        number = of.record
        entitlements.require_agreement(office, of.instrument.token, number)
        if of.terms.work is Work.SPLIT:
            _require_splittable(office, of)
    if of.terms.work is Work.OFFER:
        of = delivering.subscribers(office, actor, of)
    found = servicing.planned(office, of)
    if Step.PAY not in of.steps:
        _require_funded(of, found)
        tendering.settle_all(office, of)
        unit_checks.require_held(office, of, found)
        unit_checks.require_room(office, of, found)
        if transfer_books.close(office, of):
            unit_checks.require_held(office, of, found)
    moneyless = not (found.money or found.others)
    if Step.PAY not in of.steps and (of.terms.work is Work.SPLIT or moneyless):
        servicing.record_step(office, actor, id, Step.PAY, delivering.before(office, of))
        of = servicing.case(office, id)
    if of.terms.work is Work.SPLIT:
        done, found = delivering.split(office, actor, of, found)
        if done.refused:
            return done
    if of.terms.pays and (found.money or found.others):
        done = _pay_out(office, actor, of, found)
        if done.refused:
            return done
        if pots.next_hold(office, servicing.case(office, id)) is not None:
            if of.terms.work is Work.REDEEM:
                paid = pots.payments(office, pots.numbers(of)[BASE])[0].keys()
                done = delivering.even_out(office, actor, of, frozenset(paid))
            return done  # a page that is kept back waits for its day
    if of.terms.work not in (Work.SPLIT, Work.PAY):
        done = delivering.deliver(office, actor, of, found)
        if done.refused:
            return done
    if found.reinvests:
        done = reinvesting.delivered(office, actor, servicing.case(office, id), found)
        if done.refused:
            return done
    transfer_books.reopen(office, of)
    tendering.end(office, of, actor.name)
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
    left |= {"units_kept": str(found.units_kept)} if found.units_kept else {}
    pots.record_payments(office, actor, of)
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
    done = ActOutcome("close", id, actor.name, Ended.DONE)
    if of.left(Step.FUND) and servicing.from_pot(of):
        calls = list(pots.closing(office, of))
        done = servicing.carry(office, actor, of, calls) if calls else done
    elif of.left(Step.FUND):
        done = pots.cancelled(office, actor, of)
    if done.refused:
        return done
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
        done = pots.cancelled(office, actor, of)
        if done.refused:
            return done
        paid, _ = pots.payments(office, int(fund["distribution"]))
    if paid and of.terms.options.price is not None:
        done = reinvesting.delivered(office, actor, of, servicing.planned(office, of))
        if done.refused:
            return done
    if Step.PAY in of.steps:
        done = delivering.even_out(office, actor, of, frozenset(paid))
        if done.refused:
            return done
    transfer_books.reopen(office, of)
    tendering.end(office, of, actor.name)
    pots.record_payments(office, actor, of, called_off=True)
    recording.called_off(
        office, actor, of
    )  # a record that stays bars nearer ones, and harms nobody
    gross = sum(amount for amount, _ in paid.values())
    left = {"paid": str(gross), "accounts": len(paid)}
    servicing.record_step(office, actor, id, Step.CANCEL, left)
    return ActOutcome("cancel", id, actor.name, Ended.DONE)


@noting.noted("release action", noting.itself)
def release(office: Office, actor: Actor, id: str, account: int) -> ActOutcome:
    """Send what is held for an account, money and units, to the wallet that opens it now.

    Raises NotFound, Conflict where nothing is held, or the holder is lost. What still stands against it
    refuses.
    """
    of = servicing.case(office, id)
    wallet = servicing.wallets(office, of.instrument.token).get(account)
    if wallet is None:
        raise Invalid(f"account {account} is not in the register", field="account")
    known = holders_of.by_account(office, of.owner, of.instrument.token).get(account)
    if known is not None:
        holding.require_found(office, of.owner, known.id)
    calls = list(_held_money(office, of, account, wallet))
    calls += claiming.of_the_found(office, remains.find(office, id), account, wallet)
    done = servicing.carry(office, actor, of, calls) if calls else None
    if done is not None and done.refused:
        return done
    if Step.RECONCILE in of.steps:
        pots.record_payments(office, actor, of, only=frozenset({account}))
    if Step.DELIVER in of.steps:
        done = delivering.release(office, actor, of, account) or done
    if done is None:
        raise Conflict(f"nothing is held for account {account} in {id}", action=id)
    return done


def _held_money(
    office: Office, of: Case, account: int, wallet: Address
) -> Iterator[tuple[Address, str, str, bytes]]:
    if not of.left(Step.FUND):
        return
    place = servicing.distribution(office)
    for code, number in pots.numbers(of).items():
        if pots.held_for(office, number, account):
            data = call("Distribution", "release", number, wallet)
            yield place, "release", pots.keyed(f"release {account}", code), data


def proof(office: Office, of: Case) -> Proof:
    """What was paid and delivered, from events alone, beside the plan; each other currency beside it."""
    found = servicing.planned(office, of)
    differences = list(delivering.differences(office, of, found))
    kept = sum(one.portion.gets for one in undelivered.waiting(of))
    if not of.left(Step.FUND) or not servicing.from_pot(of):
        return Proof(0, 0, 0, 0, tuple(differences), units_kept=kept)
    if found.reinvests:
        differences += reinvesting.differences(office, of, found)
    said = [_proof_of_pot(office, of, code) for code in pots.numbers(of)]
    own = said[0]
    differences += [each for one in said for each in one.differences]
    return replace(own, differences=tuple(differences), others=tuple(said[1:]), units_kept=kept)


def _proof_of_pot(office: Office, of: Case, code: str) -> Proof:
    """What one pot paid beside what was written down; what nobody claimed yet is no difference."""
    number, part = pots.numbers(of)[code], pots.opened(of).get(code)
    paid, held = pots.payments(office, number)
    due = pots.due_of(part) if part else {}
    claimed, lost = of.terms.options.payout is Payout.CLAIM, pots.missing(office, of, code)
    named, differences = f" in {code}" if code else "", []
    for account in sorted(due.keys() | paid.keys()):
        wrong = due.get(account) != paid.get(account)
        if wrong and not ((claimed or account in lost) and account not in paid):
            said = f"{due.get(account)} is due and {paid.get(account)} was paid"
            differences.append(f"account {account}: {said}{named}")
    unspent, inside, tax = pots.money(office, number)
    gross = sum(one for one, _ in paid.values())
    withheld = sum(one for _, one in paid.values())
    into = pots.funded(of, code)
    if not pots.state(office, number) & pots.ENDED and unspent + gross != into:
        differences.append(f"the pot has {unspent} left of {into} after paying {gross}{named}")
    if tax not in (0, withheld):
        differences.append(f"the pot keeps {tax} of {withheld} tax{named}")
    net = gross - withheld - sum(held.values())
    inside += sum(due[one][0] - due[one][1] for one in lost)
    return Proof(net, inside, withheld, len(paid), tuple(differences), code)


def _pay_out(office: Office, actor: Actor, of: Case, found: Plan) -> ActOutcome:
    """Open each pot with its pages and the root of its claims, and push what is pushed."""
    if Step.OPEN not in of.steps:
        until = holding.kept_back(office, of)
        lost = holding.lost(office, of.owner, of.instrument.token)
        pots.written(office, actor, of, found, until, lost)
        of = servicing.case(office, of.known.id)
    done = ActOutcome("pay", of.known.id, actor.name, Ended.DONE)
    for code in pots.opened(of):
        done = pots.pushed(office, actor, of, code, _begun)
        if done.refused:
            return done
    return done


def _require_splittable(office: Office, of: Case) -> None:
    """Raises Invalid, Conflict where a split would leave something absurd, or counted in other units."""
    assert of.terms.exchange is not None, "a split has its ratio"
    ratio = of.terms.exchange.ratio
    split_figures.figures(office, of.instrument, ratio)
    split_figures.require_no_rules_announced(office, of.instrument)
    repricing.require_none_due(office, of.instrument.token, ratio, of.known.id)


def _begun(office: Office, actor: Actor, of: Case) -> None:
    """The payment began with the first pot that is open."""
    if Step.PAY not in servicing.case(office, of.known.id).steps:
        count = sum(len(pots.cut(part)) for part in pots.opened(of).values())
        servicing.record_step(office, actor, of.known.id, Step.PAY, {"pages": count})
