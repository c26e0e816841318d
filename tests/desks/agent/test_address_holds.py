"""How long a change of address holds payments: dated periods of an issuer; a change keeps its own."""

from datetime import timedelta

import pytest

from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.desks import parties, permits
from freehold.desks.agent import address_holds, registrations

AGENT = permits.keyholder()


def test_a_change_takes_the_period_of_its_day_with_it(company):
    today = company.clock.now().date()
    who = "tobias-brandt"

    def move(line):
        return registrations.move(company, AGENT, None, who, [line])

    def held():
        one = move("another road")
        return (one.held_until - one.at).days if one.held_until else 0

    move("1 Road")
    assert held() == address_holds.USUAL
    address_holds.set_period(company, AGENT, None, 30, today)
    assert held() == 30
    found = address_holds.set_period(company, AGENT, None, 0, today + timedelta(days=1))
    assert [(one.days, one.since) for one in found] == [
        (10, None),
        (30, today),
        (0, today + timedelta(days=1)),
    ]
    assert held() == 30  # tomorrow's period has not begun
    with company.book.reading() as tx:
        owner = parties.owner(company, None).id
        assert not address_holds.on(tx, owner, today + timedelta(days=2))
    with pytest.raises(Conflict, match="begin after it"):
        address_holds.set_period(company, AGENT, None, 5, today)
    with pytest.raises(Invalid, match="0 to 365"):
        address_holds.set_period(company, AGENT, None, 366, today)
    with pytest.raises(Invalid, match="has passed"):
        address_holds.set_period(company, AGENT, None, 5, today - timedelta(days=1))
    with pytest.raises(NotPermitted):
        address_holds.set_period(company, permits.operator(), None, 5, today)
