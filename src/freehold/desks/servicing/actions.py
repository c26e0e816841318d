"""Corporate actions from announcement to cancellation: terms, elections, what each account will get.

The record instant is announced on chain with the action, so that holdings at it are exact for ever.
Paying and delivering stand in `paying.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from freehold.book import actions as book
from freehold.book import identities, issuers
from freehold.book.actions import KnownAction
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.chain import coins
from freehold.chain.contracts import call
from freehold.core.actions import consent
from freehold.core.actions.amending import Change, changes, standing, why_not
from freehold.core.actions.kinds import Kind, Work
from freehold.core.actions.life import State, Step
from freehold.core.actions.plan import UNTAXED, Plan
from freehold.core.actions.revenue import pot_of
from freehold.core.actions.tax import note
from freehold.core.actions.terms import Basis, Terms, read, untaxed_because
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Broken, Conflict, Invalid
from freehold.core.letters import Kind as Letter
from freehold.core.powers import Powers
from freehold.core.roles import holder_scope
from freehold.desks import notices, parties
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Order
from freehold.desks.register import records
from freehold.desks.securities import split_figures
from freehold.desks.servicing import (
    holders_of,
    noting,
    pay_coins,
    pots,
    recording,
    servicing,
    subscribing,
    tax_wallet,
    tendering,
    undelivered,
    unit_checks,
)
from freehold.desks.servicing.servicing import Case
from freehold.desks.servicing.undelivered import Kept
from freehold.indexer import read as register

_TRIED_WITH = 100
"""Holders whose balance is looked at when a coin is tried."""
CHOICES = {Work.OFFER: ("subscribe",), Work.BUY: ("tender",)}
"""What a holder may elect in units; whoever elects 0 units takes back what he elected before."""


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """What became of a request about an action, and where the action stands after it."""

    act: ActOutcome
    action: str
    state: State | None


@dataclass(frozen=True, slots=True)
class Part:
    """One account's part of an action: units it held, units it gets and gives, money.

    `currency` is the code of the one it elected, empty for the action's own coin. Of money that is
    re-invested `cash` is what is paid in lieu of a fraction.
    """

    account: int
    units: int
    gets: int
    gives: int
    gross: int
    withheld: int
    net: int
    due: int
    fraction: Fraction
    lapses: int = 0
    rate: Fraction = Fraction(0)
    tax_note: str = ""
    currency: str = ""
    cash: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """An action for whoever asks: terms in force, state, steps, which record, and the units that are kept
    for holders who may not receive them now."""

    terms: Terms
    version: int
    state: State
    record: int
    steps: Sequence[tuple[str, datetime, str]]
    kept: Sequence[Kept] = ()


@noting.noted("announce action", noting.id_in)
def announce(
    office: Office, actor: Actor, text: str, issuer: str | None = None, *, dry_run: bool = False
) -> ActionOutcome:
    """Announce an action by its terms and its record instant on chain.

    Raises Invalid with every mistake of the terms, NotFound, Conflict for an id in use.
    """
    terms = read(text)
    owner, instrument = parties.instrument(office, issuer, terms.instrument)
    known = _already(office, owner, terms)
    if not known:
        _check(office, owner, instrument, terms)
    done = _announce_record(office, actor, instrument, terms, dry_run=dry_run)
    if done.refused or dry_run:
        return ActionOutcome(done, terms.id, None)
    if not known:
        _keep(office, actor, owner, instrument, terms, text)
    return _outcome(office, done, terms.id)


@noting.noted("amend action", noting.id_in)
def amend(office: Office, actor: Actor, text: str) -> ActionOutcome:
    """Put other terms in force, as far as `core/actions/amending.py` lets them; what holders elected lapses
    where the bargain is worse for them now.

    Raises Invalid, NotFound, Conflict with the way out where it is too late.
    """
    terms = read(text)
    of = servicing.case(office, terms.id)
    found = require_amendable(office, of, terms)
    if found != (Change.WORDS,):
        _check(office, of.owner, of.instrument, terms, announced=True)
    done = _amend_pot(office, actor, of, terms, found)
    if not done.refused and Change.RECORD in found:
        done = recording.moved(office, actor, of, terms.record)
    if done.refused:
        return ActionOutcome(done, terms.id, servicing.state_of(office, of))
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    with office.book.transaction() as tx:
        version = book.add_terms(tx, terms.id, text, office.clock.now(), actor.name)
        content = {"version": version}
        if Change.RECORD in found:
            content["record"] = records.number_at(office, of.instrument.token, terms.record)
        book.add_step(tx, terms.id, Step.AMEND, content, office.clock.now(), actor.name)
        _lapse(office, tx, actor, of, terms, known)
    return _outcome(office, done, terms.id)


def require_amendable(office: Office, of: Case, terms: Terms) -> tuple[Change, ...]:
    """What other terms change of an action. Raises Conflict with the way out where that cannot be amended,
    or where another record instant cannot be announced in place of its own."""
    found = changes(of.terms, terms)
    state = servicing.state_of(office, of)
    where = standing(state, Step.FUND in of.steps)
    if wrong := why_not(of.terms, where, found):
        raise Conflict(wrong, action=of.known.id, state=str(state))
    if Change.RECORD in found:
        recording.require_movable(office, of, terms.record)
    return found


def _lapse(
    office: Office,
    tx: Transaction,
    actor: Actor,
    of: Case,
    terms: Terms,
    known: Mapping[int, KnownHolder],
) -> None:
    """Take back what holders elected in a bargain that is worse for them now, and tell them."""
    now, lapsed = office.clock.now(), terms.options.default
    for account, (choice, units) in sorted(of.elections.items()):
        taken_back = not units if terms.work in CHOICES else choice == of.terms.options.default
        if taken_back or consent.binds(of.terms, terms, choice):
            continue
        left = choice if terms.work in CHOICES else lapsed
        book.elect(tx, terms.id, account, left, 0, now, actor.name)
        if account in known:
            tendering.locked(office, tx, of, known[account].id, 0, actor.name)
            said = (
                f"What you elected in {terms.id} ({choice}) has lapsed, because its terms were changed"
                f" on {now:%Y-%m-%d}. Elect again if you still want to."
            )
            once = f"lapse {terms.id} {of.version + 1} {account}"
            notices.tell_holder(tx, of.owner.id, known[account].id, said, now, once)


@noting.noted("elect in action", noting.itself)
def elect(
    office: Office,
    actor: Actor,
    id: str,
    holder: str,
    choice: str,
    units: int,
    keep: Callable[[Transaction], bool] = lambda tx: True,
) -> None:
    """Record what a holder elects, in base units; the last word before the payment counts.

    `keep` is asked in the same transaction whether it is written: a door keeps its key there.
    Raises NotFound, Invalid where the action asks nobody, Conflict where it is too late.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.ELECT if units else _latest(office, of))
    choices = choices_in(of.terms)
    if choice not in choices:
        known = " or ".join(choices) or "what is written: it has no [elections] and no [reinvest]"
        raise Invalid(f"the {of.terms.kind} {id} asks holders nothing but {known}", field="choice")
    party = parties.party(office, of.owner, holder)
    _check_units(of, units)
    unit_checks.require_rights(office, of, party.facts.account, units)
    tendering.require_free(office, of, party, units)
    with office.book.transaction() as tx:
        now = office.clock.now()
        if keep(tx):
            book.elect(tx, id, party.facts.account, choice, units, now, actor.name)
            tendering.locked(office, tx, of, party.holder.id, units, actor.name)
    tendering.settle(office, of, party.holder.id)


def _latest(office: Office, of: Case) -> Step:
    """By which step's time a tender of units that are no longer there may be taken back: until anybody is
    paid, for it stops the payment of all others."""
    if of.terms.work is not Work.BUY or servicing.now_of(office) < of.terms.payment:
        return Step.ELECT
    short = unit_checks.lacking(office, of, servicing.planned(office, of))
    return Step.AMEND if short else Step.ELECT


def _check_units(of: Case, units: int) -> None:
    """Raises Invalid for units that nobody can tender or subscribe."""
    if units < 0:
        raise Invalid(f"units {units} is below none: 0 takes an election back", field="units")
    if units and of.terms.work not in CHOICES:
        raise Invalid(f"units {units}: this choice is of money, and takes no units", field="units")
    if of.terms.work is Work.OFFER and units > of.terms.most:
        raise Invalid(
            f"units {units} is more than the {of.terms.most} base units that are offered in all",
            field="units",
        )


def choices_in(terms: Terms) -> tuple[str, ...]:
    """What holders may elect in an action: to tender or subscribe units, a currency, to re-invest."""
    return CHOICES.get(terms.work, terms.options.choices)


def preview(office: Office, id: str) -> tuple[Plan, list[Part]]:
    """What each account gets, once the record instant has passed. Raises NotFound, Conflict, Invalid."""
    of = servicing.case(office, id)
    found = servicing.planned(office, of)
    return found, parts_of(found)


def parts_of(found: Plan) -> list[Part]:
    """A plan by account, ascending."""
    shares = {
        one.account: (code, one, taxed.day)
        for code, taxed in found.every.items()
        for one in taxed.shares()
    }
    units = {*found.gets, *found.gives, *found.fractions, *found.lapses}
    every = sorted({*shares, *found.amounts, *units})
    parts = []
    for account in every:
        code, share, day = shares.get(account, ("", None, None))
        listed = found.amounts.get(account, 0)
        money = (share.gross, share.withheld, share.net) if share else (listed, 0, listed)
        held = share.units if share else found.held.get(account, 0)
        moved = found.gets.get(account, 0), found.gives.get(account, 0)
        due, fraction = found.due.get(account, 0), found.fractions.get(account, Fraction(0))
        lapses = found.lapses.get(account, 0)
        what = share.treatment if share else UNTAXED
        why = note(what, day) if day else ""
        figures = (*moved, *money, due)
        again = found.reinvests.get(account)
        rest = (what.rate, why, code, again.cash if again else 0)
        parts.append(Part(account, held, *figures, fraction, lapses, *rest))
    return parts


def show(office: Office, id: str) -> Shown:
    """One action. Raises NotFound."""
    of = servicing.case(office, id)
    taken = [(one.step, one.at, one.by) for one in of.taken]
    record = of.record
    state, kept = servicing.state_of(office, of), undelivered.waiting(of)
    return Shown(of.terms, of.version, state, record, taken, kept)


def every(office: Office, issuer: str | None) -> list[Shown]:
    """All actions of an issuer. Raises NotFound, Conflict."""
    owner = parties.owner(office, issuer)
    with office.book.reading() as tx:
        ids = [one.id for one in book.every(tx, owner.id)]
    return [show(office, id) for id in ids]


def _outcome(office: Office, done: ActOutcome, id: str) -> ActionOutcome:
    return ActionOutcome(done, id, servicing.state_of(office, servicing.case(office, id)))


def require_possible(office: Office, owner: KnownIssuer, terms: Terms) -> None:
    """Raises Invalid, NotFound or Conflict for terms that the ledger contradicts, whatever their dates."""
    instrument = parties.instrument(office, owner.id, terms.instrument)[1]
    _check(office, owner, instrument, terms, announced=True)


def _already(office: Office, owner: KnownIssuer, terms: Terms) -> bool:
    """Whether the same terms were announced before, by somebody who was interrupted or asks twice."""
    with office.book.reading() as tx:
        return any(
            one.id == terms.id and read(book.versions(tx, one.id)[-1]) == terms
            for one in book.every(tx, owner.id)
        )


def _check(
    office: Office,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    terms: Terms,
    *,
    announced: bool = False,
) -> None:
    """What only the ledger can tell about terms. Raises Invalid, NotFound, Conflict."""
    if why := untaxed_because(terms):
        raise Invalid(f"tax {terms.tax}: the {terms.kind} {why}; leave tax out", field="tax")
    if terms.follows:
        with office.book.reading() as tx:
            if terms.follows not in [one.id for one in book.every(tx, owner.id)]:
                said = f"there is no action {terms.follows} of this issuer that it could follow"
                raise Invalid(said, field="follows")
    if not announced:
        records.require_ahead(office, instrument, terms.record)
        _check_id(office, terms.id)
        unit_checks.require_alone(office, owner, instrument, terms)
    if terms.cash is not None:
        pay_coins.require_money(office, terms.cash.coin)
        coin = coins.about(office.w3, terms.cash.coin)
        if not announced:
            subscribing.require_reliable(office, coin.address, _who_may_have(office, owner))
        if coin.decimals != terms.cash.decimals:
            raise Invalid(
                f"the terms say {terms.cash.decimals} decimals, the coin {coin.symbol} has"
                f" {coin.decimals}",
                field="decimals",
            )
        if terms.cash.basis is Basis.POT and (terms.cash.amount * 10**coin.decimals) % 1:
            said = f"the pot {terms.cash.amount} has more than the coin's {coin.decimals} decimals"
            raise Invalid(said, field="pot")
    for one in terms.options.currencies:
        pay_coins.require_money(office, one.coin)
        told = coins.about(office.w3, one.coin)
        if told.decimals != one.decimals:
            raise Invalid(
                f"the terms say {one.decimals} decimals of {one.code}, the coin has {told.decimals}",
                field="decimals",
            )
    if terms.revenue is not None and terms.cash is not None and not announced:
        pot_of(terms.revenue, 0, servicing.paid_before(office, owner, terms), terms.cash.decimals)
    if terms.exchange is not None and terms.exchange.into:
        with office.book.reading() as tx:
            other = issuers.instrument_named(tx, owner.id, terms.exchange.into)
        if terms.kind in (Kind.CONVERSION, Kind.SPIN_OFF) and other.token == instrument.token:
            said = f"{instrument.class_id} cannot convert into itself: `into` names another class"
            raise Invalid(said, field="into")
    if terms.work is Work.SPLIT and terms.exchange is not None:
        split_figures.figures(office, instrument, terms.exchange.ratio)
    unit_checks.require_authorised(office, owner, instrument, terms)


def _check_id(office: Office, id: str) -> None:
    """Ids are those of the whole book: its acts' keys on the chain come from them."""
    with office.book.reading() as tx:
        if book.is_taken(tx, id):
            raise Invalid(f"the id {id} is used already: give this one another", field="id")


def _who_may_have(office: Office, owner: KnownIssuer) -> list[str]:
    """Wallets that may have some of a coin, so that it can be tried: the agent's, then the holders'."""
    with office.book.reading() as tx:
        known = [one.wallet for one in issuers.holders(tx, owner.id)]
    return [office.keys.agent.address, *known[:_TRIED_WITH]]


def _announce_record(
    office: Office, actor: Actor, instrument: KnownInstrument, terms: Terms, *, dry_run: bool
) -> ActOutcome:
    seconds = to_seconds(terms.record)
    scope, key = f"action {terms.id}", "announce"
    if records.number_at(
        office, instrument.token, terms.record
    ):  # another action's, or asked again
        ended = orders.Ended.TRIED if dry_run else orders.Ended.DONE
        return ActOutcome("announce", key, actor.name, ended)
    data = call("SecurityToken", "announce_record", seconds)
    calls = (Asked(actor.signer, instrument.token, data, "announce a record", key),)
    order = Order("announce", scope, key, calls, Powers.RECORD)
    return orders.carry(office, actor, order, dry_run=dry_run)


def _keep(
    office: Office,
    actor: Actor,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    terms: Terms,
    text: str,
) -> None:
    number = records.number_at(office, instrument.token, terms.record)
    if not number:
        raise Broken(f"the record announced for {terms.id} is not in the chain's events")
    now = office.clock.now()
    row = KnownAction(terms.id, owner.id, instrument.token, str(terms.kind), now, actor.name)
    content: Mapping[str, Any] = {"record": number}
    if wallet := tax_wallet.of(office, owner.id):
        content = {**content, "tax_wallet": wallet}
    concerned = _concerned(office, owner, instrument)
    with office.book.transaction() as tx:
        book.add(tx, row, text)
        book.add_step(tx, terms.id, Step.ANNOUNCE, content, now, actor.name)
        _tell_news(tx, owner, instrument, terms, now, concerned)


def _concerned(office: Office, owner: KnownIssuer, instrument: KnownInstrument) -> frozenset[str]:
    """The scopes of holders who have a letter of their own (`action_letters.py`): they hold the class."""
    known = holders_of.by_account(office, owner, instrument.token)
    with office.index.connect() as view:
        held = register.holdings(view, instrument.token, register.last_block(view))
    return frozenset(
        holder_scope(owner.id, known[account].id) for account in held.accounts if account in known
    )


def _tell_news(
    tx: Transaction,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    terms: Terms,
    now: datetime,
    concerned: frozenset[str],
) -> None:
    """Write to the issuer's other investors who sign in and want news that an action was announced."""
    kind = str(terms.kind).replace("-", " ")
    facts = {
        "issuer": owner.name,
        "title": terms.name or f"{kind}, {instrument.name}",
        "said": f"A {kind} of {instrument.name} was announced: record {stamp(terms.record)}, payment"
        f" {stamp(terms.payment)}.",
        "link": f"/actions/{terms.id}",
    }
    for one in sorted(identities.investors(tx, owner.id)):
        if concerned & {given.scope for given in identities.roles(tx, one)}:
            continue
        notices.tell(tx, one, Letter.NEWS, facts, now, f"announced {terms.id}")


def _amend_pot(
    office: Office, actor: Actor, of: Case, terms: Terms, found: tuple[Change, ...]
) -> ActOutcome:
    """Times of a pot that is funded already; its rate is fixed anew when it opens."""
    fund = of.left(Step.FUND)
    if not fund or found == (Change.WORDS,):
        return ActOutcome("amend", f"amend {of.version}", actor.name, orders.Ended.DONE)
    times = to_seconds(terms.payment), to_seconds(terms.claim_until)
    hashed = bytes.fromhex(fund["terms"])
    place = servicing.distribution(office)
    calls = []
    for code, number in pots.numbers(of).items():
        data = call("Distribution", "amend", number, 0, 0, *times, hashed)
        calls.append((place, "amend the pot", pots.keyed(f"amend {of.version}", code), data))
    return servicing.carry(office, actor, of, calls)


def with_payment(terms: Terms, payment: datetime) -> Terms:
    """The same terms, paid at another instant; claims end as long after it as before."""
    return replace(
        terms, payment=payment, claim_until=payment + (terms.claim_until - terms.payment)
    )
