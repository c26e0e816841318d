"""The control report: the three books agree, and a planted difference is found, kept and resolved."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from freehold.book import issuers
from freehold.core import control
from freehold.core.clock import from_seconds
from freehold.core.control import Named, OfBook, OfChain
from freehold.core.errors import Broken, NotFound, NotPermitted
from freehold.core.restraints import RestraintKind
from freehold.core.standing import Line
from freehold.desks import permits
from freehold.desks.agent import controls, restraints
from freehold.desks.agent.restraints import PlaceRequest
from freehold.desks.platform import auditing
from tests.company import sell

AGENT = permits.keyholder()
OTHER, NOW = "0x" + "22" * 20, from_seconds(1)


def test_chain_projection_and_book_of_the_example_agree(company):
    found = controls.report_as(company, AGENT, None)
    assert found.ok and found.instruments
    for one in found.instruments:
        assert one.issued - one.redeemed == one.supply == one.outstanding + one.treasury
        assert one.free + one.locked + one.frozen == one.outstanding
        assert one.supply <= one.authorised
    assert [kept.ok for kept in controls.history(company, AGENT, None)] == [True]


def test_a_past_block_is_reported_as_it_was_and_not_kept(company):
    before = controls.report_as(company, AGENT, None)
    sell(company, "priya-raman", "jonas-keller", 10, "one")
    again = controls.report_as(company, AGENT, None, before.block)
    assert again.instruments == before.instruments
    assert len(controls.history(company, AGENT, None)) == 1
    with pytest.raises(NotFound, match="no block"):
        controls.report_as(company, AGENT, None, 10**9)


def test_an_entry_altered_in_the_projection_is_found(company):
    assert controls.report_as(company, AGENT, None).ok
    with company.index.begin() as view:
        row = view.execute(
            text(
                "SELECT token, account, block, log, units FROM history"
                " ORDER BY block DESC, log DESC, account"
            )
        ).first()
        view.execute(
            text(
                "UPDATE history SET units = :u WHERE token = :t AND account = :a AND block = :b"
                " AND log = :l"
            ),
            {
                "u": str(int(row.units) + 1),
                "t": row.token,
                "a": row.account,
                "b": row.block,
                "l": row.log,
            },
        )
    found = controls.report_as(company, AGENT, None)
    assert not found.ok
    (said,) = [words for one in found.instruments for words in one.differences]
    assert "positions add up to" in said
    assert [one.resolved_at for one in controls.differences(company, AGENT, None)] == [None]
    with company.index.begin() as view:
        view.execute(
            text(
                "UPDATE history SET units = :u WHERE token = :t AND account = :a AND block = :b"
                " AND log = :l"
            ),
            {"u": row.units, "t": row.token, "a": row.account, "b": row.block, "l": row.log},
        )
    assert controls.report_as(company, AGENT, None).ok
    assert all(one.resolved_at for one in controls.differences(company, AGENT, None))
    ended = [link.entry.outcome for link in auditing.page(company, AGENT, None, 9)]
    assert "FAILED" in ended and "DONE" in ended


def test_a_lock_that_the_chain_does_not_hold_is_a_difference(company):
    done = restraints.place(
        company,
        AGENT,
        PlaceRequest(
            "priya-raman", RestraintKind.PLEDGE, "ab" * 32, "Bank", "", "common", "5", lock=True
        ),
    )
    assert controls.report_as(company, AGENT, None).ok
    with company.book.transaction() as tx:
        tx.execute(
            text("UPDATE restraint SET units = '500000' WHERE id = :i"), {"i": done.restraint.id}
        )
    found = controls.report_as(company, AGENT, None)
    assert any("the book locks 500000" in w for one in found.instruments for w in one.differences)


def test_every_difference_has_its_own_sentence():
    named, chain = Named("0x1", "a", "A", "A", 0), OfChain(10, 12)
    lines = [Line(1, "0xa", 0, 5), Line(2, "0xb", 0, 8, 3)]
    book = OfBook(frozenset({1}), {1: [None], 2: [2, 2]})
    found = control.control(named, chain, lines, (11, 0), book, 0)
    assert len(found.differences) == 6
    assert control.control(named, OfChain(20, 13), lines[:1], (5, 0), book, 0).differences
    hundredths = replace(named, decimals=2)
    said = control.control(hundredths, OfChain(2000, 1300), [], (1300, 0), book, 0).differences
    assert said == ("positions add up to 0 units, the contract has 13",)


def test_the_worker_makes_one_a_day(company):
    assert controls.make_due(company) == 1
    assert controls.make_due(company) == 0

    class Tomorrow:
        def now(self):
            return company.clock.now() + timedelta(days=1, seconds=1)

    assert controls.make_due(replace(company, clock=Tomorrow())) == 1
    with pytest.raises(NotPermitted):
        controls.history(company, permits.operator(), None)


def test_an_issuer_whose_report_cannot_be_made_hinders_no_other(company, monkeypatch):
    with company.book.transaction() as tx:
        first = issuers.find(tx, None)
        issuers.add(tx, replace(first, id="a-second", name="Second", register=OTHER), NOW)
    made, broken = controls._made, [OTHER]

    def makes(office, owner, block):
        if owner.register in broken:
            raise Broken("its records contradict each other")
        return made(office, owner, block)

    monkeypatch.setattr(controls, "_made", makes)
    assert controls.make_due(company) == 1 and controls.make_due(company) == 0
    assert [one.ok for one in controls.history(company, AGENT, first.id)] == [True]
    assert controls.failed(company, AGENT, first.id) is None
    failed = controls.failed(company, AGENT, "a-second")
    assert failed and failed.why == "its records contradict each other"
    assert controls.history(company, AGENT, "a-second") == []
    broken.clear()
    assert controls.make_due(company) == 0  # the next day, or by hand
    controls.report_as(company, AGENT, "a-second")
    assert controls.failed(company, AGENT, "a-second") is None
