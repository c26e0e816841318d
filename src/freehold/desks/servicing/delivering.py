"""The units of a corporate action: issued, redeemed, converted, split, or renamed, each once.

Every act's id follows from the action and the account, so what happened is found again in the chain's
events and compared with what was to happen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TypeVar

from freehold.book import issuers
from freehold.book.actions import Taken
from freehold.chain import coins, contracts
from freehold.chain.contracts import call
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import Step
from freehold.core.actions.plan import Plan, in_lieu
from freehold.core.errors import Conflict
from freehold.core.events import (
    Converted,
    Issued,
    Redeemed,
    SplitAnnounced,
    SplitApplied,
    SplitFinished,
)
from freehold.core.grounds import Ground
from freehold.core.ids import Address, instruction_id, record_hash
from freehold.core.powers import Powers
from freehold.desks.office import Office
from freehold.desks.outbox import orders, scaling
from freehold.desks.outbox.carrying import was_asked
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import servicing, subscribing, undelivered, unit_checks
from freehold.desks.servicing.servicing import Case
from freehold.desks.servicing.undelivered import Call, Page, Portion
from freehold.indexer import journal, read

AT_ONCE = 200
"""Receivers of one issue, accounts of one page of a split."""
Told = TypeVar("Told", Issued, Redeemed, Converted)


def deliver(office: Office, actor: Actor, of: Case, found: Plan) -> ActOutcome:
    """Carry out what the plan says about units."""
    wallets = servicing.wallets(office, of.instrument.token)
    work = of.terms.work
    match work:
        case Work.ISSUE:
            made = issue_pages(of, actor, found.gets, wallets, _into(office, of))
            return undelivered.delivered(office, actor, of, made, _needs(work))
        case Work.OFFER:
            done = _collect(office, actor, of, found, wallets)
            if done.refused:
                return done
            made = issue_pages(of, actor, found.gets, wallets, of.instrument.token)
            return undelivered.delivered(office, actor, of, made, _needs(work))
        case Work.CONVERT:
            made = _conversions(of, actor, found, wallets, _into(office, of))
            return undelivered.delivered(office, actor, of, made, _needs(work))
        case Work.RENAME:
            return _rename(office, actor, of, of.terms.name, "rename")
    calls = _redemptions(of, actor, found.gives, wallets)
    if not calls or work not in (Work.BUY, Work.REDEEM):
        return ActOutcome("deliver", of.known.id, actor.name, Ended.DONE)
    return servicing.carry(office, actor, of, calls, _needs(work))


def release(office: Office, actor: Actor, of: Case, account: int) -> ActOutcome | None:
    """Deliver the units that are kept for an account; None where none are. Raises Conflict."""
    wallets = servicing.wallets(office, of.instrument.token)
    converts, into = of.terms.work is Work.CONVERT, _into(office, of)

    def late(key: str, one: Portion, ratio: Fraction) -> Call:
        if converts:
            return _conversion(of, actor, wallets, into, ratio, key, [one])
        return _issue(of, actor, wallets, into, key, [one])

    needs = Powers.ACTION if converts else Powers.ISSUE
    return undelivered.released(office, actor, of, account, late, into, needs)


def before(office: Office, of: Case) -> Mapping[str, str]:
    """What has to be known to undo an action that is called off in the middle."""
    if of.terms.work is not Work.RENAME:
        return {}
    name = contracts.read(office.w3, "SecurityToken", of.instrument.token, "name")
    return {"name": name, "known": of.instrument.name}


def _rename(office: Office, actor: Actor, of: Case, name: str, key: str) -> ActOutcome:
    """Another name on the contract and, with it, in the book; `key` says which way."""
    data = call("SecurityToken", "setName", name)
    calls = [(of.instrument.token, "rename", key, data)]
    done = servicing.carry(office, actor, of, calls, _needs(Work.RENAME))
    if not done.refused:
        known = name if key == "rename" else of.left(Step.PAY)["known"]
        with office.book.transaction() as tx:
            issuers.rename(tx, of.instrument.token, known)
    return done


def split(office: Office, actor: Actor, of: Case, found: Plan) -> tuple[ActOutcome, Plan]:
    """Announce, scale every account, finish; the plan with the fractions that were really lost."""
    assert of.terms.exchange is not None, "a split has its ratio"
    ratio, token = of.terms.exchange.ratio, of.instrument.token
    id = _id(of, actor, "split")
    ratio_words = (ratio.numerator, ratio.denominator, 0, _document(of))
    begun = call("SecurityToken", "announce_split", id, *ratio_words)
    fresh = not was_asked(office, of.scope, actor.signer.address, "split")
    if fresh:
        scaling.begin(office, token, "0x" + id.hex())
    done = servicing.carry(office, actor, of, [(token, "announce the split", "split", begun)])
    if done.refused:
        if fresh:
            scaling.drop(office, token, "0x" + id.hex())
        return done, found
    bring_up(office)
    with office.index.connect() as view:
        start = next(
            one.position.block
            for one in journal.events_of(view, [token], (SplitAnnounced,))
            if isinstance(one.event, SplitAnnounced) and one.event.instruction == "0x" + id.hex()
        )
        held = [line.wallet for line in read.lines(view, token, start)]
    calls: list[Call] = []
    for first in range(0, len(held), AT_ONCE):
        data = call("SecurityToken", "split_page", held[first : first + AT_ONCE])
        calls.append((token, "scale accounts", f"split page {first}", data))
    calls.append((token, "finish the split", "split end", call("SecurityToken", "finish_split")))
    done = servicing.carry(office, actor, of, calls)
    if not done.refused:
        scaling.record(office, token)
    fractions = _lost(office, of, start)
    own = _treasury_free(found, fractions)
    lieu = {
        one: sum_ for one, sum_ in in_lieu(of.terms, own, of.instrument.decimals).items() if sum_
    }
    return done, replace(found, fractions=own, amounts=lieu)


def call_off_split(office: Office, actor: Actor, of: Case) -> ActOutcome:
    """Take an announced split back while no account was scaled; after that it can only be finished."""
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [of.instrument.token], (SplitAnnounced,))
    mine = {_hex(of, sender, "split") for sender in senders(office)}
    if not any(
        isinstance(one.event, SplitAnnounced) and one.event.instruction in mine for one in said
    ):
        return ActOutcome("cancel", of.known.id, actor.name, Ended.DONE)
    data = call("SecurityToken", "cancel_split", int(Ground.ISSUER_DECISION), _document(of))
    done = servicing.carry(office, actor, of, [(of.instrument.token, "cancel", "split off", data)])
    if not done.refused:
        scaling.drop(office, of.instrument.token)
    return done


def subscribers(office: Office, actor: Actor, of: Case) -> Case:
    """Settle who pays for what he subscribed: the rights of whoever has not the money, or has not
    allowed the actor's wallet to take it, lapse, and he is told. Written down before anything is taken.

    Raises Invalid for a coin that keeps a fee.
    """
    if Step.OPEN in of.steps:
        return of
    assert of.terms.cash is not None, "an offer names its coin"
    coin, wallets = Address(of.terms.cash.coin), servicing.wallets(office, of.instrument.token)
    left_out: list[int] = []
    owed: dict[int, int] = {}
    subscribing.require_reliable(office, coin, wallets)
    while True:
        now = replace(of, taken=(*of.taken, _left_out(of, left_out)))
        due = servicing.planned(office, now).due
        subscribing.permit_kept(office, actor, of, due)
        short = [
            account
            for account, amount in due.items()
            if coins.available(office.w3, coin, wallets[account], actor.signer.address) < amount
        ]
        if not short:
            break
        left_out += short
        owed |= {account: due[account] for account in short}
    subscribing.tell_lapsed(office, of, owed)
    left = {"left_out": sorted(left_out)}
    servicing.record_step(office, actor, of.known.id, Step.OPEN, left)
    return servicing.case(office, of.known.id)


def even_out(office: Office, actor: Actor, of: Case, paid: frozenset[int]) -> ActOutcome:
    """Leave nobody with half of a bargain when an action ends in the middle: who was paid for his units
    gives them, as far as he still has them; who paid for units that he did not get has his money back."""
    wallets = servicing.wallets(office, of.instrument.token)
    calls: list[Call] = []
    if of.terms.work in (Work.BUY, Work.REDEEM):
        gives = servicing.planned(office, of).gives
        there = unit_checks.held_now(office, of.instrument.token)
        ends = {
            one: units
            if was_asked(office, of.scope, actor.signer.address, f"unit {wallets[one]}")
            else min(units, there.get(one, 0))
            for one, units in gives.items()
            if one in paid
        }
        calls = _redemptions(
            of, actor, {one: units for one, units in ends.items() if units}, wallets
        )
    if of.terms.work is Work.OFFER:
        calls = _refunds(office, actor, of, wallets)
    if of.terms.work is Work.RENAME and was_asked(office, of.scope, actor.signer.address, "rename"):
        return _rename(office, actor, of, of.left(Step.PAY)["name"], "name back")
    if not calls:
        return ActOutcome("cancel", of.known.id, actor.name, Ended.DONE)
    return servicing.carry(office, actor, of, calls, _needs(of.terms.work))


def _refunds(office: Office, actor: Actor, of: Case, wallets: Mapping[int, Address]) -> list[Call]:
    assert of.terms.cash is not None, "an offer names its coin"
    found, own = servicing.planned(office, of), actor.signer.address
    order = sorted(found.gets)
    kept = {one.portion.account for one in undelivered.waiting(of)}
    collected = subscribing.collected(office, of, found.due)
    calls: list[Call] = []
    for at, account in enumerate(order):
        wallet = wallets[account]
        taken = was_asked(office, of.scope, own, f"collect {wallet}")
        sent = was_asked(office, of.scope, own, f"issue {at - at % AT_ONCE}")
        if taken and (not sent or account in kept):
            paid = min(collected[account], found.due[account])
            data = call("Cash", "transfer", wallet, paid)
            calls.append((Address(of.terms.cash.coin), "give back", f"refund {wallet}", data))
    return calls


def _left_out(of: Case, accounts: list[int]) -> Taken:
    return Taken(Step.OPEN, {"left_out": accounts}, of.known.created_at, of.known.by)


def differences(office: Office, of: Case, found: Plan) -> Iterator[str]:
    """What the events say otherwise than the plan about units."""
    token, work = of.instrument.token, of.terms.work
    if work is Work.RENAME:
        name = contracts.read(office.w3, "SecurityToken", token, "name")
        if name != of.terms.name:
            yield f"the name is {name!r} instead of {of.terms.name!r}"
    if work is Work.SPLIT:
        yield from _split_differences(office, of, found)
    if work is Work.OFFER:
        yield from _uncollected(office, of, found)
    less, kept_back = undelivered.units_left_out(of)
    if work in (Work.ISSUE, Work.OFFER):
        yield from _unlike("issued", sum(found.gets.values()) - less, issued(office, of))
    if work in (Work.BUY, Work.REDEEM):
        ended = sum(one.units for one in _told(office, of, token, Redeemed))
        yield from _unlike("redeemed", sum(found.gives.values()), ended)
    if work is Work.CONVERT:
        told = _told(office, of, token, Converted)
        taken, given = sum(one.units_in for one in told), sum(one.units_out for one in told)
        yield from _unlike("converted", sum(found.gives.values()) - kept_back, taken)
        yield from _unlike("issued for them", sum(found.gets.values()) - less, given)
    yield from undelivered.differences(office, of, _into(office, of), senders(office))


def issued(office: Office, of: Case) -> int:
    """The units that were issued by this action, from the events."""
    return sum(one.units for one in _told(office, of, _into(office, of), Issued))


def _unlike(what: str, due: int, done: int) -> Iterator[str]:
    if due != done:
        yield f"{due} units were to be {what}, {done} were"


def _split_differences(office: Office, of: Case, found: Plan) -> Iterator[str]:
    bring_up(office)
    with office.index.connect() as view:
        kinds = (SplitAnnounced, SplitApplied, SplitFinished)
        said = journal.events_of(view, [of.instrument.token], kinds)
    after = {
        one.event.account: one.event.after for one in said if isinstance(one.event, SplitApplied)
    }
    if not said or not isinstance(said[-1].event, SplitFinished):
        yield "the split is not finished"
    for account, units in found.gets.items():
        if after.get(account) != units:
            yield f"account {account} has {after.get(account)} units after the split, not {units}"


def _told(office: Office, of: Case, token: Address, kind: type[Told]) -> list[Told]:
    """The events of this action's acts."""
    keys = _keys(of, office)
    mine = {_hex(of, sender, one) for sender in senders(office) for one in keys}
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [token], (kind,))
    return [
        one.event for one in said if isinstance(one.event, kind) and one.event.instruction in mine
    ]


def _keys(of: Case, office: Office) -> list[str]:
    wallets = servicing.wallets(office, of.instrument.token).values()
    firsts = range(0, len(wallets) + 1, AT_ONCE)
    lots = servicing.planned(office, of).lots if of.terms.work is Work.CONVERT else {}
    known = servicing.wallets(office, of.instrument.token)
    parts = [_unit_key(known[account], vintage) for account, vintage in lots]
    return [*(f"issue {one}" for one in firsts), *(f"unit {one}" for one in wallets), *parts]


def _unit_key(wallet: Address, vintage: int) -> str:
    """The key of what happens to a wallet's units of a lot; 0: to those in no lot, or to all."""
    return f"unit {wallet} {vintage}" if vintage else f"unit {wallet}"


def senders(office: Office) -> list[Address]:
    """The two persons who may have signed."""
    keys = office.keys
    return [one.address for one in (keys.agent, keys.second) if one is not None]


def _hex(of: Case, sender: Address, key: str) -> str:
    return str(instruction_id(of.scope, sender, key))


def issue_pages(
    of: Case, actor: Actor, gets: Mapping[int, int], wallets: Mapping[int, Address], token: Address
) -> Iterator[Page]:
    """The pages that issue units, by account."""
    order = sorted(gets)
    for first in range(0, len(order), AT_ONCE):
        key = f"issue {first}"
        make = partial(_issue, of, actor, wallets, token, key)
        portions = tuple(Portion(one, gets[one]) for one in order[first : first + AT_ONCE])
        yield Page(key, portions, make)


def _issue(
    of: Case,
    actor: Actor,
    wallets: Mapping[int, Address],
    token: Address,
    key: str,
    some: Sequence[Portion],
) -> Call:
    rows = [int(wallets[one.account], 16) | one.gets << 160 for one in some]
    data = call("SecurityToken", "issue", _id(of, actor, key), 0, 0, rows)
    return token, "issue", key, data


def _redemptions(
    of: Case, actor: Actor, gives: Mapping[int, int], wallets: Mapping[int, Address]
) -> list[Call]:
    calls: list[Call] = []
    for account in sorted(gives):
        key = f"unit {wallets[account]}"
        grounds = (int(Ground.ISSUER_DECISION), _document(of))
        no_lots: list[int] = []
        what = (_id(of, actor, key), wallets[account], gives[account], *grounds, 0, no_lots)
        calls.append((of.instrument.token, "redeem", key, call("SecurityToken", "redeem", *what)))
    return calls


def _conversions(
    of: Case, actor: Actor, found: Plan, wallets: Mapping[int, Address], into: Address
) -> Iterator[Page]:
    """A page for each account and lot."""
    assert of.terms.exchange is not None, "a conversion has its ratio"
    ratio = of.terms.exchange.ratio
    for account, vintage in sorted(found.lots):
        gives = found.lots[account, vintage]
        key = _unit_key(wallets[account], vintage)
        one = Portion(account, int(gives * ratio), gives, vintage)
        yield Page(key, (one,), partial(_conversion, of, actor, wallets, into, ratio, key))


def _conversion(
    of: Case,
    actor: Actor,
    wallets: Mapping[int, Address],
    into: Address,
    ratio: Fraction,
    key: str,
    some: Sequence[Portion],
) -> Call:
    (one,) = some
    what = (_id(of, actor, key), wallets[one.account], into, one.gives)
    lots = [one.vintage] if one.vintage else []
    terms = (ratio.numerator, ratio.denominator, 0, _document(of), lots)
    data = call("SecurityToken", "convert_units", *what, *terms)
    return of.instrument.token, "convert", key, data


def _collect(
    office: Office, actor: Actor, of: Case, found: Plan, wallets: Mapping[int, Address]
) -> ActOutcome:
    """Take what subscribers owe, which they have allowed the actor's wallet to take."""
    assert of.terms.cash is not None, "an offer names its coin"
    calls: list[Call] = []
    for account, due in sorted(found.due.items()):
        data = call("Cash", "transferFrom", wallets[account], actor.signer.address, due)
        coin = Address(of.terms.cash.coin)
        calls.append((coin, "collect a subscription", f"collect {wallets[account]}", data))
    if not calls:
        return ActOutcome("collect", of.known.id, actor.name, Ended.DONE)
    done = servicing.carry(office, actor, of, calls)
    if not done.refused and (wrong := "; ".join(_uncollected(office, of, found))):
        raise Conflict(f"no unit is issued: {wrong}. Call {of.known.id} off", action=of.known.id)
    return done


def _uncollected(office: Office, of: Case, found: Plan) -> Iterator[str]:
    """Who paid another amount for his subscription than he owed, in words."""
    for account, paid in subscribing.collected(office, of, found.due).items():
        if paid != found.due[account]:
            yield f"account {account} paid {paid} of {found.due[account]} for its subscription"


def _lost(office: Office, of: Case, start: int) -> dict[int, Fraction]:
    assert of.terms.exchange is not None, "a split has its ratio"
    down = of.terms.exchange.ratio.denominator
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [of.instrument.token], (SplitApplied,))
    mine = [one.event for one in said if one.position.block >= start]
    applied = [one for one in mine if isinstance(one, SplitApplied)]
    return {one.account: Fraction(one.remainder, down) for one in applied if one.remainder}


def _treasury_free(found: Plan, fractions: Mapping[int, Fraction]) -> dict[int, Fraction]:
    """Fractions of accounts that the plan knows: the treasury is in none."""
    known = found.gets.keys() | found.fractions.keys()
    return {account: part for account, part in fractions.items() if account in known}


def _into(office: Office, of: Case) -> Address:
    return servicing.token_named(office, of, of.terms.exchange.into if of.terms.exchange else "")


def _id(of: Case, actor: Actor, key: str) -> bytes:
    return orders.instruction_bytes(servicing.act_id(of, actor, key))


def _document(of: Case) -> bytes:
    return bytes.fromhex(record_hash({"action": of.known.id, "version": of.version})[2:])


def _needs(work: Work) -> Powers:
    if work in (Work.ISSUE, Work.OFFER):
        return Powers.ISSUE
    if work in (Work.BUY, Work.REDEEM):
        return Powers.REDEEM
    return Powers.RULES if work is Work.RENAME else Powers.ACTION
