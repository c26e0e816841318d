"""A wrong entry put right: reversed by a linked entry, the right one posted, nothing ever edited.

The entry is named by the id that stands in its event. The chain keeps the links (`Corrected`), and so does
the book. What is corrected are moves between holders; an issue is taken back by a redemption.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from freehold.book import approvals, issuers
from freehold.book.approvals import Correction
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.chain.contracts import call
from freehold.core.approvals import Act, Change
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.events import Forced, Passed
from freehold.core.ids import instruction_id
from freehold.core.powers import Powers
from freehold.core.roles import Power
from freehold.core.units import Units, format_units
from freehold.desks import parties
from freehold.desks.approvals import kinds
from freehold.desks.approvals.approvable_units import instrument_of, units_of
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Order, instruction_bytes
from freehold.desks.parties import Party
from freehold.desks.securities import differences, enforcement
from freehold.desks.securities.enforcement import ForceRequest
from freehold.indexer import explore, read

KIND = "correction"


@dataclass(frozen=True, slots=True)
class Moved:
    """A move of the past: who gave, who got, base units."""

    sender: str
    receiver: str
    units: Units


def _read(office: Office, asking: Asking) -> Act:
    texts, owner = asking.texts, asking.owner
    _, instrument = parties.instrument(office, owner.id, texts["instrument"])
    id = texts["instruction"].lower()
    with office.book.reading() as tx:
        if any(one.corrected == id for one in approvals.corrections(tx, id)):
            raise Conflict(f"entry {id} is corrected already", instruction=id)
    wrong = _moved(office, owner, instrument, id)
    named = [texts.get(name, "") for name in ("sender", "receiver", "units")]
    if any(named) and not all(named):
        raise Invalid(
            "name sender, receiver and units of the right entry, or none of them", field="sender"
        )
    arguments = {
        "instruction": id,
        "wrong_sender": wrong.sender,
        "wrong_receiver": wrong.receiver,
        "wrong_units": format_units(wrong.units, instrument.decimals),
    }
    if not all(named):
        return kinds.of_instrument(KIND, asking, instrument, arguments, arguments["wrong_units"])
    sender = parties.party(office, owner, named[0]).holder.id
    receiver = parties.party(office, owner, named[1]).holder.id
    right = Moved(sender, receiver, units_of(named[2], instrument))
    if right == wrong or sender == receiver:
        raise Invalid("the right entry is the wrong one, or moves nothing", field="units")
    units = format_units(right.units, instrument.decimals)
    arguments |= {"sender": sender, "receiver": receiver, "units": units}
    return kinds.of_instrument(KIND, asking, instrument, arguments, units)


def _moved(office: Office, owner: KnownIssuer, instrument: KnownInstrument, id: str) -> Moved:
    """The move that an entry made. Raises NotFound, Invalid for an entry that is no move."""
    with office.index.connect() as view:
        seen = explore.of_instruction(view, id)
        accounts = read.accounts(view, instrument.token)
    here = [one.event for one in seen if one.contract == instrument.token]
    if not here:
        raise NotFound(f"{instrument.name} has no entry {id[:66]}", instruction=id[:66])
    move = next((one for one in here if isinstance(one, Passed | Forced)), None)
    if move is None:
        raise Invalid(
            "only a move between holders is corrected: take an issue back with a redemption",
            field="instruction",
        )
    with office.book.reading() as tx:
        holders = issuers.holders(tx, owner.id)
    known = {accounts[one.wallet]: one.id for one in holders if one.wallet in accounts}
    known.setdefault(accounts.get(office.keys.agent.address, 0), parties.TREASURY)
    names = [known.get(accounts.get(wallet, -1), wallet) for wallet in (move.sender, move.receiver)]
    return Moved(names[0], names[1], Units(move.units))


def _moves(office: Office, act: Act) -> tuple[Moved, Moved | None]:
    """The reversal, and the right entry if there is one."""
    _, instrument = instrument_of(office, act)
    given = act.arguments
    units = units_of(given["wrong_units"], instrument)
    reversal = Moved(given["wrong_receiver"], given["wrong_sender"], units)
    if "sender" not in given:
        return reversal, None
    right = units_of(given["units"], instrument)
    return reversal, Moved(given["sender"], given["receiver"], right)


def _net(office: Office, act: Act) -> Mapping[str, tuple[Party, int]]:
    owner, _ = instrument_of(office, act)
    reversal, right = _moves(office, act)
    net: dict[str, int] = {}
    for one in filter(None, (reversal, right)):
        net[one.sender] = net.get(one.sender, 0) - one.units
        net[one.receiver] = net.get(one.receiver, 0) + one.units
    return {name: (parties.party(office, owner, name), by) for name, by in net.items()}


def _difference(office: Office, act: Act) -> Sequence[Change]:
    owner, instrument = instrument_of(office, act)
    return differences.of_moves(office, owner, instrument, _net(office, act))


def _carry_out(office: Office, planned: Planned) -> Step:
    """Reverse; link the reversal and post the right entry; link that one too."""
    act, done = planned.act, len(planned.done)
    reversal, right = _moves(office, act)
    if not done:
        short = _short(office, act, reversal, right)
        first = replace(_force(office, planned, reversal, "reversal"), act=KIND)
        return Step(refused=short) if short else Step(first)
    reversed_by = planned.done[0].id
    if done == 1:
        order = _linked(office, planned, reversed_by, "link 1")
        posted = _force(office, planned, right, "right") if right else None
        if posted:
            order = replace(order, asked=(*order.asked, *posted.asked))
        return Step(order, write=_note(office, planned, reversed_by, posted))
    if right and done == 3:
        return Step(_linked(office, planned, planned.done[2].id, "link 2"))
    return kinds.OVER


def _short(office: Office, act: Act, reversal: Moved, right: Moved | None) -> str:
    """Why the right entry could not be posted after the reversal; empty if it can."""
    if right is None:
        return ""
    owner, instrument = instrument_of(office, act)
    party = parties.party(office, owner, right.sender)
    has = differences.held(office, instrument, party)
    has += reversal.units * (
        (reversal.receiver == right.sender) - (reversal.sender == right.sender)
    )
    if has >= right.units:
        return ""
    return f"{right.sender} would have {format_units(has, instrument.decimals)} units to give"


def _force(office: Office, planned: Planned, move: Moved, which: str) -> Order:
    act = planned.act
    assert act.grounds and act.token, "a correction has grounds and an instrument"
    asked = ForceRequest(
        act.token,
        move.sender,
        move.receiver,
        move.units,
        act.grounds,
        f"{planned.key} {which}",
        act.issuer,
    )
    return enforcement.force_order(office, orders.agent(office), asked)


def _linked(office: Office, planned: Planned, instruction: str, which: str) -> Order:
    """The order that says on chain that an instruction corrects the wrong one."""
    act, agent = planned.act, orders.agent(office)
    _, instrument = instrument_of(office, act)
    assert act.grounds, "a correction has grounds"
    data = call(
        "SecurityToken",
        "correct",
        instruction_bytes(instruction),
        instruction_bytes(act.arguments["instruction"]),
        int(act.grounds.reason),
        act.grounds.document,
    )
    key = f"{planned.key} {which}"
    asked = (Asked(agent.signer, instrument.token, data, "link a correction", key),)
    return Order(KIND, f"force {instrument.token}", key, asked, Powers.ACTION)


def _note(office: Office, planned: Planned, reversed_by: str, posted: Order | None) -> kinds.Write:
    """Link the entries in the book; the right one's id is known before it is sent."""
    replaced_by = None
    if posted:
        signer = posted.asked[0].signer.address
        replaced_by = instruction_id(posted.scope, signer, posted.key)
    one = Correction(planned.act.arguments["instruction"], reversed_by, replaced_by, planned.key)

    def write(tx: Transaction) -> None:
        approvals.correct(tx, one, office.clock.now())

    return write


KINDS = (
    Kind(
        KIND,
        "Correct an entry",
        Power.CORRECT,
        _read,
        _difference,
        _carry_out,
        ("instrument", "instruction"),
        ("sender", "receiver", "units"),
        grounds=True,
    ),
)
