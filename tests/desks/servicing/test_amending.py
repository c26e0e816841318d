"""What may be changed of an action in which state: the whole table, on the real ledger and in the guide."""

import re
from datetime import timedelta

import pytest

from freehold.chain import coins
from freehold.core.actions.amending import TABLE, Change, How, Standing, changes
from freehold.core.actions.life import State, Step
from freehold.core.actions.terms import read
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.desks import ledgers
from freehold.desks.office import now_on_chain
from freehold.desks.register import records
from freehold.desks.servicing import actions, paying, replacing, servicing
from tests.desks.servicing import test_actions as world
from tests.desks.servicing.test_actions import finish, pass_by
from tests.parts import ROOT

agent, coin = world.agent, world.coin
GUIDE = (ROOT / "docs/guides/actions.md").read_text()
HEAD = """id = "div"
kind = "cash-dividend"
instrument = "series-a"
record = {record}
payment = {payment}
"""
BODY = """[cash]
coin = "{coin}"
decimals = 6
per_unit = "0.25"
"""


@pytest.fixture
def text(company, coin):
    record = now_on_chain(company).replace(microsecond=0) + timedelta(days=1)
    dates = {"record": stamp(record), "payment": stamp(record + timedelta(days=2))}
    return HEAD.format(**dates) + BODY.format(coin=coin)


def other(text, change, coin):
    """The same terms with one thing changed."""
    found = read(text)
    record, payment = (stamp(at) for at in (found.record, found.payment))
    swap = {
        Change.KIND: ('"cash-dividend"', '"rent"'),
        Change.SECURITY: ('"series-a"', '"series-seed"'),
        Change.RECORD: (
            f"record = {record}",
            f"record = {stamp(found.record + timedelta(hours=5))}",
        ),
        Change.COIN: (coin, "0x" + "12" * 20),
        Change.MONEY: ('"0.25"', '"0.3"'),
        Change.DATES: (
            f"payment = {payment}",
            f"payment = {stamp(found.payment + timedelta(days=1))}",
        ),
        Change.CHOICES: ("[cash]", 'payout = "both"\n[cash]'),
        Change.TAX: ("[cash]", 'tax = "CH"\n[cash]'),
        Change.LINK: ("[cash]", 'follows = "first"\n[cash]'),
        Change.WORDS: ("[cash]", 'narrative = "Corrected words."\n[cash]'),
    }[change]
    made = text.replace(*swap)
    head, _, cash = made.partition("[cash]")
    assert change in changes(found, read(head + "[cash]" + cash)), change
    return made


def brought(office, by, text, where):
    """An action that is as far as a standing."""
    actions.announce(office, by, text)
    if where is Standing.PROVIDED:
        paying.fund(office, by, "div", 1)
    if where in (Standing.RECORDED, Standing.FUNDED):
        pass_to(office, read(text).record)
    if where is Standing.CANCELLED:
        paying.cancel(office, by, "div")
    if where in (Standing.FUNDED, Standing.PAID):
        pass_to(office, read(text).record)
        assert paying.fund(office, by, "div").reason == ""
    if where is Standing.PAID:
        pass_by(office, "div")
        assert paying.pay(office, by, "div").reason == ""


def pass_to(office, instant):
    ledgers.set_clock(office, instant + timedelta(seconds=1))


def test_the_table_is_whole_and_stands_in_the_guide():
    assert set(TABLE) == {(where, change) for where in Standing for change in Change}
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", GUIDE, re.M)
    told = {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}
    for change in Change:
        words = {How.AMENDED: "amend", How.REPLACED: "replace", How.CORRECTED: "correct"}
        assert told[str(change)] == [words[TABLE[where, change]] for where in Standing], change


@pytest.mark.parametrize("where", [one for one in Standing if one is not Standing.PAYING])
def test_every_change_in_every_state_is_made_or_refused_with_the_way_out(
    company,
    agent,
    coin,
    text,
    where,
):
    brought(company, agent, text, where)
    for change in Change:
        if change in (Change.UNITS, Change.COIN, Change.TAX, Change.LINK):
            continue
        of = servicing.case(company, "div")
        made = other(text, change, coin)
        if TABLE[where, change] is How.AMENDED and change is not Change.RECORD:
            assert actions.amend(company, agent, made).act.ended == "done", change
            assert servicing.case(company, "div").version == of.version + 1
            continue
        if TABLE[where, change] is How.AMENDED:
            continue
        with pytest.raises(Conflict) as refused:
            actions.amend(company, agent, made)
        way = "replace it" if TABLE[where, change] is How.REPLACED else 'follows = "div"'
        assert way in str(refused.value), (where, change)
        assert servicing.case(company, "div").version == of.version


def test_another_record_before_its_time_takes_the_first_back_and_pays_by_the_new_one(
    company,
    agent,
    coin,
    text,
):
    actions.announce(company, agent, text)
    first = actions.show(company, "div").record
    token = servicing.case(company, "div").instrument.token
    moved = other(text, Change.RECORD, coin)
    assert actions.amend(company, agent, moved).act.ended == "done"
    record = actions.show(company, "div").record
    assert records.of_token(company, token)[record] == read(moved).record
    assert read(text).record not in records.of_token(company, token).values() or record != first
    pass_to(company, read(moved).record)
    assert paying.fund(company, agent, "div").reason == ""
    pass_by(company, "div")
    assert not finish(company, agent, "div").differences


def test_a_record_that_something_else_waits_for_is_not_taken_back(company, agent, coin, text):
    actions.announce(company, agent, text)
    actions.announce(company, agent, text.replace('"div"', '"second"'))
    with pytest.raises(Conflict, match="the action second has it too.*replace the action"):
        actions.amend(company, agent, other(text, Change.RECORD, coin))


def test_an_action_is_replaced_in_one_act_and_its_money_comes_back_also_after_a_crash(
    company,
    agent,
    coin,
    text,
    monkeypatch,
):
    actions.announce(company, agent, text)
    before = coins.balance(company.w3, coin, agent.signer.address)
    paying.fund(company, agent, "div", 5_000_000)
    follows = text.replace('"div"', '"rent-1"').replace('"cash-dividend"', '"rent"')
    with pytest.raises(Invalid, match="do not say follows"):
        replacing.replace(company, agent, "div", follows)
    follows = follows.replace("[cash]", 'follows = "div"\n[cash]')
    with pytest.raises(Invalid, match="decimals"):
        replacing.replace(company, agent, "div", follows.replace("decimals = 6", "decimals = 2"))
    assert actions.show(company, "div").state is State.ANNOUNCED
    with monkeypatch.context() as dies:
        dies.setattr(replacing.actions, "announce", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            replacing.replace(company, agent, "div", follows)
    assert actions.show(company, "div").state is State.CANCELLED
    assert replacing.replace(company, agent, "div", follows).act.ended == "done"
    assert replacing.replace(company, agent, "div", follows).act.ended == "done"
    assert coins.balance(company.w3, coin, agent.signer.address) == before
    made = actions.show(company, "rent-1")
    assert (made.state, made.terms.follows) == (State.ANNOUNCED, "div")
    with pytest.raises(Invalid, match="no action nowhere"):
        actions.announce(company, agent, follows.replace("rent-1", "rent-2").replace(
            'follows = "div"', 'follows = "nowhere"'))  # fmt: skip
    assert Step.CANCEL in servicing.case(company, "div").steps
