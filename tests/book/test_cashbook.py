"""The cash book in both databases: once under an id, never changed, never deleted."""

from datetime import date

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DatabaseError

from freehold.book import cashbook as kept
from freehold.book import schema
from freehold.core.cashbook import (
    Account,
    BankLine,
    Currency,
    Entry,
    Kind,
    Posting,
    Source,
    entry,
    reversal,
)
from freehold.core.errors import Conflict, Invalid, NotFound, Unavailable
from tests.book.conftest import NOON

DAY = date(2026, 3, 31)
PURSE, OUT = Account(Kind.CASH, "0xa"), Account(Kind.OUTSIDE, "0xz")


@pytest.fixture
def issuer(book):
    with book.transaction() as tx:
        row = {
            name: column.type.python_type() if column.type.python_type is str else 0
            for name, column in schema.metadata.tables["issuer"].columns.items()
            if not column.nullable and name != "created_at"
        }
        row |= {"id": "acme"}
        if "created_at" in schema.metadata.tables["issuer"].columns:
            row["created_at"] = NOON
        tx.execute(insert(schema.metadata.tables["issuer"]).values(**row))
        kept.add_currency(tx, "acme", Currency("USDX", 2, "0xcoin"), 0, NOON)
    return "acme"


def paid(reference="one", amount=10**40, day=DAY):
    postings = (Posting(PURSE, amount), Posting(OUT, -amount))
    return entry("acme", "USDX", day, Source.ACT, reference, "paid in", postings)


def test_an_entry_is_written_once_and_read_as_it_was(book, issuer):
    with book.transaction() as tx:
        assert kept.post(tx, paid(), "agent", NOON)
        assert not kept.post(tx, paid(), "agent", NOON)
        with pytest.raises(Conflict, match="another entry stands in the book under 'one'"):
            kept.post(tx, paid(amount=5), "agent", NOON)
    with book.reading() as tx:
        (found,) = kept.entries(tx, issuer)
        assert (found.entry, found.posted_by) == (paid(), "agent")
        assert kept.entries(tx, issuer, until=date(2026, 3, 30)) == []
        assert kept.find(tx, issuer, str(found.number)) == found
        with pytest.raises(NotFound):
            kept.find(tx, issuer, "99")


def test_what_does_not_balance_is_not_written_however_it_was_made(book, issuer):
    wrong = Entry("acme", "USDX", DAY, Source.ACT, "x", "", (Posting(PURSE, 1), Posting(OUT, -2)))
    with pytest.raises(Invalid, match="does not balance"), book.transaction() as tx:
        kept.post(tx, wrong, "agent", NOON)
    with book.reading() as tx:
        assert kept.entries(tx, issuer) == []


@pytest.mark.parametrize("act", ["UPDATE cash_posting SET amount = '1'", "DELETE FROM cash_entry"])
def test_the_database_refuses_to_change_or_delete_what_is_posted(book, issuer, act):
    with book.transaction() as tx:
        kept.post(tx, paid(), "agent", NOON)
    with pytest.raises((DatabaseError, Unavailable)) as told, book.transaction() as tx:
        tx.execute(text(act))
    assert "only ever added to" in str(told.value)
    with book.reading() as tx:
        assert kept.entries(tx, issuer)[0].entry == paid()


def test_an_entry_is_reversed_once(book, issuer):
    with book.transaction() as tx:
        kept.post(tx, paid(), "agent", NOON)
        assert kept.post(tx, reversal(paid(), DAY, "wrong"), "agent", NOON)
        assert not kept.post(tx, reversal(paid(), DAY, "wrong"), "agent", NOON)


def test_a_statement_is_kept_once(book, issuer):
    lines = (BankLine(DAY, -5, "A", "x"),)
    one = kept.Statement("d" * 64, issuer, "EUR", "DE00", "7", DAY, 10, 5, lines)
    with book.transaction() as tx:
        kept.keep_statement(tx, one, "agent", NOON)
        with pytest.raises(Conflict, match="statement 7 of DE00 was imported already"):
            kept.keep_statement(tx, one, "agent", NOON)
        assert kept.statements(tx, issuer, "DE00", DAY) == [one]


def test_terms_of_a_currency_and_kinds_of_places_do_not_change(book, issuer):
    with book.transaction() as tx:
        kept.add_place(tx, issuer, "USDX", PURSE, NOON)
        kept.add_place(tx, issuer, "USDX", PURSE, NOON)
        assert kept.places(tx, issuer, "USDX") == [PURSE]
        with pytest.raises(Conflict, match="with other terms"):
            kept.add_currency(tx, issuer, Currency("USDX", 6, "0xcoin"), 0, NOON)
        with pytest.raises(Conflict, match="as cash already"):
            kept.add_place(tx, issuer, "USDX", Account(Kind.TAX, "0xa"), NOON)
        with pytest.raises(NotFound, match="it has USDX"):
            kept.currency(tx, issuer, "EUR")
