"""What a split makes of all that is in units: rules, terms of announced actions, units kept and elected."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from freehold.book import actions as book
from freehold.book import audit
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.desks.approvals import split_differences
from freehold.desks.office import now_on_chain
from freehold.desks.rules import adoption, policies
from freehold.desks.rules.explaining import Question, explain
from freehold.desks.securities import splits
from freehold.desks.securities.splits import SplitRequest
from freehold.desks.servicing import actions, paying, servicing
from freehold.doors.bench import action_checks, action_world

CAPPED = """
[policy]
name = "capped at {most}"
as_of = 2026-11-22
use = ["us.persons"]
[caps]
holding = {{limit = {most}, code = "MAX_HOLDING", per_person = true}}
[[classes]]
id = 1
name = "US persons"
when = "us_person"
[[classes]]
id = 2
name = "others"
when = "not us_person"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with action_world.opened(tmp_path_factory.mktemp("split-terms") / "home") as opened:
        yield opened


def filled(world, named):
    of = action_world.open_class(world, named)
    action_world.fill(world, named, action_checks.units(world, of), named)
    return of


def announced(world, kind, named, id, body, *, days=1):
    record = now_on_chain(world.office).replace(microsecond=0) + timedelta(days=days)
    text = (
        f'id = "{id}"\nkind = "{kind}"\ninstrument = "{named}"\nrecord = {stamp(record)}\n'
        f"payment = {stamp(record + timedelta(days=1))}\n{body.format(coin=world.coin)}"
    )
    done = actions.announce(world.office, world.agent, text, world.owner.id)
    assert not done.act.refused, done.act.reason
    return record


def split(world, named, up, down):
    asked = SplitRequest(named, up, down, b"\4" * 32, f"{named} {up}:{down}", world.owner.id)
    done = splits.announce(world.office, world.agent, asked)
    assert not done.act.refused, done.act.reason
    done = splits.run(world.office, world.agent, world.owner.id, named)
    assert not done.act.refused, done.act.reason


def terms(world, id):
    return servicing.case(world.office, id).terms


CASH = '[cash]\ncoin = "{coin}"\ndecimals = 6\n'


def test_an_announced_tender_is_paid_by_the_terms_behind_the_split(world):
    office, agent = world.office, world.agent
    filled(world, "t-tender")
    record = announced(
        world, "tender", "t-tender", "bid", "most = 300\n" + CASH + 'per_unit = "6"\n'
    )
    actions.elect(office, agent, "bid", "ada", "tender", 101)
    split(world, "t-tender", 3, 2)
    after = terms(world, "bid")
    assert (after.cash.amount, after.most) == (4, 450)
    assert servicing.case(office, "bid").version == 2
    account = {who: units for who, (_, units) in servicing.case(office, "bid").elections.items()}
    assert list(account.values()) == [151]
    with office.book.reading() as tx:
        entry = next(
            one for one in audit.entries(tx, 0, 10_000) if "amend an action" in one.entry.act
        )
    assert entry.entry.content["ratio"] == "3/2"
    split(world, "t-tender", 2, 3)
    assert (terms(world, "bid").cash.amount, terms(world, "bid").most) == (6, 300)
    action_world.pass_by(world, to_seconds(record) + 1)
    assert not paying.fund(office, agent, "bid").refused
    action_world.pass_by(world, to_seconds(record + timedelta(days=1)) + 1)
    before = action_world.money_of(world)["ada"]
    assert not paying.pay(office, agent, "bid").refused
    assert action_world.money_of(world)["ada"] - before == 100 * 6 * 10**6
    assert paying.reconcile(office, agent, "bid").differences == ()


def test_a_dividend_counted_before_a_split_keeps_its_money_and_re_invests_at_the_new_price(world):
    office = world.office
    filled(world, "t-div")
    body = CASH + 'per_unit = "0.10"\n[reinvest]\nprice = "3"\n'
    record = announced(world, "cash-dividend", "t-div", "old-div", body)
    announced(world, "cash-dividend", "t-div", "new-div", body, days=3)
    action_world.pass_by(world, to_seconds(record) + 1)
    split(world, "t-div", 2, 1)
    old, new = terms(world, "old-div"), terms(world, "new-div")
    assert (old.cash.amount, old.options.price) == (Fraction(1, 10), Fraction(3, 2))
    assert (new.cash.amount, new.options.price) == (Fraction(1, 20), Fraction(3, 2))
    with office.book.reading() as tx:
        assert len(book.versions(tx, "old-div")) == 2


def test_a_conversion_follows_the_splits_of_both_classes(world):
    filled(world, "t-from")
    action_world.open_class(world, "t-into")
    filled(world, "t-into")
    announced(world, "conversion", "t-from", "turn", '[units]\nratio = "3"\ninto = "t-into"\n')
    split(world, "t-from", 2, 1)
    assert terms(world, "turn").exchange.ratio == Fraction(3, 2)
    split(world, "t-into", 4, 1)
    assert terms(world, "turn").exchange.ratio == 6


def test_terms_that_would_be_none_stop_a_split_and_are_told(world):
    office, agent = world.office, world.agent
    filled(world, "t-none")
    announced(world, "tender", "t-none", "small", "most = 5\n" + CASH + 'per_unit = "6"\n')
    asked = SplitRequest("t-none", 1, 10, b"\4" * 32, "none", world.owner.id)
    with pytest.raises(Conflict, match="the tender small would have no terms behind the split"):
        splits.announce(office, agent, asked)
    assert splits.status(office, world.owner.id, "t-none").state == "none"


def test_whoever_agrees_to_a_split_sees_what_it_changes_beside_holdings(world):
    of = filled(world, "t-shown")
    announced(world, "tender", "t-shown", "seen", "most = 300\n" + CASH + 'per_unit = "6"\n')
    announced(world, "split", "t-shown", "cut", '[units]\nratio = "3"\n')
    changes = list(split_differences.of_split(world.office, of, terms(world, "cut")))
    told = {one.record: (one.before, one.after) for one in changes}
    assert told["Most units of seen"] == ("300", "900")
    assert told["Money for a unit of seen"] == ("6", "2")
    assert split_differences.of_split(world.office, of, terms(world, "seen")) is not None
    assert list(split_differences.of_split(world.office, of, terms(world, "seen"))) == []


# ---- rules ----


def capped(world, named, most):
    """Adopt a policy with a limit for one hand, and live through its delay."""
    office = world.office
    file = policies.read_text(CAPPED.format(most=most), "capped", office.clock.now())
    waiting = adoption.adopt(office, world.owner.id, named, file, acknowledge_stranded=True)
    return file, waiting


def test_a_limit_for_one_hand_is_scaled_and_the_policy_explained_as_the_chain_has_it(world):
    office, owner = world.office, world.owner.id
    of = filled(world, "t-cap")
    file, waiting = capped(world, "t-cap", 2_001)
    asked = SplitRequest("t-cap", 3, 2, b"\4" * 32, "early", owner)
    with pytest.raises(Conflict, match="a policy is announced for t-cap"):
        splits.announce(office, world.agent, asked)
    action_world.pass_by(world, to_seconds(waiting.effective_at) + 1)
    adoption.activate(office, owner, "t-cap")
    with pytest.raises(Conflict, match="in force already"):
        adoption.adopt(office, owner, "t-cap", file, acknowledge_stranded=True)
    with pytest.raises(Invalid, match="the split 1/5000 would"):
        splits.announce(
            office, world.agent, replace(asked, numerator=1, denominator=5_000, key="x")
        )
    split(world, "t-cap", 3, 2)
    force = adoption.in_force(office, of)
    assert force.rules.most_units == 3_001
    assert [cap.limit for cap in force.compiled.policy.caps if cap.per_person] == [3_001]
    explain(
        office, owner, "t-cap", Question("cyd", "ben", 1)
    )  # Broken where the chain says otherwise
    _, waiting = capped(world, "t-cap", 2_001)  # the text as it was is another rule now
    action_world.pass_by(world, to_seconds(waiting.effective_at) + 1)
    adoption.activate(office, owner, "t-cap")
    assert adoption.in_force(office, of).rules.most_units == 2_001


def test_a_reverse_split_that_would_let_nobody_hold_a_unit_is_refused_with_one_sentence(world):
    office, owner = world.office, world.owner.id
    filled(world, "t-tiny")
    _, waiting = capped(world, "t-tiny", 9)
    action_world.pass_by(world, to_seconds(waiting.effective_at) + 1)
    adoption.activate(office, owner, "t-tiny")
    said = "the split 1/10 would let nobody hold a unit: the rules allow 9 in one hand"
    with pytest.raises(Invalid, match=said):
        announced(world, "reverse-split", "t-tiny", "tiny", '[units]\nratio = "1/10"\n')
