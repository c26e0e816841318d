"""A halt of an instrument's transfers, and its end, as acts that persons agree to.

While it is halted nothing moves by the rules; what powers do to units still does. A split, and the books of
a class that ends, halt an instrument too: the contract says whether such a halt can be ended by itself.
"""

from collections.abc import Sequence

from freehold.core.approvals import Act, Change
from freehold.core.errors import Conflict
from freehold.core.roles import Power
from freehold.desks import parties
from freehold.desks.approvals import kinds
from freehold.desks.approvals.kinds import Asking, Kind, Planned
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Order
from freehold.desks.securities import differences, enforcement
from freehold.desks.securities.enforcement import HaltRequest

HALT, RESUME = "halt", "resume"
_STATE = {True: "halted", False: "open"}


def _reads(kind: str) -> kinds.Read:
    def read(office: Office, asking: Asking) -> Act:
        _, instrument = parties.instrument(office, asking.owner.id, asking.texts["instrument"])
        halted = differences.is_halted(office, instrument)
        if halted is (kind == HALT):
            said = "halted already" if halted else "not halted: there is nothing to resume"
            raise Conflict(f"{instrument.name} is {said}", instrument=instrument.token)
        return kinds.of_instrument(kind, asking, instrument, {})

    return read


def _difference(office: Office, act: Act) -> Sequence[Change]:
    assert act.token, "a halt is of an instrument"
    _, instrument = parties.instrument(office, act.issuer, act.token)
    before, after = differences.is_halted(office, instrument), act.kind == HALT
    return [Change("transfers by the rules", _STATE[before], _STATE[after])]


def _order(office: Office, planned: Planned) -> Order:
    act = planned.act
    assert act.token and act.grounds, "a halt is of an instrument and has grounds"
    asked = HaltRequest(act.token, act.kind == HALT, act.grounds, planned.key, act.issuer)
    return enforcement.halt_order(office, orders.agent(office), asked)


KINDS = tuple(
    Kind(
        name,
        title,
        Power.FREEZE,
        _reads(name),
        _difference,
        kinds.once(_order),
        ("instrument",),
        grounds=True,
    )
    for name, title in (
        (HALT, "Halt all transfers of a security"),
        (RESUME, "Resume the transfers of a security"),
    )
)
