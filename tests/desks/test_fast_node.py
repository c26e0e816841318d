"""The same import on the embedded ledger and on anvil: the same register for the same gas."""

import shutil
from datetime import date

import pytest
from sqlalchemy import select

from freehold import config
from freehold.book import schema
from freehold.chain import node
from freehold.desks import ledgers
from freehold.desks.office import now_on_chain
from freehold.desks.register import captables, registers
from tests.company import office_of
from tests.core.ocf.worlds import deed, issuance, package

PAST = [
    issuance("A", "2021-01-04", "ann", "1000"),
    issuance("B", "2021-02-04", "ben", "300"),
    deed("STOCK_TRANSFER", "T", "2021-03-01", security_id="A", quantity="400",
         resulting_security_ids=["C"], balance_security_id="D"),
    issuance("C", "2021-03-01", "cid", "400"),
    issuance("D", "2021-03-01", "ann", "600"),
    deed("STOCK_CANCELLATION", "X", "2021-04-01", security_id="B", quantity="300"),
]  # fmt: skip


@pytest.fixture
def anvil_home(tmp_path):
    home = tmp_path / "anvil-home"
    (home / "anvil").mkdir(parents=True)
    (home / "anvil" / "engine").symlink_to(config.load().home / "anvil" / "engine")
    settings = config.load(environment={"FREEHOLD_HOME": str(home)})
    ledgers.start_fast(settings, 0)
    yield home
    ledgers.stop_fast(settings)


def outcome(office):
    """Holdings, whether all is verified, and the gas of every act by its verb and key."""
    captables.import_company(office, package(PAST))
    with office.book.reading() as tx:
        of = schema.instruction.c
        done = tx.execute(select(of.what, of.mined_hash).order_by(of.number)).all()
    gas = [(what, office.w3.eth.get_transaction_receipt(at)["gasUsed"]) for what, at in done]
    held = registers.holdings_on(office, None, now_on_chain(office).date())
    assert registers.holdings_on(office, None, date(2021, 2, 10)) == {
        "common": {"ann": 1000, "ben": 300}
    }
    return held, registers.verify(office).ok, gas


@pytest.mark.needs("anvil")
def test_an_import_on_the_fast_node_ends_in_the_same_register_for_the_same_gas(
    anvil_home, tmp_path
):
    with office_of(anvil_home, ledger="anvil") as office:
        fast = outcome(office)
    (tmp_path / "embedded").mkdir()  # the same keys: a zero byte of an address is cheaper
    shutil.copy(anvil_home / "local-keys", tmp_path / "embedded")
    with office_of(tmp_path / "embedded") as office:
        embedded = outcome(office)
    node.stop(tmp_path / "embedded")
    assert fast[:2] == embedded[:2] == ({"common": {"ann": 600, "cid": 400}}, True)
    assert fast[2] == embedded[2]
