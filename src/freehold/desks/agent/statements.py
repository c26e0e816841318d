"""Statements of holders: opening, what came and went, closing, lots and what restricts them.

What stands on the chain comes from the projection as of a block, the rest from the book. A statement
speaks of what lies between two instants: before the first one is the opening, before the second one the
closing, as everywhere (`core/standing.py`). Legends and restraints are those of its closing; of a statement
up to now they are those of the moment at which it is made, though the newest block is older.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from freehold.book import audit, identities, issuers, registrations, restraints, settings
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.core import registration as forms
from freehold.core import standing, statement
from freehold.core.audit import Entry as Audited
from freehold.core.clock import day_of, from_seconds, stamp, to_seconds
from freehold.core.errors import Invalid, NotFound, NotPermitted, Plain
from freehold.core.events import Issued, Passed
from freehold.core.facts import Kind as Passage
from freehold.core.facts import free_on, unpack_vintage
from freehold.core.letters import Kind
from freehold.core.restraints import Legend, Restraint
from freehold.core.roles import Power, Role, holder_scope
from freehold.core.standing import Line
from freehold.core.statement import Account, HeldLot, Movement, Statement
from freehold.core.units import format_units
from freehold.desks import notices, parties, permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.parties import Party
from freehold.desks.rules import restraining
from freehold.indexer import explore, read
from freehold.indexer.read import Entry
from freehold.indexer.tables import View

TOLD = "statements told of"
"""The book's setting with the end of the quarter up to which statements were told of."""
_FIRST = from_seconds(0)
_BY_AGENT = "the transfer agent's key (book entry)"
_BY_HOLDER = "a key of the holder's own"


@dataclass(frozen=True, slots=True)
class StatementRequest:
    """Whose statement, from when to when; no `opened`: from the beginning, no `closed`: to now."""

    holder: str
    issuer: str | None = None
    opened: datetime | None = None
    closed: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Scope:
    """What one statement is made from: the view, first and last block, the day of the closing."""

    view: View
    first: int
    last: int
    day: int


def statement_as(office: Office, who: permits.Actor, request: StatementRequest) -> Statement:
    """As `statement`, for somebody who came through a door; an investor gets his own alone."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    owner, holder = _asked(office, who, request)
    scope = holder_scope(owner.id, holder.id)
    found = _statement(office, owner, holder, request)
    with office.book.transaction() as tx:
        content: dict[str, Plain] = {"block": found.block, "digest": found.digest}
        entry = Audited(who.id, "give out a statement", scope, content=content)
        audit.record(tx, entry, office.clock.now())
    return found


def statement_of(office: Office, request: StatementRequest) -> Statement:
    """A holder's statement. Raises NotFound, Invalid where the instants are the wrong way round."""
    owner = parties.owner(office, request.issuer)
    with office.book.reading() as tx:
        holder = issuers.holder_named(tx, owner.id, request.holder)
    return _statement(office, owner, holder, request)


def tell_due(office: Office) -> int:
    """Once a quarter, tell every investor that his statement up to its end is ready; how many letters.

    The worker asks in every round. The quarter in which a platform begins is not told.
    """
    now = office.clock.now()
    closed = datetime(now.year, now.month - (now.month - 1) % 3, 1, tzinfo=UTC)
    with office.book.reading() as tx:
        last = settings.read(tx, TOLD)
    if last == stamp(closed):
        return 0
    with office.book.transaction() as tx:
        if settings.read(tx, TOLD) != last:
            return 0  # another worker was first
        settings.write(tx, TOLD, stamp(closed), now)
        return _tell_every_investor(tx, closed, now) if last else 0


def _tell_every_investor(tx: Transaction, closed: datetime, now: datetime) -> int:
    names = {one.id: one.name for one in issuers.issuers(tx)}
    told = 0
    for one in sorted(identities.with_role(tx, Role.INVESTOR)):
        for given in identities.roles(tx, one):
            issuer, _, holder = given.scope.partition("/")
            if given.role is Role.INVESTOR and holder and issuer in names:
                day = f"{closed - timedelta(days=1):%Y-%m-%d}"
                facts = {"issuer": names[issuer], "closed": day}
                facts["link"] = f"/statement?issuer={issuer}&holder={holder}"
                told += notices.tell(tx, one, Kind.STATEMENT, facts, now, f"{given.scope} {day}")
    return told


def own_scopes(office: Office, who: permits.Actor) -> list[tuple[str, str, str]]:
    """The holders whose statements an investor may have: issuer's id, issuer's name, holder's id."""
    with office.book.reading() as tx:
        known = {one.id: one.name for one in issuers.issuers(tx)}
    mine = (scope.split("/", 1) for scope in sorted(permits.scopes(who, Power.READ_OWN)))
    return [(one[0], known[one[0]], one[1]) for one in mine if len(one) == 2 and one[0] in known]


def _asked(
    office: Office, who: permits.Actor, request: StatementRequest
) -> tuple[KnownIssuer, KnownHolder]:
    """The holder asked for; of one he may not read, an investor does not even learn that he is."""
    wanted = request.holder
    try:
        owner = parties.owner(office, request.issuer)
        with office.book.reading() as tx:
            holder = issuers.holder_named(tx, owner.id, wanted)
    except NotFound:
        if not permits.allows(who, Power.READ_REGISTER):
            raise _not_his(wanted) from None
        raise
    if permits.allows(who, Power.READ_REGISTER, owner.id):
        return owner, holder
    if not permits.allows(who, Power.READ_OWN, holder_scope(owner.id, holder.id)):
        raise _not_his(wanted)
    return owner, holder


def _not_his(wanted: str) -> NotPermitted:
    return NotPermitted(f"this needs the power {Power.READ_OWN} for {wanted}, which you lack")


def _statement(
    office: Office, owner: KnownIssuer, holder: KnownHolder, request: StatementRequest
) -> Statement:
    closed = request.closed or now_on_chain(office)
    opened = request.opened or _FIRST
    if opened > closed:
        raise Invalid(f"the statement would end at {stamp(closed)}, before it begins", field="from")
    bring_up(office)
    found = parties.party(office, owner, holder.id)
    with office.book.reading() as tx:
        listed = issuers.instruments(tx, owner.id)
        address = registrations.address(tx, owner.id, holder.id)
        written = registrations.current(tx, owner.id, holder.id)
        stamped = restraints.legends(tx, owner.id, holder.id, removed=True)
        bound = restraints.of_issuer(tx, owner.id, holder.id)
    before = request.closed or max(closed, office.clock.now()) + timedelta(seconds=1)
    stamped = [one for one in stamped if one.stood(before)]
    bound = [one for one in bound if one.stood(before)]
    with office.index.connect() as view:
        scope = _scope(view, request.opened, request.closed, closed)
        instant, hash = explore.block_at(view, scope.last)
        accounts = tuple(
            account
            for one in listed
            if (account := _account(scope, one, found.facts.account, stamped, bound))
        )
    content = written.content if written else None
    said = forms.words(restraining.rules(), restraining.read(content)) if content else ""
    return statement.sealed(
        Statement(
            owner.id,
            owner.name,
            holder.id,
            holder.name,
            address.lines if address else (),
            said,
            _BY_AGENT if _kept(found) else _BY_HOLDER,
            found.facts.account,
            found.wallet,
            stamp(opened),
            stamp(request.closed or (instant if office.simulated else before)),
            scope.last,
            hash,
            accounts,
        )
    )


def _kept(found: Party) -> bool:
    return found.holder.custody is not None and found.wallet == found.holder.wallet


def _scope(view: View, opened: datetime | None, closed: datetime | None, until: datetime) -> _Scope:
    first = read.block_before(view, opened) if opened else -1
    last = read.block_before(view, closed) if closed else read.last_block(view)
    return _Scope(view, first, max(last, 0), to_seconds(until) // 86_400)


def _account(
    scope: _Scope,
    one: KnownInstrument,
    account: int,
    stamped: Sequence[Legend],
    bound: Sequence[Restraint],
) -> Account | None:
    entries = read.statement(scope.view, one.token, account)
    before = [each for each in entries if each.block <= scope.first]
    within = [each for each in entries if scope.first < each.block <= scope.last]
    lines = read.lines(scope.view, one.token, scope.last, account - 1, 1)
    line = next((each for each in lines if each.account == account), None)
    if not entries or not (before or within):
        return None
    opening = before[-1].units if before else 0
    parts = standing.parted(line, scope.day) if line else standing.Parted(0, 0, 0)
    legends = [each for each in stamped if each.token == one.token]
    places = one.decimals
    return Account(
        one.class_id,
        one.name,
        one.symbol,
        one.token,
        format_units(opening, places),
        format_units(line.units if line else 0, places),
        format_units(parts.free, places),
        format_units(parts.locked, places),
        format_units(parts.frozen, places),
        tuple(_movement(each, places) for each in within),
        _lots(line, legends, places) if line else (),
        tuple(
            statement.Restraint(
                str(each.kind),
                "" if each.units is None else format_units(each.units, places),
                stamp(each.placed_at),
                stamp(each.until) if each.until else "",
            )
            for each in bound
            if each.on(one.token)
        ),
    )


def _movement(one: Entry, decimals: int) -> Movement:
    amount = format_units(abs(one.change), decimals)
    return Movement(
        stamp(one.instant),
        one.block,
        day_of(one.day).isoformat(),
        _what(one),
        f"-{amount}" if one.change < 0 else amount,
        format_units(one.units, decimals),
        one.transaction,
    )


def _what(one: Entry) -> str:
    """What moved the units, in a word or two; whoever stood on the other side is not told."""
    if isinstance(one.cause, Passed):
        kind = Passage(one.cause.kind).name.lower().replace("_", " ")
        return f"{kind}, {'received' if one.change > 0 else 'delivered'}"
    if isinstance(one.cause, Issued):
        return "issue"
    if one.cause is None:
        return "received" if one.change > 0 else "delivered"
    return type(one.cause).__name__.lower().replace("splitapplied", "split")


def _lots(line: Line, legends: list[Legend], decimals: int) -> tuple[HeldLot, ...]:
    found = []
    for lot in line.lots:
        terms = unpack_vintage(lot.terms)
        free = free_on(terms)
        found.append(
            HeldLot(
                lot.vintage,
                format_units(lot.units, decimals),
                day_of(terms.acquired).isoformat(),
                "" if free is None else day_of(max(free, terms.acquired)).isoformat(),
                tuple(each.code for each in legends if each.vintage == lot.vintage),
            )
        )
    return tuple(found)
