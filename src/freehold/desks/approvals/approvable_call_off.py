"""Calling an announced policy off: the rules that hold go on holding, so one person is enough.

An issuer's approval rules may ask for two (`policy-call-off`). What the chain does, and when it is too
late, says `desks/rules/calling_off.py`; the policy's own proposal ends refused once it is called off.
"""

from collections.abc import Sequence
from functools import partial

from freehold.book import policies
from freehold.book.session import Transaction
from freehold.core.approvals import CALL_OFF, Act, Change
from freehold.core.clock import stamp
from freehold.core.policy.adoption import Adoption
from freehold.core.powers import Powers
from freehold.core.reasons import Reason, message_for
from freehold.core.roles import Power
from freehold.desks import parties
from freehold.desks.approvals import kinds
from freehold.desks.approvals.approvable_units import instrument_of
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office, next_instant
from freehold.desks.outbox.orders import Order
from freehold.desks.rules import adoption, calling_off

NONE = "none"


def _read(office: Office, asking: Asking) -> Act:
    _, instrument = parties.instrument(office, asking.owner.id, asking.texts["instrument"])
    why = calling_off.require_why(asking.texts["why"])
    return kinds.of_instrument(CALL_OFF, asking, instrument, {"why": why})


def _difference(office: Office, act: Act) -> Sequence[Change]:
    _, instrument = instrument_of(office, act)
    waiting, holds = (
        adoption.pending(office, instrument),
        adoption.in_force(office, instrument).name,
    )
    if waiting is None:
        return [Change("policy announced", NONE, NONE), Change("policy in force", holds, holds)]
    name = adoption.compiled_of(office, waiting.policy).policy.name
    return [
        Change("policy announced", name, NONE),
        Change("in force at the earliest", stamp(waiting.effective_at), "never"),
        Change("policy in force", holds, holds),
    ]


def _carry_out(office: Office, planned: Planned) -> Step:
    _, instrument = instrument_of(office, planned.act)
    waiting = adoption.pending(office, instrument)
    if planned.done:
        return _settled(office, planned, waiting)
    if against := calling_off.against_it(office, instrument):
        return Step(refused=against[1], code=int(against[0]))
    asked = calling_off.calling_off(office, instrument, f"{planned.key} call off")
    return Step(Order(CALL_OFF, f"policy {instrument.token}", asked.key, (asked,), Powers.RULES))


def _settled(office: Office, planned: Planned, waiting: Adoption | None) -> Step:
    """It stands on the chain; unless somebody put the policy in force before, it is called off."""
    if waiting is None:
        return kinds.OVER
    now, why = next_instant(office), planned.act.arguments["why"]
    if calling_off.was_faster(office, instrument_of(office, planned.act)[1], waiting):
        code = Reason.POLICY_DELAY_OVER
        begun = partial(policies.activated, adoption=waiting, now=now)
        return Step(write=begun, refused=message_for(code), code=int(code))

    def write(tx: Transaction) -> None:
        policies.called_off(tx, waiting, why, now)

    return Step(write=write)


KINDS = (
    Kind(
        CALL_OFF,
        "Call an announced policy off",
        Power.CHANGE_POLICY,
        _read,
        _difference,
        _carry_out,
        ("instrument", "why"),
    ),
)
