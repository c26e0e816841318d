"""Statements of holders: the sums agree with the chain, and nobody sees another's."""

from dataclasses import replace
from datetime import timedelta

import pytest

from freehold.core import statement as paper
from freehold.core.clock import from_seconds, parse, to_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.core.restraints import RestraintKind
from freehold.core.units import parse_units
from freehold.desks import permits
from freehold.desks.agent import restraints, statements
from freehold.desks.agent.restraints import PlaceRequest
from freehold.desks.agent.statements import StatementRequest
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.doors.papers import statement as sheet
from tests.company import sell


def test_a_statement_opens_moves_and_closes_to_the_unit(shared_company):
    office = shared_company
    found = statements.statement_of(office, StatementRequest("priya-raman"))
    assert found.accounts
    held = {one.class_id: one for one in holders.holder(office, None, "priya-raman").holdings}
    for account in found.accounts:
        units = parse_units(account.opening, 18) + sum(_signed(m.change) for m in account.movements)
        assert units == parse_units(account.closing, 18)
        parts = (account.free, account.locked, account.frozen)
        assert sum(parse_units(part, 18) for part in parts) == units
        assert account.movements[-1].balance == account.closing
        assert parse_units(account.closing, held[account.class_id].decimals) == (
            held[account.class_id].units
        )


def _signed(text):
    return parse_units(text.lstrip("-"), 18) * (-1 if text.startswith("-") else 1)


def test_what_came_before_the_period_is_the_opening(company):
    assert sell(company, "priya-raman", "jonas-keller", 1_000, "one").instruction
    at = now_on_chain(company) + timedelta(days=1)
    set_clock(company, to_seconds(at))
    assert sell(company, "priya-raman", "jonas-keller", 250, "two").instruction
    asked = StatementRequest("jonas-keller", opened=at - timedelta(hours=1))
    (common,) = (
        one for one in statements.statement_of(company, asked).accounts if one.class_id == "common"
    )
    assert [one.change for one in common.movements] == ["250"]
    assert common.movements[0].what == "sale, received"
    assert parse_units(common.closing, 0) == parse_units(common.opening, 0) + 250
    assert parse_units(common.opening, 0) >= 1_000


def test_the_same_statement_has_the_same_digest_and_another_one_another(shared_company):
    asked = StatementRequest("priya-raman", closed=now_on_chain(shared_company))
    one = statements.statement_of(shared_company, asked)
    assert one == statements.statement_of(shared_company, asked)
    assert paper.sealed(one).digest == one.digest
    other = statements.statement_of(shared_company, StatementRequest("northgate-seed"))
    assert other.digest != one.digest


def test_a_period_that_ends_before_it_begins_or_has_not_passed_is_refused(shared_company):
    late = now_on_chain(shared_company) + timedelta(days=400)
    with pytest.raises(Conflict, match="has not passed"):
        statements.statement_of(shared_company, StatementRequest("priya-raman", closed=late))
    asked = StatementRequest("priya-raman", opened=parse("2026-01-02"), closed=parse("2026-01-01"))
    with pytest.raises(Invalid, match="before it begins"):
        statements.statement_of(shared_company, asked)


def test_a_restraint_that_no_block_follows_stands_on_the_statement_of_now(company):
    def told(closed=None):
        asked = StatementRequest("priya-raman", closed=closed)
        (one,) = (
            o for o in statements.statement_of(company, asked).accounts if o.class_id == "common"
        )
        return [each.kind for each in one.restraints]

    began = from_seconds(to_seconds(company.clock.now()))
    nothing, agent = told(), permits.keyholder()
    stop = PlaceRequest("priya-raman", RestraintKind.STOP, "ab" * 32)
    placed = restraints.place(company, agent, stop).restraint
    assert nothing == [] and told() == ["stop"]
    released = began + timedelta(days=2)

    class Later:
        def now(self):
            return released

    restraints.release(replace(company, clock=Later()), agent, placed.id, "cd" * 32)
    set_clock(company, to_seconds(began + timedelta(days=9)))
    company.w3.provider.make_request("evm_mine", [])
    assert told(began) == [] and told(began + timedelta(days=1)) == ["stop"]
    assert told(released) == ["stop"] and told(released + timedelta(seconds=1)) == [] == told()


def test_lots_and_restraints_are_rows_of_the_csv(company):
    pledge = PlaceRequest(
        "priya-raman", RestraintKind.PLEDGE, "ab" * 32, "=cmd()", "", "common", "1000"
    )
    restraints.place(company, permits.keyholder(), pledge)
    text = sheet.as_csv(statements.statement_of(company, StatementRequest("priya-raman")))
    rows = [line for line in text.splitlines() if ",restraint," in line]
    assert len(rows) == 1 and '"pledge, until released",,1000' in rows[0] and "cmd" not in text
    lots = [one for one in holders.holders(company, None) if one.id == "northgate-seed"]
    seed = sheet.as_csv(statements.statement_of(company, StatementRequest(lots[0].id)))
    assert ",lot," in seed + text
