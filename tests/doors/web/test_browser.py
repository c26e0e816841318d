"""The pages in a real browser: by keyboard, and read without scripts."""

from typing import Any

import pyotp
import pytest

from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import signin
from tests.doors.running import AGENT, ISSUER, PASSWORD, Platform, office_of
from tests.doors.web.tabbing import tab_to

pytestmark = pytest.mark.needs("browser")
WIDTHS = (1440, 390, 320)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def opened(chromium: Any, said: list[str], **settings: Any) -> Any:
    """A page in a browser of its own, which writes down every complaint."""
    page = chromium.new_context(user_agent=AGENT, **settings).new_page()
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    return page


def signed_in(chromium: Any, said: list[str], platform: Platform, role: Role, **more: Any) -> Any:
    page = opened(chromium, said, **more)
    cookie = {"name": "freehold", "value": platform.cookies[role], "url": platform.url}
    page.context.add_cookies([cookie])
    return page


def paths(platform: Platform) -> list[str]:
    token = platform.ask(Role.AUDITOR, "GET", "/v1/instruments").json()["items"][0]["token"]
    id = platform.ask(Role.AUDITOR, "GET", "/v1/instructions").json()["items"][0]["id"]
    places = ["/", "/securities", f"/securities/{token}", f"/securities/{token}/register?stop=1"]
    last = platform.ask(Role.AUDITOR, "GET", "/v1/events?limit=1").json()["items"][0]
    places += ["/activity", f"/activity/{id}", "/explorer", f"/explorer/{last['transaction']}"]
    places += ["/holders", "/holders?q=nobody", "/search?q=north", "/reasons/140"]
    places += [f"/issuers/{ISSUER}/cap-table"]
    return [*places, "/audit", "/problems/refused"]


def barriers(page: Any) -> list[str]:
    """What axe finds, as sentences."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def test_a_person_comes_in_and_goes_back_in_time_with_the_keyboard_alone(chromium, platform, said):
    with office_of(platform.home) as office:
        _, link = signin.invite(
            office, permits.operator(), "keys@northwind.example", [(Role.REGISTRAR, EVERYWHERE)]
        )
    page = opened(chromium, said, viewport={"width": 1440, "height": 900})
    page.goto(f"{platform.url}/welcome/{link}")
    secret = page.locator("#secret").text_content()
    tab_to(page, "#password")
    page.keyboard.type(PASSWORD)
    tab_to(page, "#code")
    page.keyboard.type(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{platform.url}/")
    tab_to(page, ".side a[href='/securities']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/securities")
    tab_to(page, "a.name")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tabs")
    tab_to(page, ".tabs a[href$='/register']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#stop")
    now = page.locator("dd.figure").first.text_content()
    tab_to(page, "#stop")
    page.keyboard.press("Home")
    page.wait_for_selector("text=Back to now")
    assert page.url.endswith("stop=0")
    assert page.locator("dd.figure").first.text_content() != now
    assert page.evaluate("document.activeElement.id") == "stop"
    page.context.close()
    assert said == []


def test_a_session_that_ends_warns_and_nothing_typed_is_lost(chromium, platform, said):
    page = signed_in(chromium, said, platform, Role.DEVELOPER)
    page.clock.install()
    page.goto(f"{platform.url}/developers")
    page.fill("#label", "Kept label")
    assert page.locator("#stay").is_hidden()
    page.clock.fast_forward("28:30")
    page.wait_for_selector("#stay:not([hidden]) >> text=You will be signed out")
    page.locator("[data-stay]").click()
    page.wait_for_selector("#stay", state="hidden")
    assert page.input_value("#label") == "Kept label"
    page.clock.fast_forward("31:00")
    page.wait_for_selector("text=You are signed out")
    page.context.clear_cookies()
    page.locator("[data-stay]").click()
    page.press("#label", "Enter")
    assert page.url.endswith("/developers") and page.input_value("#label") == "Kept label"
    platform.come_in(Role.DEVELOPER)
    cookie = {"name": "freehold", "value": platform.cookies[Role.DEVELOPER], "url": platform.url}
    page.context.add_cookies([cookie])
    page.locator("[data-stay]").click()
    page.wait_for_selector("#stay", state="hidden")
    page.check("input[name=powers] >> nth=0")
    page.press("#label", "Enter")
    page.wait_for_selector("text=Shown this once")
    page.context.close()
    assert said == []


def test_reading_works_without_scripts(chromium, platform, said):
    page = signed_in(chromium, said, platform, Role.AUDITOR, java_script_enabled=False)
    for path in paths(platform):
        page.goto(platform.url + path)
        assert page.locator("h1").count() == 1, path
    page.context.close()
    assert said == []
