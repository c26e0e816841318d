"""Corporate actions and meetings for whoever asks: lists, one of each, entitlements, a holder's own part.

Whoever may read an issuer's register reads everything of its actions; a holder reads the announcements of
the issuer he holds of, and his own entitlement, elections and votes alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freehold.book import actions as book
from freehold.book import cashbook, issuers
from freehold.book.actions import Taken
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain import coins
from freehold.core.actions.by_currency import BASE
from freehold.core.actions.entitlement import Forms
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import State, Step, why_not
from freehold.core.actions.plan import NO_CHOICES, NO_FORMS, Plan, movable_of, plan
from freehold.core.actions.terms import Basis, Terms
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.desks.servicing import (
    actions,
    assembly,
    holders_of,
    pots,
    servicing,
    taxes,
    undelivered,
)
from freehold.desks.servicing.actions import Part
from freehold.desks.servicing.assembly import Assembly
from freehold.desks.servicing.servicing import Case
from freehold.indexer import read as register

PAID, HELD, DUE, DELIVERED = "paid", "held", "due", "delivered"


@dataclass(frozen=True, slots=True)
class Due:
    """What comes next, by whom it is done, and from when on."""

    what: str
    at: datetime | None
    by_itself: bool = False


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action for somebody: its terms in force, where it stands, what is next; `symbol` is its coin's."""

    terms: Terms
    state: State
    version: int
    record: int
    owner: KnownIssuer
    instrument: KnownInstrument
    steps: Sequence[Taken]
    symbol: str
    due: Due | None
    may_read_all: bool


@dataclass(frozen=True, slots=True)
class Money:
    """What became of the money of an action in one coin, in its smallest unit; 0 where nothing was done.

    `currency` is the code of an elected one, empty for the action's own coin, beside which `others` stand.
    `swept` went to whoever keeps unclaimed property.
    """

    needed: int
    funded: int
    paid: int
    held: int
    withheld: int
    swept: int = 0
    currency: str = ""
    others: Sequence["Money"] = ()


@dataclass(frozen=True, slots=True)
class Entitled:
    """One account's part, whose it is, and what became of it: due, paid, delivered, held or nothing yet;
    `held` is money, `kept` base units, both his once he is cleared."""

    part: Part
    holder: str
    name: str
    became: str
    held: int
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Entitlements:
    """Who gets what. `provisional`: the record instant lies ahead, so today's holdings were taken.

    `why` says why nobody has a part yet, where the plan cannot be made: revenue that was not told, a
    class without units. The plan is empty then.
    """

    rows: Sequence[Entitled]
    plan: Plan
    provisional: bool
    why: str = ""


def listed(office: Office, who: Actor, issuer: str | None = None) -> list[ActionView]:
    """The actions of the issuers that somebody may read, payment next first. Raises NotPermitted."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    found = []
    for owner in owners(office, who):
        if issuer in (None, owner.id):
            with office.book.reading() as tx:
                ids = [one.id for one in book.every(tx, owner.id)]
            found += [_view(office, who, servicing.case(office, id)) for id in ids]
    ended = (State.CLOSED, State.CANCELLED)
    return sorted(found, key=lambda one: (one.state in ended, one.terms.payment))


def one(office: Office, who: Actor, id: str) -> ActionView:
    """One action. Raises NotFound, also for what one may not read."""
    return _view(office, who, readable(office, who, id))


def readable(office: Office, who: Actor, id: str) -> Case:
    """The action, where it may be read. Raises NotPermitted, NotFound."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    of = servicing.case(office, id)
    if of.owner.id not in [owner.id for owner in owners(office, who)]:
        raise NotFound(f"there is no action {id}", action=id)
    return of


def serviced(office: Office, who: Actor, id: str) -> str:
    """The issuer of an action that somebody may service. Raises NotPermitted, NotFound."""
    permits.require(who, Power.SERVICE)
    return readable(office, who, id).owner.id


def held_by(office: Office, who: Actor, number: int) -> str:
    """The issuer of a meeting that somebody may hold. Raises NotPermitted, NotFound."""
    permits.require(who, Power.HOLD_MEETINGS)
    return meeting(office, who, number).issuer.id


def owners(office: Office, who: Actor) -> list[KnownIssuer]:
    """The issuers on this chain whose actions and meetings somebody may read."""
    own = {one.partition("/")[0] for one in permits.scopes(who, Power.READ_OWN)}
    with office.book.reading() as tx:
        every = issuers.issuers(tx)
    return [
        each
        for each in every
        if each.chain == office.chain
        and (permits.allows(who, Power.READ_REGISTER, each.id) or each.id in own)
    ]


def own_holders(who: Actor, issuer: str, power: Power = Power.READ_OWN) -> list[str]:
    """The ids of the issuer's holders for whom somebody has a power."""
    scopes = [one.partition("/") for one in sorted(permits.scopes(who, power))]
    return [holder for owner, _, holder in scopes if owner == issuer and holder]


def versions(office: Office, who: Actor, id: str) -> list[str]:
    """Every version of an action's terms as text, the last one last. Raises as `one`."""
    readable(office, who, id)
    with office.book.reading() as tx:
        return book.versions(tx, id)


def money(office: Office, who: Actor, id: str) -> Money:
    """What became of an action's money, in each of its currencies, by chain events. Raises as `one`."""
    of = readable(office, who, id)
    due = pots.due_by_currency(_planned(office, of).plan)
    of_each = [
        _money_in(office, of, code, due.get(code, 0)) for code in (BASE, *of.terms.options.codes)
    ]
    return replace(of_each[0], others=tuple(of_each[1:]))


def _money_in(office: Office, of: Case, code: str, needed: int) -> Money:
    number = pots.numbers(of).get(code)
    if number is None:
        return Money(needed, 0, 0, 0, 0, currency=code)
    paid, _ = pots.payments(office, number)
    _, held, _ = pots.money(office, number)
    gross = sum(part for part, _ in paid.values())
    withheld = sum(tax for _, tax in paid.values())
    rows = [one for one in of.left(Step.SWEEP).get("rows", ()) if one["currency"] == code]
    gone = sum(int(one["amount"]) for one in rows if int(one["account"]) in paid)
    swept = sum(int(one["amount"]) for one in rows)
    net = gross - withheld - held - gone
    return Money(needed, pots.funded(of, code), net, held, withheld, swept, code)


def entitlements(office: Office, who: Actor, id: str) -> Entitlements:
    """Who gets what by an action; of a holder who may not read the register, his own part alone.

    Before the record instant it is reckoned on today's holdings. Raises as `one`.
    """
    of = readable(office, who, id)
    made = _planned(office, of)
    found = made.plan
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    paid: dict[int, tuple[int, int]] = {}
    held: dict[int, int] = {}
    for number in pots.numbers(of).values():
        paid |= pots.payments(office, number)[0]
        held |= pots.held_now(office, number)
    kept: dict[int, int] = {}
    for each in undelivered.waiting(of):
        kept[each.portion.account] = kept.get(each.portion.account, 0) + each.portion.gets
    done = Step.DELIVER in of.steps
    every = permits.allows(who, Power.READ_REGISTER, of.owner.id)
    mine = own_holders(who, of.owner.id)
    rows = []
    for part in actions.parts_of(found):
        holder = known.get(part.account)
        if every or (holder and holder.id in mine):
            money, units = held.get(part.account, 0), kept.get(part.account, 0)
            became = HELD if part.account in held or units else ""
            became = became or (PAID if part.account in paid else DUE if part.gross else "")
            became = became or (DELIVERED if done and (part.gets or part.gives) else "")
            id_, name = (holder.id, holder.name) if holder else ("", "")
            rows.append(Entitled(part, id_, name, became, money, units))
    return replace(made, rows=rows)


def provisional(office: Office, of: Case, terms: Terms) -> Plan:
    """What terms would do to today's holdings. Raises Invalid."""
    choices = {account: units for account, (_, units) in of.elections.items() if units}
    on_file = NO_FORMS
    if terms.tax:
        day = terms.payment.date()
        on_file, _ = taxes.forms(office, of.owner, of.instrument.token, day)
    chosen = servicing.choices_of(of)
    return reckoned(office, of.instrument, terms, choices, chosen, on_file)


def reckoned(
    office: Office,
    instrument: KnownInstrument,
    terms: Terms,
    units: Mapping[int, int],
    choices: Mapping[int, str] = NO_CHOICES,
    on_file: Forms = NO_FORMS,
) -> Plan:
    """What terms would do to today's holdings of an instrument. Raises Invalid."""
    bring_up(office)
    with office.index.connect() as view:
        held = register.holdings(view, instrument.token, register.last_block(view))
        converts = terms.work is Work.CONVERT
        parts = movable_of(register.lines(view, instrument.token)) if converts else None
    return plan(terms, held, instrument.decimals, units, on_file, choices, parts)


def meetings_of(office: Office, who: Actor, issuer: str | None = None) -> list[Assembly]:
    """The meetings of the issuers that somebody may read, the newest first. Raises NotPermitted."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    return [
        each
        for owner in owners(office, who)
        if issuer in (None, owner.id)
        for each in assembly.every(office, owner.id)
    ]


def meeting(office: Office, who: Actor, number: int) -> Assembly:
    """One meeting. Raises NotPermitted, NotFound, also for what one may not read."""
    for each in meetings_of(office, who):
        if each.number == number:
            return each
    raise NotFound(f"there is no meeting {number}", meeting=number)


def foreseen(office: Office, of: Case, terms: Terms) -> tuple[Plan, str]:
    """As `provisional`, and where no plan can be made yet an empty one with the sentence that says why."""
    if terms.cash and terms.cash.basis is Basis.FED:
        return Plan(), "What each holder gets is known once revenue feeds the pot."
    try:
        return provisional(office, of, terms), ""
    except Invalid as wrong:
        return Plan(), _not_yet(wrong)


def _not_yet(wrong: Invalid) -> str:
    return f"What each holder gets cannot be reckoned yet: {wrong.message}."


def _planned(office: Office, of: Case) -> Entitlements:
    """The plan, without rows."""
    if now_on_chain(office) >= of.terms.record:
        try:
            return Entitlements((), servicing.planned(office, of), False)
        except Conflict:  # it has passed, and was not read from the chain yet
            pass
        except Invalid as wrong:
            return Entitlements((), Plan(), False, _not_yet(wrong))
    found, why = foreseen(office, of, of.terms)
    return Entitlements((), found, True, why)


def _view(office: Office, who: Actor, of: Case) -> ActionView:
    return ActionView(
        of.terms,
        servicing.state_of(office, of),
        of.version,
        of.record,
        of.owner,
        of.instrument,
        of.taken,
        symbol(office, of.terms),
        _due(office, of),
        permits.allows(who, Power.READ_REGISTER, of.owner.id),
    )


def symbol(office: Office, terms: Terms) -> str:
    """The symbol of an action's coin; empty without money or where the coin cannot be asked."""
    if terms.cash is None:
        return ""
    try:
        return coins.about(office.w3, terms.cash.coin).symbol
    except PlatformError:
        return ""


def coin_named(office: Office, issuer: str, named: str) -> tuple[str, int]:
    """A coin's address and decimals, by address or by its code in the issuer's cash book.

    Raises Invalid for what is no coin.
    """
    with office.book.reading() as tx:
        known = {
            one.code.casefold(): one.coin for one in cashbook.currencies(tx, issuer) if one.coin
        }
    address = known.get(named.casefold(), named)
    if not (len(address) == 42 and address.startswith("0x")):
        there = ", ".join(sorted(known)).upper() or "none yet"
        raise Invalid(
            f"{named[:64]!r} is neither a coin's address nor one of the cash book's: {there}",
            field="coin",
        )
    return address, coins.about(office.w3, address).decimals


def base_units(office: Office, issuer: str, named: str, text: str) -> int:
    """Base units of an instrument from decimal text. Raises Invalid, NotFound."""
    return parties.quantity(office, issuer, named, text)


def _due(office: Office, of: Case) -> Due | None:
    now, terms = servicing.now_of(office), of.terms
    state = servicing.state_of(office, of)
    if state in (State.CLOSED, State.CANCELLED):
        return None
    if state is State.RECONCILED:
        return Due("Close it: tax goes out, dust comes back", None)
    if state is State.DELIVERED:
        return Due("Proof against the chain's events", None, True)
    if terms.pays and Step.FUND not in of.steps:
        return Due("Fund the pot", terms.payment)
    if now < terms.record:
        return Due("Record instant", terms.record, True)
    early = why_not(terms, of.steps, now, Step.PAY)
    return Due("Payment" if terms.pays else "Delivery", terms.payment if early else None, True)


def now(office: Office) -> datetime:
    """The instant by which actions and meetings are judged: the chain's, or the wall's if ahead."""
    return servicing.now_of(office)
