"""What must be true of units before an action binds anybody: who is paid for units still has them, and the
class they come from has room for them.

Money and units of an action move in different acts of the contracts. So both are looked at before the
first of them: who sold after the record instant what a redemption ends is named, and nobody is paid.
"""

from collections.abc import Mapping

from freehold.book import actions as book
from freehold.book import issuers
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.core.actions.kinds import Work
from freehold.core.actions.life import State
from freehold.core.actions.plan import Plan
from freehold.core.actions.terms import Terms
from freehold.core.errors import Conflict, Invalid
from freehold.core.ids import Address
from freehold.core.units import format_units
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.servicing import entitlements, holders_of, servicing
from freehold.desks.servicing.servicing import Case
from freehold.indexer import read as register

ENDING = (Work.BUY, Work.REDEEM)
"""Works that pay for units, which end."""
_NAMED = 5


def require_held(office: Office, of: Case, found: Plan) -> None:
    """Raises Conflict, with the holders named, where somebody is to be paid for units that he has not got
    any more, or where another action is paying for units of the class and has not ended them yet."""
    if of.terms.work not in ENDING:
        return
    for other in others_of(office, of.owner, of.instrument, of.known.id):
        paying = servicing.state_of(office, other) is State.PAYING
        if other.terms.work in ENDING and paying:
            raise Conflict(
                f"the {other.terms.kind} {other.known.id} is paying for units of the same class:"
                f" carry it out or call it off first",
                action=of.known.id,
            )
    if short := lacking(office, of, found):
        raise Conflict(_lacking_words(office, of, found, short), action=of.known.id)


def lacking(office: Office, of: Case, found: Plan) -> dict[int, int]:
    """The accounts that hold less than what the action ends of theirs, and what they hold now."""
    held = held_now(office, of.instrument.token)
    return {
        account: held.get(account, 0)
        for account, units in sorted(found.gives.items())
        if held.get(account, 0) < units
    }


def require_rights(office: Office, of: Case, account: int, units: int) -> None:
    """Raises Invalid where somebody subscribes more than his rights: those of the record instant, before it
    those of what he holds now. Where others' lapsed rights may be asked for, their rule says what he gets.
    """
    exchange = of.terms.exchange
    if of.terms.work is not Work.OFFER or of.terms.oversubscription or not units:
        return
    assert exchange is not None, "an offer has its ratio"
    held, when = _at_record(office, of)
    rights = int(held.get(account, 0) * exchange.ratio)
    if units > rights:
        many = format_units(rights, of.instrument.decimals)
        raise Invalid(
            f"units {format_units(units, of.instrument.decimals)} is more than the {many} that the"
            f" holder has the right to subscribe by what he {when}",
            field="units",
        )


def _at_record(office: Office, of: Case) -> tuple[Mapping[int, int], str]:
    """What each account holds at the record instant, or now where it lies ahead, in words, too."""
    token, when = of.instrument.token, "held at the record instant"
    if now_on_chain(office) >= of.terms.record:
        found = entitlements.holdings(office, token, of.record)
    else:
        bring_up(office)
        with office.index.connect() as view:
            found, when = register.holdings(view, token, register.last_block(view)), "holds now"
    return dict(zip(found.accounts, found.units, strict=True)), when


def held_now(office: Office, token: Address) -> dict[int, int]:
    """The units of every account of an instrument now."""
    bring_up(office)
    with office.index.connect() as view:
        return register.units_by_account(view, token, register.last_block(view))


def others_of(
    office: Office, owner: KnownIssuer, instrument: KnownInstrument, but: str
) -> list[Case]:
    """The other actions of a class that are neither closed nor cancelled."""
    with office.book.reading() as tx:
        mine = [one.id for one in book.every(tx, owner.id) if one.instrument == instrument.token]
        open_ones = set(book.unfinished(tx))
    return [servicing.case(office, id) for id in mine if id in open_ones and id != but]


def require_alone(
    office: Office, owner: KnownIssuer, instrument: KnownInstrument, terms: Terms
) -> None:
    """Raises Conflict where a class that an action is to end as a whole is being ended already."""
    if terms.work is not Work.REDEEM:
        return
    for other in others_of(office, owner, instrument, terms.id):
        if other.terms.work is Work.REDEEM:
            raise Conflict(
                f"the {other.terms.kind} {other.known.id} ends all units of {terms.instrument}"
                f" already: amend it, or call it off first",
                action=terms.id,
            )


def require_authorised(
    office: Office, owner: KnownIssuer, instrument: KnownInstrument, terms: Terms
) -> None:
    """What an action may issue stays within the authorised units of its class; a tender buys no more
    than there is. Raises Invalid, NotFound."""
    supply = _supply(office, instrument.token)
    if terms.work is Work.BUY and supply and terms.most > supply:
        raise Invalid(
            f"most {terms.most} is more than the {supply} base units of {terms.instrument} there are",
            field="most",
        )
    if terms.work is Work.OFFER:
        _within(office, instrument, terms.most, "most", terms)
    if terms.work is Work.ISSUE and terms.exchange is not None:
        into = instrument
        if terms.exchange.into:
            with office.book.reading() as tx:
                into = issuers.instrument_named(tx, owner.id, terms.exchange.into)
        own = sum(_treasury(office, instrument.token).values())
        _within(office, into, int((supply - own) * terms.exchange.ratio), "ratio", terms)


def require_room(office: Office, of: Case, found: Plan) -> None:
    """Raises Conflict where the units of an action do not fit into the authorised units any more."""
    if of.terms.work not in (Work.ISSUE, Work.OFFER, Work.PAY):
        return
    exchange = of.terms.exchange
    into = servicing.token_named(office, of, exchange.into if exchange else "")
    more, room = sum(found.gets.values()), _room(office, into)
    if more > room:
        raise Conflict(
            f"the {of.terms.kind} {of.known.id} issues {more} base units, and {room} are left of the"
            f" authorised ones: call it off, or redeem what the treasury does not need",
            action=of.known.id,
        )


def _within(office: Office, into: KnownInstrument, more: int, field: str, terms: Terms) -> None:
    room = _room(office, into.token)
    if more > room:
        raise Invalid(
            f"the {terms.kind} {terms.id} would issue {more} base units of {into.class_id}, and {room}"
            f" are left of the authorised ones: announce less",
            field=field,
        )


def _room(office: Office, token: Address) -> int:
    words = contracts.read(office.w3, "SecurityToken", token, "instrument")
    return max(int(words[4]) - _supply(office, token), 0)


def _supply(office: Office, token: Address) -> int:
    return int(contracts.read(office.w3, "SecurityToken", token, "totalSupply"))


def _treasury(office: Office, token: Address) -> Mapping[int, int]:
    """The units of the issuer's own accounts, which are in no entitlement."""
    bring_up(office)
    with office.index.connect() as view:
        last = register.last_block(view)
        every = register.units_by_account(view, token, last)
        others = set(register.holdings(view, token, last).accounts)
    return {account: units for account, units in every.items() if account not in others}


def _lacking_words(office: Office, of: Case, found: Plan, short: Mapping[int, int]) -> str:
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    places, told = of.instrument.decimals, []
    for account, held in list(short.items())[:_NAMED]:
        name = known[account].id if account in known else f"account {account}"
        needed = format_units(found.gives[account], places)
        told.append(f"{name} holds {format_units(held, places)} of {needed}")
    more = f", and {len(short) - _NAMED} more" if len(short) > _NAMED else ""
    way = f"call it off (`freehold action cancel {of.known.id}`) and announce it again"
    if of.terms.work is Work.BUY:
        way = f"take such a tender back (`freehold action elect {of.known.id}` with 0 units)"
    return (
        f"nobody is paid by the {of.terms.kind} {of.known.id}: units that it ends are no longer"
        f" there: {'; '.join(told)}{more}. Have them come back, or {way}"
    )
