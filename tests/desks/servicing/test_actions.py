"""Every corporate action from announcement to close on the real ledger: register, cash and proof agree."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from freehold.book import notices as letters
from freehold.book import people, tax_forms
from freehold.chain import coins, contracts, deploy
from freehold.chain.contracts import call
from freehold.core.actions import pages
from freehold.core.actions.life import State
from freehold.core.actions.tax import Form
from freehold.core.actions.tax_forms import TaxForm
from freehold.core.clock import parse, stamp, to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.holder import Particulars
from freehold.core.letters import Kind
from freehold.core.letters import State as Stage
from freehold.core.roles import Role, holder_scope
from freehold.core.units import format_units
from freehold.desks import notices, parties, permits
from freehold.desks.access import signin
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.register import records, registers
from freehold.desks.servicing import (
    actions,
    feeding,
    paying,
    recording,
    servicing,
    taxes,
)

UNIT_KINDS = {
    "stock-dividend": '[units]\nratio = "1/10"\n',
    "split": '[units]\nratio = "3/2"\n',
    "reverse-split": '[units]\nratio = "1/7"\n',
    "spin-off": '[units]\nratio = "1/4"\ninto = "series-seed"\n',
    "conversion": '[units]\nratio = "1/50"\ninto = "series-seed"\n',
    "name-change": 'name = "Northwind Optics Renamed"\n',
}
MONEY_KINDS = {
    "cash-dividend": 'per_unit = "0.25"',
    "coupon": 'per_unit = "1/3"',
    "revenue-share": 'pot = "1000.01"',
    "rent": 'pot = "77.77"',
    "call": 'per_unit = "1.05"',
    "maturity": 'per_unit = "1"',
    "redemption": 'per_unit = "2"',
}


@pytest.fixture
def agent(company):
    return orders.agent(company)


@pytest.fixture
def coin(company, agent):
    """A coin of six decimals, of which the agent has plenty."""
    data = contracts.creation("Cash", "Euro", "EUR", 6)
    done = carry_out(company, "coin", [Asked(agent.signer, None, data, "coin", "coin")])
    address = deploy.created(receipt_of(company, done[0]))
    issued = call("Cash", "issue", agent.signer.address, 10**18)
    carry_out(company, "coin", [Asked(agent.signer, address, issued, "money", "money")])
    return address


def terms(office, kind, more, ahead=1, named="series-a"):
    record = now_on_chain(office) + timedelta(days=ahead)
    head = (
        f'id = "{kind}"\nkind = "{kind}"\ninstrument = "{named}"\n'
        f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
    )
    return head + more


def money_terms(office, kind, coin, **given):
    return terms(
        office, kind, f'[cash]\ncoin = "{coin}"\ndecimals = 6\n{MONEY_KINDS[kind]}\n', **given
    )


def pass_by(office, id):
    """Let record and payment pass."""
    found = actions.show(office, id).terms
    set_clock(office, to_seconds(found.payment) + 1)
    tick(office)


def tick(office):
    """A block, so that the instant has passed on the chain."""
    token = parties.instrument(office, None, "common")[1].token
    agent = orders.agent(office)
    approve = call("SecurityToken", "approve", agent.signer.address, 0)
    key = str(now_on_chain(office))
    carry_out(office, "tick", [Asked(agent.signer, token, approve, "tick", key)])


def units(office, named):
    found = registers.holdings_on(office, None, now_on_chain(office).date())[named]
    return {who: held for who, held in found.items() if who != "treasury"}


def finish(office, agent, id):
    assert paying.pay(office, agent, id).reason == ""
    proof = paying.reconcile(office, agent, id)
    assert paying.close(office, agent, id).reason == ""
    assert actions.show(office, id).state is State.CLOSED
    assert registers.verify(office).ok
    return proof


@pytest.mark.parametrize("kind", MONEY_KINDS)
def test_an_action_in_money_pays_every_holder_exactly_and_closes(company, agent, coin, kind):
    before = units(company, "series-a")
    assert (
        actions.announce(company, agent, money_terms(company, kind, coin)).state is State.ANNOUNCED
    )
    pass_by(company, kind)
    plan, parts = actions.preview(company, kind)
    assert sum(part.gross for part in parts) == plan.money
    assert paying.fund(company, agent, kind, plan.money + 5).reason == ""
    proof = finish(company, agent, kind)
    assert (proof.paid, proof.accounts) == (plan.money, len(before))
    wallets = servicing.wallets(company, parties.instrument(company, None, "series-a")[1].token)
    for part in parts:
        assert coins.balance(company.w3, coin, wallets[part.account]) == part.net
    own = 10**18 - plan.money
    assert coins.balance(company.w3, coin, agent.signer.address) == own
    gone = kind in ("call", "maturity", "redemption")
    assert units(company, "series-a") == ({} if gone else before)


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_an_action_in_units_changes_every_position_as_planned_and_closes(company, agent, kind):
    named = "series-a"
    before, other = units(company, named), units(company, "series-seed")
    actions.announce(company, agent, terms(company, kind, UNIT_KINDS[kind]))
    pass_by(company, kind)
    finish(company, agent, kind)
    after, there = units(company, named), units(company, "series-seed")
    expected = {
        "stock-dividend": lambda held: held + held // 10,
        "split": lambda held: held * 3 // 2,
        "reverse-split": lambda held: held // 7,
        "conversion": lambda held: held % 50,
    }.get(kind, lambda held: held)
    assert after == {who: expected(held) for who, held in before.items() if expected(held)}
    if kind in ("spin-off", "conversion"):
        factor = Fraction(1, 4 if kind == "spin-off" else 50)
        gained = {who: there[who] - other.get(who, 0) for who in before}
        assert gained == {who: int(held * factor) for who, held in before.items()}


def test_a_reverse_split_pays_its_fractions_in_lieu(company, agent, coin):
    more = f'[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "1"\n'
    more += '[units]\nratio = "1/7"\nprice = "3.5"\n'
    before = units(company, "series-a")
    actions.announce(company, agent, terms(company, "reverse-split", more))
    pass_by(company, "reverse-split")
    assert paying.fund(company, agent, "reverse-split").reason == ""
    proof = finish(company, agent, "reverse-split")
    assert proof.paid == sum(int(Fraction(held % 7, 7) * 3_500_000) for held in before.values())


def test_a_tender_buys_pro_rata_what_holders_offer(company, agent, coin):
    before = units(company, "series-a")
    more = f'most = 1000\n[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "2"\n'
    actions.announce(company, agent, terms(company, "tender", more))
    for who, held in before.items():
        actions.elect(company, agent, "tender", who, "tender", held)
    pass_by(company, "tender")
    assert paying.fund(company, agent, "tender").reason == ""
    proof = finish(company, agent, "tender")
    assert proof.paid == 2_000_000_000
    assert sum(before.values()) - sum(units(company, "series-a").values()) == 1000


@pytest.mark.parametrize("at", ["announced", "recorded", "funded"])
def test_an_action_is_amended_and_called_off_from_every_state_before_it_pays(
    company, agent, coin, at
):
    text = money_terms(company, "cash-dividend", coin)
    actions.announce(company, agent, text)
    if at != "announced":
        pass_by(company, "cash-dividend")
    if at == "funded":
        assert paying.fund(company, agent, "cash-dividend").reason == ""
    assert actions.show(company, "cash-dividend").state == at
    amended = actions.amend(company, agent, text.replace("0.25", "0.2"))
    assert (amended.act.reason, actions.show(company, "cash-dividend").version) == ("", 2)
    assert paying.cancel(company, agent, "cash-dividend").reason == ""
    assert actions.show(company, "cash-dividend").state is State.CANCELLED
    assert coins.balance(company.w3, coin, agent.signer.address) == 10**18
    with pytest.raises(Conflict, match="is cancelled: nothing more"):
        paying.pay(company, agent, "cash-dividend")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("decimals = 6", "decimals = 2"), "the terms say 2 decimals, the coin EUR has 6"),
        (('per_unit = "0.25"', 'per_unit = "0"'), "is nothing to pay"),
        (("payment = 2", "payment = 1"), "is before the record"),
        (("record = 2", "record = 1"), "has passed: a record is announced ahead"),
        (('instrument = "series-a"', 'instrument = "none"'), "none"),
    ],
)
def test_terms_that_make_no_sense_are_refused_and_nothing_is_begun(
    company, agent, coin, change, why
):
    text = money_terms(company, "cash-dividend", coin).replace(*change)
    with pytest.raises((Invalid, NotFound)) as caught:
        actions.announce(company, agent, text)
    said = str(caught.value) + "".join(map(str, getattr(caught.value, "mistakes", ())))
    assert why in said
    assert actions.every(company, None) == []


def test_a_record_far_ahead_bars_nearer_ones_until_its_action_is_called_off(company, agent, coin):
    far = money_terms(company, "cash-dividend", coin, ahead=5000)
    assert not actions.announce(company, agent, far).act.refused
    near = money_terms(company, "rent", coin, ahead=3)
    with pytest.raises(Invalid, match="record 1 of series-a comes at .*choose a later instant"):
        actions.announce(company, agent, near)
    named = ("northwind-optics", "series-a", 1)
    with pytest.raises(Conflict, match="record 1 is that of the action cash-dividend: call off"):
        recording.withdraw(company, agent, *named, "by hand")
    assert not paying.cancel(company, agent, "cash-dividend").refused
    assert not actions.announce(company, agent, near).act.refused
    pass_by(company, "rent")
    assert not registers.verify(company).differences
    first, second = records.records(company, None, "series-a")
    assert first.passed and first.instant < second.instant


def test_a_record_that_something_else_waits_for_stays(company, agent, coin):
    first = money_terms(company, "cash-dividend", coin, ahead=30)
    assert not actions.announce(company, agent, first).act.refused
    instant = actions.show(company, "cash-dividend").terms.record
    second = money_terms(company, "rent", coin, ahead=30)
    assert not actions.announce(company, agent, second).act.refused
    assert not paying.cancel(company, agent, "cash-dividend").refused
    assert records.records(company, None, "series-a")[-1].instant == instant
    assert not paying.cancel(company, agent, "rent").refused, (
        "the record is not this one's to take back"
    )
    done = recording.withdraw(company, agent, None, "series-a", 1, "by hand")
    assert not done.refused and records.records(company, None, "series-a")[-1].instant < instant


def test_an_announced_action_is_news_for_the_issuers_investors_who_want_it(company, agent, coin):
    actors = {}
    for name, holder in (("wei", "wei-ling-tan"), ("jonas", "jonas-keller")):
        scope = holder_scope("northwind-optics", holder)
        made, _ = signin.invite(
            company, permits.operator(), f"{name}@x.example", [(Role.INVESTOR, scope)]
        )
        with company.book.reading() as tx:
            actors[name] = permits.actor_of(tx, made)
    notices.choose(company, actors["jonas"], set())
    text = money_terms(company, "cash-dividend", coin)
    for _ in range(2):
        assert actions.announce(company, agent, text).act.ended == "done"
    with company.book.reading() as tx:
        news = [one for one in letters.newest(tx, list(Stage), 500) if one.kind is Kind.NEWS]
    assert [one.to for one in news] == ["wei@x.example"]
    assert news[0].facts["link"] == "/actions/cash-dividend"


def test_a_pot_smaller_than_declared_is_refused(company, agent, coin):
    actions.announce(company, agent, money_terms(company, "cash-dividend", coin))
    pass_by(company, "cash-dividend")
    with pytest.raises(Invalid, match="is smaller than declared"):
        paying.fund(company, agent, "cash-dividend", 1)


@pytest.fixture
def interrupted(company, agent, coin, monkeypatch):
    """A dividend of one account a page that was stopped before its third page."""
    cut, carry = pages.paged, servicing.carry
    monkeypatch.setattr(pages, "paged", lambda rows: cut(rows, 1))
    actions.announce(company, agent, money_terms(company, "cash-dividend", coin))
    pass_by(company, "cash-dividend")
    assert paying.fund(company, agent, "cash-dividend").reason == ""

    def stopped(office, actor, of, calls, *needs):
        if calls[0][2] == "page 2":
            raise KeyboardInterrupt
        return carry(office, actor, of, calls, *needs)

    with monkeypatch.context() as broken:
        broken.setattr(servicing, "carry", stopped)
        with pytest.raises(KeyboardInterrupt):
            paying.pay(company, agent, "cash-dividend")
    assert actions.show(company, "cash-dividend").state is State.PAYING
    return company


def test_a_payment_that_was_stopped_goes_on_and_pays_everybody_once(interrupted, agent, coin):
    proof = finish(interrupted, agent, "cash-dividend")
    assert proof.accounts == len(units(interrupted, "series-a")) > 2
    assert coins.balance(interrupted.w3, coin, agent.signer.address) == 10**18 - proof.paid


def test_a_payment_under_way_is_called_off_by_two_persons_and_who_was_paid_keeps_it(
    interrupted, agent, coin
):
    text = money_terms(interrupted, "cash-dividend", coin)
    with pytest.raises((Conflict, Invalid)):
        actions.amend(interrupted, agent, text)
    _, parts = actions.preview(interrupted, "cash-dividend")
    assert paying.cancel(interrupted, agent, "cash-dividend").reason == ""
    kept = sum(part.net for part in parts[:2])
    assert coins.balance(interrupted.w3, coin, agent.signer.address) == 10**18 - kept


def test_money_that_went_in_before_a_process_died_is_not_put_in_again(company, agent, coin):
    share = '[revenue]\nseries = "royalties"\n[[revenue.rate]]\nfrom = 2000-01-01\npart = "10%"\n'
    told = f'[cash]\ncoin = "{coin}"\ndecimals = 6\n{share}'
    actions.announce(company, agent, terms(company, "revenue-share", told))
    today = now_on_chain(company).date()
    paying.fund(company, agent, "revenue-share", 999, "june")
    assert feeding.feed(company, agent, "revenue-share", 9_999, today, "june").reason == ""
    assert coins.balance(company.w3, coin, agent.signer.address) == 10**18 - 999


def known_person(office, id, holder, residence):
    """A person of the book behind the account that a holder has."""
    owner = parties.owner(office, None)
    wallet = parties.party(office, owner, holder).wallet
    now = office.clock.now()
    with office.book.transaction() as tx:
        people.add(tx, office.people.vault(), id, Particulars(id, residence=residence), now)
        row = people.Wallet(owner.id, wallet, id, "0x" + "1" * 40)
        people.add_wallet(tx, row, now)


def test_a_dividend_withholds_by_the_forms_on_file_says_when_one_ran_out_and_is_filed(
    company, agent, coin
):
    set_clock(company, to_seconds(parse("2026-02-02T12:00:00Z")))
    tick(company)
    first, second, third, *_ = sorted(units(company, "series-a"))
    known_person(company, "p-us", third, "US")
    w9 = TaxForm(Form.W9, date(2025, 6, 1), "US", "123-45-6789")
    with company.book.transaction() as tx:
        tax_forms.add(tx, company.people.vault(), "p-us", w9, company.clock.now())
    owner = parties.owner(company, None)
    number = {one: parties.party(company, owner, one).facts.account for one in (first, second)}
    for who, signed in ((first, "2025-06-01"), (second, "2021-06-01")):
        known_person(company, f"p-{who}", who, "DE")
        form = TaxForm(Form.W8BEN, date.fromisoformat(signed), "DE", "1", treaty=True)
        with company.book.transaction() as tx:
            tax_forms.add(tx, company.people.vault(), f"p-{who}", form, company.clock.now())
    text = money_terms(company, "cash-dividend", coin).replace("[cash]", 'tax = "US"\n[cash]')
    assert actions.announce(company, agent, text).act.reason == ""
    pass_by(company, "cash-dividend")
    _, parts = actions.preview(company, "cash-dividend")
    found = {part.account: part for part in parts}
    valid, expired = found[number[first]], found[number[second]]
    assert (valid.rate, valid.tax_note) == (Fraction(15, 100), "")
    assert expired.rate == Fraction(30, 100)
    assert expired.tax_note.startswith("the form ran out on 2024-12-31: the default rate applies")
    assert paying.fund(company, agent, "cash-dividend").reason == ""
    proof = finish(company, agent, "cash-dividend")
    assert proof.withheld == sum(part.withheld for part in parts) > 0
    files = taxes.year_files(company, permits.keyholder(), None, 2026)
    (row,) = [one for one in files.foreign if one["recipient_id"] == f"p-{first}"]
    assert (row["box_3b_tax_rate"], row["recipient_country"]) == ("15", "DE")
    withheld = sum(Fraction(one["box_7a_federal_tax_withheld"]) for one in files.foreign)
    assert withheld * 10**6 == proof.withheld
    theirs = parties.party(company, owner, third).facts.account
    gross = format_units(found[theirs].gross, 6)
    assert [one for one in files.dividends if one["recipient_id"] == "p-us"] == [
        {
            "year": "2026",
            "payer": owner.name,
            "recipient_id": "p-us",
            "recipient_name": "p-us",
            "recipient_address": "",
            "recipient_tin": "123-45-6789",
            "currency": "EUR",
            "box_1a_total_ordinary_dividends": gross,
            "box_4_federal_income_tax_withheld": "0",
            "box_9_cash_liquidation_distributions": "0",
            "box_10_noncash_liquidation_distributions": "0",
        }
    ]
    _, statements = taxes.action_statements(company, permits.keyholder(), None, "cash-dividend")
    assert sum(one.gross - one.withheld for _, paid in statements for one in paid) == proof.paid
