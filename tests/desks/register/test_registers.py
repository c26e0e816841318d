"""The register of a moment: at a block, at an instant, at a record, with names that follow wallets."""

from datetime import timedelta

import pytest

from freehold.book import issuers
from freehold.chain import signer
from freehold.chain.contracts import call
from freehold.core import ocf
from freehold.core.asset import asset_id
from freehold.core.clock import to_seconds
from freehold.core.errors import Conflict, NotFound
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out
from freehold.desks.platform import establishment
from freehold.desks.register import captables, records, registers
from freehold.desks.register.history import company_record
from freehold.desks.register.records import RecordRequest
from freehold.desks.register.registers import AsOf
from freehold.desks.securities import assets, transfers
from freehold.desks.securities.transfers import TransferRequest
from tests.company import NORTHWIND, files_of
from tests.core.ocf.worlds import issuance, package


def units(office, as_of=None):
    (report,) = registers.registers(office, None, "common", as_of)
    return {row.holder: row.units for row in report.rows}


def sell(office, key):
    asked = TransferRequest("common", "priya-raman", "jonas-keller", 1_000, key)
    assert transfers.transfer(office, orders.agent(office), asked).allowed


def test_a_record_keeps_the_register_of_its_instant_whatever_comes_later(company):
    before = units(company)
    instant = now_on_chain(company) + timedelta(days=1)
    asked = RecordRequest("common", instant, "record")
    record = records.announce(company, orders.agent(company), asked).number
    set_clock(company, to_seconds(instant) + 60)
    sell(company, "after the record")
    block = company.w3.eth.block_number
    assert units(company, AsOf(record=record)) == units(company, AsOf(instant=instant)) == before
    assert units(company, AsOf(block=block - 1)) == before
    now = units(company, AsOf(block=block))
    assert now == units(company) != before
    assert int(now["Priya Raman"]) == int(before["Priya Raman"]) - 1_000


def test_a_record_that_nobody_set_is_not_found(company):
    with pytest.raises(NotFound, match="record"):
        units(company, AsOf(record=9))


def test_a_holder_keeps_his_name_and_units_under_a_replaced_wallet(company):
    before = units(company)
    with company.book.reading() as tx:
        owner = issuers.find(tx, None)
        holder = issuers.holder_named(tx, owner.id, "priya-raman")
    new = signer.from_mnemonic(signer.new_mnemonic(), 0).address
    agent, second = company.keys.agent, company.keys.second
    data = call("Holders", "propose_recovery", holder.wallet, new, 1, b"\x05" * 32)
    carry_out(company, "recover", [Asked(agent, owner.register, data, "propose", "1")])
    set_clock(company, to_seconds(now_on_chain(company)) + 4 * 86_400)
    data = call("Holders", "recover", holder.wallet)
    carry_out(company, "recover", [Asked(second, owner.register, data, "recover", "2")])
    assert units(company) == before
    (report,) = registers.registers(company, None, "common")
    assert new in {row.wallet for row in report.rows if row.holder == "Priya Raman"}
    assert registers.verify(company).ok


def test_the_title_of_a_company_stays_while_units_against_it_exist(company):
    (title,) = assets.titles(company, None)
    file = ocf.read(files_of(NORTHWIND))
    assert title.id == asset_id(company_record(file.issuer))
    assert title.units_against == 3_168_000 + 875_000 + 1_400_000
    agent = company.keys.agent
    assert title.owner == agent.address
    address = establishment.platform(company)["Assets"]
    to = company.keys.second.address
    data = call("Assets", "transferFrom", agent.address, to, int(title.number, 16))
    with pytest.raises(Conflict, match="move the title did not happen"):
        carry_out(company, "title", [Asked(agent, address, data, "move the title", "1")])
    assert assets.titles(company, None)[0].owner == agent.address


def test_nothing_to_verify_is_told_so(empty):
    with pytest.raises(NotFound, match="nothing to verify yet: import a cap table first"):
        registers.verify(empty)


def test_two_issuers_on_one_ledger_have_to_be_named(company):
    files = package([issuance("A", "2024-06-03", "ann", "10")])
    captables.import_company(company, files)
    with pytest.raises(Conflict, match="there are several issuers, name one: "):
        registers.registers(company, None)
    (report,) = registers.registers(company, "company")
    assert [row.units for row in report.rows] == ["10"]
    assert registers.verify(company).ok
