"""People over the API and in the client: invited once, roles given and ended, locks, sessions."""

import secrets
from dataclasses import dataclass

import pytest
import requests

from freehold import client
from freehold.book import identities
from freehold.core.roles import EVERYWHERE, GRANTED, Power, Role
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.desks.access.sessions import Client
from tests.doors.running import AGENT, ISSUER, Platform, office_of


@dataclass(frozen=True)
class Somebody:
    """An identity of a test's own, with a program that has a key of all its powers."""

    id: str
    name: str
    program: client.Freehold
    key: str


def named() -> str:
    return f"people-{secrets.token_hex(6)}@northwind.example"


def entered(
    platform: Platform, role: Role, scope: str = EVERYWHERE, signed_in: int = 0
) -> Somebody:
    """Somebody in a role, signed in so many times."""
    name = named()
    with office_of(platform.home) as office:
        made, _ = signin.invite(office, permits.operator(), name, [(role, scope)])
        with office.book.transaction() as tx:
            actor = permits.actor_of(tx, identities.find(tx, made.id))
            for number in range(signed_in):
                browser = Client(f"192.0.2.{number}", AGENT)
                sessions.start_session(tx, made, browser, "a test", office.clock.now())
        _, key = sessions.make_key(office, actor, "a test", GRANTED[role], 1)
    return Somebody(made.id, name, client.connect(platform.url, key), key)


@pytest.fixture(scope="module")
def boss(platform):
    return entered(platform, Role.ADMINISTRATOR)


def test_somebody_is_invited_once_under_a_key_and_comes_in_by_the_link(platform, boss):
    name, key = named(), secrets.token_hex(8)
    roles = [(Role.REGISTRAR, ISSUER)]
    made = boss.program.people.invite(name, roles, key)
    assert (made.state, made.name) == ("invited", name) and made.link
    shown = requests.get(f"{platform.url}{made.link}", timeout=30)
    assert shown.status_code == 200 and name in shown.text
    again = boss.program.people.invite(name, roles, key)
    assert (again.id, again.link) == (made.id, None)
    with pytest.raises(client.Conflicting, match="idempotency key"):
        boss.program.people.invite(named(), roles, key)
    with pytest.raises(client.Conflicting, match="taken"):
        boss.program.people.invite(name, roles)
    renewed = boss.program.people.new_link(made.id).link
    assert requests.get(f"{platform.url}{made.link}", timeout=30).status_code == 404
    assert requests.get(f"{platform.url}{renewed}", timeout=30).status_code == 200
    entry = next(one for one in boss.program.audit.entries() if one.act == "enter identity")
    assert (entry.actor, entry.subject) == (boss.id, made.id)
    told = str([one.content for one in boss.program.audit.entries() if one.subject == made.id])
    assert made.link.rpartition("/")[2] not in told


def test_people_of_an_issuer_are_listed_page_by_page(platform, boss):
    mine = [boss.program.people.invite(named(), [(Role.AUDITOR, ISSUER)]).id for _ in range(3)]
    found = [one.id for one in boss.program.people.listed(ISSUER, Role.AUDITOR)]
    assert set(mine) <= set(found)
    ask = {"Authorization": f"Bearer {boss.key}"}
    url = f"{platform.url}/api/v1/people?issuer={ISSUER}&role=auditor&limit=1"
    seen, cursor = [], ""
    while True:
        answer = requests.get(url + cursor, headers=ask, timeout=30)
        page = answer.json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == found
    same = {**ask, "If-None-Match": answer.headers["ETag"]}
    assert requests.get(url + cursor, headers=same, timeout=30).status_code == 304
    with pytest.raises(client.Missing):
        next(boss.program.people.listed("no-such-issuer"))


def test_roles_are_given_and_ended_and_a_lock_holds_at_once(platform, boss):
    other = entered(platform, Role.VENUE_OPERATOR, signed_in=1)
    given = boss.program.people.give_role(other.id, Role.AUDITOR, ISSUER)
    assert {one.role for one in given.roles} == {Role.VENUE_OPERATOR, Role.AUDITOR}
    assert other.program.me().roles[-1].role == "auditor"
    boss.program.people.end_role(other.id, Role.AUDITOR, ISSUER)
    with pytest.raises(client.Missing, match="no role auditor"):
        boss.program.people.end_role(other.id, Role.AUDITOR, ISSUER)
    locked = boss.program.people.lock(other.id)
    assert (locked.state, locked.sessions) == ("locked", [])
    with pytest.raises(client.NotSignedIn):
        other.program.me()
    boss.program.people.lock(other.id, locked=False)
    assert other.program.me().id == other.id
    ended = boss.program.people.end_sessions(other.id)
    assert ended.api_keys == 0
    with pytest.raises(client.NotSignedIn):
        other.program.me()
    acts = [one.act for one in boss.program.audit.entries() if one.subject == other.id]
    wanted = ["end sessions", "unlock identity", "lock identity", "end role", "give role"]
    assert [one for one in acts if one in wanted] == wanted


def test_no_key_makes_or_changes_an_administrator_and_nobody_himself(platform, boss):
    other = entered(platform, Role.ADMINISTRATOR)
    people = boss.program.people
    plain = entered(platform, Role.DEVELOPER)
    for act in (
        lambda: people.invite(named(), [(Role.ADMINISTRATOR, EVERYWHERE)]),
        lambda: people.invite(named(), [(Role.AUDITOR, ISSUER), (Role.ADMINISTRATOR, ISSUER)]),
        lambda: people.give_role(plain.id, Role.ADMINISTRATOR, ISSUER),
        lambda: people.end_role(other.id, Role.ADMINISTRATOR, EVERYWHERE),
        lambda: people.new_link(other.id),
        lambda: people.lock(other.id),
        lambda: people.lock(other.id, locked=False),
        lambda: people.end_sessions(other.id),
    ):
        with pytest.raises(client.NotPermitted, match="no API key"):
            act()
    with pytest.raises(client.NotPermitted, match="himself"):
        people.give_role(boss.id, Role.AUDITOR, ISSUER)
    assert other.program.me().powers and people.person(other.id).state == "invited"
    denied = next(one for one in boss.program.audit.entries() if one.outcome == "DENIED")
    assert denied.actor == boss.id


def test_a_key_without_the_power_sees_and_does_nothing_with_people(platform, boss):
    narrow = boss.program.keys.make("narrow", [Power.READ_CHAIN], 1)
    program = client.connect(platform.url, narrow.token)
    for act in (
        lambda: next(program.people.listed()),
        lambda: program.people.person(boss.id),
        lambda: program.people.invite(named(), [(Role.AUDITOR, ISSUER)]),
        lambda: next(program.sessions.listed()),
        lambda: program.sessions.end_all(),
    ):
        with pytest.raises(client.NotPermitted):
            act()
    for role in (Role.INVESTOR, Role.TRANSFER_AGENT, Role.AUDITOR):
        answer = platform.ask(role, "GET", f"/v1/people/{boss.id}")
        assert answer.status_code == 403 and boss.name not in answer.text
        assert platform.ask(role, "GET", "/v1/people").json()["type"] == "/problems/not-permitted"


def test_an_administrator_of_one_issuer_stays_with_its_people(platform, boss):
    local = entered(platform, Role.ADMINISTRATOR, ISSUER)
    mine = local.program.people.invite(named(), [(Role.AUDITOR, ISSUER)])
    wide = entered(platform, Role.AUDITOR)
    seen = {one.id for one in local.program.people.listed()}
    assert {mine.id, local.id} <= seen and not {wide.id, boss.id} & seen
    both = boss.program.people.give_role(mine.id, Role.DEVELOPER, EVERYWHERE)
    assert len(both.roles) == 2 and len(local.program.people.person(mine.id).roles) == 1
    with pytest.raises(client.Missing):
        local.program.people.person(wide.id)
    for act in (
        lambda: local.program.people.give_role(mine.id, Role.REGISTRAR, EVERYWHERE),
        lambda: local.program.people.invite(named(), [(Role.REGISTRAR, EVERYWHERE)]),
        lambda: local.program.people.lock(wide.id),
        lambda: local.program.people.lock(mine.id),
        lambda: local.program.people.new_link(mine.id),
    ):
        with pytest.raises(client.NotPermitted, match="identity:manage"):
            act()


@pytest.mark.parametrize(
    ("asked", "status", "place"),
    [
        ({"name": "a b", "roles": [{"role": "auditor", "scope": "*"}]}, 400, "body.name"),
        ({"name": "somebody@x.example", "roles": []}, 400, "body.roles"),
        (
            {"name": "s@x.example", "roles": [{"role": "king", "scope": "*"}]},
            400,
            "body.roles.0.role",
        ),
        ({"name": "s@x.example", "roles": [{"role": "auditor"}]}, 400, "body.roles.0.scope"),
        ({"name": "s@x.example", "roles": [{"role": "auditor", "scope": "nobody"}]}, 422, None),
        ({"name": "s@x.example", "roles": [{"role": "investor", "scope": ISSUER}]}, 422, None),
        ({"name": "s@x.example", "id": "id_1", "roles": []}, 400, "body.id"),
    ],
)
def test_what_does_not_make_an_invitation_is_named(platform, asked, status, place):
    key = {"Idempotency-Key": secrets.token_hex(8)}
    answer = platform.ask(Role.ADMINISTRATOR, "POST", "/v1/people", asked, key)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if place:
        assert place in [one["place"] for one in answer.json()["mistakes"]]
    nobody = platform.ask(Role.ADMINISTRATOR, "POST", "/v1/people", asked)
    assert nobody.status_code == 400 and "Idempotency-Key" in nobody.text


def test_one_ends_ones_own_sessions_and_nobody_elses(platform):
    somebody = entered(platform, Role.DEVELOPER, signed_in=3)
    other = entered(platform, Role.DEVELOPER, signed_in=1)
    mine = [one.id for one in somebody.program.sessions.listed()]
    assert len(mine) == 3
    with pytest.raises(client.Missing, match="no such session"):
        other.program.sessions.end(mine[0])
    somebody.program.sessions.end(mine[0])
    assert {one.id for one in somebody.program.sessions.listed()} == set(mine[1:])
    somebody.program.sessions.end_all()
    assert list(somebody.program.sessions.listed()) == []
    assert len(list(other.program.sessions.listed())) == 1
    assert somebody.program.me().id == somebody.id
