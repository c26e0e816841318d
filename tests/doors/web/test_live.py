"""Live pages: the badge of now, an instruction that is followed, changes that are counted."""

from typing import Any

import pytest
import requests

from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import signin
from tests.doors.api.test_stream import events, sale
from tests.doors.running import AGENT, Platform, enrol, form_token, office_of, until
from tests.doors.web.guided import look_at
from tests.doors.web.test_browser import barriers, signed_in

browsed = pytest.mark.needs("browser")


def listening(page: Any) -> None:
    """Wait until the page's stream is open."""
    until(lambda: page.evaluate("Boolean(source && source.readyState === 1)"))


def register_of(platform: Platform) -> str:
    listed = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"]
    token = next(one["token"] for one in listed if one["class_id"] == "common")
    return f"{platform.url}/securities/{token}/register"


@browsed
def test_a_register_says_that_it_has_changed_and_is_read_anew(chromium, platform, said):
    page = signed_in(chromium, said, platform, Role.TRANSFER_AGENT)
    page.goto(register_of(platform))
    before = page.locator("[data-live]").inner_text()
    assert not page.locator("#moved").is_visible()
    listening(page)
    sale(platform, "live-register")
    page.get_by_text("1 change: refresh").wait_for()
    until(lambda: page.locator("[data-live]").inner_text() != before)
    look_at(page, barriers, "live-register")
    page.locator("#moved").click()
    page.wait_for_load_state("load")
    assert not page.locator("#moved").is_visible()
    page.context.close()
    assert said == []


@browsed
def test_an_instruction_is_followed_to_the_end_without_a_reload(chromium, platform, said):
    page = signed_in(chromium, said, platform, Role.TRANSFER_AGENT)
    page.goto(register_of(platform))
    page.evaluate("window.kept = true")
    id = sale(platform, "live-instruction")
    page.goto(f"{platform.url}/activity/{id}")
    page.evaluate("window.kept = true")
    page.locator(".title .badge", has_text="Final").wait_for()
    assert page.evaluate("window.kept"), "the page was not left"
    page.context.close()
    assert said == []


def test_nobody_watches_without_a_session_and_the_stream_ends_with_it(platform):
    assert requests.get(f"{platform.url}/live", timeout=30).status_code == 204
    with office_of(platform.home) as office:
        name = "watcher@northwind.example"
        _, link = signin.invite(office, permits.operator(), name, [(Role.AUDITOR, EVERYWHERE)])
    browser = requests.Session()
    browser.headers["User-Agent"] = AGENT
    enrol(browser, f"{platform.url}/welcome/{link}")
    with browser.get(f"{platform.url}/live?from=0", stream=True, timeout=30) as answer:
        told = events(answer)
        assert next(told)["id"] == "0"
        assert "words" in next(told)["data"]
        moved = next(one for one in told if one.get("event") == "moved")
        assert "instruction.changed" in moved["data"] and "audit" not in moved["data"]
        page = browser.get(f"{platform.url}/", timeout=30).text
        browser.post(f"{platform.url}/sign-out", {"token": form_token(page)}, timeout=30)
        list(told)
