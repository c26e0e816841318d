"""An announced policy is called off before its public delay is over, so what holds goes on holding.

The token needs no function for it: an announcement without content takes the place of the one before,
and `activate_rules` then finds nothing that was announced (contracts/ActionDesk.vy). The same event
tells it to everybody. Once the delay is over anybody may activate what was announced: it is called off no
more; and of a policy in two steps the second, the limits, belongs to the first, which is in force.
"""

from freehold.book import audit, issuers, policies
from freehold.book.issuers import KnownInstrument
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, NotFound, Plain
from freehold.core.policy.adoption import Adoption
from freehold.core.reasons import Reason, sentence
from freehold.desks import permits
from freehold.desks.office import Office, next_instant
from freehold.desks.outbox.carrying import Asked, carry_out
from freehold.desks.rules import adoption

LONGEST_WHY = 2_000
NO_CONTENT = bytes(32)
WITHDRAW = "a policy that is only proposed is withdrawn, or declined, at /approvals"


def call_off(office: Office, issuer: str | None, named: str, why: str) -> Adoption:
    """Call the announced policy of an instrument off, with the keys of whoever runs this.

    Raises Invalid without a reason in words; NotFound where nothing is announced and Conflict where it
    comes into force, both with the reason's `code`, after the refusal is in the audit log.
    """
    why = require_why(why)
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        instrument = issuers.instrument_named(tx, owner.id, named)
    against = against_it(office, instrument)
    if against:
        code, words = against
        with office.book.transaction() as tx:
            record(office, tx, instrument, why, code)
        kind = NotFound if code is Reason.NO_POLICY_ANNOUNCED else Conflict
        raise kind(words, code=int(code))
    waiting = adoption.pending(office, instrument)
    assert waiting, "nothing is against it"
    key = f"call off {waiting.policy} {adoption.announced_so_far(office, instrument)}"
    carry_out(office, f"policy {instrument.token}", [calling_off(office, instrument, key)])
    return settle(office, instrument, waiting, why)


def require_why(text: str) -> str:
    """The reason without blanks around it. Raises Invalid where it is empty or too long."""
    why = text.strip()
    if not 0 < len(why) <= LONGEST_WHY:
        said = f"say why it is called off, in at most {LONGEST_WHY:,} letters: it is kept and shown"
        raise Invalid(said, field="why")
    return why


def against_it(office: Office, instrument: KnownInstrument) -> tuple[Reason, str] | None:
    """Why the announced policy cannot be called off now; None where it can."""
    waiting = adoption.pending(office, instrument)
    if waiting is None:
        code = Reason.NO_POLICY_ANNOUNCED
        return code, f"{sentence(code)} {WITHDRAW[:1].upper() + WITHDRAW[1:]}."
    if waiting.step > 1:
        code = Reason.POLICY_BEGUN
        return code, f"{sentence(code)} Announce another policy once they are in force."
    if next_instant(office) >= waiting.effective_at:
        code = Reason.POLICY_DELAY_OVER
        return code, f"{sentence(code)} It was over on {stamp(waiting.effective_at)}."
    return None


def calling_off(office: Office, instrument: KnownInstrument, key: str) -> Asked:
    """The call that announces nothing in the place of what was announced."""
    force = adoption.in_force(office, instrument).id
    data = call("SecurityToken", "announce_rules", bytes.fromhex(force[2:]), NO_CONTENT)
    return Asked(office.keys.agent, instrument.token, data, "call the announced rules off", key)


def was_faster(office: Office, instrument: KnownInstrument, waiting: Adoption) -> bool:
    """Whether somebody put the policy in force before it was called off on the chain."""
    found = contracts.read(office.w3, "SecurityToken", instrument.token, "instrument")
    return str(found[5]) == waiting.policy


def settle(office: Office, instrument: KnownInstrument, waiting: Adoption, why: str) -> Adoption:
    """Write what became of it on the chain: called off, or in force because somebody was faster."""
    now = next_instant(office)
    faster = was_faster(office, instrument, waiting)
    with office.book.transaction() as tx:
        if faster:
            policies.activated(tx, waiting, now)
            record(office, tx, instrument, why, Reason.POLICY_DELAY_OVER)
        else:
            policies.called_off(tx, waiting, why, now)
            record(office, tx, instrument, why)
        every = policies.adoptions(tx, instrument.token)
    return every[-1]


def record(
    office: Office,
    tx: Transaction,
    instrument: KnownInstrument,
    why: str,
    code: Reason | None = None,
) -> None:
    """Record that whoever runs this called a policy off, or was refused."""
    content: dict[str, Plain] = {"why": why}
    outcome = Outcome.DONE if code is None else Outcome.REFUSED
    entry = Entry(
        permits.OPERATOR,
        "call off a policy",
        str(instrument.token),
        outcome,
        int(code) if code else None,
        content,
    )
    audit.record(tx, entry, office.clock.now())
