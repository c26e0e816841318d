"""Who administers: no roles for oneself, a last administrator who stays, locks that hold at once."""

from dataclasses import replace

import pytest

from freehold.book import identities, tokens
from freehold.book.identities import Given
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.desks import permits
from freehold.desks.access import access, sessions, signin
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from tests.desks.access.test_passkeys import HERE

BOSS, OTHER = "boss@acme.example", "other@acme.example"


def entered(office: Office, name: str, role: Role) -> Actor:
    made, _ = signin.invite(office, permits.operator(), name, [(role, EVERYWHERE)])
    with office.book.transaction() as tx:
        token = sessions.start_session(tx, made, HERE, "a test", office.clock.now())
    found = sessions.actor_of_session(office, token, HERE)
    assert found
    return found


@pytest.fixture
def office(front_desk: Office) -> Office:
    return front_desk


@pytest.fixture
def boss(office: Office) -> Actor:
    return entered(office, BOSS, Role.ADMINISTRATOR)


@pytest.fixture
def other(office: Office, boss: Actor) -> Actor:
    return entered(office, OTHER, Role.AUDITOR)


def test_roles_are_given_to_others_and_ended(office, boss, other):
    access.give_role(office, boss, other.id, Role.REGISTRAR, EVERYWHERE)
    assert {one.role for one in access.file(office, boss, other.id).given} == {
        Role.AUDITOR,
        Role.REGISTRAR,
    }
    access.end_role(office, boss, other.id, Role.AUDITOR, EVERYWHERE)
    assert [one.role for one in access.file(office, boss, other.id).given] == [Role.REGISTRAR]
    assert [one.what for one in sessions.notices_of(office, other)] == ["role ended", "role given"]


def test_nobody_gives_himself_anything_or_locks_himself(office, boss):
    for act in (
        lambda: access.give_role(office, boss, boss.id, Role.REGISTRAR, EVERYWHERE),
        lambda: access.end_role(office, boss, boss.id, Role.ADMINISTRATOR, EVERYWHERE),
        lambda: access.lock(office, boss, boss.id),
    ):
        with pytest.raises(NotPermitted, match="himself"):
            act()


def test_an_investor_of_no_holder_is_not_made_and_has_no_power(office, boss):
    for scope in (EVERYWHERE, "nowhere", "nowhere/ann"):
        with pytest.raises(Invalid):
            signin.invite(office, boss, "ann@acme.example", [(Role.INVESTOR, scope)])
    given = Given(Role.INVESTOR, EVERYWHERE, office.clock.now())
    old = Actor("id_old", "old@acme.example", (given,))
    assert permits.powers(old) == frozenset() == permits.scopes(old, Power.READ_OWN)
    with pytest.raises(NotPermitted):
        permits.require(old, Power.READ_OWN, "acme/ann")


def test_the_last_administrator_stays(office, boss):
    operator = permits.operator()
    for act in (
        lambda: access.end_role(office, operator, boss.id, Role.ADMINISTRATOR, EVERYWHERE),
        lambda: access.lock(office, operator, boss.id),
        lambda: signin.end_identity(office, operator, BOSS),
    ):
        with pytest.raises(Conflict, match="last administrator"):
            act()
    second = entered(office, "second@acme.example", Role.ADMINISTRATOR)
    access.lock(office, second, boss.id)
    with pytest.raises(Conflict, match="last administrator"):
        access.lock(office, operator, second.id)


def test_a_lock_ends_sessions_stops_keys_and_is_lifted(office, boss, other):
    _, key = sessions.make_key(office, other, "k", frozenset(permits.powers(other)), 1)
    access.lock(office, boss, other.id)
    assert access.file(office, boss, other.id).sessions == ()
    assert sessions.actor_of_key(office, key) is None
    access.unlock(office, boss, other.id)
    assert sessions.actor_of_key(office, key)
    access.end_sessions(office, boss, other.id)
    assert sessions.actor_of_key(office, key) is None


def test_a_scope_has_to_be_something(office, boss, other):
    for scope in ("nobody", "", "nobody/x", "*/x"):
        with pytest.raises(Invalid, match="no issuer"):
            access.give_role(office, boss, other.id, Role.REGISTRAR, scope)


def test_only_an_administrator_with_a_fresh_proof(office, boss, other):
    with pytest.raises(NotPermitted, match="identity:manage"):
        access.give_role(office, other, boss.id, Role.REGISTRAR, EVERYWHERE)
    stale = replace(boss, proved_at=None)
    for act in (access.lock, access.unlock):
        with pytest.raises(NotPermitted, match="fresh proof"):
            act(office, stale, other.id)


def test_one_ends_ones_own_sessions_and_nobody_elses(office, boss, other):
    with office.book.transaction() as tx:
        known = identities.find(tx, other.id)
        sessions.start_session(tx, known, HERE, "again", office.clock.now())
    mine = sessions.open_sessions(office, other)
    assert len(mine) == 2
    with pytest.raises(Exception, match="no such session"):
        sessions.end_own(office, boss, sessions.short(mine[0]))
    assert sessions.end_others(office, other) == 1
    with office.book.reading() as tx:
        assert len(tokens.sessions(tx, other.id, office.clock.now())) == 1
