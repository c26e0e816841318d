"""The API asked for everything its OpenAPI document allows and forbids, by schemathesis (MIT), all checks.

The tests ask a fixed number of examples of each operation, the bench for so many seconds. What is asked
acts for real: people are locked, keys end. A platform that is fuzzed is nobody else's.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from freehold.core.errors import Broken
from freehold.doors.bench import platform_world as platform
from freehold.doors.bench.report import Row

SECONDS = 75
"""What the bench allows; it ends some seconds later, with the last answers."""
LIMIT_SECONDS = 600
INSTALL = ".venv/bin/python -m pip install --require-hashes -r requirements-parts.lock"
ACCEPTED = '["2xx", "3xx", 401, 403, 404, 409, 422, 429, 503]'
"""What fits the document may still name what is not there: an answer says so in words."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found: operations there are and were asked, requests, failures; `said` in full."""

    operations: int
    asked: int
    requests: int
    failures: int
    said: str


def is_here() -> bool:
    """Whether schemathesis is installed."""
    return importlib.util.find_spec("schemathesis") is not None


def fuzz(url: str, key: str, known: Mapping[str, str], options: Sequence[str]) -> Found:
    """Ask the platform at `url` with an API key; `known` are a `token` and an instruction's `id`.

    `options` go to `st run`. Raises Broken where the run did not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="freehold-fuzz-") as made:
        folder = Path(made)
        (folder / "schemathesis.toml").write_text(_settings(known))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
                *("--config-file", "schemathesis.toml", "run", f"{url}/api/openapi.json"),
                *("--header", f"Authorization: Bearer {key}", "--checks", "all"),
                *("--generation-database", "none", "--request-timeout", "60"),
                *("--continue-on-failure", "--warnings", "off"),
                *("--report-json-path", "report.json", *options),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        report = folder / "report.json"
        said = done.stdout[-8000:] + done.stderr[-2000:]
        if not report.exists():
            raise Broken(f"schemathesis failed: {said}")
        return read_report(json.loads(report.read_text()), said)


def _settings(known: Mapping[str, str]) -> str:
    return (
        f"[checks.positive_data_acceptance]\nexpected-statuses = {ACCEPTED}\n"
        f'[parameters]\n"path.token" = "{known["token"]}"\n'
        f'[[operations]]\ninclude-path = "/v1/instructions/{{id}}"\n'
        f'[operations.parameters]\n"path.id" = "{known["id"]}"\n'
        # a stream does not end by itself
        '[[operations]]\ninclude-path = "/v1/changes/stream"\nrequest-timeout = 3.0\n'
    )


def read_report(report: Mapping[str, object], said: str) -> Found:
    """The figures of a report; what could not be asked is a failure. Raises Broken for an empty one."""
    operations, cases = report["operations"], report["test_cases"]
    failures, errors = report["failures"], report["errors"]
    if not isinstance(operations, dict) or not isinstance(cases, dict):
        raise Broken(f"schemathesis asked nothing: {said}")
    assert isinstance(failures, list) and isinstance(errors, list)
    return Found(
        operations["selected"],
        operations["tested"],
        cases["generated"],
        sum(one["count"] for one in failures + errors),
        said,
    )


def rows() -> Iterator[Row]:
    """A platform of its own, asked by a transfer agent, the role of which most operations are."""
    if not is_here():
        yield Row(f"OpenAPI fuzz: not here, {INSTALL}", 0, "", goal=1, better="higher")
        return
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as made:
        world = platform.build(Path(made), {})
        with platform.office_of(world) as office:
            key = platform.key_of_agent(office)
        with platform.serving(world):
            _, listed = platform.ask(world, key, "/instructions")
            known = {"token": platform.token_of(world, key), "id": listed["items"][0]["id"]}
            found = fuzz(world.url, key, known, ["--max-time", str(SECONDS), "--seed", "1"])
    yield from judged(found)


def judged(found: Found) -> Iterator[Row]:
    """No failure, and every operation was asked."""
    yield Row("OpenAPI fuzz: failures", found.failures, f"of {found.requests:,} requests", goal=0)
    yield Row(
        "OpenAPI fuzz: operations asked",
        found.asked,
        f"of {found.operations}",
        goal=found.operations,
        better="higher",
    )
