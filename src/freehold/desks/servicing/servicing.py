"""What every desk of corporate actions works with: one action with its terms and steps, the contract that
pays, who holds what at the record.

An action is looked up by its id. A step is recorded after what it says has become final.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from freehold.book import actions as book
from freehold.book import issuers, settings
from freehold.book.actions import KnownAction, Taken
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain import contracts, deploy
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import State, Step, state, why_not
from freehold.core.actions.plan import NO_FORMS, Movable, Plan, movable_of, plan
from freehold.core.actions.revenue import pot_of
from freehold.core.actions.terms import Basis, Terms, read
from freehold.core.errors import Conflict
from freehold.core.ids import Address, InstructionId, instruction_id
from freehold.core.powers import Powers
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Order
from freehold.desks.servicing import entitlements, taxes
from freehold.indexer import read as register


@dataclass(frozen=True, slots=True)
class Case:
    """One action as the book knows it: the terms in force and how many versions there were."""

    known: KnownAction
    owner: KnownIssuer
    instrument: KnownInstrument
    terms: Terms
    version: int
    taken: tuple[Taken, ...]
    elections: Mapping[int, tuple[str, int]]

    @property
    def steps(self) -> frozenset[Step]:
        return frozenset(Step(one.step) for one in self.taken)

    @property
    def scope(self) -> str:
        """What the keys of its acts belong to."""
        return f"action {self.known.id}"

    @property
    def record(self) -> int:
        """The number of its record at the instrument."""
        return book.record_of(self.taken)

    def left(self, step: Step) -> Mapping[str, Any]:
        """What the last such step left; nothing where there was none."""
        found = [one.content for one in self.taken if one.step == step]
        return found[-1] if found else {}


def case(office: Office, id: str) -> Case:
    """The action with this id. Raises NotFound."""
    with office.book.reading() as tx:
        known = book.find(tx, id)
        owner = issuers.find(tx, known.issuer)
        instrument = issuers.instrument_named(tx, owner.id, known.instrument)
        texts = book.versions(tx, id)
        taken, elections = tuple(book.steps(tx, id)), book.elections(tx, id)
    return Case(known, owner, instrument, read(texts[-1]), len(texts), taken, elections)


def record_step(
    office: Office, actor: Actor, known: str, step: Step, content: Mapping[str, Any]
) -> None:
    """Write down that a step was taken."""
    with office.book.transaction() as tx:
        book.add_step(tx, known, step, content, office.clock.now(), actor.name)


def now_of(office: Office) -> datetime:
    """The instant by which an action's state is judged: the chain's, or the wall's where that is ahead."""
    on_chain = now_on_chain(office)
    return on_chain if office.simulated else max(on_chain, office.clock.now())


def state_of(office: Office, of: Case) -> State:
    """Where an action stands now."""
    return state(of.terms, of.steps, now_of(office))


def require(office: Office, of: Case, wanted: Step) -> None:
    """Raises Conflict with the sentence that says why a step cannot be taken now."""
    if words := why_not(of.terms, of.steps, now_of(office), wanted):
        raise Conflict(words, action=of.known.id, state=str(state_of(office, of)))


def planned(office: Office, of: Case) -> Plan:
    """What the action does to each account. Raises Invalid, Conflict before the record instant."""
    number = of.record
    held = entitlements.holdings(office, of.instrument.token, number)
    aside = set(of.left(Step.OPEN).get("left_out", ()))
    choices = {
        account: units
        for account, (_, units) in of.elections.items()
        if units and account not in aside
    }
    on_file = NO_FORMS
    if of.terms.tax:
        day = of.terms.payment.date()
        on_file, _ = taxes.forms(office, of.owner, of.instrument.token, day)
    terms, chosen = _with_pot(office, of), choices_of(of)
    parts = _movable(office, of)
    return plan(terms, held, of.instrument.decimals, choices, on_file, chosen, parts)


def _movable(office: Office, of: Case) -> Movable | None:
    """What may convert, as the register was at the record instant."""
    if of.terms.work is not Work.CONVERT:
        return None
    with office.index.connect() as view:
        number = of.record
        return movable_of(register.lines_of_record(view, of.instrument.token, number))


def choices_of(of: Case) -> dict[int, str]:
    """What each account elected last: a currency, or to re-invest."""
    return {account: choice for account, (choice, _) in of.elections.items()}


def _with_pot(office: Office, of: Case) -> Terms:
    """The terms with the pot that was fed, where revenue feeds it. Raises Invalid at the cap."""
    share, cash = of.terms.revenue, of.terms.cash
    if share is None or cash is None:
        return of.terms
    opened = of.left(Step.OPEN).get("total")
    fed = sum(int(one.content["amount"]) for one in of.taken if one.step == Step.FUND)
    pot = int(opened or pot_of(share, fed, paid_before(office, of.owner, of.terms), cash.decimals))
    return replace(
        of.terms, cash=replace(cash, basis=Basis.POT, amount=Fraction(pot, 10**cash.decimals))
    )


def paid_before(office: Office, owner: KnownIssuer, terms: Terms) -> int:
    """What the other actions of a series of shares of revenue have paid, in the coin's smallest unit."""
    assert terms.revenue is not None, "asked for a share of revenue"
    with office.book.reading() as tx:
        others = [one.id for one in book.every(tx, owner.id) if one.id != terms.id]
    paid = 0
    for other in (case(office, id) for id in others):
        if other.terms.revenue and other.terms.revenue.series == terms.revenue.series:
            called_off = other.left(Step.CANCEL)
            paid += int(
                called_off.get("paid", 0) if called_off else other.left(Step.OPEN).get("total", 0)
            )
    return paid


def from_pot(of: Case) -> bool:
    """Whether the action began to pay from its pot."""
    return Step.PAY in of.steps and not {"rows", "pots"}.isdisjoint(of.left(Step.OPEN))


def wallets(office: Office, token: Address) -> dict[int, Address]:
    """The wallet that opens each account now, by number."""
    bring_up(office)
    with office.index.connect() as view:
        known = register.accounts(view, token)
        return {account: Address(wallet) for wallet, account in known.items()}


def token_named(office: Office, of: Case, named: str) -> Address:
    """The token of another class of the same issuer; the action's own where none is named."""
    if not named:
        return of.instrument.token
    with office.book.reading() as tx:
        return issuers.instrument_named(tx, of.owner.id, named).token


def distribution(office: Office) -> Address:
    """The contract that pays on this chain, created on first use."""
    name = f"distribution:{office.chain}"
    with office.book.reading() as tx:
        if found := settings.read(tx, name):
            return Address(found)
    data = contracts.creation("Distribution")
    asked = Asked(office.keys.agent, None, data, "create the distribution", name)
    place = deploy.created(receipt_of(office, carry_out(office, name, [asked])[0]))
    with office.book.transaction() as tx:
        settings.write(tx, name, place, office.clock.now())
    return place


def act_id(of: Case, actor: Actor, key: str) -> InstructionId:
    """The id under which an act of the action stands in the chain's events."""
    return act_id_of(of, actor.signer.address, key)


def act_id_of(of: Case, sender: Address, key: str) -> InstructionId:
    """The same for whoever sent it."""
    return instruction_id(of.scope, sender, key)


def carry(
    office: Office,
    actor: Actor,
    of: Case,
    calls: list[tuple[Address, str, str, bytes]],
    needs: Powers = Powers.ACTION,
) -> ActOutcome:
    """Carry calls (target, what, key, data) out one after another; the first refusal ends it.

    Each waits for the one before it, because it rests on it. Asked again, none is done twice.
    """
    done = orders.refuse(actor, of.scope, "", 0, "there is nothing to do")
    for target, what, key, data in calls:
        asked = (Asked(actor.signer, target, data, what[:64], key),)
        done = orders.carry(office, actor, Order(what, of.scope, key, asked, needs))
        if done.refused:
            return done
    return done
