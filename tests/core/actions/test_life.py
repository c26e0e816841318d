"""Terms of corporate actions, where an action stands, what it does to each account."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from freehold.core.actions import pages, revenue
from freehold.core.actions.entitlement import Holdings
from freehold.core.actions.kinds import ISO_CODES, TRAITS, CdmType, Kind
from freehold.core.actions.life import State, Step, state, why_not
from freehold.core.actions.plan import plan
from freehold.core.actions.terms import as_text, ex_date_of, read
from freehold.core.calendar import calendar
from freehold.core.errors import Invalid

COIN = '[cash]\ncoin = "0x' + "11" * 20 + '"\ndecimals = 2\n'
HEAD = """id = "x"
kind = "{kind}"
instrument = "common"
record = 2026-03-09T22:00:00Z
payment = 2026-03-16T00:00:00Z
"""
HELD = Holdings([1, 2, 3], [10, 7, 1], {})


def terms(kind, more):
    return read(HEAD.format(kind=kind) + more)


def mistakes(text):
    with pytest.raises(Invalid) as caught:
        read(text)
    return " ".join(map(str, caught.value.mistakes))


def test_the_twenty_types_of_the_cdm_have_their_iso_codes_and_every_kind_its_traits():
    assert len(CdmType) == len(ISO_CODES) == 20
    assert ISO_CODES[CdmType.SPIN_OFF] == "SOFF"
    assert set(TRAITS) == set(Kind)


def test_dates_come_from_the_calendar_and_the_market_rule():
    text = (
        'id = "x"\nkind = "cash-dividend"\ninstrument = "a"\ncalendar = "XNYS"\n'
        'record_date = 2026-07-02\nzone = "America/New_York"\npayment_days = 1\n'
        f'{COIN}pot = "1"\n'
    )
    found = read(text)
    assert found.record.isoformat() == "2026-07-02T22:00:00+00:00"
    assert (found.ex_date, found.payment.date()) == (date(2026, 7, 2), date(2026, 7, 6))
    assert ex_date_of(calendar("XNYS"), date(2026, 7, 6), 2) == date(2026, 7, 2)


def test_terms_are_written_as_they_are_read():
    more = 'tax = "US"\nnarrative = "a \\"word\\""\n' + COIN + 'per_unit = "1/3"\n'
    found = terms("cash-dividend", more)
    assert read(as_text(found)) == found


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        ("cash-dividend", "", "pays money"),
        ("cash-dividend", COIN + 'pot = "1"\nper_unit = "1"\n', "declare one of the two"),
        ("cash-dividend", COIN.replace("2\n", "19\n") + 'pot = "1"\n', "more than 18"),
        ("cash-dividend", COIN + 'pot = "0"\n', "nothing to pay"),
        ("cash-dividend", 'tax = "XX"\n' + COIN + 'pot = "1"\n', "whose rules are known"),
        ("split", '[units]\nratio = "1/2"\n', "needs one above 1"),
        ("reverse-split", '[units]\nratio = "2"\n', "needs one below 1"),
        ("split", '[units]\nratio = "10001"\n', "is absurd"),
        ("stock-dividend", "", "changes units"),
        ("conversion", '[units]\nratio = "1"\ninto = "common"\n', "into itself"),
        ("spin-off", '[units]\nratio = "1"\n', "names no class"),
        ("tender", COIN + 'per_unit = "1"\n', "the most base units"),
        ("tender", "most = 5\n" + COIN + 'pot = "1"\n', "so give per_unit"),
        ("rent", COIN + 'pot = "0.001"\n', "more decimals than the coin's 2"),
        ("rights-issue", 'most = 5\n[units]\nratio = "1"\n', "needs a price"),
        ("name-change", "", "longer than 64 bytes"),
    ],
)
def test_terms_that_contradict_themselves_are_told(kind, more, why):
    assert why in mistakes(HEAD.format(kind=kind) + more)


def test_a_settlement_of_years_is_a_slip_of_the_pen():
    text = (
        'id = "x"\nkind = "rent"\ninstrument = "a"\nrecord_date = 2026-07-02\n'
        f'settlement_days = 9999\n{COIN}pot = "1"\n'
    )
    assert "trades settle within 30 business days" in mistakes(text)


def test_a_payment_before_the_record_is_told():
    text = HEAD.format(kind="cash-dividend").replace("03-16", "03-01") + COIN + 'pot = "1"\n'
    assert "is before the record" in mistakes(text)


def test_the_state_follows_from_steps_and_clock():
    found = terms("cash-dividend", COIN + 'pot = "1"\n')
    before, after = found.record - timedelta(seconds=1), found.record
    assert state(found, {Step.ANNOUNCE}, before) is State.ANNOUNCED
    assert state(found, {Step.ANNOUNCE}, after) is State.RECORDED
    assert state(found, {Step.FUND}, after) is State.FUNDED
    assert state(found, {Step.FUND, Step.PAY}, after) is State.PAYING
    assert state(found, {Step.CANCEL}, after) is State.CANCELLED


def test_each_step_has_its_time():
    found = terms("cash-dividend", COIN + 'pot = "1"\n')
    early, due = found.record - timedelta(seconds=1), found.payment
    steps = {Step.ANNOUNCE}
    assert "lies ahead" in why_not(found, steps, early, Step.PAY)
    assert "is not funded" in why_not(found, steps, due, Step.PAY)
    steps |= {Step.FUND}
    assert "is due on" in why_not(found, steps, found.record, Step.PAY)
    assert why_not(found, steps, due, Step.PAY) == ""
    assert why_not(found, steps, due, Step.CANCEL) == why_not(found, steps, due, Step.AMEND) == ""
    steps |= {Step.PAY}
    assert why_not(found, steps, due, Step.CANCEL) == why_not(found, steps, due, Step.AMEND) == ""
    steps |= {Step.DELIVER}
    assert "bind those" in why_not(found, steps, due, Step.AMEND)
    assert "has got what was due" in why_not(found, steps, due, Step.CANCEL)
    assert "once it is reconciled" in why_not(found, steps, due, Step.CLOSE)
    steps |= {Step.RECONCILE, Step.CLOSE}
    assert "nothing more" in why_not(found, steps, due, Step.PAY)


def test_units_are_rounded_down_and_fractions_paid_in_lieu():
    found = terms("stock-dividend", COIN + 'per_unit = "1"\n[units]\nratio = "1/4"\nprice = "8"\n')
    done = plan(found, HELD, 0, {})
    assert done.gets == {1: 2, 2: 1}
    assert done.fractions == {1: Fraction(1, 2), 2: Fraction(3, 4), 3: Fraction(1, 4)}
    assert (done.amounts, done.money) == ({1: 400, 2: 600, 3: 200}, 1_200)


def test_a_conversion_takes_only_what_becomes_whole_units():
    found = terms("conversion", '[units]\nratio = "2/3"\ninto = "other"\n')
    done = plan(found, HELD, 0, {})
    assert (done.gives, done.gets) == ({1: 9, 2: 6}, {1: 6, 2: 4})


def test_a_tender_is_accepted_pro_rata_and_a_subscription_bounded():
    tender = terms("tender", "most = 8\n" + COIN + 'per_unit = "1"\n')
    done = plan(tender, HELD, 0, {1: 10, 2: 9})
    assert (sum(done.gives.values()), done.money) == (8, 800)
    assert all(units <= {1: 10, 2: 7}[account] for account, units in done.gives.items())
    offer = terms(
        "rights-issue",
        "most = 8\n" + COIN + 'per_unit = "1"\n[units]\nratio = "1/2"\nprice = "1.005"\n',
    )
    assert plan(offer, HELD, 0, {1: 5}).due == {1: 503}


def test_rights_come_first_and_what_lapses_goes_to_those_who_asked_for_more():
    more = COIN + 'per_unit = "1"\n[units]\nratio = "1/2"\nprice = "1"\n'
    offer = terms("rights-issue", "most = 8\n" + more)
    done = plan(offer, HELD, 0, {1: 2, 2: 9})
    assert (done.gets, done.lapses) == ({1: 2, 2: 3}, {1: 3})
    offer = terms("rights-issue", "most = 8\noversubscription = true\n" + more)
    done = plan(offer, HELD, 0, {1: 2, 2: 9})
    assert (done.gets, done.due) == ({1: 2, 2: 6}, {1: 200, 2: 600})
    done = plan(offer, HELD, 0, {1: 8, 2: 6})
    assert done.gets == {1: 5, 2: 3}, "nothing lapsed, so nobody gets more than his rights"


def test_a_coupon_follows_from_the_terms_of_its_bond():
    bond = (
        '[bond]\nname = "B"\ncurrency = "USD"\nface = 1000\ndaycount = "ACT/360"\nfrequency = 4\n'
        "start = 2026-03-15\nmaturity = 2027-03-15\n{more}"
    )
    text = 'id = "x"\nkind = "coupon"\ninstrument = "a"\ncoupon = {number}\n' + COIN + bond
    fixed = '[bond.rate]\nkind = "fixed"\nrate = "6%"\n'
    found = read(text.format(number=1, more='principal = "equal"\n' + fixed))
    assert found.cash.amount == 1000 * Fraction(6, 100) * Fraction(92, 360) + 250
    assert (found.record.date(), found.payment.date()) == (date(2026, 6, 12), date(2026, 6, 15))
    assert read(as_text(found)) == found
    last = read(text.format(number=4, more='principal = "equal"\n' + fixed))
    ends = text.replace('"coupon"', '"maturity"').format(
        number=4, more='principal = "equal"\n' + fixed
    )
    assert (last.cash.amount, read(ends).cash.amount) == (Fraction(250) * Fraction(15, 1000), 250)
    floating = (
        '[bond.rate]\nkind = "floating"\nindex = "SOFR"\nspread = "2%"\n'
        '[[bond.fixing]]\non = 2026-03-12\nrate = "4%"\n'
    )
    found = read(text.format(number=1, more=floating))
    assert found.cash.amount == 1000 * Fraction(6, 100) * Fraction(92, 360)
    with pytest.raises(Invalid, match="the SOFR fixing of 2026-06-11 is missing"):
        read(text.format(number=2, more=floating))
    with pytest.raises(Invalid, match="pays principal beside interest"):
        taxed = text.replace("coupon =", 'tax = "US"\ncoupon =')
        read(taxed.format(number=1, more='principal = "equal"\n' + fixed))
    with pytest.raises(Invalid, match="has no coupon 5"):
        read(text.format(number=5, more=fixed))


REVENUE = (
    '[revenue]\nseries = "s"\ncap = "1.5"\nraised = "10"\n[[revenue.rate]]\nfrom = 2026-01-01\n'
    'part = "10%"\n[[revenue.rate]]\nfrom = 2026-02-01\npart = "5%"\n'
)


def test_a_share_of_revenue_is_fed_by_the_part_of_its_period_up_to_the_cap():
    found = terms("revenue-share", COIN + REVENUE)
    assert read(as_text(found)) == found
    share = found.revenue
    assert share is not None
    assert revenue.share_of(share, 1_999, date(2026, 1, 31)) == 199
    assert revenue.share_of(share, 1_999, date(2026, 2, 1)) == 99
    assert [revenue.pot_of(share, 900, before, 2) for before in (0, 1_000)] == [900, 500]
    with pytest.raises(Invalid, match="the cap of 3/2 times 10 is reached"):
        revenue.pot_of(share, 1, 1_500, 2)
    with pytest.raises(Invalid, match="before 2026-01-01"):
        revenue.share_of(share, 1, date(2025, 12, 31))
    assert "stands beside revenue" in mistakes(
        HEAD.format(kind="rent") + COIN + 'pot = "1"\n' + REVENUE
    )
    assert "belongs to a revenue-share" in mistakes(HEAD.format(kind="coupon") + COIN + REVENUE)


def test_pages_chain_their_hashes():
    cut = pages.paged(list(range(1, 206)))
    heads = pages.heads(cut)
    assert ([len(one) for one in cut], len(heads), heads[-1]) == ([100, 100, 5], 4, pages.END)
    assert pages.heads([cut[0], cut[1], [*cut[2][:-1], 7]])[0] != heads[0]
