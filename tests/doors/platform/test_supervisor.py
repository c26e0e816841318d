"""The platform as processes: it starts, watches itself, starts again what dies, and stops clean."""

import os
import signal

import requests

from tests.doors.running import Platform, free_port, serve, until


def well(platform: Platform) -> bool:
    try:
        return requests.get(f"{platform.url}/ready", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


def pids(platform: Platform) -> dict[str, int]:
    """The present processes, by part, as the system lists them."""
    found = {}
    for line in (platform.home.parent / "serve.log").read_text().splitlines():
        if '"event": "started"' in line:
            import json

            said = json.loads(line)
            found[said["which"]] = said["process"]
    return found


def test_a_home_with_nothing_in_it_becomes_a_platform_that_survives_and_stops(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    with serve(home) as platform:
        assert set(platform.processes) >= {"ledger", "worker", "server"}
        assert platform.first_link.startswith(f"{platform.url}/welcome/")
        until(lambda: well(platform))
        before = pids(platform)
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        until(lambda: not set(pids(platform).values()) & set(before.values()), 60)
        until(lambda: well(platform), 60)
        platform.process.send_signal(signal.SIGTERM)
        assert platform.process.wait(30) == 0
        for pid in pids(platform).values():
            assert not os.path.exists(f"/proc/{pid}")  # noqa: PTH110


def test_an_address_that_is_taken_is_named_and_nothing_stays_behind(tmp_path):
    import socket
    import subprocess
    import sys

    from tests.parts import ROOT

    home = tmp_path / "home"
    home.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "freehold", "serve"],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "src"),
                "FREEHOLD_HOME": str(home),
                "FREEHOLD_LISTEN": f"127.0.0.1:{port}",
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened at" in done.stderr
    assert "started" not in done.stderr


def test_metrics_are_for_this_machine_and_health_for_anybody(platform):
    assert requests.get(f"{platform.url}/health", timeout=10).json() == {"status": "up"}
    text = requests.get(f"{platform.url}/metrics", timeout=10).text
    assert "freehold_ready 1.0" in text
    assert 'freehold_requests_total{method="GET",route="/health",status="200"}' in text
    forwarded = requests.get(
        f"{platform.url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"}, timeout=10
    )
    assert forwarded.status_code == 404


def test_the_journal_tells_routes_and_no_people(platform):
    key = next(iter(platform.keys.values()))
    link = requests.get(f"{platform.url}/welcome/secret-of-a-link", timeout=10)
    assert link.status_code == 404
    log = platform.home.parent / "serve.log"
    until(lambda: '"route": "/welcome/{link}"' in log.read_text())
    text = log.read_text()
    assert "secret-of-a-link" not in text and key not in text and "Priya" not in text


def test_a_port_that_is_free_is_free():
    assert 1024 < free_port() < 65_536
