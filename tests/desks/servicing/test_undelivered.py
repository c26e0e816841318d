"""New units for a holder who may not receive them: kept under his name while all others get theirs.

One table for every kind that gives units, on one ledger: ben is blocked behind the record, the others are
served, he is cleared and gets his, and the proof counts what waits. In the world of the bench.
"""

from datetime import timedelta

import pytest

from freehold.core.actions.seev_codes import Message
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict
from freehold.core.grounds import Ground, Grounds
from freehold.core.reasons import Reason
from freehold.desks import parties, permits
from freehold.desks.office import now_on_chain
from freehold.desks.register import registers
from freehold.desks.securities import enforcement, splits
from freehold.desks.securities.enforcement import FreezeRequest, HaltRequest
from freehold.desks.servicing import actions, events, messages, paying, servicing, undelivered
from freehold.desks.servicing.messages import Wanted
from freehold.doors.bench import action_checks, action_lives, action_world
from freehold.doors.bench.action_lives import Interrupted
from freehold.doors.bench.action_world import DECIMALS

GROUNDS = Grounds(Ground.STOP, b"\1" * 32)
FREE = Grounds(Ground.RELEASE, b"\2" * 32)
COIN = 10**DECIMALS
BODIES = {
    "stock-dividend": '[units]\nratio = "1/10"\n',
    "spin-off": '[units]\nratio = "1/10"\ninto = "other"\n',
    "conversion": '[units]\nratio = "1/10"\ninto = "other"\n',
    "rights-issue": (
        'most = 1000\n[units]\nratio = "1/10"\nprice = "3"\n'
        '[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "3"\n'
    ),
}
DUE = {"ada": 100, "ben": 70, "cyd": 49}
"""A tenth of what each holds, rounded down; ben's lot of 70 converts by itself."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with action_world.opened(tmp_path_factory.mktemp("kept") / "home") as opened:
        yield opened


def frozen(world, named, stopped, key, grounds=GROUNDS):
    """Ben may receive nothing of a class, or may again."""
    asked = FreezeRequest("ben", stopped, grounds, key, world.owner.id, named)
    done = enforcement.freeze(world.office, world.agent, asked)
    assert not done.refused, done.reason


def at_payment(world, kind, named, id):
    """An action of the kind, whose day of payment has come; what is subscribed is paid for."""
    of = action_world.open_class(world, named)
    action_world.open_class(world, "other")
    action_world.fill(world, named, action_checks.units(world, of), id)
    record = now_on_chain(world.office).replace(microsecond=0) + timedelta(days=1)
    text = (
        f'id = "{id}"\nkind = "{kind}"\ninstrument = "{named}"\nrecord = {stamp(record)}\n'
        f"payment = {stamp(record + timedelta(days=1))}\n{BODIES[kind].format(coin=world.coin)}"
    )
    done = actions.announce(world.office, world.agent, text, world.owner.id)
    assert not done.act.refused, done.act.reason
    action_world.pass_by(world, to_seconds(record) + 1)
    if kind == "rights-issue":
        for who, many in DUE.items():
            actions.elect(world.office, world.agent, id, who, "subscribe", many)
            action_world.allow(world, who, many * 3 * COIN, id)
    action_world.pass_by(world, to_seconds(record + timedelta(days=1)) + 1)


def gained(world, kind, named, before):
    there = "other" if kind in ("spin-off", "conversion") else named
    now = action_checks.units(world, world.classes[there])
    return {who: now[who] - before[who] for who in DUE}


def before_of(world, kind, named):
    there = "other" if kind in ("spin-off", "conversion") else named
    return action_checks.units(world, world.classes[there])


def account_of(world, who):
    return parties.party(world.office, world.owner, who).facts.account


@pytest.mark.parametrize("kind", BODIES)
def test_the_others_get_their_units_and_he_gets_his_once_he_is_cleared(world, kind):
    office, agent, named = world.office, world.agent, f"k-{kind}"
    at_payment(world, kind, named, kind)
    before = before_of(world, kind, named)
    where = "other" if kind == "spin-off" else named
    frozen(world, where, True, f"stop {kind}")
    done = paying.pay(office, agent, kind)
    assert not done.refused, done.reason
    assert gained(world, kind, named, before) == {**DUE, "ben": 0}
    proof = paying.reconcile(office, agent, kind)
    assert (proof.differences, proof.units_kept) == ((), DUE["ben"])
    waits = actions.show(office, kind).kept
    codes = {Reason.RECEIVER_FROZEN, Reason.SENDER_FROZEN}
    assert {one.portion.account for one in waits} == {account_of(world, "ben")}
    assert {one.code for one in waits} <= codes
    rows = events.entitlements(office, permits.keyholder(), kind).rows
    assert {row.holder: (row.became, row.kept) for row in rows} == {
        "ada": ("delivered", 0), "ben": ("held", DUE["ben"]), "cyd": ("delivered", 0),
    }  # fmt: skip
    wanted = Wanted(kind, Message.CONFIRMATION, account_of(world, "ben"))
    with pytest.raises(Conflict, match="has not got its part"):
        messages.export(office, permits.keyholder(), wanted)
    assert paying.release(office, agent, kind, account_of(world, "ben")).refused
    assert not paying.close(office, agent, kind).refused
    frozen(world, where, False, f"free {kind}", FREE)
    assert not paying.release(office, agent, kind, account_of(world, "ben")).refused
    assert gained(world, kind, named, before) == DUE
    proof = paying.proof(office, servicing.case(office, kind))
    assert (proof.differences, proof.units_kept) == ((), 0)
    with pytest.raises(Conflict, match="nothing is held for account"):
        paying.release(office, agent, kind, account_of(world, "ben"))
    assert messages.export(office, permits.keyholder(), wanted).text
    assert registers.verify(office).ok


def test_units_that_are_kept_are_scaled_by_a_split_that_comes_between(world):
    office, agent, named, id = world.office, world.agent, "k-split", "kept-and-split"
    at_payment(world, "stock-dividend", named, id)
    frozen(world, named, True, id)
    assert not paying.pay(office, agent, id).refused
    asked = splits.SplitRequest(named, 3, 2, b"\4" * 32, id, world.owner.id)
    assert not splits.announce(office, agent, asked).act.refused
    assert not splits.run(office, agent, world.owner.id, named).act.refused
    before = before_of(world, "stock-dividend", named)
    frozen(world, named, False, f"free {id}", FREE)
    assert not paying.release(office, agent, id, account_of(world, "ben")).refused
    assert gained(world, "stock-dividend", named, before) == {"ada": 0, "ben": 105, "cyd": 0}
    assert paying.reconcile(office, agent, id).differences == ()


def test_a_conversion_that_is_kept_converts_by_the_splits_of_both_classes_since(world):
    office, agent, named, id = world.office, world.agent, "k-turned", "kept-and-turned"
    at_payment(world, "conversion", named, id)
    frozen(world, named, True, id)
    assert not paying.pay(office, agent, id).refused
    for where, up in ((named, 3), ("other", 2)):
        asked = splits.SplitRequest(where, up, 1, b"\4" * 32, id, world.owner.id)
        assert not splits.announce(office, agent, asked).act.refused
        assert not splits.run(office, agent, world.owner.id, where).act.refused
    before = before_of(world, "conversion", named)
    frozen(world, named, False, f"free {id}", FREE)
    assert not paying.release(office, agent, id, account_of(world, "ben")).refused
    assert gained(world, "conversion", named, before) == {"ada": 0, "ben": 140, "cyd": 0}
    assert paying.reconcile(office, agent, id).differences == ()


def test_what_would_refuse_everybody_keeps_nobodys_units(world):
    office, agent, named, id = world.office, world.agent, "k-halted", "halted"
    at_payment(world, "stock-dividend", named, id)
    before = before_of(world, "stock-dividend", named)
    halt = HaltRequest(named, True, GROUNDS, id, world.owner.id)
    assert not enforcement.halt(office, agent, halt).refused
    done = paying.pay(office, agent, id)
    assert (done.refused, done.code) == (True, Reason.PAUSED)
    assert actions.show(office, id).kept == []
    again = HaltRequest(named, False, FREE, f"go {id}", world.owner.id)
    assert not enforcement.halt(office, agent, again).refused
    assert not paying.pay(office, agent, id).refused
    assert gained(world, "stock-dividend", named, before) == DUE


def test_who_is_cleared_before_the_page_is_sent_again_is_on_it(world, monkeypatch):
    office, agent, named, id = world.office, world.agent, "k-again", "again"
    at_payment(world, "stock-dividend", named, id)
    before = before_of(world, "stock-dividend", named)
    frozen(world, named, True, id)
    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        settled = undelivered._settled

        def killed(*given):
            settled(*given)
            raise Interrupted

        patched.setattr(undelivered, "_settled", killed)
        paying.pay(office, agent, id)
    assert [one.portion.gets for one in actions.show(office, id).kept] == [DUE["ben"]]
    frozen(world, named, False, f"free {id}", FREE)
    assert not paying.pay(office, agent, id).refused
    assert gained(world, "stock-dividend", named, before) == DUE
    assert actions.show(office, id).kept == []
    assert paying.reconcile(office, agent, id).differences == ()


def test_a_subscriber_whose_units_were_kept_has_his_money_back_when_the_offer_is_called_off(world):
    office, agent, named, id = world.office, world.agent, "k-off", "rights-off"
    at_payment(world, "rights-issue", named, id)
    frozen(world, named, True, id)
    money = action_world.money_of(world)
    with action_lives.page_by_page(), action_lives.interrupted(6), pytest.raises(Interrupted):
        paying.pay(office, agent, id)
    assert [one.portion.account for one in actions.show(office, id).kept] == [
        account_of(world, "ben")
    ]
    with action_lives.page_by_page():
        assert not paying.cancel(office, agent, id).refused
    now = action_world.money_of(world)
    assert {who: now[who] - money[who] for who in DUE} == {
        "ada": -DUE["ada"] * 3 * COIN, "ben": 0, "cyd": 0,
    }  # fmt: skip
    assert actions.show(office, id).kept == []
    frozen(world, named, False, f"free {id}", FREE)
