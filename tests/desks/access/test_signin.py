"""Coming in: one-time links, passwords and codes, lock-outs, sessions, keys, and what is recorded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from freehold.book import audit, tokens
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import EVERYWHERE, Power, Role, holder_scope
from freehold.desks import permits
from freehold.desks.access import proofs, sessions, signin
from freehold.desks.access.sessions import Client
from freehold.desks.office import Office

HERE = Client("192.0.2.1", "a browser")
ELSEWHERE = Client("198.51.100.7", "a browser")
PASSWORD = "a horse in four words"
NAME = "agent@acme.example"


class SetClock:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 26, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def office(front_desk: Office, clock: SetClock) -> Office:
    return replace(front_desk, clock=clock)


def invited(office: Office, role: Role = Role.TRANSFER_AGENT, scope: str = EVERYWHERE) -> str:
    return signin.invite(office, permits.operator(), NAME, [(role, scope)])[1]


def enrolled(office: Office, clock: SetClock) -> pyotp.TOTP:
    link = invited(office)
    generator = pyotp.TOTP(signin.enrolment(office, link).secret)
    signin.enrol(office, link, PASSWORD, generator.at(clock.at), HERE)
    clock.at += timedelta(minutes=1)
    return generator


def come_in(office: Office, generator: pyotp.TOTP, client: Client = HERE) -> str:
    step = signin.begin(office, NAME, PASSWORD, client)
    assert step.token, step.problem
    done = signin.finish(office, step.token, generator.at(office.clock.now()), client)
    assert done.token, done.problem
    return done.token


def acts(office: Office) -> list[tuple[str, str]]:
    with office.book.reading() as tx:
        return [(one.entry.act, str(one.entry.outcome)) for one in audit.every(tx)]


# ---- the first administrator and invitations -----------------------------------------------------


def test_the_first_link_is_given_until_somebody_administers(office, clock):
    older = signin.first_link(office)
    link = signin.first_link(office)
    with pytest.raises(NotFound, match="was used, has expired or never existed"):
        signin.enrolment(office, older)
    waiting = signin.enrolment(office, link)
    code = pyotp.TOTP(waiting.secret).at(clock.at)
    token = signin.enrol(office, link, PASSWORD, code, HERE)
    actor = sessions.actor_of_session(office, token, HERE)
    assert actor.roles == (Role.ADMINISTRATOR,)
    assert signin.first_link(office) is None


def test_a_link_is_good_once_and_for_a_day(office, clock):
    link = invited(office)
    code = pyotp.TOTP(signin.enrolment(office, link).secret).at(clock.at)
    signin.enrol(office, link, PASSWORD, code, HERE)
    with pytest.raises(NotFound):
        signin.enrol(office, link, PASSWORD, code, HERE)
    fresh = signin.new_link(office, permits.operator(), NAME)
    clock.at += timedelta(hours=24)
    with pytest.raises(NotFound):
        signin.enrolment(office, fresh)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "12 to 256"),
        ("x" * 257, "12 to 256"),
        ("aaaaaaaaaaaaab", "five different"),
        (f"{NAME} and more", "sign-in name"),
    ],
)
def test_a_weak_password_and_a_wrong_code_are_named_together(office, password, said):
    link = invited(office)
    with pytest.raises(Invalid) as refused:
        signin.enrol(office, link, password, "000 000", HERE)
    assert [one.place for one in refused.value.mistakes] == ["password", "code"]
    assert said in refused.value.mistakes[0].message
    assert signin.enrolment(office, link)  # the link is still good


def test_a_name_is_taken_once_and_has_to_be_one(office):
    invited(office)
    with pytest.raises(Conflict, match="taken"):
        signin.invite(office, permits.operator(), NAME.upper(), [])
    for name in ("ab", "two words", "x" * 129, "line\nbreak"):
        with pytest.raises(Invalid):
            signin.invite(office, permits.operator(), name, [])


def test_only_who_administers_may_invite(office, clock):
    generator = enrolled(office, clock)
    actor = sessions.actor_of_session(office, come_in(office, generator), HERE)
    for ask in (
        lambda: signin.invite(office, actor, "other@acme.example", []),
        lambda: signin.new_link(office, actor, NAME),
        lambda: signin.end_identity(office, actor, NAME),
        lambda: signin.people(office, actor),
    ):
        with pytest.raises(NotPermitted, match="identity:manage"):
            ask()


# ---- signing in ----------------------------------------------------------------------------------


def test_name_password_and_code_open_a_session(office, clock):
    generator = enrolled(office, clock)
    actor = sessions.actor_of_session(office, come_in(office, generator), HERE)
    assert (actor.name, actor.roles) == (NAME, (Role.TRANSFER_AGENT,))
    assert acts(office)[-1] == ("sign in", "DONE")


def test_what_is_wrong_is_not_told(office, clock):
    enrolled(office, clock)
    for name, password in (("nobody@acme.example", PASSWORD), (NAME, "another four words!")):
        assert signin.begin(office, name, password, HERE).problem == signin.WRONG
    assert acts(office)[-2:] == [("sign in", "DENIED")] * 2
    ticket = signin.begin(office, NAME, PASSWORD, HERE).token
    assert signin.finish(office, ticket, "123 456", HERE).problem == signin.WRONG


def test_a_code_is_good_once(office, clock):
    generator = enrolled(office, clock)
    come_in(office, generator)
    ticket = signin.begin(office, NAME, PASSWORD, HERE).token
    used = signin.finish(office, ticket, generator.at(clock.at), HERE)
    assert used.problem == signin.WRONG
    clock.at += timedelta(seconds=30)
    assert signin.finish(office, ticket, generator.at(clock.at), HERE).token


@pytest.mark.parametrize(("seconds", "accepted"), [(0, True), (30, True), (60, False), (90, False)])
@pytest.mark.parametrize("side", ["early", "late"])
def test_a_code_of_the_step_before_or_after_is_good_and_of_two_steps_is_not(
    office, clock, seconds, accepted, side
):
    """The generator's clock is ahead of ours (early) or behind it (late) by whole steps of 30 s."""
    generator = enrolled(office, clock)
    clock.at += timedelta(minutes=5)
    skew = timedelta(seconds=seconds if side == "early" else -seconds)
    code = generator.at(clock.at + skew)
    ticket = signin.begin(office, NAME, PASSWORD, HERE).token
    done = signin.finish(office, ticket, code, HERE)
    assert bool(done.token) == accepted
    if not accepted:
        assert done.problem == signin.WRONG and acts(office)[-1] == ("sign in", "DENIED")
        assert signin.finish(office, ticket, generator.at(clock.at), HERE).token
        return
    again = signin.begin(office, NAME, PASSWORD, HERE).token
    assert signin.finish(office, again, code, HERE).problem == signin.WRONG, "it was used"
    clock.at += timedelta(seconds=30)
    assert signin.finish(office, again, code, HERE).problem == signin.WRONG, "and stays used"


def test_after_an_early_code_no_older_one_is_taken(office, clock):
    """Or whoever looked over a shoulder could use the one before (RFC 6238, 5.2)."""
    generator = enrolled(office, clock)
    clock.at += timedelta(minutes=5)
    ahead, present = generator.at(clock.at + timedelta(seconds=30)), generator.at(clock.at)
    ticket = signin.begin(office, NAME, PASSWORD, HERE).token
    token = signin.finish(office, ticket, ahead, HERE).token
    actor = sessions.actor_of_session(office, token, HERE)
    for old in (present, generator.at(clock.at - timedelta(seconds=30)), ahead):
        assert signin.prove(office, actor, old, HERE) == signin.WRONG_CODE
    clock.at += timedelta(seconds=90)
    assert signin.prove(office, actor, generator.at(clock.at + timedelta(seconds=60)), HERE)
    assert signin.prove(office, actor, generator.at(clock.at), HERE) == ""


def test_a_ticket_is_good_for_five_minutes_in_the_same_browser(office, clock):
    generator = enrolled(office, clock)
    ticket = signin.begin(office, NAME, PASSWORD, HERE).token
    code = generator.at(clock.at)
    assert signin.finish(office, ticket, code, ELSEWHERE).problem == signin.SLOW
    assert signin.finish(office, "made up", code, HERE).problem == signin.SLOW
    clock.at += timedelta(minutes=5)
    assert signin.finish(office, ticket, generator.at(clock.at), HERE).problem == signin.SLOW


def test_five_failures_about_a_name_lock_it_for_a_while_whoever_tries(office, clock):
    generator = enrolled(office, clock)
    for _ in range(proofs.TRIES_OF_A_NAME):
        signin.begin(office, NAME, "wrong wrong wrong", ELSEWHERE)
    assert signin.begin(office, NAME, PASSWORD, HERE).problem == signin.WAIT
    for _ in range(proofs.TRIES_OF_A_NAME):
        signin.begin(office, "nobody@acme.example", PASSWORD, ELSEWHERE)
    unknown = signin.begin(office, "nobody@acme.example", PASSWORD, HERE)
    assert unknown.problem == signin.WAIT  # or the lock would tell which names exist
    clock.at += proofs.LOCK
    assert come_in(office, generator)


def test_wrong_codes_lock_the_name_too(office, clock):
    generator = enrolled(office, clock)
    ticket = signin.begin(office, NAME, PASSWORD, HERE).token
    for _ in range(proofs.TRIES_OF_A_NAME):
        signin.finish(office, ticket, "000000", HERE)
    locked = signin.finish(office, ticket, generator.at(clock.at), HERE)
    assert locked.problem == signin.WAIT


def test_thirty_failures_from_a_place_lock_the_place_alone(office, clock, monkeypatch):
    monkeypatch.setattr(proofs, "TRIES_FROM_A_PLACE", 3)
    generator = enrolled(office, clock)
    for number in range(3):
        signin.begin(office, f"name{number}@acme.example", PASSWORD, ELSEWHERE)
    assert signin.begin(office, NAME, PASSWORD, ELSEWHERE).problem == signin.WAIT
    assert come_in(office, generator, HERE)


def test_who_was_ended_comes_in_no_more(office, clock):
    generator = enrolled(office, clock)
    token = come_in(office, generator)
    signin.end_identity(office, permits.operator(), NAME)
    assert sessions.actor_of_session(office, token, HERE) is None
    assert signin.begin(office, NAME, PASSWORD, HERE).problem == signin.WRONG
    with pytest.raises(NotFound):
        signin.new_link(office, permits.operator(), NAME)


def test_a_new_link_replaces_password_and_code_and_ends_sessions(office, clock):
    generator = enrolled(office, clock)
    token = come_in(office, generator)
    link = signin.new_link(office, permits.operator(), NAME)
    assert sessions.actor_of_session(office, token, HERE)
    other = pyotp.TOTP(signin.enrolment(office, link).secret)
    signin.enrol(office, link, "another horse, four words", other.at(clock.at), HERE)
    assert sessions.actor_of_session(office, token, HERE) is None
    assert signin.begin(office, NAME, PASSWORD, HERE).problem == signin.WRONG
    assert other.secret != generator.secret


# ---- sessions and keys ---------------------------------------------------------------------------


def test_a_session_ends_when_idle_and_after_twelve_hours_at_most(office, clock):
    generator = enrolled(office, clock)
    token = come_in(office, generator)
    for _ in range(30):
        clock.at += timedelta(minutes=23)
        assert sessions.actor_of_session(office, token, HERE)
    clock.at += timedelta(minutes=31)
    assert sessions.actor_of_session(office, token, HERE) is None
    token = come_in(office, generator)
    clock.at += sessions.SESSION_IDLE
    assert sessions.actor_of_session(office, token, HERE) is None


def test_a_session_used_from_another_place_is_ended_for_good(office, clock):
    token = come_in(office, enrolled(office, clock))
    assert sessions.actor_of_session(office, token, ELSEWHERE) is None
    assert sessions.actor_of_session(office, token, HERE) is None
    assert acts(office)[-1] == ("end session", "DONE")


def test_signing_out_ends_the_session(office, clock):
    token = come_in(office, enrolled(office, clock))
    sessions.sign_out(office, token)
    sessions.sign_out(office, token)
    assert sessions.actor_of_session(office, token, HERE) is None


def test_a_key_expires_and_a_lost_role_takes_its_powers_along(office, clock):
    actor = sessions.actor_of_session(office, come_in(office, enrolled(office, clock)), HERE)
    wanted = frozenset({Power.READ_REGISTER})
    _, token = sessions.make_key(office, actor, "reads", wanted, 10)
    found = sessions.actor_of_key(office, token)
    assert permits.powers(found) == wanted
    from freehold.book import identities

    with office.book.transaction() as tx:
        identities.take(tx, actor.id, Role.TRANSFER_AGENT, EVERYWHERE, clock.at)
    assert permits.powers(sessions.actor_of_key(office, token)) == frozenset()
    clock.at += timedelta(days=10)
    assert sessions.actor_of_key(office, token) is None


@pytest.mark.parametrize(
    ("label", "wanted", "days", "places"),
    [
        ("", frozenset(), 0, ["label", "days", "powers"]),
        ("x" * 129, frozenset({Power.OWN_KEYS}), 367, ["label", "days"]),
    ],
)
def test_a_key_that_cannot_be_made_names_every_mistake(office, clock, label, wanted, days, places):
    actor = sessions.actor_of_session(office, come_in(office, enrolled(office, clock)), HERE)
    with pytest.raises(Invalid) as refused:
        sessions.make_key(office, actor, label, wanted, days)
    assert [one.place for one in refused.value.mistakes] == places


def test_no_secret_stands_in_the_book_or_readable_by_others(office, clock):
    generator = enrolled(office, clock)
    token = come_in(office, generator)
    actor = sessions.actor_of_session(office, token, HERE)
    _, key = sessions.make_key(office, actor, "k", frozenset({Power.OWN_KEYS}), 1)
    book = (office.home / "book.db").read_bytes() + (office.home / "book.db-wal").read_bytes()
    for secret in (PASSWORD, generator.secret, token, key):
        assert secret.encode() not in book
    assert tokens.fingerprint(key).encode() in book
    assert (office.home / "access-key").stat().st_mode & 0o077 == 0


# ---- scopes --------------------------------------------------------------------------------------


def test_a_role_covers_its_issuer_and_holders_and_nothing_beside():
    from freehold.book.identities import Given

    def actor(role: Role, scope: str) -> permits.Actor:
        given = Given(role, scope, datetime(2026, 1, 1, tzinfo=UTC))
        return permits.Actor("id_1", NAME, (given,))

    agent = actor(Role.TRANSFER_AGENT, "acme")
    assert permits.allows(agent, Power.REQUEST_TRANSFER, "acme")
    assert permits.allows(agent, Power.REQUEST_TRANSFER, holder_scope("acme", "ann"))
    assert not permits.allows(agent, Power.REQUEST_TRANSFER, "acme-two")
    assert not permits.allows(agent, Power.REQUEST_TRANSFER, EVERYWHERE)
    investor = actor(Role.INVESTOR, holder_scope("acme", "ann"))
    assert permits.allows(investor, Power.READ_OWN, holder_scope("acme", "ann"))
    assert not permits.allows(investor, Power.READ_OWN, holder_scope("acme", "anna"))
    assert not permits.allows(investor, Power.READ_OWN, "acme")
    with pytest.raises(NotPermitted, match="register:read for acme"):
        permits.require(investor, Power.READ_REGISTER, "acme")
