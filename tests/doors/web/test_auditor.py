"""The auditor's journey of docs/guides/auditor.md, by keyboard, on a desktop and on a phone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from freehold.core.roles import Role
from tests.doors.web.keys import clean
from tests.doors.web.tabbing import tab_to
from tests.doors.web.test_browser import signed_in
from tests.parts import ROOT

pytestmark = pytest.mark.needs("browser")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_an_auditor_goes_back_in_time_takes_the_log_and_finds_an_alteration(
    chromium, platform, said, tmp_path, width, height
):
    page = signed_in(chromium, said, platform, Role.AUDITOR)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(platform.url + "/")
    clean(page)
    tab_to(page, "a[href='/securities']:visible")
    page.keyboard.press("Enter")
    page.wait_for_url("**/securities")
    clean(page)
    tab_to(page, "a.name")
    page.keyboard.press("Enter")
    tab_to_register = ".tabs a[href$='/register']"
    page.wait_for_selector(tab_to_register)
    clean(page)
    tab_to(page, tab_to_register)
    page.keyboard.press("Enter")
    page.wait_for_selector("#stop")
    tab_to(page, "#stop")
    page.keyboard.press("Home")
    page.wait_for_selector("text=Back to now")
    clean(page)
    with page.expect_download() as register:
        tab_to(page, "a[href*='register.pdf']")
        page.keyboard.press("Enter")
    assert register.value.path().read_bytes().startswith(b"%PDF-")
    page.goto(platform.url + "/audit")
    clean(page)
    tab_to(page, "form[action='/audit/verify'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=every hash agrees")
    clean(page)
    with page.expect_download() as log:
        tab_to(page, "a[href='/audit/export']")
        page.keyboard.press("Enter")
    file = tmp_path / log.value.suggested_filename
    log.value.save_as(file)
    page.context.close()
    assert said == []
    assert file.name == "audit-log.jsonl"
    assert checked(file, tmp_path)[0] == 0
    lines = file.read_text().splitlines()
    place = len(lines) // 2
    entry = json.loads(lines[place])
    lines[place] = json.dumps(entry | {"actor": "nobody"})
    file.write_text("\n".join(lines) + "\n")
    code, document = checked(file, tmp_path)
    assert code == 1 and document["entries"] == place - 1
    assert f"entry {place}" in document["fault"]


def checked(file: Path, home: Path) -> tuple[int, dict[str, object]]:
    """`freehold audit check` in a home with nothing in it."""
    done = subprocess.run(
        [sys.executable, "-m", "freehold", "audit", "check", str(file), "--json"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src"), "FREEHOLD_HOME": str(home / "empty"), "PATH": ""},
        timeout=120,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)
