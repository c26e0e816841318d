"""The OpenAPI document asked for everything it allows and forbids, on a running platform.

Some hundred requests here; a longer run of the same is `st run` with more examples.
"""

import json
import subprocess
import sys

import pytest

from freehold.core.roles import Role

AGENT = Role.TRANSFER_AGENT


@pytest.mark.needs("schemathesis")
def test_no_answer_contradicts_the_document(platform, tmp_path):
    token = platform.ask(AGENT, "GET", "/v1/instruments").json()["items"][0]["token"]
    id = platform.ask(AGENT, "GET", "/v1/instructions").json()["items"][0]["id"]
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
            f"{platform.url}/api/openapi.json",
            *("--header", f"Authorization: Bearer {platform.keys[AGENT]}"),
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
