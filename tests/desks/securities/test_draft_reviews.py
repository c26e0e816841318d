"""A draft with its own policy goes on chain only as a second person has seen it."""

import pytest

from freehold.book import identities
from freehold.book.schema_access import identity as identity_table
from freehold.core.approvals import Rule, Rules, write_rules
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import signin
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.outbox.following import Kept
from freehold.desks.platform import auditing
from freehold.desks.rules import drafting
from freehold.desks.rules.drafting import Trial
from freehold.desks.securities import deployments, draft_reviews
from freehold.doors.platform import worker
from tests.parts import ROOT

POLICY = (ROOT / "examples/policies/crowdfunding.toml").read_text()
RECORD = {"name": "Mill", "country": "US", "address": "1 Mill Lane", "parcel": "1"}
RECORD |= {"land_register": "Essex South"}


@pytest.fixture(scope="module")
def office(shared_company):
    return shared_company


def somebody(office, name, role):
    made, _ = signin.invite(
        office, permits.operator(), f"{name}@drafts.example", [(role, EVERYWHERE)]
    )
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, made.id))


@pytest.fixture(scope="module")
def ines(office):
    return somebody(office, "ines", Role.ISSUER)


@pytest.fixture(scope="module")
def cora(office):
    return somebody(office, "cora", Role.COMPLIANCE_OFFICER)


def draft(office, who, owner="", **policy):
    given = {"issuer": owner} if owner else {"issuer_name": "Mill Lane LLC", "issuer_country": "US"}
    made = deployments.start(office, who, {"kind": "property", **given})
    deployments.save(office, who, made.id, "record", RECORD)
    terms = {"name": "Units", "symbol": "MILL", "decimals": "0"}
    deployments.save(office, who, made.id, "terms", terms)
    policy = policy or {"choice": "own", "text": POLICY}
    return deployments.save(office, who, made.id, "policy", policy).id


def seen(office, who, id):
    return draft_reviews.shown(office, who, id).review.digest


def test_it_is_deployed_once_another_person_agreed_to_what_stands_in_it(office, ines, cora):
    id = draft(office, ines)
    with pytest.raises(Conflict, match="a second person has to agree to this policy first"):
        deployments.deploy(office, ines, id)
    draft_reviews.ask(office, ines, id)
    assert [one.draft.id for one in draft_reviews.waiting(office, cora)] == [id]
    assert draft_reviews.waiting(office, ines) == []
    with pytest.raises(NotPermitted, match="you proposed this yourself"):
        draft_reviews.decide(office, ines, id, seen(office, cora, id), agree=True)
    agreed = draft_reviews.decide(office, cora, id, seen(office, cora, id), agree=True, note="read")
    assert (agreed.review.by, agreed.review.note) == ("cora@drafts.example", "read")
    assert deployments.deploy(office, ines, id).subject == id
    acts = [one.entry for one in auditing.page(office, permits.operator(), None, 20)]
    told = [(one.act, str(one.outcome)) for one in acts if one.subject == id]
    assert ("agree to a draft", "DONE") in told and ("agree to a draft", "REFUSED") in told
    with pytest.raises(Conflict, match="being carried out"):
        draft_reviews.ask(office, ines, id)


def test_another_word_in_it_needs_the_second_person_again(office, ines, cora):
    id = draft(office, ines, "northwind-optics")
    draft_reviews.ask(office, ines, id)
    before = seen(office, cora, id)
    deployments.save(office, ines, id, "terms", {"name": "Unit", "symbol": "M2", "decimals": "0"})
    assert draft_reviews.shown(office, cora, id).review is None
    with pytest.raises(Conflict, match="was changed since you saw it"):
        draft_reviews.decide(office, cora, id, before, agree=True)
    draft_reviews.ask(office, ines, id)
    with pytest.raises(Conflict, match="was changed since you saw it"):
        draft_reviews.decide(office, cora, id, before, agree=True)
    draft_reviews.decide(office, cora, id, seen(office, cora, id), agree=True)
    deployments.save(office, ines, id, "record", {**RECORD, "name": "Other mill"})
    with pytest.raises(Conflict, match="ask for a review"):
        deployments.deploy(office, ines, id)


def test_it_is_declined_with_a_reason_and_asked_for_again(office, ines, cora):
    id = draft(office, ines, "northwind-optics")
    draft_reviews.ask(office, ines, id)
    with pytest.raises(Invalid, match="say why"):
        draft_reviews.decide(office, cora, id, seen(office, cora, id), agree=False)
    draft_reviews.decide(office, cora, id, seen(office, cora, id), agree=False, note="no portal")
    mine = deployments.find(office, ines, id)
    assert draft_reviews.review_of(mine).note == "no portal"
    with pytest.raises(Conflict):
        deployments.deploy(office, ines, id)
    assert draft_reviews.review_of(draft_reviews.ask(office, ines, id)).waits


def test_the_same_human_under_another_name_does_not_count(office, ines):
    other = somebody(office, "ines.too", Role.COMPLIANCE_OFFICER)
    with office.book.transaction() as tx:
        for one in (ines, other):
            chosen = identity_table.c.id == one.id
            tx.execute(identity_table.update().where(chosen).values(person="one human"))
    id = draft(office, ines, "northwind-optics")
    draft_reviews.ask(office, ines, id)
    assert id not in [one.draft.id for one in draft_reviews.waiting(office, other)]
    with pytest.raises(NotPermitted, match="under another identity"):
        draft_reviews.decide(office, other, id, seen(office, other, id), agree=True)


def test_a_draft_with_mistakes_is_not_asked_for(office, ines):
    id = draft(office, ines, "northwind-optics")
    with pytest.raises(Invalid):
        deployments.save(office, ines, id, "policy", {"choice": "own", "text": "[policy"})
    with pytest.raises(Invalid, match="not complete"):
        draft_reviews.ask(office, ines, id)


def test_the_bench_of_a_draft_says_why_not_and_when(office):
    file = deployments.policy_of({"policy": {"choice": "own", "text": POLICY}}, office.clock.now())
    today = office.clock.now().date()
    found = drafting.try_sale(office, file, Trial("us accredited", "offshore", 100, "CF", 30))
    assert (found.code, found.most) == (142, 0)
    assert 330 < (found.passes_on - today).days < 340
    assert drafting.try_sale(
        office, file, Trial("us accredited", "us accredited", 100, "CF", 30)
    ).allowed
    assert drafting.try_sale(
        office, file, Trial("us accredited", "offshore", 100, "CF", 400)
    ).allowed
    with pytest.raises(Invalid) as fault:
        drafting.try_sale(office, file, Trial("nobody", "us", 0, "Z", -1))
    assert [one.place for one in fault.value.mistakes] == ["seller", "family", "units", "held"]


def test_the_starting_rules_and_an_issuer_whose_rules_say_so_need_nobody(office, ines, cora):
    id = draft(office, ines, "northwind-optics", choice="starting")
    assert not draft_reviews.is_needed(office, deployments.find(office, ines, id))
    with pytest.raises(NotFound):
        draft_reviews.shown(office, cora, id)
    alone = draft(office, ines, "northwind-optics")
    found = deployments.find(office, ines, alone)
    assert draft_reviews.is_needed(office, found)
    rules = {"rules": write_rules(Rules((Rule("policy", 1),)))}
    asked = ProposeRequest("approval-rules", rules, "drafts alone", "northwind-optics")
    made = approvals.propose(office, ines, asked).proposal
    approvals.approve(office, cora, made.id, made.difference.digest)
    kept = Kept()
    while worker.round_of_work(office, kept).busy:
        pass
    assert not draft_reviews.is_needed(office, found)
    assert deployments.deploy(office, ines, alone).subject == alone
