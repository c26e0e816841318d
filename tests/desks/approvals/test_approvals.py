"""Two-person approvals on the embedded ledger: who may agree, to what, and what the worker makes of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from freehold.book import approvals as book
from freehold.book import identities
from freehold.book.identities import Given
from freehold.chain import contracts
from freehold.core.approvals import Proposal, Rule, Rules, State, write_rules
from freehold.core.clock import to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.events import Corrected
from freehold.core.grounds import Ground, Grounds
from freehold.core.policy.starter import HolderClass
from freehold.core.roles import EVERYWHERE, Role
from freehold.core.units import Units
from freehold.desks import parties, permits
from freehold.desks.access import humans, signin
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import Office, now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.outbox.following import Kept
from freehold.desks.permits import Actor
from freehold.desks.platform import auditing
from freehold.desks.rules import adoption, policies
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest
from freehold.doors.platform import worker
from freehold.indexer import journal
from tests.parts import ROOT

POLICY = ROOT / "examples/policies/private-placement.toml"
ORDER = Grounds(Ground.COURT_ORDER, bytes.fromhex("9c" * 32))


@pytest.fixture(scope="module")
def office(shared_company) -> Office:
    return shared_company


def somebody(office: Office, name: str, role: Role, same_as: str | None = None) -> permits.Actor:
    """Somebody who signs in with a role for everything; `same_as` another identity of his."""
    address = f"{name}@northwind.example"
    with office.book.reading() as tx:
        found = identities.named(tx, address)
    if found is None:
        found, _ = signin.invite(office, permits.operator(), address, [(role, EVERYWHERE)], same_as)
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, found.id))


@pytest.fixture
def registrar(office):
    return somebody(office, "rita", Role.REGISTRAR)


@pytest.fixture
def agent(office):
    return somebody(office, "tom", Role.TRANSFER_AGENT)


def force(key: str, units: str = "100", **more: str) -> ProposeRequest:
    texts = {"instrument": "common", "sender": "priya-raman", "receiver": "jonas-keller"}
    return ProposeRequest("force-transfer", texts | {"units": units} | more, key, None, ORDER)


def work(office: Office) -> None:
    """Let the worker do rounds until nothing is left to do."""
    kept = Kept()
    while worker.round_of_work(office, kept).busy:
        pass


def units(office: Office, holder: str) -> int:
    owner, instrument = parties.instrument(office, None, "common")
    wallet = parties.party(office, owner, holder).wallet
    return int(contracts.read(office.w3, "SecurityToken", instrument.token, "balanceOf", wallet))


def state(office: Office, which: str) -> State:
    with office.book.reading() as tx:
        return book.find(tx, which).state


def test_a_second_person_approves_and_the_worker_carries_it_out_once(office, registrar, agent):
    before = units(office, "priya-raman"), units(office, "jonas-keller")
    made = approvals.propose(office, registrar, force("one")).proposal
    assert made and made.state is State.PROPOSED and made.persons == 2
    work(office)
    assert units(office, "priya-raman") == before[0], "nothing happens before somebody agreed"
    decided = approvals.approve(office, agent, made.id, made.difference.digest, "seen the order")
    assert decided.state is State.APPROVED
    work(office)
    assert state(office, made.id) is State.CARRIED_OUT
    assert units(office, "priya-raman") == before[0] - 100
    assert units(office, "jonas-keller") == before[1] + 100
    work(office)
    assert units(office, "jonas-keller") == before[1] + 100
    with office.book.reading() as tx:
        assert len(book.instructions_of(tx, made.id)) == 1
    acts = [one.entry.act for one in approvals.proposal(office, agent, made.id).log]
    assert acts == [
        "propose force-transfer",
        "approve force-transfer",
        "carry out force-transfer",
        "end force-transfer",
    ]
    assert auditing.verify(office).ok


def proposed(office, who, request) -> Proposal:
    made = approvals.propose(office, who, request).proposal
    assert made is not None
    return made


def test_whoever_proposed_cannot_approve_and_that_he_tried_is_recorded(office, agent):
    made = proposed(office, agent, force("own"))
    with pytest.raises(NotPermitted, match="you proposed this yourself"):
        approvals.approve(office, agent, made.id, made.difference.digest)
    last = approvals.proposal(office, agent, made.id).log[-1].entry
    assert (last.act, last.outcome) == ("approve force-transfer", "DENIED")
    assert state(office, made.id) is State.PROPOSED


def test_one_human_with_two_identities_is_one_person(office):
    first = somebody(office, "anna-one", Role.TRANSFER_AGENT)
    made = proposed(office, first, force("two names"))  # it waits when the second identity is made
    again = somebody(office, "anna-two", Role.COMPLIANCE_OFFICER, first.id)
    for decide in (
        lambda: approvals.approve(office, again, made.id, made.difference.digest),
        lambda: approvals.decline(office, again, made.id, "no"),
    ):
        with pytest.raises(NotPermitted, match="under another identity"):
            decide()
    assert not approvals.proposal(office, again, made.id).may_decide
    humans.part(office, permits.operator(), again.id)
    later = proposed(office, first, force("two names, two persons"))
    assert approvals.proposal(office, again, later.id).may_decide
    assert humans.same(office, permits.operator(), first.name, again.name).person == first.id
    assert not approvals.proposal(office, again, later.id).may_decide


def test_an_approval_is_made_once(office, registrar, agent):
    made = proposed(office, registrar, force("once", "1"))
    approvals.approve(office, agent, made.id, made.difference.digest)
    with pytest.raises(Conflict, match="is approved already"):
        approvals.approve(office, agent, made.id, made.difference.digest)
    work(office)
    with pytest.raises(Conflict, match="is carried out already"):
        approvals.approve(office, agent, made.id, made.difference.digest)


def test_a_registrar_proposes_and_never_approves(office, registrar, agent):
    made = proposed(office, agent, force("other"))
    with pytest.raises(NotPermitted, match="approval:decide"):
        approvals.approve(office, registrar, made.id, made.difference.digest)


def test_a_power_for_another_act_is_not_enough(office, registrar):
    issuer = somebody(office, "ines", Role.ISSUER)
    made = proposed(office, registrar, force("not the issuer's"))
    with pytest.raises(NotPermitted, match="units:force"):
        approvals.approve(office, issuer, made.id, made.difference.digest)


def test_a_register_that_moved_makes_an_approval_stale(office, registrar, agent):
    made = proposed(office, registrar, force("stale", "10"))
    other = proposed(office, registrar, force("meanwhile", "7"))
    approvals.approve(office, agent, other.id, other.difference.digest)
    work(office)
    with pytest.raises(Conflict, match="The register moved on"):
        approvals.approve(office, agent, made.id, made.difference.digest)
    fresh = approvals.dry_run_again(office, agent, made.id)
    with pytest.raises(Conflict, match="The register moved on"):
        approvals.approve(office, agent, made.id, made.difference.digest)
    approvals.approve(office, agent, made.id, fresh.difference.digest)
    work(office)
    assert state(office, made.id) is State.CARRIED_OUT


def test_a_proposal_lapses(office, registrar, agent, monkeypatch):
    made = proposed(office, registrar, force("late"))
    now = office.clock.now()

    class Later:
        def now(self):
            return now + timedelta(hours=73)

    object.__setattr__(office, "clock", Later())
    try:
        with pytest.raises(Conflict, match="has lapsed at"):
            approvals.approve(office, agent, made.id, made.difference.digest)
        work(office)
        assert state(office, made.id) is State.LAPSED
    finally:
        object.__setattr__(office, "clock", office.posting.clock)


def test_declined_and_withdrawn_proposals_are_over(office, registrar, agent):
    declined, withdrawn = (proposed(office, registrar, force(key)) for key in ("no", "back"))
    with pytest.raises(Invalid, match="say why"):
        approvals.decline(office, agent, declined.id, "  ")
    approvals.decline(office, agent, declined.id, "the order is not signed")
    with pytest.raises(NotPermitted, match="only whoever proposed it"):
        approvals.withdraw(office, agent, withdrawn.id)
    approvals.withdraw(office, registrar, withdrawn.id)
    for one, told in ((declined, "was declined"), (withdrawn, "was withdrawn")):
        with pytest.raises(Conflict, match=told):
            approvals.approve(office, agent, one.id, one.difference.digest)
    work(office)
    assert state(office, declined.id) is State.DECLINED


def test_the_same_key_is_one_proposal_and_never_another_act(office, registrar):
    one, again = (proposed(office, registrar, force("key")) for _ in range(2))
    assert one.id == again.id
    with pytest.raises(Conflict, match="idempotency key"):
        approvals.propose(office, registrar, force("key", "101"))


def test_what_is_no_field_of_an_act_is_refused_by_its_name(office, registrar):
    with pytest.raises(Invalid, match=r"state: is no field of force-transfer"):
        approvals.propose(office, registrar, force("extra", state="APPROVED", persons="1"))
    with pytest.raises(Invalid, match="grounds: a reason and a document are needed"):
        asked = ProposeRequest("force-transfer", force("x").texts, "no grounds")
        approvals.propose(office, registrar, asked)
    with pytest.raises(Invalid, match="is not proposed by itself"):
        approvals.propose(office, registrar, ProposeRequest("transfer", force("x").texts, "plain"))


def test_what_the_contracts_refuse_is_not_proposed(office, registrar):
    found = approvals.propose(office, registrar, force("too many", "999999999"))
    assert found.proposal is None and found.tried.refused


def test_somebody_without_a_role_for_the_issuer_sees_nothing(office, registrar):
    made = proposed(office, registrar, force("hidden"))
    given = Given(Role.TRANSFER_AGENT, "other", office.clock.now())
    outside = Actor("id_elsewhere", "elsewhere@other.example", (given,))
    with pytest.raises(NotFound):
        approvals.approve(office, outside, made.id, made.difference.digest)
    assert approvals.queue(office, outside) == []


def test_breaking_the_glass_needs_its_power_and_a_reason_and_is_announced(office, agent):
    officer = somebody(office, "cora", Role.COMPLIANCE_OFFICER)
    made = proposed(office, agent, force("alone", "3"))
    seen = made.difference.digest
    with pytest.raises(NotPermitted, match="approval:break-glass"):
        approvals.break_glass(office, officer, made.id, seen, "the market closes in ten minutes")
    with pytest.raises(Invalid, match="write the reason"):
        approvals.break_glass(office, agent, made.id, seen, "quick")
    done = approvals.break_glass(office, agent, made.id, seen, "nobody else can be reached today")
    assert done.alone
    work(office)
    assert state(office, made.id) is State.CARRIED_OUT
    told = approvals.announcements(office, officer)
    assert told[0].subject == made.id and "tom@northwind.example" in told[0].sentence


def test_units_are_issued_free_and_as_a_lot(office, registrar, agent):
    before = units(office, "jonas-keller")
    texts = {"instrument": "common", "holder": "jonas-keller", "units": "1,000"}
    for key, more in (("free", {}), ("lot", {"exemption": "Reg D"})):
        made = proposed(office, registrar, ProposeRequest("issue", texts | more, f"issue {key}"))
        approvals.approve(office, agent, made.id, made.difference.digest)
        work(office)
        assert state(office, made.id) is State.CARRIED_OUT
    assert units(office, "jonas-keller") == before + 2_000


def test_a_person_an_account_and_units_are_frozen_and_freed(office, registrar, agent):
    owner, _ = parties.instrument(office, None, "common")
    cases = ({}, {"instrument": "common"}, {"instrument": "common", "units": "5"})
    for kind, place in (("freeze", 1), ("unfreeze", 0)):
        for more in cases:
            texts = {"holder": "jonas-keller"} | more
            if kind == "unfreeze" and "units" in more:
                texts["units"] = "0"
            key = f"{kind} {sorted(more)}"
            made = proposed(office, registrar, ProposeRequest(kind, texts, key, None, ORDER))
            change = made.difference.changes[0]
            assert change.changed, change
            approvals.approve(office, agent, made.id, made.difference.digest)
            work(office)
            assert state(office, made.id) is State.CARRIED_OUT
        frozen = parties.party(office, owner, "jonas-keller").facts.flags
        assert bool(frozen & 1) == bool(place)


def test_a_lost_wallet_is_recovered_after_the_delay_by_two_keys(office, registrar, agent):
    owner, _ = parties.instrument(office, None, "common")
    holder = "priya-raman"
    before = parties.party(office, owner, holder)
    lost = Grounds(Ground.LOST_WALLET, ORDER.document)
    asked = ProposeRequest("recovery", {"holder": holder}, "recover", None, lost)
    made = proposed(office, registrar, asked)
    had = units(office, holder)
    approvals.approve(office, agent, made.id, made.difference.digest)
    work(office)
    assert state(office, made.id) is State.APPROVED, "the register's delay runs"
    delay = contracts.read(office.w3, "Holders", owner.register, "recovery_delay")
    travel(office, delay)
    work(office)
    assert state(office, made.id) is State.CARRIED_OUT
    after = parties.party(office, owner, holder)
    assert after.wallet == made.act.arguments["wallet"] != before.wallet
    assert after.facts.account == before.facts.account and units(office, holder) == had


def travel(office, seconds: int) -> None:
    set_clock(office, to_seconds(now_on_chain(office)) + seconds + 1)
    office.w3.provider.make_request("evm_mine", [])


def test_a_wrong_entry_is_reversed_and_the_right_one_posted_both_linked(office, registrar, agent):
    wrong = proposed(office, registrar, force("wrong entry", "40"))
    approvals.approve(office, agent, wrong.id, wrong.difference.digest)
    work(office)
    with office.book.reading() as tx:
        (id,) = book.instructions_of(tx, wrong.id)
    before = {one: units(office, one) for one in ("priya-raman", "jonas-keller")}
    right = {"sender": "priya-raman", "receiver": "jonas-keller", "units": "4"}
    texts = {"instrument": "common", "instruction": id} | right
    grounds = Grounds(Ground.CORRECTION, ORDER.document)
    asked = ProposeRequest("correction", texts, "put right", None, grounds)
    made = proposed(office, registrar, asked)
    assert [one.by for one in made.difference.changes[:2]] in (["+36", "-36"], ["-36", "+36"])
    approvals.approve(office, agent, made.id, made.difference.digest)
    work(office)
    assert state(office, made.id) is State.CARRIED_OUT
    assert units(office, "priya-raman") == before["priya-raman"] + 36
    assert units(office, "jonas-keller") == before["jonas-keller"] - 36
    with office.book.reading() as tx:
        (link,) = book.corrections(tx, id)
        reversal, _, posted, _ = book.instructions_of(tx, made.id)
    assert (link.reversed_by, link.replaced_by) == (reversal, posted)
    _, instrument = parties.instrument(office, None, "common")
    with office.index.connect() as view:
        said = [
            one.event
            for one in journal.events_of(view, [instrument.token], [Corrected])
            if one.event.corrects == id
        ]
    assert [one.instruction for one in said] == [reversal, posted]
    with pytest.raises(Conflict, match="is corrected already"):
        approvals.propose(office, registrar, ProposeRequest(
            "correction", texts, "again", None, grounds))  # fmt: skip


def test_an_issuers_rules_hold_transfers_and_spare_small_issues(office, registrar, agent):
    _, instrument = parties.instrument(office, None, "common")
    officer = somebody(office, "cora", Role.COMPLIANCE_OFFICER)
    issuer = somebody(office, "ines", Role.ISSUER)
    rules = Rules(
        (Rule("issue", 1, up_to=Decimal(10)), Rule("transfer", 2, str(instrument.token))), 24
    )
    asked = ProposeRequest("approval-rules", {"rules": write_rules(rules)}, "rules")
    made = proposed(office, officer, asked)
    approvals.approve(office, issuer, made.id, made.difference.digest)
    work(office)
    texts = {"instrument": "common", "holder": "jonas-keller", "units": "10"}
    small = proposed(office, registrar, ProposeRequest("issue", texts, "small"))
    assert (small.state, small.persons) == (State.APPROVED, 1)
    work(office)
    large = proposed(office, registrar, ProposeRequest("issue", texts | {"units": "11"}, "large"))
    assert (large.state, large.persons) == (State.PROPOSED, 2)
    fund = MarkRequest("northgate-seed", "accredited", None, HolderClass.ACCREDITED)
    assert holders.mark(office, orders.agent(office), fund).ended == "done"
    sale = TransferRequest(
        str(instrument.token), "jonas-keller", "northgate-seed", Units(2), "sale"
    )
    held = transfers.request_as(office, registrar, sale)
    assert held.held and held.instruction is None
    assert transfers.request_as(office, registrar, sale).held == held.held
    found = approvals.proposal(office, agent, held.held).proposal
    before = units(office, "northgate-seed")
    approvals.approve(office, agent, held.held, found.difference.digest)
    work(office)
    assert units(office, "northgate-seed") == before + 2
    with pytest.raises(Invalid, match=r"rules\.1\.persons: 0 is neither 1 nor 2"):
        text = '{"rules": [{"act": "issue", "persons": 0}]}'
        approvals.propose(office, officer, ProposeRequest("approval-rules", {"rules": text}, "bad"))


def test_another_policy_comes_into_force_after_the_delay(office, agent):
    officer = somebody(office, "cora", Role.COMPLIANCE_OFFICER)
    issuer = somebody(office, "ines", Role.ISSUER)
    _, instrument = parties.instrument(office, None, "common")
    before = adoption.in_force(office, instrument).id
    text = POLICY.read_text()
    texts = {"instrument": "common", "policy": text, "acknowledge_stranded": "yes"}
    made = proposed(office, issuer, ProposeRequest("policy", texts, "policy"))
    approvals.approve(office, officer, made.id, made.difference.digest)
    work(office)
    assert adoption.in_force(office, instrument).id == before, "the old rules hold"
    for _ in range(2):
        waiting = adoption.pending(office, instrument)
        if waiting is None:
            break
        travel(office, to_seconds(waiting.effective_at) - to_seconds(now_on_chain(office)))
        work(office)
    with office.book.reading() as tx:
        ended = book.find(tx, made.id)
    assert ended.state is State.CARRIED_OUT, ended.why
    assert adoption.in_force(office, instrument).id == adoption.id_of(
        policies.read_file(POLICY, office.clock.now())
    )


def test_powers_on_chain_are_given_and_taken_by_two_persons(office, agent):
    officer = somebody(office, "cora", Role.COMPLIANCE_OFFICER)
    issuer = somebody(office, "ines", Role.ISSUER)
    who = "0x" + "11" * 20
    for kind, after in (("grant-powers", "FREEZE"), ("revoke-powers", "none")):
        asked = ProposeRequest(kind, {"who": who, "powers": "freeze"}, kind)
        made = proposed(office, issuer, asked)
        assert made.difference.changes[0].after == after
        approvals.approve(office, officer, made.id, made.difference.digest)
        work(office)
        assert state(office, made.id) is State.CARRIED_OUT
    with pytest.raises(Invalid, match="powers 'SING' is none of GRANT"):
        approvals.propose(
            office, issuer, ProposeRequest("grant-powers", {"who": who, "powers": "sing"}, "no")
        )
