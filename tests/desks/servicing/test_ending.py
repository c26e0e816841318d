"""Revenue that feeds a pot, rights that lapse, and actions called off in the middle: nobody has half."""

from datetime import timedelta

import pytest

from freehold.book import audit, notices, registrations
from freehold.chain import coins, contracts, deploy
from freehold.chain.contracts import call
from freehold.core import approvals as core_approvals
from freehold.core import letters
from freehold.core.actions import pages
from freehold.core.actions.life import State
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.desks import parties, permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.register import registers
from freehold.desks.servicing import (
    actions,
    cashbook,
    delivering,
    events,
    feeding,
    paying,
    servicing,
    subscribing,
    subscriptions,
)
from tests.parts import ROOT

PLENTY = 10**18
AGENT = permits.keyholder("alex")


@pytest.fixture
def agent(company):
    return orders.agent(company)


@pytest.fixture
def coin(company, agent):
    data = contracts.creation("Cash", "Euro", "EUR", 6)
    done = carry_out(company, "coin", [Asked(agent.signer, None, data, "coin", "coin")])
    address = deploy.created(receipt_of(company, done[0]))
    issued = call("Cash", "issue", agent.signer.address, PLENTY)
    carry_out(company, "coin", [Asked(agent.signer, address, issued, "money", "money")])
    return address


def terms(office, id, kind, coin, money, more=""):
    record = now_on_chain(office) + timedelta(days=1)
    return (
        f'id = "{id}"\nkind = "{kind}"\ninstrument = "series-a"\nrecord = {stamp(record)}\n'
        f"payment = {stamp(record + timedelta(days=2))}\n{more}"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\n{money}\n'
    )


def pass_by(office, id):
    set_clock(office, to_seconds(actions.show(office, id).terms.payment) + 1)
    token = parties.instrument(office, None, "common")[1].token
    agent = orders.agent(office)
    approve = call("SecurityToken", "approve", agent.signer.address, 0)
    key = str(now_on_chain(office))
    carry_out(office, "tick", [Asked(agent.signer, token, approve, "tick", key)])


def units(office):
    found = registers.holdings_on(office, None, now_on_chain(office).date())["series-a"]
    return {who: held for who, held in found.items() if who != "treasury"}


def wallets(office):
    return servicing.wallets(office, parties.instrument(office, None, "series-a")[1].token)


def outcomes(office, act):
    with office.book.reading() as tx:
        return [
            str(one.entry.outcome) for one in audit.entries(tx, 0, 1_000) if one.entry.act == act
        ]


def close(office, agent, id):
    assert paying.pay(office, agent, id).reason == ""
    proof = paying.reconcile(office, agent, id)
    assert paying.close(office, agent, id).reason == ""
    assert actions.show(office, id).state is State.CLOSED
    return proof


REVENUE = (
    '[revenue]\nseries = "s"\ncap = "1.5"\nraised = "100"\n[[revenue.rate]]\nfrom = 2000-01-01\n'
    'part = "10%"\n'
)


def test_revenue_feeds_the_pot_once_for_a_reference_and_the_series_ends_at_its_cap(
    company, agent, coin
):
    day = now_on_chain(company).date()
    text = terms(company, "one", "revenue-share", coin, REVENUE)
    asked = ProposeRequest("announce-action", {"terms": text}, "try", None)
    tried = approvals.dry_run(company, AGENT, asked)
    assert not tried.refused
    told = {one.record: one.after for one in tried.difference.changes}
    assert "once revenue feeds the pot" in told["What each gets"]
    actions.announce(company, agent, text)
    unfed = events.entitlements(company, AGENT, "one")
    assert (list(unfed.rows), unfed.provisional) == ([], True)
    assert "once revenue feeds the pot" in unfed.why
    assert events.money(company, AGENT, "one").needed == 0
    for revenue, reference in ((900_000_000, "a"), (100_000_009, "b"), (900_000_000, "a")):
        assert feeding.feed(company, agent, "one", revenue, day, reference).reason == ""
    with pytest.raises(Conflict, match="stands for other revenue"):
        feeding.feed(company, agent, "one", 1_000, day, "a")
    with pytest.raises(Invalid, match="is nothing"):
        feeding.feed(company, agent, "one", 9, day, "c")
    pass_by(company, "one")
    assert close(company, agent, "one").paid == 100_000_000
    actions.announce(company, agent, terms(company, "two", "revenue-share", coin, REVENUE))
    assert feeding.feed(company, agent, "two", 900_000_000, day, "a").reason == ""
    pass_by(company, "two")
    assert close(company, agent, "two").paid == 50_000_000
    assert coins.balance(company.w3, coin, agent.signer.address) == PLENTY - 150_000_000
    with pytest.raises(Invalid, match="the cap of 3/2 times 100 is reached"):
        actions.announce(company, agent, terms(company, "three", "revenue-share", coin, REVENUE))
    assert outcomes(company, "feed action") == ["DONE"] * 3 + ["REFUSED"] * 2 + ["DONE"]


def fed(id, revenue, on, reference):
    given = {"action": id, "revenue": revenue, "on": on, "reference": reference}
    return ProposeRequest("fund-action", given, f"feed {reference}", None)


def test_feeding_is_one_act_with_funding_and_says_what_it_would_do(company, agent, coin):
    day = now_on_chain(company).date()
    actions.announce(company, agent, terms(company, "one", "revenue-share", coin, REVENUE))
    tried = approvals.dry_run(company, AGENT, fed("one", "1,234.56", day.isoformat(), "june"))
    told = {one.record: (one.before, one.after) for one in tried.difference.changes}
    assert tried.act.kind == "fund-action" and tried.act.amount == "123.456"
    assert told["Money in the pot, EUR"] == ("0", "123.456")
    assert told["Of the cap of 150, EUR"] == ("0", "123.456")
    rules = core_approvals.Rules(
        (core_approvals.Rule("fund-action", 2), core_approvals.Rule("*", 1))
    )
    assert rules.persons(tried.act) == 2
    wrong = {
        "is missing": fed("one", "5", "", "june"),
        "has not come": fed("one", "5", (day + timedelta(days=2)).isoformat(), "june"),
        "is not a date": fed("one", "5", "31.12.2026", "june"),
        "not a decimal": fed("one", "much", day.isoformat(), "june"),
        "is nothing": fed("one", "0.000009", day.isoformat(), "june"),
    }
    for said, request in wrong.items():
        with pytest.raises(Invalid, match=said):
            approvals.dry_run(company, AGENT, request)
    assert feeding.feed(company, agent, "one", 2_000_000_000, day, "june").reason == ""
    with pytest.raises(Conflict, match="june is in the pot already"):
        approvals.dry_run(company, AGENT, fed("one", "2000", day.isoformat(), "june"))
    found = feeding.feeds(company, servicing.case(company, "one"))
    assert (found.fed, found.before, found.most, found.reached) == (
        200_000_000, 0, 150_000_000, 150_000_000,
    )  # fmt: skip
    assert [(one.reference, one.amount, str(one.part)) for one in found.rows] == [
        ("june", 200_000_000, "1/10")
    ]
    with pytest.raises(Conflict, match="is not fed by revenue"):
        actions.announce(
            company, agent, terms(company, "plain", "cash-dividend", coin, 'pot = "1"')
        )
        feeding.feeds(company, servicing.case(company, "plain"))


def test_a_security_is_no_money_of_an_action_or_of_the_cash_book(company, agent, coin):
    own = parties.instrument(company, None, "common")[1]
    until = stamp(now_on_chain(company) + timedelta(days=2))
    elected = (
        f'pot = "1"\n[elections]\nuntil = {until}\nbase = "EUR"\n[[elections.currency]]\ncode = "OWN"\n'
        f'coin = "{own.token}"\ndecimals = 0\nrate = "1"\nfixed_on = 2000-01-01'
    )
    for money, pays in (('pot = "1"', own.token), (elected, coin)):
        with pytest.raises(Invalid, match="is the security .* and no money"):
            actions.announce(company, agent, terms(company, "own", "cash-dividend", pays, money))
    assert actions.every(company, None) == []
    with pytest.raises(Invalid, match="is the security"):
        cashbook.add_coin(company, permits.keyholder(), None, own.token, agent.signer.address)


def test_nobody_subscribes_more_than_his_rights_and_no_more_comes_out_than_is_offered(
    company, agent, coin
):
    before = units(company)
    token = parties.instrument(company, None, "series-a")[1].token
    supply = contracts.read(company.w3, "SecurityToken", token, "totalSupply")
    most = sum(before.values()) // 20
    money = 'per_unit = "1"\n[units]\nratio = "1/10"\nprice = "2"'
    text = terms(company, "rights", "rights-issue", coin, money, f"most = {most}\n")
    actions.announce(company, agent, text)
    who, held = min(before.items(), key=lambda one: one[1])
    with pytest.raises(Invalid, match="has the right to subscribe by what he holds now"):
        actions.elect(company, agent, "rights", who, "subscribe", held // 10 + 1)
    record = to_seconds(actions.show(company, "rights").terms.record)
    set_clock(company, record + 1)
    company.w3.provider.make_request("evm_mine", [])
    with pytest.raises(Invalid, match="by what he held at the record instant"):
        actions.elect(company, agent, "rights", who, "subscribe", held // 10 + 1)
    for each, mine in before.items():
        actions.elect(company, agent, "rights", each, "subscribe", min(mine // 10, most))
        wallet = parties.party(company, parties.owner(company, None), each).wallet
        paid = call("Cash", "transfer", wallet, 10**12)
        carry_out(company, "pay", [Asked(agent.signer, coin, paid, "pay", f"pay {each}")])
    pass_by(company, "rights")
    assert paying.pay(company, agent, "rights").reason == ""
    after = units(company)
    got = {each: after[each] - mine for each, mine in before.items()}
    issued = contracts.read(company.w3, "SecurityToken", token, "totalSupply") - supply
    assert 0 < issued == sum(got.values()) <= most
    assert all(many <= before[each] // 10 for each, many in got.items())


def test_rights_of_whoever_does_not_pay_lapse_and_nothing_else_is_held_up(company, agent, coin):
    before = units(company)
    more = f"most = {sum(before.values())}\n"
    money = 'per_unit = "1"\n[units]\nratio = "1/10"\nprice = "2"'
    actions.announce(company, agent, terms(company, "rights", "rights-issue", coin, money, more))
    for who, held in before.items():
        actions.elect(company, agent, "rights", who, "subscribe", held // 10)
    pass_by(company, "rights")
    with pytest.raises(Conflict, match="ended with the payment"):
        actions.elect(company, agent, "rights", next(iter(before)), "subscribe", 1)
    close(company, agent, "rights")
    assert units(company) == before, "nobody had allowed his money to be taken"
    _, parts = actions.preview(company, "rights")
    assert sum(one.lapses for one in parts) == sum(held // 10 for held in before.values())


def test_a_subscription_is_paid_by_signature_or_by_the_kept_key_and_who_cannot_pay_is_told(
    company, agent, coin
):
    before, owner = units(company), parties.owner(company, None)
    first, second, third, *_ = [one for one, held in before.items() if held >= 100]
    more = f"most = {sum(before.values())}\n"
    money = 'per_unit = "1"\n[units]\nratio = "1/10"\nprice = "2"'
    actions.announce(company, agent, terms(company, "rights", "rights-issue", coin, money, more))
    decimals = parties.instrument(company, None, "series-a")[1].decimals
    wallets = {one: parties.party(company, owner, one).wallet for one in (first, second, third)}
    for who in wallets:
        actions.elect(company, agent, "rights", who, "subscribe", before[who] // 10)
    due = {one: -(-(before[one] // 10) * 2 * 10**6 // 10**decimals) for one in (first, second)}
    for who, amount in due.items():
        given = call("Cash", "transfer", wallets[who], amount)
        carry_out(company, "give", [Asked(agent.signer, coin, given, "give", who)])
    who = permits.keyholder()
    one = subscriptions.price(company, who, "rights", second)
    assert (one.amount, one.has, one.allowed, one.missing) == (due[second], due[second], 0, "")
    assert "and the wallet has 0" in subscriptions.price(company, who, "rights", third).missing
    typed = subscribing.message(company, "rights", second)
    keys, custody = company.keys.custody, parties.party(company, owner, second).holder.custody
    wrong = "0x" + agent.signer.sign_typed_data(typed).hex()
    with pytest.raises(Invalid, match="is not that of"):
        subscribing.permit(company, agent, "rights", second, wrong)
    signed = "0x" + keys(custody).sign_typed_data(typed).hex()
    assert subscribing.permit(company, agent, "rights", second, signed).reason == ""
    assert subscriptions.price(company, who, "rights", second).allowed == due[second]
    with company.book.transaction() as tx:
        registrations.write_mailbox(tx, owner.id, third, "third@example.com")
    pass_by(company, "rights")
    close(company, agent, "rights")
    after = units(company)
    assert {one: after[one] - before[one] for one in wallets} == {
        first: before[first] // 10,
        second: before[second] // 10,
        third: 0,
    }
    assert [coins.balance(company.w3, coin, wallets[one]) for one in due] == [0, 0]
    with company.book.reading() as tx:
        sent = notices.newest(tx, list(letters.State), 50)
    told = [one.facts["what"] for one in sent if one.to == "third@example.com"]
    assert len(told) == 1 and "lapsed" in told[0] and "was due" in told[0]


def test_a_coin_that_keeps_a_fee_is_refused_when_an_action_is_announced(company, agent):
    compiler = pytest.importorskip("vyper", reason="pip install vyper==0.4.3")
    source = (ROOT / "tests/contracts/odd_coin.vy").read_text()
    built = compiler.compile_code(source, output_formats=["bytecode", "abi"])
    data = bytes.fromhex(built["bytecode"][2:]) + (6).to_bytes(32, "big")
    done = carry_out(company, "odd", [Asked(agent.signer, None, data, "coin", "odd")])
    at = deploy.created(receipt_of(company, done[0]))
    abi = built["abi"]
    odd = company.w3.eth.contract(address=at, abi=abi)
    for name, words in (
        ("issue", [agent.signer.address, 1_000]),
        ("behave", [1, agent.signer.address, b""]),
    ):
        encoded = bytes.fromhex(odd.encode_abi(name, words)[2:])
        carry_out(company, "odd", [Asked(agent.signer, at, encoded, name, name)])
    money = 'per_unit = "1"\n[units]\nratio = "1/10"\nprice = "2"'
    for kind, said in (("rights-issue", money), ("cash-dividend", 'per_unit = "1"')):
        with pytest.raises(Invalid, match="keeps a fee on transfer"):
            actions.announce(company, agent, terms(company, "odd", kind, at, said, "most = 9\n"))


def test_a_tender_called_off_in_the_middle_takes_units_only_of_those_who_were_paid(
    company, agent, coin, monkeypatch
):
    cut, carry, before = pages.paged, servicing.carry, units(company)
    monkeypatch.setattr(pages, "paged", lambda rows: cut(rows, 1))
    more = f"most = {sum(before.values())}\n"
    text = terms(company, "tender", "tender", coin, 'per_unit = "2"', more)
    actions.announce(company, agent, text)
    for who, held in before.items():
        actions.elect(company, agent, "tender", who, "tender", held)
    pass_by(company, "tender")
    assert paying.fund(company, agent, "tender").reason == ""

    def stopped(office, actor, of, calls, *needs):
        if calls[0][2] == "page 2":
            raise KeyboardInterrupt
        return carry(office, actor, of, calls, *needs)

    with monkeypatch.context() as broken:
        broken.setattr(servicing, "carry", stopped)
        with pytest.raises(KeyboardInterrupt):
            paying.pay(company, agent, "tender")
    assert paying.cancel(company, agent, "tender").reason == ""
    assert actions.show(company, "tender").state is State.CANCELLED
    gone = before.keys() - units(company).keys()
    assert len(gone) == 2
    others = [one for one in wallets(company).values() if one != agent.signer.address]
    paid = [one for one in others if coins.balance(company.w3, coin, one)]
    assert len(paid) == 2
    spent = PLENTY - coins.balance(company.w3, coin, agent.signer.address)
    assert spent == 2_000_000 * sum(before[who] for who in gone)
    assert registers.verify(company).ok


@pytest.mark.parametrize("scaled", [False, True])
def test_a_split_is_called_off_until_its_first_account_is_scaled(
    company, agent, monkeypatch, scaled
):
    before, carry = units(company), servicing.carry
    record = now_on_chain(company) + timedelta(days=1)
    text = (
        f'id = "split"\nkind = "split"\ninstrument = "series-a"\nrecord = {stamp(record)}\n'
        f'payment = {stamp(record + timedelta(days=2))}\n[units]\nratio = "2"\n'
    )
    actions.announce(company, agent, text)
    pass_by(company, "split")

    def stopped(office, actor, of, calls, *needs):
        if calls[0][2].startswith("split page"):
            if scaled:
                carry(office, actor, of, calls[:1], *needs)
            raise KeyboardInterrupt
        return carry(office, actor, of, calls, *needs)

    with monkeypatch.context() as broken:
        broken.setattr(delivering.servicing, "carry", stopped)
        with pytest.raises(KeyboardInterrupt):
            paying.pay(company, agent, "split")
    assert actions.show(company, "split").state is State.PAYING
    assert paying.cancel(company, agent, "split").refused is scaled
    if scaled:
        close(company, agent, "split")
    assert units(company) == {who: held * (1 + scaled) for who, held in before.items()}
    assert outcomes(company, "cancel action") == ["REFUSED" if scaled else "DONE"]
    assert registers.verify(company).ok
