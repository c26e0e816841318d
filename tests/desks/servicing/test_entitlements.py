"""Two ways to the holdings of a record on the real ledger, and what happens if they differ."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from freehold.core.clock import to_seconds
from freehold.core.errors import Broken, Conflict
from freehold.desks import parties
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.register import records
from freehold.desks.register.records import RecordRequest
from freehold.desks.servicing import entitlements
from freehold.indexer import tables
from tests.company import sell


def test_register_and_chain_agree_on_a_record_and_a_difference_stops_everything(company):
    _, common = parties.instrument(company, None, "common")
    instant = now_on_chain(company) + timedelta(days=1)
    asked = RecordRequest("common", instant, "dividend")
    found = records.announce(company, orders.agent(company), asked)
    with pytest.raises(Conflict, match="has not passed"):
        entitlements.holdings(company, common.token, found.number)
    assert sell(company, "priya-raman", "jonas-keller", 10, "before").instruction
    set_clock(company, to_seconds(instant + timedelta(days=1)))
    assert sell(company, "priya-raman", "jonas-keller", 20, "after").instruction

    held = entitlements.holdings(company, common.token, found.number)
    agreed = entitlements.require_agreement(company, common.token, found.number)
    assert agreed.accounts >= len(held.accounts) > 3
    assert agreed.units >= held.total > 0
    with company.index.connect() as view:
        now = dict(tables_units(view))
    assert dict(zip(held.accounts, held.units, strict=True)) != now

    with company.index.begin() as writing:
        moved = tables.history.c.account == held.accounts[0]
        writing.execute(update(tables.history).where(moved).values(units="1"))
    with pytest.raises(Broken, match="account .* held 1 units in the register"):
        entitlements.require_agreement(company, common.token, found.number)


def tables_units(view):
    return view.execute(tables.units_after(2)).all()
