"""From a draft to an instrument on chain, and its policy changed by two persons: over the client alone."""

import time
from datetime import timedelta

import pytest

from freehold import client
from freehold.core.roles import Role
from freehold.wire.drafts import (
    DocumentIn,
    DocumentsIn,
    DraftIn,
    PolicyChosen,
    RecordIn,
    TermsIn,
)
from freehold.wire.policies import CaseIn, PolicyProposed
from tests.doors.api.test_client import as_role
from tests.doors.running import ISSUER, until
from tests.parts import ROOT

PLACEMENT = (ROOT / "examples/policies/private-placement.toml").read_text()
PAPER = "sha256:" + "5a" * 32


@pytest.fixture(scope="module")
def issuer(platform):
    return as_role(platform, Role.ISSUER)


@pytest.fixture(scope="module")
def officer(platform):
    return as_role(platform, Role.COMPLIANCE_OFFICER)


@pytest.fixture(scope="module")
def common(issuer):
    return next(one.token for one in issuer.registers.instruments() if one.class_id == "common")


def filled(issuer, symbol: str) -> str:
    """A draft that lacks nothing."""
    made = issuer.drafts.begin(DraftIn(kind="other", issuer=ISSUER))
    assert {one.name for one in made.fields if one.required} == {"description", "country"}
    facts = {"description": "Optical bench no. 7", "country": "US"}
    issuer.drafts.put_record(made.id, RecordIn(name=f"Bench {symbol}", facts=facts))
    given = TermsIn(name=f"Bench {symbol}", symbol=symbol, authorised="1000")
    issuer.drafts.put_terms(made.id, given)
    return made.id


def test_a_draft_is_filled_and_says_what_it_lacks(issuer, platform):
    asked = DraftIn(kind="bond", issuer=ISSUER)
    made = issuer.drafts.begin(asked, key="a-bond-by-program")
    assert issuer.drafts.begin(asked, key="a-bond-by-program").id == made.id
    with pytest.raises(client.Conflicting, match="used for another request"):
        issuer.drafts.begin(DraftIn(kind="fund", issuer=ISSUER), key="a-bond-by-program")
    assert [one.place for one in made.missing] == ["record", "terms"] and not made.ready
    with pytest.raises(client.Mistaken, match="not complete"):
        issuer.drafts.deploy(made.id)
    with pytest.raises(client.Mistaken) as caught:
        given = {"currency": "XXQ", "maturity": "soon"}
        issuer.drafts.put_record(made.id, RecordIn(name="Loan", facts=given))
    places = {one.place for one in caught.value.problem.mistakes}
    assert {"currency", "maturity"} <= places
    kept = issuer.drafts.draft(made.id)
    assert kept.record == {"name": "Loan", **given}, "what was entered is not lost"
    assert {"record.currency", "record.maturity", "terms"} <= {one.place for one in kept.missing}
    with pytest.raises(client.Mistaken) as caught:
        paper = DocumentIn(name="Prospectus", content="none")
        issuer.drafts.put_documents(made.id, DocumentsIn(documents=[paper]))
    assert "documents[0].content" in {one.place for one in caught.value.problem.mistakes}
    with pytest.raises(client.Mistaken) as caught:
        wrong = PolicyChosen(choice="own", text="[policy]\nname = 7\n")
        issuer.drafts.put_policy(made.id, wrong)
    assert len(caught.value.problem.mistakes) > 1
    with pytest.raises(client.Missing):
        as_role(platform, Role.TRANSFER_AGENT).drafts.draft(made.id)
    with pytest.raises(client.NotPermitted, match="asset:establish"):
        as_role(platform, Role.AUDITOR).drafts.begin(asked)
    issuer.drafts.discard(made.id)
    with pytest.raises(client.Missing):
        issuer.drafts.draft(made.id)
    acts = [one.act for one in as_role(platform, Role.AUDITOR).audit.entries()]
    assert {"begin a draft", "discard a draft"} <= set(acts)


@pytest.mark.parametrize("decimals", [3, 3.0])
def test_json_has_one_kind_of_number(decimals):
    given = {"name": "Bench", "symbol": "B", "decimals": decimals}
    assert TermsIn.model_validate(given).decimals == 3


def test_a_draft_becomes_an_instrument_whose_policy_two_persons_change(issuer, officer):
    id = filled(issuer, "BENCH7")
    paper = DocumentIn(name="Appraisal", content=PAPER)
    issuer.drafts.put_documents(id, DocumentsIn(documents=[paper]))
    whole = issuer.drafts.put_policy(id, PolicyChosen(choice="starting"))
    assert whole.ready and whole.missing == []
    order = issuer.drafts.deploy(id)
    assert issuer.drafts.deploy(id).id == order.id
    until(lambda: issuer.drafts.deployment(id).state != "waiting", 60)
    done = issuer.drafts.deployment(id)
    assert (done.state, done.done, done.token is not None) == ("done", done.total, True), done
    made = issuer.registers.instrument(done.token)
    assert (made.symbol, made.outstanding) == ("BENCH7", "0")
    with pytest.raises(client.Conflicting, match="being carried out"):
        issuer.drafts.discard(id)
    with pytest.raises(client.Conflicting, match="carried out"):
        issuer.drafts.put_terms(id, TermsIn(name="Other", symbol="OTHER"))
    with pytest.raises(client.Conflicting, match="done already"):
        issuer.drafts.deploy_again(id)
    _changed(issuer, officer, done.token)


def _changed(issuer, officer, token: str) -> None:
    """A policy goes from a text to its announcement; the old rules hold until the delay is over."""
    before = issuer.policies.policy(token)
    assert (before.policy, before.pending, before.proposals) == ("starting rules", None, [])
    asked = PolicyProposed(text=PLACEMENT)
    seen = issuer.policies.dry_run(token, asked)
    rows = {one.record: one.after for one in seen.difference.rows}
    called_off = issuer.policies.propose(token, asked, key=f"first {token}".replace(" ", "-"))
    again = issuer.policies.propose(token, asked, key=f"first {token}".replace(" ", "-"))
    assert again.id == called_off.id and rows["policy id"].startswith("0x")
    assert issuer.approvals.withdraw(called_off.id, "not yet").state == "withdrawn"
    made = issuer.policies.propose(token, asked)
    officer.approvals.approve(made.id, made.difference.digest)
    until(lambda: issuer.policies.policy(token).pending is not None, 60)
    now = issuer.policies.policy(token)
    assert now.policy == "starting rules" and not now.due
    assert now.pending.policy == rows["policy id"] and now.pending.activated_at is None
    assert now.pending.effective_at > now.now + timedelta(minutes=1)
    assert now.proposals == [made.id, called_off.id]
    listed = next(one for one in issuer.policies.listed() if one.token == token)
    assert listed.pending == now.pending
    with pytest.raises(client.Conflicting, match="announced already"):
        issuer.policies.propose(token, asked)
    _called_off(issuer, officer, token, made.id)


def _called_off(issuer, officer, token: str, proposal: str) -> None:
    """One officer calls it off, once under a key; then there is nothing left to call off."""
    with pytest.raises(client.Mistaken, match="say why"):
        officer.policies.call_off(token, " ")
    first = officer.policies.call_off(token, "Counsel objects", key=f"off-{token}")
    assert (first.kind, first.persons) == ("policy-call-off", 1)
    assert officer.policies.call_off(token, "Counsel objects", key=f"off-{token}").id == first.id
    until(lambda: issuer.policies.policy(token).pending is None, 60)
    ended = issuer.policies.policy(token)
    assert (ended.policy, ended.history[0].why_called_off) == ("starting rules", "Counsel objects")
    assert ended.history[0].called_off_at and ended.history[0].activated_at is None
    until(lambda: issuer.approvals.proposal(proposal).state == "refused", 60)
    assert issuer.approvals.proposal(proposal).code == 233
    with pytest.raises(client.Refused, match="No policy is announced") as caught:
        officer.policies.call_off(token, "Twice")
    assert caught.value.problem.code == 230


def test_a_policy_of_its_own_waits_for_a_second_person(issuer, officer, platform):
    id = filled(issuer, "BENCH8")
    own = issuer.drafts.put_policy(id, PolicyChosen(choice="own", text=PLACEMENT))
    assert own.ready and own.needs_review and own.review is None
    with pytest.raises(client.Conflicting, match="second person"):
        issuer.drafts.deploy(id)
    asked = issuer.drafts.ask_review(id)
    assert (asked.review.state, asked.review.by) == ("asked", "")
    waits = {one.draft.id: one for one in officer.drafts.to_review()}
    assert waits[id].may_decide and waits[id].draft.policy["text"] == PLACEMENT
    assert id not in {one.draft.id for one in issuer.drafts.to_review()}
    with pytest.raises(client.NotPermitted):
        issuer.drafts.decide(id, asked.review.seen, agree=True)
    with pytest.raises(client.Mistaken, match="why it is declined"):
        officer.drafts.decide(id, asked.review.seen, agree=False)
    with pytest.raises(client.Conflicting, match="changed"):
        officer.drafts.decide(id, "0" * 64, agree=True)
    no = officer.drafts.decide(id, asked.review.seen, agree=False, note="Name the state")
    assert (no.review.state, no.review.note) == ("declined", "Name the state")
    issuer.drafts.put_policy(id, PolicyChosen(choice="own", text=PLACEMENT + "\n"))
    again = issuer.drafts.ask_review(id)
    officer.drafts.decide(id, again.review.seen, agree=True)
    assert issuer.drafts.draft(id).review.state == "agreed"
    issuer.drafts.deploy(id)
    until(lambda: issuer.drafts.deployment(id).state != "waiting", 60)
    token = issuer.drafts.deployment(id).token
    assert issuer.policies.policy(token).policy != "starting rules"
    acts = {one.act for one in as_role(platform, Role.AUDITOR).audit.entries()}
    assert {"ask for a review", "decline a draft", "agree to a draft"} <= acts


def test_failed_work_is_carried_out_again(issuer, platform):
    """The class id of another instrument stops it; nothing else can be made of it."""
    id = filled(issuer, "COMMON")
    issuer.drafts.deploy(id)
    until(lambda: issuer.drafts.deployment(id).state == "failed", 60)
    failed = issuer.drafts.deployment(id)
    assert failed.doing and failed.token is None
    again = issuer.drafts.deploy_again(id)
    assert (again.id, again.state) == (failed.id, "waiting")
    time.sleep(0.2)
    until(lambda: issuer.drafts.deployment(id).state == "failed", 60)
    acts = [one.act for one in as_role(platform, Role.AUDITOR).audit.entries()]
    assert "carry out again" in acts


def test_a_text_is_examined_with_every_mistake_at_its_place(issuer, common):
    wrong = issuer.policies.examine(common, '[policy]\nname = 7\nuse = ["us.none"]\n')
    assert not wrong.usable and len(wrong.faults) > 1
    assert all(one.message for one in wrong.faults) and any(one.line for one in wrong.faults)
    good = issuer.policies.examine(common, PLACEMENT)
    assert good.usable and good.policy_id.startswith("0x") and good.rows > 0
    assert good.covered is not None and good.covered.on_chain > 0


def test_the_bench_says_why_not_and_when_under_the_rules_and_under_a_text(issuer, common):
    case = CaseIn(sender="priya-raman", receiver="jonas-keller", units="60000")
    found = issuer.policies.ask(common, case)
    assert not found.allowed and found.reason and found.passes_on and not found.draft
    assert [one for one in found.checks if one.passes is False]
    other = issuer.policies.ask(common, case.model_copy(update={"text": PLACEMENT}))
    assert other.draft and other.policy_id != found.policy_id
    small = CaseIn(sender="tobias-brandt", receiver="wei-ling-tan", units="1")
    assert issuer.policies.ask(common, small).allowed


def test_who_may_not_ask_and_what_makes_no_sense_is_said(platform, issuer, common):
    with pytest.raises(client.NotPermitted, match="policy:ask"):
        as_role(platform, Role.INVESTOR).policies.policy(common)
    with pytest.raises(client.NotPermitted, match="policy:change"):
        asked = PolicyProposed(text=PLACEMENT)
        as_role(platform, Role.TRANSFER_AGENT).policies.propose(common, asked)
    with pytest.raises(client.NotPermitted, match="policy:change"):
        as_role(platform, Role.TRANSFER_AGENT).policies.call_off(common, "I object")
    case = CaseIn(sender="priya-raman", receiver="nobody", units="1")
    with pytest.raises(client.Missing):
        issuer.policies.ask(common, case)
    halves = CaseIn(sender="priya-raman", receiver="jonas-keller", units="1.5")
    with pytest.raises(client.Mistaken):
        issuer.policies.ask(common, halves)
    with pytest.raises(client.Missing):
        issuer.policies.policy("0x" + "11" * 20)
    with pytest.raises(client.Mistaken) as caught:
        issuer.policies.propose(common, PolicyProposed(text='[policy]\nname = 7\nuse = ["x"]\n'))
    assert len(caught.value.problem.mistakes) > 1
    auditor = as_role(platform, Role.AUDITOR)
    assert auditor.policies.ask(
        common, CaseIn(sender="tobias-brandt", receiver="priya-raman", units="1")
    )
