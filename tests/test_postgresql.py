"""How PostgreSQL is spoken to: in order, at once, and with the error where it belongs."""

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from freehold import postgresql
from freehold.doors.bench import postgresql as server

pytestmark = pytest.mark.needs("postgresql")
TABLE = Table("number", MetaData(), Column("value", Integer, primary_key=True))
ADD = insert(TABLE)
ADD_LATER = postgresql.later(insert(TABLE))


@pytest.fixture(scope="module")
def database():
    with server.running() as running:
        url = server.new_database(running, "spoken").replace("postgresql:", "postgresql+pg8000:")
        engine = postgresql.speak(create_engine(url))
        TABLE.metadata.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def engine(database):
    with database.begin() as tx:
        tx.execute(TABLE.delete())
    return database


def _values(engine):
    with engine.connect().execution_options(reading=True) as tx:
        return list(tx.scalars(select(TABLE.c.value).order_by(TABLE.c.value)))


def _rows(*values):
    return [{"value": one} for one in values]


def test_what_is_not_waited_for_is_there_for_what_follows_and_after_the_commit(engine):
    with engine.begin() as tx:
        tx.execute(ADD_LATER, _rows(1, 2))
        assert tx.connection.dbapi_connection.sent
        assert tx.scalar(select(func.count()).select_from(TABLE)) == 2
        tx.execute(ADD_LATER, _rows(3))
    assert _values(engine) == [1, 2, 3]


def test_the_counts_of_what_is_sent_together_are_kept_apart(engine):
    with engine.begin() as tx:
        tx.execute(ADD_LATER, _rows(1, 2, 3))
        assert tx.execute(TABLE.update().where(TABLE.c.value == 1).values(value=9)).rowcount == 1


@pytest.mark.parametrize("follows", [True, False])
def test_an_error_that_nobody_waited_for_fails_what_follows_or_the_commit(engine, follows):
    with pytest.raises(DBAPIError, match="number_pkey"), engine.begin() as tx:
        tx.execute(ADD_LATER, _rows(1, 1))
        if follows:
            tx.scalar(select(func.count()).select_from(TABLE))
    assert _values(engine) == []


def test_many_that_are_not_waited_for_do_not_fill_what_lies_between(engine):
    with engine.begin() as tx:
        for start in range(0, 20_000, 100):
            tx.execute(ADD_LATER, _rows(*range(start, start + 100)))
    assert len(_values(engine)) == 20_000


def test_a_savepoint_undoes_what_failed_behind_it_and_nothing_before(engine):
    with engine.begin() as tx:
        tx.execute(ADD_LATER, _rows(1))
        with pytest.raises(IntegrityError), tx.begin_nested():
            tx.execute(ADD, {"value": 2})
            tx.execute(ADD, {"value": 1})
        tx.exec_driver_sql("SAVEPOINT mine")
        tx.exec_driver_sql("ROLLBACK TO SAVEPOINT mine")
        tx.exec_driver_sql("SAVEPOINT mine")
        tx.execute(ADD_LATER, _rows(1))
        tx.exec_driver_sql("ROLLBACK TO SAVEPOINT mine")
        tx.execute(ADD, {"value": 3})
    assert _values(engine) == [1, 3]


def test_what_is_rolled_back_leaves_nothing_unanswered(engine):
    with pytest.raises(KeyError), engine.begin() as tx:
        tx.execute(ADD_LATER, _rows(1, 1))
        raise KeyError
    with engine.begin() as tx:
        assert not tx.connection.dbapi_connection.sent
        tx.execute(ADD, {"value": 4})
    assert _values(engine) == [4]
