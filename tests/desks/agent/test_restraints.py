"""Stops, claims, pledges and legends: what the desk answers, and what the chain does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from freehold import config
from freehold.book import locks, registrations
from freehold.book.schema_agent import restraint
from freehold.chain import contracts, send
from freehold.chain.contracts import call
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.grounds import Ground, Grounds
from freehold.core.reasons import Reason
from freehold.core.registration import Signed
from freehold.core.restraints import RestraintKind
from freehold.core.units import Units
from freehold.desks import parties, permits, posting
from freehold.desks.agent import restraints
from freehold.desks.agent.restraints import LegendRequest, PlaceRequest
from freehold.desks.office import open_office
from freehold.desks.onboarding import holders
from freehold.desks.outbox import locking, orders
from freehold.desks.securities import enforcement, splits, transfers
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.desks.securities.transfers import TransferRequest

PAPER, OTHER = "ab" * 32, "cd" * 32
AGENT = permits.keyholder()
SELLER, BUYER = "priya-raman", "jonas-keller"


def asked(office, units, key="k", signed=None):
    request = TransferRequest("common", SELLER, BUYER, Units(units), key, signed=signed)
    return transfers.ask(office, request)


def placed(office, kind, **more):
    given = {"document": PAPER, "in_favour": "Harbour Bank"} | more
    done = restraints.place(office, AGENT, PlaceRequest(SELLER, kind, **given))
    assert not done.refused
    return done.restraint


def held(office):
    return next(
        one
        for one in holders.holder(office, None, SELLER).holdings
        if one.symbol == "NWO" or one.class_id == "common"
    )


def worked(office):
    """Let the worker's part run until the chain has what restraints lock."""
    while locking.keep(office).moved or posting.send_approved(office.posting).changed:
        posting.follow_chain(office.posting)


def test_a_split_makes_more_of_what_is_pledged_and_stopped(company):
    frozen, agent = held(company).frozen, orders.agent(company)
    pledge = placed(company, RestraintKind.PLEDGE, instrument="common", units="1001", lock=True)
    stop = placed(company, RestraintKind.STOP, instrument="common", units="10")
    request = splits.SplitRequest("common", 3, 2, b"\x04" * 32, "scaled")
    assert not splits.announce(company, agent, request).act.refused
    again = splits.SplitRequest("common", 2, 1, b"\x04" * 32, "second")
    assert splits.announce(company, agent, again).act.refused
    assert not splits.run(company, agent, None, "common").act.refused
    found = {one.id: one.units for one in restraints.of_issuer(company, AGENT, None)}
    assert (found[pledge.id], found[stop.id]) == (1_502, 15)
    worked(company)
    others = -(-frozen * 3 // 2)
    assert held(company).frozen == others + 1_502
    assert not restraints.release(company, AGENT, pledge.id, OTHER).refused
    assert held(company).frozen == others


class Later:
    """The office's clock, some days on."""

    def __init__(self, clock, days):
        self.clock, self.days = clock, days

    def now(self):
        return self.clock.now() + timedelta(days=self.days)


def test_a_stop_in_the_book_refuses_what_the_agent_posts_until_it_is_released(company):
    assert asked(company, 10).code == 0
    stop = placed(company, RestraintKind.STOP, in_favour="")
    found = asked(company, 10)
    assert found.code == Reason.STOP_ORDER and "stop order" in found.reason
    done = transfers.transfer(
        company, orders.agent(company), TransferRequest("common", SELLER, BUYER, Units(10), "one")
    )
    assert done.code == Reason.STOP_ORDER and done.instruction is None
    restraints.release(company, AGENT, stop.id, OTHER)
    assert asked(company, 10).code == 0
    with pytest.raises(Conflict, match="released already"):
        restraints.release(company, AGENT, stop.id, OTHER)


def test_a_pledge_of_some_units_is_locked_on_chain_and_leaves_the_rest_free(company):
    before = held(company)
    pledge = placed(
        company, RestraintKind.PLEDGE, instrument="common", units=str(before.units - 100), lock=True
    )
    assert held(company).frozen == before.frozen + before.units - 100
    assert asked(company, 100).code in (0, Reason.RULE144_HOLDING)
    assert asked(company, 101).code != 0
    more = placed(company, RestraintKind.LIEN, instrument="common", units="60", lock=True)
    assert held(company).frozen == before.frozen + before.units - 40
    restraints.release(company, AGENT, pledge.id, OTHER)
    assert held(company).frozen == before.frozen + 60
    restraints.release(company, AGENT, more.id, OTHER)
    assert held(company).frozen == before.frozen


def test_locks_placed_and_released_at_once_by_several_lose_none_of_each_other(company):
    before, settings = held(company), config.load(environment={"FREEHOLD_HOME": str(company.home)})
    start = threading.Barrier(4)

    def work(number):
        with open_office(settings, followed=True) as office:
            lien = PlaceRequest(
                SELLER,
                RestraintKind.LIEN,
                PAPER,
                in_favour=f"Bank {number}",
                instrument="common",
                units=str(10**number),
                lock=True,
            )
            start.wait(30)
            placed = restraints.place(office, AGENT, lien).restraint
            if number % 2:
                restraints.release(office, AGENT, placed.id, OTHER)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    worked(company)
    assert held(company).frozen == before.frozen + 1 + 100
    owner, one = parties.instrument(company, None, "common")
    with company.book.reading() as tx:
        lock = locks.of_account(tx, locks.Account(owner.id, SELLER, one.token))
        assert lock.instruction is None and lock.now == locks.Locked(101, False)


def test_a_lock_whose_process_died_is_carried_out_by_the_worker(company):
    before = held(company)
    lien = placed(company, RestraintKind.LIEN, instrument="common", units="40")
    with company.book.transaction() as tx:
        tx.execute(update(restraint).where(restraint.c.id == lien.id).values(locked=True))
    worked(company)
    assert held(company).frozen == before.frozen + 40


def test_a_freeze_of_less_than_restraints_lock_is_refused(company):
    placed(company, RestraintKind.PLEDGE, instrument="common", units="500", lock=True)
    request = FreezeRequest(
        SELLER, True, Grounds(Ground.STOP, bytes.fromhex(PAPER)), "less", None, "common", 499
    )
    with pytest.raises(Conflict, match="restraints lock 500"):
        enforcement.freeze(company, orders.agent(company), request)
    assert held(company).frozen == 500
    more = replace(request, units=700, key="more")
    assert not enforcement.freeze(company, orders.agent(company), more).refused
    placed(company, RestraintKind.STOP, in_favour="", instrument="common", lock=True)
    let_go = replace(request, units=None, frozen=False, key="go")
    with pytest.raises(Conflict, match="the whole account"):
        enforcement.freeze(company, orders.agent(company), let_go)


def test_what_is_pledged_in_the_book_alone_refuses_by_its_own_code(company):
    units = held(company).units
    placed(company, RestraintKind.PLEDGE, instrument="common", units=str(units - 100))
    assert asked(company, 100).code == 0
    assert asked(company, 101).code == Reason.PLEDGED


def test_the_holders_own_key_cannot_move_what_is_locked(company):
    placed(company, RestraintKind.STOP, in_favour="", instrument="common", lock=True)
    owner, one = parties.instrument(company, None, "common")
    seller, buyer = (parties.party(company, owner, name) for name in (SELLER, BUYER))
    assert held(company).stopped
    data = call("SecurityToken", "transfer", buyer.wallet, 1)
    assert send.attempt(company.w3, seller.wallet, one.token, data) is not None


def test_two_stops_of_everything_are_two_and_the_last_release_frees(company):
    stops = [
        placed(company, RestraintKind.STOP, in_favour="", instrument="common", lock=True)
        for _ in range(2)
    ]
    restraints.release(company, AGENT, stops[0].id, OTHER)
    assert held(company).stopped
    restraints.release(company, AGENT, stops[1].id, OTHER)
    assert not held(company).stopped


def test_a_claim_ends_by_itself_thirty_days_after_the_notice_and_not_before_one(company):
    claim = placed(company, RestraintKind.CLAIM, instrument="common", lock=True)
    assert restraints.unlock_lapsed(replace(company, clock=Later(company.clock, 400))) == 0
    with pytest.raises(Invalid, match="1 to 30"):
        restraints.give_notice(company, AGENT, claim.id, 31)
    noticed = restraints.give_notice(company, AGENT, claim.id)
    assert noticed.until - noticed.noticed_at == timedelta(days=30)
    with pytest.raises(Conflict, match="given already"):
        restraints.give_notice(company, AGENT, claim.id)
    late = replace(company, clock=Later(company.clock, 29))
    assert asked(late, 10).code != 0 and restraints.unlock_lapsed(late) == 0
    over = replace(company, clock=Later(company.clock, 31))
    assert restraints.unlock_lapsed(over) == 1
    worked(over)
    assert asked(over, 10).code == 0 and not held(company).stopped


def test_an_adverse_claim_in_the_book_says_when_it_ends(company):
    claim = placed(company, RestraintKind.CLAIM)
    assert asked(company, 10).code == Reason.ADVERSE_CLAIM
    noticed = restraints.give_notice(company, AGENT, claim.id, 10)
    assert f"{noticed.until:%Y-%m-%d}" in asked(company, 10).reason


def test_a_legend_holds_its_lot_until_counsels_letter(company):
    owner, one = parties.instrument(company, None, "common")
    account = parties.party(company, owner, SELLER).facts.account
    lots = contracts.read(company.w3, "SecurityToken", one.token, "lots_of", account)
    vintage = lots[0] >> 96
    free = held(company).units - (lots[0] & ((1 << 96) - 1))
    number = restraints.stamp_legend(
        company, AGENT, LegendRequest(SELLER, "common", vintage, "rofr", PAPER)
    )
    with pytest.raises(Conflict, match="bears the legend"):
        restraints.stamp_legend(
            company, AGENT, LegendRequest(SELLER, "common", vintage, "ROFR", PAPER)
        )
    assert asked(company, 1).code == 0
    assert asked(company, free + 1).code in (Reason.LEGEND_IN_FORCE, Reason.RULE144_HOLDING)
    with pytest.raises(Invalid, match="opinion is no SHA-256"):
        restraints.remove_legend(company, AGENT, number, "letter.pdf")
    gone = restraints.remove_legend(company, AGENT, number, OTHER)
    assert gone.removed_at and gone.opinion == OTHER
    with pytest.raises(Conflict, match="removed already"):
        restraints.remove_legend(company, AGENT, number, OTHER)
    with pytest.raises(NotFound, match="no lot 99"):
        restraints.stamp_legend(company, AGENT, LegendRequest(SELLER, "common", 99, "144", PAPER))


def test_an_instruction_needs_the_signatures_of_the_registration(shared_company):
    office = shared_company
    content = {
        "form": "joint-tenants",
        "parties": [{"role": "owner", "name": "Ann Lee"}, {"role": "owner", "name": "Bo Lee"}],
    }
    owner, _ = parties.instrument(office, None, "common")
    with office.book.transaction() as tx:
        registrations.register(tx, owner.id, SELLER, content, "test", office.clock.now())
    found = asked(office, 10)
    assert found.code == Reason.SIGNATURE_MISSING and "Ann Lee, Bo Lee" in found.reason
    signed = Signed(frozenset({"Ann Lee", "bo lee"}))
    assert asked(office, 10, signed=signed).code == Reason.PAPER_MISSING
    assert asked(office, 10, signed=replace(signed, papers=frozenset({"medallion"}))).code == 0


def test_only_who_keeps_the_files_places_and_mistakes_are_named(shared_company):
    nobody = permits.operator()
    with pytest.raises(NotPermitted, match="file:keep"):
        restraints.place(shared_company, nobody, PlaceRequest(SELLER, RestraintKind.STOP, PAPER))
    for wrong, said in (
        ({"lock": True}, "name it"),
        ({"units": "0", "instrument": "common"}, "at least one unit"),
        ({"document": "x"}, "no SHA-256"),
        ({"in_favour": ""}, "say for whom"),
    ):
        with pytest.raises(Invalid, match=said):
            placed(shared_company, RestraintKind.PLEDGE, **wrong)
