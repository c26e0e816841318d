"""One human being with several identities: who says so, of whom, and how it is undone."""

import pytest

from freehold.book import audit
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import Role
from freehold.desks import permits
from freehold.desks.access import access, humans
from freehold.desks.office import Office
from tests.desks.access.test_access import entered


@pytest.fixture
def office(front_desk: Office) -> Office:
    return front_desk


def test_two_identities_are_joined_told_and_parted_by_somebody_else(office):
    boss = entered(office, "boss@acme.example", Role.ADMINISTRATOR)
    second = entered(office, "second@acme.example", Role.ADMINISTRATOR)
    anna = entered(office, "anna@acme.example", Role.REGISTRAR)
    again = entered(office, "anna.two@acme.example", Role.TRANSFER_AGENT)
    with pytest.raises(NotPermitted, match="identity:manage"):
        humans.same(office, anna, anna.id, again.id)
    for other, fault in ((anna.name, Invalid), ("nobody@acme.example", NotFound)):
        with pytest.raises(fault):
            humans.same(office, boss, anna.id, other)
    humans.same(office, boss, anna.id, " Anna.Two@acme.example ")
    humans.same(office, boss, again.id, anna.id)
    assert [one.id for one in access.file(office, boss, anna.id).others] == [again.id]
    with office.book.reading() as tx:
        acts = [one.entry.act for one in audit.newest(tx, None, 50)]
    assert acts.count("same person") == 2  # once for each, and again is no change
    humans.same(office, boss, boss.id, second.id)
    with pytest.raises(Conflict, match="two persons already"):
        humans.same(office, boss, anna.id, boss.id)
    with pytest.raises(NotPermitted, match="his own identities"):
        humans.part(office, boss, boss.id)
    assert humans.part(office, boss, again.id).person is None
    assert access.file(office, boss, anna.id).others == ()
    assert permits.powers(anna)
