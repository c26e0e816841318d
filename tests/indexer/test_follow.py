"""Following a chain: the tables say what the events say, through reorganisations and crashes."""

import multiprocessing
import os
import signal
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from freehold.core import events as e
from freehold.core import standing
from freehold.core.errors import Broken, Unavailable
from freehold.core.events import Logged
from freehold.core.rawlog import BlockHead
from freehold.core.register import rebuild
from freehold.doors.bench import stream
from freehold.indexer import follow, project, read, tables
from freehold.indexer.memory import Memory, load
from freehold.indexer.recording import Recording, record, source_of
from tests.size import times

COURSE = follow.Course((stream.HOLDERS,), finality=16)


def chain(seed, count, holders=12):
    """Events of whole blocks, and their recording."""
    events = list(stream.stream(seed, holders, count))
    last = events[-1].position.block
    events = [one for one in events if one.position.block < last]
    return events, record(stream.heads(last - 1), events)


def fork(events, recording, depth, seed=1):
    """Another chain: the last `depth` blocks replaced by others, and one more on top."""
    last = recording.heads[-1].number
    keep = last - depth
    old = [one for one in events if one.position.block <= keep]
    heads = [head for head in recording.heads if head.number <= keep]
    new = []
    for number in range(keep + 1, last + 2):
        made = stream.block_hash(f"fork {seed}", number)
        heads.append(BlockHead(number, made, heads[-1].block_hash, stream.seconds_of(number) + 1))
    wallet = f"0x{seed:040x}"
    account = max(one.event.account for one in old if isinstance(one.event, e.Admitted)) + 1
    found = (e.Admitted(wallet, account, 5 << 192), e.FactsSet(wallet, account, 6 << 192))
    for index, event in enumerate(found):
        head = heads[-1]
        place = old[-1].position._replace(
            block=head.number, index=index, seconds=head.seconds, block_hash=head.block_hash,
            transaction="0x" + "f0" * 32,
        )  # fmt: skip
        new.append(Logged(place, stream.HOLDERS, event))
    return old + new, record(heads, old + new)


def run(engine, recording, memory=None, course=COURSE):
    with engine.connect() as connection:
        return follow.follow(connection, source_of(recording), course, memory or Memory())


def dump(engine):
    """Every row of every table but the blocks, which are kept more sparsely the older they are."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
            if table.name not in {"block", "meta"}
        }


def check(engine, events, recording):
    """The tables say what the core register says of the same events, and load as it."""
    register = rebuild(stream.HOLDERS, events)
    with engine.connect() as connection:
        assert read.last_block(connection) == recording.heads[-1].number
        loaded = load(connection).registers[stream.HOLDERS]
        for token, roll in register.rolls.items():
            now = standing.now(register, token)
            assert read.lines(connection, token) == standing.lines(register, now)
            assert standing.now(loaded, token) == now
            assert (loaded.rolls[token].issued, loaded.rolls[token].records) == (
                roll.issued,
                roll.records,
            )
    for name in ("accounts", "wallets", "former", "persons"):
        assert getattr(loaded, name) == getattr(register, name), name


# ---- reading on --------------------------------------------------------------------------------


def test_a_register_that_becomes_known_late_is_read_from_its_first_event(projection, tmp_path):
    """As an issuer's does: its first transactions come before the book knows its address."""
    events, recording = chain(5, 400)
    other = "0x" + "5e" * 20
    both = replace(COURSE, holders=(other, stream.HOLDERS))
    memory = Memory()
    run(projection, recording, memory, replace(COURSE, holders=(other,)))
    assert memory.tip == recording.heads[-1]
    run(projection, recording, memory, both)
    check(projection, events, recording)
    early = tables.open_projection(f"sqlite:///{tmp_path}/early.db")
    run(early, recording, course=both)
    assert dump(projection) == dump(early)
    early.dispose()


def test_the_tables_say_what_the_events_say(projection):
    events, recording = chain(1, 1500)
    progress = run(projection, recording)
    assert (progress.events, progress.block) == (len(events), progress.head)
    check(projection, events, recording)


@settings(max_examples=times(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.lists(st.integers(1, 9), min_size=3, max_size=60))
def test_steps_of_any_length_fill_the_same_tables_as_one(tmp_path, seed, spans):
    events, recording = chain(seed, 1500)
    stepwise, whole = (
        tables.open_projection(f"sqlite:///{tmp_path}/{name}.db") for name in ("steps", "whole")
    )
    for engine in (stepwise, whole):
        tables.drop(engine)
    memory = Memory()
    with stepwise.connect() as connection:
        for number, span in enumerate(spans):
            if number % 7 == 6:
                memory = Memory()
            follow.advance(connection, source_of(recording), COURSE, memory, span)
    run(stepwise, recording, memory)
    run(whole, recording)
    assert dump(stepwise) == dump(whole)
    check(whole, events, recording)
    for engine in (stepwise, whole):
        engine.dispose()


def test_nothing_new_changes_nothing(projection):
    _, recording = chain(2, 800)
    run(projection, recording)
    before = dump(projection)
    assert run(projection, recording).events == 0
    assert dump(projection) == before


def test_logs_of_an_instrument_count_from_the_block_that_lists_it(sqlite_projection):
    events, _ = chain(3, 300)
    early = Logged(events[0].position, stream.TOKENS[0], e.AuthorisedSet(5, "0x" + "00" * 32))
    shifted = [
        one._replace(position=one.position._replace(index=one.position.index + 1))
        if one.position.block == 0
        else one
        for one in events
    ]
    recording = record(stream.heads(events[-1].position.block), [early, *shifted])
    run(sqlite_projection, recording)
    assert len(dump(sqlite_projection)["event"]) == len(events) + 1


def test_two_issuers_and_another_contract_are_kept_apart(sqlite_projection):
    events, recording = chain(3, 600)
    there = "0x" + "99" * 20
    course = follow.Course((stream.HOLDERS, there), others=("0x" + "77" * 20,), finality=16)
    run(sqlite_projection, recording, course=course)
    check(sqlite_projection, events, recording)
    with sqlite_projection.connect() as connection:
        assert load(connection).registers[there].accounts == {}


# ---- reorganisations ---------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 12, 16])
def test_a_reorganisation_is_undone_exactly(projection, depth):
    events, recording = chain(5, 1300)
    memory = Memory()
    run(projection, recording, memory)
    other_events, other = fork(events, recording, depth)
    progress = run(projection, other, memory)
    assert progress.undone == depth
    check(projection, other_events, other)
    after = dump(projection)
    tables.drop(projection)
    run(projection, other)
    assert dump(projection) == after


def test_a_chain_that_changes_its_mind_again_and_again_is_followed(sqlite_projection):
    events, recording = chain(6, 2500)
    memory = Memory()
    run(sqlite_projection, recording, memory)
    for seed, depth in enumerate([1, 3, 1, 12, 2], start=1):
        events, recording = fork(events, recording, depth, seed)
        assert run(sqlite_projection, recording, memory).undone == depth
        check(sqlite_projection, events, recording)


def test_a_chain_that_became_shorter_is_followed_back(sqlite_projection):
    events, recording = chain(6, 2500)
    run(sqlite_projection, recording)
    cut = recording.heads[-1].number - 5
    shorter = [one for one in events if one.position.block <= cut]
    shortened = record(recording.heads[: cut + 1], shorter)
    assert run(sqlite_projection, shortened).undone == 5
    check(sqlite_projection, shorter, shortened)


def test_a_change_deeper_than_finality_stops_everything(projection):
    events, recording = chain(7, 1300)
    run(projection, recording)
    before = dump(projection)
    _, other = fork(events, recording, 17)
    for _ in range(2):
        with pytest.raises(Broken, match="replaced more than 16 blocks below block"):
            run(projection, other)
    assert dump(projection) == before


def test_a_young_chain_may_be_replaced_from_its_first_block(sqlite_projection):
    _, recording = chain(8, 300)
    run(sqlite_projection, recording)
    events, _ = chain(9, 300)
    moved = stream.heads(events[-1].position.block, "elsewhere")
    there = [
        one._replace(
            position=one.position._replace(
                block_hash=stream.block_hash("elsewhere", one.position.block)
            )
        )
        for one in events
    ]
    other = record(moved, there)
    assert run(sqlite_projection, other).undone == len(recording.heads)
    check(sqlite_projection, there, other)


def test_a_chain_that_changes_while_it_is_read_is_read_again(sqlite_projection):
    events, recording = chain(10, 1000)
    _, other = fork(events, recording, 3)
    honest = source_of(recording)
    torn = replace(honest, logs=source_of(other).logs, last_block=source_of(other).last_block)
    with sqlite_projection.connect() as connection:
        with pytest.raises(Unavailable, match="changed at block"):
            follow.follow(connection, torn, COURSE, Memory())
        follow.follow(connection, honest, COURSE, Memory())
    check(sqlite_projection, events, recording)


def test_a_block_that_does_not_hang_on_the_one_before_is_not_taken(sqlite_projection):
    _, recording = chain(10, 400)
    heads = list(recording.heads)
    heads[-2] = heads[-2]._replace(parent="0x" + "ee" * 32)
    with pytest.raises(Unavailable, match=f"block {heads[-2].number}"):
        run(sqlite_projection, Recording(tuple(heads), recording.logs))


# ---- faults ------------------------------------------------------------------------------------


def test_a_batch_that_breaks_leaves_no_trace_and_no_memory(projection):
    events, recording = chain(11, 900)
    cut = recording.heads[-1].number // 2
    early = record(recording.heads[: cut + 1], [o for o in events if o.position.block <= cut])
    memory = Memory()
    run(projection, early, memory)
    before = dump(projection)
    bad = list(recording.logs)
    at = max(
        place
        for place, one in enumerate(events)
        if isinstance(one.event, e.Transfer) and one.event.sender != one.event.receiver
    )
    bad[at] = bad[at]._replace(data="0x" + "0" * 24 + "f" * 40)
    with pytest.raises(Broken, match="the register is broken at log"):
        run(projection, Recording(recording.heads, tuple(bad)), memory)
    assert dump(projection) == before
    run(projection, recording, memory)
    check(projection, events, recording)


@pytest.mark.parametrize("table", ["block", "event", "history", "lot"])
def test_a_process_killed_in_the_middle_of_a_batch_loses_nothing(sqlite_projection, table):
    events, recording = chain(12, 2000)
    cut = recording.heads[-1].number // 2
    early = record(recording.heads[: cut + 1], [o for o in events if o.position.block <= cut])
    run(sqlite_projection, early)
    before = dump(sqlite_projection)
    sqlite_projection.dispose()
    url = str(sqlite_projection.url)
    child = multiprocessing.get_context("fork").Process(
        target=die_while_writing, args=(url, recording, table)
    )
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    again = tables.open_projection(url)
    assert dump(again) == before
    run(again, recording)
    check(again, events, recording)
    again.dispose()


def die_while_writing(url, recording, table):
    insert = project.insert

    def deadly(connection, into, rows):
        insert(connection, into, rows)
        if into.name == table:
            os.kill(os.getpid(), signal.SIGKILL)

    project.insert = deadly
    run(tables.open_projection(url), recording)


def test_a_full_disk_is_one_sentence_and_with_room_again_nothing_is_missing(sqlite_projection):
    events, recording = chain(15, 2000)
    cut = recording.heads[-1].number // 2
    early = record(recording.heads[: cut + 1], [o for o in events if o.position.block <= cut])
    run(sqlite_projection, early)
    before = dump(sqlite_projection)
    url, memory = str(sqlite_projection.url), Memory()
    with sqlite_projection.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 3}")
        connection.rollback()
        words = "database or disk is full; make room and give the command again"
        with pytest.raises(Unavailable, match=words), tables.plain_faults(url):
            follow.follow(connection, source_of(recording), COURSE, memory)
    assert dump(sqlite_projection) == before
    sqlite_projection.dispose()
    run(sqlite_projection, recording, memory)
    check(sqlite_projection, events, recording)


def test_memory_that_another_process_overtook_is_read_again(sqlite_projection):
    events, recording = chain(13, 1500)
    cut = recording.heads[-1].number // 2
    early = record(recording.heads[: cut + 1], [o for o in events if o.position.block <= cut])
    mine = Memory()
    run(sqlite_projection, early, mine)
    run(sqlite_projection, recording)
    assert run(sqlite_projection, recording, mine).events == 0
    check(sqlite_projection, events, recording)


def test_two_followers_that_hear_of_a_contract_at_the_same_block_number_it_once(sqlite_projection):
    _, recording = chain(3, 200)
    mine, theirs = Memory(), Memory()
    run(sqlite_projection, recording, mine)
    run(sqlite_projection, recording, theirs)
    wider = replace(COURSE, others=("0x" + "ab" * 20,))
    run(sqlite_projection, recording, theirs, wider)
    run(sqlite_projection, recording, mine, wider)  # no block came in between
    assert mine.numbers == theirs.numbers


def test_tables_of_another_version_are_dropped_and_read_anew(projection):
    events, recording = chain(14, 500)
    run(projection, recording)
    with projection.begin() as connection:
        connection.execute(update(tables.meta).values(value="0"))
    tables.prepare(projection)
    assert not any(dump(projection).values())
    run(projection, recording)
    check(projection, events, recording)


def test_a_span_grows_where_little_happens_and_shrinks_where_much_does():
    step = partial(follow._next_span, wanted=1000)
    assert (step(64, 0), step(64, 64_000), step(100, 500)) == (256, 1, 200)
