"""`serve --demo` on a home with nothing in it: one clean start, and a log that anybody can check."""

import json
import subprocess
import sys
from pathlib import Path

from freehold.desks.platform import auditing
from tests.doors.running import office_of, serve, until
from tests.parts import ROOT


def freehold(home: Path, *arguments: str | Path) -> tuple[int, dict]:
    """A command on a home, with nothing else of this machine in its environment."""
    done = subprocess.run(
        [sys.executable, "-m", "freehold", *map(str, arguments), "--json"],
        env={"PYTHONPATH": str(ROOT / "src"), "FREEHOLD_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, json.loads(done.stdout or done.stderr)


def test_a_new_example_world_starts_once_and_its_log_is_anchored_and_checked_without_it(tmp_path):
    home = tmp_path / "home"
    with serve(home, arguments=["--demo"]) as platform:
        log = (tmp_path / "serve.log").read_text()
        assert "already open" not in log and '"event": "died"' not in log
        with office_of(platform.home) as office:
            until(lambda: auditing.anchors(office), 60)
        code, verified = freehold(home, "audit", "verify")
        assert (code, verified["ok"]) == (0, True)
        assert verified["anchors"] >= 1 and verified["entries"] > 20
        kept = tmp_path / "elsewhere" / "log.jsonl"
        kept.parent.mkdir()
        assert freehold(home, "audit", "export", kept)[0] == 0
    assert not (tmp_path / "nothing").exists()
    code, checked = freehold(tmp_path / "nothing", "audit", "check", kept)
    assert (code, checked["ok"]) == (0, True)
    assert checked["entries"] >= verified["entries"]
    lines = kept.read_text().splitlines()
    kept_by = json.loads(lines[0])["anchored"]
    assert kept_by["chain"] == 31337 and kept_by["label"] == "audit-log"
    assert len(kept_by["contract"]) == 42 and len(kept_by["subject"]) == 66
    lines[10] = lines[10].replace('"actor": "', '"actor": "x')
    kept.write_text("\n".join(lines))
    code, checked = freehold(tmp_path / "nothing", "audit", "check", kept)
    assert code == 1 and "entry 10 does not hang" in checked["fault"]
