"""Passkeys: made, used, counted, replayed, stolen, taken away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from freehold.book import audit, identities, security_notices
from freehold.book.schema_access import Proof
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import passkeys, proofs, sessions, signin
from freehold.desks.access.proofs import Place
from freehold.desks.access.sessions import Client
from freehold.desks.office import Office
from tests.authenticator import SecurityKey

HERE = Client("192.0.2.1", "a browser", "a cookie")
PLACE = Place("https://register.example:8443")
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


@pytest.fixture
def key() -> SecurityKey:
    return SecurityKey(PLACE.origin)


def invited(office: Office, name: str = NAME) -> str:
    return signin.invite(office, permits.operator(), name, [(Role.REGISTRAR, EVERYWHERE)])[1]


def enrolled(office: Office, key: SecurityKey, name: str = NAME) -> permits.Actor:
    link = invited(office, name)
    options = passkeys.begin_enrolment(office, PLACE, link, HERE)
    token = passkeys.enrol(office, PLACE, link, key.make(options), "My key", HERE)
    actor = sessions.actor_of_session(office, token, HERE)
    assert actor
    return actor


def come_in(office: Office, key: SecurityKey, client: Client = HERE) -> proofs.Step:
    options = passkeys.begin_sign_in(office, PLACE, client)
    return passkeys.sign_in(office, PLACE, key.sign(options), client)


def told(office: Office, actor: permits.Actor) -> list[str]:
    with office.book.reading() as tx:
        return [one.what for one in security_notices.notices(tx, actor.id)]


def test_a_link_makes_a_passkey_that_signs_in_without_a_name(office, clock, key):
    actor = enrolled(office, key)
    assert [one.name for one in passkeys.passkeys(office, actor)] == ["My key"]
    clock.at += timedelta(hours=1)
    step = come_in(office, key)
    found = sessions.actor_of_session(office, step.token, HERE)
    assert found.id == actor.id
    [kept] = passkeys.passkeys(office, actor)
    assert kept.used_at == clock.at


def test_a_link_is_used_up_by_a_passkey_and_ends_what_was_before(office, clock, key):
    actor = enrolled(office, key)
    link = signin.new_link(office, permits.operator(), NAME)
    other = SecurityKey(PLACE.origin)
    options = passkeys.begin_enrolment(office, PLACE, link, HERE)
    passkeys.enrol(office, PLACE, link, other.make(options), "", HERE)
    assert come_in(office, key).problem == passkeys.UNKNOWN
    assert come_in(office, other).token
    assert [one.name for one in passkeys.passkeys(office, actor)] == ["Passkey"]
    with pytest.raises(NotFound):
        passkeys.begin_enrolment(office, PLACE, link, HERE)


def test_an_answer_is_good_once_in_its_browser_in_time_and_for_its_act(office, clock, key):
    actor = enrolled(office, key)
    options = passkeys.begin_sign_in(office, PLACE, HERE)
    answer = key.sign(options)
    assert passkeys.sign_in(office, PLACE, answer, HERE).token
    assert passkeys.sign_in(office, PLACE, answer, HERE).problem == proofs.STALE
    for thief in (Client("198.51.100.7", "a browser", "a cookie"), replace(HERE, visitor="mine")):
        stolen = key.sign(passkeys.begin_sign_in(office, PLACE, HERE))
        assert passkeys.sign_in(office, PLACE, stolen, thief).problem == proofs.STALE
        assert passkeys.sign_in(office, PLACE, stolen, HERE).problem == proofs.STALE  # used up
    late = key.sign(passkeys.begin_sign_in(office, PLACE, HERE))
    clock.at += proofs.CHALLENGE_LIFE
    assert passkeys.sign_in(office, PLACE, late, HERE).problem == proofs.STALE
    proof = key.sign(passkeys.begin_proof(office, actor, PLACE, HERE))
    assert passkeys.sign_in(office, PLACE, proof, HERE).problem == proofs.STALE


def test_a_counter_that_does_not_grow_is_a_copy_and_its_owner_hears_of_it(office, key):
    actor = enrolled(office, key)
    assert come_in(office, key).token
    key.counter -= 2
    assert come_in(office, key).problem == passkeys.COPIED
    assert "passkey copied" in told(office, actor)
    with office.book.reading() as tx:
        last = list(audit.every(tx))[-1].entry
    assert last.content["wrong"] == "the counter of a passkey did not grow"


def test_a_passkey_without_a_counter_is_used_again_and_again(office):
    key = SecurityKey(PLACE.origin, counts=False)
    enrolled(office, key)
    assert come_in(office, key).token and come_in(office, key).token


@pytest.mark.parametrize("wrong", ["origin", "unverified", "user", "unknown", "forged", "noise"])
def test_a_bad_answer_gets_one_sentence_whatever_is_wrong(office, key, wrong):
    enrolled(office, key)
    options = passkeys.begin_sign_in(office, PLACE, HERE)
    if wrong == "origin":
        answer = key.sign(options, origin="https://register.example")
    elif wrong == "unverified":
        key.verifies = False
        answer = key.sign(options)
    elif wrong == "user":
        answer = key.sign(options, user="aWRfb3RoZXI")
    elif wrong == "unknown":
        other = SecurityKey(PLACE.origin)
        answer = other.sign(options, user="")
    elif wrong == "forged":
        other = SecurityKey(PLACE.origin, id=key.id)
        answer = other.sign(options, user=key.user)
    else:
        answer = '{"id": 1, "response": []}'
    assert passkeys.sign_in(office, PLACE, answer, HERE).problem == passkeys.UNKNOWN


@pytest.mark.parametrize(
    "answer",
    ["", "[]", "{}", "null", "{" * 5_000, '{"response": {"clientDataJSON": "e30"}}', "x" * 20_000],
)
def test_what_is_no_answer_breaks_nothing(office, key, answer):
    actor = enrolled(office, key)
    assert passkeys.sign_in(office, PLACE, answer, HERE).problem == passkeys.UNKNOWN
    assert passkeys.prove(office, actor, PLACE, answer, HERE) == passkeys.UNKNOWN
    with pytest.raises(Invalid):
        passkeys.add(office, actor, PLACE, answer, "", HERE)


def test_five_bad_answers_lock_the_name_and_no_other(office, clock, key):
    enrolled(office, key)
    other = SecurityKey(PLACE.origin)
    enrolled(office, other, "second@acme.example")
    for _ in range(proofs.TRIES_OF_A_NAME):
        forged = SecurityKey(PLACE.origin, id=key.id)
        options = passkeys.begin_sign_in(office, PLACE, HERE)
        passkeys.sign_in(office, PLACE, forged.sign(options, user=key.user), HERE)
    assert come_in(office, key).problem == proofs.WAIT
    assert come_in(office, other).token
    clock.at += proofs.LOCK
    assert come_in(office, key).token


def test_thirty_failures_from_a_place_end_trying_there(office, key, monkeypatch):
    monkeypatch.setattr(proofs, "TRIES_FROM_A_PLACE", 3)
    enrolled(office, key)
    for _ in range(3):
        stranger = SecurityKey(PLACE.origin)
        passkeys.sign_in(
            office, PLACE, stranger.sign(passkeys.begin_sign_in(office, PLACE, HERE), user=""), HERE
        )
    assert come_in(office, key).problem == proofs.WAIT
    assert come_in(office, key, Client("203.0.113.4", "a browser", "a cookie")).token


def test_who_is_ended_or_locked_comes_in_no_more(office, clock, key):
    actor = enrolled(office, key)
    with office.book.transaction() as tx:
        identities.lock(tx, actor.id, clock.at)
    assert come_in(office, key).problem == passkeys.UNKNOWN
    with office.book.transaction() as tx:
        identities.lock(tx, actor.id, None)
    assert come_in(office, key).token
    signin.end_identity(office, permits.operator(), NAME)
    assert come_in(office, key).problem == passkeys.UNKNOWN


def test_several_passkeys_are_named_and_removed_but_never_the_last_way_in(office, clock, key):
    actor = enrolled(office, key)
    second = SecurityKey(PLACE.origin)
    options = passkeys.begin_adding(office, actor, PLACE, HERE)
    passkeys.add(office, actor, PLACE, second.make(options), "  A   phone ", HERE)
    newest, oldest = passkeys.passkeys(office, actor)
    assert newest.name == "A phone"
    passkeys.rename(office, actor, newest.number, "Old phone")
    assert passkeys.passkeys(office, actor)[0].name == "Old phone"
    with pytest.raises(Invalid, match="cannot be named"):
        passkeys.rename(office, actor, newest.number, "x" * 65)
    passkeys.remove(office, actor, oldest.number)
    assert come_in(office, key).problem == passkeys.UNKNOWN
    with pytest.raises(Conflict, match="last way in"):
        passkeys.remove(office, actor, newest.number)
    with pytest.raises(NotFound):
        passkeys.remove(office, actor, oldest.number)
    assert told(office, actor) == ["passkey removed", "passkey added"]
    assert come_in(office, second).token


def test_nobody_touches_the_passkeys_of_another(office, key):
    actor = enrolled(office, key)
    other = enrolled(office, SecurityKey(PLACE.origin), "second@acme.example")
    [mine] = passkeys.passkeys(office, actor)
    for act in (
        lambda: passkeys.remove(office, other, mine.number),
        lambda: passkeys.rename(office, other, mine.number, "theirs"),
    ):
        with pytest.raises(NotFound):
            act()
    answer = key.sign(passkeys.begin_proof(office, other, PLACE, HERE))
    assert passkeys.prove(office, other, PLACE, answer, HERE) == passkeys.UNKNOWN


def test_a_passkey_is_enrolled_once(office, key):
    actor = enrolled(office, key)
    options = passkeys.begin_adding(office, actor, PLACE, HERE)
    with pytest.raises(Conflict, match="enrolled already"):
        passkeys.add(office, actor, PLACE, key.make(options), "again", HERE)
    assert options.count(key.sign.__self__.user) == 1  # the browser is told whose it is


def test_a_dangerous_act_needs_a_fresh_proof_which_a_passkey_gives(office, clock, key):
    actor = enrolled(office, key)
    clock.at += permits.PROOF_LIFE
    with pytest.raises(NotPermitted, match="fresh proof"):
        passkeys.begin_adding(office, actor, PLACE, HERE)
    token = come_in(office, key).token
    clock.at += permits.PROOF_LIFE
    stale = sessions.actor_of_session(office, token, HERE)
    assert not permits.is_fresh(stale, clock.at)
    answer = key.sign(passkeys.begin_proof(office, stale, PLACE, HERE))
    assert passkeys.prove(office, stale, PLACE, answer, HERE) == ""
    fresh = sessions.actor_of_session(office, token, HERE)
    permits.require_fresh(fresh, clock.at)
    assert passkeys.prove(office, stale, PLACE, answer, HERE) == proofs.STALE


def test_an_api_key_is_never_fresh_and_the_owner_of_the_folder_always(office, clock, key):
    actor = enrolled(office, key)
    from freehold.core.roles import Power

    _, token = sessions.make_key(office, actor, "k", frozenset({Power.OWN_KEYS}), 1)
    by_key = sessions.actor_of_key(office, token)
    with pytest.raises(NotPermitted, match="sign in to do this"):
        permits.require_fresh(by_key, clock.at)
    permits.require_fresh(permits.operator(), clock.at)


def test_a_session_on_another_address_is_ended_and_its_owner_told(office, key):
    actor = enrolled(office, key)
    token = come_in(office, key).token
    assert sessions.actor_of_session(office, token, replace(HERE, address="192.0.2.2")) is None
    assert sessions.actor_of_session(office, token, HERE) is None
    assert told(office, actor)[0] == "session ended"


def test_of_an_ipv6_address_the_network_counts(office, key):
    enrolled(office, key)
    home = replace(HERE, address="2001:db8:1:2:aaaa::1")
    token = come_in(office, key, home).token
    assert sessions.actor_of_session(office, token, replace(home, address="2001:db8:1:2:bbbb::7"))
    assert (
        sessions.actor_of_session(office, token, replace(home, address="2001:db8:1:3::1")) is None
    )


def test_no_public_key_or_name_stands_in_the_audit_log(office, key):
    enrolled(office, key)
    with office.book.reading() as tx:
        held = identities.credential(tx, Proof.PASSKEY, handle_of(key))
        log = "".join(str(one.entry) for one in audit.every(tx))
    assert held.content["key"] not in log and held.content["id"] not in log and "My key" not in log


def handle_of(key: SecurityKey) -> str:
    from webauthn.helpers import bytes_to_base64url

    from freehold.book import tokens

    return tokens.fingerprint(bytes_to_base64url(key.id))
