"""What one holder says: elections in actions, votes and proxies at meetings, asked for at a door.

Whoever has the power for the holder speaks for him; whoever holds the issuer's meetings takes down what
came on paper. A vote is brought to the chain by the worker; a wallet's own signature travels with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from freehold.book import audit, issuers, requests
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.book.work_orders import WorkOrder
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import record_hash
from freehold.core.roles import Power, holder_scope
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.permits import Actor
from freehold.desks.servicing import (
    actions,
    assembly,
    events,
    holders_of,
    noting,
    processing,
    proxies,
    sealed,
    servicing,
    voting,
)
from freehold.desks.servicing.assembly import Assembly
from freehold.desks.servicing.processing import Act
from freehold.desks.servicing.voting import ProxyRequest, VoteOutcome, VoteRequest


@dataclass(frozen=True, slots=True)
class Seat:
    """A holder at a meeting: the units he may vote by class, what he said last, in words, and whether
    his account is opened by the agent's key, so that his vote needs no wallet."""

    holder: str
    name: str
    units: Mapping[str, int]
    said: tuple[str, ...]
    sealed: bool
    kept: bool
    proxy: str
    pending: str
    voter: str


@dataclass(frozen=True, slots=True)
class Chair:
    """A holder for whom somebody may vote; `voter` is the proxy who does so, empty: the holder."""

    account: int
    holder: str
    name: str
    voter: str
    voted: bool


def elect(
    office: Office, who: Actor, id: str, holder: str, choice: str, units: int, key: str
) -> None:
    """Record an election once under a key; the last word before the payment counts.

    Raises NotFound, NotPermitted, Invalid, Conflict where it is too late.
    """
    permits.require_any(who, (Power.ELECT, None), (Power.SERVICE, None))
    of = servicing.case(office, id)
    _require(who, of.owner.id, holder, Power.SERVICE)
    allowed = actions.choices_in(of.terms)
    if choice not in allowed:
        known = ", ".join(allowed) or "nothing"
        raise Invalid(f"a {of.terms.kind} asks holders for {known}, not {choice}", field="choice")
    digest = record_hash([id, holder, choice, str(units)])[2:]
    with office.book.reading() as tx:
        if requests.earlier(tx, who.id, key, digest):
            return

    def keep(tx: Transaction) -> bool:
        if requests.claim(tx, who.id, key, digest):
            return False
        now, told = office.clock.now(), {"action": id, "choice": choice, "units": str(units)}
        requests.keep(tx, Request(who.id, key, digest, of.owner.id, None, told, now))
        audit.record(tx, Entry(who.id, "elect", f"{id}, {holder}", content=told), now)
        return True

    actor = orders.Actor(who.name[:64], office.keys.agent)
    actions.elect(office, actor, id, holder, choice, units, keep)


def decimals_of(office: Office, who: Actor, id: str) -> int:
    """The decimals of the units of an action, for whoever may elect in it. Raises as `elect`."""
    permits.require_any(who, (Power.ELECT, None), (Power.SERVICE, None))
    return events.one(office, who, id).instrument.decimals


def elections(office: Office, who: Actor, id: str) -> dict[str, tuple[str, int]]:
    """What holders elected, by id; one's own alone without the register. Raises as `events.one`."""
    of = events.readable(office, who, id)
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    every = permits.allows(who, Power.READ_REGISTER, of.owner.id)
    mine = events.own_holders(who, of.owner.id)
    said = {known[account].id: one for account, one in of.elections.items() if account in known}
    return {holder: one for holder, one in said.items() if every or holder in mine}


def vote(office: Office, who: Actor, request: VoteRequest) -> VoteOutcome:
    """Take a vote down, once under its key. Raises NotFound, NotPermitted, Invalid."""
    one = _meeting(office, who, request.meeting, request.holder, request.proxy)
    return voting.vote(office, who.id, _with(request, one))


def ballot(office: Office, who: Actor, request: VoteRequest) -> Mapping[str, Any]:
    """The typed data that the holder's wallet signs for a vote. Raises as `vote`."""
    one = _meeting(office, who, request.meeting, request.holder, request.proxy)
    return voting.message(office, _with(request, one))


def entitled(
    office: Office, who: Actor, number: int, holder: str, voter: str | None = None
) -> tuple[Assembly, Mapping[str, int]]:
    """A meeting, and the units that a holder may vote there by class. Raises as `vote`."""
    one = _meeting(office, who, number, holder, voter)
    party = parties.party(office, one.issuer, holder)
    return one, _holdings(office, one).get(party.facts.account, {})


def outcome(office: Office, who: Actor, meeting: int, holder: str) -> VoteOutcome:
    """What became of a holder's last vote. Raises NotFound where none was given."""
    one = _meeting(office, who, meeting, holder)
    return voting.outcome(office, one.issuer.id, meeting, holder)


def appoint(office: Office, who: Actor, request: ProxyRequest) -> WorkOrder:
    """Ask that a proxy is appointed, or the appointment taken back, once under its key.

    Raises NotFound, NotPermitted, Invalid where the giver's own signature is needed, Conflict for a
    circle of proxies.
    """
    one = _meeting(office, who, request.meeting, request.holder)
    with noting.refusals(office, who.id, "appoint proxy", noting.appointment(request)):
        if request.signature is None:
            voting.require_kept(office, one, request.giver or request.holder)
        proxies.require_sound(office, one, request)
    texts = {
        "meeting": str(request.meeting),
        "holder": request.holder,
        "proxy": request.proxy or "",
        "giver": request.giver or "",
        "may_substitute": "yes" if request.may_substitute else "",
        "issuer": one.issuer.id,
        "signature": request.signature or "",
        "at": str(request.at),
    }
    subject = f"meeting {one.number}"
    with office.book.transaction() as tx:
        key = f"{who.id} {request.key}"
        return processing.enter(office, tx, who, Act.APPOINT, one.issuer.id, subject, texts, key)


def own_receipt(office: Office, who: Actor, number: int, holder: str) -> str:
    """What a holder keeps of his sealed vote. Raises NotPermitted, NotFound, also for another's."""
    permits.require(who, Power.ELECT)
    text = receipt(office, who, events.meeting(office, who, number), holder)
    if text is None:
        said = f"there is no receipt of a sealed vote of yours at meeting {number}"
        raise NotFound(said, meeting=number)
    return text


def receipt(office: Office, who: Actor, one: Assembly, holder: str) -> str | None:
    """What a holder keeps of his sealed vote; None for everybody else, because it tells how he voted."""
    if not permits.allows(who, Power.ELECT, holder_scope(one.issuer.id, holder)):
        return None
    return sealed.receipt(office, one, holder)


def reveal(office: Office, who: Actor, number: int, holder: str, text: str = "") -> WorkOrder:
    """Ask that a holder's sealed vote is opened, from his receipt where he gives it, once a minute.

    Raises NotFound, NotPermitted, Invalid for a receipt of another vote, Conflict where it is not the time.
    """
    one = _meeting(office, who, number, holder)
    account = parties.party(office, one.issuer, holder).facts.account
    with noting.refusals(office, who.id, "reveal votes", noting.meeting(one.issuer.id, number)):
        if wrong := assembly.when_wrong(one, (assembly.Stage.REVEALING,)):
            raise Conflict(wrong, meeting=number)
        if text:
            sealed.read(one, account, text)
    texts = {"meeting": str(number), "issuer": one.issuer.id, "holder": holder, "receipt": text}
    key = f"{who.id} reveal {holder} {record_hash(text)} {office.clock.now():%Y-%m-%dT%H:%M}"
    with office.book.transaction() as tx:
        subject = f"meeting {number}"
        return processing.enter(office, tx, who, Act.REVEAL, one.issuer.id, subject, texts, key)


def appointment(office: Office, who: Actor, request: ProxyRequest) -> Mapping[str, Any]:
    """The typed data that the giver's wallet signs for a proxy. Raises as `appoint`."""
    one = _meeting(office, who, request.meeting, request.holder)
    return voting.appointment(office, one, request)


def chairs(office: Office, who: Actor, one: Assembly) -> list[Chair]:
    """The holders for whom somebody may vote: his own, those whose proxy his own is, or (for whoever
    holds the meeting) everybody who held units at the record instants."""
    mine = events.own_holders(who, one.issuer.id, Power.ELECT)
    every = permits.allows(who, Power.HOLD_MEETINGS, one.issuer.id)
    known, held = assembly.names(office, one), _holdings(office, one)
    wallets = {str(parties.party(office, one.issuer, id).wallet): id for id in mine}
    with office.book.reading() as tx:
        called = {each.id: each.name for each in issuers.holders(tx, one.issuer.id)}
    found = []
    for account, id in sorted(known.items()):
        voter = wallets.get(_proxy(one, account), "")
        if id in mine or voter or (every and any(held.get(account, {}).values())):
            voted = account in one.chain.cast or account in one.chain.sealed
            found.append(Chair(account, id, called.get(id, ""), "" if id in mine else voter, voted))
    return sorted(found, key=lambda each: bool(each.voter))


def seat(office: Office, one: Assembly, chair: Chair) -> Seat:
    """A holder's seat in full."""
    party = parties.party(office, one.issuer, chair.holder)
    signs = parties.party(office, one.issuer, chair.voter) if chair.voter else party
    said, sealed = tuple(assembly.said_of(one, chair.account)), chair.account in one.chain.sealed
    return Seat(
        chair.holder,
        chair.name,
        _holdings(office, one).get(chair.account, {}),
        said,
        sealed,
        voting.is_kept(office, signs),
        _proxy(one, chair.account),
        "" if said or sealed else _pending(office, one, chair.holder),
        chair.voter,
    )


def _holdings(office: Office, one: Assembly) -> dict[int, dict[str, int]]:
    """Units at the record instants; nothing before they have passed and been read from the chain."""
    try:
        return assembly.holdings(office, one)
    except Conflict:
        return {}


def _pending(office: Office, one: Assembly, holder: str) -> str:
    """What became of a vote that does not stand: the word, with the reason where it was refused."""
    try:
        found = voting.outcome(office, one.issuer.id, one.number, holder)
    except NotFound:
        return ""
    return f"{found.given}: {found.reason}" if found.reason else str(found.given)


def _proxy(one: Assembly, account: int) -> str:
    """The wallet that is appointed now for an account; empty where nobody is."""
    holder = str(account)
    own = [each for each in one.chain.appointments if (each.holder, each.giver) == (holder, holder)]
    return own[-1].proxy if own and own[-1].revoked_at is None else ""


def _meeting(
    office: Office, who: Actor, number: int, holder: str, voter: str | None = None
) -> Assembly:
    """The meeting, for whoever may speak for the holder, or for the proxy in whose place he speaks."""
    permits.require_any(who, (Power.ELECT, None), (Power.HOLD_MEETINGS, None))
    one = events.meeting(office, who, number)
    _require(who, one.issuer.id, voter or holder, Power.HOLD_MEETINGS)
    return one


def _require(who: Actor, issuer: str, holder: str, office_power: Power) -> None:
    scope = holder_scope(issuer, holder)
    permits.require_any(who, (Power.ELECT, scope), (office_power, issuer))


def _with(request: VoteRequest, one: Assembly) -> VoteRequest:
    return VoteRequest(
        request.meeting, request.holder, request.key, request.said, request.proxy, one.issuer.id,
        request.signature, request.at, request.sealed,
    )  # fmt: skip
