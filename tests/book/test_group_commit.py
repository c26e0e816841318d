"""Writers that come together share a commit, and nothing else."""

import threading
import time

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from freehold.book import audit, session, settings
from freehold.book.group_commit import MOST
from freehold.core.audit import Entry, check
from freehold.core.errors import Conflict, Unavailable

from .conftest import NOON


@pytest.fixture
def commits(book):
    """How often the database committed."""
    seen = []
    event.listen(book.engine, "commit", lambda connection: seen.append(1))
    return seen


def _together(book, works):
    """Let all of them wait for a transaction that is open, then write; what each raised, or None."""
    ended = [None] * len(works)

    def run(place, work):
        try:
            with book.transaction() as tx:
                work(tx)
        except BaseException as fault:
            ended[place] = fault

    threads = [threading.Thread(target=run, args=(n, work)) for n, work in enumerate(works)]
    with book.transaction() as tx:
        settings.write(tx, "first", "1", NOON)
        for place, one in enumerate(threads, 1):
            one.start()
            while len(book.writing._waiting) < place:
                time.sleep(0.001)
    for one in threads:
        one.join()
    return ended


def _entry(name):
    return lambda tx: (
        audit.record(tx, Entry(name, "issue"), NOON),
        settings.write(tx, name, "1", NOON),
    )


def test_writers_that_wait_share_a_commit_in_the_order_in_which_they_came(book, commits):
    assert _together(book, [_entry(f"w{n}") for n in range(5)]) == [None] * 5
    assert len(commits) == 1
    with book.reading() as tx:
        assert [one.entry.actor for one in audit.every(tx)] == [f"w{n}" for n in range(5)]
        assert check(audit.every(tx)).ok


def test_no_commit_is_shared_by_more_than_may_wait_for_it(book, commits):
    assert _together(book, [_entry(f"w{n}") for n in range(MOST)]) == [None] * MOST
    assert len(commits) == 2


@pytest.mark.parametrize("settles", [False, True])
def test_what_one_of_them_fails_at_is_undone_alone(book, settles):
    def fail(tx):
        _entry("bad")(tx)
        if settles:
            assert audit.head(tx)[0] == 2
        raise Conflict("no")

    def break_a_rule(tx):
        audit.record(tx, Entry("worse", "issue"), NOON)
        tx.execute(text("INSERT INTO setting (name) VALUES (NULL)"))

    ended = _together(book, [_entry("a"), fail, break_a_rule, _entry("b")])
    assert ended[0] is ended[3] is None
    assert isinstance(ended[1], Conflict) and isinstance(ended[2], DBAPIError)
    with book.reading() as tx:
        assert [one.entry.actor for one in audit.every(tx)] == ["a", "b"]
        assert check(audit.every(tx)).ok
        assert [settings.read(tx, name) for name in ("first", "a", "bad", "b")] == [
            "1",
            "1",
            None,
            "1",
        ]


def test_the_first_may_fail_and_the_others_write(book):
    started, go = threading.Event(), threading.Event()

    def fail():
        with pytest.raises(Conflict), book.transaction() as tx:
            settings.write(tx, "bad", "1", NOON)
            started.set()
            go.wait()
            raise Conflict("no")

    def write():
        with book.transaction() as tx:
            settings.write(tx, "good", "1", NOON)

    threads = [threading.Thread(target=fail), threading.Thread(target=write)]
    threads[0].start()
    started.wait()
    threads[1].start()
    while not book.writing._waiting:
        time.sleep(0.001)
    go.set()
    for one in threads:
        one.join()
    with book.reading() as tx:
        assert (settings.read(tx, "bad"), settings.read(tx, "good")) == (None, "1")


def test_a_commit_that_fails_fails_for_all_and_nothing_is_left(tmp_path, monkeypatch):
    book = session.open_book(f"sqlite:///{tmp_path}/book.db")

    def refuse(connection):
        raise session.OperationalError("COMMIT", {}, Exception("disk I/O error"))

    event.listen(book.engine, "commit", refuse)
    with pytest.raises(Unavailable, match="disk I/O error"):
        assert all(
            isinstance(one, Unavailable) for one in _together(book, [_entry("a"), _entry("b")])
        )
    event.remove(book.engine, "commit", refuse)
    with book.reading() as tx:
        assert settings.read(tx, "first") is None and audit.head(tx)[0] == 0
    with book.transaction() as tx:
        settings.write(tx, "first", "2", NOON)
    book.close()
