"""What the projection answers is what the core register answers, now and at any time before."""

import threading
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freehold.core import standing
from freehold.core.clock import from_seconds
from freehold.core.errors import Broken, Conflict, NotFound
from freehold.core.register import rebuild
from freehold.doors.bench import stream
from freehold.indexer import follow, read, tables
from freehold.indexer.memory import Memory
from freehold.indexer.recording import record, source_of
from tests.core import naive_register as naive
from tests.size import times

TOKEN = stream.TOKENS[0]


def filled(engine, seed, count, holders=15):
    events = list(stream.stream(seed, holders, count))
    last = events[-1].position.block
    events = [one for one in events if one.position.block < last]
    recording = record(stream.heads(last - 1), events)
    with engine.connect() as connection:
        follow.follow(connection, source_of(recording), follow.Course((stream.HOLDERS,)), Memory())
    return events, rebuild(stream.HOLDERS, events)


@settings(max_examples=times(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.integers(200, 1500), st.data())
def test_the_past_reads_as_the_core_register_tells_it(sqlite_projection, seed, count, data):
    tables.drop(sqlite_projection)
    events, register = filled(sqlite_projection, seed, count)
    last = events[-1].position.block
    block = data.draw(st.integers(0, last))
    day = data.draw(st.integers(stream.seconds_of(0) // 86_400 - 400, 20_500))
    instant = from_seconds(stream.seconds_of(block) + data.draw(st.integers(-1, 0)))
    with sqlite_projection.connect() as connection:
        for token in register.rolls:
            expected = standing.at_block(register, token, block)
            assert held(read.lines(connection, token, block)) == held_by(expected)
            assert read.supply(connection, token, block).units == expected.supply
            assert read.vintages(connection, token, block) == expected.vintages
            expected = standing.at(register, token, instant)
            assert held(read.lines_at(connection, token, instant)) == held_by(expected)
            on = date(1970, 1, 1) + timedelta(day)
            try:
                expected = standing.holdings_on(register, token, on)
            except Broken:
                with pytest.raises(Broken, match="legal days"):
                    read.holdings_on(connection, token, on)
            else:
                assert read.holdings_on(connection, token, on) == expected


def held(lines):
    return [
        (line.account, line.units, line.frozen, line.stopped, [lot[:2] for lot in line.lots])
        for line in lines
    ]


def held_by(now):
    return [
        (account, units, now.frozen.get(account, 0), account in now.stopped,
         sorted(now.lots.get(account, {}).items()))
        for account, units in sorted(now.units.items())
    ]  # fmt: skip


def test_wallets_and_facts_are_those_of_the_block_that_is_asked(projection):
    events, register = filled(projection, 3, 1200)
    block = events[len(events) // 2].position.block
    then = rebuild(stream.HOLDERS, [one for one in events if one.position.block <= block])
    with projection.connect() as connection:
        for token in register.rolls:
            expected = standing.lines(then, standing.now(then, token))
            assert read.lines(connection, token, block) == expected


def test_pages_put_together_are_the_whole_register(projection):
    filled(projection, 4, 900)
    with projection.connect() as connection:
        whole = read.lines(connection, TOKEN)
        pages, after = [], 0
        while page := read.lines(connection, TOKEN, after=after, limit=4):
            assert len(page) <= 4
            pages += page
            after = page[-1].account
    assert pages == whole
    assert len(whole) > 8


def test_every_wallet_that_ever_opened_an_account_leads_to_the_one_that_does_now(projection):
    _, register = filled(projection, 5, 1500)
    with projection.connect() as connection:
        found = read.opened(connection, stream.HOLDERS)
        assert read.opened(connection, TOKEN) == {}
    accounts = {**register.wallets, **register.former}
    wanted = {
        wallet: (register.accounts[account].wallet, register.accounts[account].facts)
        for wallet, account in accounts.items()
        if account
    }
    assert found == wanted
    assert len(register.former) > 0


def test_a_statement_adds_up_to_the_holding_and_says_why(projection):
    events, register = filled(projection, 5, 1500)
    account = max(register.rolls[TOKEN].units, key=register.rolls[TOKEN].units.get)
    with projection.connect() as connection:
        whole = read.statement(connection, TOKEN, account)
        paged, after = [], (-1, -1)
        while page := read.statement(connection, TOKEN, account, after, 3):
            paged += page
            after = (page[-1].block, page[-1].log)
    assert paged == whole
    assert sum(entry.change for entry in whole) == register.rolls[TOKEN].units[account]
    assert whole[-1].units == naive.units(events, TOKEN)[account]
    told = {(one.position.block, one.position.index): one for one in events}
    for entry in whole:
        logged = told[entry.block, entry.log]
        assert (entry.transfer, entry.transaction) == (logged.event, logged.position.transaction)
        assert abs(entry.change) == entry.transfer.amount
        if entry.cause is None:
            assert entry.day == entry.instant.timestamp() // 86_400
        else:
            assert getattr(entry.cause, "units", None) >= entry.transfer.amount
    assert type(whole[0].cause).__name__ == "Issued"


def test_the_holders_of_record_are_those_before_the_instant(sqlite_projection):
    _, register = filled(sqlite_projection, 6, 1500)
    records = register.rolls[TOKEN].records
    last = stream.seconds_of(register.block)
    passed = [number for number, instant in records.items() if instant <= last]
    coming = [number for number, instant in records.items() if instant > last]
    assert passed
    assert coming
    with sqlite_projection.connect() as connection:
        for number in passed:
            expected = standing.holders_of_record(register, TOKEN, number)
            assert held(read.lines_of_record(connection, TOKEN, number)) == held_by(expected)
        with pytest.raises(Conflict, match="has not passed on the chain, which is read to 2026"):
            read.lines_of_record(connection, TOKEN, coming[0])
        with pytest.raises(NotFound, match="no record 999"):
            read.lines_of_record(connection, TOKEN, 999)


def test_what_is_not_there_is_said_so(sqlite_projection):
    with sqlite_projection.connect() as connection:
        with pytest.raises(NotFound, match="nothing was read from the chain yet"):
            read.last_block(connection)
        with pytest.raises(NotFound, match="is not listed by any register followed"):
            read.lines(connection, TOKEN)
    filled(sqlite_projection, 6, 300)
    with sqlite_projection.connect() as connection:
        assert read.instruments(connection) == list(stream.TOKENS)
        assert read.lines_at(connection, TOKEN, from_seconds(stream.seconds_of(0))) == []


def test_many_processes_may_build_a_new_projection_at_once(projection):
    tables.metadata.drop_all(projection)
    url = projection.url.set(drivername=projection.dialect.name)
    start, failures = threading.Barrier(6), []

    def build():
        start.wait()
        try:
            tables.open_projection(url.render_as_string(hide_password=False)).dispose()
        except Exception as fault:
            failures.append(fault)

    threads = [threading.Thread(target=build) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
