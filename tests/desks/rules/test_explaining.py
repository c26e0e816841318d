"""What a transfer would get is told beforehand as the transfer itself gets it: rules and records."""

from datetime import timedelta

import pytest

from freehold.book.identities import Given
from freehold.book.registrations import register as write
from freehold.chain import contracts
from freehold.core import clock
from freehold.core.errors import NotPermitted
from freehold.core.reasons import Reason, sentence
from freehold.core.registration import UNSIGNED, Signed
from freehold.core.restraints import RestraintKind
from freehold.core.roles import Role, holder_scope
from freehold.core.units import MAX_UNITS, Units
from freehold.desks import parties, permits
from freehold.desks.agent import registrations, restraints
from freehold.desks.agent.restraints import LegendRequest, PlaceRequest
from freehold.desks.rules.explaining import Question, explain, weigh
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest

AGENT, PAPER = permits.keyholder(), "ab" * 32
SELLER, BUYER = "priya-raman", "jonas-keller"


def both(office, units):
    """The explanation, which the answer to the transfer itself must equal."""
    found = explain(office, None, "common", Question(SELLER, BUYER, units))
    asked = TransferRequest("common", SELLER, BUYER, Units(units), f"k{units}")
    told = transfers.ask(office, asked)
    assert (found.code, found.reason) == (told.code, told.reason)
    assert (found.allowed, found.passes_on) == (told.allowed, told.passes_on)
    return found


def test_the_starting_rules_are_listed_with_the_day_on_which_it_would_pass(shared_company):
    found = both(shared_company, 60_000)
    assert found.code == Reason.RULE144_HOLDING and str(found.passes_on) == "2025-02-02"
    assert [one.passes for one in found.checks] == [False] + [True] * 8
    assert "25,000 units held back; 95 of 367 days held" in found.checks[0].detail
    assert found.most == 50_000
    assert both(shared_company, 50_000).allowed


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RestraintKind.STOP, Reason.STOP_ORDER),
        (RestraintKind.CLAIM, Reason.ADVERSE_CLAIM),
        (RestraintKind.PLEDGE, Reason.PLEDGED),
    ],
)
def test_a_restraint_of_the_records_is_told_beforehand(company, kind, code):
    restraints.place(company, AGENT, PlaceRequest(SELLER, kind, PAPER, in_favour="A bank"))
    found = both(company, 10)
    assert found.code == code and found.decision.allowed
    assert found.checks[0].code == code and found.most == 0
    held_too = both(company, 60_000)  # both stand against it; the chain's reason comes first
    assert [one.code for one in held_too.checks if one.passes is False] == [140, code]


def test_a_legend_leaves_what_stands_beside_it(company):
    owner, one = parties.instrument(company, None, "common")
    party = parties.party(company, owner, SELLER)
    lots = contracts.read(company.w3, "SecurityToken", one.token, "lots_of", party.facts.account)
    lot = lots[0]
    stamped = LegendRequest(SELLER, "common", lot >> 96, "rofr", PAPER)
    restraints.stamp_legend(company, AGENT, stamped)
    word = contracts.read(company.w3, "SecurityToken", one.token, "balanceOf", party.wallet)
    beside = word - (lot & MAX_UNITS)
    assert both(company, beside).allowed
    found = both(company, beside + 1)
    assert found.code in (Reason.LEGEND_IN_FORCE, Reason.RULE144_HOLDING)
    assert found.most <= beside
    assert Reason.LEGEND_IN_FORCE in [each.code for each in found.checks if not each.passes]
    assert any("legends: rofr" in each.text.lower() for each in found.checks)


def test_a_changed_address_is_told_as_a_second_look(company):
    assert both(company, 10).records.waits == ""
    registrations.move(company, AGENT, None, SELLER, ["1 Elm Street", "Springfield"])
    registrations.move(company, AGENT, None, SELLER, ["2 Oak Street", "Springfield"])
    found = both(company, 10)
    assert found.allowed and found.records.waits == sentence(Reason.ADDRESS_HOLD)
    asked = TransferRequest("common", SELLER, BUYER, Units(10), "k")
    assert transfers.ask(company, asked).waits == found.records.waits


def test_a_holder_hears_of_his_own_units_and_nothing_of_others(shared_company):
    office = shared_company
    owner, one = parties.instrument(office, None, "common")
    given = Given(Role.INVESTOR, holder_scope(owner.id, SELLER), clock.from_seconds(0))
    himself = permits.Actor("id_9", "priya", (given,))
    wallet = parties.party(office, owner, BUYER).wallet
    found = weigh(office, himself, one.token, Question(SELLER, wallet, 60_000))
    assert found.checks[0].detail and found.checks[0].cite
    assert all(not check.detail for check in found.checks if not check.own)
    with pytest.raises(NotPermitted):
        weigh(office, himself, one.token, Question(BUYER, wallet, 1))


def test_a_claim_ends_by_itself_on_its_day(company):
    one = restraints.place(
        company, AGENT, PlaceRequest(SELLER, RestraintKind.CLAIM, PAPER, in_favour="An heir")
    ).restraint
    assert both(company, 10).passes_on is None
    restraints.give_notice(company, AGENT, one.id)
    day = (company.clock.now() + timedelta(days=30)).date()
    found = both(company, 10)
    assert found.passes_on is not None and abs((found.passes_on - day).days) <= 1


JOINT = {
    "form": "joint-tenants",
    "parties": [{"role": "owner", "name": "Ann Lee"}, {"role": "owner", "name": "Bo Lee"}],
}
BOTH = frozenset({"Ann Lee", "Bo Lee"})


def test_who_has_to_sign_is_told_beforehand_as_the_transfer_tells_it(company):
    owner, _ = parties.instrument(company, None, "common")
    with company.book.transaction() as tx:
        write(tx, owner.id, SELLER, JOINT, "test", company.clock.now())

    def told(units, signed=UNSIGNED):
        found = explain(company, None, "common", Question(SELLER, BUYER, units, signed=signed))
        asked = TransferRequest("common", SELLER, BUYER, Units(units), f"s{units}", signed=signed)
        done = transfers.ask(company, asked)
        assert (found.code, found.reason) == (done.code, done.reason)
        assert (found.allowed, found.passes_on) == (done.allowed, done.passes_on)
        return found

    found = told(10)
    assert found.code == Reason.SIGNATURE_MISSING and "Ann Lee, Bo Lee" in found.reason
    assert found.checks[0].code == Reason.SIGNATURE_MISSING and found.most == 0
    assert found.decision.allowed and found.passes_on is None
    one = told(10, Signed(frozenset({"ann lee"})))
    assert "Missing: Bo Lee." in one.reason
    paper = told(10, Signed(BOTH))
    assert paper.code == Reason.PAPER_MISSING and "guarantee" in paper.reason.lower()
    good = told(10, Signed(BOTH, frozenset({"medallion"})))
    assert good.allowed and good.most == 50_000
    assert "joint tenants" in good.checks[-1].text and good.checks[-1].passes
    late = told(60_000)  # the chain's reason comes first, the missing signature stands behind it
    assert late.code == Reason.RULE144_HOLDING and late.passes_on is None
    assert [each.code for each in late.checks if each.passes is False] == [140, 210]
    restraints.place(company, AGENT, PlaceRequest(SELLER, RestraintKind.STOP, PAPER))
    assert [each.code for each in told(10).checks if each.passes is False] == [210, 212]


def test_one_of_joint_holders_hears_that_the_other_has_to_sign(company):
    owner, one = parties.instrument(company, None, "common")
    with company.book.transaction() as tx:
        write(tx, owner.id, SELLER, JOINT, "test", company.clock.now())
    given = Given(Role.INVESTOR, holder_scope(owner.id, SELLER), clock.from_seconds(0))
    himself = permits.Actor("id_9", "priya", (given,))
    wallet = parties.party(company, owner, BUYER).wallet
    found = weigh(company, himself, one.token, Question(SELLER, wallet, 10))
    assert found.code == Reason.SIGNATURE_MISSING
    single = {"form": "individual", "parties": [{"role": "owner", "name": "Priya Raman"}]}
    with company.book.transaction() as tx:
        write(tx, owner.id, SELLER, single, "test", company.clock.now())
    assert weigh(company, himself, one.token, Question(SELLER, wallet, 10)).allowed
