"""A fresh book for each test, on SQLite and on PostgreSQL."""

import itertools
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from freehold.book.session import open_book
from tests.book import postgres_server

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql():
    with postgres_server.running() as url:
        yield url


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def book_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/book.db"
    server = request.getfixturevalue("postgresql")
    name = f"book_{next(_numbers)}"
    place = make_url(server).set(drivername="postgresql+pg8000")
    engine = create_engine(place, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def book(book_url):
    opened = open_book(book_url)
    yield opened
    opened.close()
