"""Rules for the whole run: parts that are missing, and what CI does not let pass.

A skipped test is honest on a bare machine and a hole in CI, so with CI set a missing part fails
its tests, and a folder of tests in which nothing ran fails the run.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.company import (  # noqa: F401
    bare_office,
    company,
    company_home,
    empty,
    front_desk,
    new_book,
    northwind_home,
    shared_company,
)
from tests.parts import PARTS

IN_CI = bool(os.environ.get("CI"))
LONGEST = (
    "tests/docs/test_docs.py", "tests/doors/web/test_journeys.py", "tests/doors/api/test_openapi.py",
    "tests/doors/web/test_every_page.py",
    "tests/doors/web/", "tests/doors/", "tests/desks/",
)  # fmt: skip
"""Files and folders that take longest, some of them minutes, the longest first."""

settings.register_profile("freehold", deadline=None, print_blob=True)
settings.load_profile("freehold")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(part): runs only where that part (parts.py) is here")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Processes that share a run (with `--no-loadscope-reorder`) begin with what takes long: a file of
    minutes that begins last keeps one of them busy while the others have nothing left to do."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=rank)


def rank(item: pytest.Item) -> int:
    found = (n for n, folder in enumerate(LONGEST) if item.nodeid.startswith(folder))
    return next(found, len(LONGEST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for part in needed(item):
        assert part in PARTS, f"{part} is no part; tests/parts.py has {', '.join(PARTS)}"
        if PARTS[part].is_here():
            continue
        missing = f"{part} is not here: {PARTS[part].how_to_install}"
        if IN_CI:
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


def needed(item: pytest.Item) -> Iterator[str]:
    for mark in item.iter_markers("needs"):
        yield from mark.args


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and session.exitstatus == 0 and reporter and kinds_not_run(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield  # the parts come last, below everything that pytest has to say
    missing = [name for name in PARTS if was_skipped(terminalreporter, name)]
    if missing:
        terminalreporter.section("parts not run")
    for name in missing:
        terminalreporter.line(f"{name}: not run here; to run it: {PARTS[name].how_to_install}")
    if IN_CI:
        for kind in kinds_not_run(terminalreporter):
            terminalreporter.line(f"{kind}: every test was skipped, which fails the run in CI")


def was_skipped(reporter: pytest.TerminalReporter, part: str) -> bool:
    skipped = reporter.stats.get("skipped", [])
    return any(f"{part} is not here:" in str(report.longrepr) for report in skipped)


def kinds_not_run(reporter: pytest.TerminalReporter) -> list[str]:
    """The folders in which every test was skipped."""
    skipped = {folder(report) for report in reporter.stats.get("skipped", [])}
    ran = {
        folder(report)
        for outcome in ("passed", "failed")
        for report in reporter.stats.get(outcome, [])
    }
    return sorted(skipped - ran)


def folder(report: pytest.TestReport) -> str:
    return report.nodeid.split("::")[0].rpartition("/")[0]
