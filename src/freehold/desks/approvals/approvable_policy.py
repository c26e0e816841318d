"""Acts on the rules that persons agree to: another policy for an instrument, from announcement to force.

The contract makes everybody wait: what is announced takes effect after the instrument's public delay. A
policy that begins to count groups of holders takes two announcements, as `desks/rules/adoption.py` says.
"""

import json
from collections.abc import Sequence
from functools import partial

from freehold.book import approvals, policies, settings
from freehold.book.issuers import KnownInstrument
from freehold.book.policies import KnownPolicy
from freehold.book.session import Transaction
from freehold.core.approvals import CALL_OFF, Act, Change, State
from freehold.core.clock import parse, stamp
from freehold.core.errors import Conflict, Invalid
from freehold.core.policy.adoption import Adoption
from freehold.core.policy.parse import parse_policy
from freehold.core.policy.rows import Row
from freehold.core.powers import Powers
from freehold.core.reasons import Reason
from freehold.core.roles import Power
from freehold.desks import parties
from freehold.desks.approvals import kinds
from freehold.desks.approvals.approvable_units import instrument_of
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office, next_instant
from freehold.desks.outbox.orders import Order
from freehold.desks.rules import adoption
from freehold.desks.rules.policies import PolicyFile, shipped_profiles

KIND = "policy"
STRANDED = "acknowledge_stranded"


def _file(act: Act) -> PolicyFile:
    """The policy as it was proposed, read with the profiles of that day."""
    at = parse(act.arguments["read_at"])
    parsed = parse_policy(act.arguments["policy"], shipped_profiles(), at.date(), "policy")
    return PolicyFile(parsed, act.arguments["policy"], at)


def _read(office: Office, asking: Asking) -> Act:
    texts = asking.texts
    _, instrument = parties.instrument(office, asking.owner.id, texts["instrument"])
    if texts.get(STRANDED, "") not in ("", "yes"):
        raise Invalid(f"{STRANDED} is yes or left out", field=STRANDED)
    arguments = {"policy": texts["policy"], "read_at": stamp(office.clock.now())}
    act = kinds.of_instrument(
        KIND, asking, instrument, {**arguments, STRANDED: texts.get(STRANDED, "")}
    )
    file = _file(act)
    if adoption.pending(office, instrument):
        raise Conflict(
            "another policy is announced already: let it come into force, or call it off, first"
        )
    adoption.require_adoptable(
        office, asking.owner.id, str(instrument.token), file, bool(texts.get(STRANDED))
    )
    return act


def _difference(office: Office, act: Act) -> Sequence[Change]:
    _, instrument = instrument_of(office, act)
    found = adoption.propose(office, act.issuer, str(instrument.token), _file(act))
    before = adoption.in_force(office, instrument)
    after = _file(act).parsed.policy.name
    changes = [
        Change("policy in force", before.name, after),
        Change("policy id", before.id, found.policy),
        Change("rows on chain", "0", str(found.rows)),
        Change("holders who could not receive any more", "0", str(len(found.stranded))),
    ]
    for one in found.stranded:
        changes.append(Change("may receive", "yes", f"no: {one.why}", one.holder))
    return changes


def _carry_out(office: Office, planned: Planned) -> Step:
    """Announce, wait for the delay, activate; twice where groups begin to be counted."""
    number, activated = len(planned.done) // 2, len(planned.done) % 2 == 0
    if activated:
        steps = _kept(office, planned, number - 1)[1] if number else 0
        if number and number == steps:
            waiting = adoption.pending(office, instrument_of(office, planned.act)[1])
            return Step(write=partial(_activate, office, waiting)) if waiting else kinds.OVER
        return _announce(office, planned, number)
    return _wait(office, planned, number)


def _announce(office: Office, planned: Planned, number: int) -> Step:
    owner, instrument = instrument_of(office, planned.act)
    if number == 0:
        plan = adoption.first_rows(office, owner.id, str(instrument.token), _file(planned.act))
        policy, rows, steps = plan.policy, plan.rows, plan.steps
    else:
        policy, (_, steps) = _policy_id(planned.act), _kept(office, planned, number - 1)
        rows = adoption.second_rows(office, owner.id, str(instrument.token), policy)
    asked = adoption.announcing(
        office, instrument, policy, rows, f"{planned.key} announce {number}"
    )
    order = Order(KIND, f"policy {instrument.token}", asked.key, (asked,), Powers.RULES)
    waiting = adoption.pending(office, instrument)

    def write(tx: Transaction) -> None:
        now = next_instant(office)
        if number == 0:
            policies.add_policy(tx, _known(planned.act, policy))
        elif waiting:
            policies.activated(tx, waiting, now)
        listed = [[kind, hex(key), hex(word)] for kind, key, word in rows]
        kept = json.dumps({"rows": listed, "steps": steps})
        settings.write(tx, _named(planned, number), kept, now)

    return Step(order, write=write)


def _wait(office: Office, planned: Planned, number: int) -> Step:
    """What is announced waits for its delay; then it is put in force."""
    _, instrument = instrument_of(office, planned.act)
    waiting = adoption.pending(office, instrument)
    if waiting is None or waiting.step != number + 1:
        return _announced(office, planned, number)
    if next_instant(office) < waiting.effective_at:
        return Step(waits=f"Announced. The old rules hold until {stamp(waiting.effective_at)}.")
    if _being_called_off(office, instrument):
        return Step(waits="It is being called off.")
    asked = adoption.activating(office, waiting, f"{planned.key} activate {number}")
    order = Order(KIND, f"policy {instrument.token}", asked.key, (asked,), Powers.RULES)
    return Step(order)


def _announced(office: Office, planned: Planned, number: int) -> Step:
    """Write what was announced, or end where that was called off."""
    _, instrument = instrument_of(office, planned.act)
    policy, effective = _policy_id(planned.act), adoption.effective_of(office, planned.done[-1])
    written = f"{_named(planned, number)} written"
    with office.book.reading() as tx:
        every, known = policies.adoptions(tx, instrument.token), settings.read(tx, written)
    same = [one for one in every if (one.policy, one.effective_at) == (policy, effective)]
    ended = next((one for one in reversed(same) if one.called_off_at), None)
    if known and ended and ended.called_off_at:
        on = f"Called off on {stamp(ended.called_off_at)}: {ended.why_called_off}"
        return Step(refused=on, code=int(Reason.POLICY_CALLED_OFF))
    rows, steps = _kept(office, planned, number)
    now, token = next_instant(office), instrument.token
    found = Adoption(token, policy, number + 1, steps, tuple(rows), now, effective)

    def write(tx: Transaction) -> None:
        policies.add_adoption(tx, found)
        settings.write(tx, written, "yes", now)

    return Step(waits=f"Announced. The old rules hold until {stamp(effective)}.", write=write)


def _being_called_off(office: Office, instrument: KnownInstrument) -> bool:
    """Whether calling it off is approved and on its way to the chain."""
    with office.book.reading() as tx:
        asked = approvals.about(tx, str(instrument.token), CALL_OFF)
    return any(one.state is State.APPROVED for one in asked)


def _activate(office: Office, waiting: Adoption, tx: Transaction) -> None:
    policies.activated(tx, waiting, next_instant(office))


def _policy_id(act: Act) -> str:
    return adoption.id_of(_file(act))


def _known(act: Act, policy: str) -> KnownPolicy:
    file = _file(act)
    uses = {use.id: shipped_profiles()[use.id] for use in file.parsed.policy.uses}
    return KnownPolicy(policy, file.parsed.policy.name, file.text, json.dumps(uses), file.read_on)


def _kept(office: Office, planned: Planned, number: int) -> tuple[list[Row], int]:
    """The very rows that were announced, and how many announcements there are."""
    with office.book.reading() as tx:
        text = settings.read(tx, _named(planned, number))
    assert text, "written with the announcement"
    kept = json.loads(text)
    return [(kind, int(key, 16), int(word, 16)) for kind, key, word in kept["rows"]], kept["steps"]


def _named(planned: Planned, number: int) -> str:
    return f"announced {planned.key} {number}"


KINDS = (
    Kind(
        KIND,
        "Change a policy",
        Power.CHANGE_POLICY,
        _read,
        _difference,
        _carry_out,
        ("instrument", "policy"),
        (STRANDED,),
    ),
)
