"""Items and losses of Rule 17Ad, letters for a person to decide about, and a holder's file as one story."""

from dataclasses import replace
from datetime import timedelta

import pytest

from freehold.book import identities
from freehold.book.schema_people import Fate
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.grounds import Ground, Grounds
from freehold.core.letters import Kind
from freehold.core.reasons import Reason
from freehold.core.restraints import RestraintKind
from freehold.core.roles import EVERYWHERE, Role
from freehold.core.units import Units
from freehold.desks import notices, permits
from freehold.desks.access import signin
from freehold.desks.agent import holder_files, recordkeeping, registrations, restraints
from freehold.desks.agent.restraints import LegendRequest, PlaceRequest
from freehold.desks.agent.timelines import Source
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.onboarding import holders, onboarding
from freehold.desks.outbox import orders
from freehold.desks.securities import enforcement, transfers
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.desks.securities.transfers import TransferRequest
from tests.people import berliner

AGENT, PAPER, LETTER = permits.keyholder(), "ab" * 32, "cd" * 32
PRIYA, JONAS, SEED = "priya-raman", "jonas-keller", "northgate-seed"


def later(office, **by):
    class Later:
        def now(self):
            return office.clock.now() + timedelta(**by)

    return replace(office, clock=Later())


def entered(office, name, role=Role.TRANSFER_AGENT):
    made, _ = signin.invite(office, permits.operator(), name, [(role, EVERYWHERE)])
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, made.id))


def test_an_item_lies_open_until_it_is_turned_around_and_is_one_under_its_key(company):
    def asked(note=""):
        return recordkeeping.receive(company, AGENT, None, SEED, "inquiry", note=note, once="k1")

    number = asked()
    assert asked() == number
    with pytest.raises(Conflict, match="another request"):
        asked("something else")
    other = recordkeeping.receive(company, AGENT, None, SEED, "other", routine=False)
    found = recordkeeping.open_items(later(company, days=30), AGENT, None)
    assert [(one.item.number, one.late) for one in found] == [(number, True), (other, False)]
    assert found[0].days == 30 and found[1].due is None
    recordkeeping.turn_around(company, AGENT, None, number, "done")
    assert [o.item.number for o in recordkeeping.open_items(company, AGENT, None)] == [other]
    with pytest.raises(Conflict, match="no open item"):
        recordkeeping.turn_around(company, AGENT, None, number, "done")
    with pytest.raises(NotFound):
        recordkeeping.item(company, AGENT, None, 999)


def test_a_lost_holder_is_searched_for_once_a_day_and_nobody_else_is(company):
    today = company.clock.now().date()
    number = recordkeeping.lose(company, AGENT, None, SEED, today - timedelta(days=200))
    for _ in range(2):
        found = recordkeeping.search(company, AGENT, number, today, "a database")
    assert found.which == 2 and len(found.lost.searches) == 1
    with pytest.raises(Invalid, match="before the loss"):
        recordkeeping.search(company, AGENT, number, today - timedelta(days=300), "a database")
    assert recordkeeping.lost_as(company, AGENT, None, SEED).lost.number == number
    recordkeeping.found(company, AGENT, number)
    assert recordkeeping.lost_as(company, AGENT, None, SEED) is None
    assert recordkeeping.lost_one(company, AGENT, number).lost.found_at
    with pytest.raises(Conflict, match="was found"):
        recordkeeping.search(company, AGENT, number, today, "another database")


def test_a_letter_is_looked_at_without_the_way_in_that_it_carries(company):
    entered(company, "new.agent@northwind.example")
    (one,) = notices.outbox(company, AGENT)
    shown = notices.letter(company, AGENT, one.id)
    assert one.kind is Kind.INVITATION and "/welcome/" in one.facts["link"]
    assert shown.facts["link"] == "" and shown.to == one.to
    with pytest.raises(Conflict, match="not in the queue"):
        notices.decide(company, AGENT, one.id, "send")
    with pytest.raises(Invalid, match="none of send"):
        notices.decide(company, AGENT, one.id, "burn")
    with pytest.raises(NotFound):
        notices.decide(company, AGENT, "0" * 32, "bounced")
    with pytest.raises(NotPermitted):
        notices.letter(company, entered(company, "dev@northwind.example", Role.DEVELOPER), one.id)


def test_a_file_tells_lots_freezes_acts_refusals_and_who_did_them_by_role(company):
    agent = entered(company, "ann@northwind.example")
    before = holder_files.of_holder(company, AGENT, None, PRIYA)
    held = next(one for one in before.held if one.class_id == "common")
    report = holders.holder(company, None, PRIYA)
    raw = next(one for one in report.holdings if one.class_id == "common")
    assert int(held.units.replace(".", "")) <= raw.units and "e" not in held.units
    assert before.wallets[-1].opens and before.wallets[-1].wallet == report.wallet
    grounds = Grounds(Ground.COURT_ORDER, bytes.fromhex(PAPER))
    asked = FreezeRequest(PRIYA, True, grounds, "freeze", None, "common", 5)
    assert not enforcement.freeze(company, orders.agent(company), asked).refused
    restraints.place(company, agent, PlaceRequest(PRIYA, RestraintKind.STOP, LETTER))
    registrations.move(company, agent, None, PRIYA, ["1 Main Street"])
    token = next(one.token for one in before.held if one.class_id == "common")
    refused = transfers.request_as(
        company, agent, TransferRequest(token, PRIYA, JONAS, Units(1), "refused")
    )
    assert refused.code == Reason.STOP_ORDER
    proposed = ProposeRequest(
        "unfreeze", {"holder": PRIYA, "instrument": "common"}, "u", None, grounds
    )
    approvals.propose(company, agent, proposed)
    story = holder_files.of_holder(company, AGENT, None, PRIYA)
    told = {one.what: one for one in story.timeline}
    assert told["place stop"].by == "transfer agent" and told["place stop"].evidence == LETTER
    assert told["change an address"].source is Source.DESK
    frozen = next(one for one in story.timeline if "are frozen" in one.what)
    assert frozen.source is Source.LEDGER and frozen.evidence == PAPER and "5 units" in frozen.what
    assert any(one.what == "the account is opened" for one in story.timeline)
    assert [one.at for one in story.timeline] == sorted(
        (o.at for o in story.timeline), reverse=True
    )
    said = {one.what: one for one in story.decided}
    assert said["transfer"].refused and said["transfer"].code == Reason.STOP_ORDER
    assert said["unfreeze"].link.startswith("/approvals/ap_")
    assert not [one for one in story.decided if "priya" in one.by]
    with pytest.raises(NotPermitted):
        holder_files.of_holder(company, permits.operator(), None, PRIYA)


def test_a_legend_stands_at_its_lot_in_the_file(company):
    report = [
        (one.id, held, lot)
        for one in holders.holders(company, None)
        for held in holder_files.of_holder(company, AGENT, None, one.id).held
        for lot in held.lots
    ]
    holder, held, lot = report[0]
    asked = LegendRequest(holder, held.token, lot.vintage, "ROFR", PAPER)
    restraints.stamp_legend(company, AGENT, asked)
    story = holder_files.of_holder(company, AGENT, None, holder)
    found = next(
        o for h in story.held if h.token == held.token for o in h.lots if o.vintage == lot.vintage
    )
    assert "ROFR" in found.legends and found.free == (
        found.free_from is not None and story.next_free != found.free_from
    )


def test_a_persons_claims_stand_in_the_timeline_with_their_evidence_and_their_end(company):
    person = berliner(company, "p-claimed")
    assert onboarding.admit(company, None, person).allowed
    claim = next(one for one in onboarding.person_file(company, person).claims if one.name == "kyc")
    onboarding.end_claim(company, claim.id, Fate("revoked"), None, "it was wrong")
    told = [
        one
        for one in holder_files.of_holder(company, AGENT, None, person).timeline
        if one.source is Source.CLAIM
    ]
    assert {one.evidence for one in told if one.evidence} == {claim.evidence}
    assert any(one.what.endswith(", DE") for one in told)
    assert any(one.what.endswith(": revoked") for one in told)
