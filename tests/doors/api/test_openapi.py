"""The OpenAPI document asked for everything it allows and forbids, on a running platform.

Some hundred requests here; `freehold bench api` asks longer.
"""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from freehold.book import identities
from freehold.core.roles import EVERYWHERE, GRANTED, Role
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.doors.bench import fuzzing
from tests.doors.running import Platform, office_of, people, serve

AGENT = Role.TRANSFER_AGENT


OF_PEOPLE = r"/v1/(people|sessions|applications|screening|issuers/\{issuer\}/investors)"


def own_key(platform: Platform, role: Role) -> str:
    """A key of somebody of this test's own: what it ends, such as every session, is nobody else's."""
    name = f"fuzz-{secrets.token_hex(6)}@northwind.example"
    with office_of(platform.home) as office:
        made, _ = signin.invite(office, permits.operator(), name, [(role, EVERYWHERE)])
        with office.book.reading() as tx:
            actor = permits.actor_of(tx, identities.find(tx, made.id))
        return sessions.make_key(office, actor, "tests", GRANTED[role], 1)[1]


@pytest.fixture(scope="module")
def own(northwind_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that nobody else uses: whatever is found may be locked, ended and called off."""
    home = tmp_path_factory.mktemp("fuzzed") / "home"
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    with serve(home) as running:
        people(running)
        yield running


@pytest.mark.needs("schemathesis")
@pytest.mark.parametrize(
    ("role", "routes"),
    [
        (AGENT, "/"),
        (Role.COMPLIANCE_OFFICER, OF_PEOPLE),
        (Role.ADMINISTRATOR, OF_PEOPLE),  # last: he may end the sessions of all others
    ],
)
def test_no_answer_contradicts_the_document(own, role, routes):
    token = own.ask(AGENT, "GET", "/v1/instruments").json()["items"][0]["token"]
    id = own.ask(AGENT, "GET", "/v1/instructions").json()["items"][0]["id"]
    given = {"token": token, "id": id}
    options = ["--include-path-regex", routes, "--max-examples", "1", "--seed", "1"]
    found = fuzzing.fuzz(own.url, own_key(own, role), given, options)
    assert found.failures == 0, found.said
    assert 0 < found.operations == found.asked
