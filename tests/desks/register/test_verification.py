"""Verification finds the one figure that differs, wherever it is asked."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from freehold import config
from freehold.chain.logs import source_of_node
from freehold.core import events as e
from freehold.core.errors import Conflict, Unavailable
from freehold.core.facts import replaced_by, tombstone, unpack_facts
from freehold.desks import office
from freehold.desks.register import captables
from freehold.desks.register.verification import answers_of_node, verify
from freehold.doors.bench import stream
from freehold.indexer import follow, tables
from freehold.indexer import tables as t
from freehold.indexer.memory import Memory
from freehold.indexer.reconcile import Answers, Group, Totals
from freehold.indexer.recording import record, source_of
from tests.core import naive_register as naive
from tests.parts import ROOT

COURSE = follow.Course((stream.HOLDERS,))
GROUPS = ((0, frozenset({1, 2, 3})), (5, frozenset({4})))


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
    frozen, stopped = naive.freezes(events)
    facts, records, terms = {}, {}, {}
    for _, contract, event in events:
        if isinstance(event, e.Admitted | e.FactsSet):
            facts[event.wallet] = event.facts
        if isinstance(event, e.Replaced):
            facts[event.new_wallet] = facts[event.old_wallet]
            facts[event.old_wallet] = tombstone(event.new_wallet)
        if isinstance(event, e.VintageOpened):
            terms[contract, event.vintage] = event.terms
        if isinstance(event, e.RecordAnnounced):
            records[contract, event.record] = event.instant
    class_of = {
        accounts[wallet]: unpack_facts(word).holder_class
        for wallet, word in facts.items()
        if not replaced_by(word)
    }

    def persons(token, classes):
        held = {one for one in units[token] if class_of[one] in classes}
        return len({naive.person_of(events, account) for account in held})

    def totals(token):
        groups = [Group(place, classes, persons(token, classes)) for place, classes in GROUPS]
        return Totals(sum(units[token].values()), persons(token, range(32)), groups)

    def word(token, account):
        slots = sum(held == account for held, _ in lots[token])
        stop = (token, account) in stopped
        return (
            units[token].get(account, 0)
            | frozen.get((token, account), 0) << 96
            | ((1 << slots) - 1) << 192
            | stop << 216
        )

    return Answers(
        lambda: max(accounts.values()),
        totals,
        lambda token, numbers: [word(token, number) for number in numbers],
        lambda token, wallets: [units[token].get(accounts[wallet], 0) for wallet in wallets],
        lambda token, numbers: [
            [v << 96 | held for (account, v), held in lots[token].items() if account == number]
            for number in numbers
        ],
        lambda token, numbers: [terms[token, number] for number in numbers],
        lambda token, numbers: [records[token, number] for number in numbers],
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
    assert found.differences == []
    assert found.events == len(events)
    accounts = max(naive.account_of(events).values())
    holders = Counter({t: len(naive.units(events, t)) for t in stream.TOKENS}).total()
    in_lots = len({(t, one) for t in stream.TOKENS for one, _ in naive.lots(events, t)})
    records = len([one for _, _, one in events if isinstance(one, e.RecordAnnounced)])
    frozen, stopped = naive.freezes(events)
    assert min(in_lots, records, len(frozen), len(stopped)) > 0
    assert found.counts == {
        "accounts": 1,
        "wallets": len(naive.account_of(events)) - 1,
        "supplies": 6,
        "holder counts": 2,
        "group counts": 4,
        "vintages": 12,
        "records": records,
        "units": 2 * accounts,
        "frozen units": 2 * accounts,
        "stops": 2 * accounts,
        "balances": holders,
        "lots": in_lots,
        "projection accounts": accounts,
        "projection persons": found.counts["projection persons"],
        "projection supplies": 2,
        "projection vintages": 12,
        "projection records": records,
        "projection units": holders,
        "projection frozen units": len(frozen),
        "projection lots": in_lots,
        "projection stops": len(stopped),
        "projection lines": holders,
    }


def one_off(values):
    return [*values[:-1], values[-1] + 1]


def misstated(**changed):
    return lambda a: replace(a, totals=lambda token: a.totals(token)._replace(**changed))


def misworded(change):
    return lambda a: replace(
        a, words=lambda t, n: [*a.words(t, n)[:2], change(a.words(t, n)[2]), *a.words(t, n)[3:]]
    )


ALL, FEW = stream.TOKENS[1], frozenset({1, 2})
LIES = {
    "last account": (lambda a: replace(a, last_account=lambda: 7), stream.HOLDERS),
    "supply": (misstated(supply=1), ALL),
    "sum of holdings": (misstated(supply=1), ALL),
    "holders": (misstated(holders=3), ALL),
    "persons in group 5": (misstated(groups=[Group(5, FEW, 999)]), ALL),
    "units": (misworded(lambda word: word + 1), f"{ALL} account 3"),
    "units outstanding": (misworded(lambda word: word + 1), ALL),
    "frozen units": (misworded(lambda word: word + (1 << 96)), f"{ALL} account 3"),
    "stopped": (misworded(lambda word: word ^ 1 << 216), f"{ALL} account 3"),
    "balance": (lambda a: replace(a, balances=lambda t, w: one_off(a.balances(t, w))), "account"),
    "lots": (
        lambda a: replace(a, lots=lambda t, n: [*a.lots(t, n)[:-1], [1 << 96 | 5]]),
        "account",
    ),
    "vintage 6": (lambda a: replace(a, vintages=lambda t, n: one_off(a.vintages(t, n))), ALL),
    "record 1": (lambda a: replace(a, records=lambda t, n: [1, *a.records(t, n)[1:]]), ALL),
    "word of facts": (lambda a: replace(a, facts=lambda w: one_off(a.facts(w))), "wallet 0x"),
}


@pytest.mark.parametrize("what", LIES)
def test_one_wrong_answer_is_found_and_named(source, answers, what):
    lie, where = LIES[what]
    found = verify(source, COURSE, lambda *_: lie(answers))
    named = [one for one in found.differences if one.what == what]
    assert any(where in one.where for one in named), found.differences
    assert all("on the chain" in str(one) for one in found.differences)


PLANTED = {
    "units": (t.history, {"units": "77"}, "account 3"),
    "frozen units": (t.freeze, {"units": "77"}, "account"),
    "stopped": (t.freeze, {"stopped": True}, "account"),
    "lots": (t.lot, {"units": "77"}, "account"),
    "vintage 2": (t.vintage, {"terms": "77"}, ""),
    "record 1": (t.record, {"instant": 77}, ""),
    "issued and redeemed": (t.supply, {"redeemed": "77"}, ""),
    "account": (t.account, {"facts": "77"}, "account 3"),
    "accounts of the person": (t.account, {"person": "3 4"}, "account 3"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_changed_row_of_the_projection_is_found_and_named(source, answers, projection, what):
    table, changed, where = PLANTED[what]
    rows = update(table).values(**changed)
    if where == "account 3":
        rows = rows.where(table.c.account == 3)
    with projection.begin() as connection:
        assert connection.execute(rows).rowcount
    with projection.connect() as connection:
        found = verify(source, COURSE, lambda *_: answers, connection)
    assert {one.asked for one in found.differences} == {"projection"}
    named = [one for one in found.differences if one.what == what]
    assert named and all(where in one.where for one in named), found.differences
    assert "in the projection" in str(named[0])


def test_a_row_that_is_missing_is_found_and_named(source, answers, projection):
    for table, what in ((t.position, "units"), (t.lot, "lots"), (t.freeze, "frozen units")):
        with projection.connect() as connection:
            connection.execute(delete(table))
            found = verify(source, COURSE, lambda *_: answers, connection)
            connection.rollback()
        missing = [one for one in found.differences if one.what == what]
        assert missing and all(one.other == "nothing" for one in missing)


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
                lambda *at: LIES["balance"][0](answers_of_node(opened.w3, *at)),
                connection,
            ).differences
    assert found.ok, found.differences
    assert found.counts["balances"] >= 10
    assert first.what == "balance"
