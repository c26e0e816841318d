"""Tax on a real record: forms are sealed, a preview changes nothing, a year's files add up."""

from datetime import timedelta
from fractions import Fraction

import pytest

from freehold.book import people, tax_forms
from freehold.book.identities import Given
from freehold.chain import coins
from freehold.core.actions.tax import Form
from freehold.core.actions.tax_forms import TaxForm
from freehold.core.cashbook import Currency, Kind
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.holder import Particulars
from freehold.core.roles import Role
from freehold.desks import parties, permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.register import records
from freehold.desks.register.records import RecordRequest
from freehold.desks.servicing import (
    actions,
    cashbook,
    entitlements,
    events,
    forms_on_file,
    paying,
    tax_payments,
    tax_wallet,
    taxes,
)
from freehold.desks.servicing.tax_payments import Asked
from freehold.desks.servicing.taxes import PreviewRequest
from freehold.doors.papers import tax as paper
from tests import paying as world

AGENT = permits.keyholder()


@pytest.fixture
def recorded(company):
    """A company with a record that has passed, and USD at a bank as its money."""
    instant = now_on_chain(company) + timedelta(days=1)
    asked = RecordRequest("common", instant, "dividend")
    number = records.announce(company, orders.agent(company), asked).number
    set_clock(company, to_seconds(instant + timedelta(days=1)))
    company.w3.provider.make_request("evm_mine", [])
    cashbook.add_place(company, AGENT, None, "USD", Kind.BANK, "US00 1234")
    return company, number


def known_person(company, id, account_of):
    """A person of the book behind the account that a holder has."""
    owner = parties.owner(company, None)
    wallet = parties.party(company, owner, account_of).wallet
    now = company.clock.now()
    with company.book.transaction() as tx:
        vault = company.people.vault()
        people.add(tx, vault, id, Particulars("Jonas Keller", residence="DE"), now)
        tx.execute(
            people.insert(people.schema.person_wallet).values(
                issuer=owner.id, wallet=wallet, person=id, identity="0x" + "1" * 40, created_at=now
            )
        )


def test_a_form_lowers_the_tax_of_its_person_alone_and_the_years_files_add_up(recorded):
    company, number = recorded
    known_person(company, "p-jonas", "jonas-keller")
    asked = PreviewRequest("common", number, pot=1_000_000)
    before = {one.account: one for one in taxes.preview(company, AGENT, asked).taxed.shares()}
    day = now_on_chain(company).date()
    form = {"form": "w8ben", "signed": day.isoformat(), "residence": "DE", "tin": "1", "treaty": 1}
    taxes.keep_form(company, AGENT, None, "p-jonas", form)
    found = taxes.preview(company, AGENT, asked)
    after = {one.account: one for one in found.taxed.shares()}
    (changed,) = [account for account in after if after[account] != before[account]]
    assert found.persons[changed] == "p-jonas"
    assert after[changed].treatment.rate == Fraction(15, 100)
    assert found.taxed.net_total + found.taxed.withheld_total == 1_000_000

    assert taxes.record_payment(company, AGENT, None, "div-1", "USD", found) == len(after)
    assert taxes.record_payment(company, AGENT, None, "div-1", "USD", found) == 0
    other = taxes.preview(company, AGENT, PreviewRequest("common", number, pot=2_000_000))
    with pytest.raises(Conflict, match="was paid another amount for div-1 already"):
        taxes.record_payment(company, AGENT, None, "div-1", "USD", other)

    files = taxes.year_files(company, AGENT, None, found.day.year)
    (row,) = [one for one in files.foreign if one["recipient_id"] == "p-jonas"]
    assert (row["recipient_name"], row["box_3b_tax_rate"]) == ("Jonas Keller", "15")
    total = sum(Fraction(one["box_7a_federal_tax_withheld"]) for one in files.foreign)
    assert total * 100 == found.taxed.withheld_total
    who, paid = next(one for one in files.holders if one[0].person == "p-jonas")
    pdf = paper.as_pdf(files.issuer.name, str(files.year), who, paid)
    assert pdf.startswith(b"%PDF")
    assert pdf == paper.as_pdf(files.issuer.name, str(files.year), who, paid)
    _, of_action = taxes.action_statements(company, AGENT, None, "div-1")
    assert sum(len(rows) for _, rows in of_action) == len(after)
    with pytest.raises(NotFound, match="has paid nothing for div-2"):
        taxes.action_statements(company, AGENT, None, "div-2")


def test_a_form_is_sealed_and_gone_with_its_person(recorded):
    company, _ = recorded
    known_person(company, "p-jonas", "jonas-keller")
    day = now_on_chain(company).date().isoformat()
    form = {"form": "w9", "signed": day, "tin": "123-45-6789"}
    taxes.keep_form(company, AGENT, None, "p-jonas", form)
    with company.book.reading() as tx:
        (sealed,) = tx.execute(people.select(tax_forms.schema.tax_form.c.sealed)).scalars()
    assert b"123-45" not in sealed
    assert taxes.form_of(company, AGENT, None, "p-jonas").tin == "123-45-6789"


def test_money_paid_another_way_is_recorded_as_the_income_that_it_is(recorded):
    company, number = recorded
    known_person(company, "p-jonas", "jonas-keller")
    day = now_on_chain(company).date()
    form = {"form": "w8ben", "signed": day.isoformat(), "residence": "DE", "tin": "1", "treaty": 1}
    taxes.keep_form(company, AGENT, None, "p-jonas", form)
    told = {"dividend": ("15", "06"), "interest": ("0", "01"), "other": ("30", "23")}
    for income, (rate, code) in told.items():
        asked = Asked("common", number, "USD", pot="10,000", income=income)
        _, new = tax_payments.recorded(company, AGENT, None, f"of-{income}", asked)
        assert new > 1
        rows = taxes.year_files(company, AGENT, None, day.year).foreign
        (mine,) = [
            one
            for one in rows
            if one["recipient_id"] == "p-jonas" and one["box_1_income_code"] == code
        ]
        assert mine["box_3b_tax_rate"] == rate, income
    principal = Asked("common", number, "USD", pot="500", income="principal")
    found, _ = tax_payments.recorded(company, AGENT, None, "of-principal", principal)
    assert found.preview.taxed.withheld_total == 0
    paid = taxes.withheld(company, AGENT, None, day.year)
    assert {str(one.income) for one in paid} == {*told, "principal"}
    assert taxes.years(company, AGENT, None) == [(day.year, len(paid))]
    wrong = {
        "choose one of dividend": {"income": "salary"},
        "the tax on dividends alone is known": {"income": "interest", "country": "CH"},
        "the cash book has USD": {"currency": "EUR"},
        "is no number such as": {"pot": "", "per_unit": "much"},
        "is nothing to pay": {"pot": "", "per_unit": "0"},
    }
    for said, more in wrong.items():
        with pytest.raises(Invalid, match=said):
            given = {"currency": "USD", "pot": "5"} | more
            tax_payments.previewed(company, AGENT, None, Asked("common", number, **given))


def test_forms_on_file_say_whose_form_needs_a_look(recorded):
    company, _ = recorded
    known_person(company, "p-jonas", "jonas-keller")
    known_person(company, "p-priya", "priya-raman")
    assert {one.stands for one in forms_on_file.on_file(company, AGENT, None)} == {"none"}
    day = now_on_chain(company).date()
    old = TaxForm(Form.W8BEN, day.replace(year=day.year - 4, day=1), "DE", "1")
    with company.book.transaction() as tx:
        vault = company.people.vault()
        tax_forms.add(tx, vault, "p-priya", old, company.clock.now())
    form = {"form": "w8ben", "signed": day.isoformat(), "residence": "DE"}
    taxes.keep_form(company, AGENT, None, "p-jonas", form)
    with pytest.raises(Invalid) as told:
        taxes.keep_form(company, AGENT, None, "p-jonas", form | {"signed": str(old.signed)})
    assert "ran out on" in str(told.value.mistakes[0])
    found = forms_on_file.on_file(company, AGENT, None)
    assert [(one.person, str(one.stands)) for one in found] == [
        ("p-priya", "expired"), ("p-jonas", "valid"),
    ]  # fmt: skip
    soon = forms_on_file.on_file(company, AGENT, None, soon_days=5_000)
    assert [str(one.stands) for one in soon] == ["expired", "expiring"]
    kept = forms_on_file.history(company, AGENT, None, "p-jonas")
    assert [one.form.signed for one in kept] == [day]


def test_a_keeper_of_one_issuer_reads_no_form_of_anothers_person(recorded):
    company, _ = recorded
    now = company.clock.now()
    with company.book.transaction() as tx:
        people.add(tx, company.people.vault(), "p-other", Particulars("A. N.", residence="DE"), now)
    owner = parties.owner(company, None).id
    mine = permits.Actor("id", "keeper", (Given(Role.ISSUER, owner, now),))
    day = now_on_chain(company).date().isoformat()
    form = {"form": "w8ben", "signed": day, "residence": "DE"}
    for ask in (
        lambda: taxes.keep_form(company, mine, None, "p-other", form),
        lambda: taxes.form_of(company, mine, None, "p-other"),
        lambda: forms_on_file.history(company, mine, None, "p-other"),
    ):
        with pytest.raises(NotFound, match="there is no person p-other"):
            ask()
    taxes.keep_form(company, AGENT, None, "p-other", form)  # whoever sees everybody may


def test_tax_goes_to_the_wallet_that_was_in_force_when_the_action_was_announced(company):
    agent, coin = orders.agent(company), world.a_coin(company)
    office, later = "0x" + "7a" * 20, "0x" + "8b" * 20
    with pytest.raises(Invalid, match="is not 0x and 40"):
        tax_wallet.set_by(company, AGENT, None, "the tax office")
    token = parties.instrument(company, None, "common")[1].token
    with pytest.raises(Invalid, match="is the security"):
        tax_wallet.set_by(company, AGENT, None, token)
    asked = ProposeRequest("tax-wallet", {"wallet": office}, "wallet", None)
    (change,) = approvals.dry_run(company, AGENT, asked).difference.changes
    assert (change.before, change.after.lower()) == ("the wallet of whoever pays", office)
    assert tax_wallet.of(company, parties.owner(company, None).id) is None
    tax_wallet.set_by(company, AGENT, None, office)
    actions.announce(company, agent, world.terms(company, "div", coin, top='tax = "US"\n'))
    tax_wallet.set_by(company, AGENT, None, later)
    world.pass_by(company, "div")
    for step in (paying.fund, paying.pay):
        assert step(company, agent, "div").reason == ""
    paying.reconcile(company, agent, "div")
    assert paying.close(company, agent, "div").reason == ""
    withheld = sum(one.withheld for one in taxes.withheld(company, AGENT, None))
    assert withheld > 0
    assert coins.balance(company.w3, coin, office) == withheld
    assert coins.balance(company.w3, coin, later) == 0
    assert tax_wallet.set_by(company, AGENT, None, "none") is None


def test_what_cannot_be_is_refused_and_nothing_begun(recorded):
    company, number = recorded
    with pytest.raises(Invalid, match="say what is paid"):
        taxes.preview(company, AGENT, PreviewRequest("common", number))
    with pytest.raises(NotFound, match="nothing was paid"):
        taxes.year_files(company, AGENT, None, 2019)
    with pytest.raises(NotPermitted, match="cash:read"):
        taxes.preview(company, permits.operator(), PreviewRequest("common", number, pot=1))
    with pytest.raises(NotFound, match="there is no person nobody"):
        day = now_on_chain(company).date().isoformat()
        given = {"form": "w9", "signed": day, "tin": "123-45-6789"}
        taxes.keep_form(company, AGENT, None, "nobody", given)
    assert entitlements.agreement(
        company, parties.instrument(company, None, "common")[1].token, number
    )
    assert Currency("USD", 2) in cashbook.overview(company, AGENT, None).currencies


def test_a_coupon_is_interest_of_the_year_in_which_it_was_paid_and_principal_bears_no_tax(company):
    agent, coin = orders.agent(company), world.a_coin(company)
    known_person(company, "p-jonas", "jonas-keller")
    token = parties.instrument(company, None, "common")[1]

    def said(id, kind="coupon", tax="US", more=""):
        money = (
            "" if kind == "split" else f'[cash]\ncoin = "{coin}"\ndecimals = 6\nper_unit = "1"\n'
        )
        record = now_on_chain(company) + timedelta(days=1)
        return (
            f'id = "{id}"\nkind = "{kind}"\ninstrument = "{token.class_id}"\ntax = "{tax}"\n'
            f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n{more}{money}"
        )

    for kind, tax, more in (
        ("redemption", "US", ""),
        ("tender", "US", "most = 5\n"),
        ("split", "US", '[units]\nratio = "2"\n'),
        ("coupon", "DE", ""),
    ):
        with pytest.raises(Invalid, match="leave tax out"):
            actions.announce(company, agent, said("no", kind, tax, more))
    assert actions.announce(company, agent, said("coup")).act.reason == ""
    day = now_on_chain(company).date()
    form = {"form": "w8ben", "signed": day.isoformat(), "residence": "DE", "tin": "1", "treaty": 1}
    taxes.keep_form(company, AGENT, None, "p-jonas", form)
    ahead = {one.holder: one.part for one in events.entitlements(company, AGENT, "coup").rows}
    assert ahead.pop("jonas-keller").withheld == 0, "his form counts before the record too"
    assert all(one.withheld for one in ahead.values())
    asked = ProposeRequest("announce-action", {"terms": said("another")}, "another", None)
    changes = approvals.dry_run(company, AGENT, asked).difference.changes
    assert {one.subject for one in changes if one.record == "Tax withheld, EUR"} == ahead.keys()
    due = actions.show(company, "coup").terms.payment
    late = due.replace(year=due.year + 1, month=2, day=1)
    world.pass_to(company, late)
    paying.fund(company, agent, "coup")
    assert paying.pay(company, agent, "coup").reason == ""
    paying.reconcile(company, agent, "coup")
    with pytest.raises(NotFound, match=f"nothing was paid by .* in {due.year}"):
        taxes.year_files(company, AGENT, None, due.year)
    files = taxes.year_files(company, AGENT, None, late.year)
    rows = {one["recipient_id"]: one for one in files.foreign}
    jonas, others = rows.pop("p-jonas"), list(rows.values())
    assert (jonas["box_1_income_code"], jonas["box_3a_exemption_code"]) == ("01", "05")
    assert jonas["box_7a_federal_tax_withheld"] == "0", "portfolio interest, by a valid form"
    assert {(one["box_1_income_code"], one["box_3b_tax_rate"]) for one in others} == {("01", "30")}
    assert {one["currency"] for one in files.foreign} == {"EUR"}
