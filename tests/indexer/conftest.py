"""An empty projection for each test, on SQLite and on PostgreSQL."""

import itertools

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from freehold.doors.bench import postgresql as server_of
from freehold.indexer.tables import open_projection

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def indexer_postgresql():
    with server_of.running() as url:
        yield url


@pytest.fixture
def sqlite_projection(tmp_path):
    engine = open_projection(f"sqlite:///{tmp_path}/projection.db")
    yield engine
    engine.dispose()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def projection(request):
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_projection")
        return
    server = make_url(request.getfixturevalue("indexer_postgresql"))
    name = f"projection_{next(_numbers)}"
    root = create_engine(server.set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    root.dispose()
    engine = open_projection(server.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
