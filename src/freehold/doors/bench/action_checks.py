"""What an action must have left behind: register, contract, money, pot and statements, one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from freehold.book.issuers import KnownInstrument
from freehold.chain import coins, contracts
from freehold.core.actions.kinds import Kind
from freehold.core.actions.terms import read
from freehold.core.errors import NotFound
from freehold.core.grounds import Ground, Grounds
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.agent import statements
from freehold.desks.agent.statements import StatementRequest
from freehold.desks.outbox.following import bring_up
from freehold.desks.securities import enforcement
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.desks.servicing import actions, servicing, taxes
from freehold.doors.bench.action_table import FROZEN, Due, Held, Life
from freehold.doors.bench.action_world import HOLDERS, TREASURY, TREATY_RATE, World, money_of
from freehold.indexer import read as register

_NO_FORM_RATE = 30


@dataclass(frozen=True, slots=True)
class Walk:
    """One action on its way: its id, class and texts, what there was before it, what was found wrong."""

    world: World
    life: Life
    id: str
    named: str
    text: str
    draft: str
    held: Held
    money: dict[str, int]
    there: Held
    wrong: list[str] = field(default_factory=list)


def units(world: World, of: KnownInstrument) -> dict[str, int]:
    """What everybody has of a class, by the register; the issuer's own too."""
    bring_up(world.office)
    with world.office.index.connect() as view:
        held = {line.wallet: line.units for line in register.lines(view, of.token)}
    return {named: held.get(wallet, 0) for named, wallet in world.wallets.items()}


def freeze(world: World, named: str, key: str) -> None:
    """Some of cyd's units may not move, whatever happens."""
    grounds = Grounds(Ground.STOP, b"\1" * 32)
    asked = FreezeRequest("cyd", True, grounds, f"freeze {key}", world.owner.id, named, FROZEN)
    enforcement.freeze(world.office, world.agent, asked)


def unchanged(held: Held) -> Due:
    return Due(held)


def found_wrong(walk: Walk, due: Due) -> Iterator[str]:
    """Every difference between what is and what must be, in words."""
    yield from _register(walk, due)
    yield from _money(walk, due)
    yield from _treasury(walk)
    yield from _statements(walk, due)
    if walk.life.kind is Kind.NAME_CHANGE:
        yield from _name(walk)


def _register(walk: Walk, due: Due) -> Iterator[str]:
    world, of = walk.world, walk.world.classes[walk.named]
    wanted = {named: due.units.get(named, 0) for named in world.wallets}
    found = units(world, of)
    yield from _unlike("units in the register", wanted, found)
    asked = {
        named: contracts.read(world.office.w3, "SecurityToken", of.token, "balanceOf", wallet)
        for named, wallet in world.wallets.items()
    }
    yield from _unlike("units on the contract", wanted, asked)
    there = units(world, world.classes["other"])
    gained = {named: there[named] - walk.there[named] for named in there}
    wanted = {named: due.there.get(named, 0) for named in there}
    yield from _unlike("units of the other class", wanted, gained)


def _money(walk: Walk, due: Due) -> Iterator[str]:
    world = walk.world
    now = money_of(world)
    net = {one: gross - withheld(walk, one, gross) for one, gross in due.gross.items()}
    wanted = {one: net.get(one, 0) - due.pays.get(one, 0) for one in HOLDERS}
    moved = {one: now[one] - walk.money[one] for one in HOLDERS}
    yield from _unlike("money", wanted, moved)
    own = sum(due.pays.values()) - sum(net.values())
    yield from _unlike("money", {TREASURY: own}, {TREASURY: now[TREASURY] - walk.money[TREASURY]})
    if left := coins.balance(world.office.w3, world.coin, servicing.distribution(world.office)):
        yield f"the pot still has {left}"


def withheld(walk: Walk, named: str, gross: int) -> int:
    """The tax of a person, half up: the form of the first holder claims a treaty's rate on dividends, and
    lets him have interest of a portfolio untaxed."""
    if not walk.life.tax:
        return 0
    by_form = {Kind.CASH_DIVIDEND: TREATY_RATE, Kind.COUPON: 0} if named == HOLDERS[0] else {}
    rate = by_form.get(walk.life.kind, _NO_FORM_RATE)
    return int(Fraction(gross * rate, 100) + Fraction(1, 2))


def _treasury(walk: Walk) -> Iterator[str]:
    """The issuer's own units get nothing, by plan and by pot."""
    office, owner = walk.world.office, walk.world.owner
    account = parties.party(office, owner, TREASURY).facts.account
    try:
        _, parts = actions.preview(office, walk.id)
    except Exception as error:  # called off before its record: there is no plan
        if "has not passed" not in str(error) and "lies ahead" not in str(error):
            yield f"no preview: {error}"
        return
    if any(one.account == account for one in parts):
        yield "the issuer's own units are in the plan"


def _statements(walk: Walk, due: Due) -> Iterator[str]:
    """Each holder's statement closes with his units; who was paid finds it in that of the action."""
    world, of = walk.world, walk.world.classes[walk.named]
    for named in HOLDERS:
        told = statements.statement_of(world.office, StatementRequest(named, world.owner.id))
        closing = {one.class_id: one.closing for one in told.accounts}.get(of.class_id, "0")
        if closing != format_units(due.units.get(named, 0), of.decimals):
            yield f"{named}'s statement closes with {closing}"
    wanted = {one: (gross, withheld(walk, one, gross)) for one, gross in due.gross.items() if gross}
    yield from _unlike("paid by the statements", wanted, _paid(world, walk.id))


def _paid(world: World, id: str) -> dict[str, tuple[int, int]]:
    who = permits.keyholder()
    try:
        _, told = taxes.action_statements(world.office, who, world.owner.id, id)
    except NotFound:
        return {}
    return {
        person.person: (sum(one.gross for one in paid), sum(one.withheld for one in paid))
        for person, paid in told
    }


def _name(walk: Walk) -> Iterator[str]:
    of = walk.world.classes[walk.named]
    _, known = parties.instrument(walk.world.office, walk.world.owner.id, walk.named)
    name = contracts.read(walk.world.office.w3, "SecurityToken", of.token, "name")
    closed = actions.show(walk.world.office, walk.id).state == "closed"
    wanted = read(walk.text).name if closed else f"{walk.world.owner.name} {of.name}"
    if name != wanted:
        yield f"the contract is called {name!r} and not {wanted!r}"
    if closed and known.name != wanted:
        yield f"the book calls it {known.name!r} and not {wanted!r}"


def _unlike(what: str, wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterator[str]:
    for named in sorted(wanted.keys() | found.keys()):
        if wanted.get(named) != found.get(named):
            yield f"{what} of {named}: {found.get(named)} instead of {wanted.get(named)}"
