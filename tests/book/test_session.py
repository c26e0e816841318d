"""Opening the book: URLs, versions, durability, damage, and two writers at once."""

import pkgutil
import threading
import time
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from freehold import book as package
from freehold.book import approvals, schema, schema_access, schema_people, session, settings
from freehold.book.migrations import versions
from freehold.book.session import open_book
from freehold.core.errors import Broken, Conflict, Invalid, Unavailable
from tests.book.conftest import NOON

for _module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
    if ".schema" in _module.name:  # each brings its tables into the metadata
        import_module(_module.name)


def test_the_migrations_make_exactly_the_tables_of_the_schema(book):
    with book.reading() as tx:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(tx, opts=options)
        assert schema_access.metadata is schema_people.metadata is schema.metadata
        assert compare_metadata(context, schema.metadata) == []


def test_the_checks_and_keys_of_the_migrations_are_those_of_the_schema(tmp_path):
    """SQLite's own text of each table, once from the revisions and once from the schema."""
    from sqlalchemy import create_engine, inspect

    migrated = open_book(f"sqlite:///{tmp_path}/migrated.db").engine
    created = create_engine(f"sqlite:///{tmp_path}/created.db")
    schema.metadata.create_all(created)
    for name in schema.metadata.tables:
        for what in ("get_check_constraints", "get_foreign_keys", "get_pk_constraint"):
            made, wanted = (getattr(inspect(one), what)(name) for one in (migrated, created))
            assert _plain(made) == _plain(wanted)


def _plain(value):
    return sorted(map(str, value)) if isinstance(value, list) else str(value)


def test_a_book_keeps_its_content_when_it_is_opened_again(book, book_url):
    with book.transaction() as tx:
        settings.write(tx, "issuer", "Acme", NOON)
        settings.write(tx, "issuer", "Acme Holdings", NOON)
    again = open_book(book_url)
    with again.reading() as tx:
        assert settings.read(tx, "issuer") == "Acme Holdings"
        assert settings.read(tx, "nothing") is None
    again.close()


def test_raising_in_a_transaction_rolls_everything_back(book):
    with pytest.raises(Invalid), book.transaction() as tx:
        settings.write(tx, "issuer", "Acme", NOON)
        raise Invalid("changed my mind")
    with book.reading() as tx:
        assert settings.read(tx, "issuer") is None


def test_a_book_of_a_newer_version_is_refused_and_left_alone(book, book_url):
    with book.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="version 9999, which this program does not know"):
        open_book(book_url)
    with book.reading() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_many_processes_may_open_a_new_book_at_once(book_url):
    failures = []

    def open_it():
        try:
            open_book(book_url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_sqlite_is_durable_checks_foreign_keys_and_keeps_a_write_ahead_log(tmp_path):
    book = open_book(f"sqlite:///{tmp_path}/book.db")
    with book.reading() as tx:
        found = [tx.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS]
    assert dict(zip(PRAGMAS, found, strict=True)) == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_change_of_an_unknown_instruction_violates_a_foreign_key(book):
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), book.transaction() as tx:
        row = {"instruction": "0x00", "after": "SENT", "at": NOON}
        tx.execute(schema.instruction_change.insert().values(**row))


def test_a_second_writer_waits_for_the_first_and_a_reader_does_not(tmp_path):
    book = open_book(f"sqlite:///{tmp_path}/book.db")
    order = []

    def second():
        with book.transaction() as tx:
            order.append("second")
            settings.write(tx, "a", "2", NOON)

    with book.transaction() as tx:
        settings.write(tx, "a", "1", NOON)
        other = threading.Thread(target=second)
        other.start()
        with book.reading() as reader:
            assert settings.read(reader, "a") is None
        time.sleep(0.2)
        order.append("first")
    other.join()
    assert order == ["first", "second"]
    with book.reading() as tx:
        assert settings.read(tx, "a") == "2"


def test_a_book_locked_for_too_long_is_unavailable(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "BUSY_SECONDS", 0.1)
    url = f"sqlite:///{tmp_path}/book.db"
    first, second = open_book(url), open_book(url)
    locked = pytest.raises(Unavailable, match=r"cannot be used now: .*locked")
    with first.transaction(), locked, second.transaction():
        pass


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "unreadable"),
        ("book.db", "unreadable"),
        ("mysql://localhost/book", "cannot be kept in mysql"),
        ("sqlite:////nowhere/at/all/book.db", "folder of the book /nowhere/at/all/book.db"),
    ],
)
def test_a_url_that_cannot_be_a_book_is_refused_with_the_way_out(url, words):
    with pytest.raises(Invalid, match=words):
        open_book(url)


def test_a_server_that_is_away_is_unavailable_and_its_password_stays_hidden():
    with pytest.raises(Unavailable) as caught:
        open_book("postgresql://book:hunter2@127.0.0.1:1/book")
    assert "127.0.0.1:1" in caught.value.message and "hunter2" not in caught.value.message


def test_a_file_that_is_no_database_is_damaged_and_left_as_it_is(tmp_path):
    file = tmp_path / "book.db"
    file.write_bytes(b"this is a letter, not a database " * 100)
    with pytest.raises(Broken, match=r"is damaged .*restore it"):
        open_book(f"sqlite:///{file}")
    assert file.read_bytes().startswith(b"this is a letter")


def test_a_truncated_book_is_damaged(tmp_path):
    file = tmp_path / "book.db"
    book = open_book(f"sqlite:///{file}")
    with book.transaction() as tx:
        for number in range(2_000):
            settings.write(tx, f"name {number}", "x" * 200, NOON)
    book.close()
    file.write_bytes(file.read_bytes()[: 9 * 4096 + 100])
    with pytest.raises(Broken, match="is damaged"), open_book(f"sqlite:///{file}").reading() as tx:
        tx.execute(text("SELECT sum(length(value)) FROM setting")).scalar()


def test_a_book_on_a_full_disk_keeps_what_it_had_and_goes_on_with_room_again(tmp_path):
    book = open_book(f"sqlite:///{tmp_path}/book.db")
    words = "database or disk is full; make room and give the command again"
    with pytest.raises(Unavailable, match=words), book.transaction() as tx:
        pages = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count={pages + 1}"))
        settings.write(tx, "large", "x" * 100_000, NOON)
    book.engine.dispose()
    with book.transaction() as tx:
        assert settings.read(tx, "large") is None
        settings.write(tx, "large", "x" * 100_000, NOON)
    with book.reading() as tx:
        assert settings.read(tx, "large") == "x" * 100_000
    book.close()


def test_a_payment_that_waited_before_payments_were_proposals_waits_as_one(tmp_path):
    url, leg = f"sqlite:///{tmp_path}/book.db", "0x" + "5a" * 32
    book = open_book(url)
    with book.transaction() as tx:
        rows = [
            "INSERT INTO issuer (id, name, chain, country, register, registry_face, created_at)"
            " VALUES ('acme', 'Acme', 1, 'US', '0x0', '0x1', '2026-01-01T00:00:00Z')",
            "INSERT INTO cash_currency (issuer, code, decimals, coin, since_block, created_at)"
            " VALUES ('acme', 'EUR', 2, '', 0, '2026-01-01T00:00:00Z')",
            "ALTER TABLE bank_leg DROP COLUMN proposal",
            "DROP INDEX ix_notice_about",
            "ALTER TABLE notice DROP COLUMN about",
            "INSERT INTO bank_leg (id, issuer, currency, account, amount, payee, against, reference, day,"
            f" proposed_by, created_at) VALUES ('{leg}', 'acme', 'EUR', 'DE1', '-5005', 'Bo', 'holders',"
            " 'R-1', '2026-01-02', 'alex', '2026-01-02T00:00:00Z')",
        ]
        before = f"{int(BANK_LEGS[1:5]) - 1:04d}"
        for one in (*rows, f"UPDATE alembic_version SET version_num = '{before}'"):
            tx.execute(text(one))
    book.close()
    book = open_book(url)
    with book.reading() as tx:
        (found,) = approvals.of_kind(tx, "acme", "payment")
        assert tx.execute(text("SELECT count(*) FROM bank_leg")).scalar() == 0
    assert (found.state, found.act.amount, found.act.reference) == ("PROPOSED", "50.05", "R-1")
    assert found.act.arguments["payee"] == "Bo"
    assert found.difference.changes == (), "nobody can approve it before it is tried anew"
    book.close()


BANK_LEGS = next(one.name for one in Path(versions.__file__).parent.glob("r*_payments.py"))


def test_revisions_are_numbered_in_order_and_none_is_lost():
    folder = Path(versions.__file__).parent
    numbers = sorted(int(file.name[1:5]) for file in folder.glob("r[0-9]*.py"))
    assert numbers == list(range(1, len(numbers) + 1))
