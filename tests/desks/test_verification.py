"""Verification finds the one figure that differs, wherever it is asked."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import update

from freehold import config
from freehold.chain.logs import source_of_node
from freehold.core import events as e
from freehold.core.errors import Broken, Conflict, Unavailable
from freehold.core.facts import tombstone
from freehold.desks import captables, office
from freehold.desks.verification import answers_of_node, verify
from freehold.doors.bench import stream
from freehold.indexer import follow, tables
from freehold.indexer.memory import Memory
from freehold.indexer.reconcile import Answers, reconcile
from freehold.indexer.recording import record, source_of
from tests.core import naive_register as naive
from tests.parts import ROOT

COURSE = follow.Course((stream.HOLDERS,))


@pytest.fixture(scope="module")
def events():
    found = list(stream.stream(21, 25, 1500))
    return [one for one in found if one.position.block < found[-1].position.block]


@pytest.fixture(scope="module")
def source(events):
    return source_of(record(stream.heads(events[-1].position.block), events))


@pytest.fixture(scope="module")
def answers(events):
    """What contracts that logged these events would answer, worked out the slow way."""
    accounts = naive.account_of(events)
    units = {token: naive.units(events, token) for token in stream.TOKENS}
    lots = {token: naive.lots(events, token) for token in stream.TOKENS}
    facts, terms = {}, {}
    for _, contract, event in events:
        if isinstance(event, e.Admitted | e.FactsSet):
            facts[event.wallet] = event.facts
        if isinstance(event, e.Replaced):
            facts[event.new_wallet] = facts[event.old_wallet]
            facts[event.old_wallet] = tombstone(event.new_wallet)
        if isinstance(event, e.VintageOpened):
            terms[contract, event.vintage] = event.terms
    return Answers(
        lambda token: sum(units[token].values()),
        lambda token, wallets: [units[token].get(accounts[wallet], 0) for wallet in wallets],
        lambda token, numbers: [
            [v << 96 | held for (account, v), held in lots[token].items() if account == number]
            for number in numbers
        ],
        lambda token, numbers: [terms[token, number] for number in numbers],
        lambda wallets: [facts[wallet] for wallet in wallets],
    )


@pytest.fixture
def projection(tmp_path, source):
    engine = tables.open_projection(f"sqlite:///{tmp_path}/index.db")
    with engine.connect() as connection:
        follow.follow(connection, source, COURSE, Memory())
    yield engine
    engine.dispose()


def test_a_register_that_agrees_everywhere_is_verified_figure_by_figure(
    source, answers, projection, events
):
    with projection.connect() as connection:
        found = verify(source, COURSE, lambda *_: answers, connection)
        assert reconcile(connection, answers).differences == []
    assert found.ok
    assert found.events == len(events)
    holders = Counter({t: len(naive.units(events, t)) for t in stream.TOKENS}).total()
    assert found.counts == {
        "wallets": len(naive.account_of(events)) - 1,
        "supplies": 4,
        "vintages": 12,
        "balances": holders,
        "lots": holders,
        "projection lines": holders,
        "projection supplies": 2,
        "projection vintages": 2,
    }


def one_off(values):
    return [*values[:-1], values[-1] + 1]


LIES = {
    "supply": lambda a: replace(a, supply=lambda token: a.supply(token) + 1),
    "balance": lambda a: replace(a, balances=lambda t, w: one_off(a.balances(t, w))),
    "lots": lambda a: replace(a, lots=lambda t, n: [*a.lots(t, n)[:-1], [1 << 96 | 5]]),
    "vintage 6": lambda a: replace(a, vintages=lambda t, n: one_off(a.vintages(t, n))),
    "word of facts": lambda a: replace(a, facts=lambda w: one_off(a.facts(w))),
}


@pytest.mark.parametrize("what", LIES)
def test_one_wrong_answer_is_found_and_named(source, answers, projection, what):
    found = verify(source, COURSE, lambda *_: LIES[what](answers))
    assert not found.ok
    assert what in {difference.what for difference in found.differences}
    assert "on the chain" in str(found.differences[0])
    if what != "word of facts":
        with projection.connect() as connection, pytest.raises(Broken, match="differs from"):
            reconcile(connection, LIES[what](answers))


def test_a_changed_row_of_the_projection_is_found(source, answers, projection):
    with projection.begin() as connection:
        connection.execute(
            update(tables.history).where(tables.history.c.account == 3).values(units="77")
        )
    with projection.connect() as connection:
        found = verify(source, COURSE, lambda *_: answers, connection)
    assert {(one.asked, one.what) for one in found.differences} == {("projection", "line")}
    assert all("account 3" in one.where for one in found.differences)


def test_a_projection_that_lags_behind_is_told_so(source, answers, tmp_path):
    engine = tables.open_projection(f"sqlite:///{tmp_path}/lag.db")
    with engine.connect() as connection:
        follow.advance(connection, source, COURSE, Memory(), 5)
        with pytest.raises(Conflict, match="stands at block 4, not"):
            verify(source, COURSE, lambda *_: answers, connection)
    engine.dispose()


def test_a_chain_that_changes_meanwhile_verifies_nothing(source, answers):
    asked = []

    def heads(numbers):
        asked.append(numbers)
        last = numbers == [source.last_block()] and len(asked) > 2
        return [h._replace(block_hash="0x") if last else h for h in source.heads(numbers)]

    with pytest.raises(Unavailable, match="was replaced while it was verified"):
        verify(replace(source, heads=heads), COURSE, lambda *_: answers)


def test_a_company_on_a_real_ledger_is_verified_against_its_contracts(tmp_path):
    """The contracts themselves, on the embedded ledger, after an import with splits and all."""
    set_up = config.load(
        environment={"FREEHOLD_HOME": str(tmp_path), "FREEHOLD_SECOND_SIGNER": "local"}
    )
    office.create_local_ledger(tmp_path, simulated_clock=True)
    with office.open_office(set_up) as opened:
        folder = ROOT / "examples/northwind-optics"
        files = {file.name: file.read_text() for file in sorted(folder.glob("*.json"))}
        made = captables.import_company(opened, files)
        course = follow.Course((made.established.issuer.register,))
        source = source_of_node(opened.w3)
        with opened.index.connect() as connection:
            follow.follow(connection, source, course, Memory())
            found = verify(source, course, lambda *at: answers_of_node(opened.w3, *at), connection)
            (first, *_) = verify(
                source,
                course,
                lambda *at: LIES["balance"](answers_of_node(opened.w3, *at)),
                connection,
            ).differences
    assert found.ok, found.differences
    assert found.counts["balances"] >= 10
    assert first.what == "balance"
