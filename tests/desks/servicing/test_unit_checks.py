"""Money never leaves for units that cannot be ended, and nothing begins that could not be finished."""

from datetime import timedelta

import pytest

from freehold.book import registrations
from freehold.chain import contracts
from freehold.core.actions.life import State
from freehold.core.asset import AssetKind, AssetRecord
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.core.grounds import Ground, Grounds
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.units import Units
from freehold.desks import parties, permits
from freehold.desks.agent import restraints
from freehold.desks.office import now_on_chain
from freehold.desks.platform import establishment
from freehold.desks.securities import enforcement, transfers
from freehold.desks.securities.enforcement import ForceRequest
from freehold.desks.securities.transfers import TransferRequest
from freehold.desks.servicing import actions, paying, tendering, transfer_books
from freehold.doors.bench import action_checks, action_table, action_world
from freehold.doors.bench.action_world import FIRST

GROUNDS = Grounds(Ground.COURT_ORDER, b"\2" * 32)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with action_world.opened(tmp_path_factory.mktemp("promised") / "home") as opened:
        yield opened


def head(world, id, kind):
    """An action on a class of its own name."""
    record = now_on_chain(world.office).replace(microsecond=0) + timedelta(days=1)
    dates = f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
    return f'id = "{id}"\nkind = "{kind}"\ninstrument = "{id}"\n{dates}'


def cash(world, what='per_unit = "2"'):
    return f'[cash]\ncoin = "{world.coin}"\ndecimals = 6\n{what}\n'


def filled(world, named, **more):
    """A class with the first units of everybody."""
    share = ShareClass(
        named, named.title(), f"U{len(world.classes)}", InstrumentKind.COMMON, **more
    )
    made = establishment.instrument(world.office, world.owner, world.asset, share)
    world.classes[named] = made
    action_world.fill(world, named, units(world, named), named)


def announced(world, text):
    done = actions.announce(world.office, world.agent, text, world.owner.id)
    assert done.act.reason == ""
    return done.action


def passed(world, id, what):
    terms = actions.show(world.office, id).terms
    action_world.pass_by(world, to_seconds(getattr(terms, what)) + 1)


def sold(world, named, units, key, way=("ada", "cyd")):
    asked = TransferRequest(named, *way, Units(units), key, world.owner.id)
    return transfers.transfer(world.office, world.agent, asked).reason


def frozen(world, named):
    """The frozen units of everybody who has some, on the chain."""
    found = {}
    for who in action_world.HOLDERS:
        account = parties.party(world.office, world.owner, who).facts.account
        token = world.classes[named].token
        word = contracts.read(world.office.w3, "SecurityToken", token, "account_word", account)
        found[who] = word >> 96 & (1 << 96) - 1
    return {who: many for who, many in found.items() if many}


def units(world, named):
    return action_checks.units(world, world.classes[named])


def test_nobody_is_paid_for_units_that_were_sold_after_the_record_of_a_redemption(world):
    office, agent = world.office, world.agent
    filled(world, "sold")
    announced(world, head(world, "sold", "redemption") + cash(world))
    with pytest.raises(Conflict, match="the redemption sold ends all units of sold already"):
        other = head(world, "sold", "call").replace('id = "sold"', 'id = "sold-too"')
        actions.announce(office, agent, other + cash(world), world.owner.id)
    passed(world, "sold", "record")
    assert sold(world, "sold", 100, "after the record") == ""
    assert paying.fund(office, agent, "sold").reason == ""
    passed(world, "sold", "payment")
    before = action_world.money_of(world)
    with pytest.raises(Conflict, match=r"no longer there: ada holds 901 of 1001\. Have them come"):
        paying.pay(office, agent, "sold")
    assert action_world.money_of(world) == before
    assert actions.show(office, "sold").state is State.FUNDED
    assert sold(world, "sold", 100, "back", ("cyd", "ada")) == ""
    assert paying.pay(office, agent, "sold").reason == ""
    paying.reconcile(office, agent, "sold")
    assert {one for who, one in units(world, "sold").items() if who != "treasury"} == {0}


def test_tendered_units_stay_until_they_are_bought_and_who_lost_his_takes_the_tender_back(world):
    office, agent = world.office, world.agent
    filled(world, "offered")
    action_checks.freeze(world, "offered", "court")
    announced(world, head(world, "offered", "tender") + "most = 500\n" + cash(world))
    with pytest.raises(Invalid, match=r"cyd holds 499 of offered, 400 of them free: only free"):
        actions.elect(office, agent, "offered", "cyd", "tender", 401)
    for who, many in (("ada", 400), ("ben", 700), ("ben", 50), ("cyd", 400)):
        actions.elect(office, agent, "offered", who, "tender", many)
    assert frozen(world, "offered") == {"ada": 400, "ben": 50, "cyd": 499}
    passed(world, "offered", "record")
    assert "does not hold that many units that are free" in sold(world, "offered", 602, "sale")
    taken = ForceRequest("offered", "ada", "ben", Units(900), GROUNDS, "court", world.owner.id)
    assert enforcement.force_transfer(office, agent, taken).reason == ""
    assert paying.fund(office, agent, "offered").reason == ""
    passed(world, "offered", "payment")
    before = action_world.money_of(world)
    with pytest.raises(Conflict, match=r"ada holds 101 of \d+\. Have .* take such a tender back"):
        paying.pay(office, agent, "offered")
    assert action_world.money_of(world) == before
    actions.elect(office, agent, "offered", "ada", "tender", 0)
    with pytest.raises(Conflict, match="ended with the payment"):
        actions.elect(office, agent, "offered", "ben", "tender", 60)
    assert paying.pay(office, agent, "offered").reason == ""
    paying.reconcile(office, agent, "offered")
    assert units(world, "offered") == FIRST | {"ada": 101, "ben": 1553, "cyd": 99}
    assert frozen(world, "offered") == {"cyd": action_table.FROZEN}
    assert restraints.of_holder(office, permits.keyholder(), world.owner.id, "ben")[-1].released_at


def test_a_tender_binds_to_the_same_price_or_a_higher_one(world):
    office, agent = world.office, world.agent
    filled(world, "price")
    text = head(world, "price", "tender") + "most = 500\n" + cash(world)
    announced(world, text)
    actions.elect(office, agent, "price", "ada", "tender", 400)
    assert actions.amend(office, agent, text.replace('"2"', '"3"')).act.reason == ""
    assert frozen(world, "price") == {"ada": 400}
    assert actions.amend(office, agent, text.replace('"2"', '"0.01"')).act.reason == ""
    tendering.locking.keep(office)
    passed(world, "price", "record")
    assert actions.preview(office, "price")[0].gives == {}
    assert sold(world, "price", 1_001, "all of it") == ""


def test_the_books_of_a_class_that_ends_are_closed_from_the_record_until_it_is_over(world):
    office, agent = world.office, world.agent
    filled(world, "books")
    announced(world, head(world, "books", "maturity") + cash(world))
    assert transfer_books.keep(office).moved == 0
    passed(world, "books", "record")
    assert transfer_books.keep(office).moved == 1
    assert transfer_books.keep(office).moved == 0
    assert sold(world, "books", 1, "closed") != ""
    assert paying.cancel(office, agent, "books").reason == ""
    assert sold(world, "books", 1, "open") == ""


def test_units_end_with_their_payment_while_money_of_another_holder_waits(world):
    office, agent = world.office, world.agent
    filled(world, "waits")
    announced(world, head(world, "waits", "call") + cash(world))
    passed(world, "waits", "payment")
    now = now_on_chain(office)
    with office.book.transaction() as tx:
        for road, until in (("1 Road", None), ("2 Road", now + timedelta(days=5))):
            registrations.move(tx, world.owner.id, "cyd", (road,), until, "agent", now)
    assert paying.fund(office, agent, "waits").reason == ""
    assert paying.pay(office, agent, "waits").reason == ""
    assert actions.show(office, "waits").state is State.PAYING
    assert units(world, "waits") == FIRST | {"ada": 0, "ben": 0}
    action_world.pass_by(world, to_seconds(now + timedelta(days=6)))
    assert paying.pay(office, agent, "waits").reason == ""
    paying.reconcile(office, agent, "waits")
    assert units(world, "waits") == FIRST | {"ada": 0, "ben": 0, "cyd": 0}


def test_a_pot_is_funded_with_what_is_lacking_and_pays_nobody_before_it_is(world):
    office, agent = world.office, world.agent
    filled(world, "twice")
    text = head(world, "twice", "cash-dividend") + cash(world, 'per_unit = "1"')
    announced(world, text)
    passed(world, "twice", "record")
    before = action_world.money_of(world)["treasury"]
    assert paying.fund(office, agent, "twice").reason == ""
    with pytest.raises(Conflict, match="holds all that is due"):
        paying.fund(office, agent, "twice")
    assert actions.amend(office, agent, text.replace('"1"', '"2"')).act.reason == ""
    passed(world, "twice", "payment")
    with pytest.raises(Conflict, match="lacks 2203000000 of what is due .* `freehold action fund"):
        paying.pay(office, agent, "twice")
    assert paying.fund(office, agent, "twice").reason == ""
    assert before - action_world.money_of(world)["treasury"] == 2 * 2_203 * 10**6
    assert paying.pay(office, agent, "twice").reason == ""


@pytest.mark.parametrize(
    ("kind", "body", "what"),
    [
        ("stock-dividend", '[units]\nratio = "10"\n', "657 are left of the authorised"),
        ("rights-issue", 'most = 658\n[units]\nratio = "1"\nprice = "1"\n', "657 are left"),
        ("tender", "most = 2844\n", "more than the 2843 base units of small there are"),
    ],
)
def test_what_the_authorised_units_do_not_hold_is_not_announced(world, kind, body, what):
    if "small" not in world.classes:
        filled(world, "small", authorised=3_500)
    head_, coin = head(world, "small", kind), cash(world)
    most, _, tables = body.partition("[units]")
    text = head_ + most + coin + (f"[units]{tables}" if tables else "")
    with pytest.raises(Invalid, match=what):
        actions.announce(world.office, world.agent, text, world.owner.id)


def test_units_that_are_issued_meanwhile_stop_a_stock_dividend_before_it_begins(world):
    office, agent = world.office, world.agent
    filled(world, "room", authorised=3_500)
    announced(world, head(world, "room", "stock-dividend") + '[units]\nratio = "1/4"\n')
    action_world.fill(world, "room", FIRST | {"ada": FIRST["ada"] - 500}, "more")
    passed(world, "room", "payment")
    with pytest.raises(
        Conflict,
        match="issues 674 base units, and 157 are left of the authorised ones: call it off",
    ):
        paying.pay(office, agent, "room")
    assert actions.show(office, "room").state is State.RECORDED
    assert paying.cancel(office, agent, "room").reason == ""


def test_slips_of_the_pen_are_refused_when_they_are_made(world):
    office, agent = world.office, world.agent
    filled(world, "slips")
    wrong = head(world, "slips", "tender") + "most = 500\n" + cash(world, 'pot = "0.0000001"')
    with pytest.raises(Invalid) as found:
        actions.announce(office, agent, wrong, world.owner.id)
    said = "; ".join(map(str, found.value.mistakes))
    assert "so give per_unit" in said
    assert "more decimals than the coin's 6" in said
    announced(world, head(world, "slips", "tender") + "most = 500\n" + cash(world))
    with pytest.raises(Invalid, match="units -50 is below none"):
        actions.elect(office, agent, "slips", "ada", "tender", -50)


def test_the_id_of_an_action_of_another_issuer_is_refused_before_its_record_is_announced(world):
    other = Issuer("other-co", "Other Company", "US")
    establishment.issuer(world.office, other)
    filled(world, "same")
    announced(world, head(world, "same", "rent") + cash(world, 'pot = "10"'))
    owner = establishment.issuer(world.office, other)
    asset = establishment.tokenise(
        world.office, owner, AssetRecord(AssetKind.COMPANY, other.name, {})
    )
    share = ShareClass("same", "Same", "S9", InstrumentKind.COMMON)
    establishment.instrument(world.office, owner, asset, share)
    text = head(world, "same", "rent") + cash(world, 'pot = "10"')
    with pytest.raises(Invalid, match="the id same is used already: give this one another"):
        actions.announce(world.office, world.agent, text, "other-co")
