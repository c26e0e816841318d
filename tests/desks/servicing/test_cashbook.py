"""The cash book on the real ledger: movements post by themselves, breaks need people, banks too."""

import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from eth_account import Account as Keys

from freehold.core.bank_statements import read_camt
from freehold.core.cashbook import Account, BankLeg, Kind
from freehold.core.clock import parse, to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import humans, signin
from freehold.desks.approvals import payments
from freehold.desks.office import set_clock, today
from freehold.desks.platform import auditing
from freehold.desks.servicing import cash_from_chain, cashbook, importing, reconciling
from freehold.desks.servicing.importing import CsvGiven
from tests import money
from tests.company import office_of
from tests.parts import ROOT

AGENT, SECOND = permits.keyholder("alex"), permits.keyholder("bea")
IBAN = "DE89370400440532013000"
EXAMPLE = (ROOT / "examples" / "statements" / "camt053.xml").read_bytes()


@pytest.fixture
def world(company):
    """A company with 10,000.00 of a coin in a purse, a pot, and a tax wallet; USDX has 2 decimals."""
    key = money.funded(company.w3, company.keys.agent)
    coin = money.cash(company.w3, key, 2, 1_000_000)
    pot, tax = Keys.create(), Keys.create()
    cashbook.add_coin(company, AGENT, None, coin, key.address)
    for kind, name in ((Kind.CASH, key.address), (Kind.DISTRIBUTION, pot.address)):
        cashbook.add_place(company, AGENT, None, "USDX", kind, name)
    return company, key, coin, pot, tax


def stands(company, code="USDX"):
    ((trial, _),) = cashbook.trial_balances(company, AGENT, None, code)
    return {line.account: line.debit - line.credit for line in trial.lines}


def test_movements_post_once_and_the_book_equals_the_chain(world):
    company, key, coin, pot, _ = world
    money.pay(company.w3, key, coin, pot.address, 250_000)
    assert cash_from_chain.follow(company, None) == 2
    assert cash_from_chain.follow(company, None) == 0
    assert stands(company) == {
        Account(Kind.CASH, key.address): 750_000,
        Account(Kind.DISTRIBUTION, pot.address): 250_000,
        Account(Kind.OUTSIDE, "0x" + "0" * 40): -1_000_000,
    }
    found = reconciling.reconcile(company, AGENT, None)
    assert (found.compared, found.new, found.clean) == (2, 0, True)
    assert auditing.verify(company).ok


def test_a_place_that_is_told_later_takes_its_past_over_and_nothing_posts_twice(world):
    company, key, coin, _, tax = world
    money.pay(company.w3, key, coin, tax.address, 30_000)
    cash_from_chain.follow(company, None)
    assert stands(company)[Account(Kind.OUTSIDE, tax.address)] == 30_000
    cashbook.add_place(company, AGENT, None, "USDX", Kind.TAX, tax.address)
    assert cash_from_chain.follow(company, None) == 1
    assert stands(company)[Account(Kind.TAX, tax.address)] == 30_000
    assert Account(Kind.OUTSIDE, tax.address) not in stands(company)
    assert cash_from_chain.follow(company, None) == 0
    assert reconciling.reconcile(company, AGENT, None).clean


def test_a_reversed_movement_breaks_until_two_persons_explain_it_and_then_agrees(world):
    company, key, _, _, _ = world
    cash_from_chain.follow(company, None)
    cashbook.reverse(company, AGENT, None, "1", "taken for a mistake")
    found = reconciling.reconcile(company, AGENT, None)
    (known,) = found.open
    assert (known.persons, known.found.amount) == (2, 1_000_000)
    assert reconciling.reconcile(company, AGENT, None).new == 0  # the same break, known already
    with pytest.raises(Invalid, match="with a reason"):
        cashbook.explain(company, AGENT, None, known.found.id, " ")
    id = known.found.id[2:10]
    assert cashbook.explain(company, AGENT, None, id, "it did come", Kind.UNEXPLAINED).open
    with pytest.raises(Conflict, match="it takes a second person"):
        cashbook.explain(company, AGENT, None, id, "it did come", Kind.UNEXPLAINED)
    assert not cashbook.explain(company, SECOND, None, id, "it did", Kind.UNEXPLAINED).open
    assert stands(company)[Account(Kind.CASH, key.address)] == 1_000_000
    assert reconciling.reconcile(company, AGENT, None).clean
    with pytest.raises(Conflict, match="explained already"):
        cashbook.explain(company, SECOND, None, id, "again")


def test_one_human_under_two_names_explains_a_break_once(world):
    company, operator = world[0], permits.operator()
    cash_from_chain.follow(company, None)
    cashbook.reverse(company, AGENT, None, "1", "taken for a mistake")
    (known,) = reconciling.reconcile(company, AGENT, None).open
    given = [(Role.TRANSFER_AGENT, EVERYWHERE)]
    names = ("cleo@northwind.example", "cleo.two@northwind.example")
    first, again = (signin.invite(company, operator, name, given)[0] for name in names)
    humans.same(company, operator, first.id, again.id)
    cleo, twice = (permits.keyholder(one.id) for one in (first, again))
    assert cashbook.explain(company, cleo, None, known.found.id, "it did come").open
    with pytest.raises(NotPermitted, match="under another identity"):
        cashbook.explain(company, twice, None, known.found.id, "it did come")
    assert not cashbook.explain(company, AGENT, None, known.found.id, "it did come").open


def test_a_bank_leg_takes_two_persons_and_a_statement_finds_what_the_book_lacks(company):
    set_clock(company, to_seconds(parse("2026-04-01T12:00:00Z")))
    company.w3.provider.make_request("evm_mine", [])
    cashbook.add_place(company, AGENT, None, "EUR", Kind.BANK, IBAN)
    leg = BankLeg(
        cashbook.overview(company, AGENT, None).issuer.id, "EUR", IBAN, -5_000, "holders",
        Kind.HOLDERS, "DIV-2026-1", today(company),
    )  # fmt: skip
    payments.propose_payment(company, AGENT, leg)
    with pytest.raises(NotPermitted, match="another person must approve"):
        payments.release_payment(company, AGENT, None, "DIV-2026-1")
    assert stands(company, "EUR") == {}
    operator, everywhere = permits.operator(), [(Role.TRANSFER_AGENT, EVERYWHERE)]
    first, _ = signin.invite(company, operator, "cleo", everywhere)
    again, _ = signin.invite(company, operator, "cleo.two", everywhere, first.id)
    with company.book.reading() as tx:
        cleo, twice = (permits.actor_of(tx, one) for one in (first, again))
    payments.propose_payment(company, cleo, replace(leg, reference="DIV-2026-2"))
    for who, said in ((twice, "another identity"), (replace(cleo, session="s"), "fresh proof")):
        with pytest.raises(NotPermitted, match=said):
            payments.release_payment(company, who, None, "DIV-2026-2")
    assert stands(company, "EUR") == {}
    payments.release_payment(company, SECOND, None, "DIV-2026-1")
    assert stands(company, "EUR") == {
        Account(Kind.BANK, IBAN): -5_000, Account(Kind.HOLDERS): 5_000,
    }  # fmt: skip
    with pytest.raises(Conflict, match="is carried out already"):
        payments.release_payment(company, SECOND, None, "DIV-2026-1")

    read = read_camt(EXAMPLE, cashbook.bank_currencies(company, AGENT, None))
    cashbook.import_statements(company, AGENT, None, read, EXAMPLE)
    with pytest.raises(Conflict, match="imported already .the same file.: nothing was done"):
        cashbook.import_statements(company, AGENT, None, read, EXAMPLE)
    (known,) = reconciling.reconcile(company, AGENT, None).open
    assert known.found.sentence(2).startswith("0.5 EUR came in at the bank (INT-0331)")
    cashbook.explain(company, AGENT, None, known.found.id, "interest of March", Kind.OUTSIDE)
    assert reconciling.reconcile(company, AGENT, None).clean
    assert stands(company, "EUR")[Account(Kind.BANK, IBAN)] == -4_950


def test_a_statement_is_tried_line_by_line_before_it_comes_in(company):
    cashbook.add_place(company, AGENT, None, "EUR", Kind.BANK, IBAN)
    importing.bring_in(company, AGENT, None, EXAMPLE.replace(b"2026-", b"2022-"), CsvGiven())
    reconciling.reconcile(company, AGENT, None)
    broken = next(one for one in cashbook.breaks(company, AGENT, None)[0] if one.found.amount == 50)
    cashbook.explain(company, AGENT, None, broken.found.id, "interest", Kind.OUTSIDE)
    text = "Tag;Betrag;Zweck\n05.04.2022;12,00-;RENT\n"
    names = {"day": "Tag", "amount": "Betrag", "reference": "Zweck"}
    told = CsvGiven(IBAN, "8", "EUR", "950,50", names)
    (tried,) = importing.tried(company, AGENT, None, text.encode(), told)
    assert tried.follows is True and [one for _, one in tried.lines] == [None]
    (other,) = importing.tried(company, AGENT, None, text.encode(), replace(told, opening="900"))
    assert other.follows is False
    again = "Tag;Betrag;Zweck\n01.04.2022;0,50;INT-0331\n"
    (seen,) = importing.tried(company, AGENT, None, again.encode(), told)
    assert [one for _, one in seen.lines] == [None], "a second one of it is another line"
    for given, content, said in (
        (CsvGiven(), text, "give account, statement, currency, opening"),
        (replace(told, currency="USD"), text, "no bank account is in it"),
        (replace(told, opening="1,234"), text, "is 1234 or 1.234"),
        (replace(told, columns={}), text, "has no column 'day'"),
        (replace(told, day_order="up"), text, "choose day-first or month-first"),
    ):
        with pytest.raises(Invalid, match=said):
            importing.tried(company, AGENT, None, content.encode(), given)
    with pytest.raises(NotFound, match="is not one of"):
        importing.tried(company, AGENT, None, text.encode(), replace(told, account="DE00"))
    assert len(importing.bring_in(company, AGENT, None, text.encode(), told)) == 1
    with pytest.raises(Conflict, match="was imported already .the same file"):
        importing.tried(company, AGENT, None, text.encode(), told)
    other = replace(told, statement="9", opening="938.50")
    assert importing.bring_in(company, AGENT, None, text.encode(), other), "the same lines again"


def test_an_account_runs_with_its_balance_and_an_entry_knows_what_took_it_back(world):
    company, key, coin, pot, _ = world
    money.pay(company.w3, key, coin, pot.address, 250_000)
    cash_from_chain.follow(company, None)
    name = f"cash:{key.address}"
    _, lines, places = cashbook.ledger(company, AGENT, None, "USDX", name)
    assert (places, [(one.amount, one.balance) for one in lines]) == (
        2, [(1_000_000, 1_000_000), (-250_000, 750_000)],
    )  # fmt: skip
    number = str(lines[-1].posted.number)
    assert cashbook.entry(company, AGENT, None, number).reversed_by is None
    made = cashbook.reverse(company, AGENT, None, number, "by mistake")
    assert cashbook.entry(company, AGENT, None, number).reversed_by == made.number
    with pytest.raises(Conflict, match=f"entry {number} is reversed already"):
        cashbook.reverse(company, AGENT, None, number, "for another reason")
    back = cashbook.entry(company, AGENT, None, str(made.number))
    assert (back.reverses, back.reversed_by) == (int(number), None)
    _, lines, _ = cashbook.ledger(company, AGENT, None, "USDX", name)
    assert lines[-1].balance == 1_000_000
    assert cashbook.ledger(company, AGENT, None, "USDX", "fee")[1] == []
    with pytest.raises(NotFound):
        cashbook.ledger(company, AGENT, None, "NONE", name)


def test_a_place_that_is_none_is_refused(world):
    company = world[0]
    for kind, name in ((Kind.CASH, "my purse"), (Kind.CASH, "0x" + "0" * 40), (Kind.BANK, "=1+1")):
        with pytest.raises(Invalid):
            cashbook.add_place(company, AGENT, None, "USDX", kind, name)


KILLED = """
import os, signal, sys
from pathlib import Path
from freehold.book import audit, bank_legs
from freehold.desks import permits
from freehold.desks.approvals import carrying_out, payments
from tests.company import office_of
where, name = {"posted": (bank_legs, "keep"), "noted": (carrying_out.approvals, "end")}[sys.argv[2]]
before = getattr(where, name)
def die(*given):
    before(*given)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(where, name, die)
with office_of(Path(sys.argv[1])) as office:
    payments.release_payment(office, permits.keyholder("bea"), None, "DIV-2026-1")
"""


def test_a_release_that_is_killed_posted_nothing_and_is_done_once_when_it_is_asked_again(
    company_home,
):
    with office_of(company_home) as office:
        cashbook.add_place(office, AGENT, None, "EUR", Kind.BANK, IBAN)
        owner = cashbook.overview(office, AGENT, None).issuer.id
        known = (owner, "EUR", IBAN, -5_000, "holders", Kind.HOLDERS, "DIV-2026-1", today(office))
        payments.propose_payment(office, AGENT, BankLeg(*known))
    for point in ("posted", "noted"):
        child = [sys.executable, "-c", KILLED, str(company_home), point]
        done = subprocess.run(child, cwd=ROOT, timeout=120, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        with office_of(company_home) as office:
            assert stands(office, "EUR") == {}
            (waits,) = payments.payments(office, AGENT, None)
            assert (waits.state, waits.released_by) == ("proposed", "")
    with office_of(company_home) as office:
        payments.release_payment(office, SECOND, None, "DIV-2026-1")
        with pytest.raises(Conflict, match="carried out already"):
            payments.release_payment(office, SECOND, None, "DIV-2026-1")
        assert stands(office, "EUR")[Account(Kind.BANK, IBAN)] == -5_000


def test_bad_coins_and_strangers_are_refused_and_nothing_begun(world):
    company, key, _, _, _ = world
    fee = money.bad_coin(company.w3, key, fee_bps=50)
    with pytest.raises(Invalid, match="keeps a fee on transfer"):
        cashbook.add_coin(company, AGENT, None, fee, key.address, "FEE")
    assert [one.code for one in cashbook.overview(company, AGENT, None).currencies] == ["USDX"]
    with pytest.raises(NotPermitted, match="cash:keep"):
        reconciling.reconcile(company, permits.operator(), None)
    with pytest.raises(NotFound, match="is not one of"):
        read = read_camt(EXAMPLE, {"EUR": 2})
        cashbook.import_statements(company, AGENT, None, read, EXAMPLE)
    with pytest.raises(Invalid, match="day 2026-04-01 has not come"):
        cashbook.add_place(company, AGENT, None, "EUR", Kind.BANK, IBAN)
        cashbook.import_statements(company, AGENT, None, read, EXAMPLE)
    with pytest.raises(Invalid, match="money is kept in"):
        cashbook.add_place(company, AGENT, None, "USDX", Kind.OUTSIDE, key.address)
