"""The audit log in the book: in the transaction of what it records, and never on the same entry."""

import threading

import pytest
from sqlalchemy import text

from freehold.book import audit, settings
from freehold.core.audit import FIRST, Entry, Outcome, check
from freehold.core.errors import Invalid
from tests.book.conftest import NOON


def test_entries_hang_on_each_other_and_read_back_as_they_were(book):
    with book.transaction() as tx:
        assert audit.head(tx) == (0, FIRST)
        for number in range(5):
            entry = Entry("agent", "issue", f"0x{number}", Outcome.REFUSED, 140, {"n": number})
            audit.record(tx, entry, NOON)
    with book.reading() as tx:
        links = list(audit.every(tx))
        assert check(links).ok
        assert audit.head(tx) == (5, links[-1].hash)
        assert links[2].entry == Entry("agent", "issue", "0x2", Outcome.REFUSED, 140, {"n": 2})
        assert [one.number for one in audit.newest(tx, None, 2)] == [5, 4]
        assert [one.number for one in audit.newest(tx, 4, 2)] == [3, 2]
        assert [one.number for one in audit.entries(tx, subject="0x3")] == [4]


def test_what_is_rolled_back_is_not_recorded_either(book):
    with book.transaction() as tx:
        audit.record(tx, Entry("agent", "issue"), NOON)
    with pytest.raises(Invalid), book.transaction() as tx:
        audit.record(tx, Entry("agent", "transfer"), NOON)
        settings.write(tx, "done", "yes", NOON)
        raise Invalid("changed my mind")
    with book.transaction() as tx:
        audit.record(tx, Entry("agent", "freeze"), NOON)
    with book.reading() as tx:
        assert [one.entry.act for one in audit.every(tx)] == ["issue", "freeze"]
        assert check(audit.every(tx)).ok


def test_writers_at_the_same_time_take_turns(book):
    def write(name: str) -> None:
        for _ in range(10):
            with book.transaction() as tx:
                audit.record(tx, Entry(name, "issue"), NOON)

    with book.transaction() as tx:
        audit.record(tx, Entry("first", "issue"), NOON)
    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with book.reading() as tx:
        found = check(audit.every(tx))
    assert (found.ok, found.entries) == (True, 41)


def test_a_row_altered_in_the_database_is_found(book):
    with book.transaction() as tx:
        for act in ("issue", "transfer", "freeze"):
            audit.record(tx, Entry("agent", act), NOON)
    with book.transaction() as tx:
        tx.execute(text("UPDATE audit_entry SET act = 'gift' WHERE number = 2"))
    with book.reading() as tx:
        assert "entry 2 does not hang" in check(audit.every(tx)).fault


def test_what_a_transaction_added_is_read_in_it(book):
    with book.transaction() as tx:
        audit.record(tx, Entry("agent", "issue"), NOON)
        assert audit.head(tx)[0] == 1
        audit.record(tx, Entry("agent", "freeze"), NOON)
        assert [one.entry.act for one in audit.newest(tx, None, 5)] == ["freeze", "issue"]
    with book.reading() as tx:
        assert check(audit.every(tx)).ok


def test_what_fails_adds_nothing(book):
    with pytest.raises(RuntimeError), book.transaction() as tx:
        audit.record(tx, Entry("agent", "issue"), NOON)
        raise RuntimeError
    with book.transaction() as tx:
        audit.record(tx, Entry("agent", "freeze"), NOON)
    with book.reading() as tx:
        assert [one.entry.act for one in audit.every(tx)] == ["freeze"]
