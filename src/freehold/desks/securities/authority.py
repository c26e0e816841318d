"""Powers: who may do what to a register or an instrument, granted and taken away in the open.

A change takes effect by itself after a delay that everybody can see coming; giving up one's own powers
needs none. A power is held over one contract: the issuer's register, or one instrument.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import issuers
from freehold.book.issuers import KnownIssuer
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.clock import from_seconds, to_seconds
from freehold.core.errors import Invalid
from freehold.core.events import PowersAnnounced
from freehold.core.ids import Address
from freehold.core.powers import NO_POWERS, Powers
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import following, orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Order
from freehold.indexer import journal

REGISTER = "register"


@dataclass(frozen=True, slots=True)
class PowersRequest:
    """Powers to give to somebody (`granted`) or to take away, over the register or one instrument."""

    who: Address
    powers: Powers
    granted: bool
    key: str
    issuer: str | None = None
    instrument: str | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What somebody may do to `over` (the register, or an instrument by its class id) now, and what
    was announced to take its place from `effective` on (None: nothing waits)."""

    over: str
    who: Address
    called: str
    powers: Powers
    announced: Powers | None
    effective: datetime | None


@dataclass(frozen=True, slots=True)
class PowersOutcome:
    """What became of a change, and what the person holds after it."""

    act: ActOutcome
    holding: Holding


def powers(office: Office, issuer: str | None, named: str | None = None) -> list[Holding]:
    """Everybody who holds or held a power over an issuer's register and instruments (or one)."""
    following.bring_up(office)
    owner = parties.owner(office, issuer)
    found = []
    for over, contract in _contracts(office, owner, named):
        last: dict[str, PowersAnnounced] = {}
        with office.index.connect() as view:
            for logged in journal.events_of(view, [contract], [PowersAnnounced]):
                assert isinstance(logged.event, PowersAnnounced)
                last[logged.event.account] = logged.event
        found += [_holding(office, owner, over, contract, one) for one in last.values()]
    return [one for one in found if one.powers or one.announced]


def change(
    office: Office, actor: Actor, request: PowersRequest, *, dry_run: bool = False
) -> PowersOutcome:
    """Announce that somebody gains or loses powers, once under a key.

    Raises NotFound, Invalid where no power is named.
    """
    order = change_order(office, actor, request)
    owner = parties.owner(office, request.issuer)
    ((over, contract),) = _contracts(office, owner, request.instrument or REGISTER)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    after = _last(office, contract, request.who)
    known = after or PowersAnnounced(request.who, 0, 0)
    return PowersOutcome(done, _holding(office, owner, over, contract, known))


def change_order(office: Office, actor: Actor, request: PowersRequest) -> Order:
    """The order that announces a change. Raises as `change`."""
    if not request.powers:
        raise Invalid("no power is named", field="powers")
    owner = parties.owner(office, request.issuer)
    ((over, contract),) = _contracts(office, owner, request.instrument or REGISTER)
    held = after_change(office, request)
    data = call(_kind(over), "grant", request.who, int(held))
    act = "grant" if request.granted else "revoke"
    asked = (Asked(actor.signer, contract, data, f"{act} powers", request.key),)
    return Order(act, f"{act} powers {contract}", request.key, asked, Powers.GRANT)


def held_now(office: Office, request: PowersRequest) -> Powers:
    """What the person holds over the contract by the last announcement."""
    owner = parties.owner(office, request.issuer)
    ((_, contract),) = _contracts(office, owner, request.instrument or REGISTER)
    before = _last(office, contract, request.who)
    return Powers(before.powers) if before else NO_POWERS


def after_change(office: Office, request: PowersRequest) -> Powers:
    """What the person holds once the change has taken effect."""
    held = held_now(office, request)
    return held | request.powers if request.granted else held & ~request.powers


def _contracts(office: Office, owner: KnownIssuer, named: str | None) -> list[tuple[str, Address]]:
    """The register and the instruments, or the one that is named, with what each is called."""
    if named == REGISTER:
        return [(REGISTER, owner.register)]
    if named is not None:
        _, one = parties.instrument(office, owner.id, named)
        return [(one.class_id, one.token)]
    with office.book.reading() as tx:
        every = issuers.instruments(tx, owner.id)
    return [(REGISTER, owner.register), *((one.class_id, one.token) for one in every)]


def _kind(over: str) -> str:
    return "Holders" if over == REGISTER else "SecurityToken"


def _last(office: Office, contract: Address, who: Address) -> PowersAnnounced | None:
    following.bring_up(office)
    with office.index.connect() as view:
        said = [one.event for one in journal.events_of(view, [contract], [PowersAnnounced])]
    mine = [one for one in said if isinstance(one, PowersAnnounced) and one.account == who]
    return mine[-1] if mine else None


def _holding(
    office: Office, owner: KnownIssuer, over: str, contract: Address, last: PowersAnnounced
) -> Holding:
    who = Address(last.account)
    now = contracts.read(office.w3, _kind(over), contract, "powers_of", who)
    waits = last.effective > to_seconds(now_on_chain(office)) and last.powers != now
    announced = Powers(last.powers) if waits else None
    effective = from_seconds(last.effective) if waits else None
    return Holding(over, who, _called(office, owner, who), Powers(now), announced, effective)


def _called(office: Office, owner: KnownIssuer, who: Address) -> str:
    known = {office.keys.agent.address: "agent", owner.registry_face: "registry face"}
    if office.keys.second:
        known[office.keys.second.address] = "second"
    return known.get(who, "")
