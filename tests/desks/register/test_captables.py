"""A cap table becomes a register that equals it, once, whatever happens on the way."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from freehold.book import issuers, schema, settings
from freehold.chain import contracts, node
from freehold.chain.contracts import call
from freehold.core import captable, clock, ocf
from freehold.core.acts import Issue
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import Address
from freehold.desks.office import create_local_ledger, now_on_chain
from freehold.desks.outbox import following
from freehold.desks.outbox.carrying import Asked, carry_out
from freehold.desks.register import captables, registers
from freehold.indexer import tables
from tests.company import NORTHWIND, files_of, office_of
from tests.core.ocf.worlds import deed, issuance, package, shared, split
from tests.parts import ROOT

CLOSED = 2
SEED = 20261122
FAMILY = [
    issuance("A", "2021-01-04", "ann", "1000"),
    issuance("B", "2021-01-04", "ben", "300") | {"security_law_exemptions": [
        {"description": "Reg D 506(b)", "jurisdiction": "US"}]},
    issuance("C", "2021-06-01", "cid", "50"),
    split("S", "2022-02-01", "2"),
    issuance("D", "2022-03-01", "ann", "7"),
]  # fmt: skip


def blocks(office):
    return office.w3.eth.block_number


def held(office, day):
    """Units by class and holder, classes without any left out."""
    found = registers.holdings_on(office, None, day)
    return {key: line for key, line in found.items() if line}


def implied(files, day):
    table = captables.table_of_files(files, day)
    return {key: line for key, line in captable.holdings(table).items() if line}


def instruction_rows(office):
    with office.book.reading() as tx:
        return tx.execute(select(schema.instruction)).all()


@pytest.mark.parametrize("day", ["2021-03-31", "2022-08-01", "2023-01-31", "2024-06-03"])
def test_the_register_equals_the_file_on_every_legal_day(company, day):
    on = date.fromisoformat(day)
    assert held(company, on) == implied(files_of(NORTHWIND), on) != {}


def test_a_restricted_lot_carries_the_day_it_was_issued_and_keeps_it_when_given_away(company):
    acts = ocf.plan(ocf.read(files_of(NORTHWIND)))
    issued = {str(act.lot.acquired) for act in acts if isinstance(act, Issue)}
    lots = {
        (row.holder, lot.acquired)
        for report in registers.registers(company, None)
        for row in report.rows
        for lot in row.lots
    }
    assert {day for _, day in lots} <= issued
    assert ("Mara Lindqvist", "2021-03-15") in lots
    assert ("Lindqvist Family Trust", "2021-03-15") in lots


def test_a_take_over_is_opened_by_two_persons_and_closed_for_good(company):
    agent, second = company.keys.agent.address, company.keys.second.address
    signed = Counter((row.what, row.sender) for row in instruction_rows(company))
    assert signed["open the take-over", agent] == 3
    assert signed["confirm the take-over", second] == 3
    with company.book.reading() as tx:
        owner = issuers.find(tx, None)
        token = issuers.instrument_named(tx, owner.id, "common").token
        holder = issuers.holder_named(tx, owner.id, "mara-lindqvist")
    assert contracts.read(company.w3, "SecurityToken", token, "take_over") == CLOSED
    row = int(holder.wallet, 16) | 5 << 160
    past = clock.day_number(date(2022, 1, 3))
    late = call("SecurityToken", "issue", b"\x01" * 32, 0, past, [row])
    again = call("SecurityToken", "open_take_over", b"\x02" * 32)
    for number, data in enumerate((late, again)):
        asked = Asked(company.keys.agent, token, data, "go back", f"late {number}")
        with pytest.raises(Conflict, match="go back did not happen: .*(take-over|take_over)"):
            carry_out(company, "late", [asked])


def test_what_was_imported_comes_out_again(company):
    came_out = captables.export_company(company, None)
    parsed = {name: json.loads(text) for name, text in came_out.items()}
    assert parsed == {name: json.loads(text) for name, text in files_of(NORTHWIND).items()}


def test_the_same_files_again_are_no_second_register(company):
    before = blocks(company), len(instruction_rows(company))
    captables.import_company(company, files_of(NORTHWIND))
    assert (blocks(company), len(instruction_rows(company))) == before


def test_other_files_of_the_same_issuer_are_refused_and_change_nothing(company):
    files = files_of(NORTHWIND)
    files["Stakeholders.ocf.json"] = files["Stakeholders.ocf.json"].replace("Tan Wei", "Tan Wai")
    before = blocks(company), len(instruction_rows(company))
    with pytest.raises(Conflict, match="is here already and came from other files: nothing was"):
        captables.import_company(company, files)
    assert (blocks(company), len(instruction_rows(company))) == before
    assert captables.export_company(company, None) == ocf.write(ocf.read(files_of(NORTHWIND)))


BAD = {
    "unknown stakeholder": [issuance("A", "2021-01-04", "zoe", "10")],
    "negative units": [issuance("A", "2021-01-04", "ann", "-10")],
    "fractional units": [issuance("A", "2021-01-04", "ann", "1.123456789012345678901")],
    "not come yet": [issuance("A", "2037-01-04", "ann", "10")],
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_with_a_mistake_changes_nothing(empty, what):
    with pytest.raises(Invalid) as wrong:
        captables.import_company(empty, package(BAD[what]))
    assert wrong.value.mistakes
    assert blocks(empty) == 0
    assert instruction_rows(empty) == []
    with empty.book.reading() as tx:
        assert issuers.issuers(tx) == []
        assert settings.read(tx, f"platform:{empty.chain}") is None
        with pytest.raises(NotFound):
            issuers.source_files(tx, issuers.find(tx, None).id)


@pytest.mark.parametrize(
    ("wallets", "why"),
    [
        ({"ann": "0x" + "11" * 20, "ben": "0x" + "11" * 20}, "stands for another holder too"),
        ({"zoe": "0x" + "11" * 20}, "a wallet for nobody in the file"),
    ],
)
def test_wallets_that_cannot_be_used_are_refused_before_anything_is_sent(empty, wallets, why):
    given = {key: Address(value) for key, value in wallets.items()}
    with pytest.raises(Invalid) as wrong:
        captables.import_company(empty, package(FAMILY), given)
    assert why in str(wrong.value.mistakes[0])
    assert blocks(empty) == 0


@pytest.mark.parametrize("simulated", [True, False])
def test_an_import_killed_at_any_point_and_asked_again_posts_everything_once(tmp_path, simulated):
    home, source = tmp_path / "home", tmp_path / "files"
    source.mkdir()
    for name, text in package(FAMILY).items():
        (source / name).write_text(text)
    create_local_ledger(home, simulated_clock=simulated, seconds=1 if simulated else 0)
    chance = random.Random(SEED + simulated)
    killed = 0
    for _ in range(3):
        point = [str(chance.randint(1, 7)), chance.choice(["before", "after"])]
        command = [sys.executable, "-m", "tests.desks.import_child", str(home), str(source), *point]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
        killed += subprocess.call(command, cwd=ROOT, env=environment) == -signal.SIGKILL
    assert killed >= 2
    with office_of(home) as office:
        captables.import_company(office, files_of(source))
        assert held(office, date(2022, 3, 1)) == {"common": {"ann": 2007, "ben": 600, "cid": 100}}
        assert registers.verify(office).ok
        assert events(office)["Issued"] == 4
        assert events(office)["SplitFinished"] == 1
        assert events(office)["TakeOverClosed"] == 1
    node.stop(home)


def events(office):
    following.bring_up(office)
    with office.index.connect() as connection:
        return Counter(connection.execute(select(tables.chain_event.c.name)).scalars())


REVERSE = [
    issuance("A", "2021-01-04", "ann", "1001"),
    issuance("B", "2021-01-04", "ben", "301"),
    split("S", "2022-02-01", "3"),
    deed("STOCK_TRANSFER", "T", "2022-05-01", security_id="A", quantity="100",
         resulting_security_ids=["A1"], balance_security_id="A2"),
    issuance("A1", "2022-05-01", "cid", "100"),
    issuance("A2", "2022-05-01", "ann", "2903"),
    split("R", "2023-06-01", "1", "10"),
    issuance("D", "2023-07-01", "ben", "7"),
]  # fmt: skip


@pytest.mark.parametrize("items", [FAMILY, REVERSE])
def test_on_a_wall_clock_a_past_split_has_its_own_legal_day(empty, items):
    """Every day about every act, up to today: the chain was written long after all of them."""
    files = package(items)
    captables.import_company(empty, files)
    days = {date.fromisoformat(item["date"]) for item in items}
    days = {day + timedelta(n) for day in days for n in (-1, 0, 1)} | {now_on_chain(empty).date()}
    for on in sorted(days):
        assert held(empty, on) == implied(files, on), on
    assert registers.verify(empty).ok


@pytest.mark.needs("shared")
def test_a_published_example_on_a_wall_clock_equals_what_its_file_implies(empty):
    files = shared("acme_holdings_limited")
    captables.import_company(empty, files)
    today = now_on_chain(empty).date()
    assert held(empty, today) == implied(files, today) != {}
    for on in {act.day for act in ocf.plan(ocf.read(files))}:
        assert held(empty, on) == implied(files, on), on
    assert registers.verify(empty).ok
