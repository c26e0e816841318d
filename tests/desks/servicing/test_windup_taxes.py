"""A winding-up with tax: each holder by his form, to the smallest unit, and into the files of the year."""

from collections import defaultdict
from fractions import Fraction

import pytest

from freehold.chain import coins
from freehold.core.actions.incomes import Income
from freehold.core.cashbook import Kind
from freehold.core.errors import Conflict
from freehold.core.units import parse_units
from freehold.desks import parties, permits
from freehold.desks.agent import recordkeeping
from freehold.desks.outbox import orders
from freehold.desks.servicing import (
    cashbook,
    kept_back,
    reconciling,
    servicing,
    taxes,
    winding_up,
    windup_pots,
    windups,
)
from freehold.doors.papers import tax as paper
from tests.desks.servicing.test_taxes import known_person
from tests.desks.servicing.test_windups import agreed, at, coin_of, terms

AGENT = permits.keyholder()
US, TREATY, NONE = Fraction(0), Fraction(15, 100), Fraction(30, 100)


@pytest.fixture
def agent(company):
    return orders.agent(company)


def filed(office, of):
    """A US person with a certified number, a German with a treaty; nobody else has a form."""
    known_person(office, "p-ann", "northgate-seed")
    known_person(office, "p-jonas", "jonas-keller")
    day = of.terms.payment.date().isoformat()
    w9 = {"form": "w9", "signed": day, "tin": "123-45-6789"}
    w8 = {"form": "w8ben", "signed": day, "residence": "DE", "tin": "1", "treaty": 1}
    taxes.keep_form(office, AGENT, None, "p-ann", w9)
    taxes.keep_form(office, AGENT, None, "p-jonas", w8)
    token = of.instruments[0].token
    _, persons = taxes.forms(office, of.owner, token, of.terms.payment.date())
    return persons


def wound_up(office, agent, coin):
    """Proposed, funded, both stages paid a year apart; the persons of accounts."""
    of = agreed(office, agent, terms(office, coin, pay='tax = "US"'))
    assert windups.fund(office, agent, "sale").reason == ""
    at(office, of.terms.payment)
    persons = filed(office, of)
    assert winding_up.pay(office, agent, "sale").reason == ""
    assert windups.fund(office, agent, "sale").reason == ""
    at(office, of.terms.opens["escrow"])
    assert winding_up.pay(office, agent, "sale").reason == ""
    return persons


def test_tax_is_withheld_of_each_holder_by_his_form_and_goes_to_its_office(company, agent):
    coin = coin_of(company)
    cashbook.add_coin(company, AGENT, None, coin, agent.signer.address, "USDX")
    cashbook.add_place(company, AGENT, None, "USDX", Kind.CASH, agent.signer.address)
    persons = wound_up(company, agent, coin)
    of = windups.case(company, "sale")
    kept = sum(windup_pots.money(company, part)[2] for part, _, _ in windup_pots.class_pots(of))
    proof = winding_up.reconcile(company, agent, "sale")
    assert kept == proof.withheld > 0
    assert proof.paid + proof.withheld + proof.settled == 10_000_000 * 10**6

    rates = {account: TREATY if one == "p-jonas" else US for account, one in persons.items()}
    got, gross, withheld = defaultdict(int), 0, 0
    for _, stage, class_id in windup_pots.class_pots(of):
        due = windup_pots.due(of, stage, class_id)
        assert sum(each for each, _ in due.values()) == of.stages[stage].payouts[class_id]
        for account, (amount, tax) in due.items():
            assert tax == int(amount * rates.get(account, NONE) + Fraction(1, 2))
            got[account] += amount - tax
            gross, withheld = gross + amount, withheld + tax
    assert (gross - withheld, withheld) == (proof.paid, proof.withheld)
    wallets = servicing.wallets(company, of.instruments[0].token)
    for account, net in got.items():
        assert coins.balance(company.w3, coin, wallets[account]) == net

    assert coins.balance(company.w3, coin, windups.waterfall(company)) == withheld
    before = coins.balance(company.w3, coin, of.plan.tax_office)
    assert winding_up.close(company, agent, "sale").reason == ""
    assert coins.balance(company.w3, coin, of.plan.tax_office) - before == withheld
    assert coins.balance(company.w3, coin, windups.waterfall(company)) == 0
    assert reconciling.reconcile(company, AGENT, None).clean
    require_in_the_files(company, of, proof)


def require_in_the_files(office, of, proof):
    """A liquidation is no dividend: box 9, and a code of its own; the statements have every payment."""
    days = {windup_pots.day_of(of, stage) for stage in range(len(of.stages))}
    files = [taxes.year_files(office, AGENT, None, year) for year in {one.year for one in days}]
    (us,) = [row for each in files for row in each.dividends]
    assert (us["recipient_id"], us["box_1a_total_ordinary_dividends"]) == ("p-ann", "0")
    assert us["box_10_noncash_liquidation_distributions"] == "0"
    ann = [
        one for each in files for who, paid in each.holders if who.person == "p-ann" for one in paid
    ]
    assert parse_units(us["box_9_cash_liquidation_distributions"], 6) == sum(
        one.gross for one in ann
    )
    foreign = [row for each in files for row in each.foreign]
    assert {row["box_1_income_code"] for row in foreign} == {"37"}
    jonas = [row for row in foreign if row["recipient_id"] == "p-jonas"]
    assert {row["box_3b_tax_rate"] for row in jonas} == {"15"}
    withheld = sum(parse_units(row["box_7a_federal_tax_withheld"], 6) for row in foreign)
    assert withheld == proof.withheld, "who has a W-9 pays nothing"
    owner, holders = taxes.action_statements(office, AGENT, None, "sale")
    rows = [one for _, paid in holders for one in paid]
    assert {one.income for one in rows} == {Income.LIQUIDATION}
    assert {one.named for one in rows} >= {"sale: closing, common", "sale: escrow, common"}
    assert sum(one.gross - one.withheld for one in rows) == proof.paid
    assert {one.day for one in rows} == days, "each stage is paid on its own day"
    for who, paid in holders:
        assert paper.as_pdf(owner.name, "sale", who, paid).startswith(b"%PDF")


def test_a_form_filed_after_the_payment_changes_nothing_of_it(company, agent):
    from freehold.desks.servicing import windup_reading

    coin = coin_of(company)
    of = agreed(company, agent, terms(company, coin, pay='tax = "US"'))
    assert windups.fund(company, agent, "sale").reason == ""
    at(company, of.terms.payment)
    assert winding_up.pay(company, agent, "sale").reason == ""
    before = windup_reading.shares(company, windups.case(company, "sale"))
    filed(company, of)
    after = windup_reading.shares(company, windups.case(company, "sale"))
    paid = {(one.class_id, one.account): one for one in before}
    changed = [one for one in after if one != paid[one.class_id, one.account]]
    escrow = of.stages[1].payouts
    assert changed, "what is not paid yet follows the form"
    for one in changed:
        less = paid[one.class_id, one.account].withheld - one.withheld
        assert 0 < less <= int(escrow[one.class_id] * NONE) + 1
    assert winding_up.cancel(company, agent, "sale").reason == ""
    year = of.terms.payment.year
    kept = taxes.year_files(company, AGENT, None, year)
    rows = [one for _, paid in kept.holders for one in paid]
    assert {one.part.partition(",")[0] for one in rows} == {"closing"}, "what was paid stays paid"
    assert sum(one.withheld for one in rows) > 0


def test_a_lost_holder_is_paid_by_a_winding_up_when_he_is_found(company, agent):
    coin = coin_of(company)
    of = agreed(company, agent, terms(company, coin, pay='tax = "US"'))
    party = parties.party(company, of.owner, "jonas-keller")
    day = company.clock.now().date()
    entry = recordkeeping.lose(company, AGENT, of.owner.id, "jonas-keller", day)
    assert windups.fund(company, agent, "sale").reason == ""
    at(company, of.terms.payment)
    assert winding_up.pay(company, agent, "sale").reason == ""

    def has():
        return coins.balance(company.w3, coin, party.wallet)

    kept = {one.holder: one for one in kept_back.kept(company, AGENT, None)}
    assert has() == 0 and kept["jonas-keller"].why is kept_back.Why.LOST
    account = kept["jonas-keller"].account
    with pytest.raises(Conflict, match="is written down as lost"):
        winding_up.release(company, agent, "sale", account)
    recordkeeping.found(company, AGENT, entry)
    assert winding_up.release(company, agent, "sale", account).reason == ""
    found = [one for one in kept_back.kept(company, AGENT, None) if one.account == account]
    assert (has(), found) == (kept["jonas-keller"].amount, [])
