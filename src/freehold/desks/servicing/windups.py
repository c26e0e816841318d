"""Winding-ups and sales: terms and an exit become a plan that two persons agree to, and money for it.

Every class of the issuer is paid from one pot, by the plan's hash on chain. What each class gets is
reckoned on the units outside the treasury; it is agreed to before the record instant, and nothing is
paid if the units of a class are others at it. Paying stands in `winding_up.py`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from freehold.book import issuers, settings
from freehold.book import windups as book
from freehold.book.actions import Taken
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.windups import KnownWindup
from freehold.chain import coins, contracts, deploy
from freehold.chain.coins import Coin
from freehold.chain.contracts import call
from freehold.core.actions.entitlement import Holdings
from freehold.core.actions.exit_plan import (
    ExitPlan,
    class_part,
    payee_part,
    plan_hash,
    stage_word,
)
from freehold.core.actions.waterfall import Stage
from freehold.core.actions.windup import Course, Step, why_not
from freehold.core.actions.windup_file import (
    CLOSING,
    ID,
    Windup,
    exit_amount,
    read_windup,
    stages_of,
)
from freehold.core.clock import to_seconds
from freehold.core.errors import Broken, Conflict, Invalid, NotPermitted
from freehold.core.events_waterfall import WaterfallProposed
from freehold.core.ids import Address, instruction_id, record_hash
from freehold.core.powers import Powers
from freehold.core.units import format_units
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import following, orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended, Order
from freehold.desks.register import records
from freehold.desks.servicing import events, noting, pay_coins, servicing, tax_wallet
from freehold.indexer import journal
from freehold.indexer import read as register

Call = tuple[Address, str, str, bytes]


@dataclass(frozen=True, slots=True)
class Draft:
    """Terms as they stand on today's register: what each stage pays, who holds each class."""

    owner: KnownIssuer
    terms: Windup
    exit: str
    coin: Coin
    stages: tuple[Stage, ...]
    instruments: tuple[KnownInstrument, ...]
    holdings: Mapping[str, Holdings]
    document: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The ids of a plan's parts: all classes, then who is paid outside the register."""
        paid = [
            one
            for one in self.terms.outside
            if any(stage.payouts.get(one) for stage in self.stages)
        ]
        return (*self.terms.classes, *paid)

    @property
    def total(self) -> int:
        return sum(one.amount for one in self.stages)

    def units(self) -> dict[str, str]:
        """Base units outside the treasury by class, as they are kept."""
        return {id: str(held.total) for id, held in self.holdings.items()}


@dataclass(frozen=True, slots=True)
class Case:
    """One winding-up as the book knows it. `parts` are the ids of the plan's parts, classes first."""

    known: KnownWindup
    owner: KnownIssuer
    terms: Windup
    stages: tuple[Stage, ...]
    instruments: tuple[KnownInstrument, ...]
    parts: tuple[str, ...]
    plan: ExitPlan
    number: int
    coin: Coin
    taken: tuple[Taken, ...]

    @property
    def id(self) -> str:
        return self.known.id

    @property
    def scope(self) -> str:
        """What the keys of its acts belong to."""
        return scope_of(self.known.id)

    @property
    def funded(self) -> int:
        """The money that came into the pot, in the coin's smallest unit."""
        return sum(int(one.content["amount"]) for one in self.taken if one.step == Step.FUND)

    @property
    def course(self) -> Course:
        taken = tuple(Step(one.step) for one in self.taken)
        stages = [(one.id, one.amount, opens(self.terms, one.id)) for one in self.stages]
        times, decimals = (self.terms.record, self.terms.payment), self.coin.decimals
        return Course(self.id, *times, stages, taken, self.funded, decimals)

    def left(self, step: Step) -> Mapping[str, Any]:
        """What the last such step left; nothing where there was none."""
        found = [one.content for one in self.taken if one.step == step]
        return found[-1] if found else {}


@dataclass(frozen=True, slots=True)
class WindupOutcome:
    """What became of a proposal: the act, the winding-up's id, the hash of its plan."""

    act: ActOutcome
    windup: str
    plan: str


def id_in(text: str, *_: object, **__: object) -> str:
    """The id that a file of terms gives itself; nothing where it cannot be read or is none."""
    try:
        found = str(tomllib.loads(text).get("pay", {}).get("id", ""))
    except (tomllib.TOMLDecodeError, AttributeError):
        return ""
    return found if ID.fullmatch(found) else ""


def scope_of(id: str) -> str:
    return f"windup {id}"


def opens(terms: Windup, stage: str) -> datetime:
    """From when on a stage may be opened."""
    return terms.payment if stage == CLOSING else terms.opens[stage]


def decimals_of(of: Draft | Case, class_id: str) -> int:
    """The decimals of a class's units."""
    return next(one.decimals for one in of.instruments if one.class_id == class_id)


# ---- agreeing ----


def draft(office: Office, text: str, exit: str, issuer: str | None) -> Draft:
    """Reckon terms on today's register; nothing is changed.

    Raises Invalid with every mistake of the terms, or for a coin that cannot pay them; NotFound.
    """
    owner = parties.owner(office, issuer)
    bring_up(office)
    with office.book.reading() as tx:
        every = issuers.instruments(tx, owner.id)
    with office.index.connect() as view:
        last = register.last_block(view)
        held = {one.class_id: register.holdings(view, one.token, last) for one in every}
    units = {one.class_id: _whole(held[one.class_id].total, one.decimals) for one in every}
    terms = read_windup(text, units)
    address = events.coin_named(office, owner.id, terms.coin)[0]
    pay_coins.require_money(office, address)
    coin = coins.about(office.w3, address)
    stages = stages_of(terms, exit_amount(terms, exit), coin.decimals)
    by_id = {one.class_id: one for one in every}
    instruments = tuple(by_id[id] for id in terms.classes)
    holdings = {id: held[id] for id in terms.classes}
    return Draft(
        owner, terms, exit, coin, stages, instruments, holdings, _document(terms.id, text, exit)
    )


def require_new(office: Office, text: str) -> None:
    """Raises Conflict where the id of the terms is in use."""
    with office.book.reading() as tx:
        book.require_new(tx, id_in(text))


@noting.noted("propose windup", id_in)
def propose(
    office: Office,
    actor: Actor,
    text: str,
    exit: str,
    issuer: str | None = None,
    *,
    dry_run: bool = False,
) -> WindupOutcome:
    """Announce the record instant of every class and put the plan forward on chain.

    Raises Invalid with every mistake of the terms, for a record instant that has passed or a coin that
    cannot pay them; NotFound; Conflict for an id in use.
    """
    if (known := _already(office, text, exit)) is not None:
        told = ActOutcome("propose", known.id, actor.name, Ended.DONE)
        return WindupOutcome(told, known.id, plan_hash(known.plan))
    found = draft(office, text, exit, issuer)
    _require_ahead(office, found)
    done = _announce_records(office, actor, found, dry_run=dry_run)
    if done.refused or dry_run:
        return WindupOutcome(done, found.terms.id, "")
    records = _records(office, found)
    if missing := [id for id, number in records.items() if not number]:
        raise Broken(f"the record announced for {missing[0]} is not in the chain's events")
    purse = actor.signer.address
    tax_to = tax_wallet.of(office, found.owner.id) or purse
    plan = _plan(found, records, purse, tax_to)
    hashed, place = plan_hash(plan), waterfall(office)
    scope, key = scope_of(found.terms.id), f"propose {hashed[2:18]}"
    id = instruction_id(scope, actor.signer.address, key)
    data = call("Waterfall", "propose", orders.instruction_bytes(id), plan.words)
    done = carry(office, actor, scope, [(place, "propose the plan", key, data)])
    if not done.refused:
        left = {
            "units": found.units(), "records": records, "coin": found.coin.address,
            "purse": purse, "tax_to": tax_to, "plan": hashed, "number": _number(office, place, id),
        }  # fmt: skip
        _keep(office, actor, found, text, left)
    return WindupOutcome(done, found.terms.id, hashed)


@noting.noted("confirm windup", noting.itself)
def confirm(office: Office, actor: Actor, id: str, plan: str | None = None) -> ActOutcome:
    """A second person agrees to the plan with this hash (the one proposed, if left out).

    Raises NotFound, NotPermitted for who proposed it, Invalid for another plan's hash, Conflict where
    it is agreed to already or the units of a class changed since.
    """
    of = case(office, id)
    require(office, of, Step.CONFIRM)
    if actor.signer.address == of.plan.purse:
        raise NotPermitted(f"{of.known.by} proposed {id}: a second person agrees to it")
    hashed = plan_hash(of.plan)
    if plan is not None and plan.lower() != hashed:
        raise Invalid(f"the plan of {id} is {hashed}, not {plan[:70]}", field="plan")
    require_units(office, of, draft(office, of.known.terms, of.known.exit, of.owner.id).holdings)
    data = call("Waterfall", "confirm", of.number, of.plan.words)
    calls = [(waterfall(office), "agree to the plan", "confirm", data)]
    done = carry(office, actor, of.scope, calls, Powers.CONFIRM)
    if not done.refused:
        record_step(office, actor, id, Step.CONFIRM, {"plan": hashed})
    return done


@noting.noted("fund windup", noting.itself)
def fund(office: Office, actor: Actor, id: str, amount: int | None = None) -> ActOutcome:
    """Put money into the pot: what the next stage lacks, or `amount` of the coin's smallest units.

    The actor's own wallet pays. Raises NotFound, Conflict where it is not the time, Invalid for a pot
    smaller than the stage or larger than the plan.
    """
    of = case(office, id)
    require(office, of, Step.FUND)
    given = to_fund(of, amount)
    place, again = waterfall(office), of.course.taken.count(Step.FUND)
    approved = call("Cash", "approve", place, given)
    calls = [
        (of.coin.address, "approve the coin", f"approve {again}", approved),
        (place, "fund", f"fund {again}", call("Waterfall", "fund", of.number, given)),
    ]
    done = carry(office, actor, of.scope, calls)
    if not done.refused:
        record_step(office, actor, id, Step.FUND, {"amount": str(given)})
    return done


def to_fund(of: Case, amount: int | None) -> int:
    """What is put into the pot, in smallest units. Raises Invalid for too little or too much."""
    course = of.course
    stage = next(
        (at for at in range(len(of.stages)) if course.needed(at + 1) > of.funded), len(of.stages)
    )
    due = course.needed(stage + 1) - of.funded
    given = due if amount is None else amount
    if given < due:
        words = [format_units(one, of.coin.decimals) for one in (given, due, due - given)]
        said = f"the pot {words[0]} is smaller than the stage {of.stages[stage].id}"
        raise Invalid(f"{said}: {words[1]} is due; fund {words[2]} more", field="amount")
    if given > course.total - of.funded:
        most = format_units(course.total - of.funded, of.coin.decimals)
        said = format_units(given, of.coin.decimals)
        raise Invalid(f"{said} is more than the plan divides: at most {most}", field="amount")
    return given


# ---- what every step works with ----


def case(office: Office, id: str) -> Case:
    """The winding-up with this id. Raises NotFound."""
    with office.book.reading() as tx:
        known = book.find(tx, id)
        owner = issuers.find(tx, known.issuer)
        every = {one.class_id: one for one in issuers.instruments(tx, owner.id)}
        taken = tuple(book.steps(tx, id))
    left = taken[0].content
    held = {
        class_id: _whole(int(left["units"].get(class_id, 0)), one.decimals)
        for class_id, one in every.items()
    }
    terms = read_windup(known.terms, held)
    coin = coins.about(office.w3, left["coin"])
    stages = stages_of(terms, exit_amount(terms, known.exit), coin.decimals)
    instruments = tuple(every[one] for one in terms.classes)
    document = _document(terms.id, known.terms, known.exit)
    found = Draft(owner, terms, known.exit, coin, stages, instruments, {}, document)
    plan = _plan(found, left["records"], left["purse"], left.get("tax_to", left["purse"]))
    if plan_hash(plan) != left["plan"]:
        raise Broken(f"the terms of {id} do not make the plan that was agreed to", windup=id)
    number = int(left["number"])
    return Case(known, owner, terms, stages, instruments, found.parts, plan, number, coin, taken)


def require(office: Office, of: Case, wanted: Step) -> None:
    """Raises Conflict with the sentence that says why a step cannot be taken now."""
    if words := why_not(of.course, servicing.now_of(office), wanted):
        raise Conflict(words, windup=of.id)


def require_units(office: Office, of: Case, held: Mapping[str, Holdings]) -> None:
    """Raises Conflict where a class has other units than those the plan was reckoned on."""
    agreed = of.taken[0].content["units"]
    for id, holdings in held.items():
        if int(agreed[id]) != holdings.total:
            raise Conflict(
                f"{id} has {holdings.total} units and the plan of {of.id} was reckoned on"
                f" {agreed[id]}: call it off and propose it again",
                windup=of.id,
            )


def record_step(
    office: Office, actor: Actor, id: str, step: Step, content: Mapping[str, Any]
) -> None:
    """Write down that a step was taken."""
    with office.book.transaction() as tx:
        book.add_step(tx, id, step, content, office.clock.now(), actor.name)


def carry(
    office: Office,
    actor: Actor,
    scope: str,
    calls: Sequence[Call],
    needs: Powers = Powers.ACTION,
) -> ActOutcome:
    """Carry calls (target, what, key, data) out one after another; the first refusal ends it.

    Asked again, none is done twice.
    """
    done = orders.refuse(actor, scope, "", 0, "there is nothing to do")
    for target, what, key, data in calls:
        asked = (Asked(actor.signer, target, data, what[:64], key),)
        done = orders.carry(office, actor, Order(what, scope, key, asked, needs))
        if done.refused:
            return done
    return done


def waterfall(office: Office) -> Address:
    """The contract of winding-ups on this chain, created on first use."""
    name = following.waterfall_setting(office)
    with office.book.reading() as tx:
        if found := settings.read(tx, name):
            return Address(found)
    data = contracts.creation("Waterfall")
    asked = Asked(office.keys.agent, None, data, "create the waterfall", name)
    place = deploy.created(receipt_of(office, carry_out(office, name, [asked])[0]))
    with office.book.transaction() as tx:
        settings.write(tx, name, place, office.clock.now())
    return place


# ---- parts ----


def _whole(units: int, decimals: int) -> Fraction:
    return Fraction(units, 10**decimals)


def _document(id: str, text: str, exit: str) -> str:
    """What the chain knows the terms by."""
    return record_hash({"windup": id, "terms": text, "exit": exit})


def _already(office: Office, text: str, exit: str) -> Case | None:
    """The winding-up that these very terms began, by somebody who was interrupted or asks twice."""
    with office.book.reading() as tx:
        known = book.maybe(tx, id_in(text))
        if known is None:
            book.require_new(tx, id_in(text))
            return None
    if (known.terms, known.exit) != (text, exit):
        raise Conflict(f"there is a winding-up {known.id} already: give this one another id")
    return case(office, known.id)


def _require_ahead(office: Office, found: Draft) -> None:
    for one in found.instruments:
        records.require_ahead(office, one, found.terms.record)


def _announce_records(office: Office, actor: Actor, found: Draft, *, dry_run: bool) -> ActOutcome:
    """Announce the record instant of the classes that have not announced it, all in one go."""
    ended = Ended.TRIED if dry_run else Ended.DONE
    done = ActOutcome("propose", found.terms.id, actor.name, ended)
    seconds = to_seconds(found.terms.record)
    data = call("SecurityToken", "announce_record", seconds)
    records = _records(office, found)
    scope = scope_of(found.terms.id)
    asked = tuple(
        Asked(actor.signer, one.token, data, "announce a record", f"announce {one.class_id}")
        for one in found.instruments
        if not records[one.class_id]
    )
    together = [asked] if asked else []
    for each in [(one,) for one in asked] if dry_run else together:
        order = Order("propose", scope, each[0].key, each, Powers.RECORD)
        done = orders.carry(office, actor, order, dry_run=dry_run)
        if done.refused:
            return done
    return done


def _records(office: Office, found: Draft) -> dict[str, int]:
    """The number of the record at the plan's instant by class, 0 where it is not announced."""
    bring_up(office)
    seconds = to_seconds(found.terms.record)
    with office.index.connect() as view:
        announced = {one.class_id: register.records(view, one.token) for one in found.instruments}
    return {
        id: max((one for one, at in known.items() if to_seconds(at) == seconds), default=0)
        for id, known in announced.items()
    }


def _plan(found: Draft, records: Mapping[str, int], purse: str, tax_to: str) -> ExitPlan:
    """The plan as the contract takes it; money left over goes to who proposed it."""
    terms, parts = found.terms, found.parts
    words = [class_part(one.token, int(records[one.class_id])) for one in found.instruments]
    words += [payee_part(terms.wallets[one]) for one in parts[len(words) :]]
    stages = [stage_word(one.amount, to_seconds(opens(terms, one.id))) for one in found.stages]
    amounts = [one.payouts.get(id, 0) for one in found.stages for id in parts]
    return ExitPlan(
        cash=found.coin.address, pays_from=to_seconds(terms.payment),
        claim_until=to_seconds(terms.claim_until), purse=purse, tax_office=tax_to,
        document=found.document, parts=tuple(words), stages=tuple(stages), amounts=tuple(amounts),
    )  # fmt: skip


def _number(office: Office, place: Address, instruction: str) -> int:
    """The number of the waterfall that was proposed under an instruction."""
    bring_up(office)
    with office.index.connect() as view:
        for logged in journal.events_of(view, [place], (WaterfallProposed,)):
            event = logged.event
            if isinstance(event, WaterfallProposed) and event.instruction == instruction:
                return event.waterfall
    raise Broken("the plan that was proposed is not in the chain's events", instruction=instruction)


def _keep(office: Office, actor: Actor, found: Draft, text: str, left: Mapping[str, Any]) -> None:
    now = office.clock.now()
    known = KnownWindup(found.terms.id, found.owner.id, text, found.exit, now, actor.name)
    with office.book.transaction() as tx:
        book.add(tx, known)
        book.add_step(tx, known.id, Step.PROPOSE, left, now, actor.name)
