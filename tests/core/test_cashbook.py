"""The cash book balances or refuses, is turned back by reversals, and finds what differs."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core import cashbook
from freehold.core.cashbook import (
    Account,
    BankLine,
    Cause,
    Kind,
    Movement,
    Posting,
    Source,
    balances,
    compare_statement,
    entry,
    entry_of_movement,
    reversal,
    trial_balance,
)
from freehold.core.errors import Broken, Conflict, Invalid

DAY = date(2026, 3, 31)
PURSE, POT, TAX = (
    Account(Kind.CASH, "0xa"),
    Account(Kind.DISTRIBUTION, "0xb"),
    Account(Kind.TAX, "0xc"),
)
BANK = Account(Kind.BANK, "DE00")
PLACES = {one.name: one for one in (PURSE, POT, TAX)}


def moved(sender, receiver, amount, log=1):
    return Movement("0xcoin", 7, log, DAY, sender, receiver, amount)


def test_an_entry_that_does_not_balance_is_refused_with_the_difference():
    postings = (Posting(PURSE, 100), Posting(POT, -99))
    with pytest.raises(Invalid, match="does not balance: debits exceed credits by 1 USDX"):
        entry("acme", "USDX", DAY, Source.ACT, "one", "", postings)
    with pytest.raises(Invalid, match="moves nothing"):
        entry("acme", "USDX", DAY, Source.ACT, "one", "", (Posting(PURSE, 0),))
    with pytest.raises(Invalid, match="no reference"):
        entry("acme", "USDX", DAY, Source.ACT, " ", "", ())


movements = st.lists(
    st.tuples(
        st.sampled_from(["0xa", "0xb", "0xc", "0xd", "0xe"]),
        st.sampled_from(["0xa", "0xb", "0xc", "0xd", "0xe"]),
        st.integers(0, 10**30),
    ),
    max_size=30,
)


@given(movements)
def test_what_stands_on_a_place_is_what_moved_there_and_the_trial_balance_balances(rows):
    entries, expected = [], dict.fromkeys(PLACES, 0)
    for log, (sender, receiver, amount) in enumerate(rows):
        one = (
            entry_of_movement("acme", "USDX", PLACES, moved(sender, receiver, amount, log))
            if ({sender, receiver} & PLACES.keys())
            else None
        )
        entries += [one] if one else []
        for name, sign in ((sender, -1), (receiver, 1)):
            if name in expected:
                expected[name] += sign * amount
    found = balances(entries)
    assert {name: found.get(place, 0) for name, place in PLACES.items()} == expected
    trial = trial_balance(entries, "USDX", DAY)
    assert sum(line.debit - line.credit for line in trial.lines) == 0
    turned = [*entries, *(reversal(one, DAY, "wrong") for one in entries)]
    assert not any(balances(turned).values())


def test_money_that_leaves_a_pot_is_the_holders_and_from_the_tax_wallet_the_authority():
    paid = entry_of_movement("acme", "USDX", PLACES, moved("0xb", "0xz", 5))
    assert paid.postings == (Posting(Account(Kind.HOLDERS), 5), Posting(POT, -5))
    tax = entry_of_movement("acme", "USDX", PLACES, moved("0xc", "0xz", 5))
    assert tax.postings[0].account == Account(Kind.AUTHORITY, "0xz")
    assert entry_of_movement("acme", "USDX", PLACES, moved("0xa", "0xa", 5)) is None
    assert paid.id == entry_of_movement("acme", "USDX", PLACES, moved("0xb", "0xy", 5)).id


def test_a_reversal_names_what_it_takes_back_and_is_not_reversed_itself():
    first = entry("acme", "USDX", DAY, Source.ACT, "one", "", (Posting(PURSE, 1), Posting(POT, -1)))
    back = reversal(first, DAY, "a mistake")
    assert (back.reverses, back.source) == (first.id, Source.REVERSAL)
    with pytest.raises(Conflict, match="is a reversal itself"):
        reversal(back, DAY, "again")


def test_a_trial_balance_is_of_a_day_and_a_broken_book_is_told():
    late = entry(
        "acme",
        "USDX",
        date(2026, 4, 1),
        Source.ACT,
        "two",
        "",
        (Posting(PURSE, 1), Posting(POT, -1)),
    )
    assert trial_balance([late], "USDX", DAY).lines == []
    assert trial_balance([late], "USDX", date(2026, 4, 1)).total == 1
    broken = cashbook.Entry("acme", "USDX", DAY, Source.ACT, "x", "", (Posting(PURSE, 1),))
    with pytest.raises(Broken, match="does not balance: 1 is not 0"):
        trial_balance([broken], "USDX", DAY)


def test_lines_and_postings_pair_by_reference_or_by_day_and_amount_and_the_rest_breaks():
    booked = [("A", DAY, -500), ("B", DAY, 70), ("ours", DAY, -9), ("C", DAY, 1)]
    lines = [
        BankLine(date(2026, 4, 1), -500, "A", ""),  # the bank booked a day later
        BankLine(DAY, 70, "", "no reference"),
        BankLine(DAY, 33, "new", ""),
        BankLine(DAY, 2, "C", ""),  # another amount
    ]
    found = compare_statement("acme", "EUR", BANK, booked, lines)
    assert [(one.cause, one.reference, one.amount) for one in found] == [
        (Cause.NOT_IN_BOOK, "new", 33),
        (Cause.NOT_IN_BOOK, "C", 2),
        (Cause.NOT_ON_STATEMENT, "ours", -9),
        (Cause.NOT_ON_STATEMENT, "C", 1),
    ]
    assert found[0].sentence(2) == "0.33 EUR came in at the bank (new) and is not in the book"
    assert found[0].id == compare_statement("acme", "EUR", BANK, booked, lines)[0].id


def test_a_second_line_that_says_the_same_is_a_break_of_its_own():
    one = BankLine(DAY, 50, "INT", "")
    (first,) = compare_statement("acme", "EUR", BANK, [], [one])
    again = compare_statement("acme", "EUR", BANK, [("INT", DAY, 50)], [one, one])
    assert [found.reference for found in again] == ["INT (2)"]
    assert again[0].id != first.id
    booked = [("INT", DAY, 50), ("INT (2)", DAY, 50)]
    assert compare_statement("acme", "EUR", BANK, booked, [one, one]) == []
    silent = [BankLine(DAY, 5, "", ""), BankLine(date(2026, 4, 1), 5, "", "")]
    assert len({found.id for found in compare_statement("acme", "EUR", BANK, [], silent)}) == 2
