"""A fresh book for each test, on SQLite and on PostgreSQL."""

import itertools
from datetime import UTC, datetime

import pytest

from freehold.book.session import open_book
from freehold.doors.bench import postgresql as postgresql_server

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql():
    with postgresql_server.running() as url:
        yield url


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def book_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/book.db"
    server = request.getfixturevalue("postgresql")
    return postgresql_server.new_database(server, f"book_{next(_numbers)}")


@pytest.fixture
def book(book_url):
    opened = open_book(book_url)
    yield opened
    opened.close()
