"""What follows from an action beside its payment: dates of the calendar, letters to whom it concerns."""

from datetime import date, timedelta

import pytest

from freehold.book import notices as letters
from freehold.book import registrations
from freehold.core.actions.terms import as_text
from freehold.core.clock import to_seconds
from freehold.core.errors import Broken
from freehold.desks import permits
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.servicing import action_letters, actions, calendars, paying
from freehold.desks.servicing.calendars import Wanted, What
from tests.desks.servicing import test_actions as world
from tests.desks.servicing.test_actions import money_terms, pass_by, terms, tick

agent, coin = world.agent, world.coin
FLOATING = """id = "coupon-1"
kind = "coupon"
instrument = "series-a"
coupon = 1
[cash]
coin = "{coin}"
decimals = 6
[bond]
name = "Harbour notes"
currency = "EUR"
face = "100.00"
daycount = "ACT/360"
start = {start}
maturity = {maturity}
frequency = 4
calendar = "every-day"
[bond.rate]
kind = "floating"
index = "SOFR 3M"
fixing_days = 2
[[bond.fixing]]
on = {fixing}
rate = "4%"
"""


def test_the_calendar_has_every_date_of_actions_and_what_a_bond_lets_expect(company, agent, coin):
    today = now_on_chain(company).date()
    start = date(today.year + 1, 1, 10)
    dates = {"start": start, "maturity": start.replace(year=start.year + 1)}
    text = FLOATING.format(coin=coin, fixing=start - timedelta(days=2), **dates)
    assert actions.announce(company, agent, text).act.ended == "done"
    offer = terms(company, "rights-issue", (
        f'most = 1000\n[units]\nratio = "1/10"\nprice = "1"\n[cash]\ncoin = "{coin}"\ndecimals = 6\n'
    ), ahead=9, named="common")  # fmt: skip
    assert actions.announce(company, agent, offer).act.ended == "done"
    who = permits.keyholder()
    found = calendars.dates(company, who, Wanted())
    assert [one.instant for one in found] == sorted(one.instant for one in found)
    offered = {one.what for one in found if one.kind == "rights-issue"}
    assert offered == {What.EX, What.RECORD, What.ELECTIONS, What.DELIVERY}
    bond = [(one.what, one.day) for one in found if one.subject == "coupon-1"]
    due = [start.replace(month=month) for month in (4, 7, 10)] + [dates["maturity"]]
    assert [day for what, day in bond if what is What.PAYMENT] == due[:1]
    assert [day for what, day in bond if what is What.COUPON] == due[1:3]
    assert [day for what, day in bond if what is What.MATURITY] == due[3:]
    fixings = [day for what, day in bond if what is What.FIXING]
    assert fixings == [day - timedelta(days=2) for day in due[:3]]
    some = calendars.dates(company, who, Wanted(kind="coupon", start=due[1], until=due[2]))
    assert {one.what for one in some} == {What.COUPON, What.FIXING}
    assert calendars.dates(company, who, Wanted(security="series-seed")) == []
    file = calendars.as_file("Freehold", found, "http://localhost", now_on_chain(company))
    uids = [line for line in file.split("\r\n") if line.startswith("UID:")]
    assert len(uids) == len(set(uids)) == len(found)
    paying.cancel(company, agent, "rights-issue")
    off = [one for one in calendars.dates(company, who, Wanted()) if one.called_off]
    assert {one.kind for one in off} == {"rights-issue"}


def letters_to(office, holder):
    with office.book.reading() as tx:
        found = letters.about(tx, [f"northwind-optics/{holder}"], 50)
    return [(str(one.kind), one.facts["title"], one.facts["said"]) for one in reversed(found)]


def test_each_thing_that_happens_to_an_action_is_told_once_to_whom_it_concerns_and_after_a_crash(
    company, agent, coin, monkeypatch
):
    for holder in ("straits-growth", "tobias-brandt"):
        with company.book.transaction() as tx:
            mailbox = f"{holder}@holders.example"
            registrations.write_mailbox(tx, "northwind-optics", holder, mailbox)
    assert action_letters.tell_due(company) == 0
    text = money_terms(company, "cash-dividend", coin)
    assert actions.announce(company, agent, text).act.ended == "done"
    with monkeypatch.context() as dies:
        write = action_letters.notices.write_to_holder

        def written(*given):
            write(*given)
            raise Broken("the process died")

        dies.setattr(action_letters.notices, "write_to_holder", written)
        with pytest.raises(Broken):
            action_letters.tell_due(company)
    assert letters_to(company, "straits-growth") == []
    assert action_letters.tell_due(company) == 1
    assert action_letters.tell_due(company) == 0
    (announced,) = letters_to(company, "straits-growth")
    assert announced[0] == "action" and "Whoever holds" in announced[2]
    payment = now_on_chain(company) + timedelta(days=4)
    later = actions.with_payment(actions.show(company, "cash-dividend").terms, payment)
    actions.amend(company, agent, as_text(later))
    assert action_letters.tell_due(company) == 1
    assert "Payment: " in letters_to(company, "straits-growth")[1][2]
    pass_by(company, "cash-dividend")
    assert paying.fund(company, agent, "cash-dividend").reason == ""
    assert paying.pay(company, agent, "cash-dividend").reason == ""
    assert action_letters.tell_due(company) == 1
    paid = letters_to(company, "straits-growth")[2]
    assert paid[2].startswith("Paid: 212,500 EUR (gross 212,500, tax 0) for 850,000 units.")
    assert letters_to(company, "tobias-brandt") == [], "who holds another class is not concerned"
    offer = terms(company, "rights-issue", (
        f'most = 1000\n[units]\nratio = "1/10"\nprice = "1"\n[cash]\ncoin = "{coin}"\ndecimals = 6\n'
    ), ahead=3)  # fmt: skip
    actions.announce(company, agent, offer)
    action_letters.tell_due(company)
    until = actions.show(company, "rights-issue").terms.elect_until
    set_clock(company, to_seconds(until - timedelta(days=1)))
    tick(company)
    assert action_letters.tell_due(company) == 1 and action_letters.tell_due(company) == 0
    assert letters_to(company, "straits-growth")[-1][0] == "reminder"
    paying.cancel(company, agent, "rights-issue")
    assert action_letters.tell_due(company) == 1
    assert "called off" in letters_to(company, "straits-growth")[-1][1]
