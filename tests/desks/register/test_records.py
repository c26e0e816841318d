"""Record instants are announced ahead, numbered, and listed."""

from datetime import timedelta

import pytest

from freehold.core.errors import Invalid
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.register import records
from freehold.desks.register.records import RecordRequest


@pytest.fixture(scope="module")
def company(shared_company):
    return shared_company


def announce(office, instant, key, named="common", **given):
    asked = RecordRequest(named, instant, key)
    return records.announce(office, orders.agent(office), asked, **given)


def test_a_record_is_announced_once_under_a_key_and_listed(company):
    instant = now_on_chain(company) + timedelta(days=1)
    first = announce(company, instant, "one")
    assert (first.act.ended, first.number) == (Ended.DONE, 1)
    assert announce(company, instant, "one") == first
    second = announce(company, instant + timedelta(days=1), "two")
    assert second.number == 2
    found = records.records(company, None, "CS")
    assert [(one.class_id, one.number, one.passed) for one in found] == [
        ("common", 1, False),
        ("common", 2, False),
    ]
    assert records.records(company, None, "series-seed") == []


def test_an_instant_that_has_passed_is_refused(company):
    with pytest.raises(Invalid, match="has passed: a record is announced ahead"):
        announce(company, now_on_chain(company), "late")


def test_an_instant_before_an_announced_one_is_refused(company):
    instant = now_on_chain(company) + timedelta(days=2)
    announce(company, instant, "one", "series-a")
    with pytest.raises(Invalid, match="record 1 of series-a comes at .*choose a later instant"):
        announce(company, instant - timedelta(days=1), "two", "series-a")


def test_a_dry_run_announces_nothing(company):
    found = announce(
        company, now_on_chain(company) + timedelta(days=1), "dry", "series-seed", dry_run=True
    )
    assert (found.act.ended, found.number) == (Ended.TRIED, 0)
    assert records.records(company, None, "series-seed") == []
