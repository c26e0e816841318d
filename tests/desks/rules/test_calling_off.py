"""An announced policy called off: nothing comes into force, on the chain either; too late is too late."""

from pathlib import Path

import pytest

from freehold.book import audit, changes
from freehold.chain import contracts
from freehold.core import clock
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.reasons import Reason
from freehold.core.roles import Role
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import set_clock
from freehold.desks.outbox.carrying import carry_out
from freehold.desks.rules import adoption, calling_off, policies
from freehold.desks.rules.calling_off import call_off
from tests.desks.approvals.test_approvals import somebody, work
from tests.parts import ROOT

DUAL = ROOT / "examples/policies/dual.toml"
"""Counts groups of holders, so it takes two steps."""
PLAIN = ROOT / "examples/policies/private-placement.toml"


def announced(office, path: Path):
    file = policies.read_file(path, office.clock.now())
    return adoption.adopt(office, None, "common", file, acknowledge_stranded=True)


def instrument_of(office):
    return adoption._named(office, None, "common")[1]


def wait(office, until):
    set_clock(office, clock.to_seconds(until) + 60)
    office.w3.provider.make_request("evm_mine", [])


def told(office) -> list[tuple[str, str]]:
    """Every change of a policy: the event and the id."""
    with office.book.reading() as tx:
        found = changes.after(tx, 0, 1_000, [changes.POLICY])
    assert {one.scope for one in found} <= {"northwind-optics"}
    return [(one.content["event"], one.content["policy"]) for one in found]


def entries(office) -> list[tuple[str, int | None]]:
    """What the audit log says of it: outcome and code."""
    with office.book.reading() as tx:
        found = audit.entries(tx, subject=str(instrument_of(office).token))
    said = [one.entry for one in found if one.entry.act == "call off a policy"]
    return [(str(one.outcome), one.code) for one in said]


def test_what_was_called_off_can_never_be_activated_and_another_policy_can(company):
    waiting = announced(company, DUAL)
    instrument = instrument_of(company)
    before = adoption.in_force(company, instrument).id
    with pytest.raises(Invalid, match="say why"):
        call_off(company, None, "common", "  ")
    ended = call_off(company, None, "common", "Counsel objects")
    assert (ended.why_called_off, ended.waits) == ("Counsel objects", False)
    assert adoption.pending(company, instrument) is None
    wait(company, waiting.effective_at)
    asked = adoption.activating(company, waiting, "in spite of it")
    with pytest.raises(Conflict, match="none announced"):
        carry_out(company, "test", [asked])
    assert adoption.in_force(company, instrument).id == before
    with pytest.raises(NotFound, match="No policy is announced") as caught:
        call_off(company, None, "common", "once more")
    assert caught.value.facts["code"] == Reason.NO_POLICY_ANNOUNCED
    again = announced(company, PLAIN)
    wait(company, again.effective_at)
    assert adoption.activate(company, None, "common").step == 2
    ids = [("announced", waiting.policy), ("called-off", waiting.policy)]
    ids += [("announced", again.policy), ("in-force", again.policy)]
    assert told(company)[:4] == ids
    assert entries(company) == [("DONE", None), ("REFUSED", 230)]


def test_once_the_delay_is_over_or_a_part_is_in_force_it_is_too_late(company):
    waiting = announced(company, DUAL)
    wait(company, waiting.effective_at)
    with pytest.raises(Conflict, match="comes into force") as late:
        call_off(company, None, "common", "late")
    assert late.value.facts["code"] == Reason.POLICY_DELAY_OVER
    assert adoption.activate(company, None, "common").step == 2
    with pytest.raises(Conflict, match="in part already") as begun:
        call_off(company, None, "common", "half")
    assert begun.value.facts["code"] == Reason.POLICY_BEGUN
    assert entries(company) == [("REFUSED", 231), ("REFUSED", 232)]


def test_whoever_activates_it_faster_on_the_chain_has_it_in_force(company):
    """Anybody may activate between the last look and the call; the book then says what the chain says."""
    waiting, instrument = announced(company, PLAIN), instrument_of(company)
    wait(company, waiting.effective_at)
    carry_out(company, "test", [adoption.activating(company, waiting, "a stranger's")])
    asked = calling_off.calling_off(company, instrument, "too slow")
    carry_out(company, "test", [asked])
    ended = calling_off.settle(company, instrument, waiting, "too slow")
    assert ended.activated_at and not ended.called_off_at
    assert told(company)[-1] == ("in-force", waiting.policy)
    assert entries(company) == [("REFUSED", 231)]


def test_one_compliance_officer_calls_it_off_unless_the_rules_ask_for_two(company):
    cora = somebody(company, "cora", Role.COMPLIANCE_OFFICER)
    ines = somebody(company, "ines", Role.ISSUER)
    instrument = instrument_of(company)

    def off(key):
        given = {"instrument": "common", "why": "Counsel objects"}
        return approvals.propose(company, cora, ProposeRequest("policy-call-off", given, key))

    nothing = off("nothing")
    assert nothing.proposal is None and nothing.tried.code == Reason.NO_POLICY_ANNOUNCED
    texts = {"instrument": "common", "policy": DUAL.read_text(), "acknowledge_stranded": "yes"}
    made = approvals.propose(company, ines, ProposeRequest("policy", texts, "dual")).proposal
    approvals.approve(company, cora, made.id, made.difference.digest)
    work(company)
    assert adoption.pending(company, instrument)
    one = off("now").proposal
    assert one.persons == 1
    shown = {each.record: (each.before, each.after) for each in one.difference.changes}
    assert shown["policy announced"] == ("acme-series-a", "none")
    work(company)
    assert adoption.pending(company, instrument) is None
    views = {id: approvals.proposal(company, cora, id) for id in (made.id, one.id)}
    assert views[one.id].state == "CARRIED_OUT"
    ended = views[made.id]
    assert (ended.state, ended.proposal.code) == ("REFUSED", Reason.POLICY_CALLED_OFF)
    assert ended.proposal.why.endswith("Counsel objects")
    assert [event for event, _ in told(company)] == ["announced", "called-off"]
    assert contracts.read(company.w3, "SecurityToken", instrument.token, "instrument")[5]
    asked = {"rules": '{"rules": [{"act": "policy-call-off", "persons": 2}]}'}
    rules = approvals.propose(company, ines, ProposeRequest("approval-rules", asked, "two"))
    approvals.approve(company, cora, rules.proposal.id, rules.proposal.difference.digest)
    work(company)
    announced(company, DUAL)
    two = off("with two").proposal
    assert (two.persons, two.state) == (2, "PROPOSED")
    approvals.approve(company, ines, two.id, two.difference.digest)
    work(company)
    assert adoption.pending(company, instrument) is None
