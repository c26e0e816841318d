"""Statements of holders: the sums agree with the chain, and nobody sees another's."""

from datetime import timedelta

import pytest

from freehold.core import statement as paper
from freehold.core.clock import parse, to_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.core.units import parse_units
from freehold.desks.agent import statements
from freehold.desks.agent.statements import StatementRequest
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.onboarding import holders
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
