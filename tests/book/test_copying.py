"""A book comes back from its copy row by row, on both databases."""

import pytest
from sqlalchemy import select

from freehold.book import copying, issuers, settings
from freehold.book.issuers import KnownIssuer
from freehold.book.schema import metadata
from freehold.book.session import open_book
from freehold.core.errors import Conflict
from freehold.core.ids import Address
from tests.book.conftest import NOON

OWNER = KnownIssuer(
    "acme", 31_337, "Acme é AG", "CH", Address("0x" + "11" * 20), Address("0x" + "22" * 20)
)


@pytest.fixture
def filled(book):
    with book.transaction() as tx:
        settings.write(tx, "a name", 'a "value"\nof two lines', NOON)
        issuers.add(tx, OWNER, NOON)
    return book


def rows(book):
    with book.reading() as tx:
        return {
            one.name: sorted(map(repr, tx.execute(select(one)))) for one in metadata.sorted_tables
        }


def test_a_copy_of_a_book_has_all_of_it(filled, tmp_path):
    (tmp_path / "copy").mkdir()
    copied = copying.copy(filled, tmp_path / "copy")
    again = copied.file
    if copied.file.name == copying.LINES:
        again = tmp_path / "again.db"
        restored = open_book(f"sqlite:///{again}")
        copying.restore_lines(restored, copied.file)
    else:
        restored = open_book(f"sqlite:///{again}")
    assert rows(restored) == rows(filled)
    restored.close()


def test_lines_go_into_an_empty_book_alone(filled, tmp_path):
    if filled.engine.dialect.name == "sqlite":
        pytest.skip("SQLite copies itself")
    file = copying.copy(filled, tmp_path).file
    with pytest.raises(Conflict, match="holds something already"):
        copying.restore_lines(filled, file)
