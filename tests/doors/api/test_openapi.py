"""The OpenAPI document asked for everything it allows and forbids, on a running platform.

Some hundred requests here; a longer run of the same is `st run` with more examples.
"""

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from freehold.book import identities
from freehold.core.roles import EVERYWHERE, GRANTED, Role
from freehold.desks import permits
from freehold.desks.access import sessions, signin
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
def test_no_answer_contradicts_the_document(own, tmp_path, role, routes):
    token = own.ask(AGENT, "GET", "/v1/instruments").json()["items"][0]["token"]
    id = own.ask(AGENT, "GET", "/v1/instructions").json()["items"][0]["id"]
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(
        # what fits the document may still name what is not there: 400 says so in words
        "[checks.positive_data_acceptance]\n"
        'expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, 503]\n'
        f'[parameters]\n"path.token" = "{token}"\n'
        f'[[operations]]\ninclude-path = "/v1/instructions/{{id}}"\n'
        f'[operations.parameters]\n"path.id" = "{id}"\n'
        # a stream does not end by itself
        f'[[operations]]\ninclude-path = "/v1/changes/stream"\nrequest-timeout = 3.0\n'
    )
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
            *("--config-file", str(settings), "run"),
            f"{own.url}/api/openapi.json",
            *("--header", f"Authorization: Bearer {own_key(own, role)}"),
            *("--include-path-regex", routes),
            *("--checks", "all", "--max-examples", "2", "--seed", "1"),
            *("--generation-database", "none", "--request-timeout", "60"),
            *("--continue-on-failure", "--warnings", "off"),
            *("--report-json-path", str(report)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert json.loads(report.read_text())
