"""A disk that fills up under a running platform: book, projection, ledger and journal stand on it.

The file system is real and small (a tmpfs), and is filled to its last byte.
"""

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freehold.book import asked, instructions
from freehold.core.ids import InstructionId
from freehold.core.roles import Role
from freehold.desks.register import registers
from freehold.doors.bench.api import lost_and_doubled
from tests.doors.running import Platform, form_token, office_of, people, serve, until

AGENT, INVESTOR = Role.TRANSFER_AGENT, Role.INVESTOR
BODY = {"sender": "tobias-brandt", "receiver": "wei-ling-tan", "units": "1"}
READ = (
    "/v1/me",
    "/v1/instruments",
    "/v1/instructions",
    "/v1/events",
    "/v1/approvals",
    "/v1/meetings",
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MiB; nobody but root makes one, and not in every container."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "freehold", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def small(disk: Path, northwind_home: Path) -> Iterator[Platform]:
    """The platform on it; what its processes write down stands on it too."""
    home = disk / "home"
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    with serve(home, {"FREEHOLD_SERVERS": "1"}) as running:
        people(running)
        yield running


def fill(disk: Path) -> Path:
    """Write until nothing fits any more."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as writing:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    writing.write(b"x" * size)
            except OSError as fault:
                assert fault.errno == errno.ENOSPC
    assert shutil.disk_usage(disk).free == 0
    return ballast


def alive(platform: Platform) -> list[int]:
    """The processes of the platform that run, as they were started."""
    return [one for one in platform.processes.values() if Path(f"/proc/{one}").is_dir()]


def test_a_full_disk_is_told_reading_goes_on_and_with_room_again_nothing_is_lost(small, disk):
    token = small.ask(AGENT, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in token if one["class_id"] == "common")
    path, accepted = f"/v1/instruments/{token}/transfers", {}

    def ask(mark):
        answer = small.ask(AGENT, "POST", path, BODY, {"Idempotency-Key": mark})
        if answer.status_code == 202:
            accepted.setdefault(mark, set()).add(answer.json()["instruction"])
        return answer

    assert [ask(f"before-{n}").status_code for n in range(4)] == [202] * 4
    browser = small.browse(AGENT)
    form = form_token(browser.get(f"{small.url}/", timeout=60).text)
    ballast = fill(disk)
    told = []

    def is_full() -> bool:
        """What is left in pages that are there already takes a few more; then nothing fits."""
        told.append(ask(f"full-{len(told)}"))
        fill(disk)
        return told[-1].status_code == 507

    until(is_full, 60)
    assert {one.status_code for one in told} <= {202, 507}, [one.text for one in told]
    for mark in ("full-a", "full-b", "full-a"):
        answer = ask(mark)
        assert answer.status_code == 507, answer.text
        said = answer.json()
        assert said["type"] == "/problems/no-room" and said["status"] == 507
        assert "make room" in said["detail"] and "same key" in said["detail"]
        assert str(disk) not in answer.text and answer.headers["Retry-After"] == "60"
    for one in READ:
        assert small.ask(AGENT, "GET", one).status_code == 200, one
    assert small.ask(AGENT, "GET", f"/v1/instruments/{token}/register").json()["items"]
    denied = small.ask(INVESTOR, "POST", "/v1/audit/verifications")
    assert denied.status_code == 507, "a denial that cannot be recorded is none"
    for page in ("/", f"/securities/{token}/register", "/holders", "/activity"):
        assert browser.get(small.url + page, timeout=60).status_code == 200, page
    values = {
        "token": form, "instrument": token, "key": "page", "intent": "post",
        "sender": BODY["sender"], "receiver": BODY["receiver"], "units": "1",
    }  # fmt: skip
    shown = browser.post(f"{small.url}/transfers", values, timeout=60)
    assert shown.status_code == 507 and "make room" in shown.text, shown.text[:2_000]
    since = time.monotonic()
    while time.monotonic() - since < 5:  # rounds of the worker: none of them ends it
        assert ask("full-c").status_code == 507
        time.sleep(0.5)
    assert alive(small) == list(small.processes.values()), "nothing died and was started again"
    os.truncate(ballast, 0)
    for mark in ("full-a", "full-b", "full-c", "before-0", "after"):
        until(lambda mark=mark: ask(mark).status_code == 202, 60)
        assert ask(mark).status_code == 202
    assert all(len(ids) == 1 for ids in accepted.values()), accepted
    happened_once(small, token, tuple(id for [id] in accepted.values()))
    assert alive(small) == list(small.processes.values())


def happened_once(platform: Platform, token: str, ids: tuple[str, ...]) -> None:
    """Every accepted transfer is once on chain, nothing half done is left, register and log agree."""

    def ended() -> bool:
        with office_of(platform.home) as office, office.book.reading() as tx:
            states = {instructions.find(tx, InstructionId(one)).state for one in ids}
        return states == {"SETTLED"}

    until(ended, 90)
    with office_of(platform.home) as office:
        assert lost_and_doubled(office, ids) == (0, 0)
        with office.book.reading() as tx:
            every = asked.newest(tx, office.chain, None, 500, {token})
        counted = sum(one.what == "post a sale" for _, _, one in every)
        assert counted == len(ids), "nothing half done is left over"
        assert registers.verify(office).differences == []
    verified = platform.ask(Role.AUDITOR, "POST", "/v1/audit/verifications")
    assert verified.status_code == 200 and verified.json()["ok"], verified.text
